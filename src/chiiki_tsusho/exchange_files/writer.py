"""Claims of a batch to claim files for 国保連, one for each provider and month, or none at all."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from chiiki_tsusho.arrow_arrays import of_texts
from chiiki_tsusho.batch import Batch, FileBatch, results_of
from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.column_tables import read_frame
from chiiki_tsusho.columns import CLAIM_KEY_NAMES, CLAIM_LINES, CLAIMS, INSURER_PLACES
from chiiki_tsusho.errors import ChiikiTsushoError, ClaimFileError, OutputError
from chiiki_tsusho.exchange_files.codes_of_lines import levels_of_codes, without_units
from chiiki_tsusho.exchange_files.layout import MEDIA
from chiiki_tsusho.exchange_files.line_cells import Texts
from chiiki_tsusho.exchange_files.persons import PersonCells, person_cells
from chiiki_tsusho.exchange_files.readiness import ClaimProblems, checked
from chiiki_tsusho.exchange_files.statements import MonthClaims, Sending, records_of, stated_keys
from chiiki_tsusho.language import Language, Text, listed
from chiiki_tsusho.law.code_book import CodeBook, code_book
from chiiki_tsusho.months import MonthLike, month_text, parse_month
from chiiki_tsusho.reading.inputs import Input, open_recipients
from chiiki_tsusho.whole_files import named_path, read_whole
from chiiki_tsusho.writing.file_sets import write_files

if TYPE_CHECKING:
    import pandas as pd
else:
    from chiiki_tsusho.lazy import pandas as pd

Quote = Literal["minimal", "none", "all"]
QUOTES: tuple[Quote, ...] = ("minimal", "none", "all")
# ``*TEST*`` marks a claim that is sent on trial.
_FILE_NO = re.compile(r"[0-9A-Za-z]{1,6}|\*TEST\*")
# A name has up to eight letters and digits.
_NAME_LENGTH = 8
# What stands behind the month in the names of several files of it.
_NUMBERS = "(?:[0-9]{3}|[A-Z][0-9A-Z]{2})"


@dataclass(frozen=True)
class WrittenClaimFile:
    """A claim file that was written, and what it claims.

    ``levels_unmet`` names the persons whose care level in recipients no visit has, though no
    certification begins in the month: their statements have the level of the visits.
    """

    path: Path
    service_month: int
    provider_no: str
    statements: int
    units: int
    insurance_yen: int
    public_yen: int
    levels_unmet: tuple[str, ...] = ()


@checked_call
def write_claim_file(
    batch: Batch | FileBatch | str | Path,
    recipients: Input,
    review_month: MonthLike,
    folder: str | Path,
    *,
    quote: Quote = "minimal",
    medium: str = "7",
    file_no: str = "0",
    file_name: str | None = None,
    codes: CodeBook | str | Path | None = None,
    language: Language = "en",
    ignore_columns: Collection[str] = (),
) -> list[WrittenClaimFile]:
    """Write the claims of a batch as claim files (7111 and 7131), all or none.

    No file of this program was ever tried at a real 国保連: try it with the import test of your
    transmission software (伝送ソフト) first.

    Parameters
    ----------
    batch : Batch, FileBatch or path-like
        The claims, or the folder that the ``claim`` command wrote.
    recipients : path-like, table or mapping
        The recipients the claims were computed with, and their personal columns (``birth_date``,
        ``sex``, ``certified_from`` …).
    review_month : str, int, date or Period
        処理対象年月, the month in which 国保連 reviews the claim: ``"2026-07"``, ``202607``.
    folder : path-like
        Receives a file for each provider and service month, readable by its owner only. One of
        the same name is replaced.
    quote : {"minimal", "none", "all"}
        Which cells stand between quotation marks: those that need it, none, all.
    medium : str
        媒体区分; 7 is transmission over the Internet.
    file_no : str
        ファイル管理番号; ``*TEST*`` for a trial.
    file_name : str, optional
        Up to eight letters and digits, where there is one file only; else ``J`` and the month.
    codes : CodeBook or path, optional
        The code table; without it, the bundled one.
    language : {"en", "ja"}
        The language of the messages.
    ignore_columns : collection of str
        Headings of columns of recipients to be left unread.

    Returns
    -------
    list of WrittenClaimFile

    Raises
    ------
    ClaimFileError
        Something that a statement needs is missing or does not agree; ``problems`` lists all of
        it by claim and column. Nothing is written.
    InputFileError
        The batch or the recipients cannot be read, or the claims and their lines do not agree.
    OutputError
        The folder cannot be written.

    Examples
    --------
    >>> import pandas as pd
    >>> import chiiki_tsusho as ct
    >>> visit = {
    ...     "provider_no": "1390000015",
    ...     "insurer_no": "139006",
    ...     "insured_no": "0000100011",
    ...     "service_date": "2016-04-01",
    ...     "care_level": 1,
    ...     "minutes": 240,
    ... }
    >>> provider = {"provider_no": "1390000015", "area_grade": "1"}
    >>> recipient = {
    ...     "insurer_no": "139006",
    ...     "insured_no": "0000100011",
    ...     "benefit_rate": 90,
    ...     "birth_date": "1930-05-06",
    ...     "sex": "2",
    ...     "certified_from": "2016-01-01",
    ...     "certified_to": "2016-12-31",
    ...     "care_plan_by": "2",
    ... }
    >>> visits, providers, recipients = (
    ...     pd.DataFrame([one]) for one in (visit, provider, recipient)
    ... )
    >>> batch = ct.compute_claims(visits, providers, recipients)
    >>> [written] = ct.write_claim_file(batch, recipients, "2016-05", "sending")
    >>> written.path.name, written.units, written.insurance_yen
    ('J201604.CSV', 426, 4178)
    >>> ct.audit(written.path).clean
    True
    """
    folder = named_path(folder)
    sending = _sending(review_month, quote, medium, file_no)
    claims, lines = (
        read_frame([table], columns)
        for table, columns in zip(results_of(batch), (CLAIMS, CLAIM_LINES), strict=True)
    )
    book = code_book(codes)
    if not len(claims):
        raise ClaimFileError(Text("the batch has no claims; there is nothing to write"))
    _refuse_early_review(claims, sending)
    source = open_recipients(recipients, ignore_columns)
    claims = _ordered(claims)
    problems = ClaimProblems(claims)
    cells = person_cells(source, book, claims)
    months = list(_by_file(claims, lines, cells, book, problems))
    if len(problems):
        frame = problems.frame(language)
        raise ClaimFileError(problems.summary(), frame)
    files = [records_of(one, sending) for one in months]
    names = _names(months, file_name)
    _refuse_other_files(folder, dict(zip(names, months, strict=True)), named=file_name is not None)
    contents = ((name, file.to_bytes()) for name, file in zip(names, files, strict=True))
    paths = write_files(folder, contents, private=names, replace=True)
    return [_written(path, one) for path, one in zip(paths, months, strict=True)]


def _sending(review_month: MonthLike, quote: str, medium: str, file_no: str) -> Sending:
    if quote not in QUOTES:
        raise ChiikiTsushoError(
            Text("quote {quote!r} is unknown; minimal, none or all", quote=quote)
        )
    if medium not in MEDIA:
        raise ChiikiTsushoError(
            Text("medium {medium!r} is unknown; one of 1, 2, 3, 4, 5 and 7", medium=medium)
        )
    if not (isinstance(file_no, str) and _FILE_NO.fullmatch(file_no)):
        raise ChiikiTsushoError(
            Text("file number {number!r}: up to six letters or digits", number=file_no)
        )
    return Sending(parse_month(review_month), medium, file_no, quote)


def _refuse_early_review(claims: pd.DataFrame, sending: Sending) -> None:
    last = int(claims["service_month"].astype("int64").max())
    if sending.review_month <= last:
        raise ClaimFileError(
            Text(
                "review month {review}: the batch has claims of {service}; 国保連 reviews them in "
                "the month after at the earliest",
                review=month_text(sending.review_month),
                service=month_text(last),
            )
        )


def _ordered(claims: pd.DataFrame) -> pd.DataFrame:
    """Order claims as their statements stand: by month, provider, insurer and person."""
    padded = claims["insurer_no"].str.zfill(INSURER_PLACES)
    order = ["service_month", "provider_no", "padded", "insured_no"]
    sorted_claims = claims.assign(padded=padded).sort_values(order, ignore_index=True)
    return sorted_claims.drop(columns="padded")


def _by_file(
    claims: pd.DataFrame,
    lines: pd.DataFrame,
    cells: PersonCells,
    book: CodeBook,
    problems: ClaimProblems,
) -> Iterator[MonthClaims]:
    """Part the claims by provider and month, each with its lines, and check every one of them."""
    place = pd.MultiIndex.from_frame(claims[CLAIM_KEY_NAMES])
    at = place.get_indexer(pd.MultiIndex.from_frame(lines[CLAIM_KEY_NAMES]))
    codes = of_texts(lines["service_code"].tolist())
    months = lines["service_month"].to_numpy(dtype=np.int64)
    lines = lines.assign(
        claim=at,
        unit_item=lines["units"].mask(without_units(codes, months, book), 0),
        level=levels_of_codes(codes, months, book),
    )
    lines = lines.sort_values(["claim", "service_code"], ignore_index=True)
    whole = checked(claims, lines, cells, problems)
    file = claims["service_month"] + claims["provider_no"]
    for first, last in _runs(file.to_numpy(dtype=str)):
        yield _slice(whole, first, last)


def _runs(names: Texts) -> Iterator[tuple[int, int]]:
    cuts = np.flatnonzero(names[1:] != names[:-1]) + 1
    bounds = [0, *cuts.tolist(), len(names)]
    yield from pairwise(bounds)


def _slice(whole: MonthClaims, first: int, last: int) -> MonthClaims:
    part = slice(first, last)
    # Lines are in the order of their claims.
    start, end = np.searchsorted(whole.lines["claim"].to_numpy(), [first, last])
    lines = whole.lines.iloc[start:end]
    return MonthClaims(
        whole.claims.iloc[part].reset_index(drop=True),
        lines.assign(claim=lines["claim"] - first).reset_index(drop=True),
        whole.cells.part(part),
        whole.law[part],
    )


def _names(months: Sequence[MonthClaims], file_name: str | None) -> list[str]:
    """Name the files: ``J202607``, or ``J2607001`` … where a month has several providers.

    Behind ``J2607999`` follow ``J2607A00`` to ``J2607ZZZ``: a name has eight characters.
    """
    if file_name is not None:
        stem = file_name.removesuffix(".CSV").removesuffix(".csv")
        if len(months) > 1:
            raise ChiikiTsushoError(
                Text(
                    "file name {name!r}: there are several files to write; leave the name out",
                    name=file_name,
                )
            )
        if not (stem.isascii() and stem.isalnum() and len(stem) <= _NAME_LENGTH):
            raise ChiikiTsushoError(
                Text("file name {name!r}: up to eight letters and digits", name=file_name)
            )
        return [f"{stem}.CSV"]
    of_month: dict[str, int] = {}
    service_months = [str(one.claims["service_month"].iloc[0]) for one in months]
    files = Counter(service_months)
    names = []
    for month in service_months:
        of_month[month] = of_month.get(month, 0) + 1
        stem = month if files[month] == 1 else f"{month[2:]}{_three_characters(of_month[month])}"
        names.append(f"J{stem}.CSV")
    return names


def _refuse_other_files(folder: Path, written: Mapping[str, MonthClaims], named: bool) -> None:
    """Refuse a folder with claim files of the same months that this run would not replace.

    Names are running numbers: one of a provider may stand there under the name of another, or one
    of other persons of the provider. Where its user names the file, only what has that name is
    looked at.
    """
    if not folder.is_dir():
        return
    months = (
        set() if named else {str(one.claims["service_month"].iloc[0]) for one in written.values()}
    )
    known = "|".join(f"{month}|{month[2:]}{_NUMBERS}" for month in sorted(months))
    of_months = re.compile(rf"J(?:{known})\.CSV")
    there = [
        path
        for path in folder.iterdir()
        if (path.name in written or of_months.fullmatch(path.name)) and path.is_file()
    ]
    other = [
        path.name
        for path in there
        if path.name not in written or not _has_any(path, written[path.name].claims)
    ]
    if other:
        raise OutputError(
            Text(
                "{folder}: has claim files of other claims ({names}); move them away, or name "
                "another folder, so that no claim is sent twice or replaced by another",
                folder=str(folder),
                names=listed(sorted(other)),
            )
        )


def _has_any(path: Path, claims: pd.DataFrame) -> bool:
    """Say whether a claim file, whatever its quoting, has a statement of some claims."""
    data = read_whole(path).replace(b'"', b"")
    keys = stated_keys(claims).itertuples(index=False)
    return any(f",{','.join(key)},".encode() in data for key in keys)


def _three_characters(number: int) -> str:
    """Write a number from 1 on as 001 to 999, then A00 to ZZZ."""
    if number < 1000:
        return f"{number:03}"
    digits = string.digits + string.ascii_uppercase
    # The first one that begins with a letter is 10 · 36².
    first, rest = divmod(number - 1000 + 10 * 36**2, 36**2)
    if first >= len(digits):
        raise ChiikiTsushoError(
            Text("a month has too many providers for names of eight characters; divide the claims")
        )
    return digits[first] + digits[rest // 36] + digits[rest % 36]


def _written(path: Path, month: MonthClaims) -> WrittenClaimFile:
    claims = month.claims
    return WrittenClaimFile(
        path,
        int(claims["service_month"].iloc[0]),
        str(claims["provider_no"].iloc[0]),
        len(claims),
        int(claims["benefit_units"].sum()),
        int(claims["insurance_yen"].sum()),
        int(claims["public_yen"].sum()),
        tuple(claims["insured_no"][month.level_unmet]),
    )
