"""The rows of a curated question, and how many there are: from the release what it knows, else asked.

Of a long list, first the keys of the rows of a page, then these rows. Which keys, the order says that was made with the
release; else the engine, which goes through all of them.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec
from pyoxigraph import NamedNode
from pyroaring import BitMap

from loaders.release.order import Row, key_sum
from service import reply
from service.binding import Bound, Rows
from service.engine import JSON, estimate
from service.failures import garbled
from service.order import Order
from service.problems import Problem
from service.query import Column
from service.reply import Binding, Key
from service.search import finding
from service.snapshot import Snapshot

log = logging.getLogger("thidua")

Said = Mapping[str, dict[str, str]]
Known = Sequence[tuple[str, Said]]
# Rows as they are written, by what tells them apart. Of each there is one text and not dozens of objects: those of
# thousands of rows keep everybody waiting, once when they are looked through for garbage and once when they go.
Told = dict[Hashable, bytes]

# The engine is asked which of so many rows are meant; of more, it is asked for all.
_MANY = 1000
# It is asked about so many things at a time: of more, ours guesses that all there are would be fewer, and begins with
# these (officials: 500; figures: 1,000). Virtuoso takes no more than some 4,000 after VALUES.
_AT_ONCE = 250


async def results(bound: Bound, limit: int, offset: int, snapshot: Snapshot) -> bytes:
    """These rows as SPARQL's JSON."""
    if bound.query.name == finding.QUERY and (index := snapshot.index):
        return await snapshot.engine.apart(lambda: finding.results(index, bound, limit, offset))
    if bound.query.keys is None:
        return await snapshot.engine.read(bound.page(limit, offset), JSON)
    ordered = await _ordered(bound, snapshot)
    rows = await ordered.page(limit, offset, snapshot) if ordered else None
    if rows is None:
        rows = await _asked(ordered.narrowed if ordered else bound, limit, offset, snapshot)
    return reply.results([column.name for column in bound.query.columns], rows)


async def total(bound: Bound, snapshot: Snapshot) -> int:
    """How many rows there are in all."""
    if bound.query.name == finding.QUERY and (index := snapshot.index):
        return await snapshot.engine.apart(lambda: finding.total(index, bound))
    if ordered := await _ordered(bound, snapshot):
        if ordered.exact:
            return len(ordered.places)
        bound = ordered.narrowed
    return int((await snapshot.engine.rows(bound.count))[0]["total"]["value"])


@dataclass(frozen=True)
class _Ordered:
    """Where the order of a release has the rows of a question; if it is not `exact`, others are among them."""

    bound: Bound
    order: Order
    places: BitMap

    @property
    def exact(self) -> bool:
        return self.order.exact(self.bound)

    @property
    def narrowed(self) -> Bound:
        """The question, asked of the things alone that can be meant, unless they are many."""
        keys = self.bound.query.keys
        if self.exact or keys is None or not 0 < len(self.places) <= _MANY:
            return self.bound
        try:
            about: Rows = [(thing,) for thing in _things(self.order.rows(self.places))]
        except Problem:
            return self.bound
        return replace(self.bound, terms={**self.bound.terms, keys.about: about})

    async def page(self, limit: int, offset: int, snapshot: Snapshot) -> list[bytes] | None:
        """These rows; None if it does not know which they are."""
        if not self.exact:
            return None
        try:
            wanted = await snapshot.engine.apart(lambda: self.order.rows(self.places[offset : offset + limit]))
        except Problem:
            return None
        # Which rows, is known: asked for once more, a year or an area is where engines begin, and not at these things.
        about = await snapshot.engine.write(lambda: _things(wanted), len(wanted))
        found = await _about(self.bound.open, about, _row, snapshot)
        # An engine elsewhere may write a value in another way: it is asked for the keys, too.
        return [found[each] for each in wanted] if all(each in found for each in wanted) else None


async def _ordered(bound: Bound, snapshot: Snapshot) -> _Ordered | None:
    try:
        order = snapshot.orders.get(bound.query.name)
        if order is None or not order.knows(bound):
            return None
        return _Ordered(bound, order, await snapshot.engine.apart(lambda: order.places(bound)))
    except Problem:
        # Another release has its place on the disk, or its file cannot be read: the engine has what it opened.
        return None


async def _asked(bound: Bound, limit: int, offset: int, snapshot: Snapshot) -> list[bytes]:
    answer = await snapshot.engine.read(bound.keys(limit, offset), JSON)
    keys, about = await snapshot.engine.write(lambda: _keys(bound, answer), estimate(answer))
    found = await _about(bound, about, reply.key, snapshot)
    try:
        return [found[key] for key in keys]
    except KeyError as error:
        # An engine elsewhere, asked for the rows of the keys that it gave, has lost one.
        log.error("the engine lost a row of %s: %s", bound.query.name, _lost(bound, error.args[0], found))
        raise garbled() from error


def _keys(bound: Bound, answer: bytes) -> tuple[list[Key], list[NamedNode]]:
    """The keys of rows, and what these are about, each once."""
    found = [(reply.key(bound, row), _thing(bound, row)) for row in reply.each(answer)]
    return [key for key, _ in found], _named(thing for _, thing in found)


def _lost(bound: Bound, key: Key, found: Iterable[Any]) -> str:
    """The columns in which the row most like the one of this key is another, and both values."""
    assert bound.query.keys, "only a long list is asked so"
    columns = bound.query.keys.columns
    differ = [
        {name: (was, there) for name, was, there in zip(columns, key, told, strict=True) if was != there}
        for told in found
    ]
    different = min(differ, key=len, default={})
    return "; ".join(f"{name} is {there!r}, was {was!r}" for name, (was, there) in different.items()) or "no rows came"


async def _about(
    bound: Bound, about: Sequence[NamedNode], keyed: Callable[[Bound, Binding], Hashable], snapshot: Snapshot
) -> Told:
    """All rows about some things. Of what the order of the release knows, the engine is not asked."""
    order, columns = snapshot.orders.get(bound.query.name), bound.query.known
    known: Known = ()
    if about and order is not None and columns:
        with contextlib.suppress(Problem):
            known = await snapshot.engine.apart(lambda: [_known(order, column, about) for column in columns])
            bound = bound.spared
    found: Told = {}
    for at in range(0, len(about), _AT_ONCE):
        piece = about[at : at + _AT_ONCE]
        # A short piece of a long answer is read where long ones are: nobody waits for any of it.
        query = await snapshot.engine.write(partial(bound.about, piece), len(about))
        answer = await snapshot.engine.read(query, JSON)
        told = max(len(about), estimate(answer))
        await snapshot.engine.write(partial(_tell, bound, answer, known, keyed, found), told)
    return found


def _tell(bound: Bound, answer: bytes, known: Known, keyed: Callable[[Bound, Binding], Hashable], found: Told) -> None:
    """The rows of an answer are among those found, each with what is known of its thing."""
    for row in reply.each(answer):
        thing = _thing(bound, row)
        told = {**row, **{name: said[thing] for name, said in known if thing in said}}
        found.setdefault(keyed(bound, told), msgspec.json.encode(told))


def _known(order: Order, column: Column, about: Iterable[NamedNode]) -> tuple[str, Said]:
    """A column, and what it says of each thing of which it says something."""
    assert column.by, "the catalogue checked what it is known by"
    found = order.known((thing.value for thing in about), column.by)
    said = {thing: " | ".join(values) for thing, values in found.items() if values}
    return column.name, {thing: {"type": "literal", "value": text} for thing, text in said.items()}


def _thing(bound: Bound, row: Binding) -> str:
    keys = bound.query.keys
    assert keys, "only a long list is asked so"
    return row[keys.about]["value"]


def _things(rows: Iterable[Row]) -> list[NamedNode]:
    return _named(row.thing for row in rows)


def _named(things: Iterable[str]) -> list[NamedNode]:
    return [NamedNode(thing) for thing in dict.fromkeys(things)]


def _row(bound: Bound, row: Binding) -> Row:
    """What the order of a release has in the place of a row."""
    return Row(_thing(bound, row), key_sum(reply.key(bound, row)))
