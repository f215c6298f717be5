"""The ontology at `/def`, the shapes at `/shapes`, the vocabularies at `/concept`: for people and for machines.

Terms are hash IRIs (`/def#Term`), so one document answers for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from loaders.release.base import prefixes
from loaders.resources import read_text
from service import links, render
from service.problems import Problem
from service.snapshot import Now, Snapshot
from service.vocabulary import concepts, drawing, library, promises, terms
from service.vocabulary.document import Document
from service.vocabulary.library import ONTOLOGY, SHAPES


def routes() -> APIRouter:
    """`/def`, `/def/{version}`, `/shapes`, `/concept`, with a suffix as well, and the examples and cases they show."""
    router = APIRouter(tags=["linked data"])
    router.add_api_route("/def", ontology, response_class=Response, summary="The ontology")
    router.add_api_route("/def.{suffix}", ontology_as, include_in_schema=False)
    router.add_api_route("/def/prefix/{name}", prefix, include_in_schema=False)
    router.add_api_route("/def/example/{name}", example, include_in_schema=False)
    router.add_api_route("/def/{version}", version, response_class=Response, summary="One version of the ontology")
    router.add_api_route("/shapes", shapes, response_class=Response, summary="The shapes that data pass")
    router.add_api_route("/shapes.{suffix}", shapes_as, include_in_schema=False)
    router.add_api_route("/shapes/case/{shape}/{name}", case, include_in_schema=False)
    router.add_api_route("/concept", vocabularies, response_class=Response, summary="The vocabularies")
    router.add_api_route("/concept.{suffix}", vocabularies_as, include_in_schema=False)
    return router


async def ontology(request: Request, snapshot: Now) -> Response:
    """The ontology, as the request likes it."""
    return await _ontology("def", None, request, snapshot)


async def ontology_as(suffix: str, request: Request, snapshot: Now) -> Response:
    """The ontology in the form of a suffix."""
    return await _ontology("def", links.form(suffix), request, snapshot)


async def version(version: str, request: Request, snapshot: Now) -> Response:
    """A version of the ontology; this service knows its own."""
    name, media = links.split(version)
    if name not in library.versions():
        raise Problem(404, "Not found", f"there is no version {name!r}", available=sorted(library.versions()))
    return await _ontology(f"def/{name}", media, request, snapshot)


async def _ontology(stem: str, media: str | None, request: Request, snapshot: Snapshot) -> Response:
    document = Document(stem, media, request, snapshot)
    if document.known:
        return document.unchanged()
    return await snapshot.engine.apart(lambda: _written_ontology(document, stem, request, snapshot))


def _written_ontology(document: Document, stem: str, request: Request, snapshot: Snapshot) -> Response:
    base = snapshot.release.base
    if not document.for_people:
        return document.data(library.triples(ONTOLOGY, base))
    return document.page(
        render.page(
            request,
            "vocabulary/ontology.html",
            render.said(request, "Bản thể học", "Ontology"),
            modules=terms.modules(base),
            drawn=lambda term: drawing.drawn(term, terms.modules(base), render.language(request)),
            header=terms.header(base),
            questions=terms.questions(snapshot.catalogue),
            counts=terms.counts(snapshot.release),
            prefixes=prefixes(base),
            place=lambda iri: place(iri, base),
            release=snapshot.release,
            alternates=links.alternates(stem, "/"),
        )
    )


async def prefix(name: str) -> RedirectResponse:
    """Where the prefix is declared."""
    return RedirectResponse("/def#module.prefixes", status_code=303, headers={"Vary": "Accept, Accept-Language"})


async def example(name: str) -> Response:
    """An example of the ontology, as it stands in its file."""
    return _text(name.removesuffix(".ttl"), library.examples())


async def shapes(request: Request, snapshot: Now) -> Response:
    """The shapes, as the request likes them."""
    return await _shapes(None, request, snapshot)


async def shapes_as(suffix: str, request: Request, snapshot: Now) -> Response:
    """The shapes in the form of a suffix."""
    return await _shapes(links.form(suffix), request, snapshot)


async def _shapes(media: str | None, request: Request, snapshot: Snapshot) -> Response:
    document = Document("shapes", media, request, snapshot)
    if document.known:
        return document.unchanged()
    return await snapshot.engine.apart(lambda: _written_shapes(document, request, snapshot))


def _written_shapes(document: Document, request: Request, snapshot: Snapshot) -> Response:
    base = snapshot.release.base
    if not document.for_people:
        return document.data(library.triples(SHAPES, base))
    return document.page(
        render.page(
            request,
            "vocabulary/shapes.html",
            render.said(request, "Khuôn dữ liệu (SHACL)", "Shapes (SHACL)"),
            chapters=promises.chapters(base),
            checks=promises.checks(),
            release=snapshot.release,
            alternates=links.alternates("shapes", "/"),
        )
    )


async def case(shape: str, name: str) -> Response:
    """A case of a shape, as it stands in its file."""
    return _text(f"{shape}/{name.removesuffix('.ttl')}", library.cases())


async def vocabularies(request: Request, snapshot: Now) -> Response:
    """All vocabularies of the release, as the request likes them."""
    return await _vocabularies(None, request, snapshot)


async def vocabularies_as(suffix: str, request: Request, snapshot: Now) -> Response:
    """All vocabularies of the release in the form of a suffix."""
    return await _vocabularies(links.form(suffix), request, snapshot)


async def _vocabularies(media: str | None, request: Request, snapshot: Snapshot) -> Response:
    document = Document("concept", media, request, snapshot)
    if document.known:
        return document.unchanged()
    if document.for_people:
        return document.page(await concepts.index(request, snapshot))
    triples = await concepts.triples(snapshot)
    return await snapshot.engine.apart(lambda: document.data(triples))


def _text(name: str, files: Mapping[str, Path]) -> Response:
    if not (path := files.get(name)):
        raise Problem(404, "Not found", f"nothing is called {name[:100]!r}")
    headers = {"Cache-Control": "public, no-cache"}
    return Response(read_text(path), media_type="text/turtle; charset=utf-8", headers=headers)


def place(iri: str, base: str) -> str:
    """Where a page links to for a term: its place on this host, if it is one of ours.

    >>> place("https://w3id.org/thidua/def#unit", "https://w3id.org/thidua/")
    '/def#unit'
    >>> place("https://w3id.org/thidua/concept/award", "https://w3id.org/thidua/")
    '/doc/concept/award'
    """
    return links.path_of(iri, base) if iri.startswith(base) else iri
