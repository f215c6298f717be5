"""What the system counts on a connection, whoever reads it and however it ends."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator

import pytest

from service.entrance import POSSIBLE
from service.tcp import quiet, traffic
from tests.house import until

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="no door on this system, and nobody who counts")


@pytest.fixture
def both() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = socket.create_connection(listener.getsockname(), 10)
        here, _ = listener.accept()
    with here, there:
        yield here, there


def test_the_end_of_a_connection_is_no_byte(both: tuple[socket.socket, socket.socket]) -> None:
    here, there = both
    written, taken = traffic(here)
    there.sendall(b"question")
    there.shutdown(socket.SHUT_WR)
    until(lambda: _state(here) == 8)
    assert traffic(here) == (written, taken)
    assert here.recv(100) == b"question"
    assert traffic(here) == (written, taken + 8)
    assert here.recv(100) == b""
    here.sendall(b"answer")
    assert traffic(here) == (written + 6, taken + 8)


def test_our_own_end_is_none_either(both: tuple[socket.socket, socket.socket]) -> None:
    here, there = both
    written, taken = traffic(here)
    here.sendall(b"answer")
    here.shutdown(socket.SHUT_WR)
    assert traffic(here) == (written + 6, taken)
    assert there.recv(100) == b"answer"
    assert there.recv(100) == b""
    until(lambda: _state(here) == 5)
    assert traffic(here) == (written + 6, taken)


def test_nothing_is_told_of_what_is_gone(both: tuple[socket.socket, socket.socket]) -> None:
    here, there = both
    there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    there.close()
    until(lambda: _state(here) == 7)
    with pytest.raises(ConnectionResetError):
        traffic(here)


def test_it_is_known_how_long_a_connection_has_been_quiet(both: tuple[socket.socket, socket.socket]) -> None:
    here, there = both
    for speaker, listener in ((here, there), (there, here)):
        until(lambda: quiet(here) > 0.1)
        asked = time.monotonic()
        speaker.sendall(b"a")
        assert listener.recv(1) == b"a"
        assert quiet(here) < time.monotonic() - asked + 0.02  # the system counts in ticks


def _state(connection: socket.socket) -> int:
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
