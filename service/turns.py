"""Turns: who has the next free place, when more ask than there are places.

Clients take turns, and what one client asks is served in the order it was asked. The next place goes to the client
that has fewest, and among those to the one whose last turn is longest ago: so one who floods waits for himself.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

# So much of the mean is the last place that was given back: ten places later most of what was before is forgotten.
_WEIGHT = 0.2
# An estimate says no more than this: after a minute it is worth asking again, whatever is at work now.
_LONGEST = 60


@dataclass(frozen=True)
class Room:
    """How many may wait, of one client and in all, and for how many seconds."""

    client: int
    all: int
    seconds: float


class Full(Exception):
    """A bound of the room was met: which (`client`, `all`, `seconds`), and in how many seconds to ask again."""

    def __init__(self, bound: str, limit: float, after: int) -> None:
        super().__init__(bound)
        self.bound, self.limit, self.after = bound, limit, after


class Closed(Exception):
    """There are no places any more."""


@dataclass(eq=False)
class Place:
    """A place that a client has, since when."""

    client: str
    since: float


class Turns:
    """So many places, and a room to wait for them."""

    def __init__(self, places: int, room: Room, clock: Callable[[], float] = time.monotonic) -> None:
        self.places, self.room, self._clock = places, room, clock
        self._taken: set[Place] = set()
        self._held = Counter[str]()
        self._mean = 0.0
        # Clients in the order of their turns. Who waits is told by the result: a place, or why there is none.
        self._lines: dict[str, deque[asyncio.Future[Place | Exception]]] = {}

    @property
    def free(self) -> int:
        """How many places nobody has; while there are some, nobody waits."""
        return self.places - len(self._taken)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._lines.values()))

    async def take(self, client: str) -> Place:
        """A place, to be given back; Full when a bound of the room was met first. Who is cancelled, leaves the line."""
        if self.free:
            return self._seat(client)
        self._admit(client)
        turn: asyncio.Future[Place | Exception] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(client, deque()).append(turn)
        try:
            async with asyncio.timeout(self.room.seconds):
                told = await turn
        except TimeoutError:
            self._leave(client, turn)
            raise self._full("seconds") from None
        except asyncio.CancelledError:
            self._leave(client, turn)
            raise
        if isinstance(told, Exception):
            raise told
        return told

    def give(self, place: Place) -> None:
        """The place is the next one's, if anybody waits."""
        self._taken.remove(place)
        self._held[place.client] -= 1
        if not self._held[place.client]:
            del self._held[place.client]
        self._mean += _WEIGHT * (self._clock() - place.since - self._mean)
        while self._lines:
            client = min(self._lines, key=self._held.__getitem__)
            turn = self._lines[client][0]
            self._strike(client, turn)
            # Whoever was served goes behind the others.
            if client in self._lines:
                self._lines[client] = self._lines.pop(client)
            # One that has just given up may still stand in the line.
            if not turn.done():
                turn.set_result(self._seat(client))
                return

    def close(self) -> None:
        """Nobody waits any more: all were told that there will be no place."""
        for line in self._lines.values():
            for turn in line:
                _tell(turn, Closed())
        self._lines.clear()

    def estimate(self) -> int:
        """Seconds, rounded up, in which those who wait will have been served, by how long places are kept of late."""
        now = self._clock()
        ages = [now - place.since for place in self._taken]
        kept = max([self._mean, sum(ages) / len(ages)] if ages else [self._mean])
        return min(max(1, math.ceil(kept * (self.waiting + 1) / self.places)), _LONGEST)

    def _seat(self, client: str) -> Place:
        place = Place(client, self._clock())
        self._taken.add(place)
        self._held[client] += 1
        return place

    def _admit(self, client: str) -> None:
        """There is room for one more of the client. When all is full, the last of the longest line makes way."""
        mine = len(self._lines.get(client, ()))
        if mine >= self.room.client:
            raise self._full("client")
        if self.waiting >= self.room.all:
            longest = max(self._lines, key=lambda name: len(self._lines[name]))
            if len(self._lines[longest]) <= mine + 1:
                raise self._full("all")
            last = self._lines[longest][-1]
            self._strike(longest, last)
            _tell(last, self._full("all"))

    def _leave(self, client: str, turn: asyncio.Future[Place | Exception]) -> None:
        """The turn is given up; a place that it was given at the same moment is the next one's."""
        if turn.cancelled():
            self._strike(client, turn)
        elif turn.done() and isinstance(place := turn.result(), Place):
            self.give(place)

    def _strike(self, client: str, turn: asyncio.Future[Place | Exception]) -> None:
        line = self._lines.get(client)
        if line and turn in line:
            line.remove(turn)
            if not line:
                del self._lines[client]

    def _full(self, bound: str) -> Full:
        return Full(bound, getattr(self.room, bound), self.estimate())


def _tell(turn: asyncio.Future[Place | Exception], why: Exception) -> None:
    """Who waits for the turn knows why there is none, unless it has just given up."""
    if not turn.done():
        turn.set_result(why)
