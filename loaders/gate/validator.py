"""The daily validator: shifty reads shapes and data from files and answers with a report (docs/decisions/0004).

pySHACL is the referee: the tests compare the two, result by result, on every case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, NamedNode, RdfFormat, parse
from shifty._shifty import PreparedValidator

from loaders.errors import GateError
from loaders.gate.report import Finding, Term
from loaders.gate.shapes import Shapes
from loaders.namespaces import sh

Facts = Mapping[Any, Mapping[NamedNode, list[Any]]]
_NEEDED = (sh.focusNode, sh.sourceShape, sh.sourceConstraintComponent, sh.resultSeverity)


def validate(shapes: Shapes, data: Path) -> list[Finding]:
    """What breaks the shapes in a file of N-Triples, which holds faults; GateError when the validator has doubts.

    `shifty.validate` would parse the report with rdflib, which takes longer than the rest when much is wrong, and
    turn diagnostics into warnings; the binding below it gives both as they are.
    """
    try:
        validator = PreparedValidator(shapes.turtle, None, "turtle", None)
        result: Any = validator.validate_w3c(None, str(data), "nt", "data", None, False, "info", False, "error", False)
    except Exception as error:
        # Whatever it was, the data have not been judged.
        raise GateError(f"the validator failed: {error}") from error
    if doubts := [*validator.diagnostics, *result.diagnostics]:
        raise GateError("the validator has doubts about the shapes: " + "; ".join(doubts))
    if result.conforms:
        raise GateError("the validator found no fault, though faults were sown")
    return list(findings(result._report_ntriples.encode(), shapes))


def findings(report: bytes, shapes: Shapes) -> Iterator[Finding]:
    """The results of a report in N-Triples; results that only explain another (`sh:detail`) are left out."""
    facts: dict[Any, dict[NamedNode, list[Any]]] = {}
    for quad in parse(report, format=RdfFormat.N_TRIPLES):
        facts.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(quad.object)
    for told in list(facts.values()):
        for result in told.get(sh.result, ()):
            yield _finding(facts, result, shapes)


def _finding(facts: Facts, result: Term, shapes: Shapes) -> Finding:
    told = {predicate: objects[0] for predicate, objects in facts.get(result, {}).items()}
    if missing := [term.value for term in _NEEDED if term not in told]:
        raise GateError("the report of the validator is torn", value=f"no {missing[0]}")
    shape = shapes.by_iri.get(told[sh.sourceShape])
    if shape is None or told[sh.resultSeverity] != shape.rule.severity.iri:
        raise GateError("the validator names a shape or severity that is not ours", value=str(told[sh.sourceShape]))
    path = told.get(sh.resultPath)
    # A path of several steps is a blank node whose steps are told with the shape only.
    path = shape.path if isinstance(path, BlankNode) else path and str(path)
    return Finding(shape.rule, told[sh.focusNode], path, told.get(sh.value), told[sh.sourceConstraintComponent])
