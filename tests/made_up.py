"""Made-up records, small enough to see through, and copies of them with something changed."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import Quad

from loaders.errors import DataError, DataErrors
from loaders.gazetteer import Registry
from loaders.records import load
from loaders.registry.unit import Unit, Version
from loaders.source import Source, read_source

HERE = Path(__file__).resolve().parent / "fixtures" / "records"


@cache
def registry() -> Registry:
    """The made-up units by name."""
    with (HERE / "registry.csv").open(encoding="utf-8", newline="") as stream:
        return Registry([_unit(row) for row in csv.DictReader(stream)])


def _unit(row: dict[str, str]) -> Unit:
    first, last = (date.fromisoformat(row[day]) if row[day] else None for day in ("first", "last"))
    parent = row["parent"] or None
    version = Version(row["name"], row["type"], parent, "registry", start=first, end=last)
    return Unit(row["edition"], row["code"], row["level"], row["name"], row["type"], parent, "registry", (version,))


def source() -> Source:
    """The records as they are."""
    return read_source(HERE / "records")


def copy(room: Path) -> Path:
    """A directory with the records, its ledger beside it, to change something in."""
    shutil.copy(HERE / "keys.csv", room / "keys.csv")
    shutil.copytree(HERE / "records", room / "records")
    return room / "records"


def empty(room: Path) -> Path:
    """A directory without records, the ledger beside it."""
    shutil.copy(HERE / "keys.csv", room / "keys.csv")
    (room / "records").mkdir()
    shutil.copy(HERE / "records" / "source.toml", room / "records")
    return room / "records"


def rows(table: str) -> list[list[str]]:
    """The lines of a table, headings first."""
    with (HERE / "records" / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def write(path: Path, lines: list[list[str]], delimiter: str = ",", encoding: str = "utf-8") -> None:
    """The lines stand in a CSV file."""
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(lines)


def change(directory: Path, table: str, line: int, **cells: str) -> None:
    """Some cells of a line of a table hold something else; line 1 are the headings."""
    lines = rows(table)
    for column, cell in cells.items():
        lines[line - 1][lines[0].index(column)] = cell
    write(directory / f"{table}.csv", lines)


def quads(directory: Path | None = None) -> list[Quad]:
    """What the records say."""
    return list(load(read_source(directory) if directory else source(), registry()))


def faults(directory: Path) -> tuple[DataError, ...]:
    """The faults for which records are refused; the test fails when there are none."""
    with pytest.raises(DataErrors) as refused:
        quads(directory)
    return refused.value.errors


def fault(directory: Path) -> DataError:
    """The one fault for which records are refused."""
    found = faults(directory)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]
