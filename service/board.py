"""What the door and the tellers write up for each other: memory that they share, each writing its own part.

A teller writes which request it is at, and since when; the door reads it, and knows what became of the request when the
teller is killed. Both keep the requests that took too long, so that they are not tried twice; and the application and
the tellers, where each client stands.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
from typing import NamedTuple

from service import standing, tally
from service.tally import Tally

# Tellers of one release sit side by side. Those of the one before leave while those of the next one come.
BENCH, BENCHES = 16, 8
PLACES = BENCH * BENCHES
# A place is ten words. The first, which connection, is written last and cleared first, each at one stroke: so who
# reads a place, or finds its teller dead, never takes half of what is written for the whole.
_WORD, _WORDS = 8, 10
_REST = struct.Struct("=ddqqQQQQ")
_END, _MARK, _CLIENT, _BEAT = 6, 7, 8, 9
_SLOW = 4096
_DIGEST = 8
# Behind all places is that of the door, which has no request and says only when it was at work.
DOOR = PLACES
# What a digest is exchanged for while its request was slow only once.
_SUSPECT = (1 << 64) - 1
_SLOW_AT = (PLACES + 1) * _WORDS * _WORD
_TALLY_AT = _SLOW_AT + _SLOW * _DIGEST
_CLIENTS_AT = _TALLY_AT + (PLACES * tally.WORDS + tally.DOOR) * _WORD
_SIZE = _CLIENTS_AT + standing.SIZE


class Place(NamedTuple):
    """What a teller is at: the request on a connection, and since when by the clock and by its processor.

    `written` and `taken` say how much of the connection's traffic there was before, `request` how long it is, `end`
    what there is to know of the response, once it is there. So whoever finds a teller dead knows what it had done.
    `client` is where the standing has the client, 0 if nobody keeps account; it and `digest` are 0 until the request
    was read. `connection` is 0 while the teller is at nothing.
    """

    connection: int
    since: float
    used: float
    written: int
    taken: int
    request: int
    end: int
    digest: int
    client: int

    @property
    def response(self) -> int:
        """How long the response is."""
        return self.end >> 1

    @property
    def last(self) -> bool:
        """Whether the connection is to end with it."""
        return bool(self.end & 1)


class Board:
    """The memory, by the number of its file, which processes hand on."""

    def __init__(self, file: int) -> None:
        self.file = file
        self._memory = mmap.mmap(file, _SIZE)
        self._words = memoryview(self._memory)[:_SLOW_AT].cast("Q")
        self._moments = memoryview(self._memory)[:_SLOW_AT].cast("d")
        self._slow = memoryview(self._memory)[_SLOW_AT:_TALLY_AT].cast("Q")
        self.tally = Tally(memoryview(self._memory)[_TALLY_AT:_CLIENTS_AT].cast("Q"), PLACES)

    @classmethod
    def new(cls) -> Board:
        """A board on which nothing is written."""
        file = os.memfd_create("thidua-board")
        os.ftruncate(file, _SIZE)
        return cls(file)

    @property
    def clients(self) -> memoryview:
        """The table of where each client stands."""
        return memoryview(self._memory)[_CLIENTS_AT:]

    def write(self, place: int, connection: int, *rest: float) -> None:
        """The place says what its teller is at: the words of a `Place`."""
        _REST.pack_into(self._memory, (place * _WORDS + 1) * _WORD, *rest)
        self._words[place * _WORDS] = connection

    def name(self, place: int, mark: int, client: int) -> None:
        """The place says what the request of its teller is, by its digest, and whose."""
        self._words[place * _WORDS + _MARK] = mark
        self._words[place * _WORDS + _CLIENT] = client

    def answer(self, place: int, size: int, last: bool) -> None:
        """The place says that the response is there, of so many bytes, and about to be sent; maybe as the last one."""
        self._words[place * _WORDS + _END] = size << 1 | last

    def clear(self, place: int) -> None:
        """The teller of a place is at nothing."""
        self._words[place * _WORDS] = 0

    def beat(self, place: int, moment: float) -> None:
        """The teller of a place was at work at this moment, whatever it was at."""
        self._moments[place * _WORDS + _BEAT] = moment

    def beaten(self, place: int) -> float:
        """When the teller of a place was at work last, as far as it said so."""
        return self._moments[place * _WORDS + _BEAT]

    def read(self, place: int) -> Place:
        """What the teller of a place is at."""
        connection = self._words[place * _WORDS]
        return Place(connection, *_REST.unpack_from(self._memory, (place * _WORDS + 1) * _WORD))

    def is_slow(self, digest: int) -> bool:
        """Whether this request was seen to take too long."""
        return self._slow[digest % _SLOW] == digest

    def note_slow(self, digest: int) -> None:
        """The request is known to take too long if it did twice: once may be the first time of a new teller."""
        suspect = digest ^ _SUSPECT
        known = digest if self.is_slow(suspect) else suspect
        self._slow[known % _SLOW] = known

    def forget(self) -> None:
        """No request is known to take long: there is another release."""
        self._memory[_SLOW_AT:_TALLY_AT] = bytes(_TALLY_AT - _SLOW_AT)


def digest(request: bytes) -> int:
    """A number, never 0, that stands for a request; one that shares it with a slow one is merely answered elsewhere."""
    return int.from_bytes(hashlib.blake2b(request, digest_size=_DIGEST).digest()) or 1
