"""What a page says, and who says so: values, witnesses, facts."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Value:
    """A value as shown: its words, and the address behind it if it is a thing."""

    label: str
    iri: str | None = None
    lang: str | None = None


@dataclass(frozen=True)
class Witness:
    """Where a statement comes from: the source, the place in it, and how plainly it says so."""

    source: Value
    certainty: Value
    start: str | None = None
    end: str | None = None
    published: str | None = None
    publisher: str | None = None
    url: str | None = None
    iri: str | None = None


@dataclass(frozen=True)
class Said:
    """A value, and the witnesses that give it."""

    value: Value
    witnesses: list[Witness]


@dataclass(frozen=True)
class Fact:
    """What is said of a thing under one property; `contested` when two sources give two values."""

    name: Value
    said: list[Said]
    contested: bool = False

    @property
    def together(self) -> bool:
        """Whether the same witnesses give every value."""
        return all(each.witnesses == self.said[0].witnesses for each in self.said)


def plainest(witnesses: Iterable[Witness]) -> str:
    """The best certainty among the witnesses.

    >>> said = [Witness(Value("a"), Value("?", "x/ambiguous")), Witness(Value("b"), Value("≈", "x/inferred"))]
    >>> plainest(said), plainest([])
    ('inferred', 'ambiguous')
    """
    found = {tail(witness.certainty.iri) for witness in witnesses if witness.certainty.iri}
    return next((each for each in ("stated", "inferred") if each in found), "ambiguous")


def written(date: str, lang: str) -> str:
    """A day as people write it in a language; what is no whole day stays as it is.

    >>> written("2017-07-14", "vi"), written("2017-07-14", "en"), written("2017", "vi")
    ('14/7/2017', '14 July 2017', '2017')
    """
    try:
        found = datetime.date.fromisoformat(date)
    except ValueError:
        return date
    return f"{found.day}/{found.month}/{found.year}" if lang == "vi" else f"{found.day} {found:%B} {found.year}"


def tail(iri: str) -> str:
    """The last part of an IRI.

    >>> tail("https://w3id.org/thidua/concept/certainty/stated")
    'stated'
    """
    return iri.rstrip("/").rpartition("#")[2].rpartition("/")[2] or iri
