"""Workbooks as people make them: sheets in their own order, and whatever a spreadsheet does to what is typed."""

from __future__ import annotations

import os
import re
import shutil
import struct
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from loaders.errors import SourceError
from loaders.records.tables import TABLES
from loaders.records.workbook import Workbook
from tests import made_up

Cell = str | int | float | date | bool | None
Sheets = dict[str, Sequence[Sequence[Cell]]]


def workbook(path: Path, sheets: Sheets, formula: tuple[str, str | int] | None = None) -> Path:
    """The sheets stand in a workbook; a formula may stand in cell B2 of one, with what became of it."""
    with xlsxwriter.Workbook(str(path), {"strings_to_urls": False}) as book:
        dated = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for number, line in enumerate(lines):
                for column, cell in enumerate(line):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, column, datetime.combine(cell, datetime.min.time()), dated)
                    elif cell is not None:
                        sheet.write(number, column, cell)
            if formula and name == formula[0]:
                sheet.write_formula(1, 1, "=1/0", None, formula[1])
    return path


def as_sheets(*tables: str) -> Sheets:
    """The made-up tables as sheets: Vietnamese names and headings, numbers as numbers, dates as dates."""
    return {TABLES[table].vi: _typed(table) for table in tables}


def _typed(table: str) -> list[list[Cell]]:
    headings, *lines = made_up.rows(table)
    columns = [TABLES[table].by_key[heading] for heading in headings]
    typed: list[list[Cell]] = [[column.vi for column in columns]]
    for line in lines:
        typed.append([_cell(str(column.kind), cell) for column, cell in zip(columns, line, strict=True)])
    return typed


def _cell(kind: str, cell: str) -> Cell:
    if kind in ("integer", "year", "cluster year") and cell:
        return float(cell)
    if kind == "date" and cell and "/" not in cell:
        return date.fromisoformat(cell)
    return cell or None


def in_place_of_csv(room: Path, sheets: Sheets) -> Path:
    """A directory in which the tables of these sheets stand in a workbook, the others in CSV."""
    directory = made_up.copy(room)
    for name in sheets:
        for table in TABLES.values():
            if table.vi == name:
                (directory / f"{table.key}.csv").unlink()
    workbook(directory / "số liệu.xlsx", sheets)
    return directory


def test_a_workbook_says_what_the_csv_files_say(tmp_path: Path) -> None:
    directory = made_up.empty(tmp_path)
    workbook(directory / "records.xlsx", as_sheets(*TABLES))
    assert made_up.quads(directory) == made_up.quads()


def test_sheets_and_csv_files_make_up_one_whole(tmp_path: Path) -> None:
    directory = in_place_of_csv(tmp_path, as_sheets("members", "conferences"))
    assert set(made_up.quads(directory)) == set(made_up.quads())


def test_columns_may_stand_in_any_order_with_empty_ones_and_blank_rows_between(tmp_path: Path) -> None:
    lines = _typed("members")
    mixed: list[list[Cell]] = [[], [None, " "]]
    for line in lines:
        mixed += [[None, None, *line[4:], None, *line[:4]], [None, "\u00a0"]]
    directory = in_place_of_csv(tmp_path, {"Thành viên": mixed})
    assert set(made_up.quads(directory)) == set(made_up.quads())


def test_headings_may_be_keys_or_words_with_a_star_or_spoilt_spaces(tmp_path: Path) -> None:
    lines = _typed("members")
    lines[0][:3] = ["cluster", "NĂM *", "\u00a0đơn  vị hành chính "]
    directory = in_place_of_csv(tmp_path, {"thanh vien": lines})
    (directory / "members.csv").unlink()
    assert set(made_up.quads(directory)) == set(made_up.quads())


def test_a_row_is_told_by_its_number_in_the_sheet(tmp_path: Path) -> None:
    lines = _typed("members")
    lines[2][6] = "t9"
    directory = in_place_of_csv(tmp_path, {"Thành viên": [[], lines[0], [], lines[1], lines[2]]})
    error = made_up.fault(directory)
    assert (error.file, error.line, error.column) == (f"{directory}/số liệu.xlsx [Thành viên]", 5, "Nguồn")


def test_sheets_that_people_set_aside_and_empty_ones_are_left_alone(tmp_path: Path) -> None:
    sheets = {"Bắt đầu": [["Cách dùng"]], "_nháp": [["gì cũng được", 1]], "Sheet1": [], **as_sheets("members")}
    assert set(made_up.quads(in_place_of_csv(tmp_path, sheets))) == set(made_up.quads())


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_neither_published_nor_left_out_in_silence(tmp_path: Path, state: str) -> None:
    sheets = {"_nháp": [["gì cũng được"]], "Sheet1": [], **as_sheets("members")}
    directory = in_place_of_csv(tmp_path, sheets)
    path = directory / "số liệu.xlsx"
    book = openpyxl.load_workbook(path)
    for name in ("_nháp", "Sheet1"):
        book[name].sheet_state = state
    book.save(path)
    assert set(made_up.quads(directory)) == set(made_up.quads())
    book.create_sheet("Bắt đầu")
    book["Thành viên"].sheet_state = state
    book.save(path)
    error = made_up.fault(directory)
    assert (error.file, error.message) == (f"{path} [Thành viên]", "a hidden sheet that holds something")
    assert "start its name with _" in str(error.hint)


def test_rows_that_a_filter_hides_are_data(tmp_path: Path) -> None:
    directory = in_place_of_csv(tmp_path, as_sheets("members"))
    book = openpyxl.load_workbook(directory / "số liệu.xlsx")
    sheet = book["Thành viên"]
    sheet.auto_filter.ref = sheet.dimensions
    sheet.row_dimensions[3].hidden = sheet.column_dimensions["D"].hidden = True
    book.save(directory / "số liệu.xlsx")
    assert set(made_up.quads(directory)) == set(made_up.quads())


def test_excel_s_lock_file_is_not_read(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    (directory / "~$records.xlsx").write_bytes(b"lock")
    assert made_up.quads(directory) == made_up.quads()


Change = Callable[[list[list[Cell]]], None]


def put(line: int, heading: str, cell: Cell) -> Change:
    def change(lines: list[list[Cell]]) -> None:
        lines[line][lines[0].index(heading)] = cell

    return change


REFUSED: dict[str, tuple[str, Change, str, str]] = {
    "a unit's code that became a number": (
        "members", put(1, "Đơn vị hành chính", 901.0), "changed this code", "format the column as Text",
    ),
    "a document's number that became a date": (
        "acts", put(1, "Số hiệu", date(2026, 1, 1)), "changed this code", "it made a date of it",
    ),
    "a person's key that became a number": (
        "persons", put(1, "Mã", 23e45), "changed this code", "leading zeros|format the column as Text",
    ),
    "words that became a date": (
        "conferences", put(1, "Nguyên văn ngày họp", date(2026, 7, 13)), "changed this text", "it made a date of it",
    ),
    "a date that became a number": ("conferences", put(1, "Ngày họp", 42929.0), "not a date", "13/07/2017"),
    "a year with a fraction": ("cluster_years", put(1, "Năm", 2017.5), "not a year", "2017"),
    "half a percent, or fifty": ("figures", put(3, "Giá trị", 0.5), "a percentage, or a fraction of one", "50 for 50%"),
    "a heading that is misspelt": (
        "members", put(0, "Loại thành viên", "Loại thàn viên"), "no column has this heading", "member_kind",
    ),
    "a heading that nobody knows": (
        "members", put(0, "Loại thành viên", "Hệ số"), "no column has this heading", "the columns are",
    ),
    "a heading twice": ("members", put(0, "Loại thành viên", "Năm"), "two columns have this heading", "delete one"),
    "a required column that is gone": ("members", put(0, "Nguồn", None), "a column is missing", "source (Nguồn)"),
    "a cell without a heading": ("members", put(0, "Ghi chú nội bộ", None), "a cell without a heading", "heading"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "change", "message", "hint"), REFUSED.values(), ids=list(REFUSED))
def test_what_a_spreadsheet_spoilt_is_refused(
    table: str, change: Change, message: str, hint: str, tmp_path: Path
) -> None:
    lines = _typed(table)
    lines[1][-1] = "ghi chú"
    change(lines)
    directory = in_place_of_csv(tmp_path, {TABLES[table].vi: lines})
    found = [error for error in made_up.faults(directory) if message in error.message]
    assert found, [str(error) for error in made_up.faults(directory)]
    assert found[0].file == f"{directory}/số liệu.xlsx [{TABLES[table].vi}]"
    assert any(piece in (found[0].hint or "") for piece in hint.split("|"))


@pytest.mark.parametrize(
    ("table", "column", "cell", "shown"),
    [
        ("cluster_years", "Năm", date(2017, 1, 1), "'2017-01-01'"),
        ("acts", "Số hiệu", date(2026, 4, 7), "'2026-04-07'"),
        ("conferences", "Ngày họp", 42929.0, "42929.0"),
        ("conferences", "Ngày họp", "1" * 30_000, "'" + "1" * 199 + "…"),
    ],
)
def test_a_fault_shows_a_cell_as_staff_see_it(table: str, column: str, cell: Cell, shown: str, tmp_path: Path) -> None:
    lines = _typed(table)
    put(1, column, cell)(lines)
    (error,) = made_up.faults(in_place_of_csv(tmp_path, {TABLES[table].vi: lines}))[:1]
    assert f": {shown} → " in str(error)


def test_a_formula_that_failed_is_not_an_empty_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Người": [["x"]], "Nguồn": [["Mã"], ["s1"]]}, ("Nguồn", "#DIV/0!"))
    with pytest.raises(SourceError, match="a formula that failed") as refused:
        Workbook(path).examine("Nguồn")
    assert (refused.value.file, refused.value.line, refused.value.value) == (f"{path} [Nguồn]", 2, "B2")


@pytest.mark.parametrize("cells", [3, 300])
def test_cells_that_were_spoilt_are_all_told_at_once(cells: int, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        failed, unread, merged = (book.add_worksheet(name) for name in ("Nguồn", "Người", "Khen thưởng"))
        for line in range(2, 2 + cells):
            failed.write_formula(f"C{line}", "=1/0", None, "#DIV/0!")
            unread.write_formula(f"AB{line}", "=1+1", None, "")
            merged.merge_range(f"A{2 * line}:B{2 * line}", "x")
    told = "{0}2, {0}3, {0}4" if cells == 3 else "{0}2, {0}3,(.*){0}21 … \\(300\\)"
    for sheet, names in {
        "Nguồn": told.format("C"),
        "Người": told.format("AB"),
        "Khen thưởng": "A4:B4, A6:B6, A8:B8",
    }.items():
        with pytest.raises(SourceError) as refused:
            Workbook(path).examine(sheet)
        assert re.match(names, str(refused.value.value)), refused.value


def test_a_workbook_of_another_program_reads_the_same(tmp_path: Path) -> None:
    directory = made_up.empty(tmp_path)
    book = openpyxl.Workbook()
    for name, lines in as_sheets(*TABLES).items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(list(line))
    book.save(directory / "records.xlsx")
    assert made_up.quads(directory) == made_up.quads()
    book["Nguồn"]["C2"] = "#N/A"
    book.save(directory / "records.xlsx")
    error = made_up.faults(directory)[0]
    assert (error.message, error.line) == ("a formula that failed", 2)


def test_the_result_of_a_formula_is_its_value(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Nguồn": [["Mã"], ["s1"]]}, ("Nguồn", 12))
    assert list(Workbook(path).lines("Nguồn")) == [(1, ["Mã", None]), (2, ["s1", 12.0])]


def test_a_sheet_with_an_unknown_name_is_refused_with_the_nearest(tmp_path: Path) -> None:
    directory = in_place_of_csv(tmp_path, {"Thàn viên": [["Mã"]]})
    error = made_up.fault(directory)
    assert error.message == "no table has this name"
    assert "members (Thành viên)" in (error.hint or "")


def test_rows_that_stand_in_a_workbook_and_in_csv_are_refused_once(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    workbook(directory / "số liệu.xlsx", as_sheets("members", "roles"))
    found = made_up.faults(directory)
    assert [error.message for error in found] == ["the same rows stand in two files"] * 2
    assert str(directory / "members.csv") in (found[0].hint or "")


def test_new_rows_of_a_workbook_join_those_of_the_csv_file(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    headings, first, second, *others = _typed("members")
    made_up.write(directory / "members.csv", made_up.rows("members")[:2])
    workbook(directory / "mới.xlsx", {"Thành viên": [headings, second, *others]})
    assert set(made_up.quads(directory)) == set(made_up.quads())
    assert first[2] == "huyện An Mẫu"


def broken(path: Path) -> None:
    path.write_bytes(b"PK this is no archive")


def without_sheets(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")


def of_a_later_zip(path: Path) -> None:
    _spoil_entry(path, 6, 64)


def packed_otherwise(path: Path) -> None:
    _spoil_entry(path, 10, 64)


def strongly_encrypted(path: Path) -> None:
    _spoil_entry(path, 8, 64)


def _spoil_entry(path: Path, place: int, bit: int) -> None:
    """One bit of what the archive says of its parts is another."""
    workbook(path, as_sheets("members"))
    content = bytearray(path.read_bytes())
    entry = content.find(b"PK\x01\x02")
    while entry >= 0:
        content[entry + place] ^= bit
        entry = content.find(b"PK\x01\x02", entry + 1)
    path.write_bytes(content)


def in_no_encoding(path: Path) -> None:
    workbook(path, as_sheets("members"))
    marked(path, lambda xml: xml)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text.replace(b'encoding="UTF-8"', b'encoding="UTF-7777"'))


def in_another_encoding(path: Path) -> None:
    workbook(path, as_sheets("members"))
    part = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = parts[part].decode().replace("UTF-8", "UTF-16").encode("utf-16")
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)


def with_two_sheets_of_one_name(path: Path) -> None:
    workbook(path, as_sheets("members", "roles"))
    marked(path, lambda xml: xml.replace("Trưởng, phó", "Thành viên"), "xl/workbook.xml")


def with_a_tag_without_an_end(path: Path) -> None:
    workbook(path, as_sheets("members"))
    marked(path, lambda xml: xml.replace("</sheetData>", "</sheetData><x " + " " * (20 << 20)))


@pytest.mark.parametrize("spoil", [in_another_encoding, with_two_sheets_of_one_name, with_a_tag_without_an_end])
def test_a_workbook_that_only_an_attacker_makes_is_refused(spoil: Callable[[Path], Any], tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    spoil(directory / "a.xlsx")
    told = [error.message for error in made_up.faults(directory)]
    assert any(message.startswith("not a readable XLSX workbook") for message in told), told


def test_a_sheet_of_nothing_but_spaces_ends_in_seconds(tmp_path: Path) -> None:
    """Each piece of it was copied with all before it: a gigabyte of spaces, which is a megabyte packed, took hours."""
    path = workbook(tmp_path / "a.xlsx", as_sheets("members"))
    marked(path, lambda xml: xml.replace("</sheetData>", "</sheetData>" + " " * (200 << 20)))
    begun = time.monotonic()
    Workbook(path).examine("Thành viên")
    assert time.monotonic() - begun < 10


def test_a_strict_workbook_says_the_same(tmp_path: Path) -> None:
    directory = in_place_of_csv(tmp_path, as_sheets("members", "conferences"))
    path = directory / "số liệu.xlsx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    strict = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/": b"http://purl.oclc.org/ooxml/officeDocument/",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            for daily, other in strict.items():
                content = content.replace(daily, other)
            archive.writestr(name, content)
    assert set(made_up.quads(directory)) == set(made_up.quads())


@pytest.mark.parametrize(
    "spoil", [broken, without_sheets, of_a_later_zip, packed_otherwise, strongly_encrypted, in_no_encoding]
)
def test_what_is_no_workbook_is_refused(spoil: Callable[[Path], Any], tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    spoil(directory / "a.xlsx")
    error = made_up.fault(directory)
    assert error.message.startswith("not a readable XLSX workbook")
    assert error.file == str(directory / "a.xlsx")


def encrypted() -> bytes:
    """A workbook with a password: a compound file (MS-CFB 2.2, MS-OFFCRYPTO 2.3) with one stream of 4096 bytes."""
    none, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    magic = bytes.fromhex("d0cf11e0a1b11ae1").ljust(24, b"\0")
    header = magic + struct.pack("<5H6x9I", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0)
    chains = [table, end, *range(3, 10), end]
    entries = b""
    for name, kind, child, start, size in (("Root Entry", 5, 1, end, 0), ("EncryptedPackage", 2, none, 2, 4096)):
        letters = f"{name}\0".encode("utf-16-le")
        named = letters.ljust(64, b"\0") + struct.pack("<HBB3I", len(letters), kind, 1, none, none, child)
        entries += named + struct.pack("<36xIQ", start, size)
    numbers = [0, *[none] * 108, *chains, *[none] * (128 - len(chains))]
    return header + struct.pack("<237I", *numbers) + entries.ljust(512, b"\0") + bytes(4096)


def test_a_workbook_with_a_password_says_so(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    (directory / "a.xlsx").write_bytes(encrypted())
    error = made_up.fault(directory)
    assert (error.message, error.file) == ("the workbook has a password", str(directory / "a.xlsx"))
    assert error.hint == "save it without one"


@pytest.mark.parametrize(
    "name", ["members.xls", "members.ods", "m.xlsm", "m.txt", "members.json", "members", "README.md"]
)
def test_a_file_that_no_table_claims_is_not_passed_over(name: str, tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    shutil.copy(directory / "members.csv", directory / name)
    error = made_up.fault(directory)
    assert error.file == str(directory / name)
    assert "save it as .xlsx" in (error.hint or "")


def leading_nowhere(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere.csv")


@pytest.mark.parametrize("make", [leading_nowhere, os.mkfifo])
def test_what_is_no_file_is_refused_and_not_waited_for(make: Callable[[Path], Any], tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    make(directory / "members (2).csv")
    error = made_up.fault(directory)
    assert (error.message, error.file) == ("not a file that can be read", str(directory / "members (2).csv"))
    assert "delete it" in (error.hint or "")


@pytest.mark.parametrize("name", [b"Ghi ch\xfa.txt", b"s\xf4.xlsx"])
def test_a_file_whose_name_is_not_utf_8_is_refused_with_a_name_that_can_be_shown(name: bytes, tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    workbook(directory / os.fsdecode(name), as_sheets("members"))
    error = made_up.fault(directory)
    assert error.message == "the name of a file is not in UTF-8"
    assert str(error).encode()
    assert (error.file or "").endswith(name.decode(errors="backslashreplace"))


@pytest.mark.parametrize("name", ["2025", "members.csv.d", "mới.csv"])
def test_a_folder_of_tables_is_not_passed_over(name: str, tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    (directory / name).mkdir()
    shutil.copy(directory / "members.csv", directory / name)
    error = made_up.fault(directory)
    assert (error.message, error.file) == ("a folder, which is not read", str(directory / name))


# ---- what is behind the cells ----------------------------------------------------------------------------------------


def marked(path: Path, change: Callable[[str], str], part: str = "xl/worksheets/sheet1.xml") -> Path:
    """The XML of a workbook's first sheet is changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


FORMULA = '<c r="B2"><f>1/0</f><v>12</v></c>'
UNREAD = {
    "no value": '<c r="B2"><f>1+1</f></c>',
    "an empty value": '<c r="B2"><f>1+1</f><v></v></c>',
    "an empty value in short": "<c r='B2' s='1'><f>1+1</f><v/></c>",
    "a shared formula": '<c r="B2"><f t="shared" si="0"/></c>',
    "a text without value": '<c r="B2" t="str"><f>A1&amp;"x"</f></c>',
    "a prefix": '<x:c r="B2"><x:f>1+1</x:f></x:c>',
}


@pytest.mark.parametrize("cell", UNREAD.values(), ids=list(UNREAD))
def test_a_formula_without_its_result_is_not_an_empty_cell(cell: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Nguồn": [["Mã"], ["s1"]]}, ("Nguồn", 12))
    marked(path, lambda xml: xml.replace(FORMULA, cell) if FORMULA in xml else pytest.fail(xml))
    with pytest.raises(SourceError, match="a formula without its result") as refused:
        Workbook(path).examine("Nguồn")
    assert (refused.value.file, refused.value.line) == (f"{path} [Nguồn]", 2)
    assert "open the workbook in Excel and save it" in (refused.value.hint or "")


@pytest.mark.parametrize("cell", [FORMULA, '<c r="B2" t="str"><f>""</f><v></v></c>'])
def test_a_formula_with_a_result_even_an_empty_text_is_read(cell: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Nguồn": [["Mã"], ["s1"]]}, ("Nguồn", 12))
    Workbook(marked(path, lambda xml: xml.replace(FORMULA, cell))).examine("Nguồn")


@pytest.mark.parametrize(
    "cell", ["<c r='B2' t='e'><v>#N/A</v></c>", "<c t='e' s='1' r='B2'><f>NA()</f><v>#N/A</v></c>"]
)
def test_a_failed_formula_is_found_however_it_is_written(cell: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Nguồn": [["Mã"], ["s1"]]}, ("Nguồn", 12))
    with pytest.raises(SourceError, match="a formula that failed") as refused:
        Workbook(marked(path, lambda xml: xml.replace(FORMULA, cell))).examine("Nguồn")
    assert refused.value.line == 2


def test_a_formula_far_down_in_a_long_sheet_is_found(tmp_path: Path) -> None:
    lines: list[list[Cell]] = [["Mã", "Tiêu đề"], *([number, "chữ"] for number in range(60_000))]
    path = workbook(tmp_path / "a.xlsx", {"Nguồn": lines})
    marked(path, lambda xml: xml.replace('<c r="A50000"><v>49998</v></c>', '<c r="A50000"><f>1</f></c>'))
    with pytest.raises(SourceError, match="without its result") as refused:
        Workbook(path).examine("Nguồn")
    assert refused.value.line == 50_000


@pytest.mark.parametrize("cell", ["AG1048576", "XFD2049", "A40000000"])
def test_a_cell_far_from_the_table_is_refused_before_there_is_a_place_for_every_cell(cell: str, tmp_path: Path) -> None:
    directory = in_place_of_csv(tmp_path, as_sheets("members"))
    stray = f'<c r="{cell}"><v>1</v></c></row></sheetData>'
    marked(directory / "số liệu.xlsx", lambda xml: xml.replace("</row></sheetData>", stray))
    error = made_up.fault(directory)
    assert (error.message, error.value) == ("a cell far from the table", cell)
    assert error.file == f"{directory}/số liệu.xlsx [Thành viên]"
    assert error.line == int(cell.lstrip("AGXFD"))


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="AF1048576"><v>1</v></c>',
        '<c r="XFD1048576" s="1"/>',
        "<x:c r='XFD1048576'></x:c>",
        '<c r="C2"><is><t>"XFD1048576"</t></is></c>',
    ],
)
def test_a_cell_that_is_empty_or_not_so_far_is_none(cell: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Nguồn": [["Mã"], ["s1"]]}, ("Nguồn", 12))
    Workbook(marked(path, lambda xml: xml.replace(FORMULA, FORMULA + cell))).examine("Nguồn")


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = in_place_of_csv(tmp_path, as_sheets("members"))
    with zipfile.ZipFile(directory / "số liệu.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(1 << 20))
    monkeypatch.setattr("loaders.records.workbook.MOST_BYTES", 1 << 20)
    error = made_up.fault(directory)
    assert error.message == "a workbook that unpacks to too much"
    assert isinstance(error.value, int)
    assert error.value > 1 << 20


def test_merged_cells_are_refused_with_their_range(tmp_path: Path) -> None:
    directory = made_up.empty(tmp_path)
    book = openpyxl.Workbook()
    for name, lines in as_sheets(*TABLES).items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(list(line))
    book.create_sheet("_nháp").merge_cells("A1:C3")
    book["Thành viên"].merge_cells("A2:A3")
    book.save(directory / "a.xlsx")
    found = made_up.faults(directory)
    assert [(error.message, error.value) for error in found] == [("merged cells", "A2:A3")]
    assert found[0].file == f"{directory}/a.xlsx [Thành viên]"


@pytest.mark.parametrize("shown", ["0%", "0.00%", '0.0" phần"%'])
@pytest.mark.parametrize("column", ["Giá trị", "Năm"])
def test_a_percentage_is_refused_whatever_its_value(shown: str, column: str, tmp_path: Path) -> None:
    directory = in_place_of_csv(tmp_path, as_sheets("figures"))
    book = openpyxl.load_workbook(directory / "số liệu.xlsx")
    sheet = book["Số liệu"]
    cell = sheet.cell(2, [heading.value for heading in sheet[1]].index(column) + 1)
    cell.value, cell.number_format = 1.5, shown
    book.save(directory / "số liệu.xlsx")
    error = next(error for error in made_up.faults(directory) if error.column == column)
    assert (error.line, error.value) == (2, 1.5)
    assert column == "Năm" or error.message == "a percentage, or a fraction of one"
    assert column == "Năm" or "write 150 for 150%" in (error.hint or "")


def test_a_sheet_that_breaks_off_is_refused(tmp_path: Path) -> None:
    directory = in_place_of_csv(tmp_path, as_sheets("members"))
    marked(directory / "số liệu.xlsx", lambda xml: xml[: len(xml) // 2])
    error = made_up.fault(directory)
    assert error.message.startswith("not a readable XLSX workbook")
    assert error.file == f"{directory}/số liệu.xlsx [Thành viên]"
