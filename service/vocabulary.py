"""The ontology at `/def` and the shapes at `/shapes`: a page for people, RDF for machines.

Terms are hash IRIs (`/def#Term`), so one document answers for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from loaders.namespaces import BASE, owl, rdf, rdfs, sh, skos
from loaders.resources import ROOT, ontology_files, read_text, shape_files
from service import render
from service.graphs import written
from service.negotiation import HTML, JSON_LD, N_TRIPLES, RDF_XML, TURTLE, choose, etag, not_modified
from service.problems import Problem
from service.snapshot import Now, Snapshot

FORMATS = (HTML, TURTLE, JSON_LD, N_TRIPLES, RDF_XML)
# Vocabularies and acts are data of the release and answer at their own paths.
_DATA = {"acts.ttl", "awards.ttl", "concepts.ttl"}
_TERMS = (owl.Class, owl.ObjectProperty, owl.DatatypeProperty, owl.AnnotationProperty, sh.NodeShape, sh.PropertyShape)


@dataclass(frozen=True)
class Term:
    """A term as its page shows it."""

    name: str
    iri: str
    kind: str
    label: str
    definition: str


def routes() -> APIRouter:
    """`/def`, `/def/{version}`, `/shapes`."""
    router = APIRouter(tags=["linked data"])
    router.add_api_route("/def", ontology, response_class=Response, summary="The ontology")
    router.add_api_route("/def/{version}", version, response_class=Response, summary="One version of the ontology")
    router.add_api_route("/def/prefix/{name}", prefix, include_in_schema=False)
    router.add_api_route("/shapes", shapes, response_class=Response, summary="The shapes that data pass")
    return router


async def ontology(request: Request, snapshot: Now) -> Response:
    """The ontology, as the request likes it."""
    files = tuple(path for path in ontology_files() if path.name not in _DATA)
    return _document(files, "Ontology", request, snapshot)


async def version(version: str, request: Request, snapshot: Now) -> Response:
    """A version of the ontology; this release knows its own."""
    if version not in _versions():
        raise Problem(404, "Not found", f"there is no version {version!r}", available=sorted(_versions()))
    return await ontology(request, snapshot)


async def prefix(name: str) -> RedirectResponse:
    """Where the prefix is declared."""
    return RedirectResponse("/def", status_code=303)


async def shapes(request: Request, snapshot: Now) -> Response:
    """The shapes, as the request likes them."""
    files = (*shape_files(), ROOT / "shapes" / "vocabulary.ttl")
    return _document(files, "Shapes", request, snapshot)


def _document(files: tuple[Path, ...], title: str, request: Request, snapshot: Snapshot) -> Response:
    choice = choose(request.headers.get("accept"), FORMATS, request.query_params.get("format"))
    tag = etag(snapshot.release, request, choice.media, render.language(request))
    headers = {"ETag": tag, "Vary": "Accept, Accept-Language", "Cache-Control": "public, no-cache"}
    if not_modified(request, tag):
        return Response(status_code=304, headers=headers)
    triples = _triples(files, snapshot.release.base)
    if choice.format == HTML:
        terms = sorted(_terms(triples, render.language(request)), key=lambda term: (term.kind, term.name))
        answer: Response = render.page(request, "vocabulary.html", title, terms=terms, release=snapshot.release)
    else:
        answer = Response(written(triples, choice, snapshot.release.base), media_type=choice.media)
    answer.headers.update(headers)
    return answer


@cache
def _triples(files: tuple[Path, ...], base: str) -> tuple[Triple, ...]:
    texts = (read_text(path).replace(BASE, base) for path in files)
    # Blank nodes of different files must not meet.
    return tuple(quad.triple for text in texts for quad in parse(text, RdfFormat.TURTLE, rename_blank_nodes=True))


@cache
def _versions() -> frozenset[str]:
    header = _triples((ROOT / "ontology" / "thidua.ttl",), BASE)
    return frozenset(str(t.object.value).rpartition("/")[2] for t in header if t.predicate == owl.versionIRI)  # type: ignore[union-attr]


def _terms(triples: tuple[Triple, ...], lang: str) -> Iterator[Term]:
    said: dict[tuple[object, NamedNode], Literal] = {}
    for triple in triples:
        if isinstance(triple.object, Literal) and triple.object.language == lang:
            said[triple.subject, triple.predicate] = triple.object
    for triple in triples:
        if triple.predicate == rdf.type and triple.object in _TERMS and isinstance(triple.subject, NamedNode):
            space, _, name = triple.subject.value.rpartition("#")
            if not name or not space.endswith(("/def", "/shapes")):
                continue
            label = said.get((triple.subject, rdfs.label))
            told = said.get((triple.subject, skos.definition)) or said.get((triple.subject, sh.message))
            kind = str(triple.object.value).rpartition("#")[2]  # type: ignore[union-attr]
            yield Term(name, triple.subject.value, kind, label.value if label else name, told.value if told else "")
