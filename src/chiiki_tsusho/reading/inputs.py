"""An input file, opened as what it holds."""

from __future__ import annotations

from pathlib import Path

from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Text
from chiiki_tsusho.reading.csv_file import CsvSource
from chiiki_tsusho.reading.parquet_file import ParquetSource

_WORKBOOK = b"PK\x03\x04"
_PARQUET = b"PAR1"


def open_source(path: str | Path, encoding: str | None = None) -> CsvSource | ParquetSource:
    """Open an input file, CSV or Parquet by what it holds.

    Raises
    ------
    InputFileError
        There is no such file, or it is neither a CSV nor a Parquet file.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            start = stream.read(4)
    except IsADirectoryError:
        raise InputFileError(
            Text("{file}: is a folder; a CSV or Parquet file was expected", file=file)
        ) from None
    except FileNotFoundError:
        raise InputFileError(
            Text("{file}: there is no such file; check the path", file=file)
        ) from None
    except OSError as error:
        raise InputFileError(
            Text("{file}: cannot be read: {why}", file=file, why=error.strerror)
        ) from error
    if start == _PARQUET:
        return ParquetSource(file)
    if start == _WORKBOOK:
        raise InputFileError(
            Text("{file}: is an Excel workbook; save the sheet as CSV UTF-8", file=file)
        )
    return CsvSource(file, encoding)
