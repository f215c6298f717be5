"""A census of a dataset: how many statements, subjects, classes and properties there are, in all and by graph.

It is taken while the sorted lines pass by, so it needs no memory that grows with the data: equal triples of two
graphs are neighbours, and the lines of one subject follow each other. Parts that have no subject in common are counted
apart and added.
"""

from __future__ import annotations

import pickle
import re
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from loaders.namespaces import BASE, td

_TYPE = b"<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
# What says that something of ours is, is a case of, or has to do with something of others.
_LINKS = frozenset(
    b"<%s>" % iri
    for iri in (
        b"http://www.w3.org/2000/01/rdf-schema#subClassOf",
        b"http://www.w3.org/2000/01/rdf-schema#subPropertyOf",
        b"http://www.w3.org/2000/01/rdf-schema#seeAlso",
        b"http://www.w3.org/2002/07/owl#sameAs",
        b"http://www.w3.org/2004/02/skos/core#exactMatch",
        b"http://www.w3.org/2004/02/skos/core#closeMatch",
        b"https://schema.org/sameAs",
    )
)
_SYNTHETIC = td.SyntheticSource.value.removeprefix(BASE)
_LAST_STEP = re.compile(rb"[^/#]*$")


@dataclass
class Census:
    """Triples and their properties, subjects by class and by graph, entities below `space`, statements by graph.

    `links` are counted by property and space of names, `examples` are the first entity of each class.

    A triple that two graphs state is two statements, so the numbers of the graphs add up to `quads`; all else counts it
    once, as the union of the graphs has it.

    >>> census = Census()
    >>> census.count(b'<http://a> <http://p> "1" <http://%c> .\\n' % graph for graph in b"gh")
    >>> census.quads, census.triples, dict(census.properties), dict(census.graphs)
    (2, 1, {'http://p': 1}, {'http://g': 1, 'http://h': 1})
    """

    space: str = ""
    quads: int = 0
    triples: int = 0
    subjects: int = 0
    entities: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    properties: Counter[str] = field(default_factory=Counter)
    graphs: Counter[str] = field(default_factory=Counter)
    graph_subjects: Counter[str] = field(default_factory=Counter)
    links: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    _subject: bytes = b""
    _triple: bytes = b""
    _subject_in: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def synthetic(self) -> bool:
        """Whether a source of it was made up."""
        return self.space.removesuffix("id/") + _SYNTHETIC in self.classes

    def count(self, lines: Iterable[bytes]) -> None:
        """The lines are counted; they must come in sorted order, those of an earlier call first."""
        predicates: Counter[bytes] = Counter()
        graphs: Counter[bytes] = Counter()
        for line in lines:
            cut = line.rindex(b" <")
            graph = line[cut + 1 : -3]
            subject, predicate, _ = line.split(b" ", 2)
            graphs[graph] += 1
            if self._subject_in.get(graph) != subject:
                self._meet(subject, graph)
            if (triple := line[:cut]) != self._triple:
                self._triple = triple
                predicates[predicate] += 1
                if predicate == _TYPE:
                    self._type(subject, _iri(triple.split(b" ", 2)[2]))
                elif predicate in _LINKS:
                    self._link(predicate, triple.split(b" ", 2)[2])
        self._add(predicates, graphs)

    def add(self, later: Census) -> None:
        """What was counted in a part whose subjects all come after these is counted here as well."""
        self.quads += later.quads
        self.triples += later.triples
        self.subjects += later.subjects
        self.entities += later.entities
        for name in ("classes", "properties", "graphs", "graph_subjects", "links"):
            getattr(self, name).update(getattr(later, name))
        self.examples = {**later.examples, **self.examples}

    def packed(self) -> bytes:
        """What was counted, in a tenth of the memory: there is a census for each of many parts."""
        counted = replace(self, _subject=b"", _triple=b"", _subject_in={})
        return zlib.compress(pickle.dumps(counted, protocol=5), 1)

    @classmethod
    def unpacked(cls, found: bytes) -> Census:
        """The census that was packed so; of nothing, one of nothing."""
        census: Census = pickle.loads(zlib.decompress(found)) if found else cls()
        return census

    def _type(self, subject: bytes, name: str) -> None:
        self.classes[name] += 1
        if self.space and subject.startswith(b"<" + self.space.encode()):
            self.examples.setdefault(name, _iri(subject))

    def _link(self, predicate: bytes, value: bytes) -> None:
        """A link is counted when it leads out of the house, with the space of names that it leads into."""
        if value.startswith(b"<") and not value.startswith(b"<" + self.space.removesuffix("id/").encode()):
            self.links[_iri(predicate), _LAST_STEP.sub(b"", value[1:-1]).decode()] += 1

    def _meet(self, subject: bytes, graph: bytes) -> None:
        self._subject_in[graph] = subject
        self.graph_subjects[_iri(graph)] += 1
        if subject != self._subject:
            self._subject = subject
            self.subjects += 1
            self.entities += bool(self.space) and subject.startswith(b"<" + self.space.encode())

    def _add(self, predicates: Counter[bytes], graphs: Counter[bytes]) -> None:
        self.quads += graphs.total()
        self.triples += predicates.total()
        for mine, found in ((self.properties, predicates), (self.graphs, graphs)):
            for term, number in found.items():
                mine[_iri(term)] += number


def _iri(term: bytes) -> str:
    return term[1:-1].decode()
