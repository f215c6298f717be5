"""What people look for in a release: a thing with a name, and what tells it from its namesakes."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from loaders.identity import match_key, search_key

# The kinds of things, in the order in which they stand when they fit equally well.
KINDS = (
    *("unit", "cluster", "organisation", "person", "post", "conference", "movement", "award", "concept", "act"),
    *("source", "figure", "emulation-unit"),
)
LEVELS = ("province", "district", "commune")

# A value as it is shown: the IRI behind it, without the base, and its words.
Value = tuple[str | None, str]


class Name(NamedTuple):
    """A way to call a thing: as it is written, its key without marks, its key with them."""

    written: str
    key: str
    marked: str


class Thing(NamedTuple):
    """A thing by its IRI, without the base. The first of its names is its label.

    `place` is where it stands among things that fit equally well; `around` are words by which it is known beside its
    names; `first` and `last` are the days or years when it began and ended, or happened; `beside` says which of its
    namesakes it is, `today` what a unit has become.
    """

    iri: str
    kind: str
    label: str
    english: str | None
    place: int
    names: tuple[Name, ...]
    around: frozenset[str]
    first: str | None
    last: str | None
    years: tuple[int, ...]
    provinces: tuple[str, ...]
    beside: tuple[Value, ...]
    today: tuple[Value, ...]


# The same names come again and again: of parents, of namesakes, of what there is today.
_KNOWN = 65_536
folded = lru_cache(maxsize=_KNOWN)(search_key)


@lru_cache(maxsize=_KNOWN)
def named(written: str) -> Name:
    """A name with its keys.

    >>> named("TP. Hoà Bình")
    Name(written='TP. Hoà Bình', key='thanh pho hoa binh', marked='thành phố hòa bình')
    """
    return Name(written, folded(written), match_key(written))


def kind_of(iri: str) -> str | None:
    """The kind of a thing, if people look for things of that kind.

    >>> kind_of("id/unit/2004/182"), kind_of("concept/award/bang-khen"), kind_of("id/witness/s1"), kind_of("concept/a")
    ('unit', 'concept', None, None)
    """
    parts = iri.split("/")
    if parts[0] == "concept":
        return "concept" if len(parts) == 3 else None
    return parts[1] if parts[0] == "id" and len(parts) > 2 and parts[1] in KINDS else None
