"""Conditions that an answer has to be there for: `If-None-Match: *` wants one only where there is none, `If-Match` and
`If-Unmodified-Since` only the one that the client knows (RFC 9110, 13.1).

Whether there is one, nobody knows before it is there: a thing may be unknown, a value wrong, and an error is told
whatever the condition (13.2.1). The tags of If-None-Match are looked at earlier, by those who give them
(`negotiation`): who has one has it from an answer.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from starlette.types import Message, Send

from service.problems import Problem

ANYTHING = b"*"
# What a 304 says nothing of (RFC 9110, 15.4.5): the answer that is not sent.
NOT_OF_304 = (
    b"content-type", b"content-length", b"content-encoding", b"content-disposition", b"link",
    b"content-range", b"accept-ranges",
)  # fmt: skip


def is_anything(known: bytes) -> bool:
    """Whether If-None-Match is met by no answer at all.

    >>> is_anything(b" * "), is_anything(b'"a"'), is_anything(b"")
    (True, False, False)
    """
    return known.strip() == ANYTHING


def moment(date: str | None) -> datetime.datetime | None:
    """The moment of a header; None for what is no date, which is passed over.

    >>> moment("Sat, 21 Nov 2026 08:00:00 GMT"), moment("yesterday")
    (datetime.datetime(2026, 11, 21, 8, 0, tzinfo=datetime.timezone.utc), None)
    """
    try:
        found = parsedate_to_datetime(date or "")
    except (ValueError, OverflowError):
        return None
    # The oldest of the three forms says no zone, and means this one (RFC 9110, 5.6.7).
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


class Unmet(Exception):
    """The answer is not the one that the client knows; `problem` says so."""

    problem = Problem(412, "Another answer", "What is here now is not what If-Match or If-Unmodified-Since names.")


class Only:
    """What is sent to who wants only the answer that he knows: an error as it is, Unmet instead of another answer."""

    def __init__(self, send: Send, asked: Mapping[bytes, bytes]) -> None:
        self._send = send
        self._tags, self._since = asked.get(b"if-match"), asked.get(b"if-unmodified-since", b"").decode("latin-1")

    async def send(self, message: Message) -> None:
        """The message was sent; Unmet before anything was."""
        if message["type"] == "http.response.start" and (200 <= message["status"] < 300 or message["status"] == 304):
            there = dict(message["headers"])
            if not self._is_meant(there.get(b"etag"), there.get(b"last-modified", b"").decode("latin-1")):
                raise Unmet
        await self._send(message)

    def _is_meant(self, tag: bytes | None, modified: str) -> bool:
        """Whether an answer is the one, as far as it says which it is. A tag that is weak is never meant (13.1.1)."""
        if self._tags is not None:
            return tag is None or is_anything(self._tags) or tag in map(bytes.strip, self._tags.split(b","))
        known, last = moment(self._since), moment(modified)
        return known is None or last is None or last <= known


class Unless:
    """What is sent to who wants nothing that is there: of an answer only that there is one, of an error all."""

    def __init__(self, send: Send) -> None:
        self._send, self._there = send, False

    async def send(self, message: Message) -> None:
        """The message was sent, without what the client does not want."""
        if message["type"] == "http.response.start" and 200 <= message["status"] < 300:
            self._there = True
            headers = [(name, value) for name, value in message["headers"] if name not in NOT_OF_304]
            message = {**message, "status": 304, "headers": headers}
        elif self._there:
            message = {**message, "body": b""}
        await self._send(message)
