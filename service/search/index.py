"""The search index of a release, asked.

A name that is the same letter by letter stands before one that differs in its marks only, that before a name that goes
on, and that before one which has the words somewhere. Last comes what is known by the words though not called so: by
the unit above it, by its posts, its code, or in another spelling.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from loaders.release import Release
from loaders.release.index import EDITION, LOOSE, NAMES, loose
from loaders.release.things import Value
from service.drawer import Drawer
from service.place import look
from service.search.wish import Wish

# Ranks, and what they are worth to a reader of the API.
EXACT, ACCENT, PLACED, PREFIX, WORDS, SPELLED, AROUND = 7, 6, 5, 4, 3, 2, 1
SCORES = {EXACT: 1.0, ACCENT: 0.9, PLACED: 0.8, PREFIX: 0.7, WORDS: 0.5, SPELLED: 0.4, AROUND: 0.3}
# A kind that stands for another one: to whoever looks for it, it is the unit.
_STAND_IN = "emulation-unit"
# So few letters begin a name; of what stands around one they say nothing.
_TOO_SHORT = 2

# A rank, twice, one more for marks that are as they were typed, and how far the name is from the last one: one number,
# so that the greatest is the best.
_LAST = NAMES - 1
_SHIFT = _LAST.bit_length()
_BY_NAME = f"""
INSERT INTO hit
SELECT name.thing, max((CASE
    WHEN name.key = :key THEN CASE WHEN name.marked = :marked THEN {EXACT} ELSE {ACCENT} END
    WHEN substr(name.key, 1, length(:key)) = :key THEN {PREFIX} ELSE {WORDS}
  END * 2 + (instr(name.marked, :marked) > 0)) << {_SHIFT} | ({_LAST} - name.id))
FROM names JOIN name ON name.id = names.rowid
WHERE names MATCH :words AND (:near = '' OR name.thing IN (SELECT rowid FROM around WHERE around MATCH :near))
GROUP BY name.thing
ON CONFLICT (thing) DO UPDATE SET rank = max(rank, excluded.rank)"""
# A unit by the whole of its name, whatever its type is called.
_BY_LEVEL = f"""
INSERT INTO hit SELECT thing.id, max({PLACED} * 2 << {_SHIFT} | ({_LAST} - name.id))
FROM name CROSS JOIN thing ON thing.id = name.thing
WHERE {LOOSE.replace("key", "name.key")} = :loose AND name.key = :key AND kind = 'unit' AND place = :level
GROUP BY thing.id
ON CONFLICT (thing) DO UPDATE SET rank = max(rank, excluded.rank)"""
_BY_WORDS = f"""
INSERT INTO hit SELECT rowid, {AROUND} * 2 << {_SHIFT} FROM around WHERE around MATCH :words
ON CONFLICT (thing) DO NOTHING"""
# Of those, the ones whose whole name stands at the beginning of what was typed.
_BY_BEGINNING = f"""
INSERT INTO hit
SELECT thing,
  max(CASE WHEN substr(:key, 1, length(key) + 1) = key || ' ' THEN {PLACED} ELSE {SPELLED} END) * 2 << {_SHIFT}
FROM name WHERE {LOOSE} IN (%s) AND thing IN (SELECT thing FROM hit) GROUP BY thing
ON CONFLICT (thing) DO UPDATE SET rank = max(rank, excluded.rank)"""
_ORDER = f"""
ORDER BY rank >> {_SHIFT} DESC, place, rank >> {_SHIFT + 1} >= {ACCENT} AND kind = 'unit' AND last IS NOT NULL, turn
LIMIT :limit OFFSET :offset"""
# CROSS keeps the order in which the tables are read: what was found is little, all there is is much.
_HITS = "hit CROSS JOIN thing ON thing.id = hit.thing"
_HIT = """
CREATE TEMP TABLE hit (thing INTEGER PRIMARY KEY, rank INTEGER NOT NULL);
CREATE VIRTUAL TABLE temp.word USING fts5vocab('main', 'names', 'row');
"""
_COLUMNS = "thing.iri, thing.kind, thing.label, thing.english, thing.first, thing.last, thing.beside, thing.today"


@dataclass(frozen=True)
class Filters:
    """What findings are narrowed to."""

    kind: str | None = None
    year: int | None = None
    province: str | None = None

    def where(self, but: str = "") -> tuple[str, dict[str, str | int]]:
        """The conditions, without one of them, and their values."""
        parts = [] if self.kind and but != "kind" else [f"kind <> '{_STAND_IN}'"]
        given = {name: value for name, value in vars(self).items() if value is not None and name != but}
        parts += ["kind = :kind"] if "kind" in given else []
        for name in given.keys() - {"kind"}:
            held = f"trait.thing = thing.id AND trait.name = '{name}' AND trait.value = :{name}"
            parts.append(f"EXISTS (SELECT 1 FROM trait WHERE {held})")
        return " AND ".join(sorted(parts)), given


ALL = Filters()


@dataclass(frozen=True)
class Found:
    """A thing that was found: `matched` is the name by which, `key` that name without marks.

    Days are as the release has them; `beside` and `today` are IRIs, if any, and words.
    """

    iri: str
    kind: str
    label: str
    english: str | None = None
    first: str | None = None
    last: str | None = None
    beside: Sequence[Value] = ()
    today: Sequence[Value] = ()
    matched: str | None = None
    key: str = ""
    score: float = 0.0


@dataclass(frozen=True)
class Facet:
    """One way to narrow the findings: what to give for it, how it is called, how many there are."""

    value: str
    label: str
    count: int


@dataclass(frozen=True)
class Findings:
    """Some of all `total` things that were found, and by what they can be narrowed.

    `instead` are the words by which they were found, when nothing was by those that were typed.
    """

    found: Sequence[Found]
    total: int
    facets: Mapping[str, Sequence[Facet]] = field(default_factory=dict)
    instead: str | None = None


class Index:
    """The index of a release, for any number of threads."""

    def __init__(self, path: Path, base: str, look: Callable[[], None] = lambda: None) -> None:
        self._drawer, self._base = Drawer(path, "search index", look, _HIT), base

    @classmethod
    def of(cls, release: Release) -> Index | None:
        """The index of a release; None if it has none that is read here."""
        if release.index is None:
            return None
        index = cls(release.index, release.base, partial(look, release))
        with index._drawer.connected() as file:
            return index if file.execute("PRAGMA user_version").fetchone() == (EDITION,) else None

    def close(self) -> None:
        """Its file is not open here, as soon as nobody asks it."""
        self._drawer.close()

    def find(
        self,
        wishes: Iterable[Wish],
        filters: Filters = ALL,
        *,
        limit: int,
        offset: int = 0,
        facets: Sequence[str] = (),
        around: bool = True,
    ) -> Findings:
        """What fits one of the wishes, the best first; by its names alone if not by what stands around them."""
        with self._drawer.connected() as file:
            file.execute("DELETE FROM hit")
            for wish in wishes:
                _gather(file, wish, around)
            where, values = filters.where()
            hits = f"FROM {_HITS} WHERE {where}"
            total = file.execute(f"SELECT count(*) {hits}", values).fetchone()[0]
            rows = file.execute(
                f"SELECT {_COLUMNS}, rank, written, key FROM (SELECT thing.*, rank {hits} {_ORDER}) thing"
                f" LEFT JOIN name ON name.id = {_LAST} - (rank & {_LAST})",
                {**values, "limit": limit, "offset": offset},
            )
            found = [self._found(row) for row in rows]
            return Findings(found, total, {name: _facet(file, name, filters, "hit") for name in facets})

    def listed(
        self, filters: Filters, *, place: int | None = None, limit: int, offset: int = 0, facets: Sequence[str] = ()
    ) -> Findings:
        """Everything of a kind, in Vietnamese order; of units, those of a level by its place."""
        with self._drawer.connected() as file:
            where, values = filters.where()
            if place is not None:
                where, values = f"{where} AND place = :place", {**values, "place": place}
            total = file.execute(f"SELECT count(*) FROM thing WHERE {where}", values).fetchone()[0]
            rows = file.execute(
                f"SELECT {_COLUMNS} FROM thing WHERE {where} ORDER BY turn LIMIT :limit OFFSET :offset",
                {**values, "limit": limit, "offset": offset},
            )
            found = [self._found((*row, 0, None, "")) for row in rows]
            return Findings(found, total, {name: _facet(file, name, filters, "thing") for name in facets})

    def words(self, some: Iterable[str]) -> dict[str, int]:
        """Those of some words that names have, each with the number of names."""
        with self._drawer.connected() as file:
            sought = "SELECT term, doc FROM json_each(?) CROSS JOIN word ON term = value"
            return dict(file.execute(sought, [json.dumps(list(some))]).fetchall())

    def kinds(self) -> dict[str, int]:
        """How many things of each kind there are."""
        with self._drawer.connected() as file:
            return dict(file.execute("SELECT kind, count(*) FROM thing GROUP BY kind").fetchall())

    def _found(self, row: Sequence[object]) -> Found:
        iri, kind, label, english, first, last, beside, today, rank, written, key = row
        assert isinstance(rank, int), "the index counts ranks in whole numbers"
        values = [
            [(each and self._base + each, words) for each, words in json.loads(str(text))] for text in (beside, today)
        ]
        return Found(
            iri=f"{self._base}{iri}",
            kind=str(kind),
            label=str(label),
            english=english if isinstance(english, str) else None,
            first=first if isinstance(first, str) else None,
            last=last if isinstance(last, str) else None,
            beside=values[0],
            today=values[1],
            matched=str(written) if written else None,
            key=str(key or ""),
            score=SCORES.get(rank >> _SHIFT + 1, 0.0),
        )


def _gather(file: sqlite3.Connection, wish: Wish, around: bool) -> None:
    """What fits the wish stands among the hits."""
    for level in wish.levels:
        file.execute(_BY_LEVEL, {"key": wish.key, "loose": loose(wish.key), "level": level})
    if wish.levels:
        return
    given = {"key": wish.key, "marked": wish.marked}
    file.execute(_BY_NAME, {**given, "words": _all(wish.words), "near": _all(loose(wish.near).split())})
    if around and not wish.near and len(wish.key) > _TOO_SHORT:
        words = [loose(word) for word in wish.words]
        beginnings = [" ".join(words[:end]) for end in range(1, len(words) + 1)]
        named = {f"b{number}": beginning for number, beginning in enumerate(beginnings)}
        file.execute(_BY_WORDS, {"words": _all(sorted(set(words)))})
        file.execute(_BY_BEGINNING % ", ".join(f":{name}" for name in named), {"key": wish.key, **named})


def _all(words: Iterable[str]) -> str:
    """The words as full text is asked for all that begin so; a key has nothing in it that could mean anything else.

    >>> _all(["dinh", "lap"])
    '"dinh"* "lap"*'
    """
    return " ".join(f'"{word}"*' for word in words)


def _facet(file: sqlite3.Connection, name: str, filters: Filters, among: str) -> list[Facet]:
    """How many of what was found, whatever it is narrowed to in this respect, have each value."""
    where, values = filters.where(but=name)
    table = _HITS if among == "hit" else "thing"
    if name == "kind":
        rows = file.execute(f"SELECT kind, kind, count(*) FROM {table} WHERE {where} GROUP BY kind", values)
    else:
        told = "coalesce(province.label, trait.value)"
        rows = file.execute(
            f"SELECT trait.value, {told}, count(*) AS number FROM {table} CROSS JOIN trait ON trait.thing = thing.id"
            f" LEFT JOIN province ON province.key = trait.value WHERE trait.name = '{name}' AND {where}"
            " GROUP BY trait.value ORDER BY number DESC, trait.value",
            values,
        )
    return [Facet(str(value), str(label), count) for value, label, count in rows]
