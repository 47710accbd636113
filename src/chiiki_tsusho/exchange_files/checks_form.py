"""Checks of the form of claim files: lines, numbers, lengths, required items, doubled lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyarrow import compute

from chiiki_tsusho.arrow_arrays import characters_of, flags_of, named_at, numbers_of
from chiiki_tsusho.exchange_files.claim_file import ClaimFile
from chiiki_tsusho.exchange_files.dates import bad_dates, bad_months
from chiiki_tsusho.exchange_files.findings import Findings, told
from chiiki_tsusho.exchange_files.layout import MEDIA, Item
from chiiki_tsusho.exchange_files.sheets import NUMBER_FORMS, WITH_MANAGER, Sheets, View
from chiiki_tsusho.months import last_review
from chiiki_tsusho.number_arrays import Flags, Ints, flagged
from chiiki_tsusho.reading.insured_numbers import UNINSURED

# データ種別 of a claim of a provider (様式一 to 十).
DATA_KIND = "711"
CR_LF = b"\r\n"
# Items of the control record that are of other senders than a provider.
_ZEROS = ("volume_no", "welfare_office_no", "insurer_no", "prefecture_no")
# Numbers that are compared as they stand, and a code of which 00 stands beside public funds.
_MAY_BE_ZEROS = ("provider_no", "insurer_no", "insured_no", "claim_kind")


def check_form(files: Sequence[ClaimFile], sheets: Sheets, findings: Findings) -> None:
    """Check the lines of files, whatever they claim."""
    for at, file in enumerate(files):
        for kept in file.damaged:
            assert kept.damage is not None
            findings.add_line("damaged_line", at, kept.line, kept.damage)
        if any(end != CR_LF for end in file.line_ends):
            findings.add_line("line_end", at, 0, expected="CR LF")
    _check_frame(np.array([len(file) for file in files]), sheets, findings)
    for view in sheets.views.values():
        if len(view):
            _check_items(view, findings)
    _check_running_numbers(files, sheets.views, findings)


def _check_frame(sizes: Ints, sheets: Sheets, findings: Findings) -> None:
    """Check what stands around the data lines of files of so many lines."""
    control, end = sheets.views["control"], sheets.views["end"]
    for rule, view, line in (("no_control", control, np.ones_like(sizes)), ("no_end", end, sizes)):
        alone = np.bincount(view.file, minlength=len(sizes)) == 1
        at_place = flagged(view.file[view.lines == line[view.file]], len(sizes))
        for at in np.flatnonzero(~(alone & at_place)).tolist():
            findings.add_line(rule, at, int(line[at]))
    for view in (control, end):
        sizes = sizes - np.bincount(view.file, minlength=len(sizes))
    findings.differing("record_count", control, "record_count", sizes[control.file])
    other = ~control.is_one_of("data_kind", [DATA_KIND])
    findings.add("data_kind", control, "data_kind", other, DATA_KIND)
    other = ~control.is_one_of("medium", MEDIA)
    findings.add("unknown_choice", control, "medium", other, " / ".join(MEDIA))
    for name in _ZEROS:
        findings.add("control_zero", control, name, control.filled(name), "0")
    _check_providers(sheets, findings)
    _check_months(sheets, findings)


def _check_providers(sheets: Sheets, findings: Findings) -> None:
    """Compare the provider of lines with that of the first control record of their file."""
    control = sheets.views["control"]
    texts = control.texts("provider_no")
    shown = np.array(
        [*told(texts.to_pylist(), control.record.by_name["provider_no"]), ""], dtype=object
    )
    for name in ("7111", "7131-01", "7131-02", "7131-14", "7131-10", "7131-12"):
        view = sheets.views[name]
        at = sheets.control_at[view.file]
        other = compute.not_equal(view.texts("provider_no"), named_at(texts, at))
        wrong = flags_of(other) & (at >= 0)
        findings.add("provider_differs", view, "provider_no", wrong, shown[at])


def _check_months(sheets: Sheets, findings: Findings) -> None:
    """Compare the months of service with that of the review."""
    control, claims = sheets.views["control"], sheets.views["7111"]
    review, service = control.numbers("review_month"), claims.numbers("service_month")
    last = np.full(sheets.files, np.iinfo(np.int64).min)
    np.maximum.at(last, claims.file, service)
    after = np.array([f"> {month}" for month in last.tolist()], dtype=object)[control.file]
    findings.add("review_month", control, "review_month", review <= last[control.file], after)
    reviewed = np.append(review, 0)[sheets.control_at[claims.file]]
    barred = (service > 0) & (reviewed > last_review(service))
    findings.add("barred_by_time", claims, "service_month", barred)


def _check_running_numbers(
    files: Sequence[ClaimFile], views: dict[str, View], findings: Findings
) -> None:
    for view in views.values():
        findings.differing("running_number", view, "running_no", view.lines)
    for at, file in enumerate(files):
        for kept in file.kept:
            _, _, behind = kept.text.partition(b",")
            number, _, _ = behind.partition(b",")
            if kept.damage is None and number.strip(b'"') != str(kept.line).encode():
                findings.add_line("running_number", at, kept.line, expected=str(kept.line))


def _check_items(view: View, findings: Findings) -> None:
    needing: dict[str, Flags] = {}
    for item in view.record.items:
        longest = np.diff(characters_of(view.texts(item.name))[1]).max()
        # What is blank everywhere, as most items of other public funds, has no form.
        if longest:
            _check_cells(view, item, longest, findings)
        # A blank number counts as 0.
        if item.required and not (item.kind == "number" and item.required == "always"):
            if item.required not in needing:
                needing[item.required] = _needing(view, item)
            missing = _blank(view, item) & needing[item.required]
            findings.add("required", view, item.name, missing)


def _check_cells(view: View, item: Item, longest: int, findings: Findings) -> None:
    """Check what an item holds; ``longest`` is the most bytes that it has on any line."""
    texts = view.texts(item.name)
    # No text has more letters than bytes, and bytes are quickly counted.
    if longest > item.length:
        long = flags_of(compute.greater(compute.utf8_length(texts), item.length))
        findings.add("too_long", view, item.name, long, str(item.length))
    form = NUMBER_FORMS.get(item.name)
    if form is not None:
        good = compute.match_substring_regex(texts, rf"^(?:{form.pattern})$")
        wrong = view.filled(item.name) & ~flags_of(good)
        findings.add("number_form", view, item.name, wrong)
    if item.kind == "number":
        findings.add("not_a_number", view, item.name, view.not_numbers(item.name))
    elif item.kind == "date":
        findings.add("not_a_date", view, item.name, bad_dates(texts), "YYYYMMDD")
    elif item.kind == "month":
        findings.add("not_a_month", view, item.name, bad_months(texts), "YYYYMM")


def _blank(view: View, item: Item) -> Flags:
    """Say on which lines an item is blank, or zeros where these say nothing."""
    if item.kind == "number":
        blank: Flags = view.numbers(item.name) == 0
    elif item.name in _MAY_BE_ZEROS:
        places = characters_of(view.texts(item.name))[1]
        blank = places[1:] == places[:-1]
    else:
        blank = ~view.filled(item.name)
    return blank


def _needing(view: View, item: Item) -> Flags:
    """Say on which lines an item is required."""
    if item.required == "insured":
        return ~without_insurance(view)
    if item.required == "public":
        return with_public_funds(view)
    if item.required == "care_manager":
        return view.is_one_of("care_plan_by", WITH_MANAGER)
    if item.required == "stopped":
        return view.filled("stopped_on")
    return np.ones(len(view), dtype=bool)


def without_insurance(view: View) -> Flags:
    """Say which persons have no insurance: 生保単独, a number beginning with H."""
    return flags_of(compute.starts_with(view.texts("insured_no"), UNINSURED))


def with_public_funds(base: View) -> Flags:
    """Say which 01 lines have public funds of the first place."""
    return (
        base.filled("public1_payer_no")
        | base.filled("public1_recipient_no")
        | base.filled("public1_rate")
        | without_insurance(base)
    )


def check_doubles(sheets: Sheets, findings: Findings) -> None:
    """Find what stands there twice, and lines whose statement lacks a record."""
    first = flagged(sheets.base_at[sheets.of_base], len(sheets.base))
    findings.add("statement_doubled", sheets.base, "insured_no", ~first)
    other = sheets.base.file != sheets.base.file[sheets.first_of_key]
    findings.add("statement_in_two_files", sheets.base, "insured_no", other)
    # A person who moved has lines of the same code for each facility (14).
    plain, special = sheets.lines.parts
    facilities = pa.concat_arrays(
        [pa.array([""] * len(plain), pa.string()), special.texts("facility_insurer_no")]
    )
    names = ("service_kind", "item_code", "note")
    codes = compute.binary_join_element_wise(*map(sheets.lines.texts, names), facilities, ",")
    later = _later(sheets.of_line, codes)
    findings.add("code_doubled", sheets.lines, "item_code", later & sheets.our_lines)
    later = _later(sheets.of_total, sheets.totals.texts("service_kind"))
    findings.add("kind_doubled", sheets.totals, "service_kind", later)
    _check_kinds(sheets, findings)
    _check_facilities(sheets, findings)
    for rule, view, statement, others in (
        ("no_base_record", sheets.lines, sheets.of_line, sheets.of_base),
        ("no_base_record", sheets.totals, sheets.of_total, sheets.of_base),
        ("no_total_record", sheets.base, sheets.of_base, sheets.of_total),
        ("no_line_record", sheets.base, sheets.of_base, sheets.of_line),
    ):
        findings.add(rule, view, "insured_no", ~np.isin(statement, others))


def _check_kinds(sheets: Sheets, findings: Findings) -> None:
    """Find summaries and lines of a service kind that the rest of their statement lacks.

    The checks of sums are of one kind: a summary of another would be passed over by them.
    """
    parts = [(sheets.of_line, sheets.lines), (sheets.of_total, sheets.totals)]
    coded = pa.concat_arrays([view.texts("service_kind") for _, view in parts]).dictionary_encode()
    kinds = numbers_of(coded.indices).astype(np.int64)
    statements = np.concatenate([of_one for of_one, _ in parts])
    of_lines, of_totals = np.split(
        statements * max(1, len(coded.dictionary)) + kinds, [len(sheets.lines)]
    )
    both = np.intersect1d(sheets.of_line, sheets.of_total)
    wrong = ~np.isin(of_totals, of_lines) & np.isin(sheets.of_total, both)
    findings.add("kind_without_lines", sheets.totals, "service_kind", wrong)
    wrong = ~np.isin(of_lines, of_totals) & np.isin(sheets.of_line, both)
    findings.add("kind_without_total", sheets.lines, "service_kind", wrong)


def _check_facilities(sheets: Sheets, findings: Findings) -> None:
    """Find records 14 (住所地特例) of one statement that name different insurers of facilities."""
    view = sheets.views["7131-14"]
    if len(view):
        statement = sheets.of_line[-len(view) :]
        coded = view.texts("facility_insurer_no").dictionary_encode()
        insurer = numbers_of(coded.indices)
        _, first, of_line = np.unique(statement, return_index=True, return_inverse=True)
        differs = insurer != insurer[first][of_line]
        findings.add("facility_insurers", view, "facility_insurer_no", differs)


def _later(groups: Ints, texts: pa.StringArray) -> Flags:
    """Say which rows repeat a text within their group."""
    coded = texts.dictionary_encode()
    pair = groups * len(coded.dictionary) + numbers_of(coded.indices)
    return ~flagged(np.unique(pair, return_index=True)[1], len(pair))
