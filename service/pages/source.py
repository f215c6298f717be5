"""A source: who published it and when, and what it says, in the order of its text, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from pyoxigraph import NamedNode

from loaders.namespaces import BASE, dcterms, rdf, td
from service.pages.kind import Drawn, Kind
from service.pages.portrait import QUIET
from service.pages.said import Value, Witness
from service.pages.sketch import Sketch
from service.pages.statements import moved
from service.query import Words
from service.snapshot import Snapshot

_AT_ONCE = 50
_ABOUT = """
      {{ SELECT ?s (MIN(?from) AS ?place) WHERE {{
        ?witness td:source {thing} . ?s td:attestedBy ?witness .
        OPTIONAL {{ ?witness td:startOffset ?start }} BIND(COALESCE(?start, 0) AS ?from)
      }} GROUP BY ?s ORDER BY ?place ?s LIMIT 50 OFFSET {offset} }}
"""
# What stands where this source speaks, and of what kind things are: all that is said of what thousands share is much.
_GRAPHS = "?any td:source {thing} . GRAPH ?graph {{ ?told td:attestedBy ?any }}"
_SAID = ("VALUES ?graph {{ {graphs} }} GRAPH ?graph {{ ?s ?p ?o }}", "?s a ?o BIND(rdf:type AS ?p)")
_COUNT = f"""
PREFIX td: <{BASE}def#>
SELECT (COUNT(DISTINCT ?s) AS ?all) WHERE {{{{ ?witness td:source {{thing}} . ?s td:attestedBy ?witness }}}}"""
_FACTS = (
    td.publisher, td.publisherName, td.datePublished, td.url, dcterms.identifier, dcterms.license, dcterms.rights,
    td.textChecksum,
)  # fmt: skip
# By what a reader would find an article again.
_LOOKED_FOR = {
    td.publisherName: Words("tên cơ quan công bố", "publisher"),
    td.datePublished: Words("ngày công bố", "date of publication"),
    td.url: Words("địa chỉ", "address"),
}


@dataclass(frozen=True)
class Told:
    """What a source says of one thing."""

    thing: Value
    kind: Value | None
    says: list[tuple[Value, list[Value]]]
    witnesses: list[Witness]


def draw(thing: NamedNode, sketch: Sketch) -> Drawn:
    """What the page of a source shows."""
    told = [_told(sketch, node, thing) for node in sketch.facts if node != thing]
    article = td.Article in sketch.facts[thing][rdf.type]
    return {
        "article": article,
        "facts": sketch.known(thing, *_FACTS),
        "unknown": [
            words.get(sketch.lang) for name, words in _LOOKED_FOR.items() if article and not sketch.fact(thing, name)
        ],
        "told": sorted((each for each in told if each.witnesses), key=_place),
    }


def _place(told: Told) -> tuple[int, int, str]:
    first = told.witnesses[0]
    return int(first.start or 0), int(first.end or 0), told.thing.iri or ""


def _told(sketch: Sketch, node: NamedNode, source: NamedNode) -> Told:
    said = sketch.told(node, source)
    return Told(
        sketch.value(node),
        next((sketch.value(kind) for kind in sketch.all(node, rdf.type) if kind.value.startswith(td.iri)), None),
        [(sketch.value(name), said[name]) for name in sorted(said, key=sketch.label) if name not in QUIET],
        [witness for witness in sketch.witnesses(node) if witness.source.iri == source.value],
    )


async def _all(thing: NamedNode, request: Request, snapshot: Snapshot) -> Drawn:
    """How many things it speaks of, and which part of them this is."""
    (row,) = await snapshot.engine.rows(moved(_COUNT.format(thing=thing), snapshot.release.base))
    return {"all": int(row["all"]["value"])}


KIND = Kind("source.html", _ABOUT, draw, most=_AT_ONCE, more=_all, graphs=_GRAPHS, said=_SAID)
