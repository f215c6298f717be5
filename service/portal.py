"""The catalogue as a page: the release as portals see it, its files, its endpoint, and what is in it, counted.

All of it is read from the description of the release, which machines get at the same address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import Request, Response
from pyoxigraph import BlankNode, Literal, NamedNode

from loaders.namespaces import dcat, dcterms, foaf, rdf, rdfs, sd, skos, spdx, void
from loaders.release import Release
from service import links, render
from service.place import Statements
from service.query import Words
from service.vocabulary import library
from service.vocabulary.library import Node, Said

# Rows of a table. A country has a graph for each of its 30,000 sources: a page of five megabytes is for no reader.
_MOST = 500


@dataclass(frozen=True)
class File:
    """A file of the release as a portal offers it."""

    name: str
    about: Words
    media: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Count:
    """How many things or statements there are of something, and where it is explained."""

    name: str
    path: str
    words: Words
    number: int


@dataclass(frozen=True)
class Offer:
    """The release in the catalogue."""

    iri: str
    catalogue: str
    title: Words
    about: Words
    publisher: Words
    since: str
    themes: tuple[str, ...]
    triples: int
    entities: int
    files: tuple[File, ...]
    graphs: tuple[Count, ...]
    classes: tuple[Count, ...]
    properties: tuple[Count, ...]
    links: tuple[Count, ...]


def page(request: Request, release: Release, stem: str, under: str) -> Response:
    """The page of the catalogue."""
    title = render.said(request, "Danh mục dữ liệu", "Catalogue")
    return render.page(
        request,
        "catalog.html",
        title,
        offer=offer(release),
        release=release,
        alternates=links.alternates(stem, under),
        most=_MOST,
    )


def offer(release: Release) -> Offer:
    """What the description of the release offers."""
    reader = _Reader(release)
    whole = reader.whole
    return Offer(
        iri=whole.value,
        catalogue=f"{release.base}catalog",
        title=reader.words(whole, dcterms.title),
        about=reader.words(whole, dcterms.description),
        publisher=reader.words(reader.part(whole, dcterms.publisher), foaf.name),
        since=reader.value(reader.part(whole, dcterms.temporal), dcat.startDate),
        themes=tuple(reader.value(theme, skos.prefLabel) for theme in reader.said.named(whole, dcat.theme)),
        triples=int(reader.value(whole, void.triples)),
        entities=int(reader.value(whole, void.entities)),
        files=tuple(map(reader.file, reader.said.named(whole, dcat.distribution))),
        graphs=tuple(reader.graphs()),
        classes=tuple(reader.counted(void.classPartition, void["class"], void.entities)),
        properties=tuple(reader.counted(void.propertyPartition, void.property, void.triples)),
        links=tuple(reader.linksets()),
    )


class _Reader:
    """Reads the description of a release."""

    def __init__(self, release: Release) -> None:
        about: dict[tuple[Node, NamedNode], list[Node | Literal]] = {}
        for triple in Statements(release, release.description):
            if isinstance(triple.object, NamedNode | BlankNode | Literal):
                about.setdefault((triple.subject, triple.predicate), []).append(triple.object)
        self.said = Said(release.base, (), about, {})
        self.ontology = library.said(library.ONTOLOGY, release.base)
        self.whole = NamedNode(f"{release.base}release/{release.version}")

    def part(self, node: NamedNode, predicate: NamedNode) -> NamedNode:
        """The part of the description that a property leads to."""
        return self.said.named(node, predicate)[0]

    def value(self, node: NamedNode, predicate: NamedNode) -> str:
        """The value of a property, as text."""
        return self.said.all(node, predicate)[0].value

    def words(self, node: NamedNode, predicate: NamedNode) -> Words:
        """The text of a property in both languages."""
        return self.said.words(node, predicate) or Words("", "")

    def file(self, node: NamedNode) -> File:
        """A distribution."""
        return File(
            name=self.value(node, dcterms.title),
            about=self.words(node, dcterms.description),
            media=self.value(node, dcat.mediaType).partition("media-types/")[2],
            size=int(self.value(node, dcat.byteSize)),
            sha256=self.value(self.part(node, spdx.checksum), spdx.checksumValue),
        )

    def graphs(self) -> Iterator[Count]:
        """The named graphs, the largest first."""
        found = []
        for node in self.said.named(self.whole, void.subset):
            if (name := self.said.one(node, sd.name)) is not None:
                key = name.value.removeprefix(f"{self.said.base}graph/")
                path = links.path_of(name.value, self.said.base)
                found.append(Count(key, path, Words(key, key), int(self.value(node, void.triples))))
        yield from sorted(found, key=lambda count: (-count.number, count.name))

    def counted(self, link: NamedNode, of: NamedNode, number: NamedNode) -> Iterator[Count]:
        """Classes or properties, the most frequent first."""
        found = [self._count(node, of, number) for node in self.said.named(self.whole, link)]
        yield from sorted(found, key=lambda count: (-count.number, count.name))

    def _count(self, node: NamedNode, of: NamedNode, number: NamedNode) -> Count:
        term = self.part(node, of)
        short, path = self.said.short(term.value), links.path_of(term.value, self.said.base)
        ours = term.value.startswith(self.said.base)
        words = self.ontology.words(term, rdfs.label) or Words(short, short)
        return Count(short, path if ours else term.value, words, int(self.value(node, number)))

    def linksets(self) -> Iterator[Count]:
        """What leads to others."""
        for node in self.said.named(self.whole, void.subset):
            if void.Linkset in self.said.all(node, rdf.type):
                space = self.value(self.part(node, void.objectsTarget), void.uriSpace)
                name = self.said.short(self.value(node, void.linkPredicate))
                yield Count(name, space, Words(space, space), int(self.value(node, void.triples)))
