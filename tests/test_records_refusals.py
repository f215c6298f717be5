"""What staff must not be able to publish: every fault is refused where it stands, with the way out."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Quad

from loaders.candidate import Candidate
from loaders.errors import CountError, DataError, DataErrors, LedgerError, ResolutionError
from loaders.records import load
from loaders.records.tables import TABLES
from loaders.resources import ROOT
from loaders.source import read_source
from tests import made_up

CASES: list[dict[str, Any]] = tomllib.loads((made_up.HERE / "faults.toml").read_text(encoding="utf-8"))["case"]


def apply(case: dict[str, Any], directory: Path) -> int:
    """The case's fault stands in the directory; the line on which it does."""
    lines = made_up.rows(case["table"])
    line: int = case["line"]
    if case.get("again"):
        lines.append(list(lines[line - 1]))
        line = len(lines)
    for column, cell in case["set"].items():
        lines[line - 1][lines[0].index(column)] = cell
    made_up.write(directory / f"{case['table']}.csv", lines)
    return line


def told(case: dict[str, Any], line: int, errors: tuple[DataError, ...]) -> DataError:
    """The case's error among those of a reading."""
    here = [error for error in errors if error.line == line and error.message.startswith(case["message"])]
    assert here, "\n".join(map(str, errors))
    return here[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_fault_is_refused_with_its_place_and_the_way_out(case: dict[str, Any], tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    line = apply(case, directory)
    errors = made_up.faults(directory)
    error = told(case, line, errors)
    assert error.file == str(directory / f"{case['table']}.csv")
    assert error.column == case["column"]
    assert all(piece in (error.hint or "") for piece in case["hint"]), error.hint
    assert len(errors) == 1 or case.get("others"), "\n".join(map(str, errors))


@pytest.mark.parametrize("case", [case for case in CASES if not case.get("again")], ids=lambda case: case["name"])
def test_a_fault_shows_the_value_that_somebody_typed(case: dict[str, Any], tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    error = told(case, apply(case, directory), made_up.faults(directory))
    typed = case["set"].get(case["column"], "")
    assert error.value is None or str(error.value) in typed or typed in str(error.value)


def test_a_name_of_two_districts_is_refused_with_both(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    made_up.change(directory, "members", 2, unit_in="")
    error = made_up.fault(directory)
    assert isinstance(error, ResolutionError)
    assert [any(code in told for told in error.candidates) for code in ("2004/901", "2004/911")] == [True, True]
    assert "Mẫu Giang" in str(error)
    assert "2025-06-30" in str(error)


@pytest.mark.parametrize(("within", "year"), [("Mẫu Giang", "2017"), ("", "2026")])
def test_a_right_code_at_a_wrong_place_or_time_is_told_where_and_when_it_was(
    within: str, year: str, tmp_path: Path
) -> None:
    directory = made_up.copy(tmp_path)
    made_up.change(directory, "organisations", 3, unit="2004/901", unit_in=within, on=year)
    error = made_up.fault(directory)
    assert isinstance(error, ResolutionError)
    assert any("Mẫu Sơn" in told and "2004/901" in told and "2025-06-30" in told for told in error.candidates), str(
        error
    )


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    made_up.change(directory, "members", 2, certainty="?", start="x", unit="huyện Không Mẫu")
    made_up.change(directory, "figures", 3, value="năm", part_of="tap-the-2018")
    made_up.change(directory, "roles", 2, unit="huyện Không Mẫu")
    made_up.write(directory / "pacts.csv", [["cluster", "year", "source", "certainty", "hội nghj"], ["?"]])
    found = {(Path(error.file or "").stem, error.line, error.column) for error in made_up.faults(directory)}
    assert found == {
        ("members", 2, "certainty"),
        ("members", 2, "start"),
        ("figures", 3, "value"),
        ("figures", 3, "part_of"),
        ("roles", 2, "unit"),
        ("pacts", 1, None),
    }


def test_the_name_of_a_file_gives_no_orders_to_a_terminal(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    (directory / "movements.csv").rename(directory / "movements\x1b[2J\n.csv")
    told = str(made_up.fault(directory))
    assert r"/movements\x1b[2J\n.csv: no table has this name" in told
    assert told.isprintable()


def test_a_table_that_can_not_be_read_is_one_fault_and_not_one_for_each_reference(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    lines = made_up.rows("clusters")
    made_up.write(directory / "clusters.csv", [["kye", *lines[0][1:]], *lines[1:]])
    assert {error.file for error in made_up.faults(directory)} == {str(directory / "clusters.csv")}
    (directory / "clusters.csv").rename(directory / "clustres.csv")
    assert "clusters (Cụm, khối)" in (made_up.fault(directory).hint or "")


@pytest.mark.parametrize(
    ("table", "line", "cells"),
    [
        ("conferences", 2, {"date": "07/13/2017"}),
        ("conferences", 3, {"reviewed": "?"}),
        ("conferences", 2, {"key": "Hội nghị"}),
        ("sources", 2, {"text_sha256": "abc"}),
        ("sources", 2, {"key": "T 1"}),
        ("cluster_years", 2, {"year": "17"}),
        ("cluster_years", 2, {"cluster": "Cụm"}),
        ("holdings", 2, {"as_of": "?"}),
        ("holdings", 4, {"as_of": "?"}),
        ("holdings", 2, {"post": ""}),
        ("awards", 2, {"year": "17"}),
    ],
)
def test_nobody_is_blamed_for_the_fault_of_another_row(
    table: str, line: int, cells: dict[str, str], tmp_path: Path
) -> None:
    directory = made_up.copy(tmp_path)
    made_up.change(directory, table, line, **cells)
    error = made_up.fault(directory)
    assert (error.file, error.line) == (str(directory / f"{table}.csv"), line)


@pytest.mark.parametrize("date", ["2017-07-31", ""])
def test_a_conference_on_a_wrong_day_is_one_fault_with_both_places(date: str, tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    made_up.change(directory, "conferences", 2, date=date)
    error = made_up.fault(directory)
    assert error.message == "the conference and the posts that people held at it have different days"
    assert (error.file, error.line, error.column) == (str(directory / "conferences.csv"), 2, "date")
    assert f"{directory / 'holdings.csv'}:2 has 2017-07-13" in (error.hint or "")


def test_a_thousand_faults_end_the_reading(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    lines = made_up.rows("members")
    made_up.write(directory / "members.csv", [lines[0], *([*line[:-2], "?", ""] for line in lines[1:] * 400)])
    assert len(made_up.faults(directory)) == 1000


def test_nothing_is_written_of_records_with_a_fault(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    made_up.change(directory, "links", 2, status="?")
    candidate = Candidate(tmp_path)
    with pytest.raises(DataErrors):
        candidate.add("records", load(read_source(directory), made_up.registry()))
    assert candidate.files == []


def test_no_statement_follows_a_fault(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    made_up.change(directory, "sources", 2, url="?")
    found: list[Quad] = []
    with pytest.raises(DataErrors):
        found.extend(load(read_source(directory), made_up.registry()))
    assert found == []


def expecting(room: Path, counts: str) -> Path:
    """A copy of the records that expects these counts."""
    directory = made_up.copy(room)
    with (directory / "source.toml").open("a", encoding="utf-8") as description:
        description.write(f"[expected]\n{counts}\n")
    return directory


def test_a_table_with_fewer_rows_than_expected_is_refused(tmp_path: Path) -> None:
    directory = expecting(tmp_path, "members = 4\nroles = 2")
    error = made_up.fault(directory)
    assert isinstance(error, CountError)
    assert (error.file, error.column, error.value) == (str(directory / "source.toml"), "members", 3)
    assert "expected 4" in (error.hint or "")
    assert "write members = 3" in (error.hint or "")


@pytest.mark.parametrize("table", sorted(path.stem for path in made_up.HERE.glob("records/*.csv")))
def test_a_lost_file_is_one_fault_and_not_one_for_each_reference(table: str, tmp_path: Path) -> None:
    directory = expecting(tmp_path, f"{table} = {len(made_up.rows(table)) - 1}")
    (directory / f"{table}.csv").unlink()
    error = made_up.fault(directory)
    assert isinstance(error, CountError)
    assert f"write {table} = 0" in (error.hint or "")


def test_rows_may_be_added_without_telling_anybody(tmp_path: Path) -> None:
    assert made_up.quads(expecting(tmp_path, "members = 2\nroles = 1"))


@pytest.mark.parametrize("counts", ["links = 0", ""])
def test_a_table_that_nobody_expects_may_be_absent(counts: str, tmp_path: Path) -> None:
    directory = expecting(tmp_path, counts)
    (directory / "links.csv").unlink()
    assert made_up.quads(directory)


def test_an_expected_class_is_left_to_the_gate_and_a_misspelt_table_is_not(tmp_path: Path) -> None:
    error = made_up.fault(expecting(tmp_path, "Conference = 99\nmember = 3"))
    assert (error.message, error.column) == ("no table has this name", "member")
    assert "members" in (error.hint or "")


def test_the_records_expect_a_number_of_rows_of_every_table() -> None:
    assert set(read_source(ROOT / "data" / "records").expected) >= set(TABLES)


def test_without_the_ledger_no_key_is_believed(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    (tmp_path / "keys.csv").unlink()
    with pytest.raises(LedgerError, match="ledger is missing"):
        made_up.quads(directory)
