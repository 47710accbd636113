"""Two batches of the same visits side by side, claims merged on their key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from chiiki_tsusho.claims.run import BatchRun
from chiiki_tsusho.column_tables import read_frame
from chiiki_tsusho.columns import CLAIM_KEY_NAMES, CLAIM_LINES, CLAIMS, COMPARED, COMPARISON
from chiiki_tsusho.language import Language
from chiiki_tsusho.law.code_rows import CodeRow
from chiiki_tsusho.problem_rows import FILE_ORDER
from chiiki_tsusho.problem_texts import CONSEQUENCE
from chiiki_tsusho.reports.comparison_laws import LawOfMonth
from chiiki_tsusho.writing.result_tables import FrameSink

SIDES = ("a", "b")
# By what claims are summed, and what of the others is told with it.
SUMMED_BY = ("provider_no", "insurer_no", "care_level")
# What a table says of a visit it has no code for, and of an addition it has no row for.
WITHOUT_CODE = ("no_code", "outside_every_band")
WITHOUT_ROW = "no_key"
_YEN = [name for name in COMPARED if name.endswith("_yen")]
_LEFT_OUT = ["claims_left_out", "claims_held_a", "claims_held_b"]


@dataclass(frozen=True)
class Side:
    """One of the two batches: its law, its run and what it wrote."""

    law: LawOfMonth
    run: BatchRun
    claims: pd.DataFrame
    lines: pd.DataFrame
    rows: int

    @classmethod
    def computed(cls, run: BatchRun, law: LawOfMonth) -> Side:
        """Run a batch and keep its claims and lines."""
        sink = FrameSink()
        rows = run.run(sink).visits
        claims = read_frame(sink.claim_tables, CLAIMS)
        return cls(law, run, claims, read_frame(sink.line_tables, CLAIM_LINES), rows)

    @property
    def month(self) -> str:
        """The month whose law it is, ``202606``."""
        return str(self.law.law.month)


def compared_claims(a: Side, b: Side) -> pd.DataFrame:
    """Merge the claims of both sides on their key: those that neither holds, one row each.

    Returns
    -------
    DataFrame
        The key, ``care_level`` (the highest of the codes claimed, blank without one), ``visits``,
        ``claims_without_yen`` (1 or 0) and each amount under a and b; yen that a side does not
        know are 0 on both.
    """
    wanted = [*CLAIM_KEY_NAMES, "visits", *COMPARED]
    other = b.claims[[*CLAIM_KEY_NAMES, *COMPARED]]
    merged = a.claims[wanted].merge(other, on=CLAIM_KEY_NAMES, suffixes=("_a", "_b"))
    merged = merged.merge(_care_levels(a), on=CLAIM_KEY_NAMES, how="left")
    merged["care_level"] = merged["care_level"].astype("str").fillna("")
    yen = [f"{name}_{side}" for name in _YEN for side in SIDES]
    unknown = merged[yen].isna().any(axis=1)
    merged.loc[unknown, yen] = 0
    merged["claims_without_yen"] = unknown.astype("int64")
    amounts = [f"{name}_{side}" for name in COMPARED for side in SIDES]
    return merged.astype(dict.fromkeys(amounts, "int64"))


def _care_levels(side: Side) -> pd.DataFrame:
    """Return the highest care level of the base codes of each claim."""
    level_of = {
        row.service_code: row.care_level
        for row in side.law.law.rows
        if row.kind == "base" and row.care_level is not None
    }
    lines = side.lines[CLAIM_KEY_NAMES].assign(care_level=side.lines["service_code"].map(level_of))
    of_lines = lines.dropna().astype({"care_level": "int64"})
    heaviest = of_lines.groupby(CLAIM_KEY_NAMES, sort=False).max()
    return heaviest.astype("str").reset_index()


def by_claim(claims: pd.DataFrame) -> pd.DataFrame:
    """Return each claim compared with its amounts and differences."""
    figures = claims.assign(claims=1, **_differences(claims))
    return frame_of("by_claim", figures.assign(**_per_cent(figures)))


def summed(claims: pd.DataFrame, left_out: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sum the claims compared by a column, and count the others with it where they have it.

    Parameters
    ----------
    claims : DataFrame
        As ``compared_claims`` gives them.
    left_out : DataFrame
        As ``claims_left_out`` gives them.
    by : str
        One of ``SUMMED_BY``.
    """
    sums = _counted(claims).groupby(claims[by]).sum()
    if by in left_out:
        sums = sums.join(left_out.groupby(by)[_LEFT_OUT].sum(), how="outer").fillna(0)
    sums = sums.astype("int64").sort_index().rename_axis(by).reset_index()
    name = f"by_{by.removesuffix('_no')}"
    return frame_of(name, sums.assign(**_differences(sums)).pipe(_with_per_cent))


def total(claims: pd.DataFrame, left_out: pd.DataFrame, a: Side, b: Side) -> pd.DataFrame:
    """Sum all claims compared, and count what is left out."""
    sums = _counted(claims).sum().astype("int64").to_frame().T
    sums = sums.assign(**{name: int(left_out[name].sum()) for name in _LEFT_OUT})
    for side, one in zip(SIDES, (a, b), strict=True):
        said = [case.lines for text in WITHOUT_CODE for case in one.run.problems.said(text)]
        sums[f"visits_without_code_{side}"] = sum(map(len, said))
    sums["visits_left_out"] = a.rows - sums["visits"]
    return frame_of("total", sums.assign(**_differences(sums)).pipe(_with_per_cent))


def _counted(claims: pd.DataFrame) -> pd.DataFrame:
    """Return what is summed of each claim."""
    more = claims["total_units_b"] - claims["total_units_a"]
    amounts = [f"{name}_{side}" for name in COMPARED for side in SIDES]
    return claims[["visits", "claims_without_yen", *amounts]].assign(
        claims=1,
        claims_more=(more > 0).astype("int64"),
        claims_less=(more < 0).astype("int64"),
        claims_same=(more == 0).astype("int64"),
    )


def _differences(sums: pd.DataFrame) -> dict[str, pd.Series]:
    return {f"{name}_difference": sums[f"{name}_b"] - sums[f"{name}_a"] for name in COMPARED}


def _with_per_cent(sums: pd.DataFrame) -> pd.DataFrame:
    return sums.assign(**_per_cent(sums))


def _per_cent(sums: pd.DataFrame) -> dict[str, list[str]]:
    return {
        f"{name}_per_cent": [
            per_cent(int(before), int(more))
            for before, more in zip(sums[f"{name}_a"], sums[f"{name}_difference"], strict=True)
        ]
        for name in ("total_units", "total_yen")
    }


def per_cent(before: int, more: int) -> str:
    """Write a difference in per cent of what was, to a hundredth; blank of nothing.

    >>> per_cent(1485, 27), per_cent(300, -1), per_cent(0, 5)
    ('+1.82', '-0.33', '')
    """
    if before == 0:
        return ""
    hundredths = (abs(more) * 20_000 + abs(before)) // (2 * abs(before))
    sign = "" if not hundredths else "+" if (more > 0) == (before > 0) else "-"
    return f"{sign}{hundredths // 100}.{hundredths % 100:02}"


def claims_left_out(a: Side, b: Side) -> pd.DataFrame:
    """Say of every claim met on which side it is held, with its provider and insurer."""
    providers, insurers, held_a = a.run.claims_met()
    held_b = b.run.claims_met()[2]
    return pd.DataFrame(
        {
            "provider_no": providers.to_pandas(),
            "insurer_no": insurers.to_pandas(),
            "claims_left_out": held_a | held_b,
            "claims_held_a": held_a,
            "claims_held_b": held_b,
        }
    ).astype(dict.fromkeys(_LEFT_OUT, "int64"))


def by_code(claims: pd.DataFrame, a: Side, b: Side) -> pd.DataFrame:
    """Sum the lines of the claims compared by code, an addition of both sides in one row."""
    records: dict[str, list[Any]] = {}
    for at, side in enumerate((a, b)):
        rows = side.law.law.rows_by_code
        kept = side.lines.merge(claims[CLAIM_KEY_NAMES], on=CLAIM_KEY_NAMES, how="inner")
        sums = kept.groupby("service_code")[["count", "service_units"]].sum()
        for code, count, units in sums.itertuples(name=None):
            record = records.setdefault(_same(rows[code]), ["", "", "", "", 0, 0, 0, 0])
            record[2 * at : 2 * at + 2] = code, rows[code].name
            record[4 + at], record[6 + at] = count, units
    for at, side in enumerate((a, b)):
        for row in side.law.law.rows:
            # What has no line on a side is named there all the same.
            record = records.get(_same(row), [])
            if record and not record[2 * at]:
                record[2 * at : 2 * at + 2] = row.service_code, row.name
    ordered = sorted(records.values(), key=lambda one: (one[0] or one[2], one[2]))
    columns = [column.name for column in COMPARISON["by_code"]]
    return frame_of(
        "by_code",
        pd.DataFrame([[*one, one[7] - one[6]] for one in ordered], columns=columns),
    )


def _same(row: CodeRow) -> str:
    """Return what a row is called under either table: its key, else its code."""
    return row.service_code if row.key is None or row.is_chosen else row.key


def missing_keys(a: Side, b: Side) -> pd.DataFrame:
    """Count the rows with an addition that has no row in a table."""
    records: list[tuple[str, str, str, str, int]] = []
    for side, one in zip(SIDES, (a, b), strict=True):
        rows: dict[tuple[str, int], int] = {}
        for case in one.run.problems.said(WITHOUT_ROW):
            place = (case.message.facts["key"], FILE_ORDER.index(case.file))
            rows[place] = rows.get(place, 0) + len(case.lines)
        records += [
            (side, one.month, key, FILE_ORDER[file], count)
            for (key, file), count in sorted(rows.items())
        ]
    columns = [column.name for column in COMPARISON["missing_keys"]]
    return frame_of("missing_keys", pd.DataFrame(records, columns=columns))


def held_by(a: Side, b: Side, language: Language) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part what a table lacks from what else holds claims, the latter once for both sides."""
    frames = [one.run.problems.frame(language) for one in (a, b)]
    lacking = [frame["rule"].isin(WITHOUT_CODE) for frame in frames]
    without_code = pd.concat(
        [
            frame[lacks].assign(side=side, month=one.month)
            for side, one, frame, lacks in zip(SIDES, (a, b), frames, lacking, strict=True)
        ]
    )
    columns = [name for name in frames[0].columns if name != "held_line"]
    others = pd.concat(
        [
            frame.loc[~lacks, columns].drop_duplicates().assign(side=side)
            for side, frame, lacks in zip(SIDES, frames, lacking, strict=True)
        ]
    )
    # A problem of a whole claim has no line; pandas takes two blanks for the same.
    others["side"] = others["side"].mask(others.duplicated(columns, keep=False), "both")
    others["file_order"] = pd.Categorical(others["file"], FILE_ORDER, ordered=True)
    others["follows"] = others["rule"] == CONSEQUENCE
    behind = ["follows", *columns[columns.index("line") + 1 :], "side"]
    order = ["file_order", *columns[: columns.index("line") + 1], *behind]
    return (
        frame_of("without_code", without_code),
        frame_of("other_problems", others.drop_duplicates(columns).sort_values(order)),
    )


def frame_of(name: str, records: pd.DataFrame) -> pd.DataFrame:
    """Give records the columns and types of a frame; sums of yen of no claim are blank."""
    types: dict[str, Any] = {"text": "str", "whole": "int64", "whole_or_blank": "Int64"}
    columns = COMPARISON[name]
    frame = pd.DataFrame(
        {column.name: records[column.name].astype(types[column.kind]) for column in columns}
    ).reset_index(drop=True)
    if "claims_without_yen" in frame:
        no_yen = records["claims"].to_numpy() == records["claims_without_yen"].to_numpy()
        yen = [column.name for column in columns if column.kind == "whole_or_blank"]
        frame.loc[no_yen, yen] = pd.NA
        frame.loc[no_yen, "total_yen_per_cent"] = ""
    return frame
