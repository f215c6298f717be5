"""Names of units in rows: which unit of the registry each of them means, at the time that the row is about."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any, Protocol

from pyoxigraph import NamedNode

from loaders.errors import DataError, ResolutionError
from loaders.records.references import Moment, References
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


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that a cell names, as the registry knows it."""

    iri: NamedNode
    name: str


def located(row: Row, registry: Registry, references: References, errors: list[DataError]) -> Row:
    """The row with its units found and its posts turned into holdings; a name that is no one unit is an error."""
    values: dict[str, Any] = {}
    on = references.when(row)
    for column in row.table.columns:
        if column.key in row.values and column.kind in (Kind.UNIT, Kind.AGENT):
            try:
                values[column.key] = _find(row, column.key, on, registry)
            except ResolutionError as error:
                errors.append(row.placed(error, column.key))
        elif column.key in row.values and column.kind is Kind.HOLDING:
            values[column.key] = tuple(references.holding(row, post) for post in row.values[column.key])
    return dataclasses.replace(row, values={**row.values, **values}) if values else row


def _find(row: Row, column: str, on: Moment | None, registry: Registry) -> Unit:
    name = row.values[column]
    try:
        iri = registry.resolve(name, row.values.get(f"{column}_in"), on)
    except ResolutionError as error:
        if _BARE_CODE.fullmatch(name):
            error.hint = "a code needs its edition and all its zeros: 2004/06 a province, 2004/058 a district"
        elif error.candidates:
            # Not every table has a column for the day; a code always will do.
            error.hint = f"{error.hint}; or write {column} as edition and code, like 2004/188"
        raise
    return Unit(iri, registry.unit(iri).name)
