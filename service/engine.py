"""The engine of one release: asks a query in a worker process, within its time, and hands on what it answers.

There are two lanes with workers of their own, so that what the public asks never keeps pages and curated queries
waiting. Whatever befalls a worker, the client is told and the service goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal, TypeVar

from loaders.release import Release
from loaders.settings import Settings
from service import failures
from service.answer import UNION, Answer, Dataset
from service.board import BENCH
from service.body import Body, Cellar
from service.client import NOBODY, Client
from service.crew import Busy, Crew, Worker
from service.entrance import Entrance
from service.holder import TELLERS, Charge
from service.reply import bindings
from service.turns import Full, Room
from service.visit import here

LaneName = Literal["user", "curated"]
Result = TypeVar("Result")
JSON = "application/sparql-results+json"

# Measured: a statement takes 900 bytes in memory, twice indexed, and 1,400 while it is loaded.
_BYTES_A_QUAD = 1400
# How many of the longest answers find room on the disk at a time.
_LONG_ANSWERS = 16
# How many may wait for a worker, of one client and in all, and for how many seconds. The public is told to come back;
# pages wait rather than fail. A hundred connections of one office that ask small questions fit in the room.
_ROOMS = {"user": Room(client=128, all=512, seconds=1.5), "curated": Room(client=1024, all=1024, seconds=5.0)}
# Seconds that tellers may take to leave, and between two looks at that.
_PARTING, _LOOK = 2.0, 0.02
# Threads for what is looked up beside the store: milliseconds each.
_SIDE = ThreadPoolExecutor(2, "apart")
_NICENESS = {"user": 5, "curated": 0}


class Engine:
    """What answers queries over a release."""

    def __init__(self, release: Release, settings: Settings, entrance: Entrance | None = None) -> None:
        self.base, self.limit, self.memory = release.base, settings.query_timeout, settings.query_memory
        self._entrance = entrance
        self.crew = Crew(charge(release, settings, entrance), rooms(settings), entrance.hire if entrance else None)
        self.cap = settings.answer_size << 20
        self.cellar = Cellar(_LONG_ANSWERS * self.cap)
        self._leases = 0
        self._unused = asyncio.Event()

    @property
    def in_memory(self) -> bool:
        """Whether the release is, or will be, held in memory."""
        return self.crew.charge.dump is not None

    async def start(self) -> None:
        """It answers; OutsideError if the release could not be held."""
        await self.crew.start()

    @contextlib.contextmanager
    def lease(self) -> Iterator[None]:
        """While it lasts, the engine is not closed by `retire`."""
        self._leases += 1
        try:
            yield
        finally:
            self._leases -= 1
            if not self._leases:
                self._unused.set()

    async def retire(self) -> None:
        """Every lease has ended, every teller has left, and the processes are gone."""
        if self._entrance is not None:
            self._entrance.dismiss(self.crew.charge.bench)
        while self._leases:
            self._unused.clear()
            await self._unused.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PARTING):
                while self.crew.tellers:
                    await asyncio.sleep(_LOOK)
        await self.close()

    async def close(self) -> None:
        """The processes are gone, whoever waits for them."""
        await self.crew.close()

    @contextlib.asynccontextmanager
    async def answer(
        self,
        query: str,
        media: str,
        lane: LaneName = "curated",
        dataset: Dataset = UNION,
        client: Client = NOBODY,
    ) -> AsyncIterator[Body]:
        """The whole answer in a media type; Problem 400, 429, 503 or 504 instead. No process works on it any more."""
        body = Body(self.cap, self.cellar)
        try:
            await self._gather(body, query, media, lane, dataset, client)
            yield body
        finally:
            body.close()

    async def _gather(
        self, body: Body, query: str, media: str, lane: LaneName, dataset: Dataset, client: Client
    ) -> None:
        visit = here()
        visit.query = visit.query or query
        visit.enter("queue", lane)
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

    async def read(self, query: str, media: str, lane: LaneName = "curated") -> bytes:
        """The whole answer in a media type; Problem as for `answer`."""
        async with self.answer(query, media, lane) as body:
            return b"".join([part async for part in body.parts()])

    async def apart(self, work: Callable[[], Result]) -> Result:
        """What the work gives that needs no query: done in a thread, so that nobody else waits for it."""
        return await asyncio.get_running_loop().run_in_executor(_SIDE, work)

    async def rows(self, query: str, lane: LaneName = "curated") -> list[dict[str, dict[str, str]]]:
        """The rows of a SELECT as in SPARQL's JSON: variable → `type`, `value`, and `xml:lang` or `datatype`."""
        return bindings(await self.read(query, JSON, lane))


def rooms(settings: Settings) -> dict[str, Room]:
    """How long the lines of each lane may be; nobody waits longer than a query may take."""
    return {name: replace(room, seconds=min(room.seconds, settings.query_timeout)) for name, room in _ROOMS.items()}


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
