"""The filing of the business-management system (業務管理体制): what, and with whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from chiiki_tsusho.checked_calls import checked_call
from chiiki_tsusho.duties.findings import Finding
from chiiki_tsusho.duties.periods import done_by, given_day
from chiiki_tsusho.duties.registers import Office, read_offices
from chiiki_tsusho.duties.rules import EVERY_SERVICE, LAW, DutyRule, Force, rule_book
from chiiki_tsusho.duties.services import (
    authorities,
    bundled_rows,
    care_services,
    large_cities,
)
from chiiki_tsusho.errors import ChiikiTsushoError
from chiiki_tsusho.language import Language, Text
from chiiki_tsusho.law.table_files import Whole
from chiiki_tsusho.reading.cell_texts import folded

if TYPE_CHECKING:
    import pandas as pd

    from chiiki_tsusho.duties.registers import Given
else:
    from chiiki_tsusho.lazy import pandas as pd

_PREFECTURE = r"東京都|北海道|京都府|大阪府|.{2,3}?県"
# Blanks between the parts do not matter; a postal code (〒) may stand before them.
_BEFORE_TOWN = re.compile(rf"\s*(?:〒?\s*\d{{3}}\D?\d{{4}})?\s*({_PREFECTURE})?\s*")
_TOWN = r"(.[^町村]*(?:[町村]町|[町村]))"
# A county (郡), or an island of Tokyo, stands before its towns. Cities may have 郡, 町 and 村 in
# their name, towns and cities 市.
_MUNICIPALITY = re.compile(
    rf"(?!蒲郡市|小郡市|大和郡山市)(?:(?:[^市区]+?|余市|高市)郡|三宅島|八丈島)\s*{_TOWN}"
    r"|(余市町|上市町|下市町|市貝町|市川町|市川三郷町|四日市市|廿日市市|野々市市|(?:町田|大町|十日町|羽村"
    r"|大村|村上|村山|東村山|武蔵村山|田村)市|[^町村]+?[市区])"
    rf"|{_TOWN}"
)
# 施行規則 第140条の40: of the officer the name and the birth date.
ITEM_COLUMNS = {2: ("officer_name", "officer_born_on"), 3: ("regulations",), 4: ("audit",)}


class FilingItem(BaseModel):
    """An item of the filing, and from how many offices on it is asked for."""

    model_config = ConfigDict(frozen=True)

    item: Whole
    offices_from: Whole
    valid_from: date
    valid_to: date
    text: str
    force: Force
    place: str
    source: str
    confidence: Literal["high", "medium"]

    @property
    def rule(self) -> DutyRule:
        """The rule of the law that asks for it."""
        own = self.model_dump(exclude={"item", "offices_from", "text"})
        value = str(self.offices_from)
        return DutyRule(authority=LAW, service=EVERY_SERVICE, key="filing_item", value=value, **own)


@checked_call
def filing_items(offices: int, on: date | str | None = None) -> pd.DataFrame:
    """Return the items of the filing that a number of offices asks for.

    Parameters
    ----------
    offices : int
        How many the corporation has, of all services that 介護保険法 第115条の32 counts.
    on : date or str, optional
        Only the items in force on that day.

    Returns
    -------
    DataFrame
        One row per item: ``item`` is 2 for 第2号, and so on.

    Raises
    ------
    ChiikiTsushoError
        ``on`` is no day, or ``offices`` no whole number.

    Examples
    --------
    >>> import chiiki_tsusho as ct
    >>> ct.filing_items(20)["item"].tolist()
    [2, 3]
    """
    rows = [one.model_dump() for one in items_for(offices, None if on is None else given_day(on))]
    return pd.DataFrame(rows, columns=list(FilingItem.model_fields))


def items_for(offices: int, on: date | None = None) -> list[FilingItem]:
    """Return the items as rows."""
    return [
        one
        for one in bundled_rows("filing_items.csv", FilingItem)
        if offices >= one.offices_from and (on is None or one.valid_from <= on <= one.valid_to)
    ]


def offices_counted(offices: Sequence[Office]) -> list[Office]:
    """Return the offices that the filing counts: one for each designation and service.

    A preventive twin counts by itself; 総合事業 and, of medical bodies, what is deemed designated
    do not count.
    """
    counted: dict[tuple[str, str], Office] = {}
    for one in offices:
        service = care_services()[one.service]
        if service.counted and not (service.deemed_not_counted and one.deemed):
            counted.setdefault((one.provider_no, one.service), one)
    return list(counted.values())


@checked_call
@dataclass(frozen=True)
class Addressee:
    """With whom a corporation files.

    Parameters
    ----------
    name : str
        国分寺市長, 東京都知事; blank where it is not known.
    rule : DutyRule
        What it follows from.
    why : Text
        What of the offices says so, or what is lacking where the name is blank.
    """

    name: str
    rule: DutyRule
    why: Text

    @checked_call
    def say(self, language: Language = "en") -> str:
        """Write the name, or that it is not known."""
        return self.name or Text("not known: ask").say(language)

    def __str__(self) -> str:
        return self.say("en")


def _rule(of: str) -> DutyRule:
    """Return the rule of an addressee: of a municipality, a large city, a prefecture, several."""
    rules = rule_book().rows
    return next(one for one in rules if (one.key, one.value) == ("filing_addressee", of))


def split_address(address: str) -> tuple[str, str, str]:
    """Split an address into prefecture, municipality and the rest; what is not there is blank."""
    before = _BEFORE_TOWN.match(address)
    assert before is not None  # each part of it may be missing
    rest = address[before.end() :]
    match = _MUNICIPALITY.match(rest)
    town = next(filter(None, match.groups())) if match else ""
    return before[1] or "", town, rest[match.end() :].strip() if match else rest.strip()


def place_of(office: Office) -> tuple[str, str]:
    """Return the prefecture and municipality of an office, blank where not known."""
    prefecture, town, _ = split_address(office.address)
    known = authorities().get(office.authority)
    of_prefecture = re.fullmatch(_PREFECTURE, office.authority)
    named = known.prefecture if known else of_prefecture[0] if of_prefecture else ""
    if town and (prefecture or not known or town == known.name):
        return prefecture or named, town
    if known:
        return known.prefecture, known.name
    if of_prefecture:
        return named, ""
    return "", office.authority if office.authority[-1:] in tuple("市区町村") else ""


def addressee_of(offices: Sequence[Office], on: date = date.max) -> Addressee:
    """Return with whom the corporation of some offices files on a day."""
    counted = [one for one in offices if care_services()[one.service].counted]
    places = {place_of(one) for one in counted}
    prefectures = {prefecture for prefecture, _ in places}
    towns = {town for _, town in places}
    community = all(care_services()[one.service].community_based for one in counted)
    if not counted:
        return Addressee("", _rule("unknown"), Text("there is no office that counts"))
    if community and len(places) == 1 and "" not in towns:
        name = f"{towns.pop()}長"
        why = Text("only community-based services, in one municipality")
        return Addressee(name, _rule("municipality"), why)
    if "" in prefectures:
        why = Text("the prefecture of an office is not known; give its address")
        return Addressee("", _rule("unknown"), why)
    if len(prefectures) > 1:
        why = Text("offices in several prefectures")
        return Addressee("", _rule("several_prefectures"), why)
    city = large_cities().get(next(iter(places))) if len(places) == 1 else None
    if city is not None and on >= city.valid_from:
        name = f"{towns.pop()}長"
        return Addressee(name, _rule(f"{city.kind}_city"), Text("all offices in one large city"))
    name = f"{prefectures.pop()}知事"
    return Addressee(name, _rule("prefecture"), Text("offices in one prefecture"))


@checked_call
def filing_addressee(offices: Given) -> Addressee:
    """Return with whom a corporation files its business-management system.

    Parameters
    ----------
    offices : path-like or DataFrame
        All offices of one corporation, community-based or not; those with a day of 廃止 do not
        count.

    Returns
    -------
    Addressee
        Its ``name`` is blank where it is not known, as with offices in several prefectures.

    Raises
    ------
    InputFileError
        The offices cannot be read; all faults are named.

    Examples
    --------
    >>> import pandas as pd
    >>> import chiiki_tsusho as ct
    >>> office = {"provider_no": "1300000001", "service": "day_care", "authority": "国分寺市"}
    >>> str(ct.filing_addressee(pd.DataFrame([office])))
    '国分寺市長'
    """
    return addressee_of([one for one in read_offices(offices) if not one.gone(date.max)])


def offices_of(
    offices: Sequence[Office], corporation: dict[str, Any], on: date
) -> Sequence[Office]:
    """Return the offices of a corporation on a day; all where they name no second corporation.

    Those that are closed for good (廃止) by then are left out.

    Raises
    ------
    ChiikiTsushoError
        They name several corporations, and not this one, or some name none.
    """
    names = {folded(one.corporation) for one in offices}
    if len(names - {""}) > 1:
        if "" in names:
            raise ChiikiTsushoError(
                Text("the offices are of several corporations; give that of every office")
            )
        if folded(corporation["name"]) not in names:
            raise ChiikiTsushoError(
                Text("the offices are of several corporations, and none has the name of this one")
            )
        offices = [one for one in offices if folded(one.corporation) == folded(corporation["name"])]
    there = [one for one in offices if not one.gone(on)]
    begun = [one for one in there if one.designated_on is None or one.designated_on <= on]
    # Who has none yet files for those to come.
    return begun or there


def _authority(name: str) -> str:
    """Return the authority of a name that may be that of its head or of a division of it."""
    prefecture, town, _ = split_address(folded(name))
    return town or prefecture or name


def filing_findings(
    offices: Sequence[Office], corporation: dict[str, Any], on: date
) -> Iterator[Finding]:
    """Find what the filing lacks, and a filing with another authority; no cell of it is told."""
    offices = offices_of(offices, corporation, on)
    number = len(offices_counted(offices))
    for item in items_for(number, on):
        if not all(corporation[column] for column in ITEM_COLUMNS[item.item]):
            yield Finding(
                "breach",
                "filing_item_missing",
                Text(
                    "{number} offices count, so item 第{item}号 belongs to the filing, and it is "
                    "blank or lacks a part",
                    number=number,
                    item=item.item,
                ),
                Text("complete the item and file it without delay"),
                law=item.rule,
            )
    addressee = addressee_of(offices, on)
    filed_with = corporation["filed_with"]
    if not addressee.name:
        yield Finding(
            "unclear",
            "filing_to_other_authority",
            Text("with whom to file is not known: {why}", why=addressee.why),
            Text("ask the municipality or the prefecture"),
            law=addressee.rule,
        )
    elif filed_with and _authority(filed_with) != _authority(addressee.name):
        yield Finding(
            "breach",
            "filing_to_other_authority",
            Text(
                "the filing belongs with {addressee} ({why}) and is registered with another",
                addressee=addressee.name,
                why=addressee.why,
            ),
            Text("file with the new authority, and tell the former one (form 1, change of class)"),
            law=addressee.rule,
        )
    elif not done_by(corporation["filed_on"], on):
        yield Finding(
            "due",
            "filing_to_other_authority",
            Text("no filing is registered; it belongs with {addressee}", addressee=addressee.name),
            Text("file it without delay, and register the day"),
            law=addressee.rule,
        )
