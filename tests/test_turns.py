"""Turns: nobody waits longer because another asks more. Places are kept and given back by the test, not by time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from service.turns import Closed, Full, Place, Room, Turns

PATIENT = Room(client=100, all=1000, seconds=60.0)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Hall:
    """Turns, and in which order clients were served."""

    def __init__(self, places: int, room: Room = PATIENT) -> None:
        self.clock = Clock()
        self.turns = Turns(places, room, self.clock)
        self.served: list[Place] = []
        self.asking: list[asyncio.Task[None]] = []

    async def ask(self, *clients: str) -> list[asyncio.Task[None]]:
        """The clients have asked, in this order."""
        asking = [asyncio.create_task(self._take(client)) for client in clients]
        self.asking += asking
        await asyncio.sleep(0)
        return asking

    async def finish(self, place: Place) -> None:
        """The place was given back, and whoever had the next turn was served."""
        self.turns.give(place)
        for _ in range(3):
            await asyncio.sleep(0)

    @property
    def names(self) -> str:
        """Who was served, in this order."""
        return "".join(place.client for place in self.served)

    async def _take(self, client: str) -> None:
        self.served.append(await self.turns.take(client))


def run(check: Callable[[], Awaitable[None]]) -> None:
    """The check holds."""
    asyncio.run(check())  # type: ignore[arg-type]


def test_who_floods_delays_another_by_one_place_only() -> None:
    async def check() -> None:
        hall = Hall(4)
        await hall.ask(*"F" * 100, "x")
        await hall.finish(hall.served[0])
        assert hall.names == "FFFFx"

    run(check)


def test_clients_take_turns_and_each_is_served_in_its_order() -> None:
    async def check() -> None:
        hall = Hall(1)
        await hall.ask("a", "a", "a", "b", "b", "c")
        for turn in range(5):
            await hall.finish(hall.served[turn])
        assert hall.names == "aabcab"
        assert hall.turns.waiting == 0

    run(check)


def test_however_many_flood_each_has_a_share() -> None:
    async def check() -> None:
        hall = Hall(2)
        await hall.ask(*"abc" * 20)
        for turn in range(30):
            await hall.finish(hall.served[turn])
        shares = [hall.names[:30].count(client) for client in "abc"]
        assert max(shares) - min(shares) <= 1

    run(check)


def test_a_free_place_is_had_at_once() -> None:
    async def check() -> None:
        turns = Turns(2, PATIENT)
        first = await turns.take("a")
        await turns.take("a")
        assert turns.free == 0
        turns.give(first)
        assert turns.free == 1

    run(check)


def test_each_bound_of_the_room_is_told() -> None:
    async def check() -> None:
        hall = Hall(1, Room(client=2, all=3, seconds=60.0))
        await hall.ask(*"aaab")
        for client, bound, limit in (("a", "client", 2), ("b", "all", 3)):
            with pytest.raises(Full) as told:
                await hall.turns.take(client)
            assert (told.value.bound, told.value.limit) == (bound, limit)

    run(check)


def test_when_all_is_full_the_last_of_the_longest_line_makes_way() -> None:
    async def check() -> None:
        hall = Hall(1, Room(client=4, all=4, seconds=60.0))
        flood = await hall.ask(*"aaaaa")
        await hall.ask("b")
        await asyncio.wait([flood[-1]], timeout=1)
        assert isinstance(flood[-1].exception(), Full)
        assert hall.turns.waiting == 4
        await hall.finish(hall.served[0])
        await hall.finish(hall.served[1])
        assert hall.names == "aab"

    run(check)


def test_nobody_waits_longer_than_the_room_allows() -> None:
    async def check() -> None:
        turns = Turns(1, Room(client=2, all=4, seconds=0.01))
        await turns.take("a")
        with pytest.raises(Full) as told:
            await turns.take("b")
        assert told.value.bound == "seconds"
        assert turns.waiting == 0

    run(check)


def test_who_goes_away_leaves_the_line_at_once() -> None:
    async def check() -> None:
        hall = Hall(1)
        _, gone, _ = await hall.ask("a", "b", "c")
        gone.cancel()
        await asyncio.sleep(0)
        assert hall.turns.waiting == 1
        await hall.finish(hall.served[0])
        assert hall.names == "ac"

    run(check)


def test_who_goes_away_at_the_moment_of_its_turn_passes_it_on() -> None:
    async def check() -> None:
        hall = Hall(1)
        _, gone, _ = await hall.ask("a", "b", "c")
        hall.turns.give(hall.served[0])
        gone.cancel()
        for _ in range(3):
            await asyncio.sleep(0)
        assert hall.names == "ac"
        hall.turns.give(hall.served[1])
        assert hall.turns.free == 1

    run(check)


def test_who_has_just_gone_away_is_given_no_turn() -> None:
    async def check() -> None:
        hall = Hall(1)
        _, gone, _ = await hall.ask("a", "b", "c")
        gone.cancel()
        await hall.finish(hall.served[0])
        assert hall.names == "ac"
        await hall.finish(hall.served[1])
        assert (hall.turns.free, hall.turns.waiting) == (1, 0)

    run(check)


def test_who_waits_when_it_closes_is_told() -> None:
    async def check() -> None:
        hall = Hall(1)
        _, waiting = await hall.ask("a", "b")
        hall.turns.close()
        await asyncio.wait([waiting], timeout=1)
        assert isinstance(waiting.exception(), Closed)

    run(check)


def test_the_estimate_is_how_long_places_are_kept() -> None:
    async def check() -> None:
        hall = Hall(2)
        await hall.ask(*"aabbb")
        assert hall.turns.estimate() == 1
        hall.clock.now = 6.0  # two places have been kept for 6 s, three wait
        assert hall.turns.estimate() == 12
        hall.clock.now = 1000.0
        assert hall.turns.estimate() == 60

    run(check)
