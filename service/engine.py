"""The engine of one release: asks a query within its time, and hands on what it answers.

There are two lanes, so that what the public asks never keeps pages and curated queries waiting. What answers is a store
in processes of ours (`service.embedded`) or a SPARQL engine elsewhere (`service.remote`); routes do not see which.
"""

from __future__ import annotations

import abc
import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal, TypeVar

from loaders.release import Release
from loaders.settings import Settings
from service import failures
from service.body import Body, Cellar
from service.client import NOBODY, Client
from service.dataset import UNION, Dataset
from service.failures import Terms
from service.functions import FUNCTIONS, Function
from service.reply import bindings
from service.turns import Room
from service.visit import Visit, here

LaneName = Literal["user", "curated"]
Result = TypeVar("Result")
JSON = "application/sparql-results+json"

# How many of the longest answers find room on the disk at a time.
_LONG_ANSWERS = 16
# How many may wait for their turn, of one client and in all, and for how many seconds. The public is told to come back;
# pages wait rather than fail. A hundred connections of one office that ask small questions fit in the room.
_ROOMS = {"user": Room(client=128, all=512, seconds=1.5), "curated": Room(client=1024, all=1024, seconds=5.0)}
# Threads for what is looked up beside the store: milliseconds each.
_SIDE = ThreadPoolExecutor(2, "apart")
# And for what is made of long answers, up to seconds each: nobody who looks something up waits behind them.
_WRITERS = ThreadPoolExecutor(2, "writer")
# More rows than this take longer than a small request; usual is half of it. In JSON a row has some 700 to 1,200 bytes.
_FEW, _ROW = 200, 640


class Engine(abc.ABC):
    """What answers queries over a release."""

    # Functions of ours that a query may call.
    functions: Sequence[Function] = FUNCTIONS

    def __init__(self, release: Release, settings: Settings) -> None:
        self.base, self.limit, self.memory = release.base, settings.query_timeout, settings.query_memory
        self.cap = settings.answer_size << 20
        self.cellar = Cellar(_LONG_ANSWERS * self.cap)
        self._leases = 0
        self._unused = asyncio.Event()

    @property
    @abc.abstractmethod
    def held(self) -> str:
        """Where the statements are: `memory`, `disk` or `remote`."""

    @property
    def processes(self) -> Mapping[str, Sequence[int]]:
        """The processes that it has here, by kind."""
        return {}

    @abc.abstractmethod
    async def start(self) -> None:
        """It answers; OutsideError if it cannot."""

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

    async def unleased(self) -> None:
        """Every lease has ended."""
        while self._leases:
            self._unused.clear()
            await self._unused.wait()

    async def retire(self) -> None:
        """Every lease has ended, and the engine is closed."""
        await self.unleased()
        await self.close()

    @abc.abstractmethod
    async def close(self) -> None:
        """What it had is given back, whoever waits for it."""

    @contextlib.asynccontextmanager
    async def answer(
        self,
        query: str,
        media: str,
        lane: LaneName = "curated",
        dataset: Dataset = UNION,
        client: Client = NOBODY,
    ) -> AsyncIterator[Body]:
        """The whole answer in a media type; a Problem instead. Nothing is at work on it any more."""
        body = Body(self.cap, self.cellar)
        visit = here()
        visit.query = visit.query or query
        visit.enter("queue", lane)
        try:
            async with self._deadline(query, visit):
                await self._gather(body, query, media, lane, dataset, client)
            yield body
        finally:
            body.close()

    @contextlib.asynccontextmanager
    async def _deadline(self, query: str, visit: Visit) -> AsyncIterator[None]:
        """What is within has ended in time, or Problem 504. The wait for a turn and earlier queries of a page count."""
        try:
            async with asyncio.timeout(self.limit - visit.used):
                yield
        except TimeoutError:
            raise failures.late(Terms(query, self.limit, self.memory), round(visit.used, 2)) from None

    @abc.abstractmethod
    async def _gather(
        self, body: Body, query: str, media: str, lane: LaneName, dataset: Dataset, client: Client
    ) -> None:
        """The body has the whole answer; Problem 400, 429, 502, 503 or 504 instead. It may be cancelled."""

    async def read(self, query: str, media: str, lane: LaneName = "curated") -> bytes:
        """The whole answer in a media type; Problem as for `answer`."""
        async with self.answer(query, media, lane) as body:
            return b"".join([part async for part in body.parts()])

    async def apart(self, work: Callable[[], Result]) -> Result:
        """What the work gives that needs no query: done in a thread, so that nobody else waits for it."""
        return await asyncio.get_running_loop().run_in_executor(_SIDE, work)

    async def write(self, work: Callable[[], Result], rows: int) -> Result:
        """What the work makes of so many rows: of a few at once, of many in a thread, so that nobody waits for it."""
        return await asyncio.get_running_loop().run_in_executor(_WRITERS, work) if rows > _FEW else work()

    async def rows(self, query: str, lane: LaneName = "curated") -> list[dict[str, dict[str, str]]]:
        """The rows of a SELECT as in SPARQL's JSON: variable → `type`, `value`, and `xml:lang` or `datatype`."""
        answer = await self.read(query, JSON, lane)
        return await self.write(lambda: bindings(answer), estimate(answer))


def estimate(answer: bytes) -> int:
    """How many rows of a curated question take as long to read as this answer, as far as its length tells."""
    return len(answer) // _ROW


def rooms(settings: Settings) -> dict[str, Room]:
    """How long the lines of each lane may be; who has waited has half of the time left that a query may take."""
    most = settings.query_timeout / 2
    return {name: replace(room, seconds=min(room.seconds, most)) for name, room in _ROOMS.items()}
