"""Every request has a name, which its answer and the log share; the log says no more of people than it must."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from loaders.errors import UsageError
from loaders.resources import ROOT
from loaders.settings import Settings
from service import failures
from service.entrance import POSSIBLE
from service.journal import Journal, Lines, digest
from service.problems import Problem
from service.visit import Visit, Visits, here
from tests.conftest import given
from tests.house import ENDLESS, FLOOD, UNSORTABLE, House, children, house, publish, until

EVIL = 'SELECT ("secret\u2028\r\n\x1b[31m" AS ?x) {}'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The application over two clusters, without tellers; a query may take half a second."""
    releases = tmp_path_factory.mktemp("journal") / "releases"
    publish(releases, 2)
    with house(releases, query_timeout=0.5, door=False) as found:
        yield found


@contextlib.contextmanager
def logging_to(releases: Path, log: int | None, **more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A service that tells every request to a file, closed if there is none, and its address."""
    publish(releases, 2)
    words = [sys.executable, "-m", "service.cli", "serve"]
    told = {"RELEASES": str(releases), "PORT": "0", "WORKERS": "1", "STORE_MEMORY": "1", "LOG": "requests"}
    settings = given(**{f"THIDUA_{name}": value for name, value in told.items()}, **more)
    if log is None:
        words = ["sh", "-c", 'exec "$@" <&- 2>&-', "sh", *words]
    piped = subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, env=settings, stdout=piped, stderr=log, text=True) as process:
        try:
            assert process.stdout is not None
            said = [process.stdout.readline().strip() for _ in range(5)]
            yield process, said[1].removeprefix("ready on ")
        finally:
            process.kill()


def ask_often(address: str, number: int = 60) -> None:
    """So many questions were answered, some on the spot and some by the application."""
    with httpx.Client(base_url=address, timeout=20) as client:
        for each in range(number):
            path = "/doc/cluster/cum-0" if each % 4 == 0 else "/sparql"
            assert client.get(path, params={"query": f"ASK {{}} # {each}"}).is_success


def test_a_log_that_nobody_reads_keeps_nobody_waiting(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    with logging_to(tmp_path, writer) as (process, address):
        began = time.monotonic()
        ask_often(address)
        # A teller that waits is ended after 2 seconds, and another comes to wait.
        assert time.monotonic() - began < 30
        with os.fdopen(reader, "rb", buffering=0) as log:
            first = log.read(1 << 16)
            ask_often(address, 8)
            process.terminate()
            assert process.wait(20) == 0
            os.close(writer)
            told = [json.loads(line) for line in (first + log.read(1 << 16)).splitlines()]
    counts = [line["count"] for line in told if "missing" in line["message"]]
    assert counts, "what is missing is told as soon as somebody reads again"


@pytest.mark.parametrize("closed", [False, True], ids=["gone", "closed"])
def test_no_process_ends_with_the_reader_of_the_log(tmp_path: Path, closed: bool) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    # What is no setting is told of before there is a log.
    with logging_to(tmp_path, None if closed else writer, THIDUA_PROT="1") as (process, address):
        os.close(writer)
        before = children(process.pid)
        ask_often(address)
        assert children(process.pid) == before


FORKED = """
import logging, os
from service.journal import open_journal
open_journal()
log = logging.getLogger("thidua")
log.info("before")
if os.fork():
    os.wait()
else:
    os.closerange(3, 100)
    client, answer = os.pipe()
    log.info("after")
    os.close(answer)
    assert not os.read(client, 1)
"""


def test_a_process_that_was_forked_writes_its_log_to_no_client() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=True)
    assert [json.loads(line)["message"] for line in done.stderr.splitlines()] == ["before", "after"]


def test_no_socket_gets_the_number_of_a_log_that_is_closed(tmp_path: Path) -> None:
    with logging_to(tmp_path, None) as (process, _):
        files = Path(f"/proc/{process.pid}/fd")
        assert {str((files / number).readlink()) for number in ("0", "2")} == {os.devnull}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the service logs while the test runs."""
    stream, log = io.StringIO(), logging.getLogger("thidua")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines())
    log.addHandler(handler)
    level = log.level
    log.setLevel(logging.INFO)
    yield stream
    log.removeHandler(handler)
    log.setLevel(level)


def told(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_answer_has_the_name_that_its_client_gave_the_request(served: House) -> None:
    response = served.sparql("ASK {}", headers={"X-Request-Id": "order-17.a_B"})
    assert response.headers["x-request-id"] == "order-17.a_B"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\tb", "<script>", "a;b"])
def test_a_name_that_could_do_harm_is_not_taken_over(served: House, given: str) -> None:
    one, two = (served.client.get("/healthz", headers={"X-Request-Id": given}) for _ in range(2))
    names = {one.headers["x-request-id"], two.headers["x-request-id"]}
    assert len(names) == 2
    assert all(len(name) == 16 and name.isalnum() for name in names)


@pytest.mark.parametrize(
    "path", ["/nothing", "/sparql?query=ASK", "/api/clusters?limit=x", "/doc/nothing", "/readyz?x"]
)
def test_every_problem_names_its_request(served: House, path: str) -> None:
    response = served.client.get(path)
    if response.status_code == 200:
        assert "x-request-id" in response.headers
    else:
        assert response.json()["instance"] == "urn:thidua:request:" + response.headers["x-request-id"]


def test_the_page_of_a_problem_names_its_request(served: House) -> None:
    response = served.client.get("/nothing", headers={"Accept": "text/html", "X-Request-Id": "shown-here"})
    assert "<code>shown-here</code>" in response.text


def test_an_answer_says_where_its_time_went(served: House) -> None:
    timing = served.sparql("ASK {}").headers["server-timing"]
    parts = dict(part.split(";dur=") for part in timing.split(", "))
    assert list(parts) == ["queue", "query", "total"]
    assert float(parts["queue"]) + float(parts["query"]) <= float(parts["total"])


def test_a_request_that_went_well_is_not_in_the_log(served: House, lines: io.StringIO) -> None:
    assert served.sparql("ASK {}").status_code == 200
    assert served.client.get("/nothing").status_code == 404
    assert told(lines) == []


def test_a_query_that_was_stopped_is_in_the_log_without_its_text(served: House, lines: io.StringIO) -> None:
    response = served.sparql(ENDLESS)
    assert response.status_code == 504
    until(lambda: told(lines))
    (line,) = told(lines)
    assert line["id"] == response.headers["x-request-id"]
    assert (line["level"], line["status"], line["killed"]) == ("warning", 504, "deadline")
    assert line["sha256"] == digest(ENDLESS)
    # That it was read and waited for a process is part of the half second that it may take.
    assert 0 < float(str(line["query"])) <= float(str(line["seconds"]))
    assert float(str(line["seconds"])) >= 0.5
    assert "VALUES" not in lines.getvalue()
    assert "127.0.0.1" not in lines.getvalue()


def test_the_log_says_at_what_the_engine_gave_up(served: House, lines: io.StringIO) -> None:
    assert served.sparql(UNSORTABLE).status_code == 500
    until(lambda: told(lines))
    (line,) = told(lines)
    assert (line["level"], line["status"], line["killed"]) == ("warning", 500, "panic")
    assert "total order" in str(line["cause"])
    assert "note:" not in str(line["cause"])


def test_an_answer_that_was_cut_is_in_the_log(
    served: House, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = FLOOD + " LIMIT 50000"

    async def parts(_: object) -> AsyncIterator[bytes]:
        yield b"{"
        raise OSError("nothing can be read back")

    with monkeypatch.context() as patch:
        patch.setattr("service.body.Body.parts", parts)
        with pytest.raises(httpx.RemoteProtocolError):
            served.sparql(query)
    until(lambda: told(lines))
    (line,) = told(lines)
    assert (line["message"], line["status"]) == ("an answer was cut short", 200)


@pytest.mark.parametrize(("detail", "text"), [("requests", False), ("queries", True)])
def test_only_on_demand_is_the_text_of_a_query_written(lines: io.StringIO, detail: str, text: bool) -> None:
    visits = Visits(Journal(detail).write)
    visit = Visit("one", "GET", "/sparql\n\x85\ud800", "192.0.2.1", status=200, query=EVIL)
    visits.begin(visit)
    visits.end(visit)
    (line,) = lines.getvalue().splitlines()
    facts = json.loads(line)
    assert facts["path"] == "/sparql\n\x85\ud800"
    assert facts["client"] == "192.0.2.1"
    assert facts.get("text") == (EVIL if text else None)
    assert line.isascii()
    assert line.isprintable()


def test_the_trace_of_a_fault_does_not_tell_the_query(lines: io.StringIO) -> None:
    visit = Visit("one", query="ASK { <urn:secret> ?p ?o }")
    Visits().begin(visit)
    try:
        raise ValueError(f"cannot answer {here().query}")
    except ValueError:
        logging.getLogger("thidua").exception("a fault")
    (line,) = told(lines)
    assert line["id"] == "one"
    assert "ValueError" in str(line["trace"])
    assert "secret" not in lines.getvalue()


def test_what_a_visit_met_is_told_once_and_with_its_reason() -> None:
    ended: list[Visit] = []
    visits = Visits(ended.append)
    visit = Visit("one")
    visits.begin(visit)
    visit.enter("query", "user")
    visit.fail(Problem(503, "a", "b", type="urn:thidua:problem:memory"))
    assert visits.under_way == {visit}
    visits.end(visit)
    assert (visits.under_way, ended, visit.killed, visit.stage) == (set(), [visit], "memory", None)


def test_the_service_speaks_json_on_stderr_and_plain_on_stdout(tmp_path: Path) -> None:
    publish(tmp_path, 2)
    command = [sys.executable, "-m", "service.cli", "serve"]
    given = {"THIDUA_RELEASES": str(tmp_path), "THIDUA_PORT": "0", "THIDUA_WORKERS": "1", "THIDUA_LOG": "requests"}
    with subprocess.Popen(
        command, cwd=ROOT, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("thidua ")
        line = json.loads(process.stderr.readline())
        assert "is in memory after" in line["message"]
        assert line["level"] == "info"
        assert line["time"].endswith("Z")
        # Two processes give up at it, a teller and a worker: what the engine says then is no JSON.
        port = next(line for line in process.stdout if line.startswith("ready on ")).rpartition(":")[2]
        asked = httpx.get(f"http://127.0.0.1:{int(port)}/sparql", params={"query": UNSORTABLE})
        process.terminate()
        rest = [json.loads(line) for line in process.stderr]
        assert asked.status_code == 500
        assert len([line for line in rest if "total order" in line.get("cause", "")]) == (2 if POSSIBLE else 1)


def test_connections_that_are_turned_away_have_a_line_a_second(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, journal = 0.0, Journal("requests")
    monkeypatch.setattr("service.journal.monotonic", lambda: now)
    for _ in range(2000):
        turned_away = Visit("x", status=503)
        turned_away.fail(failures.crowd())
        journal.write(turned_away)
        now += 0.001
    assert [line["count"] for line in told(lines)] == [1, 1000]


def test_a_detail_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="THIDUA_LOG='all' cannot be used: it is one of problems, requests, queries"):
        Settings.from_environ({"THIDUA_LOG": "all"})
