"""CSV files as spreadsheets write them in Vietnam: comma, semicolon or tab, one encoding or another."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from loaders.records.tables import TABLES
from tests import made_up


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_says_the_same_in_every_form(delimiter: str, encoding: str, tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    for table in TABLES:
        made_up.write(directory / f"{table}.csv", made_up.rows(table), delimiter, encoding)
    assert made_up.quads(directory) == made_up.quads()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_headings_in_vietnamese_may_hold_commas(delimiter: str, tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    _, *lines = made_up.rows("roles")
    made_up.write(directory / "roles.csv", [[column.vi for column in TABLES["roles"].columns], *lines], delimiter)
    assert set(made_up.quads(directory)) == set(made_up.quads())


def test_decomposed_letters_and_odd_spaces_are_the_same_text(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    for path in directory.glob("*.csv"):
        spoilt = unicodedata.normalize("NFD", path.read_text(encoding="utf-8")).replace("tỉnh ", "tỉnh\u00a0 ")
        path.write_text(spoilt.replace("\n", "\r\n"), encoding="utf-8", newline="")
    assert made_up.quads(directory) == made_up.quads()


def test_a_file_may_say_its_delimiter_in_a_line_of_its_own(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    made_up.write(directory / "members.csv", made_up.rows("members"), ";")
    path = directory / "members.csv"
    path.write_text("sep=;\n" + path.read_text(encoding="utf-8").replace("t1;200", "t9;200"), encoding="utf-8")
    assert made_up.fault(directory).line == 3


def test_a_file_in_an_old_vietnamese_encoding_is_refused_with_the_line(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    path = directory / "movements.csv"
    ascii_only = path.read_text(encoding="utf-8").splitlines()
    path.write_bytes("\n".join([ascii_only[0], "m1,Chung s\u00fac,,phong-trao"]).encode("cp1258"))
    error = made_up.fault(directory)
    assert error.message.startswith("not in UTF-8")
    assert (error.file, error.line) == (str(path), 2)
    assert "CSV UTF-8" in (error.hint or "")


def test_a_quotation_mark_that_is_not_closed_is_refused_with_the_line(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    path = directory / "pacts.csv"
    path.write_text(path.read_text(encoding="utf-8") + '"cum,2017\n', encoding="utf-8")
    error = made_up.fault(directory)
    assert error.message.startswith("not CSV")
    assert (error.file, error.line) == (str(path), 3)


@pytest.mark.parametrize(("encoding", "width"), [("utf-8", 1), ("utf-8-sig", 1), ("utf-16", 2)])
def test_a_file_cut_short_in_the_middle_of_a_row_is_refused_with_the_line(
    encoding: str, width: int, tmp_path: Path
) -> None:
    directory = made_up.copy(tmp_path)
    for table in ("citations", "sources", "rankings"):
        path, rows = directory / f"{table}.csv", made_up.rows(table)
        made_up.write(path, [*rows[:-1], rows[-1][:-1]], encoding=encoding)
        os.truncate(path, path.stat().st_size - 2 * width)
        told = {(error.message, error.file, error.line) for error in made_up.faults(directory)}
        assert ("the file ends in the middle of a row", str(path), len(rows)) in told
        made_up.write(path, rows)


def test_the_last_row_may_lack_its_end_or_its_last_cells(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    path = directory / "sources.csv"
    said = path.read_text(encoding="utf-8")
    for other in (said.rstrip("\n"), said.rstrip(",\n") + "\n", said + " "):
        path.write_text(other, encoding="utf-8", newline="")
        assert made_up.quads(directory) == made_up.quads()


def test_a_comma_without_quotation_marks_is_a_cell_too_many(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    path = directory / "movements.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("thi đua mẫu,,", "thi đua, mẫu,,", 1), encoding="utf-8")
    assert any("quotation marks" in (error.hint or "") for error in made_up.faults(directory))


def test_a_row_is_told_by_the_line_on_which_it_begins(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    path = directory / "persons.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("synthetic", '"hai\ndòng"')
    lines[2] = lines[2].replace("t2", "t9")
    path.write_text("\n".join([lines[0], "", ",,,", *lines[1:]]), encoding="utf-8")
    assert made_up.fault(directory).line == 6


def test_a_file_may_have_the_table_s_vietnamese_name(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    (directory / "members.csv").rename(directory / "Thành viên.csv")
    assert set(made_up.quads(directory)) == set(made_up.quads())


def test_a_file_that_is_no_table_is_refused_with_the_nearest(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    (directory / "members.csv").rename(directory / "member.csv")
    error = made_up.fault(directory)
    assert error.file == str(directory / "member.csv")
    assert "members (Thành viên)" in (error.hint or "")


def test_a_directory_without_tables_says_nothing(tmp_path: Path) -> None:
    assert made_up.quads(made_up.empty(tmp_path)) == []
