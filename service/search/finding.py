"""What is found for what was typed, from the index: for pages, and as the answer of `/api/search`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from loaders.identity import search_key
from loaders.namespaces import xsd
from service.binding import Bound
from service.search.index import ALL, Filters, Findings, Found, Index
from service.search.wish import instead, wishes

# The curated query that the index answers.
QUERY = "search"


def look(
    index: Index, typed: str, filters: Filters = ALL, *, limit: int, offset: int = 0, facets: Sequence[str] = ()
) -> Findings:
    """What is called so; when nothing is, and a body of a unit was named, the unit."""
    found = index.find(wishes(typed), filters, limit=limit, offset=offset, facets=facets)
    if not found.total and filters == Filters(filters.kind) and (others := instead(typed)):
        return index.find(others, Filters("unit"), limit=limit, offset=offset, facets=facets)
    return found


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
