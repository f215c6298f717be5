"""The ontology, its vocabularies and the law as quads of a candidate: what is published of `ontology/*.ttl`.

Restrictions and disjointness are written with blank nodes; they stay in the files, which the service shows at `/def`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from loaders.errors import SourceError
from loaders.namespaces import BASE, graph, key_of, td

ONTOLOGY, CONCEPTS, ALIGNMENTS = graph("ontology"), graph("concepts"), graph("alignments")
_CONCEPT, _ENTITY = BASE + "concept/", BASE + "id/"


@dataclass(frozen=True)
class Statement:
    """A triple whose subject is an IRI and whose object is not blank."""

    subject: NamedNode
    predicate: NamedNode
    object: NamedNode | Literal


def load(files: Iterable[Path]) -> Iterator[Quad]:
    """Terms in graph/ontology, concepts in graph/concepts, alignments in graph/alignments.

    The acts of the law that stand beside the concepts go to the graphs of the sources that attest them.
    """
    stated = {file: list(_statements(file)) for file in files}
    witnesses = _witnesses(chain.from_iterable(stated.values()))
    for file, statements in stated.items():
        for statement in statements:
            for where in _graphs(statement.subject, file, witnesses):
                yield Quad(statement.subject, statement.predicate, statement.object, where)


def _statements(file: Path) -> Iterator[Statement]:
    try:
        for quad in parse(path=file, format=RdfFormat.TURTLE):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
                yield Statement(quad.subject, quad.predicate, quad.object)
    except SyntaxError as error:
        raise SourceError(f"not Turtle: {error}", file=str(file)) from None


def _witnesses(statements: Iterable[Statement]) -> dict[NamedNode, set[NamedNode]]:
    """The witnesses of a node, the source of a witness."""
    found: dict[NamedNode, set[NamedNode]] = {}
    for statement in statements:
        if statement.predicate in (td.attestedBy, td.source) and isinstance(statement.object, NamedNode):
            found.setdefault(statement.subject, set()).add(statement.object)
    return found


def _graphs(subject: NamedNode, file: Path, witnesses: dict[NamedNode, set[NamedNode]]) -> list[NamedNode]:
    if file.name == "alignments.ttl":
        return [ALIGNMENTS]
    if subject.value.startswith(_CONCEPT):
        return [CONCEPTS]
    if not subject.value.startswith(_ENTITY):
        return [ONTOLOGY]
    sources = sorted(_sources(subject, witnesses), key=str)
    if not sources:
        raise SourceError("nothing bears witness to this", file=str(file), value=subject.value)
    return [graph(key_of(source)[1]) for source in sources]


def _sources(node: NamedNode, witnesses: dict[NamedNode, set[NamedNode]]) -> set[NamedNode]:
    """The sources behind a node; a source speaks for itself."""
    if key_of(node)[0] == "source":
        return {node}
    return {source for witness in witnesses.get(node, ()) for source in _sources(witness, witnesses)}
