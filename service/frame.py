"""What every request passes through: its name, its size, its snapshot, its client's presence.

And what every response carries.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import encoding, failures, faults
from service.cache import Cache, Recorder, question
from service.condition import Only, Unless, Unmet, is_anything
from service.encoding import Encoded, Headers
from service.methods import SAFE, allowed, told
from service.negotiation import joined
from service.past import doors
from service.place import Replaced
from service.problems import Problem
from service.snapshot import Snapshot, current
from service.visit import Visit, Visits, name

MAX_TARGET, MAX_HEADERS, MAX_BODY = 32_768, 65_536, 1 << 20

# The versions whose messages are text (RFC 9112, 2.3); a later one is not, whatever its first line says.
TEXT = ("1.1", "1.0")
CARRIED = {
    b"access-control-allow-origin": b"*",
    b"access-control-expose-headers": (
        b"ETag, Link, Retry-After, Content-Language, Content-Disposition, Memento-Datetime, Server-Timing, X-Request-Id"
    ),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"cross-origin",
}
# How often a release is looked for that took another's place, and after how many seconds again: five in all.
_LOOKS, _PAUSE = 100, 0.05
# What the connection writes into the scope of a request that it has refused itself, before the body was there.
REFUSED = "thidua.refused"
_CARRIED = list(CARRIED.items())
# Pages load nothing from elsewhere and run no script in the page; forms lead here.
PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What a host may look like (RFC 9110, 7.2); it stands in the addresses that answers give, so nothing else gets there.
# No name has more than 253 bytes, and many clients read no header of more than 64 KiB.
HOST = re.compile(rb"(?!.{260})((?:[\w.~-]|%[0-9A-Fa-f]{2})*+|\[[0-9A-Fa-f:.]+\])(:[0-9]{0,5})?")


class Frame:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, now: Callable[[], Snapshot], visits: Visits, cache: Cache) -> None:
        self.app, self.now, self.visits, self.cache = app, now, visits, cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        visit = arrival(scope)
        self.visits.begin(visit)
        out = _Out(Recorder(send, self.cache.longest), visit)
        try:
            await self._answer(scope, receive, out)
        finally:
            visit.cut = out.started and not out.complete
            refused = REFUSED in scope.get("extensions", {})
            (self.visits.drop if refused else self.visits.end)(visit)

    async def _answer(self, scope: Scope, receive: Receive, out: _Out) -> None:
        snapshot = self.now()
        state = {**scope.get("state", {}), "snapshot": snapshot}
        # What is asked of a kept release meets the same routes: they match what comes behind the root.
        scope = {**scope, "state": state, "headers": joined(scope["headers"]), "root_path": doors.root(scope["path"])}
        request = Request(scope, receive)
        with snapshot.engine.lease():
            try:
                await self._handle(request, receive, out)
            except Problem as problem:
                if out.started:
                    return out.visit.fail(problem)
                await faults.respond(request, problem)(scope, receive, out.send)
            except Unmet as unmet:
                await faults.respond(request, unmet.problem)(scope, receive, out.send)
            except _Left:
                out.visit.abandon()
            # The server has waited long enough for what was under way when it was told to stop.
            except asyncio.CancelledError:
                if not out.started:
                    await faults.respond(request, failures.leaving())(scope, receive, out.send)
            # The edge of the service: what nobody foresaw is logged, and told without its inside.
            except Exception as error:
                if out.started:
                    raise
                await faults.unexpected(request, error)(scope, receive, out.send)

    async def _handle(self, request: Request, receive: Receive, out: _Out) -> None:
        scope = request.scope
        _bounded(scope)
        if request.method == "OPTIONS":
            await _options(request)(scope, receive, out.send)
        else:
            await self._give(request, receive, out)

    async def _give(self, request: Request, receive: Receive, out: _Out) -> None:
        """The answer was sent, and is kept if it may be."""
        scope = request.scope
        head = dict(reversed(scope["headers"]))
        coding = encoding.choose(head.get(b"accept-encoding", b"").decode("latin-1"))
        known = head.get(b"if-none-match", b"")
        send = out.send
        if request.method in SAFE:
            send = Unless(send).send if is_anything(known) else send
            send = Only(send, head).send if b"if-match" in head or b"if-unmodified-since" in head else send
        encoded = Encoded(send, coding, scope, known)
        await self._route(request, receive, out, encoded)
        if out.recorder.complete and request.method == "GET" and (key := question(scope, head)):
            self.cache.keep(key, out.recorder.whole(out.visit.route, out.visit.query), current(request).release)

    async def _route(self, request: Request, receive: Receive, out: _Out, encoded: Encoded) -> None:
        """The application has answered, if its client stayed."""
        client = _Client(receive, await _body(request, receive))
        inner = _inner(request.scope, encoded)
        watch = asyncio.create_task(client.watch(asyncio.current_task(), out))
        try:
            await self._ask(inner, client, encoded.send)
        except asyncio.CancelledError:
            if not client.gone.is_set():
                raise
        finally:
            watch.cancel()
            out.visit.route = _template(inner)

    async def _ask(self, scope: Scope, client: _Client, send: Send) -> None:
        """The application has answered; from the release that took the place of the one it was asked of, if need be."""
        asked, old = dict(scope), scope["state"]["snapshot"]
        try:
            await self.app(scope, client.receive, send)
        except Replaced:
            # One that is asked by its version is not what is followed.
            if scope["root_path"] or (new := await self._after(old)) is old:
                raise
            with new.engine.lease():
                # What the routes have written into it goes; who reads it afterwards finds it in the same place.
                scope.clear()
                scope.update(asked)
                scope["state"]["snapshot"] = new
                client.repeat()
                await self.app(scope, client.receive, send)

    async def _after(self, old: Snapshot) -> Snapshot:
        """The snapshot of the release after this one's, or this one if there is none before long."""
        for _ in range(_LOOKS):
            if self.now().release is not old.release:
                return self.now()
            await asyncio.sleep(_PAUSE)
        return old


def _inner(scope: Scope, encoded: Encoded) -> Scope:
    """The request as the routes see it: GET even if it is HEAD, and without a word of how answers are compressed."""
    head = scope["method"] == "HEAD"
    # The server drops the body of an answer to HEAD; the routes need not know.
    inner = {**scope, "method": "GET"} if head else scope
    inner["state"]["head"] = head
    if encoded.renames:
        inner["headers"] = heard(scope["headers"], encoded)
    return inner


def heard(headers: Headers, encoded: Encoded) -> Headers:
    """The headers of a request as the routes hear them."""
    return [(key, encoded.untagged(value) if key == b"if-none-match" else value) for key, value in headers]


def arrival(scope: Scope) -> Visit:
    """The request of this scope, under the name that its client gave it if that is fit."""
    given = next((value for key, value in scope["headers"] if key == b"x-request-id"), None)
    client = scope.get("client")
    return Visit(name(given), scope["method"], scope["path"], client[0] if client else "")


def _template(scope: Scope) -> str:
    """The template of the address that answered: one of a few, whatever is asked; nothing if none did."""
    root = "/releases/{version}" if scope["root_path"] else ""
    if "route" in scope:
        return root + str(scope["route"].path)
    # A route outside of FastAPI says no template. Without parameters, its path is one.
    return root + scope["path"][len(scope["root_path"]) :] if "endpoint" in scope and not scope["path_params"] else ""


class _Out:
    """What is sent, with the headers that every response carries."""

    def __init__(self, recorder: Recorder, visit: Visit) -> None:
        self.recorder, self.visit = recorder, visit
        self.started = self.complete = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.visit.status = message["status"]
            message["headers"] = self._carried(message["headers"])
        elif message["type"] == "http.response.body":
            self.visit.size += len(message.get("body", b"")) if self.visit.method != "HEAD" else 0
            self.complete = not message.get("more_body")
        await self.recorder.send(message)

    def _carried(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The headers with those that every response has; what the response says itself stays."""
        there = dict(headers)
        if b"location" in there:
            headers = [(name, _here(value) if name == b"location" else value) for name, value in headers]
        carried = _CARRIED if there.keys().isdisjoint(CARRIED) else [each for each in _CARRIED if each[0] not in there]
        own = [(b"x-request-id", self.visit.id.encode()), (b"server-timing", self.visit.timing().encode())]
        if there.get(b"content-type", b"").startswith(b"text/html") and b"content-security-policy" not in there:
            own.append((b"content-security-policy", PAGE_POLICY))
        return [*headers, *carried, *own]


class _Left(Exception):
    """The client left before its request was whole."""


class _Client:
    """Who asked: the body of the request, and whether somebody still waits for the answer."""

    def __init__(self, receive: Receive, body: bytes) -> None:
        self._receive, self._body = receive, body
        self._read, self.gone = False, asyncio.Event()

    def repeat(self) -> None:
        """The body will be received once more."""
        self._read = False

    async def receive(self) -> Message:
        if not self._read:
            self._read = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def watch(self, work: asyncio.Task[Any] | None, out: _Out) -> None:
        """The work is cancelled as soon as the client is gone, and with it the query that it asks."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not out.complete and work is not None:
            self.gone.set()
            out.visit.abandon()
            work.cancel()


def _here(address: bytes) -> bytes:
    """An address of this host without the host: what a client calls us is no reason to send it there.

    >>> _here(b"http://evil.example/dumps/?lang=en"), _here(b"/doc/cluster/x"), _here(b"http://evil.example//a/")
    (b'/dumps/?lang=en', b'/doc/cluster/x', b'/a/')
    """
    parts = urlsplit(address)
    return parts._replace(scheme=b"", netloc=b"", path=b"/" + parts.path.lstrip(b"/")).geturl()


def _bounded(scope: MutableMapping[str, Any]) -> None:
    """Nothing; Problem 505, 400, 501, 414 or 431 for another HTTP, without a host, coded, or too long."""
    if scope["http_version"] == "0.9":
        raise Problem(400, "No version", "A request says which version of HTTP it is: GET / HTTP/1.1.")
    if scope["http_version"] not in TEXT:
        detail = f"What is written like this is HTTP/1.1 or HTTP/1.0, not HTTP/{scope['http_version']}."
        raise Problem(505, "Another version", detail, {"Connection": "close"}, available=list(TEXT))
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if scope["http_version"] == "1.1" and len(hosts) != 1:
        raise Problem(400, "No host", "A request of HTTP/1.1 names its host once.")
    if not all(map(HOST.fullmatch, hosts)):
        raise Problem(400, "Not a host", "A host is a name or a number, and a port if need be.")
    codings = b",".join(value for name, value in scope["headers"] if name == b"transfer-encoding")
    if codings and codings.strip().lower() != b"chunked":
        detail = "A body comes as it is, or in chunks, and is coded in no other way on its way (RFC 9112, 7)."
        raise Problem(501, "Another transfer coding", detail, available=["chunked"])
    if len({value for name, value in scope["headers"] if name == b"content-type"}) > 1:
        raise Problem(400, "Two types", "A body is of one type, and this request names several (RFC 9110, 8.3).")
    if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > MAX_TARGET:
        detail = f"The address is longer than {MAX_TARGET} bytes; send the query by POST."
        raise Problem(414, "The address is too long", detail, limit=MAX_TARGET)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
        raise Problem(
            431, "The headers are too long", f"Together they may have {MAX_HEADERS} bytes.", limit=MAX_HEADERS
        )


async def _body(request: Request, receive: Receive) -> bytes:
    """The body, whole; Problem 413 as soon as it is known to be too long, _Left when the rest will never come."""
    announced = request.headers.get("content-length", "0")
    body = bytearray()
    more = True
    while True:
        if len(body) > MAX_BODY or (announced.isdigit() and int(announced) > MAX_BODY):
            raise Problem(413, "The body is too long", f"A request may have {MAX_BODY} bytes.", limit=MAX_BODY)
        if not more:
            return bytes(body)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Left
        body += message.get("body", b"")
        more = message.get("more_body", False)


def _options(request: Request) -> Response:
    """What may be asked of an address, from anywhere; Problem 404 if nothing."""
    if not (methods := allowed(request)):
        raise Problem(404, "Not Found", "Nothing is published under this address.")
    preflight = {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": (
            "Accept, Accept-Datetime, Accept-Language, Cache-Control, Content-Type, If-None-Match, X-Request-Id"
        ),
        "Access-Control-Max-Age": "86400",
    }
    return Response(status_code=204, headers=told(methods, of=request.scope["path"]) | preflight)
