"""Traces: where in a dataset a person may be spoken of, found in one reading of it that keeps nothing else.

The registry's graphs and the house's own are not looked into: a commune may bear somebody's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Quad, Store

from loaders.namespaces import BASE, dcterms, prov, rdf, td, xsd
from loaders.provenance import PROVENANCE
from loaders.withdrawal.names import Names

NOBODY = "an-danh"
_ENTITY = BASE + "id/"


@dataclass(frozen=True)
class Marks:
    """What one reading found: things with the key in their IRI, things of nobody, and texts with a name in them."""

    named: set[NamedNode] = field(default_factory=set)
    nobody: set[NamedNode] = field(default_factory=set)
    texts: list[Quad] = field(default_factory=list)


class Traces:
    """The traces of a person in a store; graphs of `ours`, and those made of a registry, are none."""

    def __init__(self, store: Store, key: str, names: Names, ours: frozenset[NamedNode]) -> None:
        self._store, self._key, self._names = store, key, names
        editions = {quad.subject for quad in store.quads_for_pattern(None, rdf.type, td.RegistryEdition)}
        derived = store.quads_for_pattern(None, prov.wasDerivedFrom, None, PROVENANCE)
        fixed = {quad.subject for quad in derived if quad.object in editions} | ours
        self._graphs = {name for name in store.named_graphs() if name not in fixed} | {PROVENANCE}
        self._types: dict[NamedNode, frozenset[object]] = {}

    def about(
        self, subject: NamedNode | None = None, predicate: NamedNode | None = None, value: NamedNode | None = None
    ) -> Iterator[Quad]:
        """What is said in the graphs that may be touched; without a term, all of it."""
        if subject is predicate is value is None:
            for name in self._graphs:
                yield from self._store.quads_for_pattern(None, None, None, name)
        else:
            found = self._store.quads_for_pattern(subject, predicate, value, None)
            yield from (quad for quad in found if quad.graph_name in self._graphs)

    def types(self, node: NamedNode) -> frozenset[object]:
        """The classes of a thing."""
        if node not in self._types:
            self._types[node] = frozenset(quad.object for quad in self.about(node, rdf.type))
        return self._types[node]

    @cached_property
    def marks(self) -> Marks:
        """What can only be found by reading all."""
        found = Marks()
        for quad in self.about():
            subject = quad.subject
            assert isinstance(subject, NamedNode), "what is published has no blank nodes"
            if self._key in subject.value and self._key in steps(subject):
                found.named.add(subject)
            if NOBODY in subject.value and quad.predicate == rdf.type:
                found.nobody.add(subject)
            if isinstance(quad.object, Literal) and self._may_name(quad.predicate, quad.object):
                found.texts.append(quad)
        return found

    def _may_name(self, predicate: NamedNode, said: Literal) -> bool:
        if predicate == td.searchKey:
            return self._names.may_stand_behind(said.value)
        if predicate != dcterms.identifier and said.datatype not in (rdf.langString, xsd.string, xsd.anyURI):
            return False
        return self._names.without(said.value) != said.value or self._names.stand_in(said.value)


def steps(node: NamedNode) -> list[str]:
    """The parts of an entity's key; of other IRIs none."""
    return node.value.removeprefix(_ENTITY).split("/")[1:] if node.value.startswith(_ENTITY) else []
