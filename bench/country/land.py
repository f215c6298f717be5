"""The places of the country: units of the real registry, each with the words by which a spreadsheet names it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from loaders import registry
from loaders.errors import ResolutionError
from loaders.gazetteer import Registry
from loaders.registry.unit import FIRST_DAY_2025, Unit

# A year in which each edition is in force, from one end to the other.
YEARS = {"2004": 2010, "2025": 2026}


@dataclass(frozen=True)
class Place:
    """A unit: its name, what to write for it and for what it lies in. In 2025 itself only the code is unambiguous."""

    code: str
    name: str
    written: str
    within: str
    below: tuple[Place, ...] = ()

    def cells(self, column: str, year: int | None = None) -> dict[str, str]:
        """The two cells that name it in a row of that year."""
        if year == FIRST_DAY_2025.year:
            return {column: self.code}
        return {column: self.written, f"{column}_in": self.within}


def read_land(directory: Path) -> Mapping[str, tuple[Place, ...]]:
    """The provinces by edition, with their districts and communes below them."""
    units = registry.read(directory, None).units
    known, below = Registry(units), defaultdict(list)
    for unit in units:
        if _lasting(unit):
            below[unit.edition, unit.parent].append(unit)
    return {edition: _places(edition, None, (), below, known) for edition in YEARS}


def _lasting(unit: Unit) -> bool:
    # A unit that changed within its edition is left out: its name would hang on the day.
    return len(unit.versions) == 1 and (unit.start in (None, FIRST_DAY_2025)) and "-" not in unit.key


def _places(
    edition: str,
    parent: str | None,
    above: tuple[str, ...],
    below: Mapping[tuple[str, str | None], Iterable[Unit]],
    known: Registry,
) -> tuple[Place, ...]:
    found = []
    for unit in sorted(below[edition, parent], key=lambda unit: unit.key):
        name = unit.name[0].lower() + unit.name[1:]
        inner = _places(edition, unit.key, (name, *above), below, known)
        written, within = _words(unit, name, ", ".join(above), known)
        found.append(Place(f"{edition}/{unit.key}", name, written, within, inner))
    return tuple(found)


def _words(unit: Unit, name: str, within: str, known: Registry) -> tuple[str, str]:
    """Name and parents where these mean the unit, its code where they do not."""
    try:
        if known.resolve(name, within or None, YEARS[unit.edition]) == unit.iri:
            return name, within
    except ResolutionError:
        pass
    return f"{unit.edition}/{unit.key}", ""
