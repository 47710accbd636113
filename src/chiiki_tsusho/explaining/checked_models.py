"""Models of pydantic that refuse what they are given with an error of the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from chiiki_tsusho.errors import ChiikiTsushoError, given_text
from chiiki_tsusho.language import Text, on_lines
from chiiki_tsusho.law.table_files import model_fault


class CheckedModel(BaseModel):
    """A frozen model whose faults are told in both languages.

    Raises
    ------
    ChiikiTsushoError
        A value is of the wrong type or out of range; its cause is pydantic's own error. A class
        may name a narrower one, ``refusal``.
    """

    model_config = ConfigDict(frozen=True)

    refusal: ClassVar[type[ChiikiTsushoError]] = ChiikiTsushoError

    # Type checkers know the fields from what pydantic makes of the class.
    if not TYPE_CHECKING:

        def __init__(self, **values):
            with self._refusing():
                super().__init__(**values)

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Check what is given as a mapping; see the class."""
        with cls._refusing():
            return super().model_validate(obj, **options)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Check what is given as JSON; see the class."""
        with cls._refusing():
            return super().model_validate_json(json_data, **options)

    @classmethod
    @contextmanager
    def _refusing(cls) -> Iterator[None]:
        """Refuse what pydantic refuses with an error of the package."""
        try:
            yield
        except ValidationError as error:
            faults = error.errors()
            # What ``__init__`` refused comes wrapped where pydantic calls it.
            for inner in (one.get("ctx", {}).get("error") for one in faults):
                if isinstance(inner, cls.refusal) and isinstance(inner.__cause__, ValidationError):
                    raise inner from error
            whole = cls.__name__.lower()
            raise cls.refusal(on_lines([_fault_text(one, whole) for one in faults])) from error
        except TypeError as error:
            # A name that is none.
            raise cls.refusal(str(error)) from error


def _fault_text(fault: Any, whole: str) -> Text:
    field = ".".join(map(str, fault["loc"])) or whole
    if fault["type"] == "missing":
        return Text("{field} is missing", field=field)
    return Text(
        "{field} {value!r}: {what}",
        field=field,
        value=given_text(fault["input"]),
        what=model_fault(fault),
    )
