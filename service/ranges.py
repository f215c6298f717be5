"""The part of a file that a client asks for (RFC 9110, 14.2), if what it says is a range of bytes at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

# A set of ranges, each with a first byte or a number of last ones; members of a list may be empty (RFC 9110, 5.6.1).
_SET = re.compile(r"[ \t]*bytes[ \t]*=([0-9, \t-]+)", re.IGNORECASE)
_ONE = re.compile(r"([0-9]{1,1000})-([0-9]{0,1000})|-([0-9]{1,1000})")
# Who asks for more parts at once gets the whole file (14.2).
_MOST = 100


class Part(NamedTuple):
    """The bytes of a file from `start` up to `end`, which is not among them."""

    start: int
    end: int


def asked(header: str, size: int) -> list[Part] | None:
    """The parts that a Range asks for of so many bytes, none if there is none of them; None for what is no range.

    They are in order, and those that touch are one (RFC 9110, 15.3.7.2).

    >>> asked("bytes=0-1, -3,8-8", 10), asked("bytes=7-", 10), asked("bytes=10-", 10)
    ([Part(start=0, end=2), Part(start=7, end=10)], [Part(start=7, end=10)], [])
    >>> [asked(wrong, 10) for wrong in ("lines=1-2", "bytes=5-4", "bytes=", "bytes=-", "bytes=+0-+1", "0-1")]
    [None, None, None, None, None, None]
    """
    if not (match := _SET.fullmatch(header)):
        return None
    members = [member for each in match[1].split(",") if (member := each.strip(" \t"))]
    if not 0 < len(members) <= _MOST:
        return None
    found = [_part(member, size) for member in members]
    named = [part for part in found if part is not None]
    return _joined([part for part in named if part.start < part.end]) if len(named) == len(found) else None


def _joined(parts: Sequence[Part]) -> list[Part]:
    joined: list[Part] = []
    for part in sorted(parts):
        if joined and part.start <= joined[-1].end:
            joined[-1] = Part(joined[-1].start, max(joined[-1].end, part.end))
        else:
            joined.append(part)
    return joined


def _part(member: str, size: int) -> Part | None:
    """The bytes that a member names, of which there may be none; None when it names none whatever the size."""
    if not (match := _ONE.fullmatch(member)):
        return None
    first, last, number = match.groups()
    if number is not None:
        return Part(max(size - int(number), 0), size)
    if last and int(last) < int(first):
        return None
    return Part(int(first), min(int(last) + 1, size) if last else size)
