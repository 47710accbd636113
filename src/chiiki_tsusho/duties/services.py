"""The services and municipalities by name, and which city is a large one."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chiiki_tsusho.law.table_files import AnyRow, Whole, law_file, typed_table
from chiiki_tsusho.reading.cell_texts import folded

# Who designates is the head of a municipality or prefecture.
_HEAD = re.compile(r"(?<=[市区町村])長$|(?<=[都道府県])知事$")


class CareService(BaseModel):
    """A service of 介護保険: whether it is 地域密着型, and how its designations are counted."""

    model_config = ConfigDict(frozen=True)

    service: str
    name: str
    also: str | None
    community_based: Whole
    counted: Whole
    deemed_not_counted: Whole
    preventive_of: str | None
    source: str


class Authority(BaseModel):
    """A municipality with rules of its own."""

    model_config = ConfigDict(frozen=True)

    authority: str
    name: str
    prefecture: str
    source: str


class LargeCity(BaseModel):
    """A city whose mayor takes filings in the place of the governor, and since when."""

    model_config = ConfigDict(frozen=True)

    city: str
    prefecture: str
    kind: Literal["designated", "core"]
    valid_from: date
    source: str


def bundled_rows(name: str, model: type[AnyRow]) -> list[AnyRow]:
    """Read a bundled table whose columns are the fields of a model."""
    return [one.row for one in typed_table(law_file(name), model)]


@cache
def care_services() -> dict[str, CareService]:
    """Return every service by its key."""
    return {one.service: one for one in bundled_rows("care_services.csv", CareService)}


@cache
def service_names() -> dict[str, str]:
    """Return the key of a service by each of its names, the key among them."""
    names = {}
    for one in care_services().values():
        for name in (one.service, one.name, *(one.also or "").split()):
            names[name] = one.service
    return names


@cache
def authorities() -> dict[str, Authority]:
    """Return the municipalities that have rules, by key."""
    return {one.authority: one for one in bundled_rows("duty_authorities.csv", Authority)}


@cache
def _authority_names() -> dict[str, str]:
    names = {}
    for one in authorities().values():
        names[one.authority] = one.authority
        names[one.name] = names[one.name[:-1]] = one.authority
        names[one.prefecture + one.name] = one.authority
    return names


def authority_key(text: str) -> str:
    """Return the key of an authority by key or name, or by that of its head (足立区長).

    What is not known stays as it is, but for the head.
    """
    said = _HEAD.sub("", str(text).strip())
    return _authority_names().get(folded(said).casefold(), said)


@cache
def large_cities() -> dict[tuple[str, str], LargeCity]:
    """Return the 指定都市 (``designated``) and 中核市 (``core``) by prefecture and city."""
    rows = bundled_rows("large_cities.csv", LargeCity)
    return {(one.prefecture, one.city): one for one in rows}
