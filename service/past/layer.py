"""The layer between the frame and the routes in which a request finds its release: by its address, or by its date."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.negotiation import of_page
from service.past import memento
from service.past.chronicle import Chronicle, Chronicler, Memento
from service.past.doors import CURRENT, is_door, version, within_header
from service.past.memento import Places
from service.past.presence import Presence
from service.past.shelf import Shelf

FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_LOOK = "public, no-cache"
_DOC = "/doc/"
# What is about somebody, and gone when that person is withdrawn: nobody can purge the copy in a reader's own cache.
_PERSONAL = ("/doc/person/", "/doc/holding/", "/doc/participation/", "/api/officials")
# What is no resource with a state of its own: it leads to one that has.
_LEADING = ("/id/", "/concept/", "/graph/", "/release/")
# Tellers answer these as well, and say no more than they must.
_TERSE = ("/sparql", "/api")
# Bytes of a header. For one of 8 KB Apache answers 502, and Varnish 503.
_LINE = 4096
Headers = list[tuple[bytes, bytes]]


class Times:
    """What the kept releases are to requests: those on the shelf, when each was published, and what is in which."""

    def __init__(self, shelf: Shelf, chronicler: Chronicler, presence: Presence) -> None:
        self.shelf, self.chronicler, self._presence = shelf, chronicler, presence

    async def mementos(self, path: str) -> list[Memento]:
        """Those of the published releases that have what a path names, in the order of their publication."""
        there = (await self.chronicler.now()).mementos
        return [one for one in there if await self.has(one, path)]

    async def nearest(self, path: str, order: Sequence[Memento]) -> Memento | None:
        """The first of them that has what the path names."""
        for one in order:
            if await self.has(one, path):
                return one
        return None

    async def around(self, path: str, here: Memento, chronicle: Chronicle) -> list[tuple[str, Memento]]:
        """The first and last memento, and those before and after one; few releases are looked into for that."""
        there = chronicle.mementos
        at = there.index(here)
        wanted = {
            "first": there[: at + 1],
            "prev": there[:at][::-1],
            "": there[at : at + 1],
            "next": there[at + 1 :],
            "last": there[at:][::-1],
        }
        found = [(relation, await self.nearest(path, order)) for relation, order in wanted.items()]
        return [(relation, one) for relation, one in found if one is not None]

    async def has(self, one: Memento, path: str) -> bool:
        """Whether a release has what the path names: every release has every door, but not every thing."""
        return not path.startswith(_DOC) or await self._presence.has(one.release, path.removeprefix(_DOC))


class Layer:
    """The layer; what is asked of the release that is published, at no date, passes through it."""

    def __init__(self, app: ASGIApp, times: Times) -> None:
        self.app, self.times = app, times

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request was answered over its release."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope)
        if scope["root_path"]:
            return await self._inside(request, receive, send)
        if not is_door(scope["path"]):
            return await self.app(scope, receive, send)
        if not scope["path"].startswith(_LEADING) and (moment := memento.wanted(request)) is not None:
            chronicle = await self.times.chronicler.now()
            found = await self.times.nearest(scope["path"], chronicle.by_nearness(moment))
            if found is not None:
                return await (await self._redirect(request, found, chronicle))(scope, receive, send)
        return await self.app(scope, receive, send if scope["path"].startswith(_TERSE) else _Now(request, send).send)

    async def _redirect(self, request: Request, found: Memento, chronicle: Chronicle) -> RedirectResponse:
        """To the memento; by 307 where a body is to come along, which a client need not send again behind a 302."""
        places = Places(request)
        around = await self.times.around(request.scope["path"], found, chronicle)
        links = memento.to_original(places) + memento.to_mementos(places, around)
        headers = {"Vary": "accept-datetime", "Cache-Control": "no-cache", "Link": ", ".join(links)}
        status = 302 if request.method in ("GET", "HEAD") else 307
        return RedirectResponse(places.inside(found.version), status, headers)

    async def _inside(self, request: Request, receive: Receive, send: Send) -> None:
        scope = request.scope
        async with self.times.shelf.taken(version(scope["root_path"])) as snapshot:
            with snapshot.engine.lease():
                if snapshot is scope["state"]["snapshot"]:
                    scope["state"][CURRENT] = True
                scope["state"]["snapshot"] = snapshot
                await self.app(scope, receive, _Then(request, self.times, send).send)


class _Now:
    """What is sent of the published release, with the way to what was before it."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request, self._send = request, send

    async def send(self, message: Message) -> None:
        """The message was sent; a document says that it is its own TimeGate, a thing that its document is."""
        if message["type"] == "http.response.start" and message["status"] in (200, 206, 303, 304):
            headers: Headers = message["headers"]
            if message["status"] == 303:
                place = dict(headers)[b"location"].decode("latin-1").partition("?")[0]
                links = memento.to_document(Places(self._request, place))
            else:
                headers = _more(headers, b"vary", [b"Accept-Datetime"])
                links = memento.to_original(Places(self._request)) if message["status"] != 304 else []
            message = {**message, "headers": _linked(headers, links)}
        await self._send(message)


class _Then:
    """What is sent of a kept release: its addresses stay there, it is kept for ever, and says when it was current."""

    def __init__(self, request: Request, times: Times, send: Send) -> None:
        self._request, self._times, self._send = request, times, send

    async def send(self, message: Message) -> None:
        """The message was sent, as one of its release."""
        if message["type"] == "http.response.start":
            root: str = self._request.scope["root_path"]
            headers = [(name, _moved(name, value, root)) for name, value in message["headers"]]
            if message["status"] in (200, 206, 304) and b"no-store" not in dict(headers).get(b"cache-control", b""):
                headers = [header for header in headers if header[0] != b"cache-control"]
                headers.append((b"cache-control", (FOR_A_LOOK if self._changes(headers) else FOR_EVER).encode()))
            if message["status"] < 400:
                headers = await self._dated(headers, linked=message["status"] != 304)
            message = {**message, "headers": headers}
        await self._send(message)

    def _changes(self, headers: Headers) -> bool:
        """Whether the answer is a page, which says what is current now, or about somebody, who may be withdrawn."""
        path = self._request.scope["path"].removeprefix(self._request.scope["root_path"])
        there = dict(headers)
        # Most 304 say no media type.
        shown = there.get(b"content-type", b"").startswith(b"text/html") or of_page(there.get(b"etag", b"").decode())
        return shown or path.startswith(_PERSONAL)

    async def _dated(self, headers: Headers, *, linked: bool) -> Headers:
        """The headers of a memento, if the release was ever published."""
        root, places = self._request.scope["root_path"], Places(self._request)
        links, chronicle = memento.to_original(places), await self._times.chronicler.now()
        here = next((each for each in chronicle.mementos if each.version == version(root)), None)
        if here is not None:
            headers = [*headers, (b"memento-datetime", memento.stamp(here.since).encode())]
        if not linked:  # a cache would have these in the place of all links of the answer that it keeps
            return headers
        if here is not None:
            path = self._request.scope["path"].removeprefix(root)
            links += memento.to_mementos(places, await self._times.around(path, here, chronicle))
        return _linked(headers, links)


def _moved(name: bytes, value: bytes, root: str) -> bytes:
    if name not in (b"location", b"content-location", b"link"):
        return value
    return within_header(value.decode("latin-1"), root).encode("latin-1")


def _linked(headers: Headers, links: Sequence[str]) -> Headers:
    """The headers with these links, in as many lines as it takes (RFC 9110, 5.3): proxies take none of any length."""
    lines = [value for key, value in headers if key == b"link"]
    for link in map(str.encode, links):
        if lines and len(lines[-1]) + len(link) < _LINE:
            lines[-1] += b", " + link
        else:
            lines.append(link)
    return [*(header for header in headers if header[0] != b"link"), *((b"link", line) for line in lines)]


def _more(headers: Headers, name: bytes, values: Sequence[bytes]) -> Headers:
    """The headers, in which the list of this name has more members."""
    if not values:
        return headers
    there = [value for key, value in headers if key == name]
    return [*((key, value) for key, value in headers if key != name), (name, b", ".join([*there, *values]))]
