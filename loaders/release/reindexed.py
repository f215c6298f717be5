"""The search index after a change: that of the release before, in which some things are told otherwise.

Things keep their numbers, so full text stays as it is but for theirs; where they stand in Vietnamese order is said by
their turns, between which there is room for others. It answers as an index does that is made anew, with other numbers.
"""

from __future__ import annotations

import shutil
import sqlite3
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from loaders.errors import OutsideError
from loaders.release import index
from loaders.release.heard import BESIDE, NAMES, OWNERS, PLACED, Asked, named
from loaders.release.index import EDITION, GAP, Place, place
from loaders.release.survey import Survey
from loaders.release.things import kind_of

# What a thing says of itself alone.
_OWN = (
    *("searchKey", "code", "number", "recipientText", "publisherName", "validFrom"),
    *("date", "datePublished", "dateIssued", "forYear", "fromYear", "toYear"),
)
# By which a thing looks at another one, and by which it looks at what it is called, for which it stands.
_LOOKS = {*PLACED, *(name for names in BESIDE.values() for name in names)} | {
    *("parent", "formerParent", "replacedBy", "period", "periodReviewed", "inClusterYear")
}
_CALLS = {*(name for names in BESIDE.values() for name in names), "territory", "ofCluster"}
# Where a change reaches more nodes than this, or one thing in so many, everything is made anew.
_MOST, _ONE_IN = 20_000, 4


class Anew(Exception):
    """The index has to be made anew."""


def reindex(former: Path, lines: Iterable[bytes], heard: Asked, base: str, path: Path) -> None:
    """The index of what is heard stands in the file: the former one, changed as these N-Quads came and went.

    Anew when that is no gain, or cannot be done; OutsideError when it cannot be written.
    """
    things = {thing for thing in reached(lines, heard, base) if kind_of(thing)}
    survey = Survey(heard)
    shutil.copyfile(former, path)
    path.chmod(0o644)
    try:
        with closing(sqlite3.connect(path)) as file:
            _change(file, things, survey)
    except sqlite3.OperationalError as error:
        raise OutsideError(f"no index at {path}: {error} → is the disk full?") from error
    except Anew:
        path.unlink()
        raise


def reached(lines: Iterable[bytes], heard: Asked, base: str) -> set[str]:
    """All that looks, from however far, at what these N-Quads say; Anew when it is too much.

    Looking back in the data of now is enough: the first statement in which two ways differ was changed, and the way to
    it is the same before and after.
    """
    names = named(base)
    found: set[str] = set()
    looked, called = set[str](), set[str]()
    for quad in parse(b"".join(lines), RdfFormat.N_QUADS):
        if (name := names.get(quad.predicate)) is None:
            continue
        thing = _short(quad.subject, base)
        found.add(thing)
        if name in OWNERS:
            looked.add(_short(quad.object, base))
        if name in NAMES and not _of_territory(thing, heard):
            called.add(thing)
        elif name not in _OWN:
            looked.add(thing)
    return found | _closed(called, heard, _CALLS) | _closed(looked, heard, _LOOKS)


def _of_territory(thing: str, heard: Asked) -> bool:
    """Whether it is a unit or what is said of one: other units are known by its name, and all that is there."""
    return kind_of(thing) == "unit" or bool(heard.of(thing).get("versionOf", ()))


def _closed(things: Collection[str], heard: Asked, names: Collection[str]) -> set[str]:
    """The things, and all that looks at one of them by one of these properties, or to which one belongs."""
    found, ahead = set(things), list(things)
    while ahead:
        thing = ahead.pop()
        near = {other for name, other in heard.pointing(thing) if name in names}
        near.update(owner for name in OWNERS for owner in heard.of(thing).get(name, ()))
        ahead += near - found
        found |= near
        if len(found) > _MOST:
            raise Anew
    return found


def _change(file: sqlite3.Connection, things: Collection[str], survey: Survey) -> None:
    # It is a copy, so nothing needs to be undone.
    file.executescript("PRAGMA journal_mode = OFF; PRAGMA temp_store = FILE;")
    if file.execute("PRAGMA user_version").fetchone() != (EDITION,):
        raise Anew
    (known,) = file.execute("SELECT count(*) FROM thing").fetchone()
    if _ONE_IN * len(things) > max(known, _ONE_IN):
        raise Anew
    if dict(file.execute("SELECT key, label FROM province")) != survey.provinces:
        raise Anew
    (number,) = file.execute("SELECT coalesce(max(id), 0) + 1 FROM thing").fetchone()
    (name,) = file.execute("SELECT coalesce(max(id), 0) + 1 FROM name").fetchone()
    _take_out(file, things)
    fresh = sorted((place(thing.label, thing.last, thing.iri), thing) for thing in survey.things(things))
    if name + sum(len(thing.names) for _, thing in fresh) >= index.NAMES:
        raise Anew
    turns = _turns(file, [where for where, _ in fresh])
    rows = zip(range(number, number + len(fresh)), turns, (thing for _, thing in fresh), strict=True)
    index.put(file, rows, name)
    index.pack(file)


def _take_out(file: sqlite3.Connection, things: Iterable[str]) -> None:
    """The things are not in the index; full text has to hear what it had of them."""
    file.execute("CREATE TEMP TABLE going (iri TEXT PRIMARY KEY) WITHOUT ROWID")
    file.executemany("INSERT INTO going VALUES (?)", ((thing,) for thing in things))
    file.execute("CREATE TEMP TABLE gone (id INTEGER PRIMARY KEY)")
    file.execute("INSERT INTO gone SELECT id FROM thing WHERE iri IN (SELECT iri FROM going)")
    names = file.execute("SELECT id, key FROM name WHERE thing IN (SELECT id FROM gone)").fetchall()
    file.executemany("INSERT INTO names(names, rowid, key) VALUES ('delete', ?, ?)", names)
    file.execute("CREATE VIRTUAL TABLE temp.word USING fts5vocab('main', 'around', 'instance')")
    words = file.execute("SELECT doc, term FROM temp.word WHERE doc IN (SELECT id FROM gone) ORDER BY doc, term")
    told = [(doc, " ".join(term for _, term in some)) for doc, some in groupby(words, itemgetter(0))]
    file.executemany("INSERT INTO around(around, rowid, words) VALUES ('delete', ?, ?)", told)
    file.execute("DROP TABLE temp.word")
    for table, column in (("trait", "thing"), ("name", "thing"), ("thing", "id")):
        file.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM gone)")


def _turns(file: sqlite3.Connection, places: Sequence[Place]) -> list[int]:
    """The turns of things that come to stand between those of the index; Anew where there is no room left."""
    order = file.execute("SELECT id, turn FROM thing ORDER BY turn").fetchall()

    def of(row: tuple[int, int]) -> Place:
        return place(*file.execute("SELECT label, last, iri FROM thing WHERE id = ?", row[:1]).fetchone())

    ends = [bisect_left(order, where, key=of) for where in places]
    return [turn for end, some in groupby(ends) for turn in _between(order, end, len(list(some)))]


def _between(order: Sequence[tuple[int, int]], end: int, number: int) -> Iterator[int]:
    """So many turns before that of one of the things, or after the last one, and after the one before it."""
    low = order[end - 1][1] if end else 0
    high = order[end][1] if end < len(order) else low + GAP * (number + 1)
    if high - low <= number:
        raise Anew
    return (low + (high - low) * each // (number + 1) for each in range(1, number + 1))


def _short(term: object, base: str) -> str:
    assert isinstance(term, NamedNode | Literal), "a release has no blank nodes"
    return term.value.removeprefix(base)
