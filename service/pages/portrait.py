"""A thing that has no page of its own kind: its facts, then the statements about it as a table for each class.

Every statement that points at the thing is shown, whether directly or through a cluster's year or the emulation unit
that stands for a territory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from pyoxigraph import NamedNode

from loaders.namespaces import dcterms, rdf, rdfs, skos, td
from service.pages.kind import Drawn, Kind
from service.pages.said import Value, Witness
from service.pages.sketch import Sketch

MOST_ROWS = 200

_ABOUT = """
      {{ ?s ?link {thing} . FILTER(?link NOT IN (td:attestedBy, td:source, td:openedBy, td:closedBy, td:parent)) }}
      UNION {{ ?year td:ofCluster {thing} . ?s td:inClusterYear ?year }}
      UNION {{ ?agent td:territory {thing} . ?s td:member|td:recipient|td:onBehalfOf ?agent }}
"""
# What a page says in its heading or its marks, not as a fact.
QUIET = {rdf.type, rdfs.label, skos.prefLabel, td.attestedBy, td.searchKey, rdfs.isDefinedBy}


@dataclass(frozen=True)
class Row:
    """A statement about the thing: a cell a property, and who witnesses it."""

    iri: str
    label: str | None
    cells: Mapping[str, list[Value]]
    witnesses: list[Witness]


@dataclass(frozen=True)
class Table:
    """The statements of one class."""

    heading: Value
    columns: list[Value]
    rows: list[Row]


def draw(thing: NamedNode, sketch: Sketch) -> Drawn:
    """The facts, the tables, and whether there are more statements than are shown."""
    own = sketch.facts[thing]
    others = [node for node in sketch.facts if node != thing]
    facts = sketch.known(thing, *sorted((name for name in own if name not in QUIET), key=sketch.label))
    return {"facts": facts, "tables": tables(thing, others, sketch), "cut": len(others) >= MOST_ROWS}


def tables(thing: NamedNode, others: list[NamedNode], sketch: Sketch) -> list[Table]:
    """The other nodes as a table for each class."""
    groups: dict[NamedNode, list[NamedNode]] = defaultdict(list)
    for node in others:
        kinds = [kind for kind in sketch.facts[node].get(rdf.type, ()) if isinstance(kind, NamedNode)]
        groups[min(kinds, key=_ours_first, default=rdfs.Resource)].append(node)
    made = [_table(thing, kind, nodes, sketch) for kind, nodes in groups.items()]
    return sorted(made, key=lambda table: table.heading.label)


def _table(thing: NamedNode, kind: NamedNode, nodes: list[NamedNode], sketch: Sketch) -> Table:
    names = {name for node in nodes for name in sketch.facts[node]} - QUIET - {dcterms.isReplacedBy}
    shown = sorted((name for name in names if _tells(name, thing, nodes, sketch)), key=sketch.label)
    rows = [
        Row(
            node.value,
            sketch.label(node) if rdfs.label in sketch.facts[node] else None,
            {name.value: sketch.values(node, name) for name in shown if name in sketch.facts[node]},
            sketch.witnesses(node),
        )
        for node in nodes
    ]
    return Table(sketch.value(kind), [sketch.value(name) for name in shown], sorted(rows, key=lambda row: row.iri))


def _tells(name: NamedNode, thing: NamedNode, nodes: list[NamedNode], sketch: Sketch) -> bool:
    """Whether a column says more than that its rows are about the thing."""
    return any(sketch.facts[node].get(name, {thing}) != {thing} for node in nodes)


def _ours_first(kind: NamedNode) -> tuple[bool, str]:
    return not kind.value.startswith(td.iri), kind.value


KIND = Kind("portrait.html", _ABOUT, draw, most=MOST_ROWS)
