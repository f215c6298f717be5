"""The queries behind a page: statements with the graph that each stands in, and names for what they mention.

Inside this package every IRI is under the canonical base; here they are moved from and to that of the release.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from loaders.namespaces import BASE
from service.engine import JSON, estimate
from service.pages.kind import Kind
from service.snapshot import Snapshot

_PREFIXES = f"""\
PREFIX td: <{BASE}def#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
_STATEMENTS = (
    _PREFIXES
    + """\
SELECT DISTINCT ?graph ?s ?p ?o WHERE {{
  {{ VALUES ?s {{ {thing} }} GRAPH ?graph {{ ?s ?p ?o }} }}{besides}
}}
ORDER BY ?s ?p ?o ?graph"""
)
_GRAPHS = _PREFIXES + "SELECT DISTINCT ?graph WHERE {{ {graphs} }}"
_BESIDES = """
  UNION {{
    {{ SELECT DISTINCT ?s WHERE {{{about}    }} ORDER BY ?s LIMIT {most} }}
    {said}
  }}"""
_NAMES = (
    _PREFIXES
    + """\
CONSTRUCT {{ ?s ?p ?o }} WHERE {{
  {{
    VALUES ?s {{ {things} }}
    ?s ?p ?o
    FILTER(?p IN (rdfs:label, skos:prefLabel, td:year, td:ofCluster, td:territory, td:source, td:certainty,
      td:startOffset, td:endOffset, td:validTo, td:parent, td:date))
  }} UNION {{
    VALUES ?thing {{ {things} }}
    ?thing td:source|td:certainty|td:ofCluster|td:territory|td:publisher ?s .
    ?s ?p ?o
    FILTER(?p IN (rdfs:label, skos:prefLabel, td:datePublished, td:publisher, td:publisherName, td:url, td:validTo))
  }} UNION {{
    VALUES ?thing {{ {units} }}
    ?thing td:territory?/dcterms:isReplacedBy* ?s .
    ?s ?p ?o
    FILTER(?p IN (rdfs:label, td:validTo, td:parent, dcterms:isReplacedBy))
  }} UNION {{
    VALUES ?thing {{ {units} }}
    ?thing td:territory?/dcterms:isReplacedBy*/td:parent ?s .
    ?s ?p ?o
    FILTER(?p IN (rdfs:label))
  }}
}}"""
)
# Not every engine can begin a path at no thing at all, and Virtuoso takes the one thing of VALUES for any thing.
_NOTHING = "<urn:thidua:nothing> <urn:thidua:nothing>"
_UNITS = (f"{BASE}id/unit/", f"{BASE}id/emulation-unit/")


async def query(kind: Kind, thing: NamedNode, snapshot: Snapshot, part: int = 1) -> str:
    """The query that brings the statements of a thing's page, as it can be asked of the release."""
    graphs = await _graphs(kind, thing, snapshot)
    about = kind.about.format(thing=thing, offset=(part - 1) * kind.most)
    said = (each.format(thing=thing, graphs=graphs) for each in kind.said)
    besides = "".join(_BESIDES.format(about=about, most=kind.most, said=each) for each in said)
    return moved(_STATEMENTS.format(thing=thing, besides=besides), snapshot.release.base)


async def _graphs(kind: Kind, thing: NamedNode, snapshot: Snapshot) -> str:
    """The graphs from which the page of the thing tells, if only from some."""
    if not kind.graphs:
        return ""
    base = snapshot.release.base
    found = await snapshot.engine.rows(moved(_GRAPHS.format(graphs=kind.graphs.format(thing=thing)), base))
    names = sorted(BASE + row["graph"]["value"].removeprefix(base) for row in found)
    return " ".join([*(str(NamedNode(name)) for name in names), _NOTHING])


async def statements(query: str, snapshot: Snapshot) -> list[Quad]:
    """What the release says of the thing, and of whatever its page tells besides, by the query of that page."""
    base = snapshot.release.base
    body = await snapshot.engine.read(query, JSON)
    body = body.replace(f'"{base}'.encode(), f'"{BASE}'.encode()) if base != BASE else body
    return await snapshot.engine.write(lambda: list(_quads(body)), estimate(body))


async def names(things: Iterable[NamedNode], snapshot: Snapshot) -> list[Triple]:
    """What these things are called, where witnesses stand, and what units have become."""
    base, things = snapshot.release.base, list(things)
    units = " ".join(str(thing) for thing in things if thing.value.startswith(_UNITS))
    text = _NAMES.format(things=" ".join(map(str, things)), units=f"{units} {_NOTHING}")
    body = await snapshot.engine.read(moved(text, base), "application/n-triples")
    body = body.replace(f"<{base}".encode(), f"<{BASE}".encode()) if base != BASE else body
    return await snapshot.engine.write(lambda: _triples(body), estimate(body))


def _triples(body: bytes) -> list[Triple]:
    return [quad.triple for quad in parse(body, format=RdfFormat.N_TRIPLES)]


def moved(text: str, base: str) -> str:
    """A query with the IRIs of the canonical base under that of a release."""
    return text.replace(f"<{BASE}", f"<{base}")


def _quads(body: bytes) -> Iterable[Quad]:
    for row in msgspec.json.decode(body)["results"]["bindings"]:
        if row["s"]["type"] == "uri":
            subject, name = (NamedNode(row[each]["value"]) for each in ("s", "p"))
            where = NamedNode(row["graph"]["value"]) if "graph" in row else DefaultGraph()
            yield Quad(subject, name, _term(row["o"]), where)


def _term(cell: dict[str, str]) -> NamedNode | Literal:
    if cell["type"] == "uri":
        return NamedNode(cell["value"])
    if "xml:lang" in cell:
        return Literal(cell["value"], language=cell["xml:lang"])
    return (
        Literal(cell["value"], datatype=NamedNode(cell["datatype"])) if "datatype" in cell else Literal(cell["value"])
    )
