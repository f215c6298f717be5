"""Administrative units as values: what one is, and what it was in each stretch of time."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import NamedTuple

from pyoxigraph import NamedNode

from loaders.namespaces import entity

# The last day of the old map. Both laws took effect in June; the new units work since the day after.
LAST_DAY_2004 = date(2025, 6, 30)
FIRST_DAY_2025 = date(2025, 7, 1)

# The keys of the sources beside the two lists.
CHANGES = "registry-changes"
HISTORY = "registry-history"


class Version(NamedTuple):
    """A stretch of time in which a unit kept its name, type and parent.

    `start` and `end` are its first and last day. No `start`: unknown, though perhaps known to be valid at `floor`
    already. No `end`: still valid. `parent` is the parent's key in the same edition; acts are given by number.
    """

    name: str
    type: str
    parent: str | None
    source: str
    start: date | None = None
    floor: date | None = None
    end: date | None = None
    opened_by: tuple[str, ...] = ()
    closed_by: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    certainty: str = "stated"

    def overlaps(self, first: date, last: date) -> bool:
        """Whether it was valid on a day from first to last; an unknown start counts as valid before."""
        return (self.start is None or self.start <= last) and (self.end is None or first <= self.end)


class Unit(NamedTuple):
    """A unit of one edition of the code list, with its versions in order.

    `key` is its code, or `{code}-1` for the earlier holder of a code that was given twice. `name`, `type` and `parent`
    are the latest; `variants` are other spellings. `source` lists it; `naming` is the source of its name and type
    when that is another one. `start` is its first day, not known without a history for the units until 2025; `floor` a
    day on which it was there already. `recoded_to` is the key under which an ended unit went on.
    """

    edition: str
    key: str
    level: str
    name: str
    type: str
    parent: str | None
    source: str
    versions: tuple[Version, ...]
    variants: tuple[str, ...] = ()
    naming: str | None = None
    start: date | None = None
    floor: date | None = None
    recoded_to: str | None = None

    @property
    def code(self) -> str:
        """The code as the registry writes it."""
        return self.key.partition("-")[0]

    @property
    def end(self) -> date | None:
        """Its last day; None: it is still there."""
        return self.versions[-1].end

    @property
    def iri(self) -> NamedNode:
        """Its IRI: the code alone names nothing, for codes are given again."""
        return unit_iri(self.edition, self.key)


@cache
def unit_iri(edition: str, key: str) -> NamedNode:
    """The IRI of the unit with a key in an edition."""
    return entity("unit", edition, key)
