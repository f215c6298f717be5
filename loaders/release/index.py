"""The search index of a release: one file in which everything that people look for is found by its names.

`search.sqlite`, in SQLite with its full-text tables. It is made from the release's store, so equal data give equal
bytes with the same SQLite, unless it follows another (`reindexed.py`). What is in it:

thing     what is found; its `turn` says where it stands in Vietnamese order, with room between two for others
name      every name of every thing, with its keys: without marks, and with them
province  the provinces that things are in
trait     years and provinces of things, by which findings are narrowed
names     full text over the keys of the names: its rows are those of `name`
around    full text over all names of a thing and what stands around them, spelt loosely: its rows are those of `thing`
"""

from __future__ import annotations

import contextlib
import heapq
import json
import pickle
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from operator import itemgetter
from pathlib import Path

from pyoxigraph import Store

from loaders.errors import OutsideError
from loaders.identity import sort_key
from loaders.release.heard import Known
from loaders.release.survey import Survey
from loaders.release.things import Thing

# Of the tables: an index with other ones is not read.
EDITION = 2

# Things that are sorted in memory, and things that are written at once.
_PART, _SOME = 20_000, 1_000

# Between the turns of two things.
GAP = 1 << 24
# Names have smaller numbers: where one is found, its number stands beside its rank.
NAMES = 1 << 24

# A key, as `loose` makes it, in SQL.
LOOSE = "replace(replace(key, 'y', 'i'), 'k', 'c')"

_TABLES = """
CREATE TABLE thing (id INTEGER PRIMARY KEY, iri TEXT NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL, english TEXT,
  place INTEGER NOT NULL, first TEXT, last TEXT, beside TEXT NOT NULL, today TEXT NOT NULL, turn INTEGER NOT NULL);
CREATE TABLE name (id INTEGER PRIMARY KEY, thing INTEGER NOT NULL, written TEXT NOT NULL, key TEXT NOT NULL,
  marked TEXT NOT NULL);
CREATE TABLE province (key TEXT PRIMARY KEY, label TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE trait (thing INTEGER NOT NULL, name TEXT NOT NULL, value NOT NULL, PRIMARY KEY (thing, name, value))
  WITHOUT ROWID;
CREATE VIRTUAL TABLE names USING fts5(key, content='', columnsize=0, detail=none, tokenize=ascii, prefix='1 2 3');
CREATE VIRTUAL TABLE around USING fts5(words, content='', columnsize=0, detail=none, tokenize=ascii, prefix='1 2 3');
"""
_LAST = f"""
CREATE INDEX name_loose ON name ({LOOSE});
CREATE INDEX thing_kind ON thing (kind, turn);
"""
# What was taken out is there still, in full text until that is in one piece, in free pages until the file is.
_PACKED = """
INSERT INTO names(names) VALUES ('optimize');
INSERT INTO around(around) VALUES ('optimize');
"""

Place = tuple[str, bool, str]


def write_index(source: Store | Sequence[Path], base: str, path: Path) -> None:
    """The index of what a store's default graph, or sorted N-Triples in frames, name stands in the file.

    OutsideError when it cannot be written.
    """
    heard = Known(source, base)
    survey = Survey(heard)
    try:
        with closing(sqlite3.connect(path)) as file, _sorted(survey.things(heard.things), path.parent) as things:
            _write(file, things, survey.provinces)
    except sqlite3.OperationalError as error:
        raise OutsideError(f"no index at {path}: {error} → is the disk full, has SQLite its FTS5?") from error


@contextlib.contextmanager
def _sorted(things: Iterable[Thing], directory: Path) -> Iterator[Iterator[Thing]]:
    """The things in Vietnamese order; what is gone comes after what is still there. They wait in files."""
    rest = iter(things)
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        parts: list[Path] = []
        while part := list(islice(rest, _PART)):
            parts.append(Path(scratch, str(len(parts))))
            placed = sorted(((place(thing.label, thing.last, thing.iri), thing) for thing in part), key=itemgetter(0))
            with parts[-1].open("wb") as file:
                for start in range(0, len(placed), _SOME):
                    pickle.dump(placed[start : start + _SOME], file, protocol=5)
        yield (thing for _, thing in heapq.merge(*map(_waiting, parts), key=itemgetter(0)))


def place(label: str, last: str | None, iri: str) -> Place:
    """What things are sorted by."""
    return sort_key(label), bool(last), iri


def _waiting(part: Path) -> Iterator[tuple[Place, Thing]]:
    with part.open("rb") as file, contextlib.suppress(EOFError):
        while True:
            yield from pickle.load(file)


def _write(file: sqlite3.Connection, things: Iterable[Thing], provinces: Mapping[str, str]) -> None:
    # Written once and in one go, so nothing needs to be undone.
    file.executescript(
        f"PRAGMA journal_mode = OFF; PRAGMA temp_store = FILE; PRAGMA user_version = {EDITION}; {_TABLES}"
    )
    put(file, ((number, number * GAP, thing) for number, thing in enumerate(things, start=1)), 1)
    file.executemany("INSERT INTO province VALUES (?, ?)", sorted(provinces.items()))
    file.commit()
    file.executescript(_LAST)
    pack(file)


def put(file: sqlite3.Connection, things: Iterable[tuple[int, int, Thing]], names: int) -> None:
    """Things stand in the index with their numbers and turns, their names with numbers from this one on."""
    rest = iter(things)
    while turned := list(islice(rest, _SOME)):
        some = [(number, thing) for number, _, thing in turned]
        rows = [(name, *row) for name, row in enumerate(_names(some), start=names)]
        names += len(rows)
        file.executemany("INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _things(turned))
        file.executemany("INSERT INTO name VALUES (?, ?, ?, ?, ?)", rows)
        file.executemany("INSERT INTO trait VALUES (?, ?, ?)", _traits(some))
        file.executemany("INSERT INTO names(rowid, key) VALUES (?, ?)", ((row[0], row[3]) for row in rows))
        file.executemany("INSERT INTO around(rowid, words) VALUES (?, ?)", _around(some))


def pack(file: sqlite3.Connection) -> None:
    """Nothing is in the index any more that was taken out, and it is as fast as one that was written in one go."""
    file.commit()
    file.executescript(_PACKED)
    file.execute("VACUUM")


def loose(key: str) -> str:
    """A key in which spellings that are mixed up are one: Lí and Lý, Đắc Lắc and Đắk Lắk, Bắc Cạn and Bắc Kạn.

    >>> loose("dak lak") == loose("dac lac"), loose("quy"), loose("ly nhan")
    (True, 'qui', 'li nhan')
    """
    return key.replace("y", "i").replace("k", "c")


def _things(things: Iterable[tuple[int, int, Thing]]) -> Iterator[tuple[object, ...]]:
    for number, turn, thing in things:
        beside, today = (json.dumps(values, ensure_ascii=False) for values in (thing.beside, thing.today))
        yield (
            number,
            thing.iri,
            thing.kind,
            thing.label,
            thing.english,
            thing.place,
            thing.first,
            thing.last,
            beside,
            today,
            turn,
        )


def _names(things: Iterable[tuple[int, Thing]]) -> Iterator[tuple[int, str, str, str]]:
    for number, thing in things:
        for name in thing.names:
            yield number, name.written, name.key, name.marked


def _traits(things: Iterable[tuple[int, Thing]]) -> Iterator[tuple[int, str, int | str]]:
    for number, thing in things:
        yield from ((number, "year", year) for year in thing.years)
        yield from ((number, "province", province) for province in thing.provinces)


def _around(things: Iterable[tuple[int, Thing]]) -> Iterator[tuple[int, str]]:
    for number, thing in things:
        words = thing.around.union(word for name in thing.names for word in name.key.split())
        yield number, " ".join(sorted({loose(word) for word in words}))
