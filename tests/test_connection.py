"""A connection is held as long as its client does its part, and no longer."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from service.connection import Limits
from service.visit import Visit
from tests.house import ENDLESS, FLOOD, House, house, publish, until

ASK = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\n\r\n"
_CHUNKED = (
    b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_POSTED = _CHUNKED + b"6\r\nASK {}\r\n0\r\n\r\n"
SHORT = Limits(head=0.5, body=0.5, reading=0.5, idle=1, connections=8)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The service with short limits."""
    releases = tmp_path_factory.mktemp("connection") / "releases"
    publish(releases, 2)
    with house(releases, limits=SHORT, door=False) as found:
        yield found


def heard(connection: socket.socket) -> bytes:
    """All that comes until the connection is closed."""
    found = b""
    connection.settimeout(10)
    while True:
        try:
            part = connection.recv(1 << 16)
        except ConnectionResetError:
            return found
        if not part:
            return found
        found += part


def one(connection: socket.socket) -> bytes:
    """The next answer, whole."""
    found = b""
    while b"\r\n\r\n" not in found:
        found += _more(connection)
    head, _, body = found.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += _more(connection)
    return head + b"\r\n\r\n" + body


def each(answers: bytes) -> list[bytes]:
    """What came one behind the other, each from its status on."""
    return re.split(rb"HTTP/1\.1 (?=\d)", answers)[1:]


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(1 << 16)
    assert part, "the connection was closed"
    return part


def told(answer: bytes) -> dict[str, Any]:
    """The problem that an answer tells, which is the last on its connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    problem: dict[str, Any] = json.loads(body)
    assert int(headers["content-length"]) == len(body)
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["access-control-allow-origin"] == "*"
    assert "server" not in headers
    assert problem["instance"] == "urn:thidua:request:" + headers["x-request-id"]
    assert head.startswith(f"HTTP/1.1 {problem['status']} ".encode())
    return problem


@pytest.mark.parametrize(
    "begun",
    [
        b"G",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nASK",
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nASK",
    ],
)
def test_a_request_that_is_never_whole_is_told_so(served: House, begun: bytes) -> None:
    began = time.monotonic()
    with served.connect(begun) as connection:
        problem = told(heard(connection))
    assert (problem["status"], problem["limit"]) == (408, 0.5)
    assert 0.4 < time.monotonic() - began < 5


def test_a_request_that_breaks_off_in_its_body_counts_once(tmp_path: Path) -> None:
    publish(tmp_path, 2)
    with house(tmp_path, limits=SHORT, door=False) as served:
        ended: list[Visit] = []
        served.visits.told.append(ended.append)
        head = b"POST /sparql HTTP/1.1\r\nHost: a\r\nX-Request-Id: broken\r\nContent-Length: "
        with served.connect(head + b"100\r\n\r\nASK") as connection:
            assert told(heard(connection))["instance"] == "urn:thidua:request:broken"
        # This one is answered before its body is there.
        with served.connect(head + b"9999999\r\n\r\nASK") as connection:
            assert heard(connection).startswith(b"HTTP/1.1 413")
        assert served.client.get("/healthz").status_code == 200
        until(lambda: not served.visits.under_way)
        counted = [(visit.id, visit.path, visit.status) for visit in ended if visit.id == "broken"]
        assert counted == [("broken", "/sparql", 408), ("broken", "/sparql", 413)]


def test_a_byte_now_and_then_does_not_keep_the_connection(served: House) -> None:
    began, sent = time.monotonic(), 0
    with served.connect(b"GET / HTTP/1.1\r\n") as connection, contextlib.suppress(ConnectionError):
        while sent < 100:
            connection.sendall(b"X-Slow: 1\r\n")
            sent += 1
            time.sleep(0.05)
    assert sent < 100
    assert time.monotonic() - began < 5


def test_an_answer_given_before_the_body_came_is_not_followed_by_another(served: House) -> None:
    head = b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n"
    with served.connect(head + b"ASK") as connection:
        answer = heard(connection)
    assert answer.startswith(b"HTTP/1.1 413")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_what_is_behind_a_long_query_has_time_until_its_answer(tmp_path: Path) -> None:
    publish(tmp_path, 2)
    ask = b"GET /sparql?query=" + quote(ENDLESS).encode() + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    with (
        house(tmp_path, limits=Limits(head=1.5, body=0.2), query_timeout=2.0, door=False) as served,
        served.connect(ask + b"GET /healt") as connection,
    ):
        assert b"HTTP/1.1 504" in one(connection)
        connection.sendall(b"hz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"HTTP/1.1 200" in one(connection)


def test_who_leaves_ends_his_query_whatever_else_he_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    publish(tmp_path, 2)
    with house(tmp_path, query_timeout=60.0, door=False) as served:
        endless = b"GET /sparql?query=" + quote(ENDLESS).encode() + b" HTTP/1.1\r\nHost: a\r\n\r\n"
        with served.connect(endless + 2 * ASK):
            until(lambda: any(visit.stage == "query" for visit in served.visits.under_way))
        until(lambda: not served.visits.under_way)
        assert 'thidua_kills_total{reason="client gone"} 1.0' in served.client.get("/metrics").text
    assert "Traceback" not in caplog.text


def bare(line: bytes) -> bytes:
    return line + b" HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("door", [True, False])
def test_who_only_ends_his_side_is_answered_all_that_he_asked(tmp_path: Path, door: bool) -> None:
    publish(tmp_path, 2)
    asked = [ASK, bare(b"GET /"), bare(b"GET /api/clusters"), bare(b"GET /nowhere"), bare(b"HEAD /doc/cluster/c0"), ASK]
    with house(tmp_path, door=door) as served:
        for requests in [[each] for each in asked] * 5 + [asked]:
            with served.connect(b"".join(requests)) as connection:
                connection.shutdown(socket.SHUT_WR)
                assert heard(connection).count(b"HTTP/1.1 ") == len(requests)


def test_who_only_ends_his_side_may_take_time_to_read(tmp_path: Path) -> None:
    publish(tmp_path, 2)
    query = quote(f"{FLOOD} LIMIT 300000").encode()
    with house(tmp_path, door=False) as served, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", served.port))
        connection.sendall(bare(b"GET /sparql?format=csv&query=" + query))
        # Not before: how long a busy machine takes to begin is not what this is about.
        found = connection.recv(1 << 16)
        connection.shutdown(socket.SHUT_WR)
        began = time.monotonic()
        while part := connection.recv(1 << 16):
            found += part
            time.sleep(0.01 if time.monotonic() - began < 2 else 0)
    head, _, body = found.partition(b"\r\n\r\n")
    assert time.monotonic() - began > 2
    assert len(body) == int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])


def test_who_ends_his_side_and_waits_for_long_is_let_go(tmp_path: Path) -> None:
    publish(tmp_path, 2)
    with house(tmp_path, query_timeout=60.0, door=False) as served:
        with served.connect(bare(b"GET /sparql?query=" + quote(ENDLESS).encode())) as connection:
            until(lambda: any(visit.stage == "query" for visit in served.visits.under_way))
            connection.shutdown(socket.SHUT_WR)
            assert heard(connection) == b""
        until(lambda: not served.visits.under_way)
        assert 'thidua_kills_total{reason="client gone"} 1.0' in served.client.get("/metrics").text


def test_who_says_nothing_is_let_go_without_a_word(served: House) -> None:
    with served.connect(b"") as connection:
        assert heard(connection) == b""


def test_the_line_is_held_between_requests_for_a_while(served: House) -> None:
    with served.connect(ASK) as connection:
        assert one(connection).startswith(b"HTTP/1.1 200")
        time.sleep(0.7)  # longer than the head of a request may take
        connection.sendall(ASK)
        assert heard(connection).startswith(b"HTTP/1.1 200")


def test_the_second_request_of_a_connection_is_bounded_too(served: House) -> None:
    with served.connect(ASK) as connection:
        one(connection)
        connection.sendall(b"GET / HT")
        assert told(heard(connection))["status"] == 408


def test_a_client_that_does_not_read_is_cut(served: House) -> None:
    query = quote(f"{FLOOD} LIMIT 300000").encode()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", served.port))
        connection.sendall(b"GET /sparql?format=csv&query=" + query + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        visits = served.visits.under_way
        until(lambda: any(visit.status for visit in list(visits)))
        until(lambda: not visits)
        answer = heard(connection)
    length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert len(answer) < length


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
def test_what_is_not_http_is_told_so_as_a_problem(served: House, nonsense: bytes) -> None:
    with served.connect(nonsense) as connection:
        assert told(heard(connection))["status"] == 400


@pytest.mark.parametrize(
    ("endless", "status"), [(b"GET /" + b"a" * 200_000, 414), (b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000, 431)]
)
def test_a_head_without_an_end_is_not_taken_in(served: House, endless: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", served.port), 10) as connection:
        with contextlib.suppress(ConnectionError):
            for start in range(0, len(endless), 1 << 15):
                connection.sendall(endless[start : start + (1 << 15)])
        found = heard(connection)
    # What was sent behind the refusal may reset the connection before it is read.
    assert not found or told(found)["status"] == status


def test_too_many_connections_are_told_to_come_back(tmp_path: Path) -> None:
    publish(tmp_path, 2)
    with house(tmp_path, limits=Limits(connections=3), door=False) as served, ExitStack() as held:
        for _ in range(3):
            connection = held.enter_context(served.connect(ASK))
            assert one(connection).startswith(b"HTTP/1.1 200")
        for asked in (b"", ASK):
            with served.connect(asked) as late:
                assert told(heard(late))["status"] == 503
        held.close()
        until(lambda: served.sparql("ASK {}").status_code == 200)


def test_who_has_asked_when_there_is_no_room_is_not_cut_off(tmp_path: Path) -> None:
    publish(tmp_path, 2)
    half = b"GET / HTTP/1.1\r\n"
    with house(tmp_path, limits=Limits(connections=3)) as served, ExitStack() as held:
        for _ in range(3):
            held.enter_context(served.connect(half))
        time.sleep(0.5)
        for _ in range(5):
            with served.connect(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n") as late:
                # Whole, and without a reset, at which other systems forget what came before it.
                assert told(late.makefile("rb").read())["status"] == 503


def test_one_address_leaves_room_for_others(tmp_path: Path) -> None:
    publish(tmp_path, 2)
    with house(tmp_path, limits=Limits(connections=8), door=False) as served, ExitStack() as held:
        greedy = [
            held.enter_context(
                socket.create_connection(("127.0.0.1", served.port), 10, source_address=("127.0.0.8", 0))
            )
            for _ in range(7)
        ]
        assert told(heard(greedy[-1]))["status"] == 503
        for connection in greedy[:-1]:
            connection.sendall(ASK)
            assert one(connection).startswith(b"HTTP/1.1 200")
        with served.connect(ASK) as another:
            assert one(another).startswith(b"HTTP/1.1 200")


def test_refusals_are_counted(served: House) -> None:
    with served.connect(b"nonsense\r\n\r\n") as connection:
        heard(connection)
    assert 'thidua_requests_total{route="unmatched",status="400"}' in served.client.get("/metrics").text


@pytest.mark.parametrize("before", [[ASK], [ASK] * 3, [_POSTED], [_POSTED, ASK]])
@pytest.mark.parametrize("leaves", [True, False])
@pytest.mark.parametrize("wrong", [_CHUNKED + b"zz\r\n", b"GARBAGE\r\n\r\n"])
def test_what_is_no_request_takes_no_answer_along(
    served: House, before: list[bytes], leaves: bool, wrong: bytes
) -> None:
    with served.connect(b"".join(before) + wrong) as connection:
        if leaves:
            connection.shutdown(socket.SHUT_WR)
        answers = each(heard(connection))
    assert [answer[:3] for answer in answers] == [b"200"] * len(before) + [b"400"]


@pytest.mark.parametrize("target", [b"/a#b", b"http:///a", b"urn:a"])
@pytest.mark.parametrize("waits", [True, False])
def test_an_address_that_is_none_is_refused_behind_the_answers_before_it(
    served: House, target: bytes, waits: bool
) -> None:
    wrong = b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    with served.connect(ASK if waits else ASK + wrong) as connection:
        answer = one(connection) if waits else b""
        if waits:
            connection.sendall(wrong)
        answers = each(answer + heard(connection))
    assert [answer[:3] for answer in answers] == [b"200", b"400"]


@pytest.mark.parametrize("after", [b"GARBAGE\r\n\r\n", b"\x00" * 100, b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"])
def test_what_is_not_http_is_told_so_behind_the_answers_before_it(served: House, after: bytes) -> None:
    before = [
        b"GET /sparql?query=SELECT(%d%%20AS%%20%%3Fn)%%7B%%7D&format=csv HTTP/1.1\r\nHost: a\r\n\r\n" % n
        for n in range(3)
    ]
    with served.connect(b"".join(before) + after + ASK) as connection:
        answers = each(heard(connection))
    assert [answer[:3] for answer in answers] == [b"200", b"200", b"200", b"400"]
    assert [answer.partition(b"\r\n\r\n")[2] for answer in answers[:3]] == [b"n\r\n%d\r\n" % n for n in range(3)]
    assert told(b"HTTP/1.1 " + answers[3])["status"] == 400


def _offering(body: bytes, protocol: bytes = b"h2c", *headers: bytes) -> bytes:
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join(
        [
            b"POST /sparql HTTP/1.1",
            b"Host: a",
            b"Connection: Upgrade, HTTP2-Settings",
            b"Upgrade: " + protocol,
            b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
            b"Content-Type: application/sparql-query",
            *(headers or [length]),
            b"",
            body,
        ]
    )


@pytest.mark.parametrize("trailer", [b"Accept: text/csv", b"Host: b", b"X-Request-Id: trailing"])
def test_a_trailer_is_never_taken_for_a_header(served: House, trailer: bytes) -> None:
    with served.connect(_CHUNKED + b"6\r\nASK {}\r\n0\r\n" + trailer + b"\r\n\r\n") as connection:
        answer = one(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["boolean"] is True
    assert b"trailing" not in answer


@pytest.mark.parametrize(("begun", "endless"), [(b"0\r\n", b"A: b\r\n"), (b"0;", b"a")], ids=["trailers", "extension"])
def test_what_stands_around_a_body_has_an_end(tmp_path: Path, begun: bytes, endless: bytes) -> None:
    publish(tmp_path / "releases", 1)
    with house(tmp_path / "releases", door=False) as found, found.connect(_CHUNKED) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"6\r\nASK {}\r\n" + begun)
            for _ in range(64):
                connection.sendall(endless * (1 << 18))
            pytest.fail("all of it was taken")
        answer = heard(connection)
    # What was sent behind the refusal may reset the connection before it is read.
    assert not answer or told(answer)["status"] == 413


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"foo/1, bar"])
def test_another_protocol_is_not_taken_up_and_the_request_is_answered(served: House, protocol: bytes) -> None:
    offers = [_offering(b"SELECT (%d AS ?n) {}" % n, protocol, b"Accept: text/csv", _length(n)) for n in (7, 8)]
    with served.connect(b"".join(offers) + ASK) as connection:
        answers = each(heard(connection))
    assert [answer[:3] for answer in answers] == [b"200", b"200", b"200"]
    assert [answer.partition(b"\r\n\r\n")[2] for answer in answers[:2]] == [b"n\r\n7\r\n", b"n\r\n8\r\n"]


def _length(n: int) -> bytes:
    return b"Content-Length: %d" % len(b"SELECT (%d AS ?n) {}" % n)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_what_is_sent_with_an_offer_may_come_bit_by_bit(served: House, size: int) -> None:
    chunked = b"4\r\nASK \r\n2\r\n{}\r\n0\r\nX-Trailer: a\r\n\r\n"
    sent = _offering(chunked, b"h2c", b"Transfer-Encoding: chunked") + _offering(b"ASK { FILTER(1 = 2) }") + ASK
    with served.connect(b"") as connection:
        for start in range(0, len(sent), size):
            connection.sendall(sent[start : start + size])
        answers = each(heard(connection))
    assert [b"true" in answer for answer in answers] == [True, False, True]


def test_the_body_of_an_offer_is_never_read_as_a_request(served: House) -> None:
    hidden = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Request-Id: hidden\r\n\r\n"
    with served.connect(_offering(hidden)) as connection:
        answer = heard(connection)
    assert answer.startswith(b"HTTP/1.1 400")
    assert len(each(answer)) == 1
    assert b"hidden" not in answer


def test_an_offer_is_bounded_as_any_request(served: House) -> None:
    with served.connect(_offering(b"ASK {}")[:-3]) as connection:
        assert told(heard(connection))["status"] == 408
    with served.connect(_offering(b"", b"h2c", b"Transfer-Encoding: chunked") + b"zz\r\n") as connection:
        assert told(heard(connection))["status"] == 400


@pytest.mark.parametrize("body", [b"", b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"])
def test_a_connection_is_not_made_and_what_is_behind_it_is_answered(served: House, body: bytes) -> None:
    head = b"CONNECT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
    with served.connect(head + body + ASK) as line:
        answers = each(heard(line))
    assert [answer[:3] for answer in answers] == [b"405", b"200"]


@pytest.mark.parametrize(("version", "waits"), [(b"1.1", True), (b"1.0", False)])
def test_only_who_knows_it_is_told_to_go_on(served: House, version: bytes, waits: bool) -> None:
    head = b"POST /sparql HTTP/%s\r\nHost: a\r\nExpect: 100-continue\r\nContent-Type: application/sparql-query\r\n"
    with served.connect(head % version + b"Content-Length: 6\r\nConnection: close\r\n\r\n") as connection:
        if waits:
            assert connection.recv(1 << 16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"ASK {}")
        assert heard(connection).startswith(b"HTTP/1.1 200")
