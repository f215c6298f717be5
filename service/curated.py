"""`/api`: every curated query at its own address, and the list of them.

What a query is, its file says (`catalogue`); here it meets HTTP: which form, how many rows, what comes after them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pyoxigraph import NamedNode, RdfFormat, parse

from service import answers, exports, openapi, paging, questions, render, tombstone
from service.binding import Bound, MissingParameter, UnknownParameter, WrongValue, bind
from service.catalogue import Catalogue
from service.engine import estimate
from service.graphs import written
from service.negotiation import HTML, N_TRIPLES, TURTLE, Choice, Format, choose, etag, not_modified
from service.problems import Problem
from service.query import Query
from service.reply import Reply, each, rows
from service.rows import results as results_of
from service.rows import total as total_of
from service.snapshot import Now, Snapshot

JSON = Format("application/json", ("json",))
SRJ = Format("application/sparql-results+json", ("srj",))
CSV = Format("text/csv", ("csv",))
XLSX = Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",))
FORMATS = (JSON, CSV, XLSX, SRJ, TURTLE, HTML)
_WRITERS = {JSON: exports.to_json, CSV: exports.to_csv, XLSX: exports.to_xlsx}
# What every query takes beside its own parameters.
_COMMON = ("format", "limit", "cursor")
# Things described by one query for `ttl`, so that none of them is too long.
_AT_ONCE = 500


def routes(base: str) -> APIRouter:
    """`/api` and an address for every file in `queries/`, over the things under this base."""
    router = APIRouter(tags=["questions"])
    router.add_api_route(
        "/api", index, response_class=Response, summary="The curated queries", openapi_extra=openapi.INDEX
    )
    # An address that says more comes first: a key may be a whole IRI, slashes and all.
    for query in sorted(Catalogue.read(base), key=lambda query: -len(query.path.split("/"))):
        router.add_api_route(
            openapi.pattern(query.path),
            _handler(query.name),
            response_class=Response,
            name=query.name,
            operation_id=query.name,
            summary=query.summary.vi,
            description=openapi.description(query),
            tags=[query.group],
            openapi_extra=openapi.operation(query, base),
        )
        if query.path.endswith("/{edition}/{code}"):
            # An edition alone is no unit, and an address that says so: not one that leads elsewhere.
            edition = query.path.removesuffix("/{code}")
            router.add_api_route(edition, _handler(query.name), response_class=Response, include_in_schema=False)
    return router


async def index(request: Request, snapshot: Now) -> Response:
    """The list of curated queries: as JSON, as RDF (`sh:SPARQLExecutable`), or as a page of forms."""
    given = _parameters(request)
    if name := given.pop("query", None):
        query = _known(snapshot.catalogue, name)
        filled = {name: value for name, value in given.items() if value}
        _bound(query, {name: value for name, value in filled.items() if name not in _COMMON}, snapshot)
        return RedirectResponse(query.url(filled), status_code=303)
    return await questions.index(request, snapshot)


def _known(catalogue: Catalogue, name: str) -> Query:
    if name not in catalogue.names:
        raise Problem(400, "No such query", f"there is no query {name!r}", available=list(catalogue.names))
    return catalogue[name]


def _handler(name: str) -> Callable[[Request, Snapshot], Awaitable[Response]]:
    async def handle(request: Request, snapshot: Now) -> Response:
        return await answer(snapshot.catalogue[name], request, snapshot)

    return handle


@dataclass(frozen=True)
class Asked:
    """What a request asks: the query with its values, the form of the answer, which rows."""

    bound: Bound
    choice: Choice
    limit: int
    offset: int

    @property
    def lang(self) -> str:
        """The language of labels and notes."""
        return str(self.bound.values["lang"])


async def answer(query: Query, request: Request, snapshot: Snapshot) -> Response:
    """The answer to a curated query, as the request wants it; Problem otherwise."""
    asked = _asked(query, request, snapshot)
    variant, vary, lang = [asked.choice.media, str(request.base_url)], "Accept", asked.lang
    if asked.choice.format == HTML:
        # Of a page, the words around the rows are in the language of its reader.
        vary, lang = "Accept, Accept-Language", render.language(request)
        variant.append(lang)
    tag = etag(snapshot.release, request, *variant)
    headers = {"ETag": tag, "Vary": vary, "Cache-Control": "public, no-cache", "Content-Language": lang}
    if not_modified(request, tag):
        return Response(status_code=304, headers=headers, media_type=asked.choice.media)
    reply, results = await _reply(asked, request, snapshot)
    if reply.next:
        headers["Link"] = f'<{reply.next}>; rel="next"'
    if asked.choice.format == HTML:
        names = await answers.called(reply, lang, snapshot)
        shown = await snapshot.engine.write(lambda: answers.page(reply, names, request, snapshot), len(reply.rows))
        shown.headers.update(headers)
        return shown
    if asked.choice.format in (CSV, XLSX):
        headers["Content-Disposition"] = f'inline; filename="{query.name}.{asked.choice.format.names[0]}"'
    return Response(await _written(reply, results, asked, snapshot), 200, headers, _media(asked.choice))


def _media(choice: Choice) -> str:
    return f"{choice.media}; charset=utf-8" if choice.format in (CSV, TURTLE) else choice.media


def _asked(query: Query, request: Request, snapshot: Snapshot) -> Asked:
    given = _parameters(request)
    common = {name: given.pop(name) for name in _COMMON if given.get(name)}
    given = {name: value for name, value in given.items() if value and name not in _COMMON}
    inside = _inside(request.path_params)
    if twice := sorted(set(given) & set(inside)):
        raise Problem(400, "A parameter given twice", f"{twice[0]} stands in the path already")
    return Asked(
        _bound(query, given | inside, snapshot),
        choose(request.headers.get("accept"), FORMATS, common.get("format")),
        paging.limit(common.get("limit")),
        paging.offset(common.get("cursor"), snapshot.release),
    )


def _parameters(request: Request) -> dict[str, str]:
    """The parameters of the address; Problem 400 for one that stands there twice."""
    try:
        pairs = parse_qsl(
            request.scope["query_string"].decode(), keep_blank_values=True, errors="strict", max_num_fields=50
        )
    except UnicodeDecodeError:
        raise Problem(400, "Not UTF-8", "the parameters are not UTF-8") from None
    except ValueError as error:
        raise Problem(400, "Too many parameters", str(error)) from None
    given = dict(pairs)
    if len(given) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Problem(400, "A parameter given twice", f"{twice[:60]!r} stands there more than once")
    return given


def _inside(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters in the path; edition and code together name a unit."""
    if "edition" in params:
        return {"unit": "/".join(filter(None, (params["edition"], params.get("code"))))}
    return dict(params)


def _bound(query: Query, given: Mapping[str, str], snapshot: Snapshot) -> Bound:
    try:
        return bind(query, given, snapshot.release.base)
    except UnknownParameter as error:
        available = [*error.available, *_COMMON]
        raise Problem(
            400, "No such parameter", f"{query.path} has no parameter {error.name[:60]!r}", available=available
        ) from None
    except MissingParameter as error:
        raise Problem(400, "A parameter is missing", str(error)) from None
    except WrongValue as error:
        more: dict[str, Any] = {"parameter": error.param.name, "value": error.value, "expected": error.expected}
        raise Problem(422, "A value of the wrong type", str(error), vi=error.vi, **more) from None


async def _reply(asked: Asked, request: Request, snapshot: Snapshot) -> tuple[Reply, bytes]:
    """The rows, how many there are in all, where the next are; Problem 404 when the thing itself is unknown.

    And what the engine said of them, and of one more row to tell whether there are more.
    """
    results = await results_of(asked.bound, asked.limit + 1, asked.offset, snapshot)
    found = await snapshot.engine.write(lambda: rows(asked.bound.query.columns, each(results)), estimate(results))
    if not found and asked.bound.thing:
        await _there(asked.bound.thing, snapshot)
    if not found:
        await _named(asked.bound, snapshot)
    total = asked.offset + len(found)
    if len(found) > asked.limit or (asked.offset and not found):
        total = await total_of(asked.bound, snapshot)
    reply = Reply(
        asked.bound, snapshot.release, found[: asked.limit], total, asked.offset, asked.lang, str(request.url)
    )
    if not reply.truncated or not reply.rows:
        return reply, results
    kept = [(name, value) for name, value in parse_qsl(request.url.query, keep_blank_values=True) if name != "cursor"]
    cursor = paging.cursor(snapshot.release, asked.offset + len(reply.rows))
    return replace(reply, next=str(request.url.replace(query=urlencode([*kept, ("cursor", cursor)])))), results


async def _there(thing: NamedNode, snapshot: Snapshot) -> None:
    """Nothing, when the release knows the thing; Problem 404, or 410 for somebody who was withdrawn."""
    if gone := await tombstone.find([thing], snapshot):
        raise gone.problem
    if not await snapshot.engine.rows(f"SELECT ?p WHERE {{ {thing} ?p ?o }} LIMIT 1"):
        detail, vi = f"this release has nothing called {thing.value}", "Bản phát hành này không có gì mang mã ấy."
        raise Problem(404, "Not found", detail, vi=vi, searched=thing.value)


async def _named(bound: Bound, snapshot: Snapshot) -> None:
    """Nothing, or Problem 404 when a key names nothing: no row would then not mean that something is unknown."""
    for name, terms in bound.named.items():
        values = " ".join(map(str, terms))
        if not await snapshot.engine.rows(f"SELECT ?s WHERE {{ VALUES ?s {{ {values} }} ?s ?p ?o }} LIMIT 1"):
            detail = f"{name}={bound.values[name]!r} names nothing in this release"
            vi = f"{bound.query.param(name).words.vi}: bản phát hành này không có gì mang mã “{bound.values[name]}”."
            more: dict[str, Any] = {"parameter": name, "searched": terms[0].value, "value": bound.values[name]}
            raise Problem(404, "A value that names nothing", detail, vi=vi, **more)


async def _written(reply: Reply, results: bytes, asked: Asked, snapshot: Snapshot) -> bytes:
    if asked.choice.format == SRJ:
        return await results_of(asked.bound, asked.limit, asked.offset, snapshot) if reply.truncated else results
    if asked.choice.format == TURTLE:
        return await _described(reply, snapshot)
    return await snapshot.engine.write(lambda: _WRITERS[asked.choice.format](reply), len(reply.rows))


async def _described(reply: Reply, snapshot: Snapshot) -> bytes:
    """In Turtle, everything that the rows name, and its witnesses: sorted, since each store has an order of its own."""
    things = await snapshot.engine.write(lambda: _things(reply), len(reply.rows))
    query = """
PREFIX td: <{base}def#>
CONSTRUCT {{ ?s ?p ?o }} WHERE {{
  VALUES ?thing {{ {things} }}
  {{ ?thing ?p ?o . BIND(?thing AS ?s) }} UNION {{ ?thing td:attestedBy ?s . ?s ?p ?o }}
}}"""
    told: list[list[bytes]] = []
    known: set[bytes] = set()
    for start in range(0, len(things), _AT_ONCE):
        chosen = " ".join(map(str, things[start : start + _AT_ONCE]))
        text = query.format(base=snapshot.release.base, things=chosen)
        lines = (await snapshot.engine.read(text, N_TRIPLES.media)).splitlines(keepends=True)
        told.append(sorted(set(lines) - known))
        known.update(lines)
    return await snapshot.engine.write(lambda: _turtle(told, snapshot.release.base), len(known))


def _turtle(told: Iterable[Iterable[bytes]], base: str) -> bytes:
    """Groups of lines of N-Triples as one document, in the order given."""
    found = [quad.triple for lines in told for quad in parse(b"".join(lines), RdfFormat.N_TRIPLES)]
    return written(found, Choice(TURTLE, TURTLE.media), base)


def _things(reply: Reply) -> list[NamedNode]:
    names = [column.name for column in reply.bound.query.columns if column.type == "iri"]
    return list(dict.fromkeys(NamedNode(str(row[name])) for row in reply.rows for name in names if row[name]))
