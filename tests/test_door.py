"""The door and the tellers: small questions are answered on the spot, and nothing is lost with whoever was at them."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from loaders.errors import OutsideError
from service.board import Board
from service.door import Door
from service.entrance import POSSIBLE, Entrance
from service.guests import Guests
from service.letter import kind, opened
from service.serve import listen
from service.tcp import traffic
from service.wire import CONNECTION, DISMISS, HIRE, LEAVE, OPEN, ORDER, PACKET
from tests.house import ENDLESS, FLOOD, House, house, listener, lives, publish, until

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="no door on this system: it needs pidfd and memfd")

COUNT = "/sparql?query=" + quote("SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/thidua/def#EmulationCluster> }")
# What differs between two answers to the same request.
_MOMENT = ("date", "x-request-id", "server-timing")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[House]:
    """The service over three clusters."""
    publish(tmp_path, 3)
    with house(tmp_path, query_timeout=2.0) as running:
        yield running


def tellers(served: House) -> set[int]:
    """The tellers that live now."""
    return set(served.follower.now().engine.crew.tellers)


def door(served: House) -> int:
    """The process of the door."""
    entrance = served.follower.entrance
    assert entrance is not None
    return entrance.process


def ask(connection: http.client.HTTPConnection, target: str = COUNT) -> tuple[int, bytes]:
    """Status and body of an answer on this connection."""
    connection.request("GET", target, headers={"Accept": "text/csv"})
    response = connection.getresponse()
    return response.status, response.read()


def test_a_small_question_is_answered_by_a_teller_and_a_large_one_by_the_application(served: House) -> None:
    until(lambda: "query;" not in served.client.get(COUNT).headers["server-timing"])
    assert served.sparql(ENDLESS).status_code == 504
    assert served.client.get(COUNT).status_code == 200


def exchange(port: int, request: bytes, *, parts: int) -> tuple[dict[str, str], bytes]:
    """Headers and body of the response to a request sent in so many parts; in two, it is read by the application."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if parts == 2:
            connection.sendall(request[:20])
            threading.Event().wait(0.1)
            request = request[20:]
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return {"status": str(response.status), **headers}, response.read()


SELECT = quote("SELECT ?s ?l { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?l } ORDER BY ?s")
REQUESTS = {
    "json": f"GET /sparql?query={SELECT} HTTP/1.1\r\nHost: x.example\r\n\r\n",
    "xml": f"GET /sparql?query={SELECT}&format=xml HTTP/1.1\r\nHost: x.example\r\n\r\n",
    "csv": f"GET /sparql?query={SELECT} HTTP/1.1\r\nHost: x.example\r\nAccept: text/csv\r\n\r\n",
    "graph": "GET /sparql?query=DESCRIBE%20%3Chttps://w3id.org/thidua/id/cluster/cum-1%3E HTTP/1.1\r\n"
    "Host: a:80\r\n\r\n",
    "form": "POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 17\r\n\r\nquery=ASK+%7B%7D\n",
    "body": "POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
    "Content-Length: 6\r\n\r\nASK {}",
    "moment": "GET /sparql?query=ASK%20%7BFILTER(NOW()%3E0)%7D HTTP/1.1\r\nHost: x\r\n\r\n",
    "curated": "GET /api/clusters HTTP/1.1\r\nHost: x.example\r\n\r\n",
    "english": "GET /api/clusters?lang=en&limit=1 HTTP/1.1\r\nHost: x.example\r\n\r\n",
    "secure": "GET /api/clusters?limit=1 HTTP/1.1\r\nHost: x.example\r\nX-Forwarded-Proto: https\r\n\r\n",
    "sheet": "GET /api/clusters?format=csv HTTP/1.1\r\nHost: x.example\r\n\r\n",
    "unknown": "GET /api/clusters/none/leaders HTTP/1.1\r\nHost: x.example\r\n\r\n",
    "wrong": "GET /sparql?query=SELEKT HTTP/1.1\r\nHost: x.example\r\n\r\n",
    "update": "GET /sparql?update=CLEAR%20ALL HTTP/1.1\r\nHost: x.example\r\n\r\n",
    "service": "GET /sparql?query=ASK%20%7BSERVICE%20%3Curn:x%3E%7B%7D%7D HTTP/1.1\r\nHost: x.example\r\n\r\n",
    "description": "GET /sparql HTTP/1.1\r\nHost: x.example\r\nAccept: text/turtle\r\n\r\n",
    "page": "GET / HTTP/1.1\r\nHost: x.example\r\nAccept: text/html\r\n\r\n",
    "table": "GET /api/clusters HTTP/1.1\r\nHost: x.example\r\nAccept: text/html\r\n\r\n",
    "accept": f"GET /sparql?query={SELECT} HTTP/1.1\r\nHost: x\r\nAccept: text/csv;q=0.5\r\n"
    "X-A: b\r\nAccept: text/tab-separated-values\r\n\r\n",
    "directory": "GET /api// HTTP/1.1\r\nHost: x.example\r\n\r\n",
    "directory with a parameter": "GET /api/?limit=1 HTTP/1.1\r\nHost: x.example\r\n\r\n",
    "last": "GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x.example\r\nConnection: close\r\n\r\n",
    "host": "GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x y\r\n\r\n",
    "encoded": f"GET /sparql?query={SELECT} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n",
}


# These are answered by a teller when they come whole.
SMALL = ("json", "xml", "csv", "graph", "form", "body", "moment", "curated", "english", "secure", "sheet", "last")


@pytest.mark.parametrize("name", REQUESTS)
def test_tellers_answer_as_the_application_does(shared: House, name: str) -> None:
    request = REQUESTS[name].encode()
    # Where processors are scarce a teller is replaced that had none in time, and the application answers.
    if name in SMALL:
        until(lambda: "query;" not in exchange(shared.port, request, parts=1)[0]["server-timing"])
    (here, body), (there, same) = (exchange(shared.port, request, parts=parts) for parts in (1, 2))
    assert stable(here) == stable(there)
    named = re.compile(rb"urn:thidua:request:[0-9a-f]+")
    assert named.sub(b"", body) == named.sub(b"", same)


def stable(headers: dict[str, str]) -> dict[str, str]:
    """The headers that are the same for the same request."""
    return {key: value for key, value in headers.items() if key not in _MOMENT}


@pytest.mark.parametrize("parts", [1, 2])
def test_a_list_in_several_lines_is_one_list(shared: House, parts: int) -> None:
    head = f"GET {COUNT} HTTP/1.1\r\nHost: x\r\nAccept: application/json;q=0.5\r\nAccept: text/csv\r\n"
    first, _ = exchange(shared.port, (head + "\r\n").encode(), parts=parts)
    assert first["content-type"] == "text/csv; charset=utf-8"
    known = f'If-None-Match: "x"\r\nIf-None-Match: {first["etag"]}\r\n\r\n'
    assert exchange(shared.port, (head + known).encode(), parts=parts)[0]["status"] == "304"
    page = "GET / HTTP/1.1\r\nHost: x\r\nAccept-Language: vi;q=0.5\r\nAccept-Language: en\r\n\r\n"
    assert exchange(shared.port, page.encode(), parts=parts)[0]["content-language"] == "en"


def test_the_same_tag_is_not_modified_wherever_it_is_asked(shared: House) -> None:
    head = f"GET {COUNT} HTTP/1.1\r\nHost: x\r\n"
    first = exchange(shared.port, (head + "\r\n").encode(), parts=2)[0]
    tag = first["etag"]
    again = (head + f"If-None-Match: {tag}\r\n\r\n").encode()
    for parts in (1, 2):
        headers, body = exchange(shared.port, again, parts=parts)
        assert (headers["status"], headers["etag"], body) == ("304", tag, b"")
        assert headers["vary"] == first["vary"]


def test_a_connection_outlives_its_teller(served: House) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    first, before = ask(connection), tellers(served)
    for process in before:
        os.kill(process, signal.SIGKILL)
    until(lambda: not any(map(lives, before)))
    assert ask(connection) == first
    until(lambda: len(tellers(served) - before) == len(before))
    connection.close()


def test_what_is_unique_is_given_once_by_whichever_process(served: House) -> None:
    found: list[str] = []
    # Once of tellers, and once of query processes: a part of an answer is for the application.
    for headers in ({"Accept": "text/csv"}, {"Accept": "text/csv", "Range": "bytes=0-"}):
        for _ in range(3):
            before = tellers(served) | served.processes
            found += [served.sparql("SELECT (UUID() AS ?u) {}", headers=headers).text for _ in range(4)]
            for process in before:
                # On a busy machine a question may have taken too long for the teller, which is gone then.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            until(lambda gone=before: _replaced(served, gone))
    assert len(set(found)) == len(found)


def _replaced(served: House, gone: set[int]) -> bool:
    return bool(tellers(served) and served.processes) and not gone & (tellers(served) | served.processes)


def test_a_teller_that_stands_still_holds_its_clients_up_for_a_moment_only(served: House) -> None:
    connections = [http.client.HTTPConnection("127.0.0.1", served.port, timeout=10) for _ in range(4)]
    first, before = {ask(connection) for connection in connections}, tellers(served)
    for process in before:
        os.kill(process, signal.SIGSTOP)
    began = time.monotonic()
    assert {ask(connection) for connection in connections} == first
    assert time.monotonic() - began < 5
    until(lambda: not before & tellers(served))
    for connection in connections:
        connection.close()


def test_a_teller_that_nobody_asks_is_not_taken_for_dead(served: House) -> None:
    until(lambda: len(tellers(served)) == 2)
    before = tellers(served)
    time.sleep(4)
    assert tellers(served) == before


def test_others_on_the_connection_of_a_slow_question_do_not_wait_for_it(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    # Two processes are for the slow questions, and one for a quick one whose teller found no processor within its
    # moment: the application has that then, and would tell it to come again while both others are at work.
    with house(tmp_path, query_timeout=2.0, workers=3) as served:
        connections = [http.client.HTTPConnection("127.0.0.1", served.port, timeout=10) for _ in range(8)]
        answers = {ask(connection) for connection in connections}
        before = tellers(served)
        for connection in connections[:2]:
            connection.request("GET", "/sparql?query=" + quote(ENDLESS))
        answers |= {ask(connection) for connection in connections[2:] for _ in range(5)}
        assert answers == {(200, b"n\r\n3\r\n")}
        assert {connection.getresponse().status for connection in connections[:2]} == {504}
        assert before - tellers(served)
        for connection in connections:
            connection.close()


def test_a_question_that_was_slow_twice_is_not_tried_again(served: House) -> None:
    for _ in range(2):
        assert served.sparql(FLOOD).status_code in (400, 504)
    until(lambda: len(tellers(served)) == 2)
    before = tellers(served)
    assert served.sparql(FLOOD).status_code in (400, 504)
    assert tellers(served) == before


def test_who_leaves_before_the_answer_takes_no_teller_along(served: House) -> None:
    before, tally = tellers(served), served.follower.entrance.board.tally
    killed = tally.kills
    for _ in range(100):
        with served.connect(f"GET {COUNT} HTTP/1.1\r\nHost: x\r\n\r\n".encode()) as connection:
            connection.shutdown(socket.SHUT_WR)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert served.client.get(COUNT).status_code == 200
    threading.Event().wait(0.2)  # as long as it takes to hear of a teller that is gone
    # But for those that the door killed, because processors were scarce.
    assert len(before - tellers(served)) <= tally.kills - killed


@dataclass(frozen=True)
class Porch:
    """A door in a thread, with this test as its application and as the one teller, which takes nothing by itself."""

    application: socket.socket
    teller: socket.socket
    address: tuple[str, int]
    board: Board

    def handed(self) -> int:
        """A connection that the application has now, by its file."""
        packet, files, _, _ = socket.recv_fds(self.application, 1, 1)
        assert packet == CONNECTION
        return files[0]


@pytest.fixture
def porch() -> Iterator[Porch]:
    """A door that is open."""
    lines = [socket.socketpair(type=socket.SOCK_SEQPACKET) for _ in range(2)]
    (application, theirs), (line, its) = lines
    idle = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with contextlib.ExitStack() as stack:
        for each in (application, theirs, line, its, listener := socket.create_server(("127.0.0.1", 0), backlog=600)):
            stack.enter_context(each)
        running = threading.Thread(target=Door(listener, theirs, board := Board.new()).run)
        running.start()
        socket.send_fds(application, [ORDER.pack(HIRE, idle.pid, 0)], [its.fileno()])
        application.send(ORDER.pack(OPEN, 0, 0))
        application.settimeout(10)
        line.settimeout(10)
        yield Porch(application, line, listener.getsockname(), board)
        application.shutdown(socket.SHUT_RDWR)
        running.join()
        idle.communicate()


@pytest.mark.parametrize("last", [True, False])
def test_a_connection_ends_with_its_last_response_though_the_teller_died(porch: Porch, last: bool) -> None:
    with socket.create_connection(porch.address, 10) as client:
        client.sendall(request := b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        packet, files, _, _ = socket.recv_fds(porch.teller, PACKET.size, 1)
        with socket.socket(fileno=files[0]) as given:
            number, before = PACKET.unpack(packet)[1], traffic(given)
            porch.board.write(0, number, 0.0, 0.0, *before, len(request), 0, 0, 0)
            porch.board.answer(0, len(b"said"), last)
            given.sendall(b"said")
        porch.teller.shutdown(socket.SHUT_RDWR)
        assert client.recv(4) == b"said"
        client.settimeout(0.5)
        if last:
            assert client.recv(1) == b""
        else:
            with pytest.raises(TimeoutError):
                client.recv(1)


# More than the line to a teller holds.
MANY = 600


def test_a_teller_that_takes_nothing_holds_nobody_up(porch: Porch) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(MANY):
            client = stack.enter_context(socket.create_connection(porch.address, 10))
        client.sendall(b"GET / HTTP/1.1\r\n")
        os.close(porch.handed())


def test_a_teller_whose_line_was_full_is_told_to_leave_all_the_same(porch: Porch) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(porch.address, 10)) for _ in range(MANY)]
        porch.application.send(ORDER.pack(DISMISS, 0, 0))
        # When the second of these is here, the order was heard, while the line was full.
        for client in clients[-2:]:
            client.sendall(b"GET / HTTP/1.1\r\n")
            os.close(porch.handed())
        said = b""
        while said[:1] != LEAVE:
            said, files, _, _ = socket.recv_fds(porch.teller, PACKET.size, 1)
            for file in files:
                os.close(file)


def test_a_curated_question_that_was_slow_is_slow_whatever_is_given() -> None:
    def kind_of(target: str) -> bytes:
        return kind(opened(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), "127.0.0.1"))

    assert kind_of("/api/units?q=van+lang") == kind_of("/api/units?q=dinh+lap") != kind_of("/api/units?code=182")
    assert (
        kind_of("/api/clusters/a/leaders") == kind_of("/api/clusters/b/leaders") != kind_of("/api/clusters/a/members")
    )
    assert kind_of("/sparql?query=a") != kind_of("/sparql?query=b")


@pytest.mark.parametrize(("client", "way"), [("127.0.0.1", {}), ("192.0.2.7", {"X-Forwarded-For": "192.0.2.7"})])
def test_whose_questions_cost_processes_stands_worse(tmp_path: Path, client: str, way: dict[str, str]) -> None:
    publish(tmp_path, 3)
    named = "".join(f"{name}: {value}\r\n" for name, value in way.items())
    with house(tmp_path, query_timeout=60.0, rate_limit=(240, 2)) as served:
        tally = served.follower.entrance.board.tally
        for number in range(30):  # a kill because processors are scarce is nobody's fault
            if served.standing.wait(client, time.monotonic()).errors:
                break
            query = quote(f"{ENDLESS} #{number}")
            before = tally.kills
            # Where no teller is there in time, the application has the question, and nobody is killed.
            with (
                served.connect(f"GET /sparql?query={query} HTTP/1.1\r\nHost: x\r\n{named}\r\n".encode()),
                contextlib.suppress(AssertionError),
            ):
                until(lambda before=before: tally.kills > before, 1.0)
        assert served.sparql("ASK { ?a ?b ?c }", headers=way).status_code == 429
        other = {"X-Forwarded-For": "192.0.2.8"}
        assert served.sparql("ASK { ?a ?b ?c }", headers=other).status_code == 200


def test_an_address_that_is_there_at_once_and_too_long_is_told_so(shared: House) -> None:
    with shared.connect(b"GET /sparql?query=" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        assert connection.recv(12) == b"HTTP/1.1 414"


def test_guests_are_known_by_their_address() -> None:
    guests, lines = Guests(), [socket.socket() for _ in range(3)]
    for number, line in enumerate(lines):
        guests.enter(number, "a" if number < 2 else "b", line)
    assert (guests.of("a"), guests.of("b"), guests.of("c")) == (2, 1, 0)
    assert guests.eldest("a") is lines[0]
    guests.leave(0)
    guests.leave(2)
    assert (guests.of("a"), guests.of("b")) == (1, 0)
    for line in lines:
        line.close()


def test_what_another_endpoint_has_is_asked_by_the_application(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with listener() as (port, heard), house(tmp_path, service_allow=(f"http://127.0.0.1:{port}/",)) as served:
        before = tellers(served)
        answer = served.sparql(f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}")
        assert (answer.status_code, len(heard)) == (200, 1)
        assert "query;" in answer.headers["server-timing"]
        assert tellers(served) == before


def test_a_connection_comes_back_from_the_application(served: House) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)

    def is_back() -> bool:
        connection.request("GET", COUNT)
        response = connection.getresponse()
        assert response.read()
        return "query;" not in response.headers["server-timing"]

    for _ in range(3):
        assert ask(connection, "/sparql?query=" + quote(ENDLESS))[0] == 504
        until(is_back)
    connection.close()


def test_a_request_that_began_behind_another_goes_on_where_that_was_read(served: House) -> None:
    request = f"GET {COUNT} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with served.connect(request + request[:2]) as connection:
        for rest in (request[2:], b""):
            response = http.client.HTTPResponse(connection)
            response.begin()
            assert (response.status, bool(response.read())) == (200, True)
            connection.sendall(rest)


def test_another_door_is_there_when_one_ends(served: House) -> None:
    before, gone = tellers(served), door(served)
    os.kill(gone, signal.SIGKILL)
    until(lambda: door(served) != gone)
    until(lambda: tellers(served) and not tellers(served) & before)
    assert served.client.get(COUNT).status_code == 200
    assert "thidua_door_restarts_total 1.0" in served.client.get("/metrics").text


def test_a_door_that_stands_still_is_replaced(served: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.entrance._SILENT", 1.0)
    before = door(served)
    os.kill(before, signal.SIGSTOP)
    until(lambda: door(served) != before and not lives(before))
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=10) as client:
        assert client.get(COUNT).status_code == 200


def test_a_connection_sees_the_release_that_is_published_meanwhile(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with house(tmp_path) as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
        assert ask(connection) == (200, b"n\r\n3\r\n")
        publish(tmp_path, 5)
        until(lambda: ask(connection) == (200, b"n\r\n5\r\n"))
        until(lambda: served.follower.settled)
        assert ask(connection) == (200, b"n\r\n5\r\n")
        connection.close()


def test_what_tellers_do_is_counted(served: House) -> None:
    before = told(served)
    with httpx.Client(base_url=served.client.base_url) as client:
        tag = client.get(COUNT).headers["etag"]
        client.get(COUNT)
        client.get(COUNT, headers={"If-None-Match": tag})
        client.get("/api/clusters")
        client.get("/sparql", params={"query": ENDLESS}, timeout=20)
    until(lambda: told(served)["thidua_tellers"] == 2)
    after = told(served)
    grown = {name: value - before[name] for name, value in after.items()}
    assert grown['thidua_teller_requests_total{route="/sparql",status="200"}'] == 2
    assert grown['thidua_teller_requests_total{route="/sparql",status="304"}'] == 1
    assert grown['thidua_teller_requests_total{route="/api",status="200"}'] == 1
    assert grown['thidua_teller_seconds_count{route="/sparql"}'] == 3
    assert grown['thidua_teller_cache_hits_total{route="/sparql"}'] == 1
    assert grown["thidua_teller_kills_total"] == 1
    assert after["thidua_teller_aside_total"] >= 1


def told(served: House) -> dict[str, float]:
    """What /metrics says of tellers."""
    lines = [line for line in served.client.get("/metrics").text.splitlines() if line.startswith("thidua_teller")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_nothing_of_the_door_is_left_behind(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with house(tmp_path) as served:
        processes = {door(served), *tellers(served)}
        assert all(map(lives, processes))
    until(lambda: not any(map(lives, processes)))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One service for tests that change nothing."""
    releases = tmp_path_factory.mktemp("releases")
    publish(releases, 3)
    with house(releases) as running:
        yield running


def test_a_door_that_cannot_be_started_says_why_and_can_be_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(listener: socket.socket) -> None:
        monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
        entrance = Entrance(listener)
        with pytest.raises(OutsideError, match=r"door cannot be started: .*No such file"):
            entrance.start()
        assert entrance.process == 0
        entrance.close()
        entrance.leave()

    with listen("127.0.0.1", 0) as listener:
        asyncio.run(check(listener))


def test_a_door_that_ends_while_none_can_be_started_is_replaced_as_soon_as_one_can(
    served: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("service.entrance._LONG_PAUSE", 0.05)
    with monkeypatch.context() as broken:
        broken.setattr("sys.executable", str(tmp_path / "nothing"))
        before = door(served)
        os.kill(before, signal.SIGKILL)
        until(lambda: "door cannot be started" in caplog.text)
    until(lambda: door(served) != before)
    assert served.client.get(COUNT).status_code == 200
