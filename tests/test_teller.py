"""A teller by itself, with this test at its door."""

from __future__ import annotations

import select
import socket
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

from service.board import Board
from service.desk import Desk
from service.entrance import POSSIBLE
from service.journal import Journal
from service.teller import Counter
from service.wire import ASIDE, GIVEN, PACKET
from tests import tiny
from tests.house import until

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="no door on this system: it needs pidfd and memfd")

_VALUES = " ".join(map(str, range(24)))
# An answer of some hundred kilobytes: a socket takes a few of them.
_QUERY = quote(f"SELECT * {{ VALUES ?first {{ {_VALUES} }} VALUES ?second {{ {_VALUES} }} }}")
_REQUEST = f"GET /sparql?query={_QUERY} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def test_an_answer_for_which_there_may_be_no_room_is_not_begun(tmp_path: Path) -> None:
    """Its client asks on and on and reads nothing: what was answered is whole, and what was not lies where it lay."""
    counter = Counter(Desk(tiny.release(tmp_path, 3), 0), Board.new(), Journal("problems"), None)
    store = tiny.store(tiny.quads(3))
    door, line = socket.socketpair(type=socket.SOCK_SEQPACKET)
    teller = threading.Thread(target=counter.serve, args=(line, store, store, 0))
    teller.start()
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client, door:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(20)
        client.connect(listener.getsockname())
        given, _ = listener.accept()
        given.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 212_992)
        socket.send_fds(door, [PACKET.pack(GIVEN, 1)], [given.fileno()])
        asked = 0
        while not told(door):
            client.sendall(_REQUEST)
            asked += 1
            until(lambda asked=asked: told(door) or next(counter.board.tally.routes()).answered == asked)
        assert door.recv(PACKET.size) == PACKET.pack(ASIDE, 1)
        assert given.recv(2 * len(_REQUEST)) == _REQUEST
        given.close()
        assert asked > 1
        answers = b"".join(iter(lambda: client.recv(65_536), b"")).split(b"HTTP/1.1 200 OK\r\n")[1:]
        assert len(answers) == asked - 1
        for answer in answers:
            head, _, body = answer.partition(b"\r\n\r\n")
            assert b"content-length: %d" % len(body) in head
    teller.join()


def told(door: socket.socket) -> bool:
    """Whether the teller has said something."""
    return bool(select.select([door], [], [], 0)[0])
