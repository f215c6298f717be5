"""The engine that is part of the service: the store of the release, asked in processes that can be killed.

Each lane has workers of its own. Whatever befalls a worker, the client is told and the service goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from cachetools import LRUCache

from loaders.release import Release
from loaders.settings import Settings
from service import failures
from service.answer import Answer
from service.board import BENCH
from service.body import Body
from service.client import Client
from service.crew import Busy, Crew, Worker
from service.dataset import Dataset
from service.engine import Engine, LaneName, rooms
from service.entrance import Entrance
from service.holder import TELLERS, Charge
from service.kinds import by_kind
from service.turns import Full
from service.visit import here

# Measured: a statement takes 900 to 1,050 bytes in memory, in its graph and twice in the merge.
_BYTES_A_QUAD = 1100
# Seconds that tellers may take to leave, and between two looks at that.
_PARTING, _LOOK = 2.0, 0.02
# Queries that are remembered. A value of two letters by which one sorts becomes 500: of thousands, megabytes.
_REMEMBERED, _LONGEST = 50, 1 << 18
_NICENESS = {"user": 5, "curated": 0}


class Embedded(Engine):
    """What answers queries over a release from its own store."""

    def __init__(self, release: Release, settings: Settings, entrance: Entrance | None = None) -> None:
        super().__init__(release, settings)
        self._entrance = entrance
        # Queries at which the engine gave up, and how they are asked instead.
        self._by_kind = LRUCache[str, str](_REMEMBERED)
        self.crew = Crew(charge(release, settings, entrance), rooms(settings), entrance.hire if entrance else None)

    @property
    def held(self) -> str:
        """`memory`, if the release is or will be held there, or `disk`."""
        return "disk" if self.crew.charge.dump is None else "memory"

    @property
    def processes(self) -> Mapping[str, Sequence[int]]:
        """The holder, the workers and the tellers."""
        return {"holder": [self.crew.holder], "workers": list(self.crew.workers), "tellers": list(self.crew.tellers)}

    async def start(self) -> None:
        """It answers; OutsideError if the release could not be held."""
        await self.crew.start()

    async def retire(self) -> None:
        """Every lease has ended, every teller has left, and the processes are gone."""
        if self._entrance is not None:
            self.crew.dismiss()
            self._entrance.dismiss(self.crew.charge.bench)
        await self.unleased()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PARTING):
                while self.crew.tellers:
                    await asyncio.sleep(_LOOK)
        await self.close()

    async def close(self) -> None:
        """The processes are gone, whoever waits for them."""
        await self.crew.close()

    async def _gather(
        self, body: Body, query: str, media: str, lane: LaneName, dataset: Dataset, client: Client
    ) -> None:
        asked = self._by_kind.get(query, query)
        try:
            await self._ask(body, asked, media, lane, dataset, client)
        except failures.Unordered:
            # Not whether it is known by now: somebody else may have asked the same beside.
            ordered = await self.apart(partial(by_kind, query))
            if ordered == asked or len(ordered) > _LONGEST:
                raise
            self._by_kind[query] = ordered
            body.clear()
            here().cause = ""
            await self._ask(body, ordered, media, lane, dataset, client)

    async def _ask(self, body: Body, query: str, media: str, lane: LaneName, dataset: Dataset, client: Client) -> None:
        visit = here()
        worker = await self._worker(lane, client)
        visit.enter("query", lane)
        answer = Answer(self.crew, worker, failures.Terms(query, self.limit, self.memory))
        try:
            await answer.gather(body, media, self.base, dataset)
        finally:
            # Whoever goes away before, ends the query.
            answer.end()
            client.use(answer.used)
            visit.leave()

    async def _worker(self, lane: LaneName, client: Client) -> Worker:
        """A worker, in the client's turn; Problem 429 for the public, 503 for what is ours."""
        if not self.crew.lanes[lane].turns.free:
            client.yielding()
        try:
            return await self.crew.take(lane, client.party)
        except Full as full:
            raise (failures.crowded if lane == "user" else failures.overloaded)(full) from None
        except Busy:
            raise failures.busy() from None


def charge(release: Release, settings: Settings, entrance: Entrance | None = None) -> Charge:
    """What the holder of a release is to do: in memory if the release fits, with tellers where there is an entrance."""
    fits = release.quads * _BYTES_A_QUAD <= settings.store_memory << 20
    dump = next((path for path in release.dumps if path.name.endswith(".nq.gz")), None) if fits else None
    lanes = {name: (settings.workers + 1, niceness) for name, niceness in _NICENESS.items()}
    made = Charge(
        store=str(release.store_path),
        dump=str(dump) if dump else None,
        quads=release.quads,
        base=release.base,
        memory=settings.query_memory << 20,
        lanes=lanes,
        directory=str(release.directory),
        network=bool(settings.service_allow),
        mark=release.mark,
    )
    if entrance is None:
        return made
    lanes[TELLERS] = (min(settings.workers, BENCH), 0)
    return replace(
        made,
        board=entrance.board.file,
        bench=entrance.bench(),
        kept=(settings.cache_memory << 20) // lanes[TELLERS][0],
        limits=settings.rate_limit or (),
        log=settings.log,
    )
