"""The query tests of SPARQL 1.0 and 1.1 as the W3C keeps them: what is asked, of which graphs, and what may come of it.

They stand in the repository w3c/rdf-tests, which is not part of this one; THIDUA_TEST_W3C names a checkout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

# Where the files stand to a reader of theirs: relative IRIs are resolved against this.
HOME = "http://w3c.example/"
_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_ENTRIES = f"""
PREFIX mf: <{_MF}>
PREFIX qt: <http://www.w3.org/2001/sw/DataAccess/tests/test-query#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
SELECT ?test ?kind ?query ?part ?graph WHERE {{
  ?manifest mf:entries/rdf:rest*/rdf:first ?test .
  ?test a ?kind ; mf:action ?action .
  OPTIONAL {{ ?action qt:query ?asked }}
  BIND(COALESCE(?asked, ?action) AS ?query)
  OPTIONAL {{ ?action ?part ?given . OPTIONAL {{ ?given qt:graph ?file }}
    BIND(COALESCE(?file, ?given) AS ?graph) FILTER(?part IN (qt:data, qt:graphData)) }}
}}"""
_ROW = ("test", "kind", "query", "part", "graph")
_FORMATS = {".ttl": RdfFormat.TURTLE, ".n3": RdfFormat.TURTLE, ".rdf": RdfFormat.RDF_XML, ".nt": RdfFormat.N_TRIPLES}


@dataclass(frozen=True)
class Case:
    """A test: its kind, its query, the graphs that are the default graph and those that have names."""

    name: str
    kind: str
    query: str
    default: tuple[str, ...]
    named: tuple[str, ...]

    @property
    def dataset(self) -> bool:
        """Whether the query says itself of which graphs it asks."""
        return re.search(r"\bFROM\b", self.query) is not None

    @property
    def calls(self) -> bool:
        """Whether the query calls another service."""
        return re.search(r"\bSERVICE\b", self.query) is not None


def cases(checkout: Path) -> list[Case]:
    """The tests of queries, by name."""
    found: dict[str, Case] = {}
    for manifest in sorted(checkout.glob("sparql/sparql1[01]/*/manifest.ttl")):
        # What follows from data by rules is not what is asked of a plain engine.
        if manifest.parent.name == "entailment":
            continue
        for case in _cases(checkout, manifest):
            found.setdefault(case.name, case)
    return list(found.values())


def _cases(checkout: Path, manifest: Path) -> Iterator[Case]:
    store = Store()
    store.load(path=manifest, format=RdfFormat.TURTLE, base_iri=_iri(checkout, manifest))
    graphs: dict[tuple[str, str, str], dict[str, set[str]]] = {}
    for row in store.query(_ENTRIES):  # type: ignore[union-attr]
        test, kind, query, part, graph = (getattr(row[name], "value", "") for name in _ROW)  # type: ignore[index]
        parts = graphs.setdefault((test, kind.removeprefix(_MF), query), {})
        if graph:
            parts.setdefault(part.rpartition("#")[2], set()).add(graph)
    for (test, kind, query), parts in sorted(graphs.items()):
        if kind.startswith(("QueryEvaluation", "CSVResult", "Positive", "Negative")) and query.endswith(".rq"):
            name = f"{manifest.parent.relative_to(checkout / 'sparql')}/{test.rpartition('#')[2]}"
            text = f"BASE <{query}>\n" + _file(checkout, query).read_text(encoding="utf-8")
            yield Case(name, kind, text, *(tuple(sorted(parts.get(part, ()))) for part in ("data", "graphData")))


def quads(checkout: Path) -> Iterator[Quad]:
    """The data of the tests: every file that can be read is a graph whose name is the file's address."""
    for directory in sorted({checkout / "sparql" / case.name.rpartition("/")[0] for case in cases(checkout)}):
        for path in sorted(directory.rglob("*")):
            if path.suffix in _FORMATS and not path.name.startswith("manifest"):
                yield from _graph(checkout, path)


def _graph(checkout: Path, path: Path) -> list[Quad]:
    iri = _iri(checkout, path)
    try:
        found = list(parse(path=path, format=_FORMATS[path.suffix], base_iri=iri, rename_blank_nodes=True))
    except SyntaxError:  # the results of some tests, which no query asks
        return []
    return [Quad(*quad.triple, NamedNode(iri)) for quad in found]


def _iri(checkout: Path, path: Path) -> str:
    return HOME + path.relative_to(checkout).as_posix()


def _file(checkout: Path, iri: str) -> Path:
    return checkout / iri.removeprefix(HOME)
