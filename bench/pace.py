"""Every curated query, and what pages ask, on a small release and on a large one: how time grows with the data.

    python -m bench.pace SMALL LARGE [--memory] [--runs N] [--only NAME …] [--cases]

SMALL and LARGE are directories of releases. The engine runs in this process: on disk, or in memory as the service holds
what fits. A query is asked as the service asks it: one page, and how many rows there are in all where the page does not
show it. Each with the values of `bench.draws`, each the median of several runs, small and large in turn: of the
processor's time, so that a busy machine counts for nothing and neither does a disk; what is asked again lies in memory
anyway.

A line is a query's slowest case on the large release, and the largest ratio of its cases with the same values or alike
that show not more than twice as many rows there; what takes less than a millisecond counts as one. Exit code 1 if a
query takes more than its budget, or more than three times as long as on the small release.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi import Request
from pyoxigraph import NamedNode, QueryBoolean, QueryResultsFormat, QueryTriples, RdfFormat, Store

from bench.draws import Draws, Values
from loaders.namespaces import BASE
from loaders.release import Release, manifest
from loaders.settings import Settings
from service import answers, embedded, engine, holder, home, reply, rows
from service.binding import bind
from service.catalogue import Catalogue
from service.functions import custom
from service.order import orders
from service.pages.kinds import kind_of
from service.pages.sketch import mentioned
from service.pages.statements import names, statements
from service.pages.statements import query as asked
from service.query import Query
from service.reply import USUAL, bindings
from service.search.index import Index
from service.vocabulary import concepts

MOST_TIMES = 3.0
# Milliseconds for what a page asks; and the seconds after which the runs of a case are enough.
_PAGE, _ENOUGH = 2000.0, 2.0
_FUNCTIONS = {**custom(BASE)}
# A reader who says nothing of languages.
_ANYBODY = Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []})
# Whose pages are looked at, and what stands on such a thing.
_PAGES = {
    "award": "?s td:ofAward ?it",
    "cluster": "?year td:ofCluster ?it . ?s td:inClusterYear ?year",
    "concept": "?s td:awardType ?it",
    "conference": "?s td:inConference ?it",
    "emulation-unit": "?s td:member ?it . ?it td:territory ?unit",
    "movement": "?s td:inMovement ?it",
    "organisation": "?s td:member ?it . ?it a td:Organization",
    "person": "?s td:person ?it",
    "post": "?s td:post ?it",
    "source": "?s td:source ?it",
    "unit": "?by td:territory ?it . ?s td:member ?by",
}

Work = Callable[[], Awaitable[object]]
Pairs = Iterator[tuple[str, bool, list[Work]]]


class Side:
    """A release to ask, in this process; to what asks it, its own snapshot and engine."""

    def __init__(self, directory: Path, memory: bool, like: Side | None = None) -> None:
        self.release = Release(directory.resolve(), manifest.read(directory))
        charge = embedded.charge(self.release, Settings(store_memory=1 << 20))
        held = holder.load(charge) if memory else None
        self.store = held.whole if held else Store.read_only(str(self.release.store_path))
        self.index, self.orders, self.engine = Index.of(self.release), orders(self.release), self
        self.draws = Draws(self.store, like.draws if like else None)
        self.catalogue = Catalogue.read()

    async def read(self, query: str, media: str, lane: str = "curated") -> bytes:
        """The whole answer in a media type."""
        found = self.store.query(query, base_iri=BASE, custom_functions=_FUNCTIONS)
        assert not isinstance(found, QueryBoolean)
        if isinstance(found, QueryTriples):
            return found.serialize(format=RdfFormat.from_media_type(media)) or b""
        return found.serialize(format=QueryResultsFormat.from_media_type(media)) or b""

    async def rows(self, query: str, lane: str = "curated") -> list[dict[str, dict[str, str]]]:
        """The rows of a SELECT."""
        return bindings(await self.read(query, engine.JSON))

    async def apart(self, work: Callable[[], Any]) -> Any:
        """What the work gives."""
        return work()

    async def write(self, work: Callable[[], Any], rows: int) -> Any:
        """What the work makes of so many rows."""
        return work()


@dataclass(frozen=True)
class Case:
    """Something to ask, said for readers, and the milliseconds it takes."""

    said: str
    alike: bool
    small: float
    large: float

    @property
    def ratio(self) -> float:
        """How many times as long as on the small release it takes on the large one."""
        return max(self.large, 1.0) / max(self.small, 1.0)


def main() -> int:
    """The table was printed; 1 if something is slower than it may be."""
    options = _options()
    small = Side(options.small, options.memory)
    sides = [small, Side(options.large, options.memory, small)]
    told = " and ".join(f"{side.release.quads:,}" for side in sides)
    print(f"{told} statements, {'in memory' if options.memory else 'on disk'}; milliseconds of the processor")
    print(f"{'':24}{'small':>9}{'large':>9}{'ratio':>7}{'budget':>8}  ")
    wrong = 0
    for name, budget, pairs in _asked(sides, options.only):
        cases = [_timed(said, alike, works, options.runs) for said, alike, works in pairs]
        wrong += not _told(name, budget, cases, options.cases)
    print(f"{wrong} too slow")
    return int(wrong > 0)


def _asked(sides: list[Side], only: list[str]) -> Iterator[tuple[str, float, Pairs]]:
    """The name, the budget and the cases of everything that is measured; of each case what to do on both sides."""
    for query in Catalogue.read():
        if not only or query.name in only:
            drawn = [list(side.draws.cases(query)) for side in sides]
            yield query.name, query.budget, _paired(drawn, [partial(_answered, side, query) for side in sides])
    for kind, pattern in _PAGES.items():
        if not only or f"page {kind}" in only:
            things = [side.draws.things(pattern) for side in sides]
            yield f"page {kind}", _PAGE, _paired(things, [partial(_drawn, side) for side in sides])
    if not only or "page /" in only:
        yield "page /", _PAGE, iter([("", True, [partial(home.examples, _snapshot(side), "vi") for side in sides])])
    if not only or "page /concept" in only:
        yield "page /concept", _PAGE, iter([("", True, [partial(concepts.shelf, _snapshot(side)) for side in sides])])


def _paired(drawn: list[list[Any]], doing: list[Callable[[Any], Awaitable[object]]]) -> Pairs:
    for small, large in zip(*drawn, strict=False):
        yield (
            _said(large[0]),
            large.alike,
            [partial(do, each[0]) for do, each in zip(doing, (small, large), strict=True)],
        )


def _said(values: Values | str) -> str:
    if isinstance(values, str):
        return values.removeprefix(BASE)
    return " ".join(f"{name}={value.removeprefix(BASE)}" for name, value in values.items())


def _snapshot(side: Side) -> Any:
    return SimpleNamespace(
        release=side.release, engine=side, index=side.index, orders=side.orders, catalogue=side.catalogue
    )


async def _answered(side: Side, query: Query, values: Values) -> int:
    """How many rows a page shows, when how many there are is known, and the names of what stands in them."""
    bound, snapshot = bind(query, values), _snapshot(side)
    found = bindings(await rows.results(bound, USUAL + 1, 0, snapshot))
    if len(found) > USUAL:
        await rows.total(bound, snapshot)
    told = reply.rows(query.columns, found[:USUAL])
    await answers.called(reply.Reply(bound, side.release, told, len(found)), "vi", snapshot)
    return len(told)


async def _drawn(side: Side, thing: str) -> None:
    """What the page of a thing asks."""
    node, snapshot = NamedNode(thing), _snapshot(side)
    kind = kind_of(node)
    facts = await statements(await asked(kind, node, snapshot), snapshot)
    await names(mentioned(node, facts), snapshot)
    if kind.more:
        await kind.more(node, _ANYBODY, snapshot)


def _timed(said: str, alike: bool, works: Sequence[Work], runs: int) -> Case:
    """The median milliseconds of the work on both releases, each done once before."""
    spent: tuple[list[float], list[float]] = [], []
    shown = [0, 0]
    for number in range(runs + 1):
        for side, work in enumerate(works):
            began = time.process_time()
            found = asyncio.run(_done(work))
            shown[side] = found if isinstance(found, int) else 0
            spent[side].append((time.process_time() - began) * 1e3)
        if number and sum(map(sum, spent)) > _ENOUGH * 1e3:
            break
    small, large = (statistics.median(took[1:]) for took in spent)
    # What shows more rows takes longer for what it shows.
    return Case(said, alike and shown[1] <= 2 * shown[0], small, large)


async def _done(work: Work) -> object:
    return await work()


def _told(name: str, budget: float, cases: list[Case], every: bool) -> bool:
    """Whether nothing takes longer than it may; the line is printed, and the cases if they are wanted."""
    if not cases:
        print(f"{name:24}{'the data have no such thing':>33}")
        return True
    slowest = max(cases, key=lambda case: case.large)
    ratio = max((case.ratio for case in cases if case.alike), default=1.0)
    fits = slowest.large <= budget, ratio <= MOST_TIMES
    verdict = "" if all(fits) else " ".join(["" if fits[0] else "over", "" if fits[1] else "grows"]).strip()
    line = f"{slowest.small:9.1f}{slowest.large:9.1f}{ratio:7.1f}{budget:8.0f}  {verdict:10}"
    print(f"{name:24}{line} {slowest.said}"[:160], flush=True)
    for case in cases if every else ():
        print(f"{'':24}{case.small:9.1f}{case.large:9.1f}{case.ratio:7.1f}{'':8}  {case.said}"[:160], flush=True)
    return all(fits)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("small", type=Path, help="the directory of a release")
    parser.add_argument("large", type=Path, help="that of one with ten times as many statements")
    parser.add_argument("--memory", action="store_true", help="hold both in memory, as the service does what fits")
    parser.add_argument("--runs", type=int, default=5, help="runs of each case, after a first that is not counted")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these queries alone")
    parser.add_argument("--cases", action="store_true", help="print every case")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
