"""The rows of a curated question, and how many there are: from the index of a release what it knows, else asked.

Of a long list, first the keys of the rows of a page, then these rows.
"""

from __future__ import annotations

import msgspec

from service.binding import Bound
from service.engine import JSON
from service.failures import garbled
from service.reply import chosen, things
from service.search import finding
from service.snapshot import Snapshot


async def results(bound: Bound, limit: int, offset: int, snapshot: Snapshot) -> bytes:
    """These rows as SPARQL's JSON."""
    if bound.query.name == finding.QUERY and (index := snapshot.index):
        return await snapshot.engine.apart(lambda: finding.results(index, bound, limit, offset))
    if bound.query.keys is None:
        return await snapshot.engine.read(bound.page(limit, offset), JSON)
    keys = await snapshot.engine.rows(bound.keys(limit, offset))
    found = await snapshot.engine.rows(bound.about(things(bound, keys))) if keys else []
    names = [column.name for column in bound.query.columns]
    try:
        rows = chosen(bound, keys, found)
    except KeyError as error:
        # An engine elsewhere, asked for the rows of the keys that it gave, has lost one.
        raise garbled() from error
    return msgspec.json.encode({"head": {"vars": names}, "results": {"bindings": rows}})


async def total(bound: Bound, snapshot: Snapshot) -> int:
    """How many rows there are in all."""
    if bound.query.name == finding.QUERY and (index := snapshot.index):
        return await snapshot.engine.apart(lambda: finding.total(index, bound))
    return int((await snapshot.engine.rows(bound.count))[0]["total"]["value"])
