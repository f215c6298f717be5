"""The daily validator: what breaks the shapes, asked of the candidate itself (docs/decisions/0004).

pySHACL is the referee: the tests compare the two, result by result, on every case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from pyoxigraph import NamedNode, Quad, QuerySolution, QuerySolutions, Store

from loaders.errors import GateError
from loaders.gate.field import below
from loaders.gate.report import Finding, Term
from loaders.gate.shapes import Shape, Shapes
from loaders.gate.translation import Question, questions


def validate(shapes: Shapes, ontology: Iterable[Quad], store: Store) -> Iterator[Finding]:
    """What breaks the shapes in the named graphs of a store, taken together, among which is the ontology.

    GateError when the engine has doubts about a question, or a shape without a name would judge.
    """
    for question in questions(shapes.facts, below(ontology)):
        shape = shapes.by_iri.get(cast(NamedNode, question.shape))
        if shape is None:
            raise GateError("a shape without a name judges", value=str(question.shape), hint="give it an IRI")
        for row in _ask(store, question):
            yield _finding(shape, question, row)


def _ask(store: Store, question: Question) -> QuerySolutions:
    try:
        return cast(QuerySolutions, store.query(question.text, use_default_graph_as_union=True))
    except (SyntaxError, ValueError, OSError) as error:
        # Whatever it was, the data have not been judged.
        raise GateError(f"the validator failed: {error}", value=str(question.shape)) from error


def _finding(shape: Shape, question: Question, row: QuerySolution) -> Finding:
    told = dict(zip(question.columns, row, strict=True))
    path = told.get("path")
    focus = cast(Term, told["this"])
    return Finding(shape.rule, focus, str(path) if path else shape.path, told.get("value"), question.component)
