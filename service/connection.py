"""A connection, bounded in time: a request is there soon, an answer is read, and who only holds the line is let go.

What uvicorn's protocol would answer in plain text is told as a problem.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from service import failures, faults, visit
from service.frame import CARRIED, MAX_BODY, MAX_TARGET, REFUSED, arrival
from service.guests import PROXIES, SHARE
from service.problems import Problem
from service.reading import Reading
from service.tcp import traffic
from service.visit import Visit

# Seconds for what is on its way to a service that stops.
_PARTING = 0.25
# Seconds for the answer to a client that ended its side, and may be gone altogether.
_LINGERING = 0.4
# Bytes of the head of a request; the frame says in words what is too long before this cuts it off.
_HEAD = 131_072
# Bytes of a body with all that stands around it: sizes of chunks, extensions, trailers. Some send byte after byte.
_WRAPPED = 8 * MAX_BODY


@dataclass(frozen=True)
class Limits:
    """Seconds for the head of a request, its body, and for a client to read anything at all; connections at a time.

    A connection is looked at five times within the shortest, so that each limit may be passed by a fifth of that.
    `grace` is how many seconds answers may still take when the service is told to stop.
    """

    head: float = 10.0
    body: float = 30.0
    reading: float = 60.0
    idle: float = 60.0
    connections: int = 2048
    grace: float = 10.0

    @property
    def every(self) -> float:
        """Seconds between two looks."""
        return min(self.head, self.body, self.reading) / 5


class Connection(Reading):
    """One client's connection; what may come next for a teller goes `back` to the door."""

    def __init__(
        self,
        *given: Any,
        limits: Limits,
        tell: Callable[[Visit], None],
        back: Callable[[int], bool] | None = None,
        **named: Any,
    ) -> None:
        super().__init__(*given, **named)
        self.limits, self.tell, self._back = limits, tell, back
        self._look: asyncio.TimerHandle | None = None
        self._last = False
        # Whether it was turned away, and what it sends is not for us.
        self._deaf = False
        # What is waited for, `head` or `body`, until when; nothing between two requests.
        self._awaited: str | None = None
        self._until = 0.0
        self._unread = 0
        # Bytes that came since the head.
        self._behind = 0
        # The request that is being answered; `cycle` is the one that came last.
        self._answered: RequestResponseCycle | None = None
        self._refused: Problem | None = None
        self._unsent, self._stuck_since = 0, 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; it is told to come back when too many are."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections or self._is_one_too_many:
            self._turn_away(failures.crowd())
            return
        self._await("head", self.limits.head)
        self._look = self.loop.call_later(self.limits.every, self._check)

    def _turn_away(self, problem: Problem) -> None:
        """The client is told why nobody listens, in stages (RFC 9112, 9.6).

        What it has sent lies there unread, and to close then would be to take back what it was told.
        """
        met = self._visit()
        met.status = problem.status
        met.fail(problem)
        said = refusal(problem, met)
        met.size = len(said)
        self.transport.write(said)
        self.transport.write_eof()
        self._deaf = True
        self.loop.call_later(_PARTING, self.transport.close)
        self.tell(met)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        if self._look is not None:
            self._look.cancel()
        self.pipeline.clear()
        if self._answered is not None and not self._answered.response_complete:
            # Whoever is at work on it is told, whatever stands behind it.
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client asks for nothing more (RFC 9112, 9.6); it may still listen, and is answered if that is soon."""
        waits = self._awaited is not None and self._refused is None
        if self._deaf or self._at_rest or waits or sys.platform != "linux":
            return False
        # A refusal behind the answers ends the connection itself.
        if self._refused is None:
            self.cycle.keep_alive = False
        self._linger(-1)
        return True

    def data_received(self, data: bytes) -> None:
        """Some of a request is there."""
        if self._deaf:
            return
        if self._awaited is None:
            self._await("head", self.limits.head)
        if self._awaited == "head":
            self._unread += len(data)
        else:
            self._behind += len(data)
        try:
            self.read(data)
        except httptools.HttpParserError:
            self.send_400_response("")
            return
        if self._awaited == "head" and self._unread > _HEAD and not self.transport.is_closing():
            self._refuse(_too_long(len(getattr(self, "url", b""))))
        elif self._awaited == "body" and self._behind > _WRAPPED and not self.cycle.response_started:
            detail = f"With all that stands around it, it may have {_WRAPPED} bytes."
            self._refuse(Problem(413, "The body is too long", detail, limit=_WRAPPED))

    def begins(self) -> None:
        """Some of a request is there: the rest of its head is waited for."""
        self._await("head", self.limits.head)

    def has_head(self) -> None:
        """The head is there: the body is waited for."""
        self._await("body", self.limits.body)
        self._behind = 0
        if not self.pipeline:
            self._answered = self.cycle
        if self._last:
            self.cycle.keep_alive = False

    def is_whole(self) -> None:
        """All of the request is there: nothing is waited for."""
        self._awaited, self._unread = None, 0

    def shutdown(self) -> None:
        """The request that is there, or on its way, is the last."""
        self._last = True
        if self._at_rest:
            self.loop.call_later(_PARTING, self._part)
        else:
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """What cannot be read as HTTP is told so."""
        if len(getattr(self, "url", b"")) > MAX_TARGET:
            return self._refuse(_too_long(len(self.url)))
        return self._refuse(Problem(400, "Not HTTP", "The request cannot be read as HTTP/1.1 (RFC 9112)."))

    def resume_writing(self) -> None:
        """The client has read most of what there was."""
        self._stuck_since = self.loop.time()
        super().resume_writing()

    @property
    def _is_one_too_many(self) -> bool:
        """Whether its address would have more than its share: others are to find room too."""
        most, address = self.limits.connections * SHARE, self.client and self.client[0]
        if address in PROXIES or len(self.connections) <= most:
            return False
        clients = [each.client for each in self.connections if isinstance(each, Connection)]
        return [client and client[0] for client in clients].count(address) > most

    @property
    def _at_rest(self) -> bool:
        return self.cycle is None or bool(self.cycle.response_complete)

    def _part(self) -> None:
        """Whoever has not asked is let go; who has begun to ask is told why."""
        if not self._at_rest or self.transport is None or self.transport.is_closing():
            return
        if self._unread:
            self._refuse(failures.leaving())
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        """The answer is written; the next request may be for a teller, if this one was of their kind."""
        # What came with it, or behind it, is answered here.
        last = not self.pipeline
        alone = last and self._awaited is None
        if self.pipeline:
            self._answered, _ = self.pipeline[-1]
        super().on_response_complete()
        if last and self._refused is not None and not self.transport.is_closing():
            self._refuse(self._refused)
        if self._back is None or not alone or self.transport.is_closing() or self.transport.get_write_buffer_size():
            return
        if self.scope["path"] == "/sparql" or self.scope["path"].startswith("/api/"):
            self.transport.pause_reading()
            if self._back(self.transport.get_extra_info("socket").fileno()):
                # The connection goes on where it is now; here, nothing of it is left.
                self.transport.abort()
            else:
                self.transport.resume_reading()

    def _linger(self, before: int) -> None:
        """Whoever ended its side is let go, unless some of the answer left since the last look, or is about to.

        A client that is gone says so when something is sent to it; one of whom nothing is heard may be.
        """
        if self.transport.is_closing():
            return
        with contextlib.suppress(OSError):
            written = traffic(self.transport.get_extra_info("socket")).written
            if written != before or self.transport.get_write_buffer_size():
                self.loop.call_later(_LINGERING, self._linger, written)
                return
        self.transport.abort()

    def _await(self, what: str, seconds: float) -> None:
        self._awaited, self._until = what, self.loop.time() + seconds

    def _check(self) -> None:
        """Whoever took too long is let go; everybody else is looked at again."""
        now = self.loop.time()
        if self._stuck(now):
            self.transport.abort()
        elif self._awaited is not None and now >= self._until and not self.transport.is_closing():
            self._let_go()
        if self._look is not None:
            self._look = self.loop.call_later(self.limits.every, self._check)

    def _stuck(self, now: float) -> bool:
        """Whether the client has read nothing for too long."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent or unsent < self._unsent or not self._stuck_since:
            self._stuck_since = now
        self._unsent = unsent
        return bool(unsent) and now - self._stuck_since >= self.limits.reading

    def _let_go(self) -> None:
        if self._awaited == "head" and not self._at_rest:
            # What is behind a request that is still being answered has time until then.
            self._await("head", self.limits.head)
        elif self._awaited == "head" and not self._unread:
            self.transport.close()
        else:
            seconds = getattr(self.limits, str(self._awaited))
            detail = f"The {self._awaited} of a request is to be there within {seconds:g} seconds."
            self._refuse(Problem(408, "The request took too long", detail, limit=seconds))

    def _refuse(self, problem: Problem) -> None:
        """The connection is closed, and says why, behind the answers to what was asked before."""
        if self._refused is not None and problem is not self._refused:
            return None
        if self._awaited == "body" and self.pipeline:
            # Nobody has begun with it, and nobody is to.
            self.pipeline.popleft()
            self._refused = problem
            return self.flow.pause_reading()
        if self._awaited != "body" and self.cycle is not None and not self.cycle.response_complete:
            self._refused = self._refused or problem
            return self.flow.pause_reading()
        answered = self.cycle is not None and self.cycle.response_started
        if self._awaited == "body" and answered:
            # The application did not wait for the body, and tells of the request.
            return self.transport.close()
        met = self._visit()
        met.status = problem.status
        met.fail(problem)
        if not answered or (self._awaited != "body" and self.cycle.response_complete):
            said = refusal(problem, met)
            met.size = len(said)
            self.transport.write(said)
        self.transport.close()
        return self.tell(met)

    def _visit(self) -> Visit:
        """The request that is refused, which the frame need not tell of again; without a name while it has no head."""
        # An address that is longer than the parser takes ends the head before its path is known.
        if self._awaited == "body" and "path" in self.scope:
            self.scope["extensions"] = {REFUSED: {}}
            return arrival(cast(dict[str, Any], self.scope))
        return Visit(visit.name(), client=self.client[0] if self.client else "")


def refusal(problem: Problem, met: Visit) -> bytes:
    """The problem as a whole response, after which the connection is closed."""
    body = faults.written(problem, met.urn)
    headers = {
        b"date": formatdate(usegmt=True).encode(),
        b"content-type": b"application/problem+json",
        b"content-length": b"%d" % len(body),
        b"cache-control": b"no-store",
        b"connection": b"close",
        b"x-request-id": met.id.encode(),
        **{name.lower().encode(): value.encode() for name, value in problem.headers.items()},
        **CARRIED,
    }
    lines = [b"HTTP/1.1 %d %s" % (problem.status, HTTPStatus(problem.status).phrase.encode())]
    return b"\r\n".join([*lines, *(name + b": " + value for name, value in headers.items()), b"", body])


def _too_long(target: int) -> Problem:
    if target > MAX_TARGET:
        detail = f"The address is longer than {MAX_TARGET} bytes; send the query by POST."
        return Problem(414, "The address is too long", detail, limit=MAX_TARGET)
    return Problem(431, "The headers are too long", f"With the address they may have {_HEAD} bytes.", limit=_HEAD)
