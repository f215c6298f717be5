"""Where each named graph comes from, and under which licence: graph/provenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Quad

from loaders import ontology
from loaders.errors import SourceError
from loaders.identity import search_key
from loaders.namespaces import BASE, any_uri, dcterms, entity, graph, prov, rdf, rdfs, string, td, text
from loaders.source import Source

PROVENANCE = graph("provenance")
_OURS = (ontology.ONTOLOGY, ontology.CONCEPTS, ontology.ALIGNMENTS, PROVENANCE)
_ONTOLOGY = NamedNode(BASE + "def")
_GRAPH = BASE + "graph/"


def describe(source: Source) -> Iterator[Quad]:
    """A source of the registry as its `source.toml` describes it, in its own graph."""
    node = entity("source", source.key)
    facts: list[tuple[NamedNode, NamedNode | Literal | None]] = [
        (rdf.type, td.RegistryEdition),
        (rdfs.label, text(source.title)),
        (td.publisherName, text(source.publisher)),
        (dcterms.license, NamedNode(source.license)),
        (dcterms.identifier, string(source.key)),
        (td.searchKey, string(search_key(source.title))),
        (dcterms.rights, text(source.rights) if source.rights else None),
        (td.url, any_uri(source.url) if source.url else None),
    ]
    for predicate, value in facts:
        if value is not None:
            yield Quad(node, predicate, value, graph(source.key))


@dataclass
class Provenance:
    """Remembers, while quads pass by, which graphs there are and which licences their sources have."""

    _graphs: set[NamedNode] = field(default_factory=set)
    _licenses: dict[NamedNode, set[NamedNode]] = field(default_factory=dict)

    def watch(self, quads: Iterable[Quad]) -> Iterator[Quad]:
        """The quads, as they come."""
        for quad in quads:
            if isinstance(quad.graph_name, NamedNode):
                self._graphs.add(quad.graph_name)
            if quad.predicate == dcterms.license:
                self._note(quad)
            yield quad

    def note(self, graphs: Iterable[str], licenses: Iterable[tuple[str, str]]) -> None:
        """Graphs and licences of sources are known that passed at another time."""
        self._graphs.update(map(NamedNode, graphs))
        for source, license in licenses:
            self._licenses.setdefault(NamedNode(source), set()).add(NamedNode(license))

    @property
    def noted(self) -> tuple[set[str], set[tuple[str, str]]]:
        """What passed, to be noted again."""
        licenses = {(source.value, each.value) for source, found in self._licenses.items() for each in found}
        return {where.value for where in self._graphs}, licenses

    def _note(self, quad: Quad) -> None:
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
            self._licenses.setdefault(quad.subject, set()).add(quad.object)

    def quads(self) -> Iterator[Quad]:
        """The graphs that passed, each with its source and licence; SourceError for one whose source has none."""
        for where in sorted(self._graphs | {PROVENANCE}, key=str):
            origin = _ONTOLOGY if where in _OURS else entity("source", where.value.removeprefix(_GRAPH))
            if where not in _OURS:
                yield Quad(where, prov.wasDerivedFrom, origin, PROVENANCE)
            if origin not in self._licenses:
                raise SourceError("statements from a source without a licence", value=origin.value)
            for license in sorted(self._licenses[origin], key=str):
                yield Quad(where, dcterms.license, license, PROVENANCE)
