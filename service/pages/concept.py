"""A concept, and a vocabulary: its place in the tree, what it means, what it is used for."""

from __future__ import annotations

from fastapi import Request
from pyoxigraph import NamedNode

from loaders.namespaces import BASE, skos
from service.pages.kind import Drawn, Kind
from service.pages.portrait import QUIET
from service.pages.sketch import Sketch
from service.snapshot import Snapshot
from service.vocabulary import concepts

# What stands under a concept, and what it is said of, is counted: there may be tens of thousands.
_ABOUT = """
      {{ {thing} skos:broader ?s }}
"""
_TOLD = QUIET | {
    skos.definition, skos.scopeNote, skos.historyNote, skos.editorialNote, skos.example, skos.altLabel, skos.notation,
    skos.inScheme, skos.topConceptOf, skos.hasTopConcept, skos.broader,
}  # fmt: skip


def draw(thing: NamedNode, sketch: Sketch) -> Drawn:
    """What the release says of it beyond SKOS: of an award type its laws and its recipients."""
    others = (name for name in sketch.facts[thing] if name not in _TOLD)
    return {"facts": sketch.known(thing, *sorted(others, key=sketch.label))}


async def _concept(thing: NamedNode, request: Request, snapshot: Snapshot) -> Drawn:
    return await concepts.told_of_concept(_released(thing, snapshot), snapshot)


async def _scheme(thing: NamedNode, request: Request, snapshot: Snapshot) -> Drawn:
    return await concepts.told_of_scheme(_released(thing, snapshot), snapshot)


def _released(thing: NamedNode, snapshot: Snapshot) -> NamedNode:
    return NamedNode(snapshot.release.base + thing.value.removeprefix(BASE))


CONCEPT = Kind("vocabulary/concept.html", _ABOUT, draw, more=_concept)
SCHEME = Kind("vocabulary/scheme.html", _ABOUT, draw, more=_scheme)
