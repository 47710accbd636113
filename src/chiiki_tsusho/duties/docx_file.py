"""Papers as .docx files of A4, in a Japanese face."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from chiiki_tsusho.duties.extra import needed
from chiiki_tsusho.duties.paper_model import Cell, Paper, Paragraph, Table
from chiiki_tsusho.whole_files import PRIVATE, refuse_other_file, write_whole

# Word takes the face for Japanese from w:eastAsia alone.
FACE = "MS Mincho"
_FACE_JA = "ＭＳ 明朝"
_SHADE = "EDEDED"
# Above and below the text of a cell, in twentieths of a point.
_PADDING = 40


def write_docx(paper: Paper, path: str | Path, on: date) -> Path:
    """Write a paper, readable to its owner alone: it may hold names.

    Parameters
    ----------
    paper : Paper
    path : path-like
    on : date
        The day the file says it was made.

    Raises
    ------
    OutputError
        The file cannot be written, or something else than a paper as it was written is there.
    """
    docx = needed("docx")
    document = docx.Document()
    _set_up(document, paper, on)
    for block in paper.blocks:
        if isinstance(block, Paragraph):
            _paragraph(document.add_paragraph(), block)
        elif isinstance(block, Table):
            _table(document, block)
        else:
            document.add_page_break()
    # A word processor writes the body anew when it saves: then it no longer fits.
    document.core_properties.identifier = _digest(document.part.blob)
    content = io.BytesIO()
    document.save(content)
    refuse_other_file(path, _as_written)
    write_whole(path, content.getvalue(), mode=PRIVATE)
    return Path(path)


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()


def _as_written(path: Path) -> bool:
    try:
        with ZipFile(path) as parts:
            digest = _digest(parts.read("word/document.xml"))
            return f">{digest}<".encode() in parts.read("docProps/core.xml")
    except OSError:
        raise
    except Exception:
        # Whatever a file is that cannot be unpacked, it is no paper of ours.
        return False


def _set_up(document: Any, paper: Paper, on: date) -> None:
    shared, qn = needed("docx.shared"), needed("docx.oxml.ns").qn
    section = document.sections[0]
    section.page_width, section.page_height = shared.Mm(210), shared.Mm(297)
    section.left_margin = section.right_margin = shared.Mm(22)
    section.top_margin, section.bottom_margin = shared.Mm(20), shared.Mm(18)
    style = document.styles["Normal"]
    style.font.name = FACE
    style.font.size = shared.Pt(10.5)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FACE_JA)
    style.paragraph_format.space_before = style.paragraph_format.space_after = shared.Pt(0)
    properties = document.core_properties
    properties.title = paper.title
    properties.author = properties.last_modified_by = ""
    properties.comments = properties.subject = properties.keywords = ""
    properties.language = "ja-JP"
    made = datetime(on.year, on.month, on.day, tzinfo=UTC)
    properties.created = properties.modified = made.replace(tzinfo=None)


def _paragraph(paragraph: Any, block: Paragraph) -> None:
    shared = needed("docx.shared")
    _align(paragraph, block.align)
    paragraph.paragraph_format.space_after = shared.Pt(block.after)
    paragraph.paragraph_format.left_indent = shared.Mm(block.indent)
    run = paragraph.add_run(block.text)
    run.font.size = shared.Pt(block.points)
    run.bold = block.bold


def _align(paragraph: Any, align: str) -> None:
    paragraph.alignment = getattr(needed("docx.enum.text").WD_ALIGN_PARAGRAPH, align.upper())


def _table(document: Any, block: Table) -> None:
    shared, enum = needed("docx.shared"), needed("docx.enum.table")
    table = document.add_table(rows=len(block.rows), cols=len(block.widths))
    table.style = "Table Grid"
    table.alignment = getattr(enum.WD_TABLE_ALIGNMENT, block.align.upper())
    _padded(table)
    table.autofit = False
    # All cells once: python-docx walks the whole table for each one asked for by its place.
    along = len(block.widths)
    grid = list(table._cells)
    for at, width in enumerate(block.widths):
        table.columns[at].width = shared.Mm(width)
        for target in grid[at::along]:
            target.width = shared.Mm(width)
    for row, height in zip(table.rows, block.heights, strict=False):
        row.height = shared.Mm(height)
        _kept_whole(row)
    taken: set[tuple[int, int]] = set()
    for down, cells in enumerate(block.rows):
        column = 0
        for cell in cells:
            while (down, column) in taken:
                column += 1
            at = down * along + column
            lines = range(at, at + cell.rows * along, along)
            _merge([grid[line : line + cell.columns] for line in lines])
            _cell(grid[at], cell)
            taken |= {
                (down + row, column + right)
                for row in range(cell.rows)
                for right in range(cell.columns)
            }
            column += cell.columns


def _merge(rows: Sequence[Sequence[Any]]) -> None:
    """Make one cell of those of some rows.

    python-docx would call itself once more for each row, and walk the table for each cell.
    """
    for down, (left, *others) in enumerate(rows):
        if others:
            left.width = sum(one.width for one in (left, *others))
            left._tc.grid_span = 1 + len(others)
        for other in others:
            left._tc.getparent().remove(other._tc)
        if len(rows) > 1:
            left._tc.vMerge = "continue" if down else "restart"


def _cell(target: Any, cell: Cell) -> None:
    shared, enum = needed("docx.shared"), needed("docx.enum.table")
    target.vertical_alignment = enum.WD_CELL_VERTICAL_ALIGNMENT.CENTER
    for at, line in enumerate(cell.text.split("\n")):
        paragraph = target.paragraphs[0] if at == 0 else target.add_paragraph()
        _align(paragraph, cell.align)
        paragraph.add_run(line).font.size = shared.Pt(cell.points)
    if cell.head:
        shade = f'w:val="clear" w:color="auto" w:fill="{_SHADE}"'
        target._tc.get_or_add_tcPr().append(_element("shd", shade))


def _padded(table: Any) -> None:
    """Keep lines off the borders."""
    sides = "".join(f'<w:{side} w:w="{_PADDING}" w:type="dxa"/>' for side in ("top", "bottom"))
    table._tbl.tblPr.append(_element("tblCellMar", within=sides))


def _kept_whole(row: Any) -> None:
    """Keep a row on one page."""
    row._tr.get_or_add_trPr().insert(0, _element("cantSplit"))


def _element(name: str, attributes: str = "", within: str = "") -> Any:
    """Make an element of what python-docx has no setting for."""
    declared = needed("docx.oxml.ns").nsdecls("w")
    return needed("docx.oxml").parse_xml(f"<w:{name} {declared} {attributes}>{within}</w:{name}>")
