"""The few words that an argument or option takes, for the library and the command line alike.

Nothing of the library is imported here: the command line asks for them before it knows what it has
to load.
"""

from __future__ import annotations

from typing import Literal, get_args

FileFormat = Literal["csv", "xlsx", "parquet"]
FILE_FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)
# What becomes of a row that does not say whose it is, and of the claims it may belong to.
Unplaced = Literal["hold", "pass"]
WAYS: tuple[Unplaced, ...] = get_args(Unplaced)
# Which items of a claim file stand between quotation marks.
Quote = Literal["minimal", "none", "all"]
QUOTES: tuple[Quote, ...] = get_args(Quote)
Service = Literal["day_care", "medical_day_care", "short_medical_day_care"]
SERVICES: tuple[Service, ...] = get_args(Service)
Shortfall = Literal["over_capacity", "understaffed"]
SHORTFALLS: tuple[Shortfall, ...] = get_args(Shortfall)
# What a person is handed or sent; what an office sends of its councils and its corporation.
Paper = Literal["invoice", "receipt", "statement"]
PAPERS: tuple[Paper, ...] = get_args(Paper)
PaperKind = Literal["notice", "minutes", "members", "filing", "filing-change"]
PAPER_KINDS: tuple[PaperKind, ...] = get_args(PaperKind)
