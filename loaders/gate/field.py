"""The field that the gate works: the ontology beside the data, faults among them, all of it gone afterwards."""

from __future__ import annotations

import contextlib
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, parse

from loaders.errors import GateError
from loaders.gate.faults import SPACE
from loaders.gate.report import Term
from loaders.namespaces import dcterms, owl, prov, rdf, rdfs, sh, skos, td
from loaders.union import beside, merged, named, select

Target = tuple[NamedNode, NamedNode]
Narrower = Mapping[object, set[NamedNode]]
# Statements by their properties, none for those that have none.
Changed = defaultdict[NamedNode, list[Quad]]
_GRAPH = NamedNode(SPACE + "ontology")
_DECLARING = frozenset(
    {owl.Class, owl.ObjectProperty, owl.DatatypeProperty, owl.AnnotationProperty, skos.Concept, skos.ConceptScheme}
)


def read_ontology(files: Iterable[Path]) -> tuple[Quad, ...]:
    """What the ontology says without blank nodes, in a graph of its own; GateError when it cannot be read."""
    try:
        found = [quad for file in files for quad in parse(path=file, format=RdfFormat.TURTLE)]
    except (OSError, SyntaxError) as error:
        raise GateError(f"the ontology cannot be read: {error}") from error
    named = [q for q in found if not {type(q.subject), type(q.object)} & {BlankNode}]
    return (*(Quad(q.subject, q.predicate, q.object, _GRAPH) for q in named), *_provenance(named))


def _provenance(ontology: Iterable[Quad]) -> Iterator[Quad]:
    """The graph of the ontology has the sources and the licences that stand in it."""
    for quad in ontology:
        if quad.predicate == dcterms.license:
            yield Quad(_GRAPH, dcterms.license, quad.object, _GRAPH)
        if quad.predicate == td.source:
            yield Quad(_GRAPH, prov.wasDerivedFrom, quad.object, _GRAPH)


def terms(ontology: Iterable[Quad]) -> frozenset[NamedNode]:
    """The classes, properties and concepts that the ontology declares."""
    return frozenset(q.subject for q in ontology if q.predicate == rdf.type and q.object in _DECLARING)  # type: ignore[misc]


@dataclass(frozen=True)
class Selection:
    """The nodes that a target selects, in any named graph: a target for a class, those of the narrower ones too."""

    kind: NamedNode
    terms: Collection[NamedNode]

    def count(self, store: Store) -> int:
        """How many they are in a store."""
        (row,) = select(store, f"SELECT (COUNT(DISTINCT ?this) AS ?number) {{ {self._pattern} }}")
        return int(cast(Literal, row[0]).value)

    def growth(self, came: Changed, went: Changed, store: Store) -> int:
        """How many more they are in a store since statements came and went, which are given by their properties."""
        new, old = ({quad for quad in self._among(quads) if self._selects(quad)} for quads in (came, went))
        left = {self._node(quad) for quad in old}
        number = 0
        for node in {self._node(quad) for quad in new} | left:
            now = {quad for pattern in self._patterns(node) for quad in named(store, *pattern)}
            selecting = set(filter(self._selects, now))
            number += bool(selecting) - bool(node in left or selecting - new)
        return number

    def _among(self, quads: Changed) -> Iterator[Quad]:
        """Those of the statements that may select a node."""
        if self.kind == sh.targetNode:
            return (quad for some in quads.values() for quad in some)
        return (quad for term in ({rdf.type} if self.kind == sh.targetClass else self.terms) for quad in quads[term])

    def _selects(self, quad: Quad) -> bool:
        if self.kind == sh.targetClass:
            return quad.predicate == rdf.type and quad.object in self.terms
        return (quad.subject if self.kind == sh.targetNode else quad.predicate) in self.terms

    def _node(self, quad: Quad) -> Term:
        return cast(Term, quad.object if self.kind == sh.targetObjectsOf else quad.subject)

    def _patterns(self, node: Any) -> Iterator[tuple[Any, Any, Any]]:
        """Where the statements are that select a node, others among them."""
        if self.kind == sh.targetClass:
            yield node, rdf.type, None
        elif self.kind == sh.targetNode:
            yield node, None, None
        else:
            yield from ((None, t, node) if self.kind == sh.targetObjectsOf else (node, t, None) for t in self.terms)

    @property
    def _pattern(self) -> str:
        """The pattern of SPARQL that binds `?this`."""
        terms = " ".join(sorted(map(str, self.terms)))
        if self.kind == sh.targetClass:
            return f"VALUES ?class {{ {terms} }} ?this a ?class"
        if self.kind == sh.targetSubjectsOf:
            return f"?this {terms} ?value"
        if self.kind == sh.targetObjectsOf:
            return f"?thing {terms} ?this"
        return f"VALUES ?this {{ {terms} }} ?this ?property ?value"


def selections(targets: Iterable[Target], ontology: Iterable[Quad]) -> list[Selection]:
    """What each target selects."""
    narrower = _narrower(ontology)
    return [
        Selection(kind, set(_below(term, narrower)) if kind == sh.targetClass else {term}) for kind, term in targets
    ]


def foci(targets: Iterable[Target], ontology: Iterable[Quad], store: Store) -> int:
    """How many nodes of a store the targets select, each target counted for itself."""
    return sum(selection.count(store) for selection in selections(targets, ontology))


def below(ontology: Iterable[Quad]) -> Callable[[NamedNode], Collection[NamedNode]]:
    """What gives, for a class, that class and all narrower ones."""
    narrower = _narrower(ontology)
    return lambda term: _below(term, narrower)


def covered(targets: Iterable[Target], ontology: Iterable[Quad]) -> set[NamedNode]:
    """The classes that have a shape of their own, or a broader class has; that all is attested is not enough."""
    narrower = _narrower(ontology)
    aimed = {term for kind, term in targets if kind == sh.targetClass and term != td.Attested}
    return {found for term in aimed for found in _below(term, narrower)}


def classes(store: Store) -> set[NamedNode]:
    """The classes of our ontology of which a store holds things."""
    found = select(store, "SELECT DISTINCT ?class { ?thing a ?class }")
    return {row[0] for row in found if is_ours(row[0])}


def by_property(quads: Iterable[Quad]) -> Changed:
    """The statements by their properties."""
    found: Changed = defaultdict(list)
    for quad in quads:
        found[quad.predicate].append(quad)
    return found


def is_ours(term: Any) -> bool:
    """Whether a term is of our ontology."""
    return bool(term.value.startswith(td.iri))


def _narrower(ontology: Iterable[Quad]) -> Narrower:
    narrower: dict[object, set[NamedNode]] = {}
    for quad in ontology:
        if quad.predicate == rdfs.subClassOf and isinstance(quad.subject, NamedNode):
            narrower.setdefault(quad.object, set()).add(quad.subject)
    return narrower


def _below(term: NamedNode, narrower: Narrower) -> list[NamedNode]:
    """The class and all narrower ones."""
    found = [term]
    for each in found:
        found.extend(narrower.get(each, set()).difference(found))
    return found


@contextlib.contextmanager
def copied(store: Store, room: Path) -> Iterator[Path]:
    """A copy of a store on disk is in a directory for a while."""
    try:
        # The engine links the files that it never writes again, and copies the few others.
        store.backup(str(room))
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def sow(place: Path, quads: Collection[Quad]) -> None:
    """The quads are in a store on disk, which is closed again, so that others may open it."""
    store = Store(str(place))
    store.extend(beside(quads) if merged(store) else quads)
    store.flush()


@contextlib.contextmanager
def laid(store: Store, quads: Collection[Quad]) -> Iterator[Store]:
    """The quads are in a store in memory for a while, and then they and their graphs are not."""
    try:
        store.extend(quads)
        yield store
    finally:
        for graph in {quad.graph_name for quad in quads}:
            store.remove_graph(graph)
