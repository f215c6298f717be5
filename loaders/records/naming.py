"""Names of units in rows: which unit of the registry each of them means, at the time that the row is about."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Protocol

from pyoxigraph import NamedNode

from loaders.errors import DataError, ResolutionError
from loaders.namespaces import key_of
from loaders.records.questions import Questions
from loaders.records.references import Moment
from loaders.records.rows import Row
from loaders.records.schema import Kind

# Provinces have two digits, districts three, communes five.
_BARE_CODE = re.compile(r"(?:(?:2004|2025)/)?\d+")


class Named(Protocol):
    """A unit, as far as rows look at it."""

    @property
    def name(self) -> str:
        """Its name in the registry."""


class Registry(Protocol):
    """Whoever knows which unit a name means: `loaders.gazetteer.Registry`."""

    def resolve(self, name: str, parent: str | None = None, on: Moment | None = None) -> NamedNode:
        """The one unit that is meant; ResolutionError otherwise."""

    def unit(self, iri: NamedNode) -> Named:
        """The unit with an IRI."""


class Unit(NamedTuple):
    """A unit that a cell names, as the registry knows it."""

    iri: NamedNode
    name: str


def located(row: Row, registry: Registry, questions: Questions, errors: list[DataError]) -> Row:
    """The row with its units found and its posts turned into holdings; a name that is no one unit is an error."""
    values: dict[str, Any] = {}
    for column in row.table.of_kind(Kind.UNIT, Kind.AGENT, Kind.HOLDING):
        if column.key not in row.values:
            continue
        if column.kind is Kind.HOLDING:
            values[column.key] = tuple(questions.holding(row, post) for post in row.values[column.key])
            continue
        try:
            values[column.key] = _find(row, column.key, questions.when(row), registry)
        except ResolutionError as error:
            errors.append(row.placed(error, column.key))
    return row._replace(values={**row.values, **values}) if values else row


def _find(row: Row, column: str, on: Moment | None, registry: Registry) -> Unit:
    name = row.values[column]
    try:
        iri = registry.resolve(name, row.values.get(f"{column}_in"), on)
    except ResolutionError as error:
        if known := _known(name, registry):
            raise _misplaced(row, column, on, registry, known) from error
        if _BARE_CODE.fullmatch(name):
            error.hint = "a code needs its edition and all its zeros: 2004/06 a province, 2004/058 a district"
        elif error.candidates:
            # Not every table has a column for the day; a code always will do.
            error.hint = f"{error.hint}; or write {column} as edition and code, like 2004/188"
        raise
    return Unit(iri, registry.unit(iri).name)


def _known(code: str, registry: Registry) -> Unit | None:
    """The unit that a cell names by its code, at whatever time and place."""
    if not _BARE_CODE.fullmatch(code):
        return None
    try:
        iri = registry.resolve(code)
    except ResolutionError:
        return None
    return Unit(iri, registry.unit(iri).name)


def _misplaced(row: Row, column: str, on: Moment | None, registry: Registry, known: Unit) -> ResolutionError:
    """The error for a right code at a wrong time or below a wrong parent."""
    code, parent = row.values[column], row.values.get(f"{column}_in")
    message, hint = "the unit of this code lies elsewhere", f"correct {column} or {column}_in"
    try:
        registry.resolve(code, None, on)
    except ResolutionError:
        message = f"the unit of this code did not exist then, {'in' if isinstance(on, int) else 'on'} {on}"
        hint = "write the code of the unit that did, or correct the year or day"
    return ResolutionError(message, [*_told(known, code, registry), *_instead(known, parent, on, registry)], hint=hint)


def _told(known: Unit, code: str, registry: Registry) -> list[str]:
    """How the registry tells of the unit: its name, what it lies in, from when to when."""
    try:
        # Nothing lies in nowhere: the refusal describes every unit of this name.
        registry.resolve(known.name, "?")
    except ResolutionError as error:
        if own := [told for told in error.candidates if f"({code}," in told]:
            return own
    return [f"{known.name} ({code})"]


def _instead(known: Unit, parent: str | None, on: Moment | None, registry: Registry) -> list[str]:
    """The unit that bears the name there and then, which is probably the one that was meant."""
    try:
        there = registry.resolve(known.name, parent, on)
    except ResolutionError:
        return []
    return [f"{registry.unit(there).name} ({key_of(there)[1]})"]
