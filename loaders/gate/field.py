"""The field that the gate works: the ontology beside the data, faults among them, all of it gone afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store, parse

from loaders.errors import GateError
from loaders.gate.faults import SPACE
from loaders.namespaces import dcterms, owl, prov, rdf, rdfs, sh, skos, td

Target = tuple[NamedNode, NamedNode]
Narrower = Mapping[object, set[NamedNode]]
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


def foci(targets: Iterable[Target], ontology: Iterable[Quad], store: Store) -> int:
    """How many nodes of a store the targets select, each target counted for itself."""
    narrower = _narrower(ontology)
    return sum(len(_selected(kind, term, narrower, store)) for kind, term in targets)


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
    found = store.query("SELECT DISTINCT ?class { GRAPH ?graph { ?thing a ?class } }")
    return {row[0] for row in found if row[0].value.startswith(td.iri)}  # type: ignore[union-attr]


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


def _selected(kind: NamedNode, term: NamedNode, narrower: Narrower, store: Store) -> Collection[object]:
    if kind == sh.targetClass:
        return {q.subject for c in _below(term, narrower) for q in store.quads_for_pattern(None, rdf.type, c)}
    if kind == sh.targetSubjectsOf:
        return {q.subject for q in store.quads_for_pattern(None, term, None)}
    if kind == sh.targetObjectsOf:
        return {q.object for q in store.quads_for_pattern(None, term, None)}
    return {q.subject for q in store.quads_for_pattern(term, None, None)}


@contextlib.contextmanager
def laid(store: Store, fields: Iterable[Iterable[Quad]]) -> Iterator[None]:
    """The quads are in the store for a while, and then they and their graphs are not."""
    quads = [quad for field in fields for quad in field]
    try:
        store.extend(quads)
        yield
    finally:
        for graph in {quad.graph_name for quad in quads}:
            store.remove_graph(graph)
