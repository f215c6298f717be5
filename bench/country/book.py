"""A part of the records while it is written: rows by table, how many there are, how many triples they will be."""

from __future__ import annotations

import csv
import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from loaders.namespaces import rdfs, skos, td
from loaders.records.schema import Column, Kind, Table
from loaders.records.tables import TABLES
from loaders.registry.unit import FIRST_DAY_2025

Cell = str | int
# The most that a sheet of Excel holds.
_ROWS = 1_048_576
_EPOCH = datetime.datetime(2026, 1, 1)
_SOUGHT = {rdfs.label, skos.altLabel, td.awardText, td.recipientText, td.authorityText, td.measure}
# What comes along with a row, once in a graph: an emulation unit, an organisation as one, a period; all attested.
_BESIDE = {Kind.AGENT: 5, Kind.MEMBER: 2, Kind.PERIOD: 7}
_PROVENANCE = 2


class Sheets(Protocol):
    """Wherever rows are written."""

    def write(self, table: Table, cells: Mapping[str, Cell]) -> int:
        """The row stands at the end of its table, on the line that is returned."""


@dataclass
class Spreadsheet:
    """A workbook with a sheet for each table that has rows, written row by row as staff would save it."""

    book: Workbook
    _sheets: dict[str, tuple[Worksheet, dict[str, int]]] = field(default_factory=dict)
    _lines: Counter[str] = field(default_factory=Counter)

    def write(self, table: Table, cells: Mapping[str, Cell]) -> int:
        """The row stands at the end of the table's sheet, on the line that is returned."""
        if table.key not in self._sheets:
            self._sheets[table.key] = self._begun(table)
        sheet, places = self._sheets[table.key]
        self._lines[table.key] += 1
        line = self._lines[table.key]
        if line >= _ROWS:
            raise SystemExit(f"a sheet of Excel has {_ROWS:,} rows: name more --spreadsheets")
        for key, cell in cells.items():
            if isinstance(cell, int):
                sheet.write_number(line, places[key], cell)
            elif cell:
                sheet.write_string(line, places[key], cell)
        return line + 1

    def _begun(self, table: Table) -> tuple[Worksheet, dict[str, int]]:
        sheet = self.book.add_worksheet(table.vi)
        for at, column in enumerate(table.columns):
            sheet.write_string(0, at, heading(column))
        return sheet, {column.key: at for at, column in enumerate(table.columns)}


@dataclass
class Tables:
    """A directory with a CSV file for each table that has rows."""

    directory: Path
    stack: ExitStack
    _writers: dict[str, csv.DictWriter[str]] = field(default_factory=dict)
    _lines: Counter[str] = field(default_factory=Counter)

    def write(self, table: Table, cells: Mapping[str, Cell]) -> int:
        """The row stands at the end of the table's file, on the line that is returned."""
        if table.key not in self._writers:
            path = self.directory / f"{table.key}.csv"
            stream = self.stack.enter_context(path.open("w", encoding="utf-8", newline=""))
            self._writers[table.key] = csv.DictWriter(stream, list(table.by_key), lineterminator="\n")
            self._writers[table.key].writeheader()
        self._writers[table.key].writerow(cells)
        self._lines[table.key] += 1
        return self._lines[table.key] + 1


@dataclass
class Book:
    """Rows on their way to sheets; `keys` are those that have to be minted, `triples` what a release makes of them.

    `ageless` are members of which nobody knows, without a history, since when they are there.
    """

    sheets: Sheets
    rows: Counter[str] = field(default_factory=Counter)
    keys: dict[tuple[str, str], None] = field(default_factory=dict)
    triples: int = 0
    ageless: int = 0

    def write(self, table: Table, cells: Mapping[str, Cell]) -> int:
        """The row stands in its table, on the line that is returned."""
        self.rows[table.key] += 1
        if table.key == "members" and "unit" in cells:
            self.ageless += int(cells["year"]) < FIRST_DAY_2025.year
        if table.keyed:
            self.keys[table.kind, str(cells["key"])] = None
        return self.sheets.write(table, cells)


@dataclass
class Report:
    """A source while it speaks: every row has a place of its own in a text that nobody wrote."""

    book: Book
    key: str
    _at: int = 0
    _told: set[tuple[Kind, Cell]] = field(default_factory=set)

    @classmethod
    def begun(cls, book: Book, key: str, title: str, published: str, **given: Cell) -> Report:
        """A source whose own row is written, and that speaks about nothing yet."""
        said: dict[str, Cell] = {
            "key": key,
            "kind": "synthetic",
            "title": f"[Dữ liệu tổng hợp] {title}",
            "publisher_name": "thidua, dữ liệu tổng hợp để thử",
            "published": published,
            "text_sha256": sha256(key.encode()).hexdigest(),
            "license": "https://creativecommons.org/publicdomain/zero/1.0/",
            "rights": "Dữ liệu tổng hợp: ngoài tên đơn vị hành chính, không có gì ở đây là thật.",
            **given,
        }
        cells = {key: cell for key, cell in said.items() if cell != ""}
        book.write(TABLES["sources"], cells)
        # The source bears witness to itself as a whole, and its graph is described among the others.
        book.triples += _facts(TABLES["sources"], cells) + 3 + _PROVENANCE
        return cls(book, key)

    def say(self, table: str, /, *, certainty: str = "stated", again: bool = False, **cells: Cell) -> int:
        """The row is said at the next place of the source, or `again` at the last one; its line is returned."""
        new = not (again and self._at)
        if new:
            self._at += 90
        found = {key: cell for key, cell in cells.items() if cell != ""}
        found |= {"source": self.key, "start": self._at - 70, "end": self._at, "certainty": certainty}
        self.book.triples += _facts(TABLES[table], found) + sum(self._beside(TABLES[table], found)) + 5 * new
        return self.book.write(TABLES[table], found)

    def _beside(self, table: Table, cells: Mapping[str, Cell]) -> Iterator[int]:
        for key, cell in cells.items():
            kind = table.by_key[key].kind
            if kind in _BESIDE and (kind, cell) not in self._told:
                self._told.add((kind, cell))
                yield _BESIDE[kind]


def _facts(table: Table, cells: Mapping[str, Cell]) -> int:
    """The statements about a row's own node, one of them that it is attested."""
    count = 1 + len(table.types)
    for key, cell in cells.items():
        column = table.by_key[key]
        values = str(cell).count("|") + 1 if column.many else 1
        count += column.kind is not Kind.TARGET_KIND and cell in column.classes
        count += values * ((column.says is not None) + (column.says in _SOUGHT))
    return count


def heading(column: Column) -> str:
    """What a sheet calls a column."""
    return f"{column.vi} *" if column.required else column.vi


@contextmanager
def spreadsheet(path: Path) -> Iterator[Book]:
    """A book whose rows stand in a workbook afterwards."""
    with Workbook(str(path), {"constant_memory": True, "strings_to_urls": False}) as book:
        book.set_properties({"title": "Dữ liệu tổng hợp · Synthetic data", "created": _EPOCH})
        yield Book(Spreadsheet(book))


@contextmanager
def tables(directory: Path) -> Iterator[Book]:
    """A book whose rows stand in CSV files afterwards."""
    with ExitStack() as stack:
        yield Book(Tables(directory, stack))


def write_ledger(path: Path, books: Iterable[Iterable[tuple[str, str]]]) -> None:
    """The ledger says that every key was minted."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        write = csv.writer(stream, lineterminator="\n").writerow
        write(("kind", "key", "minted", "note"))
        for keys in books:
            for kind, key in keys:
                write((kind, key, _EPOCH.date().isoformat(), ""))
