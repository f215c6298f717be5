"""The rows of a curated question, and how many there are: from the index of a release what it knows, else asked."""

from __future__ import annotations

from service.binding import Bound
from service.engine import JSON
from service.search import finding
from service.snapshot import Snapshot


async def results(bound: Bound, limit: int, offset: int, snapshot: Snapshot) -> bytes:
    """These rows as SPARQL's JSON."""
    if bound.query.name == finding.QUERY and (index := snapshot.index):
        return await snapshot.engine.apart(lambda: finding.results(index, bound, limit, offset))
    return await snapshot.engine.read(bound.page(limit, offset), JSON)


async def total(bound: Bound, snapshot: Snapshot) -> int:
    """How many rows there are in all."""
    if bound.query.name == finding.QUERY and (index := snapshot.index):
        return await snapshot.engine.apart(lambda: finding.total(index, bound))
    return int((await snapshot.engine.rows(bound.count))[0]["total"]["value"])
