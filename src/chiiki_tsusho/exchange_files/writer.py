"""Claims of a batch to claim files for 国保連, one for each provider and month, or none at all."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, starmap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from chiiki_tsusho.arrow_arrays import of_texts
from chiiki_tsusho.batch import Batch, FileBatch, results_of
from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.choices import QUOTES, Quote
from chiiki_tsusho.column_tables import read_frame
from chiiki_tsusho.columns import CLAIM_KEY_NAMES, CLAIM_LINES, CLAIMS
from chiiki_tsusho.errors import ChiikiTsushoError, ClaimFileError, OutputError
from chiiki_tsusho.exchange_files.claim_file import parted
from chiiki_tsusho.exchange_files.codes_of_lines import levels_of_codes, without_units
from chiiki_tsusho.exchange_files.layout import MEDIA
from chiiki_tsusho.exchange_files.line_cells import Texts
from chiiki_tsusho.exchange_files.persons import person_cells
from chiiki_tsusho.exchange_files.readiness import ClaimProblems, checked
from chiiki_tsusho.exchange_files.statements import Sending, StatedClaims, records_of, stated_keys
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

# ``*TEST*`` marks a claim that is sent on trial.
_FILE_NO = re.compile(r"[0-9A-Za-z]{1,6}|\*TEST\*")
# A name has up to eight letters and digits.
_NAME_LENGTH = 8
# So many claims are written at once, and the rest of the last of their files.
_CLAIMS_AT_ONCE = 20_000
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
    whole = checked(claims, _with_items(claims, lines, book), cells, problems)
    if len(problems):
        frame = problems.frame(language)
        raise ClaimFileError(problems.summary(), frame)
    file = claims["service_month"] + claims["provider_no"]
    bounds = _bounds(file.to_numpy(dtype=str))
    names = _names(claims["service_month"].iloc[bounds[:-1]].tolist(), file_name)
    of_files = dict(zip(names, starmap(slice, pairwise(bounds)), strict=True))
    _refuse_other_files(folder, claims, of_files, named=file_name is not None)
    contents = zip(names, _contents(whole, bounds, sending), strict=True)
    paths = write_files(folder, contents, private=set(names), replace=True)
    return _written(paths, whole, bounds[:-1])


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
    order = stated_keys(claims).sort_values(CLAIM_KEY_NAMES).index
    return claims.loc[order].reset_index(drop=True)


def _with_items(claims: pd.DataFrame, lines: pd.DataFrame, book: CodeBook) -> pd.DataFrame:
    """Return lines in the order of their claims, with what `StatedClaims` adds to each."""
    place = pd.MultiIndex.from_frame(claims[CLAIM_KEY_NAMES])
    at = place.get_indexer(pd.MultiIndex.from_frame(lines[CLAIM_KEY_NAMES]))
    codes = of_texts(lines["service_code"].tolist())
    months = lines["service_month"].to_numpy(dtype=np.int64)
    lines = lines.assign(
        claim=at,
        unit_item=lines["units"].mask(without_units(codes, months, book), 0),
        level=levels_of_codes(codes, months, book),
    )
    return lines.sort_values(["claim", "service_code"], ignore_index=True)


def _bounds(names: Texts) -> list[int]:
    """Return where each run of the same name begins, and the end of the last."""
    return [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1).tolist(), len(names)]


def _contents(whole: StatedClaims, bounds: Sequence[int], sending: Sending) -> Iterator[bytes]:
    """Yield what each file holds; so many are made at once as memory has room for at any time."""
    file = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    # Files are never parted: each begins in the block of its first claim.
    blocks = np.array(bounds[:-1]) // _CLAIMS_AT_ONCE
    for begin, end in pairwise(_bounds(blocks)):
        first, last = bounds[begin], bounds[end]
        records, lines = records_of(_slice(whole, first, last), file[first:last] - begin, sending)
        yield from parted(records, lines)


def _slice(whole: StatedClaims, first: int, last: int) -> StatedClaims:
    part = slice(first, last)
    # Lines are in the order of their claims.
    start, end = np.searchsorted(whole.lines["claim"].to_numpy(), [first, last])
    lines = whole.lines.iloc[start:end]
    return StatedClaims(
        whole.claims.iloc[part].reset_index(drop=True),
        lines.assign(claim=lines["claim"] - first).reset_index(drop=True),
        whole.cells.part(part),
        whole.law[part],
    )


def _names(months: Sequence[str], file_name: str | None) -> list[str]:
    """Name the files by their months: ``J202607``, or ``J2607001`` … of several providers.

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
    files = Counter(months)
    names = []
    for month in months:
        of_month[month] = of_month.get(month, 0) + 1
        stem = month if files[month] == 1 else f"{month[2:]}{_three_characters(of_month[month])}"
        names.append(f"J{stem}.CSV")
    return names


def _refuse_other_files(
    folder: Path, claims: pd.DataFrame, written: Mapping[str, slice], named: bool
) -> None:
    """Refuse a folder with claim files of the same months that this run would not replace.

    Names are running numbers: one of a provider may stand there under the name of another, or one
    of other persons of the provider. Where its user names the file, only what has that name is
    looked at.
    """
    if not folder.is_dir():
        return
    months = claims["service_month"].unique().tolist()
    known = "|".join(f"{month}|{month[2:]}{_NUMBERS}" for month in months)
    of_months = re.compile(rf"J(?:{known})\.CSV")
    there = [
        path
        for path in folder.iterdir()
        if (path.name in written or (not named and of_months.fullmatch(path.name)))
        and path.is_file()
    ]
    other = [
        path.name
        for path in there
        if path.name not in written or not _has_any(path, claims.iloc[written[path.name]])
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


def _written(paths: list[Path], whole: StatedClaims, first: list[int]) -> list[WrittenClaimFile]:
    """Say what each file claims; ``first`` is the first claim of each."""
    claims = whole.claims.iloc[first]
    statements = np.diff([*first, len(whole.claims)])
    sums = [
        np.add.reduceat(whole.number(name), first)
        for name in ("benefit_units", "insurance_yen", "public_yen")
    ]
    persons = whole.claims["insured_no"].where(whole.level_unmet)
    unmet = [tuple(persons[at].dropna()) for at in starmap(slice, pairwise([*first, None]))]
    rows = zip(
        claims["service_month"].astype("int64").tolist(),
        claims["provider_no"].tolist(),
        *(column.tolist() for column in (statements, *sums)),
        unmet,
        strict=True,
    )
    return [WrittenClaimFile(path, *row) for path, row in zip(paths, rows, strict=True)]
