"""A release is published while people ask: nobody sees it happen but by the answers."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import errno
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from loaders.errors import DamagedRelease, OutsideError, UnreadableRelease
from loaders.release import current, pointer
from loaders.resources import ROOT
from loaders.settings import Settings
from service.cache import Cache
from service.cli import main
from service.embedded import Embedded
from service.follow import Follower
from service.frame import Frame
from service.place import Replaced
from service.refusal import Refusal
from service.serve import listen
from service.snapshot import Snapshot
from service.visit import Visit, Visits
from tests import tiny
from tests.conftest import given
from tests.house import FLOOD, JSON, House, children, free_port, house, lives, opened, publish, uncollected, until

COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"


def statements(served: House) -> int:
    """How many statements are served."""
    return int(served.sparql(COUNT).json()["results"]["bindings"][0]["n"]["value"])


def test_a_release_published_while_people_ask_fails_nobody(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with house(tmp_path, workers=2) as served:
        old, first = served.processes, served.follower.now().release.version
        answers: list[tuple[int, int]] = []
        enough = threading.Event()

        def ask() -> None:
            with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=20) as client:
                while not enough.is_set():
                    response = client.get("/sparql", params={"query": COUNT}, headers={"Accept": JSON})
                    number = response.json()["results"]["bindings"][0]["n"]["value"] if response.is_success else "0"
                    answers.append((response.status_code, int(number)))

        askers = [threading.Thread(target=ask) for _ in range(2)]
        for asker in askers:
            asker.start()
        for clusters in (5, 7):
            publish(tmp_path, clusters)
            until(lambda wanted=clusters * 5: answers and answers[-1][1] == wanted)  # type: ignore[misc]
        enough.set()
        for asker in askers:
            asker.join()
        assert {status for status, _ in answers} == {200}
        assert {number for _, number in answers} <= {15, 25, 35}
        until(lambda: not any(lives(pid) for pid in old))
        pointer.rollback(tmp_path, now=tiny.NOW)
        pointer.rollback(tmp_path, now=tiny.NOW)
        until(lambda: served.follower.now().release.version == first)
        # The door hears of it a moment later.
        until(lambda: statements(served) == 15)


def test_of_a_release_that_is_served_no_more_no_file_stays_open_for_ever(tmp_path: Path) -> None:
    old = tmp_path / publish(tmp_path, 3)
    with house(tmp_path) as served, uncollected():
        assert served.client.get("/search", params={"q": "cum"}).status_code == 200
        assert {Path(name).name for name in opened(old)} >= {"search.sqlite"}
        publish(tmp_path, 5)
        until(lambda: served.follower.now().release.version != old.name)
        until(lambda: not opened(old))


def test_what_was_taken_out_of_the_release_is_served_no_more(tmp_path: Path) -> None:
    version = publish(tmp_path, 3)
    with house(tmp_path) as served:
        assert [statements(served) for _ in range(3)] == [15] * 3
        old, asked = served.follower.now(), {"query": COUNT}
        known = served.client.get("/sparql", params=asked).headers["ETag"]
        tiny.replaced(old.release, 2)
        until(lambda: statements(served) == 10)
        assert served.follower.now().release.version == version
        assert served.client.get("/sparql", params=asked, headers={"If-None-Match": known}).status_code == 200
        until(lambda: not any(lives(pid) for pid in old.engine.crew.workers))
        until(lambda: served.follower.settled)
        assert statements(served) == 10


def test_with_a_clock_that_was_set_back_each_release_has_its_own_tags_and_its_place(tmp_path: Path) -> None:
    settings, made, tags = Settings(data=tmp_path, releases=tmp_path / "releases"), list[str](), list[str]()

    def built(number: int, **back: int) -> str:
        now = tiny.NOW - datetime.timedelta(**back)
        made.append(tiny.build(settings, number, now=now, force=True).version)
        return pointer.publish(settings.releases, now=now)

    built(3)
    with house(settings.releases) as served:
        for number, back in ((4, {"hours": 3}), (5, {"days": 1000}), (3, {"days": 2000})):
            before = {"If-None-Match": ", ".join(tags)} if tags else None
            first = served.client.get("/sparql", params={"query": COUNT}, headers=before)
            assert first.status_code == 200
            tags.append(first.headers["ETag"])
            version = built(number, **back)
            until(lambda version=version: served.follower.now().release.version == version)
            # The door hears of it a moment later.
            until(lambda wanted=5 * number: statements(served) == wanted)
        told = served.client.get("/releases", params={"format": "json"}).json()
    assert len(set(tags)) == 3
    assert told["current"] == made[-1]
    assert [row["version"] for row in told["releases"]] == made[::-1]


def test_a_release_that_is_replaced_while_it_is_opened_is_not_served_by_halves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the tag of what it was before, answers of what it is now would be kept by others."""
    publish(tmp_path, 3)
    with house(tmp_path) as served:
        second, start, serve = tiny.release(tmp_path, 5), Embedded.start, Follower._serve
        times, seen = iter(range(99)), []

        async def late(engine: Embedded) -> None:
            if next(times) == 0:
                tiny.replaced(second, 2)
            await start(engine)

        def noted(follower: Follower, snapshot: Snapshot) -> None:
            seen.append(snapshot.release.quads)
            serve(follower, snapshot)

        monkeypatch.setattr(Embedded, "start", late)
        monkeypatch.setattr(Follower, "_serve", noted)
        pointer.publish(tmp_path, second.version, now=tiny.NOW)
        until(lambda: statements(served) == 10)
        until(lambda: served.follower.settled)
        assert set(seen) == {10}


@pytest.mark.parametrize("path", ["/", "/api/clusters", "/def", "/dumps/thidua.nq.gz", "/search?q=cum"])
def test_what_is_asked_while_a_release_is_being_replaced_is_answered_from_the_one_that_comes(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of the one that is served are gone, and the other one is not open yet."""
    publish(tmp_path, 3)
    change, may = Follower._change, threading.Event()

    async def held(follower: Follower, version: str) -> None:
        await asyncio.to_thread(may.wait, 10)
        await change(follower, version)

    monkeypatch.setattr(Follower, "_change", held)
    with house(tmp_path, door=False) as served, ThreadPoolExecutor(1) as apart:
        old = served.follower.now().release
        tiny.replaced(old, 2)
        asked = apart.submit(served.client.get, path)
        with pytest.raises(TimeoutError):
            asked.result(0.5)
        may.set()
        answer = asked.result(10)
        assert answer.status_code == 200
        assert old.hash[:8] not in answer.headers["ETag"]
        assert answer.content == served.client.get(path).content


def test_what_was_posted_is_there_when_it_is_asked_once_more() -> None:
    old, new = (SimpleNamespace(release=name, engine=SimpleNamespace(lease=contextlib.nullcontext)) for name in "ab")
    seen, sent, visits = list[tuple[str, bytes, bool]](), list[Message](), list[Visit]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        snapshot, body = scope["state"]["snapshot"], (await receive())["body"]
        seen.append((snapshot.release, body, "route" in scope))
        scope["route"] = SimpleNamespace(path=f"/{snapshot.release}")
        if snapshot is old:
            raise Replaced
        await Response(body)(scope, receive, send)

    parts, now = iter([{"type": "http.request", "body": b"q=x"}]), iter([old, old])

    async def receive() -> Message:
        return next(parts, None) or await asyncio.Future[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    frame = Frame(app, lambda: next(now, new), Visits(visits.append), Cache(0))
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/reconcile", "query_string": b""}
    asyncio.run(frame({**scope, "headers": [(b"host", b"x")]}, receive, send))
    assert seen == [("a", b"q=x", False), ("b", b"q=x", False)]
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"q=x")
    assert visits[0].route == "/b"


def test_who_waits_for_a_release_that_does_not_come_is_told_when_to_ask_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(follower: Follower, version: str) -> None:
        pass

    publish(tmp_path, 3)
    monkeypatch.setattr(Follower, "_change", never)
    monkeypatch.setattr("service.frame._LOOKS", 3)
    with house(tmp_path) as served:
        tiny.replaced(served.follower.now().release, 2)
        answer = served.client.get("/search?q=cum")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert answer.json()["type"] == "urn:thidua:problem:release"


def test_an_answer_begun_on_a_release_ends_on_it(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    rows = f"{FLOOD} LIMIT 300000"
    with house(tmp_path, query_timeout=20.0) as served:
        old = served.follower.now()
        parameters = {"query": rows, "format": "csv"}
        with served.client.stream("GET", "/sparql", params=parameters) as response:
            lines = response.iter_lines()
            assert next(lines) == "a,b,c"
            publish(tmp_path, 5)
            until(lambda: served.follower.now() is not old)
            assert sum(1 for _ in lines) == 300_000
        until(lambda: not old.engine.crew.workers)


def test_a_damaged_release_is_not_served_and_the_one_before_still_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publish(tmp_path, 3)
    with house(tmp_path) as served:
        damaged = tiny.release(tmp_path, 5).directory
        dump = next(path for path in (damaged / "dumps").iterdir() if path.name.endswith(".nq.gz"))
        dump.chmod(0o644)
        dump.write_bytes(dump.read_bytes()[:-20])
        (tmp_path / "current").unlink()
        (tmp_path / "current").symlink_to(damaged.name)
        until(lambda: any("is not served" in record.message for record in caplog.records))
        assert statements(served) == 15
        publish(tmp_path, 7)
        until(lambda: statements(served) == 35)


def test_a_release_that_was_repaired_is_served_under_the_same_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.refusal._PAUSE", 0.1)
    publish(tmp_path, 3)
    with house(tmp_path) as served:
        follower, damaged = served.follower, tiny.release(tmp_path, 5).directory
        dump = next(path for path in (damaged / "dumps").iterdir() if path.name.endswith(".nq.gz"))
        whole = dump.read_bytes()
        dump.chmod(0o644)
        dump.write_bytes(whole[:-20])
        (tmp_path / "current").unlink()
        (tmp_path / "current").symlink_to(damaged.name)
        until(lambda: follower.refused)
        assert "thidua_release_refused 1.0" in served.client.get("/metrics").text
        dump.write_bytes(whole)
        until(lambda: statements(served) == 25)
        assert "thidua_release_refused 0.0" in served.client.get("/metrics").text


def test_a_look_that_fails_ends_neither_the_looking_nor_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable(releases: Path) -> str | None:
        # Others follow in this process too.
        if releases == tmp_path:
            raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "current"))
        return current(releases)

    publish(tmp_path, 3)
    with house(tmp_path) as served:
        with monkeypatch.context() as patch:
            patch.setattr("service.follow.current", unreadable)
            until(lambda: served.follower.refused)
            assert "thidua_release_refused 1.0" in served.client.get("/metrics").text
            assert served.client.get("/readyz").status_code == 200, "a moment is not worth an alarm"
            patch.setattr("service.sight._PASSES", 0.0)
            told = served.client.get("/readyz")
            assert (told.status_code, told.json()["title"]) == (503, "Not following")
            assert "Permission denied" in told.text
            assert str(tmp_path) not in told.text
            assert statements(served) == 15
            publish(tmp_path, 5)
        until(lambda: statements(served) == 25)
        assert served.client.get("/readyz").status_code == 200
        assert sum("cannot be seen" in record.message for record in caplog.records) == 1
        assert "thidua_release_refused 0.0" in served.client.get("/metrics").text


def test_a_directory_that_is_gone_is_told_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("service.sight._PASSES", 0.0)
    releases = tmp_path / "releases"
    publish(releases, 3)
    with house(releases) as served:
        # As it is where a network drive was mounted, and no longer is.
        releases.rename(tmp_path / "elsewhere")
        releases.mkdir()
        until(lambda: served.follower.refused)
        told = served.client.get("/readyz")
        assert (told.status_code, told.json()["title"]) == (503, "Not following")
        assert "Nothing is published" in told.text
        assert str(tmp_path) not in told.text
        assert statements(served) == 15
        releases.rmdir()
        (tmp_path / "elsewhere").rename(releases)
        until(lambda: not served.follower.refused)
        assert served.client.get("/readyz").status_code == 200
    assert sum("cannot be seen" in record.message for record in caplog.records) == 1


def test_that_nobody_follows_any_more_is_never_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def change(*_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    publish(tmp_path, 3)
    with house(tmp_path) as served:
        monkeypatch.setattr(Follower, "_change", change)
        publish(tmp_path, 5)
        until(lambda: any("nobody foresaw this" in record.message for record in caplog.records))
        assert served.client.get("/readyz").status_code == 503
        assert statements(served) == 15


def test_a_refusal_is_over_when_something_in_the_release_has_changed(tmp_path: Path) -> None:
    (tmp_path / "dumps").mkdir()
    (tmp_path / "dumps" / "all").write_text("a")
    now = 0.0
    refusal, fleeting = (Refusal(tmp_path, why, lambda: now) for why in (DamagedRelease("x"), UnreadableRelease("x")))
    now = 6.0
    assert not refusal.is_over()
    assert not fleeting.is_over()
    (tmp_path / "dumps" / "all").write_text("ab")
    assert not refusal.is_over()
    now = 12.0
    assert refusal.is_over()
    now = 61.0
    assert fleeting.is_over()


def test_answers_of_the_release_before_are_dropped_at_once(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with house(tmp_path, door=False) as served:
        kept = served.client.get("/api/clusters")
        assert "cache" in served.client.get("/api/clusters").headers["server-timing"]
        dropped = served.follower.now()
        publish(tmp_path, 5)
        until(lambda: served.follower.now().release is not dropped.release)
        assert "thidua_cache_answers 0.0" in served.client.get("/metrics").text
        assert served.client.get("/api/clusters").headers["etag"] != kept.headers["etag"]


def test_a_service_does_not_start_on_nothing_or_on_a_damaged_release(tmp_path: Path) -> None:
    follower = Follower(Settings(releases=tmp_path))
    with pytest.raises(OutsideError, match="thidua build && thidua publish"):
        asyncio.run(follower.start())
    publish(tmp_path, 3)
    shutil.rmtree(tmp_path / str(current(tmp_path)) / "dumps")
    with pytest.raises(DamagedRelease):
        asyncio.run(follower.start())


def unreadable(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> str:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "readlink", refuse)


def nowhere(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    releases.mkdir()
    (releases / "current").symlink_to("2026-01-01-00000000")


def roundabout(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    releases.mkdir()
    (releases / "current").symlink_to("current")


def no_directory(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    releases.write_text("")


def nothing(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pass


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (unreadable, "current cannot be read: Permission denied → .*THIDUA_RELEASES"),
        (nowhere, "current leads to no release, but to '2026-01-01-00000000' → thidua publish VERSION"),
        (roundabout, "current leads to no release, but to 'current' → thidua publish VERSION"),
        (no_directory, "releases is no directory → THIDUA_RELEASES"),
        (nothing, "nothing is published in .*releases → thidua build"),
    ],
)
def test_what_keeps_a_service_from_starting_is_named_with_the_way_out(
    happens: Callable[[Path, pytest.MonkeyPatch], None], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases = tmp_path / "releases"
    happens(releases, monkeypatch)
    with pytest.raises(OutsideError, match=told):
        asyncio.run(Follower(Settings(releases=releases)).start())


@pytest.mark.parametrize(
    "words", [["ask", "clusters"], ["sparql", "ASK {}"], ["push", "--endpoint", "http://127.0.0.1:9/query"]]
)
def test_who_may_not_read_the_releases_is_told_so_without_a_trace(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unreadable(tmp_path, monkeypatch)
    monkeypatch.setenv("THIDUA_RELEASES", str(tmp_path))
    assert main(words) == 3
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert re.fullmatch("thidua: .*Permission denied: '.*current'", told.splitlines()[-1])


def test_a_release_that_nobody_can_read_is_told_when_the_service_starts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = tiny.release(tmp_path, 2).version
    publish(tmp_path, 3)
    manifest = tmp_path / other / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text("nonsense")
    with caplog.at_level("WARNING", logger="thidua"), house(tmp_path, door=False) as served:
        assert served.client.get("/readyz").status_code == 200
    assert f"release {other}, which is kept beside, cannot be read" in caplog.text


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OutsideError, match=f"port {port}: .*THIDUA_PORT"):
            listen("127.0.0.1", port)


def test_a_port_that_only_root_may_have_is_not_told_to_be_a_matter_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(OutsideError, match=r"port 80: Permission denied.*THIDUA_PORT"):
        listen("127.0.0.1", 80)


SERVE = """
import sys
from pathlib import Path
from loaders.settings import Settings
from service.serve import serve
serve(Settings(releases=Path(sys.argv[1]), port=0, workers=1))
"""


@contextlib.contextmanager
def serving(releases: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`thidua serve` as a process of its own, and what it said until it was ready."""
    command = [sys.executable, "-c", SERVE, str(releases)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as service:
        try:
            assert service.stdout is not None
            yield service, [service.stdout.readline().strip() for _ in range(5)]
        finally:
            service.kill()


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_the_service_says_when_it_is_ready_and_stops_when_told(tmp_path: Path, name: signal.Signals) -> None:
    publish(tmp_path, 3)
    with serving(tmp_path) as (service, said):
        assert "15 statements" in said[0]
        assert said[1].startswith("ready on http://127.0.0.1:")
        assert httpx.get(said[4]).status_code == 200
        service.send_signal(name)
        assert service.wait(10) == 0


@pytest.mark.parametrize("listener", ["full", "gone"])
def test_a_service_serves_though_nobody_can_be_told_that_it_is_ready(tmp_path: Path, listener: str) -> None:
    publish(tmp_path, 3)
    reader, gone = os.pipe()
    os.close(reader)
    port = free_port()
    settings = given(THIDUA_RELEASES=str(tmp_path), THIDUA_PORT=str(port))
    told = os.open("/dev/full", os.O_WRONLY) if listener == "full" else gone
    service = subprocess.Popen([sys.executable, "-m", "service.cli", "serve"], cwd=ROOT, env=settings, stdout=told)
    os.close(told)
    with service:
        try:
            until(lambda: listens(port), 20)
            assert httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
            service.terminate()
            assert service.wait(20) == 0
        finally:
            service.kill()


def listens(port: int) -> bool:
    """Whether a connection is accepted there."""
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def test_a_service_that_is_killed_leaves_no_process(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with serving(tmp_path) as (service, _):
        family = children(service.pid)
        assert len(family) > 4
    until(lambda: not any(lives(pid) for pid in family))


@pytest.mark.skipif(sys.platform != "linux", reason="only there can the files of another process be bounded")
def test_a_service_that_begins_with_few_files_has_room_for_many_connections(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with contextlib.ExitStack() as stack:
        with few_files():
            _, said = stack.enter_context(serving(tmp_path))
        address = urlsplit(said[4])
        held = [
            stack.enter_context(socket.create_connection((address.hostname, address.port), 10)) for _ in range(2 * FEW)
        ]
        for connection in held:
            connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        # What is not there whole is for the application, and it has them all at a time.
        until(lambda: connections(said[2]) >= len(held))
        for connection in held:
            connection.sendall(b"Host: x\r\nConnection: close\r\n\r\n")
        assert [connection.recv(12) for connection in held] == [b"HTTP/1.1 200"] * len(held)


def test_where_memory_is_limited_from_outside_query_processes_live_within_it(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    settings = given(THIDUA_RELEASES=str(tmp_path), THIDUA_PORT="0", THIDUA_QUERY_MEMORY="9000")
    words = ["sh", "-c", 'ulimit -v 8000000 && exec "$@"', "sh", sys.executable, "-m", "service.cli", "serve"]
    with subprocess.Popen(words, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True) as service:
        try:
            assert service.stdout is not None
            home = [service.stdout.readline().strip() for _ in range(3)][2]
            assert httpx.get(f"{home}readyz").status_code == 200
            assert httpx.get(f"{home}sparql", params={"query": "ASK {}"}).status_code == 200
        finally:
            service.kill()


def test_a_service_that_could_let_nobody_in_does_not_say_that_it_is_ready(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    # The reserve and nothing more: as many connections as that leaves room for.
    words = ["sh", "-c", 'ulimit -n 128 && exec "$@"', "sh", sys.executable, "-m", "service.cli", "serve"]
    told = subprocess.run(
        words, cwd=ROOT, env=given(THIDUA_RELEASES=str(tmp_path)), capture_output=True, text=True, timeout=20
    )
    assert (told.returncode, told.stdout) == (3, "")
    assert "128 files" in told.stderr
    assert "ulimit -n" in told.stderr


def connections(home: str) -> float:
    """How many the application has, itself asked on one of them."""
    return float(httpx.get(f"{home}metrics").text.partition("\nthidua_connections ")[2].split()[0])


FEW = 200


@contextlib.contextmanager
def few_files() -> Iterator[None]:
    """Processes that are begun meanwhile may have few files open, unless they ask for more."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
