"""`/sparql`: a read-only SPARQL 1.1 endpoint over the published release."""

from __future__ import annotations

from fastapi import Request
from pyoxigraph import RdfFormat, serialize
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from loaders.namespaces import PREFIXES
from service import editor, render
from service.body import Body
from service.client import Client
from service.dataset import Dataset
from service.description import describe
from service.lectern import Lectern
from service.methods import ACCEPT_QUERY, SAFE
from service.negotiation import (
    GRAPHS,
    HTML,
    RESULTS,
    attachment,
    brought,
    choose,
    etag,
    not_modified,
    unchanged,
    validators,
)
from service.problems import Problem
from service.protocol import Operation, is_shown
from service.snapshot import Snapshot, current
from service.standing import Standing
from service.visit import here

# What the endpoint says of each graph.
_STATEMENTS = 6


def routes(allowed: tuple[str, ...] = (), standing: Standing | None = None) -> list[Route]:
    """`/sparql`; SERVICE may call what is under the allowed prefixes, and clients have a standing."""
    return [Route("/sparql", Endpoint(allowed, standing), methods=["GET", "POST", "QUERY"], include_in_schema=False)]


class Endpoint:
    """The endpoint. A plain ASGI application: on the way of every query there is nothing that it does not need."""

    def __init__(self, allowed: tuple[str, ...], standing: Standing | None) -> None:
        self.lectern, self.standing = Lectern(allowed), standing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = Client.of(scope, self.standing)
        client.admit()
        try:
            await self._handle(Request(scope, receive), client, send)
        except Problem as problem:
            client.err(problem)
            raise

    async def _handle(self, request: Request, client: Client, send: Send) -> None:
        scope = request.scope
        body, address = await request.body(), scope["query_string"]
        asked = await self.lectern.open(request.method, request.headers, address, body, client)
        if asked.query is not None and not is_shown(request.method, request.headers.get("accept"), asked):
            here().query = asked.query
            await self._answer(request, asked.query, asked, client, send)
        elif request.method == "GET":
            await (await _introduce(request, asked, current(request)))(scope, request.receive, send)
        else:
            raise Problem(400, "No query", "The request has no query: as the body, or as the field `query` of a form.")

    async def _answer(self, request: Request, query: str, asked: Operation, client: Client, send: Send) -> None:
        snapshot, reading = current(request), await self.lectern.read(query, client)
        formats = RESULTS if reading.form in ("SELECT", "ASK") else GRAPHS
        choice = choose(request.headers.get("accept"), formats, asked.format)
        headers = {"Vary": "Accept", "Cache-Control": "no-store"}
        if reading.repeatable and request.method in SAFE:
            tag = etag(snapshot.release, request, choice.media, *brought(request, await request.body()))
            headers |= {"ETag": tag, "Cache-Control": "public, no-cache"}
        if "ETag" in headers and not_modified(request, headers["ETag"]):
            await Response(status_code=304, headers=headers)(request.scope, request.receive, send)
        else:
            headers |= attachment(choice)
            dataset = Dataset.of(asked, reading, snapshot.release.base)
            async with snapshot.engine.answer(query, choice.format.media, "user", dataset, client) as body:
                await _send(request, body, headers, choice.media, send)


async def _send(request: Request, body: Body, headers: dict[str, str], media: str, send: Send) -> None:
    """The answer was sent: at once from memory, else piece by piece.

    It is announced with its length: should a piece fail, the server cuts the connection and nobody takes it for whole.
    """
    if (whole := body.whole) is not None:
        await Response(whole, 200, headers, media)(request.scope, request.receive, send)
        return
    announced = Response(None, 200, headers | {"Content-Length": str(body.size)}, media)
    await send({"type": "http.response.start", "status": 200, "headers": announced.raw_headers})
    if not request.state.head:
        async for part in body.parts():
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _introduce(request: Request, asked: Operation, snapshot: Snapshot) -> Response:
    """What the endpoint is: a form for people, a service description for programs."""
    choice = choose(request.headers.get("accept"), [*GRAPHS, HTML], asked.format)
    release = snapshot.release
    endpoint = str(request.url.replace(query="", fragment=""))
    variant = endpoint, choice.media, render.language(request), str(editor.installed())
    headers = validators(release, request, *variant) | ACCEPT_QUERY
    if known := unchanged(request, headers):
        return known
    if choice.format == HTML:
        page = editor.page(request, snapshot)
        page.headers.update(headers)
        return page
    written = RdfFormat.from_media_type(choice.format.media)

    def told() -> bytes | None:
        triples = describe(release, endpoint, snapshot.engine.functions)
        return serialize(triples, format=written, prefixes=PREFIXES)

    said = await snapshot.engine.write(told, _STATEMENTS * len(release.manifest.graphs))
    return Response(said, 200, headers, choice.media)
