"""The list of curated queries: JSON for programs, RDF for query editors, forms for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from loaders.namespaces import PREFIXES, Namespace, dcterms, rdf, rdfs, schema, sh, string, text
from service import render
from service.catalogue import Catalogue
from service.negotiation import HTML, TURTLE, Format, choose, unchanged, validators
from service.query import Query
from service.snapshot import Snapshot

JSON = Format("application/json", ("json",))


def index(request: Request, snapshot: Snapshot) -> Response:
    """The list in the form that the client likes best."""
    choice = choose(request.headers.get("accept"), (JSON, HTML, TURTLE), request.query_params.get("format"))
    headers = validators(snapshot.release, request, choice.media, render.language(request), str(request.base_url))
    if known := unchanged(request, headers):
        return known
    if choice.format == HTML:
        page = render.page(request, "questions.html", "API", groups=snapshot.catalogue.groups, release=snapshot.release)
        page.headers.update(headers)
        return page
    if choice.format == TURTLE:
        endpoint = str(request.base_url)
        written = serialize(executables(snapshot.catalogue, endpoint), format=RdfFormat.TURTLE, prefixes=PREFIXES)
        return Response(written, 200, headers, TURTLE.media)
    root: str = request.scope.get("root_path", "")
    body = {"release": snapshot.release.version, "queries": [told(query, root) for query in snapshot.catalogue]}
    return JSONResponse(body, headers=headers)


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
