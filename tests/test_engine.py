"""Query processes: whatever a query does, it does to its own process only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from loaders.errors import OutsideError
from loaders.release import open_release
from loaders.settings import Settings
from service.board import Board
from service.embedded import Embedded
from service.entrance import POSSIBLE
from service.failures import End, Terms, lost
from service.problems import Problem
from service.visit import Visit, Visits
from tests import tiny
from tests.house import ENDLESS, FLOOD, JSON, MIXED, UNSORTABLE, children, listener, lives


def doubling(times: int) -> str:
    """A query that makes a text of eight letters, twice as long so many times."""
    steps = " ".join(f"BIND(CONCAT(?s{i}, ?s{i}) AS ?s{i + 1})" for i in range(times))
    return f'SELECT (STRLEN(?s{times}) AS ?n) {{ BIND("abcdefgh" AS ?s0) {steps} }}'


DOUBLING = doubling(40)
NESTED = "ASK { FILTER(" + "STR(" * 200_000 + '"a"' + ")" * 200_000 + ' = "a") }'


@contextlib.asynccontextmanager
async def engine(releases: Path, entrance: Any = None, **settings: Any) -> AsyncIterator[Embedded]:
    """An engine over a few clusters; at the end all its processes are gone."""
    defaults = {"workers": 1, "query_timeout": 10.0, "query_memory": 256}
    made = Embedded(tiny.release(releases, 20), Settings(**{**defaults, **settings}), entrance)
    await made.start()
    try:
        yield made
    finally:
        await made.close()


def run(check: Callable[[], Awaitable[None]]) -> None:
    """The check holds."""
    asyncio.run(check())  # type: ignore[arg-type]


async def eventually(holds: Callable[[], object], seconds: float = 10.0) -> None:
    """The condition comes to hold in time."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.005)


async def problem(engine: Embedded, query: str, lane: Any = "user") -> Problem:
    """What the client is told of a query that fails."""
    with pytest.raises(Problem) as told:
        await engine.read(query, JSON, lane)
    return told.value


async def count(engine: Embedded) -> int:
    """How many statements the engine finds."""
    return int((await engine.rows("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", "user"))[0]["n"]["value"])


@pytest.mark.parametrize("memory", [0, 512])
def test_a_process_that_is_replaced_answers_from_the_release_that_was_opened(memory: int, tmp_path: Path) -> None:
    """A withdrawal may have put another one in its place meanwhile, and deleted what was there."""

    async def check() -> None:
        async with engine(tmp_path, store_memory=memory) as asked:
            tiny.replaced(open_release(Path(asked.crew.charge.directory)), 2)
            before = set(asked.crew.workers)
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            await eventually(lambda: len(set(asked.crew.workers) - before) == len(before))
            assert await count(asked) == 100

    run(check)


@pytest.mark.parametrize("memory", [0, 512])
def test_a_release_that_took_the_place_of_the_one_that_was_opened_is_not_held(memory: int, tmp_path: Path) -> None:
    release = open_release(tiny.release(tmp_path, 20).directory)
    tiny.replaced(release, 2)

    async def check() -> None:
        made = Embedded(release, Settings(workers=1, store_memory=memory))
        with pytest.raises(OutsideError, match="ended with code"):
            await made.start()
        await made.close()

    run(check)


def test_a_query_past_its_deadline_is_stopped_and_the_next_is_answered(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path, query_timeout=0.5) as asked:
            before, began = set(asked.crew.workers), time.monotonic()
            told = await problem(asked, ENDLESS)
            assert time.monotonic() - began < 1.5
            assert (told.status, told.more["limit"]) == (504, 0.5)
            assert await count(asked) == 100
            await eventually(lambda: len(before - set(asked.crew.workers)) == 1)
            assert not any(lives(pid) for pid in before - set(asked.crew.workers))

    run(check)


def test_all_queries_of_a_page_together_take_no_longer_than_one_may(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path, query_timeout=1.0) as asked:
            Visits().begin(Visit("page"))
            began = time.monotonic()
            assert [(await problem(asked, ENDLESS)).status for _ in range(2)] == [504, 504]
            assert time.monotonic() - began < 1.5

    run(check)


def test_a_query_that_wants_too_much_memory_loses_its_process_only(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            told = await problem(asked, DOUBLING)
            assert (told.status, told.more["type"]) == (503, "urn:thidua:problem:memory")
            assert await count(asked) == 100

    run(check)


def test_a_function_of_ours_that_gets_no_more_memory_is_no_fault_of_the_engine() -> None:
    words = "thread '<unnamed>' panicked at function.rs:1:2: called `Result::unwrap()` on an `Err` value: MemoryError"
    told = lost(Terms("ASK {}", 30, 1024), End(-6, words), 0.5)
    assert (told.status, told.more["type"], told.more["limit"]) == (503, "urn:thidua:problem:memory", "1024 MiB")


def test_a_query_that_overflows_the_stack_loses_its_process_only(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            told = await problem(asked, NESTED)
            assert (told.status, told.more["type"]) == (503, "urn:thidua:problem:stack")
            assert await count(asked) == 100

    run(check)


def test_what_the_engine_finds_no_order_of_is_sorted_kind_by_kind(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path, workers=1) as asked:
            before = set(asked.crew.workers)
            values = [row["v"]["value"] for row in await asked.rows(MIXED, "user")]
            numbers, texts = values[:120], values[120:]
            assert (numbers, texts) == (sorted(numbers, key=int), sorted(texts))
            assert all(text.endswith("x") for text in texts)
            assert not before <= (then := set(asked.crew.workers))
            # It is known by now.
            assert [row["v"]["value"] for row in await asked.rows(MIXED, "user")] == values
            assert then <= set(asked.crew.workers)

    run(check)


def test_two_who_ask_the_same_at_once_have_it_sorted_kind_by_kind(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path, workers=2) as asked:
            one, other = await asyncio.gather(*(asked.rows(MIXED, "user") for _ in range(2)))
            assert one == other
            assert len(one) == 240

    run(check)


def test_a_query_that_would_be_far_too_long_is_not_sorted_kind_by_kind(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            assert (await problem(asked, MIXED + " ?v" * 2000)).status == 500

    run(check)


def test_what_is_asked_instead_and_fails_otherwise_has_no_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check() -> None:
        async with engine(tmp_path, query_timeout=1.0) as asked:
            Visits().begin(visit := Visit("sorted"))
            monkeypatch.setattr("service.embedded.by_kind", lambda _: ENDLESS)
            assert (await problem(asked, MIXED)).status == 504
            assert not visit.cause

    run(check)


def test_a_query_at_which_the_engine_gives_up_is_told_so_and_how_to_ask_instead(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            told = await problem(asked, UNSORTABLE)
            # Who is told to come back would lose another process, as would every copy that is asked instead.
            assert (told.status, told.more["type"]) == (500, "urn:thidua:problem:panic")
            assert "Retry-After" not in told.headers
            assert "memory" not in str(told)
            way = "ORDER BY STR(OBJECT(?v))"
            assert way in str(told)
            lines = (await asked.read(UNSORTABLE.replace("ORDER BY ?v", way), "text/csv", "user")).splitlines()
            assert len(lines) == 241

    run(check)


def test_numbers_of_more_digits_than_others_have_are_told_of_and_how_to_ask_instead(tmp_path: Path) -> None:
    double = "http://www.w3.org/2001/XMLSchema#double"
    terms = " ".join(f"""{2**53 + i * 7 % 60} '{2**53 + i * 11 % 60}'^^<{double}>""" for i in range(120))
    query = f"SELECT ?v {{ VALUES ?v {{ {terms} }} }} ORDER BY ?v"

    async def check() -> None:
        async with engine(tmp_path) as asked:
            told = await problem(asked, query)
            assert told.status == 500
            assert "ORDER BY xsd:double(?v)" in str(told)
            assert len(await asked.rows(query.replace("BY ?v", f"BY <{double}>(?v)"), "user")) == 240

    run(check)


def test_an_answer_that_is_too_long_is_refused_and_its_process_is_gone(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path, answer_size=2, query_timeout=30.0) as asked:
            before = set(asked.crew.workers)
            with pytest.raises(Problem) as told:
                await asked.read(FLOOD, "text/csv", "user")
            more = told.value.more
            assert (told.value.status, more["type"], more["limit"]) == (400, "urn:thidua:problem:answer-size", 2 << 20)
            await eventually(lambda: len(before - set(asked.crew.workers)) == 1)
            assert asked.cellar.used == 0
            assert await count(asked) == 100

    run(check)


def test_a_slow_reader_keeps_no_process(tmp_path: Path) -> None:
    async def check() -> None:
        query = f"{FLOOD} LIMIT 300000"
        async with engine(tmp_path) as asked, asked.answer(query, "text/csv", "user") as body:
            assert body.whole is None
            assert asked.crew.lanes["user"].turns.free == 1
            assert await count(asked) == 100
            read = b"".join([part async for part in body.parts()])
            assert (read.count(b"\r\n"), len(read)) == (300_001, body.size)

    run(check)


def test_a_long_answer_for_which_the_disk_has_no_room_is_told_so(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            asked.cellar.room = 3 << 20
            told = await problem(asked, FLOOD)
            assert (told.status, told.more["type"]) == (503, "urn:thidua:problem:storage")
            assert told.headers["Retry-After"]
            assert asked.cellar.used == 0
            assert await count(asked) == 100

    run(check)


def test_a_question_that_is_given_up_ends_its_query(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            before = set(asked.crew.workers)
            question = asyncio.create_task(asked.read(ENDLESS, JSON, "user"))
            await asyncio.sleep(0.05)
            question.cancel()
            await eventually(lambda: len(before - set(asked.crew.workers)) == 1, 1.0)

    run(check)


def test_heavy_questions_of_the_public_do_not_hold_up_pages(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path, query_timeout=3.0) as asked:
            heavy = [asyncio.create_task(asked.read(ENDLESS, JSON, "user")) for _ in range(6)]
            await asyncio.sleep(0.05)
            async with asyncio.timeout(1.0):
                assert await asked.rows("SELECT ?s { ?s ?p ?o } LIMIT 1", "curated")
            told = await asyncio.gather(*heavy, return_exceptions=True)
            statuses = sorted(each.status for each in told if isinstance(each, Problem))
            assert statuses == [429] * 5 + [504]
            crowded = [each for each in told if isinstance(each, Problem) and each.status == 429]
            assert {each.more["bound"] for each in crowded} == {"seconds"}
            assert all(int(each.headers["Retry-After"]) >= 1 for each in crowded)

    run(check)


def test_what_is_ours_and_finds_no_turn_is_overloaded(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path, query_timeout=0.5) as asked:
            heavy = [asyncio.create_task(asked.read(ENDLESS, JSON)) for _ in range(3)]
            told = await asyncio.gather(*heavy, return_exceptions=True)
            assert sorted(each.status for each in told if isinstance(each, Problem)) == [503, 503, 504]
            assert all(each.headers["Retry-After"] for each in told if isinstance(each, Problem) and each.status == 503)

    run(check)


def test_who_waits_when_the_engine_closes_is_told(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            both = [asyncio.create_task(asked.read(ENDLESS, JSON, "user")) for _ in range(2)]
            await eventually(lambda: asked.crew.lanes["user"].turns.waiting == 1)
            await asked.close()
            told = await asyncio.gather(*both, return_exceptions=True)
            assert [each.status for each in told if isinstance(each, Problem)] == [503, 503]

    run(check)


def test_a_holder_whose_service_is_gone_ends_without_a_word(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            # It hears at once of a worker that has ended and of the service that is gone.
            os.kill(asked.crew.holder, signal.SIGSTOP)
            os.kill(worker := next(iter(asked.crew.workers)), signal.SIGKILL)
            closing = asyncio.create_task(asked.close())
            while lives(worker):
                await asyncio.sleep(0.005)
            os.kill(asked.crew.holder, signal.SIGCONT)
            await closing

    run(check)
    assert capfd.readouterr().err == ""


def test_a_query_process_can_reach_no_other_service(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            with listener() as (port, heard):
                call = f"{{ SERVICE SILENT <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}"
                assert await asked.rows(f"SELECT * {call}") == [{}]
                assert (await problem(asked, f"SELECT * {call.replace('SILENT', '')}")).status == 400
            assert heard == []

    run(check)


def test_a_release_too_large_for_memory_is_asked_on_disk_and_answers_the_same(tmp_path: Path) -> None:
    async def check() -> None:
        answers = []
        for store_memory in (4096, 0):
            async with engine(tmp_path, store_memory=store_memory) as asked:
                assert (asked.crew.charge.dump is None) == (store_memory == 0)
                answers.append(await asked.read("SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o", "text/csv"))
                assert (await problem(asked, DOUBLING)).status == 503
        assert answers[0] == answers[1]
        assert answers[0].count(b"\r\n") > 60

    run(check)


def test_what_two_sources_say_is_counted_once_and_found_in_both(tmp_path: Path) -> None:
    async def check() -> None:
        kind = "?s a <https://w3id.org/thidua/def#EmulationCluster>"
        async with engine(tmp_path) as asked:
            assert len(await asked.rows(f"SELECT ?s {{ {kind} }}")) == 20
            assert len(await asked.rows(f"SELECT ?s {{ GRAPH ?g {{ {kind} }} }}")) == 40

    run(check)


def test_a_release_that_lacks_statements_is_not_held(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def check() -> None:
        release = tiny.release(tmp_path, 20)
        dump = next(path for path in release.dumps if path.name.endswith(".nq.gz"))
        other = tiny.release(tmp_path, 19)
        dump.chmod(0o644)
        dump.write_bytes(next(path for path in other.dumps if path.name == dump.name).read_bytes())
        made = Embedded(release, Settings(workers=1))
        with pytest.raises(Exception, match="ended with code 1"):
            await made.start()
        await made.close()

    run(check)
    assert "holds 95 statements instead of 100" in capfd.readouterr().err


def test_the_death_of_the_holder_is_survived(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            before = set(asked.crew.workers)
            os.kill(asked.crew._holder.pid, signal.SIGKILL)
            await eventually(lambda: not any(lives(pid) for pid in before))
            assert await count(asked) == 100

    run(check)


def test_a_holder_that_stands_still_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.crew._SILENT", 0.5)

    async def check() -> None:
        async with engine(tmp_path, query_timeout=0.5) as asked:
            holder = asked.crew.holder
            os.kill(holder, signal.SIGSTOP)
            assert (await problem(asked, ENDLESS)).status == 504
            await eventually(lambda: asked.crew.holder != holder)
            assert not lives(holder)
            assert await count(asked) == 100

    run(check)


def test_a_question_that_is_given_up_as_the_holder_dies_keeps_no_place(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            worker, holder = await asked.crew.take("user", ""), asked.crew.holder
            os.kill(holder, signal.SIGKILL)
            end = time.monotonic() + 10
            # Nobody has heard of it here, because nothing else is done meanwhile.
            while lives(holder) and time.monotonic() < end:
                time.sleep(0.005)
            asked.crew.kill(worker)
            assert asked.crew.lanes["user"].turns.free == 1
            await eventually(lambda: asked.crew.holder != holder)
            assert await count(asked) == 100

    run(check)


@pytest.fixture
def crowded() -> Iterator[None]:
    """A thousand files are open here, as in a service that has a thousand connections."""
    before = soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2048
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this process may have {hard} files at most")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1024)]
    yield
    for file in files:
        os.close(file)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("crowded")
def test_a_release_is_held_however_many_connections_there_are(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            holder, gone = asked.crew.holder, next(iter(asked.crew.workers))
            os.kill(gone, signal.SIGKILL)
            await eventually(lambda: gone not in asked.crew.workers and len(asked.crew.workers) == 4)
            assert await count(asked) == 100
            assert asked.crew.holder == holder

    run(check)


def test_no_process_outlives_the_engine(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            await count(asked)
            processes = {asked.crew._holder.pid, *asked.crew.workers}
            assert len(processes) >= 3
        await eventually(lambda: not any(lives(pid) for pid in processes))

    run(check)


def test_an_engine_in_use_is_not_closed_under_its_users(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            with asked.lease():
                retiring = asyncio.create_task(asked.retire())
                await asyncio.sleep(0)
                assert await count(asked) == 100
                assert not retiring.done()
            await retiring
            await eventually(lambda: not asked.crew.workers)

    run(check)


class Foyer:
    """An entrance without a door: tellers wait there for connections that never come."""

    def __init__(self) -> None:
        self.board, self.hired = Board.new(), dict[int, socket.socket]()

    def bench(self) -> int:
        """The only one."""
        return 0

    def hire(self, process: int, place: int, teller: socket.socket) -> None:
        """The teller is here."""
        self.hired[process] = teller

    def dismiss(self, bench: int) -> None:
        """Nobody hears of it."""


@pytest.mark.skipif(not POSSIBLE, reason="no tellers on this system")
def test_nobody_takes_the_place_of_a_teller_that_ends_after_its_release_was_followed_by_another(tmp_path: Path) -> None:
    async def check() -> None:
        foyer = Foyer()
        async with engine(tmp_path, foyer) as asked:
            (teller,), worker = foyer.hired, next(iter(asked.crew.workers))
            with asked.lease():
                retiring = asyncio.create_task(asked.retire())
                await asyncio.sleep(0)
                for process in (teller, worker):  # one after the other, so that all is known of the first
                    os.kill(process, signal.SIGKILL)
                    await eventually(lambda process=process: process not in {*asked.crew.tellers, *asked.crew.workers})
                await eventually(lambda: len(asked.crew.workers) == 4)
                # The holder has workers now, and nobody else.
                await eventually(
                    lambda: not asked.crew.tellers and children(asked.crew.holder) == set(asked.crew.workers)
                )
                assert set(foyer.hired) == {teller}
            await retiring

    run(check)


def test_a_worker_that_has_grown_goes_and_gives_its_memory_back(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path, query_memory=1024) as asked:
            before = set(asked.crew.workers)
            assert (await asked.rows(doubling(24), "user"))[0]["n"]["value"] == str(8 << 24)
            await eventually(lambda: len(before - set(asked.crew.workers)) == 1)
            assert await count(asked) == 100

    run(check)


def test_a_worker_that_has_grown_goes_though_its_query_failed(tmp_path: Path) -> None:
    """At its end: a predicate that cannot be the name of an element is said in no RDF/XML."""
    unsayable = doubling(24).replace("SELECT", "CONSTRUCT { <urn:a> <urn:1> ?n } WHERE { SELECT", 1) + " }"

    async def check() -> None:
        async with engine(tmp_path, query_memory=1024) as asked:
            before = set(asked.crew.workers)
            with pytest.raises(Problem, match="RDF/XML"):
                await asked.read(unsayable, "application/rdf+xml", "user")
            await eventually(lambda: len(before - set(asked.crew.workers)) == 1)
            assert await count(asked) == 100

    run(check)


def test_folding_and_vietnamese_order_can_be_asked_for(tmp_path: Path) -> None:
    query = """PREFIX td: <https://w3id.org/thidua/def#>
        SELECT ?name (td:fold(?name) AS ?folded) { VALUES ?name { "Đình  Lập" "Ăn" "Dà" "an" "Đà" } }
        ORDER BY td:sortKey(?name)"""

    async def check() -> None:
        async with engine(tmp_path) as asked:
            rows = json.loads(await asked.read(query, JSON))["results"]["bindings"]
            assert [row["name"]["value"] for row in rows] == ["an", "Ăn", "Dà", "Đà", "Đình  Lập"]
            assert [row["folded"]["value"] for row in rows] == ["an", "an", "da", "da", "dinh lap"]

    run(check)


FAULTS = {
    "SELECT * WHERE {\n ?s ?p }": (2, 8),
    "ASK { ?s ?p ?o": (1, 15),
    "SELECT ?x { ?x ?y ?z . ?a }": (1, 27),
    "ASK { FILTER(1 + ) }": (1, 18),
    'SELECT *\n{ ?s ?p """a\nb""" . \n ?s }': (4, 5),
    "SELECT * { ?s ?p ?o } LIMIT ?x": (1, 29),
    "ASK {?s ?p ?o. FILTER ?o > 3}": (1, 23),
}


def test_a_query_that_cannot_be_read_is_told_where(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            told = {query: await problem(asked, query) for query in FAULTS}
            assert {query: (each.more["line"], each.more["column"]) for query, each in told.items()} == FAULTS
            assert {each.status for each in told.values()} == {400}

    run(check)


def test_a_holder_that_cannot_be_started_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def check() -> None:
        monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
        made = Embedded(tiny.release(tmp_path, 3), Settings())
        with pytest.raises(OutsideError, match=r"cannot be started: .*No such file"):
            await made.start()
        await made.close()

    run(check)


def test_an_engine_that_was_never_started_can_be_closed(tmp_path: Path) -> None:
    run(Embedded(tiny.release(tmp_path, 3), Settings()).close)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's choice is Linux's")
def test_when_memory_is_scarce_a_worker_goes_before_the_holder(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            await asked.read("ASK {}", JSON)
            # Each says so of itself when it begins.
            await eventually(lambda: min(map(score, asked.crew.workers)) > score(asked.crew.holder))

    def score(process: int) -> int:
        return int(Path(f"/proc/{process}/oom_score_adj").read_text())

    run(check)


def test_a_worker_that_dies_while_nobody_asks_leaves_no_file_open(tmp_path: Path) -> None:
    async def check() -> None:
        async with engine(tmp_path) as asked:
            files = len(list(Path("/proc/self/fd").iterdir()))
            for _ in range(10):
                before = set(asked.crew.workers)
                os.kill(next(iter(before)), signal.SIGKILL)
                await eventually(lambda before=before: set(asked.crew.workers) - before)  # type: ignore[misc]
                await eventually(lambda before=before: before - set(asked.crew.workers))  # type: ignore[misc]
            assert len(list(Path("/proc/self/fd").iterdir())) == files
            assert await asked.read("ASK {}", JSON, "user")

    run(check)
