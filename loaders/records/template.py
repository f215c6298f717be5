"""The workbook that staff fill in: a sheet per table, with lists to choose from, help beside the cells, and formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from loaders.errors import DataError, DataErrors, SourceError, unwritable
from loaders.records.filling import REFERENCES, Cell, Names, cells, entry
from loaders.records.lists import Lists
from loaders.records.rows import read_rows
from loaders.records.schema import Column, Kind, Table
from loaders.records.sheets import START, Sheet, find_sheets
from loaders.records.tables import TABLES, help_of
from loaders.records.vocabulary import Vocabulary, read_vocabulary
from loaders.resources import ontology_files
from loaders.source import Source

# How far down the lists and the help reach.
LAST = 50_000

_CHOICES = (Kind.CHOICE, Kind.SORT, Kind.TARGET_KIND)
_NUMBERS = {
    Kind.DATE: "dd/mm/yyyy",
    Kind.INTEGER: "0",
    Kind.YEAR: "0",
    Kind.CLUSTER_YEAR: "0",
    Kind.NUMBER: "General",
}
_WIDTHS = {Kind.DATE: 14, Kind.INTEGER: 12, Kind.YEAR: 9, Kind.CLUSTER_YEAR: 9, Kind.NUMBER: 12, Kind.KEY: 34}
_GUIDE = (
    "Mỗi trang là một bảng, mỗi dòng là một điều mà nguồn nói. Tiêu đề có dấu * là ô bắt buộc.",
    "Trước hết ghi nguồn ở trang Nguồn; mọi dòng ở trang khác đều nêu nguồn của mình và độ chắc chắn.",
    "Chỉ ghi điều nguồn nói. Không biết thì để trống, không đoán. Đề nghị khen không phải là được khen.",
    "Mã (cột Mã) được cấp một lần bằng lệnh: thidua mint LOẠI MÃ. Với người: thidua mint person.",
    "Tên đơn vị hành chính viết như trong nguồn, kèm cấp trên; chương trình tra danh mục theo thời điểm của dòng.",
    "Ngày viết 13/07/2017. Nhiều giá trị trong một ô cách nhau bằng dấu |.",
    "Không ghi ngày sinh, điện thoại, quê quán của ai. Không chép nội dung bài báo.",
    "Không đổi tên trang và tiêu đề. Trang tự thêm thì đặt tên bắt đầu bằng dấu _ để chương trình bỏ qua.",
    "Ghi xong: lưu vào data/records/, chạy thidua build. Lỗi, nếu có, nêu rõ trang, dòng, cột và cách sửa.",
)


@dataclass(frozen=True)
class _Known:
    """What is there already: the sheets of a source, and the names of what has a key, by table."""

    sheets: tuple[Sheet, ...] = ()
    names: Names = field(default_factory=dict)


def write_template(path: Path, source: Source | None, today: date, with_data: bool = False) -> None:
    """The workbook stands at the path, whole or not at all.

    What the source has keys for is offered in lists. With data, every row of the source stands in its sheet, and
    loading the workbook says what loading the source says; a cell that would be refused stands there as it was.
    DataErrors for a file of the source that can not be read, OutsideError where nothing can be written.
    """
    vocabulary = read_vocabulary(ontology_files())
    known = _known(source, vocabulary)
    part = path.with_name(path.name + ".part")
    try:
        with xlsxwriter.Workbook(str(part), {"constant_memory": True, "strings_to_urls": False}) as book:
            book.set_properties({"title": "thidua", "created": datetime.combine(today, time())})
            _write(_Pages(book, vocabulary, known), today, with_data)
        part.replace(path)
    except FileCreateError as error:
        raise unwritable(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def _known(source: Source | None, vocabulary: Vocabulary) -> _Known:
    if source is None:
        return _Known()
    errors: list[DataError] = []
    sheets = tuple(find_sheets(source.directory, errors))
    names: dict[str, dict[str, str]] = {}
    for sheet in sheets:
        for row in read_rows(sheet, vocabulary, errors):
            if sheet.table.keyed and "key" in row.values:
                name = next((row.values[c] for c in ("label", "name", "title", "measure") if c in row.values), "")
                names.setdefault(sheet.table.key, {}).setdefault(row.values["key"], name)
    # A fault of a cell has a column; the others are of whole files, whose rows would be missing.
    if lost := [error for error in errors if error.column is None]:
        raise DataErrors(lost)
    return _Known(sheets, names)


class _Pages:
    """The pages of one workbook while they are written."""

    def __init__(self, book: Any, vocabulary: Vocabulary, known: _Known) -> None:
        self.book = book
        self.vocabulary = vocabulary
        self.known = known
        self.lists = Lists()
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self.link = book.add_format({"font_color": "#0B5394", "underline": 1, "valign": "top"})
        heading = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}
        self.heading = {
            False: book.add_format({**heading, "bg_color": "#EFEFEF"}),
            True: book.add_format({**heading, "bg_color": "#FFE9B8"}),
        }
        # Text, or the spreadsheet makes numbers and dates of codes.
        self.formats = {kind: book.add_format({"num_format": _NUMBERS.get(kind, "@")}) for kind in Kind}


def _write(pages: _Pages, today: date, with_data: bool) -> None:
    _write_start(pages, today)
    for table in TABLES.values():
        page = pages.book.add_worksheet(table.vi)
        for number, column in enumerate(table.columns):
            _write_column(pages, page, number, column)
        page.freeze_panes(1, 1)
        page.set_row(0, 32)
        if with_data:
            _write_rows(pages, page, table)
    pages.lists.write(pages.book)


def _write_start(pages: _Pages, today: date) -> None:
    page = pages.book.add_worksheet(START)
    page.set_column(0, 0, 26)
    page.set_column(1, 1, 100)
    page.write_string(0, 0, "Bảng nhập liệu thi đua, khen thưởng", pages.title)
    page.write_string(1, 0, f"Danh mục tính đến ngày {today:%d/%m/%Y}. In English: docs/records.md.")
    for number, text in enumerate(_GUIDE, start=1):
        page.write_number(2 + number, 0, number, pages.wrapped)
        page.write_string(2 + number, 1, text, pages.wrapped)
    first = 4 + len(_GUIDE)
    page.write_row(first, 0, ["Trang", "Dùng để ghi"], pages.heading[False])
    for number, table in enumerate(TABLES.values(), start=first + 1):
        page.write_url(number, 0, f"internal:'{table.vi}'!A1", pages.link, table.vi)
        page.write_string(number, 1, table.help, pages.wrapped)


def _write_column(pages: _Pages, page: Any, number: int, column: Column) -> None:
    page.write_string(0, number, column.vi + (" *" if column.required else ""), pages.heading[column.required])
    page.set_column(number, number, _WIDTHS.get(column.kind, 24), pages.formats[column.kind])
    rule: dict[str, Any] = {"validate": "any", "input_title": column.vi[:32], "input_message": help_of(column)[:255]}
    listed = _listed(pages, column)
    if listed:
        # What is chosen from a closed list is right or wrong; a key may be new, and several choices are no one entry.
        closed = column.kind in _CHOICES and not column.many
        rule |= {"validate": "list", "source": listed, "error_type": "stop" if closed else "information"}
        rule |= {"error_title": column.vi[:32], "error_message": "Chọn một giá trị trong danh sách."}
        rule["show_error"] = closed
    page.data_validation(1, number, LAST, number, rule)


def _listed(pages: _Pages, column: Column) -> str | None:
    if column.kind in _CHOICES:
        name = column.of or f"{column.key}: {', '.join(column.classes)}"
        return pages.lists.range(name, (choice.vi for choice in pages.vocabulary.choices(column).choices))
    if column.kind in REFERENCES:
        names = pages.known.names.get(column.of, {})
        return pages.lists.range(TABLES[column.of].vi, (entry(key, names) for key in sorted(names)))
    return None


def _write_rows(pages: _Pages, page: Any, table: Table) -> None:
    line = 0
    for sheet in pages.known.sheets:
        for row in read_rows(sheet, pages.vocabulary, []) if sheet.table is table else ():
            line += 1
            for number, cell in enumerate(cells(row, pages.known.names)):
                _write_cell(page, line, number, cell, pages.formats[Kind.DATE])


def _write_cell(page: Any, line: int, number: int, cell: Cell | None, dated: Any) -> None:
    failed = 0
    if isinstance(cell, date):
        failed = page.write_datetime(line, number, datetime.combine(cell, time()), dated)
    elif isinstance(cell, int | float):
        failed = page.write_number(line, number, cell)
    elif cell is not None:
        failed = page.write_string(line, number, cell)
    if failed:
        raise SourceError("more than a cell or a sheet can hold", file=page.get_name(), line=line + 1, value=cell)
