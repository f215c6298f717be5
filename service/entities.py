"""Every thing answers by its path: `/id/…` sees other to `/doc/…`, which is a page or RDF, as asked.

303 rather than 200, because a commune is not a document (W3C TAG, httpRange-14).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, unquote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pyoxigraph import NamedNode, RdfFormat, parse

from service import dumps, links, render, tombstone
from service.engine import estimate
from service.frame import MAX_TARGET
from service.graphs import written
from service.links import iri_of
from service.negotiation import HTML, JSON_LD, N_TRIPLES, RDF_XML, TURTLE, Choice, Format, choose, etag, not_modified
from service.pages import said
from service.pages.page import page
from service.problems import Problem
from service.snapshot import Now, Snapshot
from service.tombstone import Tombstone

# The first is what a client gets that accepts anything. JSON-LD is JSON: whoever asks for no more gets it by that name.
FORMATS: Sequence[Format] = (HTML, TURTLE, JSON_LD, N_TRIPLES, RDF_XML)

# What may stand in a path without an escape (RFC 3986, 3.3).
_AS_THEY_ARE = "/~!$&'()*+,;=:@"

DESCRIPTION = """
PREFIX td: <{def}>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
CONSTRUCT {{ ?s ?p ?o }} WHERE {{
  {{ VALUES ?s {{ {thing} }} ?s ?p ?o }}
  UNION {{ VALUES ?o {{ {thing} }} ?s ?p ?o
    FILTER(?p NOT IN (td:attestedBy, td:source, td:certainty, td:share, td:openedBy, td:closedBy)) }}
  UNION {{ {thing} td:attestedBy ?s . ?s ?p ?o }}
  UNION {{ {thing} ?link ?s . ?s ?p ?o FILTER(?p IN (rdfs:label, skos:prefLabel)) }}
}}"""


def routes() -> APIRouter:
    """`/id/…`, `/concept/…`, `/graph/…`, `/release/…` and the documents behind them at `/doc/…`."""
    router = APIRouter(tags=["linked data"])

    async def see_document(request: Request, snapshot: Now) -> Response:
        inside = request.url.path.removeprefix(request.scope.get("root_path", ""))
        path = unquote(inside.removeprefix("/id/").removeprefix("/"))
        if gone := await tombstone.find(tombstone.people(path, snapshot.release.base), snapshot):
            return await _gone(gone, choose(request.headers.get("accept"), FORMATS), request, snapshot)
        query = f"?{request.url.query}" if request.url.query else ""
        headers = {"Vary": "Accept, Accept-Language", "Link": links.of_thing(path)}
        address = f"/doc/{quote(path, safe=_AS_THEY_ARE)}{query}"
        if len(address) > MAX_TARGET:
            detail = f"With all its escapes, the address of the document would be longer than {MAX_TARGET} bytes."
            raise Problem(414, "The address is too long", detail, limit=MAX_TARGET)
        return RedirectResponse(address, status_code=303, headers=headers)

    for prefix in ("id", *links.OUTSIDE_ID):
        router.add_api_route(f"/{prefix}/{{path:path}}", see_document, include_in_schema=False)
    router.add_api_route(
        "/id/{path:path}",
        see_document,
        name="id",
        summary="303 to the document about a thing",
        status_code=303,
        response_class=RedirectResponse,
        openapi_extra={"parameters": [{"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}]},
    )
    router.add_api_route("/doc/{path:path}", document, response_class=Response)
    return router


async def document(path: str, request: Request, snapshot: Now) -> Response:
    """The document about a thing: an HTML page, Turtle, JSON-LD, N-Triples or RDF/XML, by suffix or Accept."""
    stem, suffix = links.split(path)
    if stem.partition("/")[0] == "release":
        return await dumps.description_of(stem.removeprefix("release/"), suffix, request, snapshot)
    choice = choose(suffix or request.headers.get("accept"), FORMATS, request.query_params.get("format"))
    thing = iri_of(stem, snapshot.release.base)
    lang = render.language(request)
    tag = etag(snapshot.release, request, choice.media, lang)
    headers = {"ETag": tag, "Vary": "Accept, Accept-Language", "Cache-Control": "public, no-cache"}
    headers |= links.location(stem, choice, lang)
    if not_modified(request, tag):
        return Response(status_code=304, headers=headers)
    if gone := await tombstone.find(tombstone.people(stem, snapshot.release.base), snapshot):
        return await _gone(gone, choice, request, snapshot)
    if choice.format == HTML:
        answer = await _page(thing, stem, request, snapshot)
    else:
        answer = await _data(thing, choice, snapshot)
    answer.headers.update(headers | {"Link": links.of_document(stem, thing.value, snapshot.release.version)})
    return answer


async def _data(thing: NamedNode, choice: Choice, snapshot: Snapshot) -> Response:
    query = DESCRIPTION.format(thing=thing, **_terms(snapshot))
    body = await snapshot.engine.read(query, "application/n-triples")
    return await snapshot.engine.write(lambda: _document(body, thing, choice, snapshot), estimate(body))


def _document(body: bytes, thing: NamedNode, choice: Choice, snapshot: Snapshot) -> Response:
    triples = [quad.triple for quad in parse(body, format=RdfFormat.N_TRIPLES)]
    if not any(triple.subject == thing for triple in triples):
        raise _unknown(thing)
    # Sorted, so that a document of a release is always the same.
    return Response(written(sorted(triples, key=str), choice, snapshot.release.base), media_type=choice.media)


async def _gone(left: Tombstone, choice: Choice, request: Request, snapshot: Snapshot) -> Response:
    """What is left of somebody who was withdrawn, with status 410: a page, or RDF; for JSON alone, the problem."""
    if choice.media == "application/json":
        raise left.problem
    if choice.format == HTML:
        title = "Đã rút" if render.language(request) == "vi" else "Withdrawn"
        day, release = said.written(left.day, render.language(request)), snapshot.release
        answer: Response = render.page(request, "gone.html", title, 410, tombstone=left, day=day, release=release)
    else:
        answer = await _data(left.person, choice, snapshot)
        answer.status_code = 410
    answer.headers.update({"Vary": "Accept, Accept-Language", "Cache-Control": "no-cache", "X-Robots-Tag": "noindex"})
    return answer


async def _page(thing: NamedNode, stem: str, request: Request, snapshot: Snapshot) -> Response:
    shown = await page(thing, stem, request, snapshot)
    if shown is None:
        raise _unknown(thing)
    return shown


def _unknown(thing: NamedNode) -> Problem:
    detail, vi = f"this release has nothing called {thing.value}", "Bản phát hành này không có gì mang tên ấy."
    return Problem(404, "Not found", detail, vi=vi, searched=thing.value)


def _terms(snapshot: Snapshot) -> dict[str, str]:
    return {"def": snapshot.release.base + "def#"}
