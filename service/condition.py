"""The condition that names no tag: `If-None-Match: *` wants an answer only where there is none (RFC 9110, 13.1.2).

Whether there is one, nobody knows before it is there: a thing may be unknown, a value wrong, and an error is told
whatever the condition (13.2.1). Tags are looked at earlier, by those who give them (`negotiation`): who has one has it
from an answer.
"""

from __future__ import annotations

from starlette.types import Message, Send

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
