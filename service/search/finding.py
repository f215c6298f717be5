"""What is found for what was typed, from the index: for pages, and as the answer of `/api/search`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from loaders.identity import search_key
from loaders.namespaces import xsd
from service.binding import Bound, bind
from service.search.index import ALL, AROUND, SCORES, Filters, Findings, Found, Index
from service.search.slips import slips, strange, telexed, translated
from service.search.wish import Wish, fewer, instead, wishes

if TYPE_CHECKING:
    from service.snapshot import Snapshot

# The curated query that the index answers.
QUERY = "search"
# Of the words that somebody may have meant, so many are tried.
_LIKELY = 24


async def sought(
    snapshot: Snapshot,
    typed: str,
    filters: Filters = ALL,
    *,
    limit: int,
    offset: int = 0,
    facets: Sequence[str] = (),
) -> Findings:
    """What is called so in the release of a request; without facets, if it has no index and its store is asked."""
    if (index := snapshot.index) is None:
        return await _in_store(snapshot, typed, filters, limit, offset)
    return await snapshot.engine.apart(lambda: look(index, typed, filters, limit=limit, offset=offset, facets=facets))


async def _in_store(snapshot: Snapshot, typed: str, filters: Filters, limit: int, offset: int) -> Findings:
    query = snapshot.catalogue[QUERY]
    known = next(param.values for param in query.params if param.name == "kind")
    kind = {"kind": filters.kind} if filters.kind in known else {}
    bound = bind(query, {"q": typed, **kind}, snapshot.release.base)
    rows = await snapshot.engine.rows(bound.page(limit, offset))
    counted = await snapshot.engine.rows(bound.count)
    found = [{name: term["value"] for name, term in row.items()} for row in rows]
    return Findings(
        [
            Found(
                iri=row["iri"],
                kind=row["kind"],
                label=row.get("label", row["matched"]),
                key=row["matched"],
                score=float(row["score"]),
            )
            for row in found
        ],
        int(counted[0]["total"]["value"]),
    )


async def suggested(snapshot: Snapshot, typed: str, filters: Filters, limit: int) -> Findings:
    """What is called so, to somebody who still types: what stands around names only if no name fits."""
    if index := snapshot.index:
        given = wishes(typed)
        found = await snapshot.engine.apart(lambda: index.find(given, filters, limit=limit, around=False))
        if found.total:
            return found
    return await sought(snapshot, typed, filters, limit=limit)


def look(
    index: Index, typed: str, filters: Filters = ALL, *, limit: int, offset: int = 0, facets: Sequence[str] = ()
) -> Findings:
    """What is called so; when nothing is, and a body of a unit was named, the unit, or what a question is about.

    Or what was meant: in English, with the keys of Telex, with a slip in one word.
    """
    found = index.find(wishes(typed), filters, limit=limit, offset=offset, facets=facets)
    wide = Filters(filters.kind)
    if found.total or (filters != wide and index.find(wishes(typed), wide, limit=1).total):
        return found
    if others := instead(typed):
        units = index.find(others, replace(filters, kind="unit"), limit=limit, offset=offset, facets=facets)
        found = replace(units, instead=others[0].key)
    for rest in filter(None, (fewer(typed), translated(typed), telexed(typed))):
        if not found.total:
            found = _lowered(look(index, rest, filters, limit=limit, offset=offset, facets=facets), rest)
    if not found.total and (meant := _meant(index, search_key(typed))):
        found = index.find([Wish(key, key) for key in meant], filters, limit=limit, offset=offset, facets=facets)
        found = _lowered(found, next((key for key in meant if found.found and key in found.found[0].key), meant[0]))
    return found


def _meant(index: Index, key: str) -> list[str]:
    """The key with another word in the place of the one that no name has, the words of most names first."""
    words = key.split()
    if not (word := strange(key, index.words(words))):
        return []
    others = index.words(slips(word))
    likely = sorted(others, key=lambda other: (-others[other], other))[:_LIKELY]
    return [" ".join(other if each == word else each for each in words) for other in likely]


def _lowered(found: Findings, instead: str) -> Findings:
    """The findings, worth no more than what is found around a name."""
    some = [replace(each, score=min(each.score, SCORES[AROUND])) for each in found.found]
    return replace(found, found=some, instead=found.instead or instead if found.total else None)


def results(index: Index, bound: Bound, limit: int, offset: int) -> bytes:
    """The rows of the curated query as SPARQL's JSON has them."""
    found = _look(index, bound, limit, offset).found
    names = [column.name for column in bound.query.columns]
    return msgspec.json.encode({"head": {"vars": names}, "results": {"bindings": [_row(each) for each in found]}})


def total(index: Index, bound: Bound) -> int:
    """How many rows there are in all."""
    return _look(index, bound, 1, 0).total


def _look(index: Index, bound: Bound, limit: int, offset: int) -> Findings:
    kind = bound.values.get("kind")
    return look(index, str(bound.values["q"]), Filters(str(kind) if kind else None), limit=limit, offset=offset)


def _row(found: Found) -> dict[str, dict[str, str]]:
    texts = {"label": found.label, "kind": found.kind, "matched": found.key or search_key(found.label)}
    return {
        "iri": {"type": "uri", "value": found.iri},
        **{name: {"type": "literal", "value": text} for name, text in texts.items()},
        "score": {"type": "literal", "value": str(found.score), "datatype": xsd.decimal.value},
    }
