"""The vocabularies of a release: all of them at `/concept`, each with its concepts, and a page for every concept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import Request, Response
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from loaders.namespaces import rdf, skos
from service import links, render
from service.engine import Engine
from service.query import Words
from service.snapshot import Snapshot
from service.vocabulary.library import Node, Said

# Everything about the concepts and their schemes, in the order of a dump.
# A movement is a concept too, but in no vocabulary.
_ALL = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
CONSTRUCT {{ ?s ?p ?o }} WHERE {{
  VALUES ?class {{ skos:Concept skos:ConceptScheme }} ?s a ?class ; ?p ?o FILTER(STRSTARTS(STR(?s), "{base}concept/"))
}}"""
# How often each concept is used, by property; what vocabularies say of themselves is no use.
_USES = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?concept ?property (COUNT(*) AS ?uses) {
  ?concept a skos:Concept . ?s ?property ?concept FILTER(!STRSTARTS(STR(?property), STR(skos:)))
} GROUP BY ?concept ?property ORDER BY ?concept ?property"""
# What a concept is said of, by name.
_THINGS = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?thing ?label {{ ?thing ?p {concept} ; rdfs:label ?label }} ORDER BY ?label ?thing LIMIT {most}"""
MOST_THINGS = 30


@dataclass(frozen=True)
class Concept:
    """A concept and, below it, narrower ones; `uses` says how often each property leads to it."""

    iri: str
    path: str
    notation: str
    words: Words
    definition: Words | None
    others: tuple[str, ...]
    notes: tuple[Words, ...]
    narrower: tuple[Concept, ...]
    uses: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """How often it is used."""
        return sum(number for _, number in self.uses)


@dataclass(frozen=True)
class Scheme:
    """A vocabulary: its concepts as a tree."""

    iri: str
    path: str
    key: str
    words: Words
    definition: Words | None
    top: tuple[Concept, ...]
    size: int


@dataclass(frozen=True)
class Thing:
    """Something else that a page links to."""

    path: str
    label: str


class Shelf:
    """The vocabularies of a release as they are read off its triples."""

    def __init__(self, triples: Sequence[Triple], uses: dict[str, list[tuple[str, int]]], base: str) -> None:
        about: dict[tuple[Node, NamedNode], list[Node | Literal]] = {}
        for triple in triples:
            about.setdefault((triple.subject, triple.predicate), []).append(triple.object)  # type: ignore[arg-type]
        self.said = Said(base, tuple(triples), about, {})
        self.uses, self.base = uses, base

    def schemes(self) -> list[Scheme]:
        """Every vocabulary, by key."""
        found = {s for (s, p), kinds in self.said.about.items() if p == rdf.type and skos.ConceptScheme in kinds}
        return [self.scheme(node) for node in sorted(found, key=str) if isinstance(node, NamedNode)]

    def scheme(self, node: NamedNode) -> Scheme:
        """A vocabulary; what stands under no other concept of it is at the top."""
        members = [s for (s, p), of in self.said.about.items() if p == skos.inScheme and node in of]
        concepts = sorted((s for s in members if isinstance(s, NamedNode)), key=str)
        listed = [each for each in self.said.named(node, skos.hasTopConcept) if each in concepts]
        top = listed + [each for each in concepts if each not in listed and not self._within(each, concepts)]
        return Scheme(
            iri=node.value,
            path=links.path_of(node.value, self.base),
            key=node.value.rpartition("/")[2],
            words=self.label(node),
            definition=self.said.words(node, skos.definition),
            top=tuple(self.concept(each, concepts) for each in top),
            size=len(concepts),
        )

    def concept(
        self, node: NamedNode, concepts: Sequence[NamedNode], above: frozenset[NamedNode] = frozenset()
    ) -> Concept:
        """A concept with the narrower ones; one that is its own ancestor is shown once."""
        seen = above | {node}
        below = [each for each in concepts if each not in seen and node in self.said.all(each, skos.broader)]
        notes = (self.said.words(node, p) for p in (skos.scopeNote, skos.historyNote, skos.editorialNote, skos.example))
        return Concept(
            iri=node.value,
            path=links.path_of(node.value, self.base),
            notation=next((v.value for v in self.said.all(node, skos.notation) if isinstance(v, Literal)), ""),
            words=self.label(node),
            definition=self.said.words(node, skos.definition),
            others=tuple(v.value for v in self.said.all(node, skos.altLabel) if isinstance(v, Literal)),
            notes=tuple(note for note in notes if note),
            narrower=tuple(self.concept(each, concepts, seen) for each in below),
            uses=tuple((self.said.short(name), number) for name, number in self.uses.get(node.value, ())),
        )

    def label(self, node: NamedNode) -> Words:
        """What a concept is called, or its key."""
        key = node.value.rpartition("/")[2]
        return self.said.words(node, skos.prefLabel) or Words(key, key)

    def _within(self, node: NamedNode, concepts: Sequence[NamedNode]) -> bool:
        return any(each in concepts for each in self.said.named(node, skos.broader))


# By the engine that was asked; with it they go.
_SHELVES: WeakKeyDictionary[Engine, Shelf] = WeakKeyDictionary()


async def triples(snapshot: Snapshot) -> list[Triple]:
    """What the release says of its vocabularies, sorted."""
    body = await snapshot.engine.read(_ALL.format(base=snapshot.release.base), "application/n-triples")
    return await snapshot.engine.apart(lambda: _sorted(body))


def _sorted(body: bytes) -> list[Triple]:
    return sorted((quad.triple for quad in parse(body, format=RdfFormat.N_TRIPLES)), key=str)


async def shelf(snapshot: Snapshot) -> Shelf:
    """The vocabularies of the release with the uses of all concepts: counted once, since a release never changes."""
    if (kept := _SHELVES.get(snapshot.engine)) is None:
        uses: dict[str, list[tuple[str, int]]] = {}
        for row in await snapshot.engine.rows(_USES):
            use = row["property"]["value"], int(row["uses"]["value"])
            uses.setdefault(row["concept"]["value"], []).append(use)
        said, base = await triples(snapshot), snapshot.release.base
        kept = _SHELVES[snapshot.engine] = await snapshot.engine.apart(lambda: Shelf(said, uses, base))
    return kept


async def index(request: Request, snapshot: Snapshot) -> Response:
    """The page of all vocabularies."""
    found = await shelf(snapshot)
    return await snapshot.engine.apart(lambda: _index(found, request, snapshot))


def _index(found: Shelf, request: Request, snapshot: Snapshot) -> Response:
    return render.page(
        request,
        "vocabulary/schemes.html",
        render.said(request, "Từ vựng", "Vocabularies"),
        schemes=found.schemes(),
        release=snapshot.release,
        alternates=links.alternates("concept", "/"),
    )


async def told_of_scheme(node: NamedNode, snapshot: Snapshot) -> dict[str, Any]:
    """What the page of a vocabulary has: its concepts as a tree, each with its uses."""
    return {"scheme": (await shelf(snapshot)).scheme(node)}


async def told_of_concept(node: NamedNode, snapshot: Snapshot) -> dict[str, Any]:
    """What the page of a concept has: what is above and below it, how often it is used, some of what it is said of."""
    found = await shelf(snapshot)
    said, scheme = found.said, found.scheme(found.said.named(node, skos.inScheme)[0])
    members = [s for (s, p), of in said.about.items() if p == skos.inScheme and NamedNode(scheme.iri) in of]
    return {
        "concept": found.concept(node, sorted((s for s in members if isinstance(s, NamedNode)), key=str)),
        "scheme": scheme,
        "broader": [found.concept(each, ()) for each in said.named(node, skos.broader)],
        "things": await _named(_THINGS.format(concept=node, most=MOST_THINGS), snapshot),
        "enough": MOST_THINGS,
    }


async def _named(query: str, snapshot: Snapshot) -> list[Thing]:
    rows = await snapshot.engine.rows(query)
    things = {row["thing"]["value"]: row["label"]["value"] for row in rows}
    return [Thing(links.path_of(iri, snapshot.release.base), label) for iri, label in things.items()]
