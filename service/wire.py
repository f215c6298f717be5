"""How processes talk: frames over a socket, each a kind of one byte, a length of four, and the content.

To a worker goes a QUESTION; back come any number of PARTs of the answer, then DONE or FAILED. To the holder go and from
it come NOTEs; a note that hands over a socket carries it (SCM_RIGHTS).

Between the application, the door and the tellers go packets: a letter and numbers, with a connection where one is
handed over.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

QUESTION, PART, DONE, FAILED, NOTE = b"Q", b"P", b"D", b"F", b"N"
HEAD = struct.Struct("!cI")

# From the application to the door: here is a teller (its process, its place on the board); the tellers of the bench
# that begins at this place leave; connections come in; no others do; here is one back. From the door to the
# application: here is a connection.
HIRE, DISMISS, OPEN, CLOSE, BACK, CONNECTION = b"h", b"d", b"o", b"c", b"b", b"n"
ORDER = struct.Struct("=cQQ")
# From the door to a teller: here is a connection (its number); leave. From a teller to the door: this connection is for
# the application; it is gone.
GIVEN, LEAVE, ASIDE, GONE = b"g", b"l", b"a", b"x"
PACKET = struct.Struct("=cQ")
# The exit code of a teller that was told to leave: nobody is to take its place.
RETIRED = 71


def frame(kind: bytes, content: bytes | bytearray) -> bytes:
    """The bytes of a frame."""
    return HEAD.pack(kind, len(content)) + content


def message(kind: bytes, /, **members: Any) -> bytes:
    """A frame whose content is JSON."""
    return frame(kind, json.dumps(members).encode())


class Frames:
    """Frames cut out of the bytes that arrive."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """The bytes are added to what has arrived."""
        self._buffer += data

    def next(self) -> tuple[bytes, bytes] | None:
        """Kind and content of the next frame, if it has arrived whole."""
        if len(self._buffer) < HEAD.size:
            return None
        kind, length = HEAD.unpack_from(self._buffer)
        end = HEAD.size + length
        if len(self._buffer) < end:
            return None
        content = bytes(self._buffer[HEAD.size : end])
        del self._buffer[:end]
        return kind, content


def receive(connection: socket.socket, frames: Frames) -> tuple[bytes, bytes] | None:
    """The next frame, waited for; None when the other side is gone."""
    while (found := frames.next()) is None:
        if not (data := connection.recv(65536)):
            return None
        frames.feed(data)
    return found
