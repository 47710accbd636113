"""The columns of results that come back, from files or frames, brought into the form they had."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.column_tables import schema
from chiiki_tsusho.columns import CLAIM_LINES, CLAIMS, Column
from chiiki_tsusho.errors import InputFileError
from chiiki_tsusho.language import Sayable, Text
from chiiki_tsusho.months import is_month
from chiiki_tsusho.reading.cell_texts import IDENTIFIERS
from chiiki_tsusho.writing.result_checks import AGAIN, Where, check_results

if TYPE_CHECKING:
    import pandas as pd

Cells: TypeAlias = "pa.Array | pa.ChunkedArray"
# No claim comes to more units or yen, so that all sums and products of them are exact.
_LARGEST = 10**14
_MOST_CHARACTERS = 40
_WHOLE = r"\A-?[0-9]{1,18}\z"
# What every number of identity looks like once it was read, and every code.
_FORMS = {
    name: rf"\A(?:{form})\z"
    for name, form in {**IDENTIFIERS, "service_code": "[0-9]{2}[0-9A-Z]{4}"}.items()
}


def not_as_written(where: Where, why: Sayable) -> InputFileError:
    """Say that results are not as they were written."""
    return InputFileError(
        Text(
            "{path}: is not as the claim command writes it: {why}; {again}",
            path=where,
            why=why,
            again=AGAIN,
        )
    )


def typed(values: Cells, column: Column, where: Where) -> Cells:
    """Bring a column into its type: text or int64.

    Raises
    ------
    InputFileError
        A value is no whole number, or no text; it is named.
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
        kind = kind.value_type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if pa.types.is_null(kind) or (text and column.kind == "text"):
        return values.cast(pa.string() if column.kind == "text" else pa.int64())
    if pa.types.is_integer(kind):
        _check_size(values, column, where)
    elif text:
        _check_whole(values, compute.match_substring_regex(values, _WHOLE), column, where)
    elif pa.types.is_floating(kind):
        fits = compute.less_equal(compute.abs(values), float(_LARGEST))
        whole = compute.and_(fits, compute.equal(values, compute.trunc(values)))
        # What is blank in a frame of numbers with a point.
        values = compute.if_else(compute.is_nan(values), None, values)
        _check_whole(values, whole, column, where)
    else:
        raise not_as_written(where, _neither(column))
    numbers = values.cast(pa.int64())
    return numbers.cast(pa.string()) if column.kind == "text" else numbers


def _check_whole(values: Cells, whole: Cells, column: Column, where: Where) -> None:
    """Refuse numbers of which it is said that they are not whole."""
    odd = values.filter(compute.and_(values.is_valid(), compute.invert(whole)))
    if len(odd):
        fault = Text(
            "{column} has {value!r}, which is no whole number",
            column=column.called,
            value=str(odd[0].as_py())[:_MOST_CHARACTERS],
        )
        raise not_as_written(where, fault)


def _check_size(values: Cells, column: Column, where: Where) -> None:
    """Refuse whole numbers that no claim comes to, of any width."""
    for number in compute.min_max(values).as_py().values():
        if number is not None and abs(number) > _LARGEST:
            fault = Text(
                "{column} has {number}, more than any claim comes to",
                column=column.called,
                number=number,
            )
            raise not_as_written(where, fault)


def check_form(table: pa.Table, columns: Sequence[Column], where: Where) -> None:
    """Refuse a table of results whose cells cannot be what was written.

    Parameters
    ----------
    table : pyarrow.Table
        Some columns of the contract, typed.
    columns : sequence of Column
        Those of them that it has; the columns of problems may name what no one can be.
    where : path or Sayable
        What the table is called.

    Raises
    ------
    InputFileError
        A number is blank that must be there, or none that a claim comes to; a claim has some of
        its yen without the others; a month, an identifying number or a code is none.
    """
    if "severity" in table.column_names:
        _check_numbers(table, columns, where)
        return
    for column in columns:
        if column.name == "service_month":
            _check_months(where, table)
        elif column.name in _FORMS:
            _check_identifier(where, table, column)
    _check_yen(where, table, columns)
    _check_numbers(table, columns, where)


def _check_numbers(table: pa.Table, columns: Sequence[Column], where: Where) -> None:
    for column in columns:
        if column.kind == "text":
            continue
        values = table[column.name]
        _check_size(values, column, where)
        if column.kind == "whole" and values.null_count:
            raise InputFileError(
                Text(
                    "{path}: {column} is blank in {blank} of the rows; {again}",
                    path=where,
                    column=column.called,
                    blank=values.null_count,
                    again=AGAIN,
                )
            )


def _distinct(values: Cells) -> pa.StringArray:
    """Return the different texts of a column."""
    distinct = values.unique()
    if isinstance(distinct, pa.DictionaryArray):
        distinct = distinct.dictionary_decode()
    return distinct.cast(pa.string())


def _check_months(where: Where, table: pa.Table) -> None:
    for month in _distinct(table["service_month"]).to_pylist():
        text = "" if month is None else month
        if not (text.isascii() and text.isdigit() and len(text) == 6 and is_month(int(text))):
            fault = Text("{text!r} is no month of service", text=text[:_MOST_CHARACTERS])
            raise not_as_written(where, fault)


def _check_identifier(where: Where, table: pa.Table, column: Column) -> None:
    """Refuse a number that is none; a spreadsheet that saves a table drops zeros in front."""
    values = table[column.name]
    distinct = _distinct(values)
    fits = compute.match_substring_regex(distinct, _FORMS[column.name])
    wrong = distinct.filter(compute.invert(fits), null_selection_behavior="emit_null")
    if not len(wrong):
        return
    text = wrong[0].as_py() or ""
    rows = compute.is_in(values.cast(pa.string()), value_set=wrong)
    fault = Text(
        "{column} has {value!r} and the like in {n:,} of the rows: it is too short or no such "
        "number (a spreadsheet program drops zeros in front when it saves a table)",
        column=column.called,
        value=text[:_MOST_CHARACTERS],
        n=compute.sum(rows).as_py(),
    )
    raise not_as_written(where, fault)


def _check_yen(where: Where, table: pa.Table, columns: Sequence[Column]) -> None:
    """Refuse a claim with some of its yen: all of them are known, or none."""
    yen = [column for column in columns if column.name.endswith("_yen")]
    for first, second in pairwise(yen):
        differs = compute.xor(table[first.name].is_null(), table[second.name].is_null())
        if compute.any(differs).as_py():
            fault = Text(
                "a claim has only one of {first} and {second}",
                first=first.called,
                second=second.called,
            )
            raise not_as_written(where, fault)


def no_column(column: Column) -> Text:
    """Say that a column is not there."""
    return Text("no column {name} ({heading})", name=column.name, heading=column.heading)


def claims_and_lines_of(claims: pd.DataFrame, lines: pd.DataFrame) -> tuple[pa.Table, pa.Table]:
    """Turn the claims of a batch and their lines, which may have been edited, into tables.

    Raises
    ------
    InputFileError
        As of ``frame_table`` and ``check_results``.
    """
    tables = frame_table(claims, "claims", CLAIMS), frame_table(lines, "claim_lines", CLAIM_LINES)
    check_results(*tables, Text("the batch"))
    return tables


def frame_table(frame: pd.DataFrame, name: str, columns: Sequence[Column]) -> pa.Table:
    """Turn a frame of a batch into the table of the contract; its index is nothing.

    Raises
    ------
    InputFileError
        It is no frame, or lacks a column, or has what cannot stand there; names the column.
    """
    where = Text("{table} of the batch", table=name)
    names = list(getattr(frame, "columns", ()))
    arrays = []
    for column in columns:
        if column.name not in names:
            raise not_as_written(where, no_column(column))
        if names.count(column.name) > 1:
            raise not_as_written(where, twice(column))
        arrays.append(typed(_of_series(frame[column.name], column, where), column, where))
    table = pa.Table.from_arrays(
        [one.fill_null("") if one.type == pa.string() else one for one in arrays],
        schema=schema(columns),
    )
    check_form(table, columns, where)
    return table


def twice(column: Column) -> Text:
    """Say that there are two columns of a name."""
    return Text("column {column} is there twice", column=column.called)


def _of_series(series: pd.Series[Any], column: Column, where: Sayable) -> Cells:
    # Scalars of NumPy of several kinds in one column make Arrow end the process.
    values: Any = series
    if series.dtype == object:
        values = [one.item() if isinstance(one, np.generic) else one for one in series]
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise not_as_written(where, _neither(column)) from error


def _neither(column: Column) -> Text:
    return Text("{column} holds what is no number and no text", column=column.called)
