"""What every request passes through: its size, its snapshot, its client's presence; and what every response carries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, MutableMapping
from typing import Any

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import faults
from service.problems import Problem
from service.snapshot import Snapshot

log = logging.getLogger("thidua")

MAX_TARGET, MAX_HEADERS, MAX_BODY = 32_768, 65_536, 1 << 20

_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After, Content-Language",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
# Pages load nothing from elsewhere and run no script in the page; forms lead here.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Frame:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, now: Callable[[], Snapshot]) -> None:
        self.app, self.now = app, now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        snapshot, out = self.now(), _Out(send)
        scope = {**scope, "state": {**scope.get("state", {}), "snapshot": snapshot}}
        request = Request(scope, receive)
        with snapshot.engine.lease():
            try:
                await self._handle(request, receive, out)
            except Problem as problem:
                if out.started:
                    return log.warning("an answer was cut short: %s", problem)
                await faults.respond(request, problem)(scope, receive, out.send)
            # The edge of the service: what nobody foresaw is logged, and told without its inside.
            except Exception as error:
                if out.started:
                    raise
                await faults.unexpected(request, error)(scope, receive, out.send)

    async def _handle(self, request: Request, receive: Receive, out: _Out) -> None:
        scope = request.scope
        _bounded(scope)
        if request.method == "OPTIONS":
            return await _options(request)(scope, receive, out.send)
        client = _Client(receive, await _body(request, receive))
        scope["state"]["head"] = request.method == "HEAD"
        # The server drops the body of an answer to HEAD; the routes need not know.
        inner = {**scope, "method": "GET"} if request.method == "HEAD" else scope
        watch = asyncio.create_task(client.watch(asyncio.current_task(), out))
        try:
            await self.app(inner, client.receive, out.send)
        except asyncio.CancelledError:
            if not client.gone.is_set():
                raise
        finally:
            watch.cancel()


class _Out:
    """What is sent, with the headers that every response carries."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = self.complete = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if headers.get("content-type", "").startswith("text/html"):
                headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
        elif message["type"] == "http.response.body" and not message.get("more_body"):
            self.complete = True
        await self._send(message)


class _Client:
    """Who asked: the body of the request, and whether somebody still waits for the answer."""

    def __init__(self, receive: Receive, body: bytes) -> None:
        self._receive, self._body = receive, body
        self._read, self.gone = False, asyncio.Event()

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
            work.cancel()


def _bounded(scope: MutableMapping[str, Any]) -> None:
    """Nothing; Problem 400, 414 or 431 when the host is not named, or the address or the headers are too long."""
    if scope["http_version"] == "1.1" and sum(name == b"host" for name, _ in scope["headers"]) != 1:
        raise Problem(400, "No host", "A request of HTTP/1.1 names its host once.")
    if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > MAX_TARGET:
        detail = f"The address is longer than {MAX_TARGET} bytes; send the query by POST."
        raise Problem(414, "The address is too long", detail, limit=MAX_TARGET)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
        raise Problem(
            431, "The headers are too long", f"Together they may have {MAX_HEADERS} bytes.", limit=MAX_HEADERS
        )


async def _body(request: Request, receive: Receive) -> bytes:
    """The body, whole; Problem 413 as soon as it is known to be too long."""
    announced = request.headers.get("content-length", "0")
    body = bytearray()
    more = True
    while more:
        if len(body) > MAX_BODY or (announced.isdigit() and int(announced) > MAX_BODY):
            raise Problem(413, "The body is too long", f"A request may have {MAX_BODY} bytes.", limit=MAX_BODY)
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def _options(request: Request) -> Response:
    """What may be asked of an address, from anywhere; Problem 404 if nothing."""
    methods = [method for method in ("GET", "POST", "QUERY") if _answers(request, method)]
    if not methods:
        raise Problem(404, "Not Found", "Nothing is published under this address.")
    allow = ", ".join(["GET, HEAD" if method == "GET" else method for method in methods] + ["OPTIONS"])
    preflight = {
        "Access-Control-Allow-Methods": allow,
        "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, If-None-Match",
        "Access-Control-Max-Age": "86400",
    }
    return Response(status_code=204, headers={"Allow": allow} | preflight)


def _answers(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
