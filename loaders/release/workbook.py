"""A release as a workbook for people: a sheet for each kind of thing, as `queries/sheets/*.rq` ask for it.

The first sheet says what release this is, under which licence, and what each sheet and each column means. Equal data
and an equal moment give equal bytes.
"""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pyoxigraph import Literal, NamedNode, Store
from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.utility import xl_rowcol_to_cell

from loaders.namespaces import BASE
from loaders.release.catalogue import LICENSE
from loaders.resources import ROOT, read_text
from loaders.union import select

NAME = "thidua.xlsx"
# Statements of a release that still gets a workbook. Of 1.43 million it took 26 s, a tenth of the whole build, and each
# time anew; whoever works with as much takes a dump.
MOST = 1_000_000
# As people look for them.
SHEETS = (
    "units", "transfers", "clusters", "leaders", "members", "rankings", "conferences", "participants", "movements",
    "awards", "award-types", "officials", "organisations", "figures", "documents", "sources",
)  # fmt: skip
_LAST_ROW = 1_048_575  # of a sheet, counted from 0
_LONGEST = 32_767  # characters in a cell
_LINKS = 65_530  # in a sheet
# What columns are as wide as, and at most how many lines of them are looked at to find out.
_NARROWEST, _WIDEST, _LOOKED_AT = 8, 60, 200
# Beside a sheet that is longer than Excel's sheets can be.
_LEFT = "còn {0} dòng nữa trong thidua.nq.gz · {0} more in thidua.nq.gz"
_FIRST = "Đọc trước · Read me"
_TITLE = "Thi đua, khen thưởng Việt Nam · Vietnam's emulation and commendation"

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Column:
    """A column: the variable that fills it, what is in it, its heading in both languages."""

    name: str
    type: str
    vi: str
    en: str


@dataclass(frozen=True)
class Sheet:
    """A sheet: its query, its name and what a row is in both languages, its columns."""

    name: str
    query: str
    vi: str
    en: str
    about: Mapping[str, str]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Facts:
    """What the first sheet says of the release: its version, hash, moment and base IRI."""

    version: str
    hash: str
    created: datetime.datetime
    base: str


@cache
def sheets() -> tuple[Sheet, ...]:
    """The sheets, in the order of the workbook."""
    return tuple(_read(ROOT / "queries" / "sheets" / f"{name}.rq") for name in SHEETS)


def _read(path: Path) -> Sheet:
    text = read_text(path)
    lines = [line.removeprefix("#+").removeprefix(" ") for line in text.splitlines() if line.startswith("#+")]
    head = yaml.load("\n".join(lines), Loader=yaml.BaseLoader)
    columns = tuple(Column(name, **said) for name, said in head["columns"].items())
    return Sheet(path.stem, text, head["sheet"]["vi"], head["sheet"]["en"], head["about"], columns)


def write(store: Store, facts: Facts, path: Path, base: str | None = None) -> None:
    """The workbook of what the store's graphs hold stands in the path; `base` is the store's own, if it is another.

    OSError when the disk is full or fails.
    """
    try:
        _fill(store, facts, path, base or facts.base)
    except FileCreateError as error:
        # It has the disk's own complaint in it.
        raise OSError(*error.args[0].args) from error


def _fill(store: Store, facts: Facts, path: Path, own: str) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch, _book(path, scratch) as book:
        book.set_properties({"created": facts.created.replace(tzinfo=None), "title": f"thidua {facts.version}"})
        first = book.add_worksheet(_FIRST)
        writers = [_Writer(book, sheet) for sheet in sheets()]
        for writer in writers:
            for row in _rows(store, writer.sheet, facts.base, own):
                writer.add(row)
            writer.finish()
        _explain(book, first, facts, writers)


def _book(path: Path, scratch: str) -> Any:
    # Rows go to the disk as they are written; text is text, and an address only where one is meant.
    return Workbook(str(path), {"constant_memory": True, "strings_to_urls": False, "tmpdir": scratch})


def _rows(store: Store, sheet: Sheet, base: str, own: str) -> Iterator[Row]:
    """The rows of a sheet, as text."""
    # In the union of graphs a triple stands once for each graph that has it, so the queries are DISTINCT. In memory it
    # is as fast as their merge, and four times as fast as a store on the disk.
    names = [column.name for column in sheet.columns]
    for solution in select(store, sheet.query.replace(BASE, own)):
        yield tuple(_text(solution[name], base, own) for name in names)


def _text(term: object, base: str, own: str) -> str | None:
    if isinstance(term, NamedNode):
        return base + term.value.removeprefix(own) if term.value.startswith(own) else term.value
    return term.value[:_LONGEST] or None if isinstance(term, Literal) else None


class _Writer:
    """Writes one sheet, row by row: headings, cells as what they are, and at the end filter and widths."""

    def __init__(self, book: Any, sheet: Sheet) -> None:
        self.sheet, self.rows, self.left, self._links = sheet, 0, 0, 0
        self._page = book.add_worksheet(sheet.vi)
        self._day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self._link = book.get_default_url_format()
        self._widths = [len(column.vi) + 3 for column in sheet.columns]
        bold = book.add_format({"bold": True, "bottom": 1, "bg_color": "#F4F6F8"})
        for place, column in enumerate(sheet.columns):
            self._page.write_string(0, place, column.vi, bold)
        self._page.freeze_panes(1, 2)

    def add(self, row: Row) -> None:
        """The row stands below the others; what a sheet cannot hold any more is counted and left to the other dumps."""
        if self.rows == _LAST_ROW:
            self.left += 1
            return
        self.rows += 1
        for place, (column, value) in enumerate(zip(self.sheet.columns, row, strict=True)):
            if value is not None:
                self._fill(place, column.type, value)
                if self.rows < _LOOKED_AT:
                    self._widths[place] = max(self._widths[place], len(value) + 1)

    def _fill(self, place: int, kind: str, value: str) -> None:
        if kind in ("integer", "number"):
            self._page.write_number(self.rows, place, float(value))
        elif kind == "date" and (day := _day(value)):
            self._page.write_datetime(self.rows, place, day, self._day)
        elif kind == "iri" and self._links < _LINKS:
            self._links += 1
            self._page.write_url(self.rows, place, value, self._link)
        else:
            # write_string, so that no text becomes a formula, a number or a link.
            self._page.write_string(self.rows, place, value)

    def finish(self) -> None:
        """Filter and widths are set; a code that looks like a number is no mistake."""
        last = len(self.sheet.columns) - 1
        self._page.autofilter(0, 0, max(self.rows, 1), last)
        self._page.ignore_errors({"number_stored_as_text": f"A1:{xl_rowcol_to_cell(max(self.rows, 1), last)}"})
        for place, width in enumerate(self._widths):
            self._page.set_column(place, place, min(max(width, _NARROWEST), _WIDEST))


def _day(value: str) -> datetime.date | None:
    """The day, if a workbook can have it: they begin with 1900."""
    try:
        day = datetime.date.fromisoformat(value)
    except ValueError:
        return None
    return day if day.year >= 1900 else None


def _explain(book: Any, page: Any, facts: Facts, writers: Sequence[_Writer]) -> None:
    """The first sheet tells the release, the sheets and the columns."""
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for first, last, width in ((0, 0, 30), (1, 1, 40), (2, 2, 16), (3, 3, 34), (4, 5, 70)):
        page.set_column(first, last, width, wrapped if first == 4 else None)
    page.write_string(0, 0, _TITLE, book.add_format({"bold": True, "font_size": 14}))
    told = [("", ""), *_facts(facts), ("", "")]
    for line, (name, value) in enumerate(told, start=1):
        page.write_string(line, 0, name)
        (page.write_url if value.startswith("http") else page.write_string)(line, 1, value)
    bold = book.add_format({"bold": True, "bottom": 1})
    _list_columns(page, _list_sheets(page, len(told) + 1, bold, writers) + 1, bold, writers)


def _list_sheets(page: Any, top: int, bold: object, writers: Sequence[_Writer]) -> int:
    """The sheets stand below the line `top`, with a link and the number of rows; the line below them."""
    for place, name in enumerate(("Trang · Sheet", "In English", "Số dòng · Rows", "", "Mỗi dòng", "Each row")):
        page.write_string(top, place, name, bold)
    for line, writer in enumerate(writers, start=top + 1):
        sheet = writer.sheet
        page.write_url(line, 0, f"internal:'{sheet.vi}'!A1", None, sheet.vi)
        page.write_string(line, 1, sheet.en)
        page.write_number(line, 2, writer.rows)
        if writer.left:
            page.write_string(line, 3, _LEFT.format(writer.left))
        page.write_string(line, 4, sheet.about["vi"])
        page.write_string(line, 5, sheet.about["en"])
    return top + len(writers) + 1


def _list_columns(page: Any, top: int, bold: object, writers: Sequence[_Writer]) -> None:
    """The columns of all sheets stand below the line `top`."""
    for place, name in enumerate(("Trang · Sheet", "Cột · Column", "", "In English", "SPARQL")):
        page.write_string(top, place, name, bold)
    columns = [(writer.sheet, column) for writer in writers for column in writer.sheet.columns]
    for line, (sheet, column) in enumerate(columns, start=top + 1):
        for place, text in ((0, sheet.vi), (1, column.vi), (3, column.en), (4, f"?{column.name}")):
            page.write_string(line, place, text)


def _facts(facts: Facts) -> list[tuple[str, str]]:
    return [
        ("Bản phát hành · Release", facts.version),
        ("Địa chỉ · Address", f"{facts.base}release/{facts.version}"),
        ("Dựng lúc (UTC) · Built (UTC)", f"{facts.created:%Y-%m-%d %H:%M}"),
        ("Mã băm dữ liệu · Hash of the data", facts.hash),
        ("Giấy phép · Licence", LICENSE.value),
        ("Ghi nguồn · Attribution", f"thidua, {facts.version}, {facts.base}"),
        ("Ô trống · An empty cell", "chưa biết, không phải là không có · unknown, which is not «none»"),
        ("Nhiều giá trị · Several values", "trong một ô, cách nhau bằng | · in one cell, separated by |"),
        ("Mã · Codes", "là chữ, giữ số 0 ở đầu · are text and keep their zeros"),
    ]
