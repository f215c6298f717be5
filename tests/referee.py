"""The referee: what pySHACL says of the same shapes and data, in the gate's own terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyshacl
import rdflib
from pyoxigraph import BlankNode, NamedNode, RdfFormat, Store, parse

from loaders.gate.report import Finding, Term
from loaders.gate.shapes import Shapes
from loaders.namespaces import sh
from loaders.resources import shape_files

Facts = Mapping[Any, Mapping[NamedNode, list[Any]]]


def refereed(shapes: Shapes, store: Store) -> set[Finding]:
    """What pySHACL finds in the named graphs of a store, taken together."""
    data, rules = rdflib.Graph(), rdflib.Graph()
    # At once, so that a blank node is the same one in every graph.
    data.parse(data="".join(f"{triple} .\n" for triple in {quad.triple for quad in store}), format="nt")
    for file in shape_files():
        rules.parse(file, format="turtle")
    told: Any = pyshacl.validate(data, shacl_graph=rules, inference="none")[1]
    return set(findings(told.serialize(format="nt", encoding="utf-8"), shapes))


def findings(report: bytes, shapes: Shapes) -> Iterator[Finding]:
    """The results of a report in N-Triples; results that only explain another (`sh:detail`) are left out."""
    facts: dict[Any, dict[NamedNode, list[Any]]] = {}
    for quad in parse(report, format=RdfFormat.N_TRIPLES):
        facts.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(quad.object)
    for told in list(facts.values()):
        for result in told.get(sh.result, ()):
            yield _finding(facts, result, shapes)


def _finding(facts: Facts, result: Term, shapes: Shapes) -> Finding:
    told = {predicate: objects[0] for predicate, objects in facts[result].items()}
    shape = shapes.by_iri[told[sh.sourceShape]]
    assert told[sh.resultSeverity] == shape.rule.severity.iri
    path = told.get(sh.resultPath)
    # A path of several steps is a blank node whose steps are told with the shape only.
    path = shape.path if isinstance(path, BlankNode) else path and str(path)
    return Finding(shape.rule, told[sh.focusNode], path, told.get(sh.value), told[sh.sourceConstraintComponent])
