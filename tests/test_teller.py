"""A teller by itself, with this test at its door."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from service.board import Board
from service.desk import Desk
from service.entrance import POSSIBLE
from service.journal import Journal
from service.teller import Counter, Teller
from service.wire import ASIDE, GIVEN, GONE, PACKET
from tests import tiny
from tests.house import until

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="no door on this system: it needs pidfd and memfd")


@dataclass(frozen=True)
class Line:
    """The board and the door of a teller; a client, and the connection that it has here."""

    board: Board
    door: socket.socket
    client: socket.socket
    given: socket.socket

    def give(self) -> None:
        """The teller has the connection."""
        socket.send_fds(self.door, [PACKET.pack(GIVEN, 1)], [self.given.fileno()])

    def told(self) -> bool:
        """Whether the teller has said something."""
        return bool(select.select([self.door], [], [], 0)[0])


_VALUES = " ".join(map(str, range(24)))
# An answer of some hundred kilobytes: a socket takes a few of them.
_QUERY = quote(f"SELECT * {{ VALUES ?first {{ {_VALUES} }} VALUES ?second {{ {_VALUES} }} }}")
_REQUEST = f"GET /sparql?query={_QUERY} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def _counter(releases: Path) -> Counter:
    return Counter(Desk(tiny.release(releases, 3), 0), Board.new(), Journal("problems"), None)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A teller's line to the door, and a connection whose client takes little at a time."""
    counter, store = _counter(tmp_path), tiny.store(tiny.quads(3))
    door, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    teller = threading.Thread(target=counter.serve, args=(theirs, store, store, 0))
    teller.start()
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client, door:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(20)
        client.connect(listener.getsockname())
        given, _ = listener.accept()
        with given:
            given.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 212_992)
            yield Line(counter.board, door, client, given)
    teller.join()


def test_an_answer_for_which_there_may_be_no_room_is_not_begun(line: Line) -> None:
    """Its client asks on and on and reads nothing: what was answered is whole, and what was not lies where it lay."""
    line.give()
    asked = 0
    while not line.told():
        line.client.sendall(_REQUEST)
        asked += 1
        until(lambda asked=asked: line.told() or next(line.board.tally.routes()).answered == asked)
    assert line.door.recv(PACKET.size) == PACKET.pack(ASIDE, 1)
    assert line.given.recv(2 * len(_REQUEST)) == _REQUEST
    line.given.close()
    assert asked > 1
    answers = b"".join(iter(lambda: line.client.recv(65_536), b"")).split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert len(answers) == asked - 1
    for answer in answers:
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"content-length: %d" % len(body) in head


def test_what_was_on_its_way_before_a_connection_was_given_counts(line: Line) -> None:
    """Whoever had it before may have written to it."""
    line.given.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while line.given.send(bytes(4096)):
            pass
    line.client.sendall(_REQUEST)
    line.give()
    until(line.told)
    assert line.door.recv(PACKET.size) == PACKET.pack(ASIDE, 1)
    assert line.given.recv(2 * len(_REQUEST)) == _REQUEST


def test_a_line_that_is_only_held_is_so_under_the_next_teller_too(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.teller.quiet", lambda connection: 61.0)
    monkeypatch.setattr("service.teller._SWEEP", 0.01)
    line.give()
    until(line.told)
    assert line.door.recv(PACKET.size) == PACKET.pack(GONE, 1)
    line.given.close()


def test_the_door_knows_at_which_request_a_teller_was_that_could_not_even_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is the application's, and not the end of one teller after the other."""

    def fail(request: bytes, host: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("service.teller._known", fail)
    counter = _counter(tmp_path)
    door, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    with contextlib.ExitStack() as stack:
        for each in (door, theirs, listener := socket.create_server(("127.0.0.1", 0))):
            stack.enter_context(each)
        client = stack.enter_context(socket.create_connection(listener.getsockname(), 10))
        given = stack.enter_context(listener.accept()[0])
        client.sendall(b"GET / HTTP/1.1\r\n")
        Line(counter.board, door, client, given).give()
        with pytest.raises(ZeroDivisionError):
            Teller(theirs, counter, 0).run()
    at = counter.board.read(0)
    assert (at.connection, at.request, at.response, at.digest, at.client) == (1, 16, 0, 0, 0)
