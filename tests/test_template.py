"""The workbook that staff fill in: it offers what there is, helps, and loses nothing on the way there and back."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from loaders.errors import DataErrors, OutsideError
from loaders.records import load
from loaders.records.schema import Column, Kind
from loaders.records.tables import TABLES
from loaders.records.template import write_template
from loaders.records.vocabulary import read_vocabulary
from loaders.records.workbook import Workbook
from loaders.resources import ROOT, ontology_files
from loaders.source import read_source
from tests import made_up, vietnam

TODAY = date(2026, 11, 21)
CHOSEN = (Kind.CHOICE, Kind.SORT, Kind.TARGET_KIND)


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as staff get it, with the made-up records known."""
    path = tmp_path_factory.mktemp("template") / "mẫu.xlsx"
    write_template(path, made_up.source(), TODAY)
    return path


@pytest.fixture(scope="module")
def book(blank: Path) -> Any:
    return openpyxl.load_workbook(blank)


def rule(book: Any, table: str, column: str) -> Any:
    """The data validation of a column."""
    sheet = book[TABLES[table].vi]
    letter = openpyxl.utils.get_column_letter([c.key for c in TABLES[table].columns].index(column) + 1)
    (found,) = [rule for rule in sheet.data_validations.dataValidation if f"{letter}2" in str(rule.sqref)]
    return found


def offered(book: Any, found: Any) -> list[str]:
    """What a list offers."""
    sheet, cells = found.formula1.lstrip("=").rsplit("!", 1)
    return [row[0].value for row in book[sheet.strip("'")][cells.replace("$", "")]]


def columns(*kinds: Kind) -> list[tuple[str, Column]]:
    return [(table.key, column) for table in TABLES.values() for column in table.columns if column.kind in kinds]


def test_every_table_is_a_sheet_with_vietnamese_headings_that_stay_in_sight(book: Any) -> None:
    for table in TABLES.values():
        sheet = book[table.vi]
        headings = [cell.value for cell in sheet[1]]
        assert [heading.removesuffix(" *") for heading in headings] == [column.vi for column in table.columns]
        assert [heading.endswith(" *") for heading in headings] == [column.required for column in table.columns]
        assert sheet.freeze_panes == "B2"


def test_the_first_sheet_says_how_and_leads_to_the_others(book: Any) -> None:
    start = book.worksheets[0]
    assert start.title == "Bắt đầu"
    words = "\n".join(str(cell.value) for row in start.iter_rows() for cell in row if cell.value)
    assert "thidua mint" in words
    assert all(table.vi in words and table.help in words for table in TABLES.values())
    assert "21/11/2026" in words


@pytest.mark.parametrize(("table", "column"), columns(*CHOSEN), ids=lambda part: getattr(part, "key", part))
def test_a_cell_offers_the_labels_of_the_ontology(table: str, column: Column, book: Any) -> None:
    choices = read_vocabulary(ontology_files()).choices(column)
    found = rule(book, table, column.key)
    assert offered(book, found) == [choice.vi for choice in choices.choices]
    assert bool(found.showErrorMessage) == (not column.many)


def test_a_cell_offers_the_keys_that_exist_with_their_names(book: Any) -> None:
    found = rule(book, "roles", "representative")
    assert offered(book, found) == ["aaaaaaa2 (Nguyễn Văn Mẫu)", "bbbbbbb3 (Trần Thị Mẫu)"]
    assert not found.showErrorMessage


def test_a_choice_from_the_list_loads_as_the_key(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    made_up.change(directory, "roles", 2, representative="aaaaaaa2 (Nguyễn Văn Mẫu)")
    assert made_up.quads(directory) == made_up.quads()


def test_every_cell_has_help_that_fits(book: Any) -> None:
    for table in TABLES.values():
        for column in table.columns:
            found = rule(book, table.key, column.key)
            assert 0 < len(found.prompt) <= 255
            assert 0 < len(found.promptTitle) <= 32


def test_codes_stay_text_and_days_are_days(book: Any) -> None:
    for table, column in columns(Kind.KEY, Kind.CODE, Kind.UNIT, Kind.REFERENCE, Kind.PERIOD, Kind.DATE):
        number = list(TABLES[table].columns).index(column) + 1
        # Neighbours of one format are one entry in the file.
        (found,) = [d for d in book[TABLES[table].vi].column_dimensions.values() if d.min <= number <= d.max]
        assert found.number_format == ("dd/mm/yyyy" if column.kind is Kind.DATE else "@"), (table, column.key)


def test_the_lists_are_out_of_sight(book: Any) -> None:
    assert [sheet.title for sheet in book.worksheets if sheet.sheet_state == "hidden"] == ["_Danh mục"]


def test_a_template_that_nobody_filled_in_says_nothing(blank: Path, tmp_path: Path) -> None:
    directory = made_up.empty(tmp_path)
    shutil.copy(blank, directory / "mẫu.xlsx")
    assert made_up.quads(directory) == []


def test_a_template_can_be_written_before_there_are_records(tmp_path: Path) -> None:
    write_template(tmp_path / "a.xlsx", None, TODAY)
    assert Workbook(tmp_path / "a.xlsx").sheets == ["Bắt đầu", *(table.vi for table in TABLES.values()), "_Danh mục"]


def test_records_come_back_from_the_workbook_as_they_went(tmp_path: Path) -> None:
    directory = made_up.empty(tmp_path)
    write_template(directory / "records.xlsx", made_up.source(), TODAY, with_data=True)
    assert made_up.quads(directory) == made_up.quads()


def test_the_five_articles_come_back_from_the_workbook_as_they_went(tmp_path: Path) -> None:
    source = read_source(ROOT / "data" / "records")
    shutil.copytree(source.directory, tmp_path / "records", ignore=shutil.ignore_patterns("*.csv"))
    shutil.copy(source.directory.parent / "keys.csv", tmp_path)
    write_template(tmp_path / "records" / "records.xlsx", source, TODAY, with_data=True)
    again = list(load(read_source(tmp_path / "records"), vietnam.gazetteer()))
    assert again == list(load(source, vietnam.gazetteer()))


def test_a_workbook_of_a_workbook_is_the_same_again(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    directory = made_up.empty(first)
    write_template(directory / "records.xlsx", made_up.source(), TODAY, with_data=True)
    copied = made_up.empty(second)
    write_template(copied / "records.xlsx", read_source(directory), TODAY, with_data=True)
    assert made_up.quads(copied) == made_up.quads()


def test_a_cell_that_would_be_refused_goes_into_the_workbook_as_it_was(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    made_up.change(directory, "conferences", 2, date="32/7/2017")
    write_template(tmp_path / "out.xlsx", read_source(directory), TODAY, with_data=True)
    number = [column.key for column in TABLES["conferences"].columns].index("date")
    lines = list(Workbook(tmp_path / "out.xlsx").lines("Hội nghị"))
    assert [cells[number] for _, cells in lines[1:]] == ["32/7/2017", None]


def test_a_file_that_can_not_be_read_is_not_left_out(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    (directory / "members.csv").write_text("cluster,whatever\n", encoding="utf-8")
    with pytest.raises(DataErrors, match="no column has this heading"):
        write_template(tmp_path / "out.xlsx", read_source(directory), TODAY, with_data=True)
    assert not (tmp_path / "out.xlsx").exists()


def test_codes_that_are_in_the_workbook_stay_text_when_somebody_mends_them(tmp_path: Path) -> None:
    write_template(tmp_path / "out.xlsx", made_up.source(), TODAY, with_data=True)
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["Thành viên"]
    assert {sheet.cell(2, column).number_format for column in (1, 3, 4)} == {"@"}


def test_a_workbook_that_can_not_be_finished_leaves_nothing_behind(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    made_up.change(directory, "persons", 2, name="Nguyễn " * 5000)
    (tmp_path / "out.xlsx").write_text("the one before", encoding="utf-8")
    with pytest.raises(Exception, match="more than a cell or a sheet can hold"):
        write_template(tmp_path / "out.xlsx", read_source(directory), TODAY, with_data=True)
    assert (tmp_path / "out.xlsx").read_text(encoding="utf-8") == "the one before"
    assert not list(tmp_path.glob("*.part"))


def test_a_workbook_that_nobody_may_write_there_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"cannot write .*/none/a\.xlsx: No such file or directory$"):
        write_template(tmp_path / "none" / "a.xlsx", None, TODAY)


def test_the_same_records_make_the_same_workbook(tmp_path: Path) -> None:
    for name in ("1.xlsx", "2.xlsx"):
        write_template(tmp_path / name, made_up.source(), TODAY, with_data=True)
    first, second = ((tmp_path / name).read_bytes() for name in ("1.xlsx", "2.xlsx"))
    assert first == second
