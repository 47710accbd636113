"""The example month: its files copied out and computed."""

from __future__ import annotations

from pathlib import Path

from chiiki_tsusho.batch import FileBatch, claim_files
from chiiki_tsusho.errors import OutputError
from chiiki_tsusho.language import Language, Text, not_written
from chiiki_tsusho.law.law_files import example_file

EXAMPLE_FILES = tuple(
    f"{prefix}{name}.csv"
    for prefix in ("", "faulty_")
    for name in ("visits", "providers", "recipients")
)
CLAIMS = "claims"


def write_demo(folder: str | Path, language: Language = "en") -> FileBatch:
    """Copy the example files into a folder and compute their claims.

    Parameters
    ----------
    folder : path-like
        Is made where it does not exist. Example files that are there already are used as long as
        nobody has changed them.
    language : {"en", "ja"}
        Of the messages.

    Returns
    -------
    FileBatch
        Of the files in ``folder / "claims"``.

    Raises
    ------
    OutputError
        Another file has the name of an example file, or the folder cannot be written.
    """
    folder = Path(folder)
    examples = {folder / name: example_file(name).read_bytes() for name in EXAMPLE_FILES}
    try:
        for path, content in examples.items():
            if path.exists() and path.read_bytes() != content:
                raise OutputError(
                    Text(
                        "{path}: is there already and is not the example; choose another folder",
                        path=path,
                    )
                )
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in examples.items():
            path.write_bytes(content)
    except OSError as error:
        raise OutputError(not_written(folder, error)) from error
    visits, providers, recipients = (folder / name for name in EXAMPLE_FILES[:3])
    return claim_files(visits, folder / CLAIMS, providers, recipients, language=language)
