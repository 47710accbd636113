"""Claims to claim files: what is written is what was computed, and what is missing is named."""

from __future__ import annotations

import pickle
import stat
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import chiiki_tsusho as ct
from chiiki_tsusho.errors import ChiikiTsushoError, ClaimFileError, OutputError
from chiiki_tsusho.exchange_files.writer import _three_characters
from chiiki_tsusho.language import Language
from conftest import EXAMPLES as DRAWN
from helpers import second_reader
from helpers.claim_files import STATEMENT_RECORDS, figures
from helpers.inputs import PROVIDER, VISIT
from helpers.reference import load_limits, load_rows
from helpers.second_reader import SYMBIOTIC, item, num
from helpers.strategies import Month, months, to_frames

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PERSONAL = {
    "birth_date": "1930-05-06",
    "sex": "2",
    "care_level": "5",
    "certified_from": "2010-01-01",
    "certified_to": "2030-12-31",
    "care_plan_by": "1",
    "care_manager_no": "1370000091",
}
# Behind the number of the law, 12 where a number beginning with H says so.
PAYER, PUBLIC_NO = "139010", "1234566"


def example(name: str) -> pd.DataFrame:
    return pd.read_csv(EXAMPLES / f"{name}.csv", dtype=str, keep_default_na=False)


def with_personal(recipients: pd.DataFrame, **cells: str) -> pd.DataFrame:
    """Recipients with what the claim file needs, public funds where they have them."""
    filled = recipients.assign(**(PERSONAL | cells))
    none = pd.Series("", index=recipients.index)
    law = recipients.get("public_law", none).where(lambda one: one != "", none)
    law = law.mask((law == "") & recipients["insured_no"].str.startswith("H"), "12")
    filled["public_payer_no"] = (law + PAYER).where(law != "", "")
    filled["public_recipient_no"] = none.mask(law != "", PUBLIC_NO)
    return filled


def example_batch() -> tuple[ct.Batch, pd.DataFrame]:
    recipients = with_personal(example("recipients"))
    return ct.compute_claims(example("visits"), example("providers"), recipients), recipients


def claims_of(files: list[Path]) -> list[dict[str, Any]]:
    """The claims of files as the batch names them, by the second reader."""
    claims = []
    for path in files:
        sheets = second_reader.read(path)
        second_reader.check(sheets)
        for (month, provider, insurer, insured), one in sheets.statements.items():
            [total] = one.totals
            claims.append(
                {
                    "service_month": month,
                    "provider_no": provider,
                    "insurer_no": insurer,
                    "insured_no": insured,
                    "days": num(total, 8),
                    "planned_units": num(total, 9),
                    "managed_units": num(total, 10),
                    "unmanaged_units": num(total, 11),
                    "benefit_units": num(total, 14),
                    "unit_price": num(total, 15),
                    "total_yen": sum(num(total, n) for n in (16, 17, 19, 20)),
                    "insurance_yen": num(total, 16),
                    "public_yen": num(total, 19),
                    "copay_yen": num(total, 17) + num(total, 20),
                    "public_units": num(total, 18),
                    "lines": [
                        (item(line, 7) + item(line, 8), *(num(line, n) for n in LINE_ITEMS))
                        for line in one.lines
                    ],
                }
            )
    return sorted(claims, key=lambda one: [one[name] for name in KEY])


KEY = ("service_month", "provider_no", "insurer_no", "insured_no")
# Of a line: units, count, units in all, and what of the two is under public funds.
LINE_ITEMS = (9, 10, 14, 11, 15)
LINE_COLUMNS = [
    "service_code", "units", "count", "service_units", "public_count", "public_units",
]  # fmt: skip


def claims_of_batch(batch: ct.Batch) -> list[dict[str, Any]]:
    records = batch.claims.to_dict("records")
    # Funds that pay for nothing within the limit have no part in an insured person's statement.
    unpaid = {
        tuple(one[name] for name in KEY)
        for one in records
        if one["public_units"] == 0 and not one["insured_no"].startswith("H")
    }
    # The units of 共生型サービス stand in サービス単位数 alone.
    alone = batch.claim_lines["service_code"].str[2:].isin(SYMBIOTIC)
    written = batch.claim_lines.assign(units=batch.claim_lines["units"].where(~alone, 0))
    lines = {
        key: [
            (*row[:4], *((0, 0) if key in unpaid else row[4:])) for row in own[LINE_COLUMNS].values
        ]
        for key, own in written.groupby(list(KEY))
    }
    names = [
        *KEY, "days", "planned_units", "managed_units", "unmanaged_units", "benefit_units",
        "unit_price", "total_yen", "insurance_yen", "public_yen", "copay_yen", "public_units",
    ]  # fmt: skip
    claims = [
        {name: one[name] for name in names}
        | {
            "insurer_no": one["insurer_no"].zfill(8),
            "lines": lines.get(tuple(one[name] for name in KEY), []),
        }
        for one in records
    ]
    return sorted(claims, key=lambda one: [one[name] for name in KEY])


def test_the_example_month_is_written_and_read_back(tmp_path: Path) -> None:
    batch, recipients = example_batch()
    written = ct.write_claim_file(batch, recipients, "2016-05", tmp_path)
    assert [one.path.name for one in written] == [f"J1604{at:03}.CSV" for at in range(1, 8)]
    assert sum(one.statements for one in written) == 27
    assert claims_of([one.path for one in written]) == claims_of_batch(batch)
    audit = ct.audit([one.path for one in written])
    assert audit.findings.empty
    # Figures of the example month, worked out in examples/README.md.
    assert sum(one.total_yen for one in audit.files) == 2_517_248
    for one in written:
        assert stat.S_IMODE(one.path.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {one.path.name for one in written}


DATA = Path(__file__).resolve().parents[2] / "data"
ROWS = load_rows(DATA / "service_codes.csv")
LIMITS = load_limits(DATA / "benefit_limits.csv")


def complete(month: Month) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """A drawn month with all that yen and statements need."""
    visits, providers, recipients = to_frames(month)
    if providers is None:
        numbers = sorted({row["provider_no"] for row in month.visits})
        providers = pd.DataFrame({"provider_no": numbers, "extended_hours": "1"}, dtype="str")
    providers = providers.assign(area_grade="6")
    if recipients is None:
        persons = sorted({(row["insurer_no"], row["insured_no"]) for row in month.visits})
        recipients = pd.DataFrame(persons, columns=["insurer_no", "insured_no"], dtype="str")
        recipients["benefit_rate"] = "90"
    recipients["benefit_rate"] = recipients["benefit_rate"].replace("", "90")
    recipients = with_personal(recipients)
    facility = recipients["insured_no"].str[-1].isin(list("13579"))
    recipients["facility_insurer_no"] = facility.map({True: "131016", False: ""})
    return visits, providers, recipients


def test_a_ratio_is_no_more_under_public_funds_than_its_line(tmp_path: Path) -> None:
    # 28 visits of 298 units and a bath of 50, 9,744; 2,086 are in the plan, 7,658 over it.
    # 中山間地域等提供加算 is 5 % of 28 × 298 − 7,658 = 686: 34.3, 34. Of the 27 days with public
    # funds 27 × 348 − 2,086 = 7,310 are over the plan; 5 % of 27 × 298 − 7,310 = 736 would be 37.
    numbers = {"provider_no": "0000000000", "insurer_no": "000000", "insured_no": "0000000000"}
    visit = {**numbers, "service": "day_care", "care_level": 1, "shortfall": "", "minutes": 120,
             "session": 1, "additions": {"bathing": 1}}  # fmt: skip
    person = {"service_month": "", "provider_no": "", "benefit_rate": 90, "planned_units": 2086,
              "public_law": "12", "public_copay_yen": None, "public_from": None, "public_to": 28,
              "additions": {"rural_area": 1}}  # fmt: skip
    provider = {"service_month": "", "area_grade": "7", "extended_hours": True, "additions": {}}
    month = Month(
        visits=[{**visit, "service_date": date(2016, 4, day)} for day in range(2, 30)],
        providers=[{**provider, "provider_no": numbers["provider_no"]}],
        recipients=[{**numbers, **person}],
    )
    visits, providers, recipients = complete(month)
    batch = ct.compute_claims(visits, providers, recipients)
    ratio = batch.claim_lines.set_index("service_code").loc["788110"]
    assert (ratio["service_units"], ratio["public_units"]) == (34, 34)
    written = ct.write_claim_file(batch, recipients, "2027-02", tmp_path)
    assert ct.audit([one.path for one in written]).findings.empty


@given(months(ROWS, LIMITS), st.sampled_from(["minimal", "none", "all"]))
def test_what_is_written_is_read_back_and_audited_clean(month: Month, quote: Any) -> None:
    visits, providers, recipients = complete(month)
    batch = ct.compute_claims(visits, providers, recipients)
    assume(len(batch.claims) > 0)
    # Without a level in the visits the made-up one of the file has a limit of its own.
    levels = batch.claims["care_level"].isna() & (batch.claims["planned_units"] > 36_065)
    assume(not levels.any())
    # The limit follows the highest level at any provider, and a statement has that of its visits.
    person = ["service_month", "insurer_no", "insured_no"]
    of_person = batch.claims.groupby(person)["care_level"]
    assume((of_person.min().fillna(0) == of_person.max().fillna(0)).all())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # More than 99 counts (several visits a day) have no place in a statement, nor have figures
        # of more than four places; the sign of a reduction takes one of them.
        lines = batch.claim_lines
        units = lines["units"][~lines["service_code"].str[2:].isin(SYMBIOTIC)]
        if (batch.claim_lines["count"] > 99).any() or not units.between(-999, 9_999).all():
            with pytest.raises(ClaimFileError) as caught:
                ct.write_claim_file(batch, recipients, "2027-02", folder, quote=quote)
            assert caught.value.problems is not None
            assert set(caught.value.problems["rule"]) == {"too_long"}
            assert not list(folder.iterdir())
            return
        written = ct.write_claim_file(batch, recipients, "2027-02", folder, quote=quote)
        paths = [one.path for one in written]
        assert claims_of(paths) == claims_of_batch(batch)
        files = [ct.read_claim_file(path) for path in paths]
        audit = ct.audit(files)
        assert audit.findings.empty, audit.findings.to_string()
        for path, file in zip(paths, files, strict=True):
            assert file.to_bytes() == path.read_bytes()
            assert not file.kept


@settings(max_examples=int(DRAWN or 12))
@given(months(ROWS, LIMITS), st.data())
def test_a_single_figure_changed_by_one_is_found(month: Month, data: st.DataObject) -> None:
    """Of each month five figures, one at a time."""
    visits, providers, recipients = complete(month)
    batch = ct.compute_claims(visits, providers, recipients)
    assume(len(batch.claims) > 0)
    assume(not (batch.claims["care_level"].isna() & (batch.claims["planned_units"] > 36_065)).any())
    with tempfile.TemporaryDirectory() as name:
        try:
            written = ct.write_claim_file(batch, recipients, "2027-02", name)
        except ClaimFileError:
            assume(False)
        file = ct.read_claim_file(data.draw(st.sampled_from(written)).path)
    for _ in range(5):
        assert_found_changed(file, data)


def assert_found_changed(file: ct.ClaimFile, data: st.DataObject) -> None:
    """Change a figure of a file by one: the audit tells it, or asks to look at it."""
    records = [name for name in ("7111", *STATEMENT_RECORDS) if len(file.rows(name))]
    record = data.draw(st.sampled_from(records))
    name = data.draw(st.sampled_from([one.name for one in figures(record)]))
    row = data.draw(st.integers(0, len(file.rows(record)) - 1))
    frame = file.frame(record)
    now = int(file.rows(record).numbers(name)[row])
    # Of the figures units alone may be below 0.
    lower = now > 0 or name in ("units", "service_units", "public1_units")
    value = now + data.draw(st.sampled_from([1, -1] if lower else [1]))
    frame[name] = frame[name].astype(object)
    frame.loc[row, name] = str(value)
    audit = ct.audit(file.with_frame(record, frame))
    if record == "7131-10" and name == "planned_units":
        total = file.rows(record)
        done = int(total.numbers("managed_units")[row])
        # What the plan leaves over, above what was done, is in no other figure.
        assert not audit.clean or min(now, value) >= done
    elif record == "7131-10" and name == "days":
        # Several visits may have been on one day: then the audit asks to look at it.
        before = ct.audit(file)
        assert not audit.clean or len(audit.hints) >= max(1, len(before.hints))
    else:
        assert not audit.clean


def problems_of(recipients: pd.DataFrame, language: Any = "en") -> pd.DataFrame:
    batch, _ = example_batch()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "out"
        with pytest.raises(ClaimFileError) as caught:
            ct.write_claim_file(batch, recipients, "2016-05", folder, language=language)
        assert not folder.exists()
    assert caught.value.problems is not None
    assert pickle.loads(pickle.dumps(caught.value)).problems.equals(caught.value.problems)
    return caught.value.problems


CASES = [
    ("birth_date", "", "missing_value", "blank; the statement needs it"),
    ("birth_date", "6 May 1930", "bad_value", "a date such as 1940-04-01 is expected"),
    ("birth_date", "2016-05-01", "inconsistent",
     "the person would be born after the month of service"),
    ("sex", "F", "bad_value", "1 (男) or 2 (女) is expected"),
    ("certified_from", "2016-05-01", "inconsistent",
     "the certification does not reach into the month of service"),
    ("certified_to", "", "missing_value", "blank; the statement needs it"),
    ("care_plan_by", "4", "bad_value", "1, 2 or 3 is expected"),
    ("care_manager_no", "", "missing_value", "blank; the statement needs it"),
    ("care_manager_no", "0000000000", "missing_value", "blank; the statement needs it"),
    ("care_manager_no", "12", "bad_value", "a number of 10 characters is expected"),
    ("facility_insurer_no", "1390", "bad_value", "a number of 6 digits is expected"),
    # 介護保険法 第13条: who came from another municipality stays insured there.
    ("facility_insurer_no", "139001", "inconsistent",
     "the person's own insurer; 住所地特例 is of a facility in another municipality: leave it "
     "blank for others"),
    ("stop_reason", "2", "bad_value", "1 or 3 to 9 is expected"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value", "rule", "message"), CASES)
def test_what_is_missing_or_wrong_is_named_by_person_and_column(
    column: str, value: str, rule: str, message: str
) -> None:
    recipients = with_personal(example("recipients"))
    if column not in recipients:
        recipients[column] = ""
    recipients.loc[0, column] = value
    [problem] = problems_of(recipients).to_dict("records")
    assert problem == {
        "service_month": "201604", "provider_no": "1390000015", "insurer_no": "139001",
        "insured_no": "0000100011", "column": column, "rule": rule, "message": message,
    }  # fmt: skip


def test_everything_is_listed_at_once_in_the_language_asked_for() -> None:
    recipients = with_personal(example("recipients")).drop(columns=["birth_date", "sex"])
    problems = problems_of(recipients, "ja")
    # 27 claims of 26 persons, two columns.
    assert len(problems) == 54
    assert set(problems["column"]) == {"birth_date", "sex"}
    # Under the heading by which an office knows the column.
    assert set(problems["message"]) == {
        f"{heading}: 空欄です。明細書に必要です" for heading in ("生年月日", "性別")
    }


def test_public_funds_need_their_numbers_and_the_right_law() -> None:
    recipients = with_personal(example("recipients"))
    public = recipients["public_payer_no"] != ""
    recipients.loc[public, "public_payer_no"] = "25139010"
    problems = problems_of(recipients)
    assert set(problems["column"]) == {"public_payer_no"}
    assert set(problems["insured_no"]) == {"0000100045", "0000300055", "H000500049"}
    assert set(problems["rule"]) == {"inconsistent"}


@pytest.mark.parametrize(("law", "kind"), [("12", "01"), ("25", "0")])
def test_services_and_care_management_are_told_apart_under_public_assistance_alone(
    tmp_path: Path, law: str, kind: str
) -> None:
    """解説書 居宅介護支援事業所編 1.1 (1): 生活保護 has 01 and 02, その他の法別番号 0."""
    visits, providers, recipients = eight_visits()
    recipients = with_personal(recipients.assign(public_law=law))
    batch = ct.compute_claims(visits, providers, recipients)
    [written] = ct.write_claim_file(batch, recipients, "2016-06", tmp_path)
    claims = ct.read_claim_file(written.path).frame("7111")
    assert claims[["law_no", "claim_kind"]].to_numpy().tolist() == [["0", "01"], [law, kind]]
    assert ct.audit(written.path).clean


def test_days_must_lie_between_start_and_stop() -> None:
    recipients = with_personal(example("recipients"), started_on="", stopped_on="", stop_reason="")
    recipients.loc[0, ["started_on", "stopped_on"]] = ["2016-04-20", "2016-04-25"]
    problems = problems_of(recipients).set_index("column")
    assert problems.loc["days", "message"] == (
        "there are more days of service than the certification, start and stop leave"
    )
    assert problems.loc["stop_reason", "rule"] == "missing_value"


def test_start_and_stop_of_the_month_are_written_and_others_are_not(tmp_path: Path) -> None:
    batch, recipients = example_batch()
    recipients = recipients.assign(started_on="2015-01-01", stopped_on="", stop_reason="")
    recipients.loc[0, ["started_on", "stopped_on", "stop_reason"]] = [
        "2016-04-01",
        "2016-04-30",
        "4",
    ]
    written = ct.write_claim_file(batch, recipients, "2016-05", tmp_path)
    base = ct.read_claim_file(written[1].path).frame("7131-01")
    rows = base[["insured_no", "started_on", "stopped_on", "stop_reason"]].to_numpy().tolist()
    assert rows[:2] == [
        ["0000100011", "20160401", "20160430", "4"],
        ["0000100029", "", "", ""],
    ]


@pytest.mark.parametrize(
    ("started", "stopped", "written"),
    [
        # The first and the last day of a month of 31; the days beside them are of other months.
        ("2016-05-01", "2016-05-31", ["20160501", "20160531", "4"]),
        ("2016-04-30", "2016-06-01", ["", "", ""]),
    ],
)
def test_a_month_has_its_first_and_its_last_day(
    tmp_path: Path, started: str, stopped: str, written: list[str]
) -> None:
    days = {"started_on": started, "stopped_on": stopped, "stop_reason": "4"}
    one_statement(tmp_path, **days)
    base = next(ct.read_claim_file(path).frame("7131-01") for path in tmp_path.iterdir())
    assert base[["started_on", "stopped_on", "stop_reason"]].to_numpy().tolist() == [written]


def test_a_level_is_that_of_the_visits_or_else_the_one_in_recipients(tmp_path: Path) -> None:
    """要介護状態区分コード: 21 to 25. 療養通所介護 is billed without a level."""
    visits, providers, recipients = eight_visits()
    other = {"insured_no": "0000200011", "care_level": "", "service": "medical_day_care"}
    third = {"insured_no": "0000300011", "care_level": "1"}
    visits = pd.concat([visits.assign(service=""), visits.assign(**other | {"minutes": "240"}),
                        visits.assign(service="", **third)])  # fmt: skip
    persons = pd.concat(
        [recipients, *(recipients.assign(insured_no=one["insured_no"]) for one in (other, third))]
    )
    batch = ct.compute_claims(visits, providers, persons)
    [written] = ct.write_claim_file(batch, persons, "2016-06", tmp_path)
    base = ct.read_claim_file(written.path).frame("7131-01")
    assert base["care_level"].tolist() == ["22", "25", "21"]


# 記載要領 (mhlw.go.jp/content/000955742.pdf): 月の途中で変わった場合は月の末日における状態区分.
@pytest.mark.parametrize(
    ("levels", "cells", "stated"),
    [
        ("33332222", {"care_level": "2", "certified_from": "2016-05-05"}, "22"),
        ("22223333", {"care_level": "3", "certified_from": "2016-05-05"}, "23"),
        # It may be known to have changed without the day.
        ("33332222", {"care_level": "2"}, "22"),
        # Eight days of visits, and four under the new certification: after the last visit.
        ("33333333", {"care_level": "2", "certified_from": "2016-05-28"}, "22"),
        # Recipients say nothing, or something of another month.
        ("33332222", {"care_level": ""}, "23"),
        ("33332222", {"care_level": "5"}, "23"),
    ],
)
def test_a_changed_level_is_that_at_the_end_of_the_month(
    levels: str, cells: dict[str, str], stated: str, tmp_path: Path
) -> None:
    visits, providers, recipients = eight_visits()
    recipients = recipients.assign(**cells)
    batch = ct.compute_claims(visits.assign(care_level=list(levels)), providers, recipients)
    [written] = ct.write_claim_file(batch, recipients, "2016-06", tmp_path)
    assert ct.read_claim_file(written.path).frame("7131-01")["care_level"].tolist() == [stated]
    # Only a level that held all month and that no visit has is passed over, with a word.
    assert bool(written.levels_unmet) is (cells["care_level"] == "5")
    audit = ct.audit(written.path)
    assert audit.findings.empty, audit.findings.to_string()
    few = cells.get("certified_from") == "2016-05-28"
    hints = {"several_levels", "days_before_certification"} if few else {"several_levels"}
    assert set(audit.hints["rule"]) == hints


def test_a_first_certification_leaves_the_days_from_it_on(tmp_path: Path) -> None:
    visits, providers, recipients = eight_visits()
    recipients = recipients.assign(care_level="2", certified_from="2016-05-28")
    batch = ct.compute_claims(visits, providers, recipients)
    with pytest.raises(ClaimFileError) as caught:
        ct.write_claim_file(batch, recipients, "2016-06", tmp_path)
    assert caught.value.problems is not None
    assert caught.value.problems["column"].tolist() == ["days"]


@pytest.mark.parametrize("level", ["", "5"])
def test_codes_without_a_level_leave_the_days_before_a_new_certification(
    level: str, tmp_path: Path
) -> None:
    """療養通所介護: its codes do not say whether the level changed with the certification."""
    visits, providers, recipients = eight_visits()
    recipients = recipients.assign(care_level="5", certified_from="2016-05-05")
    of_service = {"service": "medical_day_care", "minutes": "240", "care_level": level}
    batch = ct.compute_claims(visits.assign(**of_service), providers, recipients)
    [written] = ct.write_claim_file(batch, recipients, "2016-06", tmp_path)
    base = ct.read_claim_file(written.path).frame("7131-01")
    assert base[["care_level", "certified_from"]].to_numpy().tolist() == [["25", "20160505"]]
    assert ct.audit(written.path).findings.empty
    # Eight days, and four of the new certification: it may have been another before.
    recipients = recipients.assign(certified_from="2016-05-28")
    [written] = ct.write_claim_file(batch, recipients, "2016-06", tmp_path)
    audit = ct.audit(written.path)
    assert audit.findings.empty
    [hint] = audit.hints.to_dict("records")
    assert (hint["rule"], hint["found"], hint["expected"]) == (
        "days_before_certification", "8", "4",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("certified_from", "plan", "finding", "hint"),
    [
        ("2016-05-05", "26931", [], ["26931"]),
        ("2016-05-01", "26931", ["26931"], []),
        ("2016-05-05", "19616", [], []),
    ],
)
def test_a_plan_may_be_within_the_limit_of_a_level_before(
    certified_from: str, plan: str, finding: list[str], hint: list[str], tmp_path: Path
) -> None:
    """Limits a month: 要介護2 19,616, 要介護3 26,931, the heavier where the level changes."""
    before, providers, recipients = eight_visits()
    other = "1390000023"
    visits = pd.concat(
        [before[:4].assign(care_level="3", provider_no=other), before[4:]], ignore_index=True
    )
    providers = pd.concat([providers, providers.assign(provider_no=other)])
    cells = {"care_level": "2", "certified_from": certified_from}
    person = recipients.assign(planned_units=plan, provider_no="1390000015", **cells)
    recipients = pd.concat([person, person.assign(planned_units="0", provider_no=other)])
    batch = ct.compute_claims(visits, providers, recipients)
    assert set(batch.problems["rule"]) == {"check_digit"}
    [first, _] = ct.write_claim_file(batch, recipients, "2016-06", tmp_path)
    audit = ct.audit(first.path)
    assert audit.findings["found"].tolist() == finding
    told = audit.hints
    assert told.loc[told["rule"] == "plan_over_level", "found"].tolist() == hint


# 24 visits of 療養通所介護 in 2016-05, 1,007 units each and no other managed line: 24,168 units.
# The limit of 要介護2 is 19,616, of 要介護3 26,931.
@pytest.mark.parametrize(("level", "over"), [("2", True), ("3", False)])
def test_a_claim_without_a_level_stays_within_the_limit_of_its_statement(
    tmp_path: Path, level: str, over: bool
) -> None:
    visits, providers, recipients = eight_visits()
    days = [f"2016-05-{day:02}" for day in range(1, 25)]
    first = visits.iloc[:1].assign(care_level="", service="medical_day_care", minutes="240")
    month = pd.concat([first.assign(service_date=day) for day in days])
    persons = recipients.assign(care_level=level, planned_units="")
    batch = ct.compute_claims(month, providers, persons)
    assert batch.claims["planned_units"].tolist() == [24_168]
    if not over:
        ct.write_claim_file(batch, persons, "2016-06", tmp_path)
        [file] = tmp_path.iterdir()
        assert ct.audit(file).clean
        return
    with pytest.raises(ClaimFileError) as caught:
        ct.write_claim_file(batch, persons, "2016-06", tmp_path)
    assert caught.value.problems is not None
    [problem] = caught.value.problems.to_dict("records")
    assert (problem["column"], problem["rule"]) == ("care_level", "inconsistent")
    assert "above the limit of the level in the file of recipients" in problem["message"]
    # As told: with the level in the visits the limit is kept.
    month = month.assign(care_level=level)
    batch = ct.compute_claims(month, providers, persons)
    assert batch.claims["planned_units"].tolist() == [19_616]
    ct.write_claim_file(batch, persons, "2016-06", tmp_path)
    [file] = tmp_path.iterdir()
    assert ct.audit(file).clean


def test_a_rate_of_nothing_is_no_statement(tmp_path: Path) -> None:
    """Item 01-29 is required of an insured person, and a blank number is 0."""
    visits, providers, recipients = eight_visits(benefit_rate="0")
    batch = ct.compute_claims(visits, providers, recipients)
    assert batch.claims["insurance_yen"].tolist() == [0]
    with pytest.raises(ClaimFileError) as caught:
        ct.write_claim_file(batch, recipients, "2016-06", tmp_path / "out")
    assert caught.value.problems is not None
    [problem] = caught.value.problems.to_dict("records")
    assert (problem["column"], problem["rule"]) == ("benefit_rate", "inconsistent")


def test_a_claim_below_nothing_is_no_statement(tmp_path: Path) -> None:
    """同一建物減算 (94 units) lies outside the limit; of a plan of 50 units -44 would be paid."""
    visits, providers, recipients = eight_visits(planned_units="50")
    one = visits.iloc[:1].assign(service_date="2026-07-02", same_building="1")
    persons = recipients.assign(certified_from="2026-04-01", certified_to="2027-03-31")
    batch = ct.compute_claims(one, providers, persons)
    assert batch.claims["benefit_units"].tolist() == [-44]
    with pytest.raises(ClaimFileError) as caught:
        ct.write_claim_file(batch, persons, "2026-08", tmp_path / "out")
    assert caught.value.problems is not None
    [problem] = caught.value.problems.to_dict("records")
    assert (problem["column"], problem["rule"]) == ("planned_units", "inconsistent")
    assert "the claim is below 0" in problem["message"]
    assert not (tmp_path / "out").exists()


def test_a_claim_without_yen_is_no_statement(tmp_path: Path) -> None:
    recipients = with_personal(example("recipients"))
    batch = ct.compute_claims(example("visits"), None, recipients)
    with pytest.raises(ClaimFileError) as caught:
        ct.write_claim_file(batch, recipients, "2016-05", tmp_path)
    assert caught.value.problems is not None
    assert set(caught.value.problems["column"]) == {"area_grade"}


REFUSED = [
    ({"review_month": "2016-04"}, "the month after at the earliest", "審査は早くても翌月です"),
    ({"quote": "some"}, "minimal, none or all", "minimal、none、all のいずれかです"),
    ({"medium": "9"}, "one of 1, 2, 3, 4, 5 and 7", "媒体区分「9」は使えません"),
    ({"file_no": "1234567"}, "up to six letters or digits", "英数字6文字まで"),
    *(
        ({"file_no": number}, "up to six letters or digits", "英数字6文字まで")
        for number in ("", "1\r\n2", "1\n", '1"2', "=1+2", "1,2", "１", "*")
    ),
    (
        {"file_name": "J201604"},
        "there are several files to write",
        "作成するファイルが複数あるため指定できません",
    ),
]


@pytest.mark.parametrize(("given", "english", "japanese"), REFUSED)
def test_what_cannot_be_sent_is_refused(
    tmp_path: Path, given: dict[str, Any], english: str, japanese: str
) -> None:
    batch, recipients = example_batch()
    review = given.pop("review_month", "2016-05")
    with pytest.raises(ChiikiTsushoError, match=english) as caught:
        ct.write_claim_file(batch, recipients, review, tmp_path, **given)
    assert japanese in caught.value.say("ja")
    assert not list(tmp_path.iterdir())


def test_a_single_file_may_be_named(tmp_path: Path) -> None:
    batch, recipients = example_batch()
    one = batch.claims["provider_no"] == "1390000015"
    lines = batch.claim_lines[batch.claim_lines["provider_no"] == "1390000015"]
    small = ct.Batch(lines, batch.claims[one], batch.problems, batch.held_visits)
    [written] = ct.write_claim_file(small, recipients, "2016-05", tmp_path, quote="all")
    assert written.path.name == "J201604.CSV"
    assert written.path.read_bytes().startswith(b'"1","1","0",')
    options: dict[str, Any] = {"file_no": "1", "medium": "4", "quote": "none"}
    [named] = ct.write_claim_file(
        small, recipients, "2016-05", tmp_path, file_name="D2804a", **options
    )
    assert named.path.name == "D2804a.CSV"
    control = named.path.read_bytes().split(b"\r\n")[0]
    assert control == b"1,1,0,42,711,0,0,1390000015,0,4,201605,1"
    # A claim that is sent on trial.
    [trial] = ct.write_claim_file(small, recipients, "2016-05", tmp_path / "t", file_no="*TEST*")
    assert trial.path.read_bytes().split(b"\r\n")[0].endswith(b",201605,*TEST*")
    assert ct.audit(trial.path).findings.empty
    longest = ct.write_claim_file(small, recipients, "2016-05", tmp_path, file_name="A1B2C3D4")
    assert longest[0].path.name == "A1B2C3D4.CSV"
    # Whatever other files are called, named ones stand beside them.
    for name in ("J", "A"):
        [named] = ct.write_claim_file(small, recipients, "2016-05", tmp_path, file_name=name)
        assert named.path.name == f"{name}.CSV"
    for name in ("A1B2C3D4E", "not-one", ""):
        with pytest.raises(ChiikiTsushoError, match="up to eight letters"):
            ct.write_claim_file(small, recipients, "2016-05", tmp_path, file_name=name)


def test_two_files_cannot_have_one_name(tmp_path: Path) -> None:
    batch, recipients = example_batch()
    two = sorted(set(batch.claims["provider_no"]))[:2]
    claims, lines = (one[one["provider_no"].isin(two)] for one in (batch.claims, batch.claim_lines))
    small = ct.Batch(lines, claims, batch.problems, batch.held_visits)
    assert len(ct.write_claim_file(small, recipients, "2016-05", tmp_path / "a" / "b")) == 2
    with pytest.raises(ChiikiTsushoError, match="there are several files to write"):
        ct.write_claim_file(small, recipients, "2016-05", tmp_path, file_name="J201604")


def test_claim_files_of_another_run_are_not_left_beside_these_nor_replaced(tmp_path: Path) -> None:
    batch, recipients = example_batch()
    providers = sorted(set(batch.claims["provider_no"]))

    def of(some: list[str]) -> ct.Batch:
        lines, claims = (
            one[one["provider_no"].isin(some)] for one in (batch.claim_lines, batch.claims)
        )
        return ct.Batch(lines, claims, batch.problems, batch.held_visits)

    def write(some: list[str], name: str | None = None) -> list[str]:
        written = ct.write_claim_file(of(some), recipients, "2016-05", tmp_path, file_name=name)
        return [one.path.name for one in written]

    (tmp_path / "memo.txt").write_text("mine", "utf-8")
    (tmp_path / "J1605001.CSV").write_text("of another month", "utf-8")
    assert write(providers[:3]) == ["J1604001.CSV", "J1604002.CSV", "J1604003.CSV"]
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    # The same claims again replace their files.
    assert len(write(providers[:3])) == 3
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    for some, name, there in (
        (providers[:2], None, "J1604003.CSV"),
        (providers[1:4], None, "J1604001.CSV, J1604002.CSV, J1604003.CSV"),
        (providers[:1], None, "J1604001.CSV, J1604002.CSV, J1604003.CSV"),
        (providers[:1], "J1604002", "J1604002.CSV"),
        (providers[:1], "J1605001", "J1605001.CSV"),
    ):
        with pytest.raises(ct.OutputError) as refused:
            write(some, name)
        assert str(refused.value) == (
            f"{tmp_path}: has claim files of other claims ({there}); move them away, or name "
            "another folder, so that no claim is sent twice or replaced by another"
        )
        assert refused.value.say("ja") == (
            f"{tmp_path}: ほかの請求の請求ファイル({there.replace(', ', '、')})があります。"
            "二重の請求や上書きを避けるため、別の場所に移すか、別のフォルダを指定してください"
        )
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("quote", ["none", "all"])
def test_a_file_of_other_persons_of_the_provider_is_not_replaced(
    tmp_path: Path, quote: Any
) -> None:
    """As where a month is computed in two parts: the first may not have been sent yet."""
    batch, recipients = example_batch()
    persons = batch.claims.loc[batch.claims["provider_no"] == "1390000015", "insured_no"].tolist()

    def write(some: list[str]) -> list[str]:
        lines, claims = (
            one[(one["provider_no"] == "1390000015") & one["insured_no"].isin(some)]
            for one in (batch.claim_lines, batch.claims)
        )
        part = ct.Batch(lines, claims, batch.problems, batch.held_visits)
        [written] = ct.write_claim_file(part, recipients, "2016-05", tmp_path, quote=quote)
        return [key[3] for key in second_reader.read(written.path).statements]

    assert write(persons[:2]) == persons[:2]
    with pytest.raises(OutputError, match=r"has claim files of other claims \(J201604.CSV\)"):
        write(persons[2:])
    # A run with some of the same persons, as after a correction, takes its place.
    assert write(persons[1:]) == persons[1:]


@pytest.mark.parametrize("at_once", [1, 2, 3, 4, 5, 20_000])
def test_a_file_is_the_same_with_others_as_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Files are made some at a time: none takes lines, sums or numbers of one beside it."""
    monkeypatch.setattr("chiiki_tsusho.exchange_files.writer._CLAIMS_AT_ONCE", at_once)
    batch, recipients = two_months_of_three_providers()

    def contents(name: str, claims: pd.DataFrame) -> list[bytes]:
        keys = pd.MultiIndex.from_frame(claims[list(KEY)])
        lines = pd.MultiIndex.from_frame(batch.claim_lines[list(KEY)]).isin(keys)
        part = ct.Batch(batch.claim_lines[lines], claims, batch.problems, batch.held_visits)
        written = ct.write_claim_file(part, recipients, "2016-06", tmp_path / name)
        of_file = ["service_month", "provider_no"]
        assert [
            (str(one.service_month), one.provider_no, one.statements, one.units, one.insurance_yen)
            for one in written
        ] == [
            (str(month), provider, len(own), own["benefit_units"].sum(), own["insurance_yen"].sum())
            for (month, provider), own in claims.groupby(of_file)
        ]
        return [one.path.read_bytes() for one in written]

    together = contents("all", batch.claims)
    groups = batch.claims.groupby(["service_month", "provider_no"])
    assert [len(own) for _, own in groups] == [1, 3, 2, 1, 3, 2]
    assert together == [
        data for at, (_, own) in enumerate(groups) for data in contents(f"alone{at}", own)
    ]


def two_months_of_three_providers() -> tuple[ct.Batch, pd.DataFrame]:
    """Six claims a month: with public funds, without insurance, and at facilities elsewhere."""
    persons = [
        {"insurer_no": "139006", "insured_no": f"{head}00010001{at}", "public_law": law}
        for at, (head, law) in enumerate(
            (("0", "12"), ("0", ""), ("H", "12"), ("0", "25"), ("0", ""), ("0", ""))
        )
    ]
    providers = ["1390000015", *["1390000023"] * 3, *["1390000031"] * 2]
    visits = [
        VISIT
        | {name: person[name] for name in ("insurer_no", "insured_no")}
        | {"provider_no": provider, "service_date": f"2016-{month}-{day:02}"}
        for month in ("04", "05")
        for at, (provider, person) in enumerate(zip(providers, persons, strict=True))
        for day in range(1, at + 2)
    ]
    recipients = with_personal(pd.DataFrame(persons).assign(benefit_rate="90"))
    recipients["facility_insurer_no"] = ["", "131016", "", "", "", "131016"]
    of_providers = pd.DataFrame(
        [PROVIDER | {"provider_no": one, "area_grade": "1"} for one in sorted(set(providers))]
    )
    return ct.compute_claims(pd.DataFrame(visits), of_providers, recipients), recipients


def test_lines_of_other_claims_are_refused(tmp_path: Path) -> None:
    batch, recipients = example_batch()
    other = ct.Batch(batch.claim_lines, batch.claims[1:], batch.problems, batch.held_visits)
    with pytest.raises(ct.ChiikiTsushoError, match="not of one batch") as caught:
        ct.write_claim_file(other, recipients, "2016-05", tmp_path)
    assert "同じ" in caught.value.say("ja")
    assert not list(tmp_path.iterdir())


def test_persons_stand_in_the_order_of_insurer_and_number(tmp_path: Path) -> None:
    # An insurer of six digits stands in eight places, behind zeros.
    persons = [
        {"insurer_no": insurer, "insured_no": insured}
        for insurer, insured in (
            ("01000000", "0000000001"), ("131003", "0000000003"), ("131003", "0000000002"),
        )
    ]  # fmt: skip
    visits = pd.DataFrame([VISIT | one for one in persons])
    providers = pd.DataFrame([PROVIDER | {"area_grade": "1"}])
    recipients = with_personal(pd.DataFrame([one | {"benefit_rate": "90"} for one in persons]))
    batch = ct.compute_claims(visits, providers, recipients)
    [written] = ct.write_claim_file(batch, recipients, "2016-05", tmp_path)
    statements = list(second_reader.read(written.path).statements)
    assert [key[2:] for key in statements] == [
        ("00131003", "0000000002"),
        ("00131003", "0000000003"),
        ("01000000", "0000000001"),
    ]


def test_nothing_is_left_of_what_cannot_be_put_in_its_place(tmp_path: Path) -> None:
    batch, recipients = example_batch()
    in_the_way = tmp_path / "J1604002.CSV"
    in_the_way.mkdir()
    with pytest.raises(OutputError, match="is a folder, and the results have a file of that name"):
        ct.write_claim_file(batch, recipients, "2016-05", tmp_path)
    assert list(tmp_path.iterdir()) == [in_the_way]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    batch, recipients = example_batch()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file: is a file; a folder was expected"):
        ct.write_claim_file(batch, recipients, "2016-05", tmp_path / "file" / "out")


# 8 visits of 868 units (要介護2, 480 minutes) at 10.54 yen: 6,944 units, 73,189 yen, of which the
# insurance pays 65,870. From the 5th on 生活保護: 4 visits, 3,472 units, 36,594 yen, and 10 % of
# that is 3,659 (記載要領, 様式第二: 公費分回数, 公費対象単位数).
PART_MONTH = [
    # public_from, public_law, public_copay_yen: 10-17, 10-18, 10-19, 10-20
    ("5", "12", "", [3660, 3472, 3659, 0]),
    ("5", "12", "1000", [3660, 3472, 2659, 1000]),
    ("5", "12", "5000", [3660, 3472, 0, 3659]),
    ("", "12", "", [0, 6944, 7319, 0]),
    ("", "25", "", [0, 6944, 7319, 0]),
]


def eight_visits(**cells: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    visits = pd.DataFrame(
        [
            {
                "provider_no": "1390000015", "insurer_no": "139006", "insured_no": "0000100011",
                "service_date": f"2016-05-{day:02}", "care_level": "2", "minutes": "480",
            }
            for day in range(1, 9)
        ]
    )  # fmt: skip
    providers = pd.DataFrame([{"provider_no": "1390000015", "area_grade": "4"}])
    person = {"insurer_no": "139006", "insured_no": "0000100011", "benefit_rate": "90"}
    return visits, providers, with_personal(pd.DataFrame([person | cells]))


def one_statement(folder: Path, **cells: str) -> tuple[second_reader.Sheets, list[int]]:
    """The file of the eight visits, and 10-14 to 10-20 but the price."""
    visits, providers, recipients = eight_visits(**cells)
    batch = ct.compute_claims(visits, providers, recipients)
    [written] = ct.write_claim_file(batch, recipients, "2016-06", folder)
    sheets = second_reader.read(written.path)
    second_reader.check(sheets)
    assert ct.audit(written.path).clean
    [statement] = sheets.statements.values()
    [total] = statement.totals
    return sheets, [num(total, n) for n in (14, 16, 17, 18, 19, 20)]


@pytest.mark.parametrize(("first", "law", "copay", "expected"), PART_MONTH)
def test_public_funds_may_begin_within_the_month(
    tmp_path: Path, first: str, law: str, copay: str, expected: list[int]
) -> None:
    sheets, figures = one_statement(
        tmp_path, public_law=law, public_from=first, public_copay_yen=copay
    )
    assert figures == [6944, 65_870, *expected]
    [statement] = sheets.statements.values()
    [line] = statement.lines
    assert (num(line, 11), num(line, 15)) == (expected[1] // 868, expected[1])
    [insurance, public] = sheets.claims
    assert (num(insurance, 8), num(insurance, 9)) == (6944, 73_189)
    assert (item(public, 5), num(public, 8)) == (law, expected[1])
    assert num(public, 9) == (36_594 if first else 73_189)
    assert num(public, 11) == expected[2]


# With a plan of 5,000 units the limit is reached on the 6th: 5 visits and 660 units of it. Of them
# 868 + 660 on the 5th and 6th, 868 × 4 on the first four days, 660 × … on the last covered day.
# 5,000 units are 52,700 yen, of which the insurance pays 47,430.
OVER_AND_PART = [
    # public_from, public_to: 10-17, 10-18, 10-19, 10-20 and the visits under public funds
    ("5", "", [3660, 1528, 1610, 0], 4),
    ("", "5", [696, 4340, 4574, 0], 5),
    ("6", "7", [4575, 660, 695, 0], 2),
    ("7", "", None, 2),
]


@pytest.mark.parametrize(("first", "last", "expected", "days"), OVER_AND_PART)
def test_part_of_a_month_over_its_limit_may_be_under_public_funds(
    tmp_path: Path, first: str, last: str, expected: list[int] | None, days: int
) -> None:
    sheets, figures = one_statement(
        tmp_path, public_law="12", public_from=first, public_to=last, planned_units="5000"
    )
    [statement] = sheets.statements.values()
    [line] = statement.lines
    if expected is None:
        # Nothing of what is under public funds is within the limit.
        assert figures == [5000, 47_430, 5270, 0, 0, 0]
        assert (item(statement.base, 7), item(statement.base, 30), len(sheets.claims)) == (
            "",
            "",
            1,
        )
        assert (num(line, 11), num(line, 15)) == (0, 0)
    else:
        assert figures == [5000, 47_430, *expected]
        assert (num(line, 11), num(line, 15)) == (days, days * 868)
        assert num(sheets.claims[1], 9) == expected[1] * 1054 // 100


def test_public_funds_of_a_part_of_the_month_without_insurance(tmp_path: Path) -> None:
    """They bear all of their 4 visits, 36,594 yen; the other 36,595 of 73,189 are the person's."""
    visits, providers, recipients = eight_visits(public_law="12", public_from="5")
    visits, recipients = (
        one.assign(insured_no="H000100011") for one in (visits, recipients.assign(benefit_rate=""))
    )
    batch = ct.compute_claims(visits, providers, recipients)
    [written] = ct.write_claim_file(batch, recipients, "2016-06", tmp_path)
    sheets = second_reader.read(written.path)
    second_reader.check(sheets)
    [statement] = sheets.statements.values()
    [total] = statement.totals
    assert [num(total, n) for n in (14, 16, 17, 18, 19, 20)] == [6944, 0, 36_595, 3472, 36_594, 0]
    assert item(statement.base, 29) == "0"


def test_public_funds_of_no_visit_are_not_in_the_statement(tmp_path: Path) -> None:
    sheets, figures = one_statement(tmp_path, public_law="12", public_from="20")
    assert figures == [6944, 65_870, 7319, 0, 0, 0]
    [statement] = sheets.statements.values()
    assert (item(statement.base, 7), item(statement.base, 30), len(sheets.claims)) == ("", "", 1)


OTHER_RECIPIENTS = [
    ("benefit_rate", "80", "the claim was computed with another value; compute the claims again "
     "with these recipients", "請求は別の値で計算されています。"),
    ("planned_units", "6000", "the claim was computed with another value; compute the claims "
     "again with these recipients", "請求は別の値で計算されています。"),
    ("public_law", "12", "the row of recipients has public funds and the claim has none; compute "
     "the claims again with these recipients",
     "利用者ファイルの行に公費がありますが、請求にはありません。"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value", "english", "japanese"), OTHER_RECIPIENTS)
def test_other_recipients_than_those_of_the_claims_are_found(
    tmp_path: Path, column: str, value: str, english: str, japanese: str
) -> None:
    batch = ct.compute_claims(*eight_visits())
    *_, changed = eight_visits(**{column: value})
    told: tuple[tuple[Language, str], ...] = (("en", english), ("ja", japanese))
    for language, words in told:
        with pytest.raises(ClaimFileError) as caught:
            ct.write_claim_file(batch, changed, "2016-06", tmp_path, language=language)
        assert caught.value.problems is not None
        [problem] = caught.value.problems.to_dict("records")
        assert (problem["column"], problem["rule"]) == (column, "inconsistent")
        assert words in problem["message"]
    assert not list(tmp_path.iterdir())


def test_names_of_a_month_of_many_providers_have_eight_characters() -> None:
    assert [_three_characters(number) for number in (1, 999, 1000, 1035, 1036, 34_695)] == [
        "001",
        "999",
        "A00",
        "A0Z",
        "A10",
        "ZZZ",
    ]
    with pytest.raises(ChiikiTsushoError) as refused:
        _three_characters(34_696)
    assert refused.value.say("en") == (
        "a month has too many providers for names of eight characters; divide the claims"
    )
    assert refused.value.say("ja") == (
        "1か月の事業所が多すぎて、8文字のファイル名を付けられません。請求を分けて作成してください"
    )
