"""The field that the gate works: the ontology beside the data, faults among them, all of it gone afterwards."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, RdfFormat, Store, parse

from loaders.errors import GateError
from loaders.gate.faults import SPACE
from loaders.namespaces import dcterms, owl, prov, rdf, rdfs, sh, skos, td

Target = tuple[NamedNode, NamedNode]
Narrower = Mapping[object, set[NamedNode]]
_GRAPH = NamedNode(SPACE + "ontology")
_NOT_SOWN = f'!STRSTARTS(STR(?graph), "{SPACE}")'
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
    """The nodes that a target selects, as a pattern of SPARQL that binds `?this`."""

    pattern: str

    def count(self, store: Store) -> int:
        """How many they are among the data of a store, sown faults left out."""
        query = f"SELECT (COUNT(DISTINCT ?this) AS ?number) {{ {self.pattern} FILTER({_NOT_SOWN}) }}"
        (row,) = cast(QuerySolutions, store.query(query))
        return int(cast(Literal, row[0]).value)


def selections(targets: Iterable[Target], ontology: Iterable[Quad]) -> list[Selection]:
    """What each target selects, in any named graph."""
    narrower = _narrower(ontology)
    return [Selection(_selecting(kind, term, narrower)) for kind, term in targets]


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
    """The classes of our ontology of which a store holds things, sown faults left out."""
    found = store.query(f"SELECT DISTINCT ?class {{ GRAPH ?graph {{ ?thing a ?class }} FILTER({_NOT_SOWN}) }}")
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


def _selecting(kind: NamedNode, term: NamedNode, narrower: Narrower) -> str:
    if kind == sh.targetClass:
        return f"VALUES ?class {{ {' '.join(map(str, _below(term, narrower)))} }} GRAPH ?graph {{ ?this a ?class }}"
    if kind == sh.targetSubjectsOf:
        return f"GRAPH ?graph {{ ?this {term} ?value }}"
    if kind == sh.targetObjectsOf:
        return f"GRAPH ?graph {{ ?thing {term} ?this }}"
    return f"VALUES ?this {{ {term} }} GRAPH ?graph {{ ?this ?property ?value }}"


@contextlib.contextmanager
def laid(store: Store, quads: Collection[Quad]) -> Iterator[Store]:
    """The quads are in a store in memory for a while, and then they and their graphs are not."""
    try:
        store.extend(quads)
        yield store
    finally:
        for graph in {quad.graph_name for quad in quads}:
            store.remove_graph(graph)


@contextlib.contextmanager
def copied(store: Store, quads: Collection[Quad], room: Path) -> Iterator[Path]:
    """The quads are in a copy of a store on disk, which is in a directory for a while; the store itself has none."""
    try:
        # The engine links the files that it never writes again, and copies the few others.
        store.backup(str(room))
        copy = Store(str(room))
        copy.extend(quads)
        copy.flush()
        # It is closed, so that others may open it.
        del copy
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)
