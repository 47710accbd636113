"""What was done, back to care managers: codes of visits that add up to the claim, and the files."""

from __future__ import annotations

import stat
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chiiki_tsusho as ct
from chiiki_tsusho import ChiikiTsushoError, OutputError, codes_of_visits, write_care_plan_results
from chiiki_tsusho.language import Language
from helpers.care_plans import INSURED, INSURER, MANAGER, PROVIDER
from helpers.reference import load_limits, load_rows
from helpers.strategies import Frames, faulty_months, months, to_frames

DATA = Path(__file__).resolve().parents[2] / "data"
ROWS, LIMITS = load_rows(DATA / "service_codes.csv"), load_limits(DATA / "benefit_limits.csv")
CLAIM = ["service_month", "provider_no", "insurer_no", "insured_no"]
SENT = datetime(2026, 8, 1, 9, 30, 59)
STAMPS = ("20260801093059", "20260801093100")


def assert_adds_up(codes: pd.DataFrame, batch: ct.Batch) -> None:
    """The counts of visits are those of the lines that are no ratios.

    Of a claim over its limit the lines outside the limit cover only what is within it; visits have
    what was done, which may be more.
    """
    rows: dict[Any, Any] = {
        (month, row.service_code): row
        for month in batch.claim_lines["service_month"].unique()
        for row in ct.load_codes(month).rows
    }
    claims = batch.claims.set_index(CLAIM)
    over = set(claims.index[claims["self_paid_units"] > 0])
    counts: dict[Any, int] = batch.claim_lines.set_index([*CLAIM, "service_code"])[
        "count"
    ].to_dict()
    lines = {key: n for key, n in counts.items() if rows[key[0], key[-1]].kind != "rate"}
    # A line whose units come to 0 is no line.
    billed = codes[codes["units"] != 0].groupby([*CLAIM, "service_code"])["count"].sum()
    done: dict[Any, int] = billed.to_dict()
    for key in done.keys() | lines.keys():
        cut = key[:-1] in over and not rows[key[0], key[-1]].limit_managed
        assert done.get(key, 0) == lines.get(key, 0) or (cut and done[key] > lines.get(key, 0)), key


@given(st.one_of(months(ROWS, LIMITS), faulty_months(ROWS, LIMITS)).map(to_frames))
def test_the_codes_of_visits_add_up_to_the_lines(frames: Frames) -> None:
    """Held claims have no codes."""
    done, batch = codes_of_visits(*frames), ct.compute_claims(*frames)
    assert_adds_up(done.codes, batch)
    assert done.held_visits == len(batch.held_visits)
    assert done.problems.equals(batch.problems)


def visits(**cells: str) -> dict[str, str]:
    return {
        "provider_no": PROVIDER,
        "insurer_no": INSURER,
        "insured_no": INSURED,
        "service_date": "2026-07-01",
        "care_level": "3",
        "minutes": "",
        "start_time": "9:00",
        "end_time": "16:30",
        "session": "1",
        "bathing_1": "1",
        "no_transport": "",
        "treatment_improvement_1i": "1",
        "science_based_care": "1",
    } | cells


# 781443 is 7 to 8 hours at 要介護3 from 2026-06, 781243 3 to 4 hours is one of the morning.
VISITS = pd.DataFrame(
    [
        visits(service_date="2026/7/3", no_transport="2"),
        visits(end_time="12:00"),
        visits(session="2", start_time="13:00", end_time="16:30"),
        visits(service_date="2026-07-06", minutes="450", start_time="", end_time=""),
    ]
)
PERSONS = pd.DataFrame(
    [
        {
            "insurer_no": INSURER,
            "insured_no": INSURED,
            "care_manager_no": MANAGER,
            "care_plan_by": "1",
        }
    ]
)


def test_what_was_sent_can_be_taken_back(tmp_path: Path) -> None:
    sent = write_care_plan_results(VISITS, PERSONS, tmp_path, sent_at=SENT, withdraw=True)
    [path] = sent.paths
    assert path.name == f"DLTJSK_202607_{PROVIDER}_78_{MANAGER}_43_{STAMPS[0]}.CSV"
    # Version, insurer, person, month, provider, service kind.
    assert path.read_bytes() == (
        f"202410,{INSURER},{INSURED},202607,{PROVIDER},78\r\n".encode("cp932")
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sent.complete


def test_each_addition_stands_on_the_visit_that_bears_it() -> None:
    codes = codes_of_visits(VISITS).codes
    short = codes["service_code"][0]
    shown = codes[["service_date", "session", "service_code", "count", "start_time", "end_time"]]
    # 入浴 by the day, on its first visit; 科学的介護 by the month; 送迎減算 each way; no ratio.
    assert shown.to_numpy().tolist() == [
        ["20260701", 1, short, 1, "0900", "1200"],
        ["20260701", 1, "785301", 1, "0900", "1200"],
        ["20260701", 1, "786361", 1, "0900", "1200"],
        ["20260701", 2, short, 1, "1300", "1630"],
        ["20260703", 1, "781443", 1, "0900", "1630"],
        ["20260703", 1, "785301", 1, "0900", "1630"],
        ["20260703", 1, "785612", 2, "0900", "1630"],
        ["20260706", 1, "781443", 1, "9999", "9999"],
        ["20260706", 1, "785301", 1, "9999", "9999"],
    ]


def test_a_file_of_what_was_done(tmp_path: Path) -> None:
    result = write_care_plan_results(VISITS, PERSONS, tmp_path / "out", sent_at=SENT)
    [path] = result.paths
    # The name of edition 4: the service kind stands behind each number.
    assert path.name == f"UPJSK_202607_{PROVIDER}_78_{MANAGER}_43_{STAMPS[0]}.CSV"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_bytes().decode("cp932").split("\r\n")
    assert (len(lines), lines[-1]) == (10, "")
    # Items 1 to 25: 781443 has 1,032 units; 9 and 16 to 19 are of other services.
    assert lines[4] == (
        f"202410,{INSURER},{INSURED},20260801,202607,{MANAGER},,1032,,20260703,,0900,1630,1,781443,"
        f",,,,{PROVIDER},,,0,{PROVIDER},"
    )
    assert lines[6].split(",")[7] == "-47"
    assert result.complete


def test_what_was_sent_is_a_plan_again(tmp_path: Path) -> None:
    # A file of what was done has the items of the plan, and says the same visits.
    [path] = write_care_plan_results(VISITS, PERSONS, tmp_path / "out", sent_at=SENT).paths
    plan = path.rename(tmp_path / "UPPLAN_1.CSV")
    again = ct.from_plan(plan)
    assert again.notes.empty
    ours = VISITS.drop(columns="treatment_improvement_1i")
    lines = ct.compute_claims(again.visits, recipients=again.recipients).claim_lines
    pd.testing.assert_frame_equal(lines, ct.compute_claims(ours).claim_lines)


def test_persons_without_a_file(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        [visits(), visits(insured_no="0000100029"), visits(insured_no="0000100037")]
    )
    persons = pd.concat(
        [
            PERSONS,
            PERSONS.assign(insured_no="0000100029", care_manager_no=""),
            PERSONS.assign(insured_no="0000100037", care_manager_no="", care_plan_by="2"),
        ]
    )
    result = write_care_plan_results(rows, persons, tmp_path / "out", language="ja")
    assert len(result.paths) == 1
    assert result.left_out[["insured_no", "message"]].to_numpy().tolist() == [
        ["0000100029", "利用者ファイルにこの利用者の「居宅介護支援事業所番号」がありません"]
    ]
    assert not result.complete


def test_a_care_manager_that_cannot_be_read_is_none_that_is_missing(tmp_path: Path) -> None:
    told: dict[Language, str] = {
        "en": "care_manager_no of recipients cannot be read: a number of 10 characters is expected",
        "ja": "利用者ファイルの「居宅介護支援事業所番号」が読めません: "
        "10桁の番号を記入してください",
    }
    # A digit is lost.
    persons = PERSONS.assign(care_manager_no=MANAGER[:-1])
    for language, message in told.items():
        result = write_care_plan_results(VISITS, persons, tmp_path, language=language)
        assert (result.paths, result.left_out["message"].tolist()) == ((), [message])


def test_files_of_several_persons_have_names_of_their_own(tmp_path: Path) -> None:
    rows = pd.DataFrame([visits(), visits(insured_no="0000100029")])
    persons = pd.concat([PERSONS, PERSONS.assign(insured_no="0000100029")])
    result = write_care_plan_results(rows, persons, tmp_path, sent_at=SENT)
    assert tuple(path.stem[-14:] for path in result.paths) == STAMPS
    assert ["0000100029" in path.read_text("cp932") for path in result.paths] == [False, True]
    with pytest.raises(OutputError, match="is there already"):
        write_care_plan_results(rows, persons, tmp_path, sent_at=SENT)


def test_an_insurer_of_eight_digits_has_no_room(tmp_path: Path) -> None:
    rows, persons = (one.assign(insurer_no="12139006") for one in (VISITS, PERSONS))
    result = write_care_plan_results(rows, persons, tmp_path)
    assert result.paths == ()
    assert result.left_out["message"].tolist() == [
        "保険者番号 has more than six digits, which 第6表 has no room for"
    ]


def test_held_visits_are_in_no_file(tmp_path: Path) -> None:
    rows = pd.DataFrame([visits(), visits(insured_no="0000100029", care_level="9")])
    result = write_care_plan_results(rows, PERSONS, tmp_path)
    assert (len(result.paths), len(result.left_out), result.complete) == (1, 0, False)
    nothing = write_care_plan_results(rows.iloc[1:], PERSONS, tmp_path / "none")
    assert (nothing.paths, nothing.done.held_visits) == ((), 1)


def test_an_edition_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ChiikiTsushoError) as caught:
        write_care_plan_results(VISITS, PERSONS, tmp_path, edition="v4")
    assert str(caught.value) == "edition 'v4': a month such as 202410 was expected"
    assert caught.value.say("ja") == "版「v4」: 202410のような年月で指定してください"
