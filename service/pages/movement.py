"""A movement or campaign: of what kind, a part of which, and which clusters joined it in which year."""

from __future__ import annotations

from collections import defaultdict

from pyoxigraph import NamedNode

from loaders.namespaces import skos, td
from service.functions import sort_key
from service.pages.kind import Drawn, Kind
from service.pages.said import Said, Value
from service.pages.sketch import Sketch
from service.pages.yearly import year_of

_ABOUT = """
      {{ ?s td:inMovement {thing} }}
      UNION {{ ?s skos:broader {thing} }}
"""
_FACTS = (skos.altLabel, td.movementKind, td.launchedBy, td.fromYear, td.toYear, skos.broader)


def draw(thing: NamedNode, sketch: Sketch) -> Drawn:
    """What the page of a movement shows."""
    editions = [node for node in sketch.of(td.Movement) if thing in sketch.all(node, skos.broader)]
    return {
        "facts": sketch.known(thing, *_FACTS),
        "years": _years(sketch),
        "editions": [Said(sketch.value(node), sketch.witnesses(node)) for node in editions],
        "cut": len(sketch.facts) >= KIND.most,
    }


def _years(sketch: Sketch) -> list[tuple[int, list[Said]]]:
    joined: dict[int, list[Said]] = defaultdict(list)
    for node in sketch.of(td.MovementParticipation):
        cluster = sketch.one(sketch.node(node, td.inClusterYear), td.ofCluster)
        joined[year_of(sketch, node)].append(Said(sketch.maybe(cluster) or Value("?"), sketch.witnesses(node)))
    return sorted((year, sorted(many, key=lambda said: sort_key(said.value.label))) for year, many in joined.items())


KIND = Kind("movement.html", _ABOUT, draw)
