"""The layout of the claim file, against the counts and places known from other programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from chiiki_tsusho.errors import TableError
from chiiki_tsusho.exchange_files.layout import layout
from chiiki_tsusho.law.table_files import law_file

# 様式第一 has 18 items; 様式第二 56, 18, 19, 38 and 12, the same from 2012 to 2026 (QKANCHO's
# classes QP001RecordBase, QP001RecordDetail, QP001RecordType, QP001RecordReduction; REAMS).
ITEMS = {"7111": 18, "7131-01": 56, "7131-02": 18, "7131-14": 19, "7131-10": 38, "7131-12": 12}
# (record, item): name and length, from the same.
PLACES = {
    ("control", 4): ("record_count", 10),
    ("control", 11): ("review_month", 6),
    ("7111", 8): ("units", 11),
    ("7111", 12): ("copay_yen", 12),
    ("7131-01", 7): ("public1_payer_no", 8),
    ("7131-01", 13): ("birth_date", 8),
    ("7131-01", 20): ("care_manager_no", 10),
    ("7131-01", 29): ("benefit_rate", 3),
    ("7131-01", 33): ("insurance_units", 8),
    ("7131-01", 39): ("public1_units", 8),
    ("7131-01", 52): ("public3_yen", 8),
    ("7131-02", 9): ("units", 4),
    ("7131-02", 14): ("service_units", 6),
    ("7131-02", 18): ("note", 20),
    ("7131-14", 18): ("facility_insurer_no", 6),
    ("7131-10", 9): ("planned_units", 6),
    ("7131-10", 15): ("unit_price", 4),
    ("7131-10", 20): ("public1_copay_yen", 6),
    ("7131-10", 26): ("public3_copay_yen", 6),
    ("7131-12", 9): ("copay_due_yen", 8),
}


@pytest.mark.parametrize(("record", "items"), ITEMS.items())
def test_each_record_has_its_items_behind_two_leading_cells(record: str, items: int) -> None:
    found = layout()[record]
    assert len(found) == items + 2
    assert [one.item for one in found.items] == [None, None, *range(1, items + 1)]
    assert found.names[:2] == ("line_kind", "running_no")


def test_control_and_end_count_their_leading_cells() -> None:
    assert [one.item for one in layout()["control"].items] == list(range(1, 13))
    assert [one.item for one in layout()["end"].items] == [1, 2]


@pytest.mark.parametrize(("place", "expected"), PLACES.items())
def test_items_stand_where_the_forms_have_them(
    place: tuple[str, int], expected: tuple[str, int]
) -> None:
    record, number = place
    [item] = [one for one in layout()[record].items if one.item == number]
    assert (item.name, item.length) == expected


def test_an_item_is_named_in_both_languages() -> None:
    item = layout()["7131-10"].by_name["days"]
    assert item.say("en") == "7131-10-8 days"
    assert item.say("ja") == "7131-10-8 サービス実日数"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("7111,5,3,", "7111,6,3,", "the cells of a record follow one another from 1"),
        ("7111,5,3,provider_no", "7111,5,3,service_month", "the record has it already"),
        (
            "service_month,サービス提供年月,6,month",
            "service_month,サービス提供年月,6,day",
            "'month'",
        ),
    ],
)
def test_a_wrong_layout_is_refused_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str
) -> None:
    text = law_file("claim_file_layout.csv").read_text(encoding="utf-8")
    path = tmp_path / "layout.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr("chiiki_tsusho.exchange_files.layout.law_file", lambda _: path)
    with pytest.raises(TableError, match="line 1") as caught:
        layout.__wrapped__()
    assert said in str(caught.value)
