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

import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
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

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store
from pyroaring import BitMap

from loaders.errors import OutsideError
from loaders.namespaces import BASE
from loaders.release.lists import By, LongList, long_lists
from loaders.release.share import shared

# Of the tables: an order with other ones is not read.
EDITION = 1
# Bytes of a statement, roughly.
_BYTES = 200
# Things that are asked about at once.
_SOME = 1000
# Letters of beginnings that are kept, if as many words begin so.
_BEGINNING, _MANY = 3, 8

_TABLES = f"""
PRAGMA journal_mode = OFF; PRAGMA user_version = {EDITION};
CREATE TABLE told (sum TEXT NOT NULL, rows INTEGER NOT NULL);
CREATE TABLE row (place INTEGER PRIMARY KEY, thing TEXT NOT NULL, sum INTEGER NOT NULL);
CREATE TABLE found (param TEXT, layer INTEGER, value TEXT, places BLOB NOT NULL, PRIMARY KEY (param, layer, value))
  WITHOUT ROWID;
"""

Value = str | None
# By parameter, layer and value the places of rows, in order.
_Found = dict[tuple[str, int, str], list[int]]
# Where a path leads to from things, by thing.
_Look = Callable[[str, Iterable[Value]], Mapping[str, list[str]]]


class Row(NamedTuple):
    """A row: what it is about, and the sum of its key."""

    thing: str
    sum: int


@dataclass(frozen=True)
class _Rows:
    """The rows of a list in order; of each solution the place of its row, and what each variable is."""

    rows: list[Row]
    places: list[int]
    values: Mapping[str, list[Value]]


class _Task(NamedTuple):
    name: str
    store: Path
    base: str
    path: Path


def write_order(store: Path, base: str, folder: Path, former: Callable[[str], Path | None], size: int) -> None:
    """The order of every long list stands in the folder, as the store, which is whole, has its rows.

    `former` gives an order that has the same rows, if there is one, and `size` says how many statements there are.
    OutsideError when it cannot be written.
    """
    folder.mkdir()
    tasks = []
    for name in sorted(long_lists()):
        path = folder / f"{name}.sqlite"
        if (known := former(name)) is not None and _made(known) == long_lists()[name].sum:
            shutil.copyfile(known, path)
        else:
            tasks.append(_Task(name, store, base, path))
    with shared(size * _BYTES) as share:
        for _ in share(_write, tasks):
            pass


def _made(path: Path) -> str:
    """By which words an order was made."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as file:
        return str(file.execute("SELECT sum FROM told").fetchone()[0])


def key_sum(values: Iterable[Value]) -> int:
    """What tells the key of a row from that of another row about the same thing.

    >>> key_sum(["a", None]) == key_sum(["a", None]), key_sum(["a", None]) == key_sum([None, "a"])
    (True, False)
    """
    told = "\0".join("\1" if value is None else value for value in values)
    return int.from_bytes(sha256(told.encode()).digest()[:8], "big", signed=True)


def beginning(letters: str) -> str:
    """What stands for all words that begin so."""
    return f"{letters}*"


def _write(task: _Task) -> None:
    asked, store = long_lists()[task.name], Store.read_only(str(task.store))
    ordered, look = _rows(store, asked, task.base), partial(_values, store, asked, task.base)
    found: _Found = defaultdict(list)
    for name, by in asked.by.items():
        (_mark_words if by.words else _mark)(found, name, by, ordered, look)
    try:
        with closing(sqlite3.connect(task.path)) as file:
            file.executescript(_TABLES)
            file.execute("INSERT INTO told VALUES (?, ?)", (asked.sum, len(ordered.rows)))
            file.executemany("INSERT INTO row VALUES (?, ?, ?)", ((n, *row) for n, row in enumerate(ordered.rows)))
            file.executemany("INSERT INTO found VALUES (?, ?, ?, ?)", _packed(found, asked.by))
            file.commit()
    except sqlite3.OperationalError as error:
        raise OutsideError(f"no order at {task.path}: {error} → is the disk full?") from error


def _rows(store: Store, asked: LongList, base: str) -> _Rows:
    solutions = store.query(asked.text.replace(BASE, base))
    assert isinstance(solutions, QuerySolutions)
    ordered = _Rows([], [], {name: [] for by in asked.by.values() for name in by.variables})
    known: dict[Row, int] = {}
    for solution in solutions:
        thing, *key = (_value(solution[name]) for name in (asked.keys.about, *asked.keys.columns))
        row = Row((thing or "").removeprefix(base), key_sum(key))
        if (place := known.setdefault(row, len(known))) == len(ordered.rows):
            ordered.rows.append(row)
        ordered.places.append(place)
        for name, values in ordered.values.items():
            value = _value(solution[name])
            values.append(value and intern(value.removeprefix(base)))
    return ordered


def _value(term: object) -> Value:
    return term.value if isinstance(term, NamedNode | Literal) else None


def _values(store: Store, asked: LongList, base: str, path: str, things: Iterable[Value]) -> Mapping[str, list[str]]:
    """Where a path leads to from things, each in order."""
    found: dict[str, list[str]] = {}
    rest = iter(sorted({thing for thing in things if thing is not None}))
    while some := list(islice(rest, _SOME)):
        named = " ".join(str(NamedNode(base + thing)) for thing in some)
        text = f"{asked.prefixes}\nSELECT DISTINCT ?it ?to WHERE {{ VALUES ?it {{ {named} }} ?it {path} ?to }}"
        solutions = store.query(text.replace(BASE, base))
        assert isinstance(solutions, QuerySolutions)
        for solution in solutions:
            thing, to = (_value(solution[name]) for name in ("it", "to"))
            if thing is not None and to is not None:
                found.setdefault(thing.removeprefix(base), []).append(to.removeprefix(base))
    return {thing: sorted(values) for thing, values in found.items()}


def _mark(found: _Found, name: str, by: By, ordered: _Rows, look: _Look) -> None:
    """The rows are found by the values of the variables, or by where a path leads to from the first."""
    for variable in by.variables:
        values = ordered.values[variable]
        there = look(by.path, values) if by.path else None
        known = f"{name} {variable}" if by.spans else name
        for place, value in zip(ordered.places, values, strict=True):
            if value is not None:
                for each in (value,) if there is None else there.get(value, ()):
                    found[known, 0, each].append(place)


def _mark_words(found: _Found, name: str, by: By, ordered: _Rows, look: _Look) -> None:
    """The rows are found by words; those that are looked for together stand in one name of each thing."""
    named = [look("td:searchKey", ordered.values[variable]) for variable in by.variables]
    solutions = zip(ordered.places, *(ordered.values[variable] for variable in by.variables), strict=True)
    first = itemgetter(0)
    for place, rows in groupby(sorted(solutions, key=first), key=first):
        names = [
            [keys.get(thing, [""]) if thing else [""] for keys, thing in zip(named, things, strict=True)]
            for _, *things in rows
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


def _packed(found: _Found, by: Mapping[str, By]) -> Iterator[tuple[str, int, str, bytes]]:
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
