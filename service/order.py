"""The order of a release, asked: which rows of a long list come where, and how many there are.

It was made with the release, by the question's own words (`loaders.release.order`); one that was made by other words is
not read, and what it does not know, the question is asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import partial, reduce
from operator import and_

from pyroaring import BitMap

from loaders.release import Release
from loaders.release.lists import By, LongList, long_lists
from loaders.release.order import EDITION, Row, beginning
from service.binding import Bound
from service.drawer import Drawer
from service.place import look
from service.query import LANG

# As many words are looked for each by itself, as in SPARQL (`service.binding`); of more, the last stand together.
_WORDS = 8
# After every text.
_LAST = "\U0010ffff"
_FOUND = "FROM found WHERE param = ? AND layer = ?"
_PLACES = f"SELECT places {_FOUND}"


class Order:
    """The order of a long list in a release."""

    def __init__(self, asked: LongList, drawer: Drawer, base: str, rows: int) -> None:
        self._asked, self._drawer, self._base, self._rows = asked, drawer, base, rows

    @classmethod
    def of(cls, release: Release, name: str) -> Order | None:
        """The order of a list of this name; None if the release has none that is read here."""
        if (path := release.order(name)) is None or (asked := long_lists().get(name)) is None:
            return None
        drawer = Drawer(path, "order of the list", partial(look, release))
        with drawer.once() as file:
            if file.execute("PRAGMA user_version").fetchone() != (EDITION,):
                return None
            found, rows = file.execute("SELECT sum, rows FROM told").fetchone()
        return cls(asked, drawer, release.base, rows) if found == asked.sum else None

    def close(self) -> None:
        """Its file is not open here, as soon as nobody asks it."""
        self._drawer.close()

    def knows(self, bound: Bound) -> bool:
        """Whether it finds rows by all that is asked for."""
        return all(name in self._asked.by for name in bound.values if name != LANG.name)

    def exact(self, bound: Bound) -> bool:
        """Whether it finds no others besides."""
        return all(len(words) <= _WORDS for words in self._words(bound).values())

    def places(self, bound: Bound) -> BitMap:
        """Where the rows are that are asked for, and maybe some others."""
        found, words = BitMap(range(self._rows)), self._words(bound)
        with self._drawer.connected() as file:
            for name in bound.values:
                if name in words:
                    found &= _named(file, name, words[name])
                elif name != LANG.name:
                    values = [str(row[0].value).removeprefix(self._base) for row in bound.terms[name]]
                    found &= _found(file, name, self._asked.by[name], values)
        return found

    def known(self, things: Iterable[str], param: str) -> Mapping[str, list[str]]:
        """By which values of a parameter the rows about some things are found, by thing; all rows are gone through."""
        wanted = {thing.removeprefix(self._base) for thing in things}
        with self._drawer.connected() as file:
            rows = file.execute("SELECT thing, place FROM row").fetchall()
            found = file.execute(f"SELECT value, places {_FOUND} ORDER BY value", (param, 0)).fetchall()
        places = {thing: place for thing, place in rows if thing in wanted}
        values = [(value, BitMap.deserialize(packed)) for value, packed in found]
        return {self._base + thing: [value for value, bits in values if at in bits] for thing, at in places.items()}

    def _words(self, bound: Bound) -> dict[str, list[str]]:
        by = {name: self._asked.by[name] for name in bound.values if name != LANG.name}
        return {name: str(bound.terms[name][0][0].value).split() for name in by if by[name].words}

    def rows(self, places: Iterable[int]) -> Sequence[Row]:
        """What the rows at these places are about, and the sums of their keys."""
        with self._drawer.connected() as file:
            found = (
                file.execute("SELECT thing, sum FROM row WHERE place = ?", (place,)).fetchone() for place in places
            )
            return [Row(self._base + thing, told) for thing, told in found]


def orders(release: Release) -> Mapping[str, Order]:
    """The orders that a release has, by the name of the question."""
    found = ((name, Order.of(release, name)) for name in long_lists())
    return {name: order for name, order in found if order is not None}


def _found(file: sqlite3.Connection, name: str, by: By, values: Sequence[str]) -> BitMap:
    if by.spans:
        first, last = (f"{name} {variable}" for variable in by.variables)
        return _between(file, first, "", values[0]) - _between(file, last, "", values[0], but=values[0])
    if by.type in ("since", "until"):
        return _between(file, name, values[0], _LAST) if by.type == "since" else _between(file, name, "", values[0])
    return BitMap().union(*(_at(file, name, 0, value) for value in values))


def _named(file: sqlite3.Connection, name: str, words: Sequence[str]) -> BitMap:
    """Where one name has all words, or begins words of it with them."""
    layers = file.execute("SELECT max(layer) FROM found WHERE param = ?", (name,)).fetchone()[0]
    found = (reduce(and_, (_begun(file, name, layer, word) for word in words)) for layer in range((layers or 0) + 1))
    return BitMap().union(*found)


def _begun(file: sqlite3.Connection, name: str, layer: int, word: str) -> BitMap:
    return _at(file, name, layer, beginning(word)) or _between(file, name, word, word + _LAST, layer=layer)


def _at(file: sqlite3.Connection, name: str, layer: int, value: str) -> BitMap:
    found = file.execute(f"{_PLACES} AND value = ?", (name, layer, value)).fetchone()
    return BitMap.deserialize(found[0]) if found else BitMap()


def _between(
    file: sqlite3.Connection, name: str, first: str, last: str, layer: int = 0, but: str | None = None
) -> BitMap:
    found = file.execute(f"{_PLACES} AND value BETWEEN ? AND ? AND value IS NOT ?", (name, layer, first, last, but))
    return BitMap().union(*(BitMap.deserialize(places) for (places,) in found))
