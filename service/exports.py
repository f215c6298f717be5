"""A reply as a file: JSON, CSV, a workbook, or a table on a terminal."""

from __future__ import annotations

import csv
import datetime
import io
import unicodedata
from collections.abc import Sequence

import msgspec
import xlsxwriter

from service.query import Column
from service.reply import LICENCE, Cell, Reply

# A spreadsheet takes text that begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TEXT = ("string", "iri")
_WIDEST = 60


def to_json(reply: Reply) -> bytes:
    """The reply as the API gives it."""
    return msgspec.json.encode(reply.body())


def to_csv(reply: Reply) -> bytes:
    """RFC 4180 in UTF-8, with the mark by which Excel knows it; what looks like a formula is quoted."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    columns = reply.bound.query.columns
    writer.writerow(column.name for column in columns)
    for row in reply.rows:
        writer.writerow(_harmless(column, row[column.name]) for column in columns)
    return stream.getvalue().encode("utf-8-sig")


def _harmless(column: Column, cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str) and column.type in _TEXT and cell.startswith(_FORMULA):
        return "'" + cell
    return cell


def to_xlsx(reply: Reply) -> bytes:
    """A workbook: the rows under headings in the reader's language, and where they come from; always the same bytes."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_urls": False}) as book:
        book.set_properties({"created": reply.release.modified.replace(tzinfo=None), "title": _title(reply)})
        _write_rows(book, reply)
        _write_origin(book, reply)
    for sheet in book.worksheets():
        # Book and sheets know each other, so they stay until somebody looks for garbage; not so hundreds of thousands
        # of cells, which go a row at a time, since everybody waits while something goes.
        while sheet.table:
            sheet.table.popitem()
    return stream.getvalue()


def _title(reply: Reply) -> str:
    return reply.bound.query.summary.get(reply.lang)


def _write_rows(book: xlsxwriter.Workbook, reply: Reply) -> None:
    sheet = book.add_worksheet("Câu trả lời" if reply.lang == "vi" else "Answer")
    bold, day = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "yyyy-mm-dd"})
    columns = reply.bound.query.columns
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.words.get(reply.lang), bold)
    for line, row in enumerate(reply.rows, start=1):
        for place, column in enumerate(columns):
            _write_cell(sheet, line, place, row[column.name], day if column.type == "date" else None)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(reply.rows), 1), len(columns) - 1)
    sheet.autofit(420)


def _write_cell(sheet: xlsxwriter.worksheet.Worksheet, line: int, place: int, cell: Cell, day: object) -> None:
    """The cell as what it is. Text is written as text, so that nothing in it is a formula."""
    if isinstance(cell, bool):
        sheet.write_boolean(line, place, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(line, place, cell)
    elif cell is not None and day and cell >= "1900":
        sheet.write_datetime(line, place, datetime.datetime.fromisoformat(cell), day)
    elif cell is not None:
        sheet.write_string(line, place, cell)


def _write_origin(book: xlsxwriter.Workbook, reply: Reply) -> None:
    sheet = book.add_worksheet("Nguồn gốc" if reply.lang == "vi" else "Origin")
    bold = book.add_format({"bold": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for line, (name, text) in enumerate(_origin(reply)):
        sheet.write_string(line, 0, name, bold)
        sheet.write_string(line, 1, text, wrapped)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)


def _origin(reply: Reply) -> list[tuple[str, str]]:
    """What a reader needs to ask the same again, and to cite it."""
    vi = reply.lang == "vi"
    params = ", ".join(f"{name} = {value}" for name, value in reply.bound.values.items())
    shown = f"{len(reply.rows)} / {reply.total}"
    read = reply.bound.query.description
    lines = [
        ("Câu hỏi" if vi else "Question", _title(reply)),
        ("Tên truy vấn" if vi else "Query", reply.bound.query.name),
        ("Tham số" if vi else "Parameters", params),
        ("Địa chỉ" if vi else "Address", reply.address or ""),
        ("Bản phát hành" if vi else "Release", reply.release.version),
        ("Mã băm dữ liệu" if vi else "Hash of the data", reply.release.hash),
        ("Số dòng / tất cả" if vi else "Rows / of all", shown),
        ("Cách đọc" if vi else "How to read it", read.get(reply.lang) if read else ""),
        ("Lưu ý" if vi else "Note", reply.note or ""),
        ("Giấy phép" if vi else "Licence", LICENCE),
    ]
    sources = [("Nguồn" if vi else "Source", source) for source in reply.sources]
    return [(name, text) for name, text in lines if text] + sources


def to_table(reply: Reply) -> str:
    """The rows under their headings for a terminal; columns in which nothing is known are left out."""
    base = reply.release.base + "id/"
    columns = [c for c in reply.bound.query.columns if any(row[c.name] is not None for row in reply.rows)]
    lines = [[column.name for column in columns]]
    for row in reply.rows:
        lines.append([_short(row[column.name], base) for column in columns])
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_line(cells, widths) for cells in lines) if reply.rows else ""


def _short(cell: Cell, base: str) -> str:
    if cell is None:
        return ""
    text = " ".join(str(_truth(cell)).removeprefix(base).split())
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _truth(cell: Cell) -> Cell:
    return str(cell).lower() if isinstance(cell, bool) else cell


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _width(text: str) -> int:
    """The columns that a text takes on a terminal."""
    marks = sum(unicodedata.combining(character) > 0 for character in text)
    return len(text) - marks + sum(unicodedata.east_asian_width(character) in "WF" for character in text)
