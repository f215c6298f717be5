"""What the system knows of a connection: how much was written to it and how much was taken from it, by whomever."""

from __future__ import annotations

import array
import fcntl
import socket
import struct
import termios
from typing import NamedTuple

# In struct tcp_info (linux/tcp.h): tcpi_state comes first; tcpi_last_data_sent, tcpi_last_ack_sent and
# tcpi_last_data_recv, in milliseconds; tcpi_bytes_acked and tcpi_bytes_received.
_LASTS, _LASTS_AT = struct.Struct("=III"), 44
_COUNTS, _COUNTS_AT = struct.Struct("=qq"), 120
# States (net/tcp_states.h) after our end of a connection, after the other side's, and when nothing is left of it.
_ENDED_HERE, _ENDED_THERE, _CLOSED = (4, 5, 6, 9, 11), (6, 8, 9, 11), 7


class Traffic(NamedTuple):
    """Bytes that were written to a connection and taken from it, counted from a point that stays the same."""

    written: int
    taken: int


def traffic(connection: socket.socket) -> Traffic:
    """The traffic of a connection until now; OSError if it is gone."""
    while True:
        before = _queues(connection)
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _COUNTS_AT + _COUNTS.size)
        # What arrived or was acknowledged between two looks would be counted twice, or not at all.
        if _queues(connection) == before:
            if (state := info[0]) == _CLOSED:
                raise ConnectionResetError
            acknowledged, received = _COUNTS.unpack_from(info, _COUNTS_AT)
            # The system counts the end of either side as a byte.
            written, taken = acknowledged + before[0], received - before[1]
            return Traffic(written - (state in _ENDED_HERE), taken - (state in _ENDED_THERE))


def quiet(connection: socket.socket) -> float:
    """Seconds in which nothing came on a connection and nothing was sent, whoever had it; OSError if it is gone."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LASTS_AT + _LASTS.size)
    sent, _, received = _LASTS.unpack_from(info, _LASTS_AT)
    return float(min(sent, received)) / 1000


def _queues(connection: socket.socket) -> tuple[int, int]:
    return unsent(connection), _number(connection, termios.FIONREAD)


def unsent(connection: socket.socket) -> int:
    """How many bytes the other side has not acknowledged yet."""
    return _number(connection, termios.TIOCOUTQ)


def _number(connection: socket.socket, what: int) -> int:
    found = array.array("i", [0])
    fcntl.ioctl(connection, what, found)
    return found[0]
