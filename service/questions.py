"""The list of curated queries: JSON for programs, RDF for query editors, forms for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from loaders.namespaces import PREFIXES, Namespace, dcterms, rdf, rdfs, schema, sh, string, text
from service import answers, render
from service.catalogue import Catalogue
from service.negotiation import HTML, TURTLE, Format, choose, unchanged, validators
from service.query import Query
from service.search.finding import QUERY
from service.search.kinds import KINDS
from service.snapshot import Snapshot

JSON = Format("application/json", ("json",))


async def index(request: Request, snapshot: Snapshot) -> Response:
    """The list in the form that the client likes best."""
    choice = choose(request.headers.get("accept"), (JSON, HTML, TURTLE), request.query_params.get("format"))
    headers = validators(snapshot.release, request, choice.media, render.language(request), str(request.base_url))
    if known := unchanged(request, headers):
        return known
    if choice.format == HTML:
        page = render.page(
            request,
            "questions.html",
            render.said(request, "Câu hỏi có sẵn", "Curated questions"),
            groups=snapshot.catalogue.groups,
            choices=await _choices(snapshot, render.language(request)),
            release=snapshot.release,
        )
        page.headers.update(headers)
        return page
    if choice.format == TURTLE:
        endpoint = str(request.base_url)
        written = serialize(executables(snapshot.catalogue, endpoint), format=RdfFormat.TURTLE, prefixes=PREFIXES)
        return Response(written, 200, headers, TURTLE.media)
    root: str = request.scope.get("root_path", "")
    body = {"release": snapshot.release.version, "queries": [told(query, root) for query in snapshot.catalogue]}
    return JSONResponse(body, headers=headers)


async def _choices(snapshot: Snapshot, lang: str) -> Mapping[tuple[str, str, str], str]:
    """The words of each value that a parameter of a query may have, as far as there are any."""
    catalogue, found = snapshot.catalogue, {}
    given = [(query, param, value) for query in catalogue for param in query.params for value in param.values]
    concepts = {
        (query.name, param.name, value): NamedNode(f"{catalogue.base}concept/{param.scheme}/{value}")
        for query, param, value in given
        if param.scheme
    }
    names = await answers.named(set(concepts.values()), lang, snapshot)
    for query, param, value in given:
        place = (query.name, param.name, value)
        column = next((column for column in query.columns if column.name == param.name), None)
        if place in concepts:
            found[place] = names.get(concepts[place].value, value)
        elif column and value in column.values:
            found[place] = column.values[value].get(lang)
        elif query.name == QUERY and value in KINDS:
            found[place] = KINDS[value].said(lang)
    return found


def told(query: Query, root: str = "") -> dict[str, Any]:
    """A query as the list has it; `root` is that of a kept release."""
    params = [
        {
            "name": param.name,
            "type": param.type,
            "required": param.required,
            "vi": param.words.vi,
            "en": param.words.en,
            **({"values": list(param.values)} if param.values else {}),
        }
        for param in query.params
    ]
    columns = [{"name": c.name, "type": c.type, "vi": c.words.vi, "en": c.words.en} for c in query.columns]
    return {
        "name": query.name,
        "path": root + query.path,
        "summary": {"vi": query.summary.vi, "en": query.summary.en},
        "params": params,
        "columns": columns,
        "example": root + query.example_url,
        "sparql": query.body,
    }


def executables(catalogue: Catalogue, endpoint: str) -> Iterator[Triple]:
    """Each query as a `sh:SPARQLSelectExecutable`, which editors offer as an example."""
    at = Namespace("sh").iri
    target = NamedNode(f"{endpoint}sparql")
    for query in catalogue:
        node = NamedNode(f"{catalogue.base}api#{query.name}")
        facts: list[tuple[NamedNode, NamedNode | Literal]] = [
            (rdf.type, NamedNode(at + "SPARQLExecutable")),
            (rdf.type, NamedNode(at + "SPARQLSelectExecutable")),
            (rdfs.label, text(query.summary.vi)),
            (rdfs.label, text(query.summary.en, "en")),
            (dcterms.identifier, string(query.name)),
            (sh.select, string(query.body)),
            (schema.target, target),
        ]
        yield from (Triple(node, predicate, value) for predicate, value in facts)
