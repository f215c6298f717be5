"""What tellers and the door count, in memory that they share with the application: each place has words of its own.

So nobody waits for anybody, and what a teller counted outlives it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

ROUTES = ("/sparql", "/api")
# Seconds, as upper bounds; a teller that takes longer than the last but one is about to be killed.
BUCKETS = (0.0001, 0.00025, 0.001, 0.005, 0.025, 0.1, 0.25)

_ANSWERED, _UNCHANGED, _KEPT, _BYTES, _NANOSECONDS, _FIRST_BUCKET = range(6)
_A_ROUTE = _FIRST_BUCKET + len(BUCKETS) + 1
_ASIDE = _A_ROUTE * len(ROUTES)
# Words of a place, and after all places those of the door.
WORDS = 32
_KILLS, _CONNECTIONS = 0, 1
DOOR = 2


class Route(NamedTuple):
    """What was answered under a route: with 200 and 304, of both from what was kept; bytes, seconds, by bucket."""

    name: str
    answered: int
    unchanged: int
    kept: int
    size: int
    seconds: float
    buckets: tuple[int, ...]


class Tally:
    """The counts of `places`, and of the door, in these words."""

    def __init__(self, words: memoryview, places: int) -> None:
        self._words, self._places, self._door = words, places, places * WORDS

    def answer(self, place: int, path: str, status: int, *, kept: bool, size: int, seconds: float) -> None:
        """A teller has answered."""
        words, at = self._words, place * WORDS + (0 if path == ROUTES[0] else _A_ROUTE)
        words[at + (_ANSWERED if status == 200 else _UNCHANGED)] += 1
        words[at + _KEPT] += kept
        words[at + _BYTES] += size
        words[at + _NANOSECONDS] += int(seconds * 1e9)
        words[at + _FIRST_BUCKET + bisect_left(BUCKETS, seconds)] += 1

    def set_aside(self, place: int) -> None:
        """A teller has left a request to the application."""
        self._words[place * WORDS + _ASIDE] += 1

    def kill(self) -> None:
        """The door has killed a teller that took too long."""
        self._words[self._door + _KILLS] += 1

    def hold(self, connections: int) -> None:
        """So many connections are with tellers."""
        self._words[self._door + _CONNECTIONS] = connections

    @property
    def aside(self) -> int:
        """Requests that were left to the application."""
        return self._sum(_ASIDE)

    @property
    def kills(self) -> int:
        """Tellers that were killed because they took too long."""
        return int(self._words[self._door + _KILLS])

    @property
    def connections(self) -> int:
        """Connections that are with tellers."""
        return int(self._words[self._door + _CONNECTIONS])

    def routes(self) -> Iterator[Route]:
        """What all tellers have answered."""
        for number, name in enumerate(ROUTES):
            *counts, nanoseconds = (self._sum(number * _A_ROUTE + word) for word in range(_FIRST_BUCKET))
            first = number * _A_ROUTE + _FIRST_BUCKET
            buckets = tuple(self._sum(first + bucket) for bucket in range(len(BUCKETS) + 1))
            yield Route(name, counts[0], counts[1], counts[2], counts[3], nanoseconds / 1e9, buckets)

    def _sum(self, word: int) -> int:
        return sum(self._words[place * WORDS + word] for place in range(self._places))
