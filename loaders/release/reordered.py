"""The order of a long list after a change: that of the release before, in which some things have other rows.

Their rows are asked for, and find their places between those that stay by being compared with some of these. What is
compared here is only a guess at how the engine orders terms: it is asked for the new rows and their neighbours, and
must have them in the same order. Then the whole is as if it had been asked for, since the others' order is the former.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import total_ordering
from itertools import islice
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, QuerySolution, Store

from loaders.namespaces import xsd
from loaders.release.lists import SORTED, LongList
from loaders.release.order import Found, Row, Rows, marked, ordered, put, read, row_of, solved

# Things that are asked for at once: of many more, the engine goes through all there are.
_SOME = 100
# Where more than one thing in so many has other rows, asking for all is faster.
_ONE_IN = 4
_NUMBERS = (xsd.integer, xsd.decimal)

# What tells where a row stands.
Key = tuple[Any, ...]


class Anew(Exception):
    """The order has to be made anew: it is not certain that the changed one is the question's, or that is slower."""


def reorder(former: Path, things: Collection[str], asked: LongList, store: Store, base: str, path: Path) -> None:
    """The order of a list stands in the file: the former one, in which these things have their rows of now.

    Anew when that cannot be said, or these are most of them.
    """
    rows, known = read(former, asked)
    if _ONE_IN * len(things) > max(len(rows), _SOME):
        raise Anew
    asking = _Asking(asked, store, base)
    stay = [place for place, row in enumerate(rows) if row.thing not in things]
    fresh, keys = asking.rows(things)
    if len(stay) == len(rows) and not fresh.rows:
        shutil.copyfile(former, path)
        return
    ends = _sought(asking, keys, [rows[place] for place in stay])
    merged, moved, places = _merged(rows, stay, fresh.rows, ends)
    asking.confirm(merged, places)
    new = Rows(fresh.rows, [places[place] for place in fresh.places], fresh.values)
    found: Found = marked(asked, new, store, base)
    for mark, before in known.items():
        if now := [moved[place] for place in before if place in moved]:
            found[mark] = [*now, *found.get(mark, ())]
    put(asked, merged, found, path)


def _sought(asking: _Asking, keys: Sequence[Key], stay: Sequence[Row]) -> list[int]:
    """Before how many of the rows that stay each key comes."""
    low, high = [0] * len(keys), [len(stay)] * len(keys)
    known: dict[int, Key] = {}
    while wanted := {(a + b) // 2 for a, b in zip(low, high, strict=True) if a < b}:
        known.update(asking.keys({place: stay[place] for place in wanted - known.keys()}))
        for number, key in enumerate(keys):
            if (a := low[number]) < (b := high[number]):
                middle = (a + b) // 2
                if known[middle] < key:
                    low[number] = middle + 1
                else:
                    high[number] = middle
    return low


def _merged(
    rows: Sequence[Row], stay: Sequence[int], fresh: Sequence[Row], ends: Sequence[int]
) -> tuple[list[Row], dict[int, int], list[int]]:
    """All rows; where each of those that stay has moved to; and the places of the fresh ones."""
    merged: list[Row] = []
    moved, places, begun = dict[int, int](), list[int](), 0
    for row, end in zip((*fresh, None), (*ends, len(stay)), strict=True):
        for place in stay[begun:end]:
            moved[place] = len(merged)
            merged.append(rows[place])
        begun = end
        if row is not None:
            places.append(len(merged))
            merged.append(row)
    return merged, moved, places


class _Asking:
    """The question of a list, asked of some things."""

    def __init__(self, asked: LongList, store: Store, base: str) -> None:
        self._asked, self._store, self._base = asked, store, base
        self._falling = [falling for _, falling in asked.keys.sorted]

    def rows(self, things: Iterable[str]) -> tuple[Rows, list[Key]]:
        """The rows about things in order, and the key of each."""
        found = sorted(((self._key(each), each) for each in self._solutions(things)), key=lambda pair: pair[0])
        rows = ordered((solution for _, solution in found), self._asked, self._base)
        first = {place: key for place, (key, _) in reversed(list(zip(rows.places, found, strict=True)))}
        return rows, [first[place] for place in range(len(rows.rows))]

    def keys(self, rows: dict[int, Row]) -> dict[int, Key]:
        """The keys of rows, by what they are called; Anew when one is not there."""
        found: dict[Row, Key] = {}
        for solution in self._solutions(row.thing for row in rows.values()):
            row, key = row_of(solution, self._asked, self._base), self._key(solution)
            found[row] = min(key, found.get(row, key))
        if not found.keys() >= set(rows.values()):
            raise Anew
        return {number: found[row] for number, row in rows.items()}

    def confirm(self, merged: Sequence[Row], places: Iterable[int]) -> None:
        """Nothing, when the engine has the rows at these places after and before those that are beside them here."""
        near = sorted({beside for place in places for beside in (place - 1, place, place + 1)})
        near = [place for place in near if 0 <= place < len(merged)]
        for start in range(0, len(near), _SOME - 1):
            some = dict.fromkeys(merged[place] for place in near[start : start + _SOME])
            solutions = self._solutions(row.thing for row in some)
            rows = (row_of(solution, self._asked, self._base) for solution in solutions)
            if [row for row in dict.fromkeys(rows) if row in some] != list(some):
                raise Anew

    def _solutions(self, things: Iterable[str]) -> Iterator[QuerySolution]:
        rest = iter(dict.fromkeys(things))
        while some := list(islice(rest, _SOME)):
            text = self._asked.keys.about_these([self._base + thing for thing in some], self._asked.sought)
            yield from solved(self._store, text, self._base)

    def _key(self, solution: QuerySolution) -> Key:
        terms = (solution[f"{SORTED}{number}"] for number in range(len(self._falling)))
        return tuple(
            _Falling(_guess(term)) if falling else _guess(term)
            for term, falling in zip(terms, self._falling, strict=True)
        )


def _guess(term: object) -> tuple[int, Any]:
    """What is compared instead of a term: nothing comes before IRIs, these before numbers, and these before texts."""
    if term is None:
        return 0, ""
    if isinstance(term, NamedNode):
        return 1, term.value
    if not isinstance(term, Literal):
        raise Anew
    return (2, Decimal(term.value)) if term.datatype in _NUMBERS else (3, term.value)


@total_ordering
class _Falling:
    """A value of which the greatest comes first."""

    def __init__(self, value: tuple[int, Any]) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Falling) and self._value == other._value

    def __lt__(self, other: _Falling) -> bool:
        return other._value < self._value
