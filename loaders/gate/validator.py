"""The daily validator: what breaks the shapes, asked of the candidate itself (docs/decisions/0014).

pySHACL is the referee: the tests compare the two, result by result, on every case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from pyoxigraph import NamedNode, Quad, QuerySolution, Store

from loaders.errors import GateError
from loaders.gate.field import below
from loaders.gate.report import Finding, Term
from loaders.gate.shapes import Shape, Shapes
from loaders.gate.translation import Question, questions
from loaders.namespaces import sh
from loaders.union import select


@dataclass(frozen=True)
class Inquiry:
    """A question about what breaks a shape."""

    shape: Shape
    question: Question

    def findings(self, store: Store) -> list[Finding]:
        """What breaks it in the named graphs of a store; GateError when the engine has doubts about the question."""
        try:
            rows = select(store, self.question.text)
            return [self._finding(row) for row in rows]
        except (SyntaxError, ValueError, OSError) as error:
            # Whatever it was, the data have not been judged.
            raise GateError(f"the validator failed: {error}", value=str(self.question.shape)) from error

    def _finding(self, row: QuerySolution) -> Finding:
        told = dict(zip(self.question.columns, row, strict=True))
        path = told.get("path")
        focus = cast(Term, told["this"])
        where = str(path) if path else self.shape.path
        return Finding(self.shape.rule, focus, where, told.get("value"), self.question.component)


def inquiries(shapes: Shapes, ontology: Iterable[Quad]) -> list[Inquiry]:
    """What is asked for all shapes; GateError when a shape without a name would judge."""
    return [Inquiry(_shape(shapes, question), question) for question in questions(shapes.facts, below(ontology))]


def _shape(shapes: Shapes, question: Question) -> Shape:
    shape = shapes.by_iri.get(cast(NamedNode, question.shape))
    if shape is None:
        holders = (node for node, told in shapes.facts.items() if question.shape in told.get(sh.property, ()))
        value = str(next(holders, question.shape))
        raise GateError("a shape without a name judges", value=value, hint="give each sh:property of it an IRI")
    return shape


def validate(shapes: Shapes, ontology: Iterable[Quad], store: Store) -> Iterator[Finding]:
    """What breaks the shapes in the named graphs of a store, taken together, among which is the ontology."""
    for inquiry in inquiries(shapes, ontology):
        yield from inquiry.findings(store)
