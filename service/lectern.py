"""The lectern: where what is long is read, one query at a time and a piece at a time, so that nobody else waits for it.

Reading happens in the process that serves everything. Queries are not read by a thread, since it and the server would
pass the interpreter's lock to and fro: each light request would wait several times for 5 ms. Long forms are, since
they cannot be taken apart in pieces.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from service import failures, guard
from service.client import Client
from service.protocol import Operation, operation
from service.turns import Full, Room, Turns
from service.visit import here

# Up to so many characters a query is read at once, which takes 6 ms at most.
_SHORT = 2048
# So many bytes of a form are taken apart at once, which takes 2 ms at most; a megabyte takes 140.
_SHORT_FORM = 16_384
# Rounds of the event loop between two pieces: a light request needs some dozens to its answer.
_ROUNDS = 24
# A long query waits for its turn like one that waits for a process; reading the longest takes some 60 ms.
_ROOM = Room(client=64, all=256, seconds=5.0)


class Lectern:
    """Where queries are read; SERVICE may call what is under the allowed prefixes."""

    def __init__(self, allowed: tuple[str, ...], room: Room = _ROOM) -> None:
        self._allowed, self._turns = allowed, Turns(1, room)

    async def open(
        self, method: str, headers: Mapping[str, str], address: bytes, body: bytes, client: Client
    ) -> Operation:
        """The operation of a request; Problem as for `operation`, 429 as for `read`."""
        if len(body) <= _SHORT_FORM:
            return operation(method, headers, address, body)
        async with self._turn(client):
            return await asyncio.to_thread(operation, method, headers, address, body)

    async def read(self, query: str, client: Client) -> guard.Reading:
        """What the query is; Problem when it may not be tried, 429 when too many others are to be read before."""
        if len(query) <= _SHORT:
            return guard.read(query, self._allowed)
        async with self._turn(client):
            pieces = guard.reading(query, self._allowed)
            while True:
                try:
                    next(pieces)
                except StopIteration as end:
                    found: guard.Reading = end.value
                    return found
                for _ in range(_ROUNDS):
                    await asyncio.sleep(0)

    @contextlib.asynccontextmanager
    async def _turn(self, client: Client) -> AsyncIterator[None]:
        visit = here()
        visit.enter("queue", "user")
        try:
            place = await self._turns.take(client.party)
        except Full as full:
            raise failures.crowded(full) from None
        finally:
            visit.leave()
        try:
            yield
        finally:
            self._turns.give(place)
