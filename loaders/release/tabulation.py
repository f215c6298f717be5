"""A dataset as a workbook: a sheet for each kind of thing, a row for each thing, a column for each property."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse
from xlsxwriter import Workbook

from loaders.namespaces import key_of, rdf, rdfs, skos, xsd
from loaders.release import base as bases
from loaders.resources import ontology_files

BETWEEN = " | "
_LAST_ROW = 1_048_575  # of a sheet, counted from 0
_LONGEST = 32_767  # characters in a cell
# These come first; what is borrowed has no Vietnamese label in the ontology.
_FIRST = {rdf.type: "lớp", rdfs.label: "tên", skos.altLabel: "tên khác"}

Values = dict[NamedNode, list[NamedNode | Literal]]


def write(quads: Callable[[], Iterator[Quad]], base: str, created: datetime, path: Path) -> None:
    """The workbook stands in the path. `quads` gives the dataset anew, sorted: it is read twice, never held."""
    columns: dict[str, set[NamedNode]] = {}
    for kind, _, values in _things(quads(), base):
        columns.setdefault(kind, set()).update(values)
    headings = _headings(set().union(*columns.values()), base)
    with Workbook(str(path), {"constant_memory": True}) as book:
        book.set_properties({"created": created.replace(tzinfo=None)})
        sheets = {kind: _Sheet(book, kind, _ordered(columns[kind], headings), headings) for kind in sorted(columns)}
        for kind, iri, values in _things(quads(), base):
            sheets[kind].add(iri, values)


@dataclass
class _Sheet:
    """A kind's sheet, and the next one when it is full."""

    book: Any
    kind: str
    columns: list[NamedNode]
    headings: Mapping[NamedNode, str]
    _number: int = 0
    _row: int = _LAST_ROW
    _sheet: Any = field(default=None)

    def add(self, iri: str, values: Values) -> None:
        """The thing has a row."""
        if self._row == _LAST_ROW:
            self._open()
        self._row += 1
        self._sheet.write_string(self._row, 0, iri)
        for place, column in enumerate(self.columns, start=1):
            self._fill(place, values.get(column, []))

    def _open(self) -> None:
        self._number += 1
        self._row = 0
        name = self.kind if self._number == 1 else f"{self.kind} ({self._number})"
        self._sheet = self.book.add_worksheet(name[:31])
        bold = self.book.add_format({"bold": True})
        self._sheet.freeze_panes(1, 1)
        self._sheet.set_column(0, len(self.columns), 28)
        for place, heading in enumerate(["IRI", *(self.headings[column] for column in self.columns)]):
            self._sheet.write_string(0, place, heading, bold)

    def _fill(self, place: int, values: list[NamedNode | Literal]) -> None:
        if len(values) == 1 and isinstance(values[0], Literal) and values[0].datatype in (xsd.integer, xsd.decimal):
            self._sheet.write_number(self._row, place, float(values[0].value))
        elif values:
            # write_string, so that no text becomes a formula, a number or a link.
            self._sheet.write_string(self._row, place, BETWEEN.join(value.value for value in values)[:_LONGEST])


def _things(quads: Iterator[Quad], base: str) -> Iterator[tuple[str, str, Values]]:
    """Kind, IRI and values of every thing; what several sources state comes once."""
    for subject, said in groupby(quads, key=lambda quad: quad.subject):
        if isinstance(subject, NamedNode) and subject.value.startswith(f"{base}id/"):
            values: Values = {}
            for quad in said:
                known = values.setdefault(quad.predicate, [])
                if quad.object not in known and isinstance(quad.object, NamedNode | Literal):
                    known.append(quad.object)
            yield key_of(subject, base)[0], subject.value, values


def _ordered(columns: set[NamedNode], headings: Mapping[NamedNode, str]) -> list[NamedNode]:
    first = [column for column in _FIRST if column in columns]
    return first + sorted(columns - set(first), key=lambda column: headings[column])


def _headings(columns: set[NamedNode], base: str) -> dict[NamedNode, str]:
    """What stands above a property's column: its Vietnamese label, or `prefix:name` for a borrowed one."""
    move = bases.moved(base) or (lambda line: line)
    labels: dict[str, str] = {}
    for file in ontology_files():
        for quad in parse(path=file, format=RdfFormat.TURTLE):
            if quad.predicate == rdfs.label and isinstance(quad.object, Literal) and quad.object.language == "vi":
                labels[move(str(quad.subject).encode()).decode()] = quad.object.value
    return {column: _FIRST.get(column) or labels.get(str(column)) or _short(column.value, base) for column in columns}


def _short(iri: str, base: str) -> str:
    spaces = bases.prefixes(base).items()
    return next((f"{name}:{iri.removeprefix(space)}" for name, space in spaces if iri.startswith(space)), iri)
