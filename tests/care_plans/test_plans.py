"""Care plans read as visits and recipients: codes, times, plans, persons, and what is left out.

Codes and units are those of the table of 2026-06: 781443 is 7 to 8 hours at 要介護3, 1,032 units;
785301 入浴介助加算Ⅰ 40; 785612 送迎減算 −47; 786361 科学的介護推進体制加算, once a month;
786108 処遇改善加算Ⅰ1, a ratio.
"""

from __future__ import annotations

import stat
from pathlib import Path

import pandas as pd
import pytest

import chiiki_tsusho as ct
from chiiki_tsusho import InputFileError, OutputError, from_plan
from chiiki_tsusho.care_plans.layout import plan_files
from helpers.care_plans import (
    INSURED,
    INSURER,
    MANAGER,
    MONTH,
    NAME,
    PROVIDER,
    first_row,
    person_row,
    plan_file,
    plan_row,
    units_row,
)
from helpers.modern_workbook import modern_rows, save

BASE = "781443"
TIMES = ("0900", "1630")
ROWS = [
    row
    for day in (1, 3, 6)
    for row in (
        plan_row(day, BASE, *TIMES, units="1032"),
        plan_row(day, "785301", *TIMES),
        plan_row(day, "785612", *TIMES, count="2"),
    )
]


def plan(folder: Path, rows: list[list[str]], **options: str) -> ct.CarePlans:
    return from_plan(plan_file(folder, "UPPLAN_202607_x.CSV", rows), **options)  # type: ignore[arg-type]


def rules(plans: ct.CarePlans) -> list[str]:
    return plans.notes["rule"].tolist()


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    folder = tmp_path / "plans"
    sent = f"202607_{MANAGER}_43_{PROVIDER}_78_20260625100000.CSV"
    plan_file(folder, f"UPPLAN_{sent}", [*ROWS, plan_row(6, "786361")])
    # 1,032 × 3 + 40 × 3 − 47 × 6 + 40 = 2,974; the totals say it again.
    units = [
        units_row(BASE, "3", "3096"),
        units_row("785301", "3", "120"),
        units_row("785612", "6", "-282"),
        units_row("786361", "1", "40"),
        units_row("786108", "1", ""),
        units_row("78AAAA", "", "2974"),
        units_row("152241", "4", "9999", "1390000099"),
        units_row("999999", "", "12973", ""),
    ]
    plan_file(folder, f"UPSIKYU_{sent}", units)
    plan_file(folder, f"UPHOSOKU_{sent}", [person_row()])
    plan_file(folder, f"UP1KYO_{sent}", [first_row()])
    return folder


def test_a_whole_plan(whole: Path) -> None:
    plans = from_plan(whole, PROVIDER)
    assert plans.visits.to_dict("records")[0] == {
        "provider_no": PROVIDER,
        "insurer_no": INSURER,
        "insured_no": INSURED,
        "service_date": "2026-07-01",
        "care_level": "3",
        "minutes": "",
        "start_time": "09:00",
        "end_time": "16:30",
        "service": "day_care",
        "shortfall": "",
        "session": "1",
        "no_transport": "2",
        "bathing_1": "1",
    }
    assert plans.visits["service_date"].tolist() == ["2026-07-01", "2026-07-03", "2026-07-06"]
    assert plans.recipients.to_dict("records") == [
        {
            "insurer_no": INSURER,
            "insured_no": INSURED,
            "service_month": "202607",
            "provider_no": PROVIDER,
            # 3,096 + 120 − 282 + 40: the ratio and the totals are left out.
            "planned_units": "2974",
            "care_level": "3",
            "birth_date": "1930-05-06",
            "sex": "2",
            "name": NAME,
            "name_kana": "ミホン ハナコ",
            "certified_from": "2026-01-01",
            "certified_to": "2026-12-31",
            "care_plan_by": "1",
            "care_manager_no": MANAGER,
            "science_based_care": "1",
            "treatment_improvement_1i": "1",
        }
    ]
    assert rules(plans) == ["other_provider"]
    assert plans.complete


def test_the_claim_takes_the_files_as_they_are(whole: Path, tmp_path: Path) -> None:
    visits, recipients = from_plan(whole, PROVIDER).write(tmp_path / "in")
    batch = ct.compute_claims(visits, recipients=recipients)
    assert set(batch.problems["rule"]) == {"check_digit"}
    lines = batch.claim_lines.set_index("service_code")["service_units"].to_dict()
    # The month counts 送迎減算 each way: −47 × 6; the ratio is 117/1000 of 2,974 units, 347.958.
    managed = {BASE: 3096, "785301": 120, "785612": -282, "786361": 40}
    assert {code: lines[code] for code in managed} == managed
    assert set(lines) - set(managed) == {"786108"}


def test_files_with_names_are_the_owner_s(whole: Path, tmp_path: Path) -> None:
    plans = from_plan(whole, PROVIDER)
    for path in plans.write(tmp_path / "in"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(OutputError, match=r"visits\.csv: is there already"):
        plans.write(tmp_path / "in")


def test_notes_have_nothing_personal(whole: Path) -> None:
    plan_file(whole, "UPHOSOKU_2.CSV", [person_row(birth="19300507", sex="9")])
    notes = from_plan(whole).notes
    assert notes["rule"].tolist().count("item_left_blank") == 2
    told = notes.to_csv()
    assert not any(personal in told for personal in (NAME, "ミホン", "1930"))


@pytest.mark.parametrize("month", ["202607", "201604"])
def test_every_base_code_comes_back(month: str, tmp_path: Path) -> None:
    # A visit made of a code without times is billed with that code.
    table = ct.load_codes(month)
    codes = [row.service_code for row in table.rows if row.kind == "base"]
    rows = [plan_row(1, code, month=month, insured=f"{at:010}") for at, code in enumerate(codes, 1)]
    providers = pd.DataFrame([{"provider_no": PROVIDER, "extended_hours": "1"}])
    batch = ct.compute_claims(plan(tmp_path, rows).visits, providers)
    assert batch.claim_lines["service_code"].tolist() == codes


def test_times_that_do_not_fit_the_code(tmp_path: Path) -> None:
    # 9:00 to 15:00 are 360 minutes, and the code is for 420 to 480.
    plans = plan(tmp_path, [plan_row(1, BASE, "0900", "1500"), plan_row(2, BASE, "0900", "9999")])
    assert plans.visits[["minutes", "start_time"]].to_numpy().tolist() == [["420", ""]] * 2
    assert rules(plans) == ["times_differ"] * 2
    assert plans.notes["message"][0] == (
        "the code is for 420 to under 480 minutes, which the times are not; 420 minutes are written"
    )
    assert plans.complete


def test_two_visits_of_a_day(tmp_path: Path) -> None:
    # 781243: 3 to 4 hours at 要介護3. 786099 is counted by the visit, 785301 by the day.
    morning, evening = ("0900", "1200"), ("1400", "1700")
    codes = [row for row in ct.load_codes("202607").rows if row.kind == "base"]
    [short] = [row.service_code for row in codes if (row.care_level, row.minutes_from) == (3, 180)]
    rows = [
        plan_row(1, short, *evening),
        plan_row(1, short, *morning),
        plan_row(1, "786099", count="2"),
        plan_row(1, "785301", *evening),
    ]
    visits = plan(tmp_path, rows).visits
    assert visits["start_time"].tolist() == ["09:00", "14:00"]
    assert visits["session"].tolist() == ["1", "2"]
    assert visits["service_provision_1"].tolist() == ["1", "1"]
    assert visits["bathing_1"].tolist() == ["", "1"]


@pytest.mark.parametrize(
    ("codes", "columns"),
    [
        # 若年性認知症利用者受入加算 gives way to 認知症加算, 送迎減算 to 同一建物減算.
        (["786109", "785305"], ["early_onset_dementia", "dementia_care"]),
        (["785611", "785612"], ["same_building", "no_transport"]),
    ],
)
def test_what_cannot_stand_beside_another_is_of_the_other_visit(
    codes: list[str], columns: list[str], tmp_path: Path
) -> None:
    """The times of the visits do not say whose the additions are; both were planned."""
    bases = [plan_row(1, "781243", "0900", "1200"), plan_row(1, BASE, *TIMES)]
    plans = plan(tmp_path, [*bases, *(plan_row(1, code) for code in codes)])
    lines = ct.compute_claims(plans.visits).claim_lines.set_index("service_code")["count"]
    assert lines[codes].tolist() == [1, 1]
    assert plans.visits[columns].to_numpy().tolist() == [["1", ""], ["", "1"]]


def test_a_plan_of_both_kinds_of_an_addition_of_a_day_is_held(tmp_path: Path) -> None:
    """入浴介助加算 is Ⅰ or Ⅱ, 1日につき (告示第19号 別表 6 注10): of two visits of a day, too."""
    bases = [plan_row(1, "781243", "0900", "1200"), plan_row(1, BASE, *TIMES)]
    plans = plan(tmp_path, [*bases, plan_row(1, "785301"), plan_row(1, "785303")])
    batch = ct.compute_claims(plans.visits)
    assert batch.claims.empty
    held = batch.problems[batch.problems["severity"] == "error"]
    assert set(held["rule"]) == {"conflicting_group"}


def test_an_addition_is_of_the_visit_whose_service_it_is_for(tmp_path: Path) -> None:
    """入浴介助加算 is none of 療養通所介護."""
    bases = [row for row in ct.load_codes("201604").rows if row.kind == "base"]
    medical, day_care = (
        next(row.service_code for row in bases if row.service == service)
        for service in ("medical_day_care", "day_care")
    )
    rows = [plan_row(1, code, month="201604") for code in (medical, day_care, "785301")]
    visits = plan(tmp_path, rows).visits
    assert dict(visits[["service", "bathing"]].to_numpy().tolist()) == {
        "medical_day_care": "",
        "day_care": "1",
    }


def test_a_reduction_is_of_the_visit_whose_code_it_is_for(tmp_path: Path) -> None:
    """虐待防止措置未実施減算 at 要介護3: 5 units of 479 for 3 to 4 hours, 9 of 915 for 8 to 9."""
    book, codes = tmp_path / "book.xlsx", tmp_path / "codes.csv"
    ct.write_code_rows(ct.import_workbook(save(book, modern_rows()), MONTH).rows, codes)
    table = ct.load_codes(MONTH, codes)
    [short, long] = [
        next(
            row.service_code
            for row in table.rows
            if (row.kind, row.care_level, row.minutes_from, row.shortfall)
            == ("base", 3, minutes, None)
        )
        for minutes in (180, 480)
    ]
    [reduction] = [
        row.service_code
        for row in table.rows
        if (row.key, row.care_level, row.minutes_from) == ("abuse_prevention_missing", 3, 480)
    ]
    folder = tmp_path / "plans"
    plan_file(folder, "UPPLAN_1.CSV", [plan_row(1, code) for code in (short, long, reduction)])
    visits = from_plan(folder, codes=codes).visits
    assert visits[["minutes", "abuse_prevention_missing"]].to_numpy().tolist() == [
        ["180", ""],
        ["480", "1"],
    ]
    lines = ct.compute_claims(visits, codes=codes).claim_lines.set_index("service_code")
    assert lines.loc[reduction, "service_units"] == -9


HELD = {
    "unknown_code": plan_row(2, "789999"),
    "unreadable_item": plan_row(2, "785301", date="20260732"),
    "no_visit": plan_row(2, "785301"),
    "doubled": plan_row(1, BASE, *TIMES),
    "over_count": plan_row(1, "785612", count="3"),
}


@pytest.mark.parametrize("rule", HELD)
def test_what_cannot_be_used_holds_the_month_of_its_person(rule: str, tmp_path: Path) -> None:
    other = plan_row(1, BASE, *TIMES, insured="0000100029")
    plans = plan(tmp_path, [plan_row(1, BASE, *TIMES), HELD[rule], other])
    assert rules(plans) == [rule]
    assert plans.notes["severity"].tolist() == ["error"]
    assert plans.notes["line"].tolist() == [2]
    assert plans.notes["insured_no"].tolist() == [INSURED]
    assert plans.visits["insured_no"].tolist() == ["0000100029"]
    assert not plans.complete


@pytest.mark.parametrize("character", "\x00\x0b\x1b\x1f")
def test_a_name_that_no_reader_sees_whole_is_left_blank(character: str, tmp_path: Path) -> None:
    folder = tmp_path / "plans"
    person = person_row()
    # 氏名カナ and 氏名.
    person[4], person[5] = f"ミ{character}ホン", f"見{character}本"
    plan_file(folder, "UPPLAN_202607_x.CSV", [plan_row(1, BASE, *TIMES)])
    plan_file(folder, "UPHOSOKU_202607_x.CSV", [person])
    plans = from_plan(folder, language="ja")
    assert plans.recipients[["name", "name_kana"]].fillna("").to_numpy().tolist() == [["", ""]]
    blank = plans.notes[plans.notes["rule"] == "item_left_blank"]
    assert blank["message"].tolist() == [
        "読めないため、「氏名」を空欄にしました",
        "読めないため、「フリガナ」を空欄にしました",
    ]
    assert "本" not in plans.notes.to_csv()


def test_a_date_of_another_month(tmp_path: Path) -> None:
    plans = plan(tmp_path, [plan_row(1, BASE, date="20260801")])
    assert rules(plans) == ["unreadable_item"]
    assert plans.notes["item"].tolist() == ["サービス利用日"]


def test_other_services_are_said(tmp_path: Path) -> None:
    rows = [*ROWS, plan_row(2, "111111"), plan_row(4, "111111"), plan_row(4, "152241")]
    plans = plan(tmp_path, rows)
    assert plans.notes["message"].tolist() == [
        "2 lines of service type 11 are left out",
        "1 line of service type 15 is left out",
    ]
    assert len(plans.visits) == 3


def test_units_of_another_table(tmp_path: Path) -> None:
    plans = plan(tmp_path, [plan_row(1, BASE, units="1023")])
    assert plans.notes[["rule", "value", "message"]].to_numpy().tolist() == [
        ["units_differ", "1023", f"{BASE} has 1032 units in the table of 2026-07"]
    ]


def test_a_month_without_a_table(tmp_path: Path) -> None:
    plans = plan(tmp_path, [plan_row(1, BASE, month="201503")])
    assert rules(plans) == ["unsupported_month"]
    assert len(plans.visits) == 0


def test_two_editions_of_one_plan(tmp_path: Path) -> None:
    files = [plan_file(tmp_path, f"UPPLAN_{at}.CSV", ROWS) for at in (1, 2)]
    plans = from_plan(files)
    assert rules(plans) == ["two_files"]
    assert len(plans.visits) == 0


@pytest.mark.parametrize(
    ("month", "severity", "visits"), [("202607", "error", 0), ("202606", "warning", 3)]
)
def test_a_plan_taken_back(month: str, severity: str, visits: int, tmp_path: Path) -> None:
    plan_file(tmp_path, "UPPLAN_1.CSV", ROWS)
    plan_file(tmp_path, "DLTPLAN_2.CSV", [["202410", INSURER, INSURED, month]])
    plans = from_plan(tmp_path)
    assert plans.notes[["rule", "severity"]].to_numpy().tolist() == [["withdrawal", severity]]
    assert len(plans.visits) == visits


def test_files_not_needed_are_left_unread(tmp_path: Path) -> None:
    (tmp_path / "UP2KYO_1.CSV").write_bytes(b"\xff")
    plan_file(tmp_path, "UPPLAN_1.CSV", ROWS)
    assert rules(from_plan(tmp_path)) == ["not_needed"]


def test_a_plan_of_units_that_cannot_be_summed(tmp_path: Path) -> None:
    for rows in (
        [units_row(BASE, "3", "x")],
        [units_row("789999", "3", "100")],
        [units_row("78AAAA", "", "100")],
        # The figure stands in the line of totals alone, or not for every code.
        [units_row(BASE, "3", ""), units_row("78AAAA", "", "3096")],
        [units_row(BASE, "3", ""), units_row("785301", "3", "120")],
        [units_row(BASE, "3", "3096"), units_row("785612", "6", "--28")],
    ):
        plans = from_plan(plan_file(tmp_path, "UPSIKYU_1.CSV", rows))
        assert plans.recipients["planned_units"].tolist() == [""]
        assert rules(plans) == ["planned_units"]


# 1,032 × 3, 40 × 3 and −47 × 6, as ROWS plan them.
UNITS = [
    units_row(BASE, "3", "3096"),
    units_row("785301", "3", "120"),
    units_row("785612", "6", "-282"),
]


def changed(at: int, item: int, cell: str) -> list[list[str]]:
    """Return the lines of 第7表 with one cell of one line changed."""
    return [
        row if number != at else [*row[: item - 1], cell, *row[item:]]
        for number, row in enumerate(UNITS)
    ]


LEFT_BLANK = "; planned_units is left blank"
BLANKED = "「計画単位数」を空欄にしました"
DAMAGED = {
    "no line": (
        UNITS[1:],
        f"第6表 plans {BASE} 3 times, and 第7表 has no line of it{LEFT_BLANK}",
        f"第6表では{BASE}は3回ですが、第7表にその行がないため、{BLANKED}",
    ),
    "another count": (
        [units_row(BASE, "4", "4128"), *UNITS[1:]],
        f"第6表 plans {BASE} 3 times{LEFT_BLANK}",
        f"第6表では{BASE}は3回のため、{BLANKED}",
    ),
    "a code that 第6表 lacks": (
        # 785303 is 入浴介助加算Ⅱ, 55 units.
        [*UNITS, units_row("785303", "1", "55")],
        f"第6表 plans 785303 0 times{LEFT_BLANK}",
        f"第6表では785303は0回のため、{BLANKED}",
    ),
    "a code outside the limit that 第6表 lacks": (
        # 786099 サービス提供体制強化加算Ⅰ; the visits are not those of 第7表.
        [*UNITS, units_row("786099", "2", "")],
        f"第6表 plans 786099 0 times{LEFT_BLANK}",
        f"第6表では786099は0回のため、{BLANKED}",
    ),
    "a code of the whole month twice": (
        [*UNITS, units_row("786361", "1", "40"), units_row("786361", "1", "40")],
        f"786361 is counted once a month{LEFT_BLANK}",
        f"786361は月1回のため、{BLANKED}",
    ),
    "other units": (
        changed(1, 22, "520"),
        f"785301 has 40 units in the table of 2026-07, 3 times 120{LEFT_BLANK}",
        f"2026-07のコード表では785301は40単位、3回で120単位のため、{BLANKED}",
    ),
    "no code": (
        changed(0, 9, ""),
        f"cannot be used{LEFT_BLANK}",
        f"使えない値のため、{BLANKED}",
    ),
    "no count that can be read": (
        changed(0, 16, "三"),
        f"cannot be used{LEFT_BLANK}",
        f"使えない値のため、{BLANKED}",
    ),
    "no provider": (
        changed(0, 7, ""),
        "has no provider; planned_units of this person and month is left blank",
        f"事業所番号がないため、この利用者のこの月の{BLANKED}",
    ),
    "another month": (
        changed(0, 5, "202606"),
        f"第6表 plans nothing of this service{LEFT_BLANK}",
        f"第6表にこのサービスの行がないため、{BLANKED}",
    ),
    "the lines of this person": (
        [[*UNITS[0][:2], "0000100029", *UNITS[0][3:]]],
        f"第7表 has no line of this service{LEFT_BLANK}",
        f"第7表にこのサービスの行がないため、{BLANKED}",
    ),
}


@pytest.mark.parametrize("provider", [None, PROVIDER])
@pytest.mark.parametrize("damage", DAMAGED)
def test_a_plan_that_is_not_whole_is_left_blank(
    damage: str, provider: str | None, tmp_path: Path
) -> None:
    rows, english, japanese = DAMAGED[damage]
    files = [
        plan_file(tmp_path, "UPPLAN_1.CSV", ROWS),
        plan_file(tmp_path, "UPSIKYU_1.CSV", rows),
    ]
    plans = from_plan(files, provider)
    assert set(plans.recipients["planned_units"]) == {""}
    assert english in plans.notes["message"].tolist()
    assert japanese in from_plan(files, provider, language="ja").notes["message"].tolist()
    # The visits themselves are planned in 第6表.
    assert len(plans.visits) == 3


def test_no_changed_cell_makes_a_plan_smaller_in_silence(tmp_path: Path) -> None:
    plan = plan_file(tmp_path, "UPPLAN_1.CSV", ROWS)
    whole = from_plan([plan, plan_file(tmp_path, "UPSIKYU_1.CSV", UNITS)])
    # 3,096 + 120 − 282.
    assert whole.recipients["planned_units"].tolist() == ["2934"]
    assert rules(whole) == []
    cells = {5: ("202606",), 7: ("", "1390000023"), 16: ("1", "9", "x")}
    cells |= {9: ("", "151241", "785611", "781343", "78AAAA", "x"), 22: ("", "0", "9", "-9", "x")}
    for item, values in cells.items():
        for at in range(len(UNITS)):
            for value in values:
                path = plan_file(tmp_path, "UPSIKYU_1.CSV", changed(at, item, value))
                plans = from_plan([plan, path])
                own = plans.recipients["provider_no"] == PROVIDER
                told = plans.recipients["planned_units"][
                    own & plans.recipients["service_month"].eq("202607")
                ]
                assert told.tolist() == [""], (item, at, value)
                assert len(plans.notes), (item, at, value)


def test_a_line_without_a_count_is_compared_with_the_other_table(tmp_path: Path) -> None:
    plan = plan_file(tmp_path, "UPPLAN_1.CSV", ROWS)
    units = plan_file(tmp_path, "UPSIKYU_1.CSV", changed(0, 16, ""))
    assert from_plan([plan, units]).recipients["planned_units"].tolist() == ["2934"]
    # Without 第6表 nobody can say how often.
    assert from_plan(units).recipients["planned_units"].tolist() == [""]


def planned(folder: Path, plan: list[list[str]], units: list[list[str]]) -> ct.CarePlans:
    """Read 第6表 and 第7表."""
    return from_plan([
        plan_file(folder, "UPPLAN_1.CSV", plan), plan_file(folder, "UPSIKYU_1.CSV", units)
    ])  # fmt: skip


def test_an_addition_of_the_month_without_a_count_is_there_once(tmp_path: Path) -> None:
    plans = planned(tmp_path, ROWS, [*UNITS, units_row("786361", "", "40")])
    assert plans.recipients["planned_units"].tolist() == ["2974"]
    assert rules(plans) == []


@pytest.mark.parametrize("counts", [["2"], ["1", "1"], ["", "1", ""]])
def test_an_addition_of_the_month_that_stands_there_more_often_is_named(
    counts: list[str], tmp_path: Path
) -> None:
    rows = [units_row("786361", one, "80" if one == "2" else "40") for one in counts]
    plans = planned(tmp_path, ROWS, [*rows, *UNITS])
    told = plans.notes[["line", "item", "value", "message"]].to_numpy().tolist()
    message = f"786361 is counted once a month{LEFT_BLANK}"
    assert told == [[len(counts), "回数/日数", counts[-1], message]]
    assert plans.recipients["planned_units"].tolist() == [""]


def test_what_is_outside_the_limit_may_stand_in_one_table_alone(tmp_path: Path) -> None:
    """786099 is サービス提供体制強化加算Ⅰ."""
    outside = [plan_row(day, "786099", *TIMES) for day in (1, 3, 6)]
    other = plan_row(1, "786099", *TIMES, insured="0000100029")
    plans = planned(tmp_path, [*ROWS, *outside, other], UNITS)
    own = plans.recipients["insured_no"] == INSURED
    assert plans.recipients["planned_units"][own].tolist() == ["2934"]
    # The other one has no visit, and nothing that counts against the limit.
    assert set(plans.notes["insured_no"]) == {"0000100029"}
    assert set(rules(plans)) == {"no_visit"}


def test_lines_of_other_services_and_months_leave_a_plan_as_it_is(tmp_path: Path) -> None:
    """151241 is of 通所介護, and 2015-03 has no table."""
    others = [
        [*UNITS[0][:4], "201503", *UNITS[0][5:]],
        units_row("151241", "3", "900", "1370000001"),
        units_row("151241", "3", "900"),
    ]
    nobody = units_row("785301", "3", "120", "")
    nobody[2] = "0000100002"
    plans = planned(tmp_path, ROWS, [*others, nobody, *UNITS])
    rows = plans.recipients[["insured_no", "service_month", "planned_units"]].to_numpy().tolist()
    assert [INSURED, "202607", "2934"] in rows
    assert [INSURED, "201503", ""] in rows
    message = "has no provider; planned_units of this person and month is left blank"
    assert plans.notes["message"].tolist() == [message]
    assert plans.notes["insured_no"].tolist() == ["0000100002"]


def test_each_code_whose_counts_differ_is_named_once(tmp_path: Path) -> None:
    rows = [units_row("786361", "1", "40"), units_row(BASE, "2", "2064"), *UNITS[1:]]
    plans = planned(tmp_path, ROWS, rows)
    told = plans.notes[["line", "item", "value", "message"]].to_numpy().tolist()
    assert told == [[2, "回数/日数", "2", f"第6表 plans {BASE} 3 times{LEFT_BLANK}"]]


@pytest.mark.parametrize(
    ("plan", "units", "message"),
    [
        (
            ROWS,
            [units_row("78AAAA", "", "2934"), units_row("78EEEE", "", "2934")],
            f"第7表 has totals of this service alone{LEFT_BLANK}",
        ),
        (
            [plan_row(1, BASE, *TIMES, insured="0000100029")],
            UNITS,
            f"第6表 plans nothing of this service{LEFT_BLANK}",
        ),
    ],
)
def test_what_is_said_of_a_whole_plan_is_said_at_its_first_line(
    plan: list[list[str]], units: list[list[str]], message: str, tmp_path: Path
) -> None:
    other = units_row("151241", "3", "900")
    notes = planned(tmp_path, plan, [other, *units]).notes
    assert notes["line"][notes["message"] == message].tolist() == [2]


def test_the_kind_by_the_number_of_items(tmp_path: Path) -> None:
    plan_file(tmp_path, "a.csv", ROWS)
    plan_file(tmp_path, "b.csv", UNITS)
    plan_file(tmp_path, "c.csv", [first_row()])
    plans = from_plan(tmp_path)
    assert len(plans.visits) == 3
    assert plans.recipients[["planned_units", "care_level"]].to_numpy().tolist() == [["2934", "3"]]


def test_persons_without_a_plan_have_a_row_of_every_month(tmp_path: Path) -> None:
    [row] = from_plan(plan_file(tmp_path, "UPHOSOKU_1.CSV", [person_row()])).recipients.to_dict(
        "records"
    )
    assert (row["service_month"], row["provider_no"], row["name"]) == ("", "", NAME)
    assert row["care_plan_by"] == ""


@pytest.mark.parametrize(
    ("name", "data", "english", "japanese"),
    [
        (
            "UPPLAN_1.CSV",
            b"202410,139006,0000100011\r\n",
            "line 1: 3 items where UPPLAN has 25; it is damaged or of another edition",
            "1行目: 項目が3個です。UPPLANは25個です。壊れているか、別の版です",
        ),
        (
            "x.CSV",
            b"202410,139006\r\n",
            "neither its name nor its 2 items say that it is one of UPPLAN, UPSIKYU, UPHOSOKU, "
            "UP1KYO; give the files of the care managers under the names they came with",
            "ファイル名からも項目数(2個)からも、UPPLAN、UPSIKYU、UPHOSOKU、UP1KYOのどれかわかりません。"
            "居宅介護支援事業所から届いたファイルを、元の名前のまま指定してください",
        ),
        ("UPPLAN_1.CSV", b"", "the file is empty", "ファイルが空です"),
        (
            "UPPLAN_1.CSV",
            b"\x81 ",
            "is not Shift_JIS (CP932), in which care plans are sent",
            "Shift_JIS(CP932)ではありません。ケアプランデータはShift_JISで送られます",
        ),
        (
            "UPPLAN_1.CSV",
            b'202410,"139006\r\n',
            "line 1: a quotation mark is opened and not closed; put the quotation marks right",
            "1行目: 引用符が閉じられていません。引用符を確認してください",
        ),
        (
            "UPPLAN_1.CSV",
            ",".join(plan_row(1, BASE, provider="")).encode("cp932"),
            "line 1: サービス事業者コード cannot be read; nobody can say whose line it is",
            "1行目: 「サービス事業者コード」が読めないため、誰の行か判断できません",
        ),
        (
            "UPPLAN_1.CSV",
            b"202410,139006,12345" + b"," * 22 + b"\r\n",
            "line 1: 被保険者番号 cannot be read; nobody can say whose line it is",
            "1行目: 「被保険者番号」が読めないため、誰の行か判断できません",
        ),
        (
            "DLTPLAN_1.CSV",
            b"202410,139006\r\n",
            "line 1: does not say whose plan it takes back",
            "1行目: 誰の計画を取り消すのか読み取れません",
        ),
    ],
)
def test_what_cannot_be_read(
    name: str, data: bytes, english: str, japanese: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputFileError) as caught:
        from_plan(path)
    assert str(caught.value) == f"{path}: {english}"
    assert caught.value.say("ja") == f"{path}: {japanese}"


def test_no_name_is_a_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    person = person_row()
    person[4:6] = ["@SUM(1)", '=HYPERLINK("x")']
    plan_file(tmp_path / "in", "UPHOSOKU_1.CSV", [person])
    plan_file(tmp_path / "in", "UPPLAN_1.CSV", ROWS)
    plans = from_plan(tmp_path / "in")
    assert plans.recipients["name"].tolist() == ['=HYPERLINK("x")']
    _, recipients = plans.write(tmp_path / "out")
    written = pd.read_csv(recipients, dtype="str")
    assert written[["name", "name_kana"]].to_numpy().tolist() == [['\'=HYPERLINK("x")', "'@SUM(1)"]]


def test_an_inner_line_break_keeps_the_lines_of_the_file(tmp_path: Path) -> None:
    rows = [first_row(), first_row(level="99")]
    plans = from_plan(plan_file(tmp_path, "UP1KYO_1.CSV", rows))
    # The first row takes two lines.
    assert plans.notes[["line", "item"]].to_numpy().tolist() == [[3, "要介護状態区分"]]


def test_the_layout_has_the_items_of_the_standard() -> None:
    layouts = plan_files()
    assert {name: one.cells for name, one in layouts.items() if one.whole} == {
        "UPPLAN": 25,
        "UPJSK": 25,
        "DLTJSK": 6,
        "UPSIKYU": 37,
        "UP1KYO": 28,
    }
    plan_items = [(one.item, one.name) for one in layouts["UPPLAN"].items]
    assert plan_items == [(one.item, one.name) for one in layouts["UPJSK"].items]
