"""Whatever is given for an argument of a public function: it works, or is refused by its name."""

from __future__ import annotations

import datetime as dt
import inspect
import io
import pickle
import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from os import PathLike
from pathlib import Path
from types import FunctionType
from typing import Any, cast

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.language import Text
from helpers import care_plans, claim_files
from helpers.inputs import PROVIDER, RECIPIENT, frame, visits

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
BATCH = ct.compute_claims(frame(visits(2)), frame([PROVIDER]), frame([RECIPIENT]))
TABLE = ct.load_codes("2016-04")
BOOK = ct.load_code_book()
VISIT = ct.Visit(minutes=240, care_level=1)
DUTIES: dict[str, Any] = {
    "offices": EXAMPLES / "duties_offices.csv",
    "meetings": EXAMPLES / "duties_meetings.csv",
    "on": "2026-04-01",
}
REPORT = ct.check_duties(**DUTIES)
COMPOSED = ct.Calculator(TABLE).compose(VISIT)
THREE: dict[str, Any] = {
    "visits": frame(visits(2)),
    "providers": frame([PROVIDER]),
    "recipients": frame([RECIPIENT]),
}
FRENCH: Any = "fr"
NUMPY_ONE: Any = (np.int64(1),)
NEW = object()  # stands for a path where nothing is


class Odd:
    """A thing of a kind that nothing takes."""


class PathOfBytes(PathLike[bytes]):
    """A path that is no text."""

    def __fspath__(self) -> bytes:
        return b"x"


class PathOfNothing(PathOfBytes):
    """A path that is no path."""

    def __fspath__(self) -> bytes:
        return cast("bytes", 5)


class Unhashable(list[int]):
    """A list that is like nothing, itself not either, and that can be shown by nobody."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


ODD: list[Any] = [
    None, 5, -1, 2.5, True, "", "x", "\ud800", "a\0b", b"x", [], [5], {}, {"a": 1}, (), object(),
    Odd, pd.DataFrame(), pd.DataFrame({"a": [1]}), np.array(5), np.array([1]), float("nan"), pd.NaT,
    pd.NA, dt.date(2016, 4, 1), dt.datetime(2016, 4, 1), iter(()), Path("nofile"), 10**30, 10**5000,
    False, -(10**30), -0.0, 1j, Decimal(1), Decimal("NaN"), Decimal("sNaN"), Fraction(1, 2), b"",
    bytearray(b"x"), [[1], [2, 3]], [["x"]], [None], [[]], {5: 6}, {1, 2}, range(3), slice(1), int,
    len, lambda: 1, Ellipsis, NotImplemented, np.int64(5), np.uint8(1), np.float32(1),
    np.bool_(True), np.str_("x"), np.bytes_(b"x"), np.datetime64("2016-04-01"),
    np.datetime64("NaT"), np.array(["x"]), np.array([]), np.array([[1], [2]]),
    np.array([None], dtype=object), np.ma.masked, np.ma.array([1], mask=[True]), dt.time(1),
    dt.timedelta(1), pd.Timestamp("2016-04-01"), pd.Series([1]), pd.Series(["x"]),
    pd.Series([], dtype=object), pd.Index([1]), pd.Period("2016-04"), pd.Categorical(["x"]),
    np.timedelta64(1, "D"), np.void(b"x"),
    pd.array([1, None]), pa.scalar(1), pa.array(["x"]), pa.table({"a": [1]}),
    pl.DataFrame({"a": [1]}), pl.Series([1]), PathOfBytes(), PathOfNothing(), Unhashable([1]),
    io.BytesIO(b"x"), BATCH, TABLE, BOOK, VISIT, ValueError("x"), ct, Text("x"), "x" * 5000,
    "\u202e", "2016-04", "781241",
]  # fmt: skip


def files(folder: Path) -> dict[str, Path]:
    """Files that cannot be given as tables."""
    for name in ("visits", "providers", "recipients"):
        THREE[name].to_csv(folder / f"{name}.csv", index=False)
    (folder / "claims.csv").write_bytes(claim_files.file_bytes())
    shutil.copy(ROOT / "data" / "service_codes.csv", folder / "codes.csv")
    plan = care_plans.plan_file(folder, "UPPLAN.csv", [care_plans.plan_row(1, "782441")])
    return {"plan": plan, "claims": folder / "claims.csv", "codes": folder / "codes.csv"}


def _methods() -> Iterator[str]:
    """Yield the public methods of the public classes, each by one of those that have it."""
    met = set()
    for name in ct.__all__:
        of_class = getattr(ct, name) if inspect.isclass(getattr(ct, name)) else object
        for method in dir(of_class):
            made = inspect.getattr_static(of_class, method)
            made = made.__func__ if isinstance(made, classmethod) else made
            ours = isinstance(made, FunctionType) and made.__module__.startswith("chiiki_tsusho")
            if ours and made not in met and not method.startswith("_"):
                met.add(made)
                yield f"{name}.{method}"


METHODS = [*_methods(), "Visit.model_validate", "Visit.model_validate_json"]


def calls(folder: Path) -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Every public function and class with arguments that are right."""
    there = files(folder)
    on_disk: dict[str, Any] = {name: folder / f"{name}.csv" for name in THREE}
    batch = {name: getattr(BATCH, name) for name in ("claim_lines", "claims", "problems")}
    nothing = pd.DataFrame()
    done = ct.claim_files(folder=folder / "batch", **on_disk)
    file = ct.read_claim_file(there["claims"])
    audited = ct.audit(there["claims"])
    plans = ct.from_plan(there["plan"], care_plans.PROVIDER)
    (explained,) = ct.explain_claim(**THREE, insured_no=RECIPIENT["insured_no"])
    of_classes: dict[str, dict[str, Any]] = {
        "Addressee": {"name": "x", "rule": ct.filing_addressee(DUTIES["offices"]).rule},
        "Audit": {"findings": nothing, "hints": nothing, "files": ()},
        "Batch": {**batch, "held_visits": BATCH.held_visits},
        "Calculator": {"table": TABLE},
        "CarePlans": {"visits": nothing, "recipients": nothing, "notes": nothing},
        "ClaimExplanation": dict.fromkeys(
            ("service_month", "provider_no", "insurer_no", "insured_no"), "x"
        )
        | {"lines": [], "language": "en", "_said": {}},
        "ClaimFile": {"shown": file.shown, "records": file.records},
        "CodeBook": {"rows": BOOK.rows},
        "CodeTable": {
            "month": TABLE.month, "rows": TABLE.rows, "known_minutes": TABLE.known_minutes,
        },
        "Comparison": {
            name: "2016-04" if name.startswith("month") else nothing
            for name in inspect.signature(ct.Comparison).parameters
        },
        "Composition": dict(COMPOSED),
        "CompositionLine": dict(COMPOSED.lines[0]),
        "DoneVisits": {
            "codes": nothing, "problems": nothing, "held_claims": 0, "held_visits": 0,
        },
        "DutyReport": {"items": REPORT.items, "on": dt.date(2026, 4, 1)},
        "Fault": {"line": 1, "column": "x", "value": "x", "message": Text("x")},
        "FileBatch": {
            "summary": done.summary, "folder": done.folder, "problem_tables": done.problem_tables,
        },
        "ImportedTable": {"rows": [], "refused": []},
        "Refused": {"place": "row", "row": 1, "code": "x", "name": "x", "reason": "x"},
        "Step": dict(COMPOSED.steps[0]),
        "Visit": dict(VISIT),
        "WrittenResults": {
            "paths": (), "left_out": nothing, "done": ct.codes_of_visits(**THREE),
        },
    }  # fmt: skip
    of_classes["Addressee"]["why"] = of_classes["Fault"]["message"]
    of_classes |= {name: {"message": "x"} for name in ct.__all__ if name.endswith("Error")}
    of_functions: dict[str, dict[str, Any]] = {
        "audit": {"files": file},
        "check_duties": DUTIES,
        "check_table": {"path": there["codes"]},
        "claim_files": {"folder": NEW, **on_disk},
        "codes_of_visits": THREE,
        "compare_months": {"month_a": "2016-04", "month_b": "2018-04", **THREE},
        "compute_claims": THREE,
        "duty_rules": {},
        "explain_claim": {"insured_no": RECIPIENT["insured_no"], **THREE},
        "filing_addressee": {"offices": DUTIES["offices"]},
        "filing_items": {"offices": 1},
        "floor_share": {"amount": 1, "share": 1, "whole": 1},
        "from_plan": {"files": there["plan"], "provider_no": care_plans.PROVIDER},
        "half_up": {"units": 1, "per_mille": 1},
        "import_master": {"path": folder / "none"},
        "import_workbook": {"path": folder / "none", "valid_from": "2016-04"},
        "load_code_book": {},
        "load_codes": {"month": "2016-04"},
        "plan_duties": {**DUTIES, "year": 2026},
        "read_claim_file": {"path": there["claims"]},
        "read_returns": {"path": folder / "none"},
        "write_calendar": {"plan": ct.plan_duties(year=2026, **DUTIES), "path": NEW},
        "write_care_plan_results": {"folder": NEW, **THREE},
        "write_claim_file": {
            "batch": BATCH, "recipients": THREE["recipients"], "review_month": "2016-05",
            "folder": NEW,
        },
        "write_code_rows": {"rows": list(TABLE.rows[:2]), "path": NEW},
        "write_paper": {"kind": "minutes", "path": NEW, **DUTIES},
        "write_register_templates": {"folder": NEW},
        "write_report": {"folder": folder / "batch", "path": NEW},
        "write_statements": {"batch": BATCH, "path": NEW},
        "write_templates": {"folder": NEW},
    }  # fmt: skip
    return {
        name: (getattr(ct, name), arguments)
        for name, arguments in (of_classes | of_functions).items()
    } | {
        "CodeTable.find": (TABLE.find, {"minutes": 240, "care_level": 1}),
        "CodeTable.find_rows": (
            TABLE.find_rows,
            {
                "minutes": 240, "care_level": 1, "shortfall": None, "service": "day_care",
                "extended_hours": True,
            },
        ),
        "CodeTable.missing_code": (
            TABLE.missing_code,
            {
                "service": "day_care", "minutes": 30, "care_level": 1, "shortfall": "",
                "extended": True,
            },
        ),
        "CodeTable.named": (TABLE.named, {"key": "bathing"}),
        "CodeTable.no_such_key": (TABLE.no_such_key, {"key": "x"}),
        "CodeTable.of_month": (TABLE.of_month, {"month": 201605}),
        "CodeTable.rate_rows": (TABLE.rate_rows, {"key": "rural_area"}),
        "CodeTable.row_of": (TABLE.row_of, {"key": "bathing"}),
        "CodeTable.lookup": (TABLE.lookup, {"codes": ["781241"]}),
        "CodeTable.positions": (TABLE.positions, {"codes": ["781241"]}),
        "CodeTable.units": (TABLE.units, {"codes": ["781241"]}),
        "CodeBook.table": (BOOK.table, {"month": 201604}),
        "CodeBook.supports": (BOOK.supports, {"month": 201604}),
        "CodeBook.called": (BOOK.called, {"key": "bathing", "heading": "x"}),
        "CodeBook.unsupported": (BOOK.unsupported, {"month": 201603}),
        "CodeBook.of_month": (ct.CodeBook.of_month, {"table": TABLE}),
        "Addressee.say": (ct.Addressee(**of_classes["Addressee"]).say, {}),
        "Audit.findings_in": (audited.findings_in, {"language": "en"}),
        "Audit.report": (audited.report, {"path": NEW}),
        "CarePlans.write": (plans.write, {"folder": NEW}),
        "ClaimExplanation.to_text": (explained.to_text, {}),
        "Refused.say": (ct.Refused(**of_classes["Refused"]).say, {}),
        "Composition.model_validate": (ct.Composition.model_validate, {"obj": dict(COMPOSED)}),
        "Composition.model_validate_json": (
            ct.Composition.model_validate_json, {"json_data": COMPOSED.model_dump_json()},
        ),
        "Visit.model_validate": (ct.Visit.model_validate, {"obj": dict(VISIT)}),
        "Visit.model_validate_json": (
            ct.Visit.model_validate_json, {"json_data": VISIT.model_dump_json()},
        ),
        "Calculator.compose": (ct.Calculator(TABLE).compose, {"visit": VISIT}),
        "Batch.report": (BATCH.report, {"path": NEW}),
        "Batch.to_folder": (BATCH.to_folder, {"folder": NEW}),
        "ChiikiTsushoError.say": (ct.TableError("x").say, {}),
        "Fault.say": (ct.Fault(**of_classes["Fault"]).say, {}),
        "ClaimFile.rows": (file.rows, {"record": "7131-01"}),
        "ClaimFile.to_bytes": (file.to_bytes, {}),
        "ClaimFile.frame": (file.frame, {"record": "7131-01"}),
        "ClaimFile.with_frame": (
            file.with_frame, {"record": "7131-01", "frame": file.frame("7131-01")},
        ),
    }  # fmt: skip


@pytest.fixture(scope="module")
def public(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Every public callable with arguments that are right."""
    return calls(tmp_path_factory.mktemp("calls"))


def test_nothing_public_is_left_out(
    public: dict[str, tuple[Callable[..., Any], dict[str, Any]]],
) -> None:
    """What is public from now on is given odd arguments too."""
    assert set(public) == {*ct.__all__, *METHODS}


def _odd_calls(
    call: Callable[..., Any], right: dict[str, Any], folder: Path
) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    number = 0
    for name, parameter in inspect.signature(call).parameters.items():
        # A callable that fails is the caller's own.
        if name.startswith("_") or parameter.kind is parameter.VAR_KEYWORD or name == "progress":
            continue
        for odd in ODD:
            number += 1
            new = folder / f"{number}"
            given = {key: new if value is NEW else value for key, value in right.items()}
            yield name, odd, given | {name: odd}


@pytest.mark.parametrize("name", sorted({*ct.__all__, *METHODS}))
def test_odd_arguments_are_taken_or_refused_by_name(
    name: str,
    public: dict[str, tuple[Callable[..., Any], dict[str, Any]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By an error of the package."""
    monkeypatch.chdir(tmp_path)
    call, right = public[name]
    wrong, refused = [], list[ct.ChiikiTsushoError]()
    for parameter, odd, given in _odd_calls(call, right, tmp_path):
        try:
            call(**given)
        except ct.ChiikiTsushoError as error:
            refused.append(error)
        except Exception as error:
            wrong.append((parameter, type(odd), repr(error)))
    assert wrong == []
    for one in refused:
        # Of themselves, whatever led to them: a library of other tests lets that be pickled too.
        one.__cause__ = one.__context__ = None
        again = pickle.loads(pickle.dumps(one.with_traceback(None)))
        assert (str(again), again.say("ja")) == (str(one), one.say("ja"))


def test_the_error_says_what_was_expected(tmp_path: Path) -> None:
    """The argument, its annotation and the type of what was given, in both languages."""
    with pytest.raises(ct.ChiikiTsushoError) as caught:
        ct.write_statements(BATCH, tmp_path / "x.html", made_on=5)  # type: ignore[arg-type]
    assert str(caught.value) == "made_on: dt.date | None was expected, not int"
    assert (
        caught.value.say("ja") == "made_on には dt.date | None を指定してください(指定値の型: int)"
    )
    with pytest.raises(ct.ChiikiTsushoError, match=r"rows: list\[CodeLine\] was expected, not str"):
        ct.CodeBook("x")  # type: ignore[arg-type]
    with pytest.raises(ct.ChiikiTsushoError, match=r"quote: 'minimal' \| 'none' \| 'all' was"):
        ct.write_claim_file(BATCH, THREE["recipients"], "2016-05", tmp_path, quote=5)  # type: ignore[arg-type]
    with pytest.raises(ct.ChiikiTsushoError, match="language 'fr' is unknown; en, ja are known"):
        ct.compare_months(**THREE, month_a="2016-04", month_b="2018-04", language=FRENCH)


def test_an_error_can_be_pickled_whatever_was_given() -> None:
    odd: Any = (one for one in "ab")
    for call in (
        lambda: ct.compute_claims(THREE["visits"], language=odd),
        lambda: ct.load_codes(odd),
    ):
        with pytest.raises(ct.ChiikiTsushoError, match="'generator' is") as caught:
            call()
        again = pickle.loads(pickle.dumps(caught.value))
        assert (str(again), again.say("ja")) == (str(caught.value), caught.value.say("ja"))


@checked_call
def _sum(numbers: tuple[int, ...], text: str | None = None, *, more: dict[str, int]) -> int:
    assert text != "wrong"
    return sum(numbers) + sum(more.values())


def test_collections_are_checked_one_by_one() -> None:
    """Each thing in a collection, by position and by name, whatever the default."""
    assert _sum((1, 2), more={"a": 3}) == 6
    assert _sum(NUMPY_ONE, "x", more={}) == 1
    wrong: Any
    for wrong in (([1],), (("1",),), ((True,),), ((1,), 5)):
        with pytest.raises(ct.ChiikiTsushoError):
            _sum(*wrong, more={})
    with pytest.raises(ct.ChiikiTsushoError, match="more: dict"):
        _sum((), more={5: 1})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="unexpected keyword argument 'other'"):
        _sum((), more={}, other=1)  # type: ignore[call-arg]
