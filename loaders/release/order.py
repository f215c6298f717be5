"""The order of a release: of each long list its rows, counted, in their order, and by what they are found.

`order/{name}.sqlite`, in SQLite. It is made by asking the release's own store the question's own words, so a first
page, the last one, and the number of all rows cost the same however many there are. What is in it:

told   by which words it was made, and how many rows there are
row    what each row is about, without the base, and the sum of its key; its number is its place, from 0
found  for each parameter and value the places of the rows that it finds, as a Roaring bitmap

Words are found by name: `layer` 0 has those of the first of a row's names, or of its names beside each other, 1 those
of the second, and so on. What begins with few letters stands under these and a star.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from itertools import groupby, islice, product
from operator import itemgetter
from pathlib import Path
from sys import intern
from typing import NamedTuple
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, QuerySolution, QuerySolutions, Store
from pyroaring import BitMap

from loaders.errors import OutsideError
from loaders.namespaces import BASE
from loaders.release.lists import By, LongList

# Of the tables: an order with other ones is not read.
EDITION = 1
# Things that are asked about at once.
_SOME = 1000
# Letters of beginnings that are kept, if as many words begin so.
_BEGINNING, _MANY = 3, 8
# After a beginning; no word has one.
_STAR = "*"

_TABLES = f"""
PRAGMA journal_mode = OFF; PRAGMA user_version = {EDITION};
CREATE TABLE told (sum TEXT NOT NULL, rows INTEGER NOT NULL);
CREATE TABLE row (place INTEGER PRIMARY KEY, thing TEXT NOT NULL, sum INTEGER NOT NULL);
CREATE TABLE found (param TEXT, layer INTEGER, value TEXT, places BLOB NOT NULL, PRIMARY KEY (param, layer, value))
  WITHOUT ROWID;
"""

Value = str | None
# Parameter, layer and value, and the places of the rows that are found by them.
Mark = tuple[str, int, str]
Found = dict[Mark, list[int]]
# Where a path leads to from things, by thing.
_Look = Callable[[str, Iterable[Value]], Mapping[str, list[str]]]


class Row(NamedTuple):
    """A row: what it is about, and the sum of its key."""

    thing: str
    sum: int


@dataclass(frozen=True)
class Rows:
    """The rows of a list in order; of each solution the place of its row, and what each variable is."""

    rows: list[Row]
    places: list[int]
    values: Mapping[str, list[Value]]


def opened(path: Path) -> sqlite3.Connection:
    """An order that nobody changes."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)


def read(path: Path, asked: LongList) -> tuple[list[Row], dict[Mark, BitMap]]:
    """The rows of an order, and by what they are found."""
    with closing(opened(path)) as file:
        rows = [Row(*row) for row in file.execute("SELECT thing, sum FROM row ORDER BY place")]
        found = {
            (name, layer, value): BitMap.deserialize(places)
            for name, layer, value, places in file.execute("SELECT param, layer, value, places FROM found")
            if not (name in asked.by and asked.by[name].words and value.endswith(_STAR))
        }
    return rows, found


def key_sum(values: Iterable[Value]) -> int:
    """What tells the key of a row from that of another row about the same thing.

    >>> key_sum(["a", None]) == key_sum(["a", None]), key_sum(["a", None]) == key_sum([None, "a"])
    (True, False)
    """
    told = "\0".join("\1" if value is None else value for value in values)
    return int.from_bytes(sha256(told.encode()).digest()[:8], "big", signed=True)


def beginning(letters: str) -> str:
    """What stands for all words that begin so."""
    return f"{letters}{_STAR}"


def write(asked: LongList, store: Store, base: str, path: Path) -> None:
    """The order of a list in a store stands in the file; OutsideError when it cannot be written."""
    rows = ordered(solved(store, asked.text, base), asked, base)
    put(asked, rows.rows, marked(asked, rows, store, base), path)


def put(asked: LongList, rows: Sequence[Row], found: Found, path: Path) -> None:
    """The rows of a list, and by what they are found, stand in the file; OutsideError when it cannot be written."""
    try:
        with closing(sqlite3.connect(path)) as file:
            file.executescript(_TABLES)
            file.execute("INSERT INTO told VALUES (?, ?)", (asked.sum, len(rows)))
            file.executemany("INSERT INTO row VALUES (?, ?, ?)", ((n, *row) for n, row in enumerate(rows)))
            file.executemany("INSERT INTO found VALUES (?, ?, ?, ?)", _packed(found, asked.by))
            file.commit()
    except sqlite3.OperationalError as error:
        raise OutsideError(f"no order at {path}: {error} → is the disk full?") from error


def ordered(solutions: Iterable[QuerySolution], asked: LongList, base: str) -> Rows:
    """The rows of a list as these solutions of its question follow each other."""
    found = Rows([], [], {name: [] for by in asked.by.values() for name in by.variables})
    known: dict[Row, int] = {}
    for solution in solutions:
        row = row_of(solution, asked, base)
        if (place := known.setdefault(row, len(known))) == len(found.rows):
            found.rows.append(row)
        found.places.append(place)
        for name, values in found.values.items():
            value = _value(solution[name])
            values.append(value and intern(value.removeprefix(base)))
    return found


def solved(store: Store, text: str, base: str) -> QuerySolutions:
    """The solutions of a list's question, whose IRIs are the canonical ones, under another base."""
    found = store.query(text.replace(BASE, base))
    assert isinstance(found, QuerySolutions)
    return found


def row_of(solution: QuerySolution, asked: LongList, base: str) -> Row:
    """The row to which a solution belongs."""
    thing, *key = (_value(solution[name]) for name in (asked.keys.about, *asked.keys.columns))
    return Row((thing or "").removeprefix(base), key_sum(key))


def marked(asked: LongList, rows: Rows, store: Store, base: str) -> Found:
    """By what the rows are found."""
    found: Found = defaultdict(list)
    look = partial(_values, store, asked, base)
    for name, by in asked.by.items():
        (_mark_words if by.words else _mark)(found, name, by, rows, look)
    return found


def _value(term: object) -> Value:
    return term.value if isinstance(term, NamedNode | Literal) else None


def _values(store: Store, asked: LongList, base: str, path: str, things: Iterable[Value]) -> Mapping[str, list[str]]:
    """Where a path leads to from things, each in order."""
    found: dict[str, list[str]] = {}
    rest = iter(sorted({thing for thing in things if thing is not None}))
    while some := list(islice(rest, _SOME)):
        named = " ".join(str(NamedNode(base + thing)) for thing in some)
        text = f"{asked.prefixes}\nSELECT DISTINCT ?it ?to WHERE {{ VALUES ?it {{ {named} }} ?it {path} ?to }}"
        for solution in solved(store, text, base):
            thing, to = (_value(solution[name]) for name in ("it", "to"))
            if thing is not None and to is not None:
                found.setdefault(thing.removeprefix(base), []).append(to.removeprefix(base))
    return {thing: sorted(values) for thing, values in found.items()}


def _mark(found: Found, name: str, by: By, rows: Rows, look: _Look) -> None:
    """The rows are found by the values of the variables, or by where a path leads to from the first."""
    for variable in by.variables:
        values = rows.values[variable]
        there = look(by.path, values) if by.path else None
        known = f"{name} {variable}" if by.spans else name
        for place, value in zip(rows.places, values, strict=True):
            if value is not None:
                for each in (value,) if there is None else there.get(value, ()):
                    found[known, 0, each].append(place)


def _mark_words(found: Found, name: str, by: By, rows: Rows, look: _Look) -> None:
    """The rows are found by words; those that are looked for together stand in one name of each thing."""
    named = [look("td:searchKey", rows.values[variable]) for variable in by.variables]
    solutions = zip(rows.places, *(rows.values[variable] for variable in by.variables), strict=True)
    first = itemgetter(0)
    for place, group in groupby(sorted(solutions, key=first), key=first):
        names = [
            [keys.get(thing, [""]) if thing else [""] for keys, thing in zip(named, things, strict=True)]
            for _, *things in group
        ]
        layers = _together(tuple(" ".join(each) for row in names for each in product(*row)))
        for layer, words in enumerate(layers):
            for word in words:
                found[name, layer, word].append(place)


@lru_cache(maxsize=65_536)
def _together(names: tuple[str, ...]) -> list[frozenset[str]]:
    """The words of each name, but of none whose words another has too."""
    words = list(dict.fromkeys(frozenset(name.split()) for name in names))
    return [these for these in words if not any(these < others for others in words)]


def _packed(found: Found, by: Mapping[str, By]) -> Iterator[tuple[str, int, str, bytes]]:
    """The places of every value, and those of all words that begin with the same few letters."""
    begun: dict[tuple[str, int, str], list[BitMap]] = defaultdict(list)
    for (name, layer, value), places in sorted(found.items()):
        bits = BitMap(places)
        yield name, layer, value, _written(bits)
        for length in range(1, min(_BEGINNING, len(value)) + 1) if name in by and by[name].words else ():
            begun[name, layer, beginning(value[:length])].append(bits)
    for (name, layer, value), some in begun.items():
        if len(some) >= _MANY:
            yield name, layer, value, _written(BitMap.union(*some))


def _written(bits: BitMap) -> bytes:
    bits.run_optimize()
    return bits.serialize()
