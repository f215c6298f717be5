"""What an index holds and answers, whatever numbers its things and names have."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from loaders.namespaces import BASE
from loaders.release.things import KINDS, LEVELS
from service.search import finding
from service.search.index import Filters, Index

FACETS = ("kind", "year", "province")
TYPED = (
    *("dinh lap", "Đình Lập Mẫu", "cum thi dua", "mau", "so 1", "hoi nghi tong ket", "2017", "uy ban", "l", "h"),
    *("nguien van mau", "lang mau, cum", "bang khen", "chu tich", "Lạng Mẫu", "xa"),
)


def held(path: Path) -> Mapping[str, Any]:
    """All that is in its tables, but for the numbers."""
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute(f"SELECT {_COLUMNS}, id FROM thing ORDER BY turn").fetchall()
        things = {row[-1]: row[:-1] for row in rows}
        iris = {number: row[0] for number, row in things.items()}
        names = file.execute("SELECT id, thing, written, key, marked FROM name ORDER BY thing, id").fetchall()
        places: dict[int, tuple[str, int]] = {}
        for thing, some in itertools.groupby(names, lambda row: row[1]):
            places.update({row[0]: (iris[thing], place) for place, row in enumerate(some)})
        for table in ("names", "around"):
            file.execute(f"INSERT INTO {table}({table}) VALUES ('integrity-check')")
            file.execute(f"CREATE VIRTUAL TABLE temp.{table}_words USING fts5vocab('main', '{table}', 'instance')")
        return {
            "things": list(things.values()),
            "names": sorted((*places[row[0]], *row[2:]) for row in names),
            "traits": sorted((iris[row[0]], *row[1:]) for row in file.execute("SELECT thing, name, value FROM trait")),
            "provinces": file.execute("SELECT key, label FROM province ORDER BY key").fetchall(),
            "words of names": sorted((places[doc], term) for term, doc in file.execute(_WORDS.format("names"))),
            "words around": sorted((iris[doc], term) for term, doc in file.execute(_WORDS.format("around"))),
        }


_COLUMNS = "iri, kind, label, english, place, first, last, beside, today"
_WORDS = "SELECT term, doc FROM temp.{}_words"


def answers(path: Path) -> Iterator[object]:
    """What an index answers: every list, a page at a time, and what was typed, narrowed in every way."""
    asked = Index(path, BASE)
    yield asked.kinds()
    for kind, place in itertools.product(KINDS, (None, *range(len(LEVELS)))):
        found = asked.listed(Filters(kind), place=place, limit=1000, facets=FACETS)
        yield found
        assert place is not None or found.total == len(found.found) == asked.kinds().get(kind, 0)
        yield [asked.listed(Filters(kind), place=place, limit=2, offset=offset) for offset in (0, 2, 5)]
        yield [asked.listed(Filters(kind, province=each.value), limit=3) for each in found.facets["province"]]
    for typed in TYPED:
        found = finding.look(asked, typed, limit=1000, facets=FACETS)
        yield found
        yield [finding.look(asked, typed, limit=3, offset=offset) for offset in (0, 3)]
        for facet in FACETS:
            for each in found.facets[facet][:3]:
                value = int(each.value) if facet == "year" else each.value
                yield finding.look(asked, typed, Filters(**{facet: value}), limit=5, facets=FACETS)
