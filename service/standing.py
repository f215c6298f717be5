"""Where each client stands: how much query time it has used and how many errors it made, in two buckets that leak.

The table lies in a buffer that several processes may share, without locks: what two write at the same moment, one of
them loses, and a client comes off better by one query. An entry is found by a hash whose key is drawn when the table is
begun, so that nobody can choose addresses that meet in one place; where many meet, the oldest entry is forgotten.
"""

from __future__ import annotations

import mmap
import secrets
import struct
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address
from typing import NamedTuple

# The mark of a table that was begun, and the key of its hash.
_HEAD = struct.Struct("@8s16s8x")
_MARK = b"standing"
# Hash of the client; seconds and errors in its buckets; when they were right. Native, so that each is written at once.
_ENTRY = struct.Struct("@Qddd")
# So many entries may have to be looked at to find one.
_WINDOW = 8
# Bytes of a table of 65,535 clients.
SIZE = 2 << 20
# A bucket holds no more than this many times what a minute allows, so nobody is sent away for longer than a minute.
_FULL = 2
_KNOWN = 4096


class Limits(NamedTuple):
    """What one client may spend per minute, and at once after a minute of rest: seconds of query time, and errors."""

    seconds: float
    errors: float


class Wait(NamedTuple):
    """In how many seconds a client may ask again, by the time it used and by the errors it made; 0.0 is now."""

    time: float
    errors: float


_NOW = Wait(0.0, 0.0)


class Standing:
    """The buckets of all clients in one buffer. `now` is what `time.monotonic` says, the same for all processes."""

    def __init__(self, buffer: mmap.mmap | memoryview | bytearray, limits: Limits) -> None:
        self.limits, self._buffer = limits, buffer
        mark, self._secret = _HEAD.unpack_from(buffer)
        assert mark == _MARK, "the table was not begun"
        self._homes = (len(buffer) - _HEAD.size) // _ENTRY.size - _WINDOW + 1
        self._leak = limits.seconds / 60, limits.errors / 60
        # What a client is found by: a number, never 0.
        self.key = lru_cache(_KNOWN)(self._hash)

    @classmethod
    def over(cls, buffer: mmap.mmap | memoryview | bytearray, limits: Limits) -> Standing:
        """The standing in a buffer: the one that another process began there, else a new one."""
        if _HEAD.unpack_from(buffer)[0] != _MARK:
            _HEAD.pack_into(buffer, 0, _MARK, secrets.token_bytes(16))
        return cls(buffer, limits)

    def wait(self, client: str, now: float) -> Wait:
        """When the client, named by its address, may ask again."""
        _, seconds, errors = self._find(self.key(client), now)
        over, wrong = seconds - self.limits.seconds, errors - self.limits.errors
        if over <= 0.0 and wrong <= 0.0:
            return _NOW
        return Wait(max(0.0, over / self._leak[0]), max(0.0, wrong / self._leak[1]))

    def used(self, client: str, seconds: float, now: float) -> None:
        """The client's queries took so many seconds more."""
        self._add(self.key(client), seconds, 0.0, now)

    def erred(self, client: str, now: float) -> None:
        """The client made an error more."""
        self.charge(self.key(client), now)

    def charge(self, key: int, now: float) -> None:
        """Who is found by this key made an error more."""
        self._add(key, 0.0, 1.0, now)

    def _add(self, key: int, seconds: float, errors: float, now: float) -> None:
        at, before, wrong = self._find(key, now)
        seconds = min(before + seconds, _FULL * self.limits.seconds)
        errors = min(wrong + errors, _FULL * self.limits.errors)
        _ENTRY.pack_into(self._buffer, at, key, seconds, errors, now)

    def _find(self, key: int, now: float) -> tuple[int, float, float]:
        """Where the entry is, or would be, and what has not yet leaked out of its buckets."""
        first = _HEAD.size + key % self._homes * _ENTRY.size
        oldest, place = now, first
        for at in range(first, first + _WINDOW * _ENTRY.size, _ENTRY.size):
            found, seconds, errors, when = _ENTRY.unpack_from(self._buffer, at)
            if found == key:
                passed = now - when if now > when else 0.0
                seconds -= passed * self._leak[0]
                errors -= passed * self._leak[1]
                return at, seconds if seconds > 0.0 else 0.0, errors if errors > 0.0 else 0.0
            if not found:
                return at, 0.0, 0.0
            if when < oldest:
                oldest, place = when, at
        return place, 0.0, 0.0

    def _hash(self, client: str) -> int:
        digest = blake2b(party(client).encode(), key=self._secret, digest_size=8).digest()
        return int.from_bytes(digest) or 1  # 0 is an entry that nobody has


def anonymous() -> mmap.mmap:
    """A buffer for a table, which processes that are forked later share."""
    return mmap.mmap(-1, SIZE)


@lru_cache(_KNOWN)
def party(address: str) -> str:
    """Who counts as one client: an IPv4 address, or the /64 of an IPv6 address, which is what one household has.

    >>> party("192.0.2.7"), party("::ffff:192.0.2.7"), party("2001:db8:1:2:3::4")
    ('192.0.2.7', '192.0.2.7', '2001:db8:1:2::/64')
    """
    if ":" not in address:
        return address
    try:
        found = IPv6Address(address)
    except ValueError:
        return address
    prefix = IPv6Address(int(found) >> 64 << 64)
    return str(found.ipv4_mapped or f"{prefix}/64")
