"""A question: what stands in a cell, what is said besides, and what may come of it."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from service.reconcile.directory import Directory, Entry
from service.reconcile.register import Register, Unit, Version
from service.reconcile.wording import Cell

Made = TypeVar("Made")
# Work in pieces of some milliseconds, between which whoever has it done may do something else.
Pieces = Generator[None, None, Made]

# What remains of a score when a thing that was said is not so.
CONTRARY = 0.3
_YEAR = re.compile(r"\d{4}")
_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?:T.*)?")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
# Under these names the same may be said: where a thing lies, and when it was there.
PLACE, TIME = ("parent", "within", "place", "province"), ("date", "year")


@dataclass(frozen=True)
class Question:
    """What is asked for one cell: what stands in it, what is said besides (property → values), and how many to give.

    `types` are those wanted, none if any; `every` if a thing must be of all of them.
    """

    cell: Cell
    said: dict[str, list[str]]
    types: frozenset[str]
    limit: int
    every: bool = False

    def told(self, *names: str) -> list[str]:
        """What is said under any of these names."""
        return [value for name in names for value in self.said.get(name, ())]

    def wants(self, *types: str) -> bool:
        """Whether a thing of these types is asked for."""
        return self.types <= set(types) if self.every else not self.types or bool(self.types & set(types))


@dataclass(frozen=True)
class Book:
    """Where things are looked up by name: units, and everything else."""

    register: Register
    directory: Directory


class Candidate(NamedTuple):
    """A thing with its score and the features behind it; `version` says under which name a unit is meant.

    `sure` if nothing forbids to take it for what is meant when its score is high.
    """

    thing: Unit | Entry
    version: Version | None
    score: float
    features: dict[str, float]
    sure: bool


def key_of(text: str, base: str) -> str:
    """The key of the unit that an IRI, an identifier of this service or a key names; of other things the identifier.

    >>> key_of("https://w3id.org/thidua/id/unit/2004/182", "https://w3id.org/thidua/")
    '2004/182'
    """
    return text.strip().removeprefix(base).removeprefix("id/").removeprefix("unit/")


def span(text: str) -> tuple[str, str] | None:
    """The first and the last day of what was written: a day, a month or a year; None if it is none.

    >>> span("2017"), span("14/7/2017")
    (('2017-01-01', '2017-12-31'), ('2017-07-14', '2017-07-14'))
    """
    text = text.strip()
    if _YEAR.fullmatch(text):
        return f"{text}-01-01", f"{text}-12-31"
    if match := _SLASHED.fullmatch(text):
        day, month, year = match.groups()
        return (f"{year}-{month:0>2}-{day:0>2}",) * 2
    if match := _DAY.fullmatch(text):
        year, month, day_or_none = match.groups()
        return (f"{year}-{month}-{day_or_none or '01'}", f"{year}-{month}-{day_or_none or '31'}")
    return None
