"""Long queries are read beside everything else: nobody waits for them but others that are long."""

from __future__ import annotations

import asyncio

import pytest

from service.client import NOBODY
from service.lectern import Lectern
from service.problems import Problem
from service.turns import Room

LONG = "ASK { VALUES ?x {" + " <urn:x>" * 5000 + "} }"
HEADERS = {"content-type": "application/x-www-form-urlencoded"}


def test_while_a_long_query_is_read_others_have_their_turns() -> None:
    async def read() -> int:
        rounds = 0
        reading = asyncio.create_task(Lectern(()).read(LONG, NOBODY))
        while not reading.done():
            await asyncio.sleep(0)
            rounds += 1
        assert reading.result().form == "ASK"
        return rounds

    assert asyncio.run(read()) > 500


def test_a_short_query_passes_those_that_are_long() -> None:
    async def read() -> list[str]:
        lectern, order = Lectern(()), []

        async def one(name: str, query: str) -> None:
            await lectern.read(query, NOBODY)
            order.append(name)

        await asyncio.gather(one("long", LONG), one("longer", LONG + " " * 5000), one("short", "ASK {}"))
        return order

    assert asyncio.run(read()) == ["short", "long", "longer"]


def test_more_long_queries_than_there_is_room_for_are_told_to_come_back() -> None:
    async def read() -> list[object]:
        lectern = Lectern((), Room(client=1, all=1, seconds=5.0))
        return await asyncio.gather(*(lectern.read(LONG, NOBODY) for _ in range(3)), return_exceptions=True)

    first, second, third = asyncio.run(read())
    assert first == second
    assert isinstance(third, Problem)
    assert (third.status, third.more["bound"]) == (429, "client")


def test_whoever_leaves_or_is_refused_gives_the_place_to_the_next() -> None:
    async def read() -> None:
        lectern = Lectern(())
        leaving = asyncio.create_task(lectern.read(LONG, NOBODY))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(Problem):
            await lectern.read(LONG + "}", NOBODY)
        assert (await lectern.read(LONG, NOBODY)).form == "ASK"

    asyncio.run(read())


def test_a_long_form_is_the_same_form() -> None:
    async def opened() -> str | None:
        body = b"query=ASK%20%7B%7D%20%23" + b"%C4%91" * 20_000
        return (await Lectern(()).open("POST", HEADERS, b"", body, NOBODY)).query

    assert asyncio.run(opened()) == "ASK {} #" + "đ" * 20_000
