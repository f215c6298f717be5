"""The ontology, the shapes and what illustrates them, read from their files once for each base."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from loaders.namespaces import BASE, owl, rdf
from loaders.release.base import prefixes
from loaders.resources import ROOT, case_files, ontology_files, read_text, shape_files
from service.query import Words

# Vocabularies and acts are data of the release and answer at their own paths.
_DATA = {"acts.ttl", "awards.ttl", "concepts.ttl"}
ONTOLOGY = tuple(path for path in ontology_files() if path.name not in _DATA)
CONCEPTS = tuple(path for path in ontology_files() if path.name in ("awards.ttl", "concepts.ttl"))
SHAPES = (*shape_files(), ROOT / "shapes" / "vocabulary.ttl")

Node = NamedNode | BlankNode


@dataclass(frozen=True)
class Said:
    """A small graph by subject and predicate, under a base; `file` says where each named subject is defined."""

    base: str
    triples: tuple[Triple, ...]
    about: Mapping[tuple[Node, NamedNode], list[Node | Literal]]
    file: Mapping[str, str]

    def all(self, subject: Node, predicate: NamedNode) -> list[Node | Literal]:
        """The objects, in the order of the file."""
        return self.about.get((subject, predicate), [])

    def one(self, subject: Node, predicate: NamedNode) -> Node | Literal | None:
        """The first object, if there is one."""
        return next(iter(self.all(subject, predicate)), None)

    def named(self, subject: Node, predicate: NamedNode) -> list[NamedNode]:
        """The objects that have an IRI."""
        return [value for value in self.all(subject, predicate) if isinstance(value, NamedNode)]

    def blank(self, subject: Node, predicate: NamedNode) -> list[BlankNode]:
        """The objects that have none."""
        return [value for value in self.all(subject, predicate) if isinstance(value, BlankNode)]

    def words(self, subject: Node, predicate: NamedNode) -> Words | None:
        """The text in both languages; a language that is not there says what the other says."""
        by_language = {v.language: v.value for v in self.all(subject, predicate) if isinstance(v, Literal)}
        if not by_language:
            return None
        other = next(iter(by_language.values()))
        return Words(by_language.get("vi", other), by_language.get("en", other))

    def members(self, head: Node | Literal | None) -> Iterator[Node | Literal]:
        """The members of an RDF list."""
        while isinstance(head, NamedNode | BlankNode) and head != rdf.nil:
            yield from self.all(head, rdf.first)[:1]
            head = self.one(head, rdf.rest)

    def short(self, iri: str) -> str:
        """The IRI as people write it, `td:unit`."""
        spaces = prefixes(self.base).items()
        return next((f"{name}:{iri.removeprefix(space)}" for name, space in spaces if iri.startswith(space)), iri)


@cache
def triples(files: tuple[Path, ...], base: str) -> tuple[Triple, ...]:
    """What the files say, under the base; blank nodes of different files do not meet."""
    return tuple(triple for _, triple in _read(files, base))


@cache
def said(files: tuple[Path, ...], base: str) -> Said:
    """The same by subject."""
    about: defaultdict[tuple[Node, NamedNode], list[Node | Literal]] = defaultdict(list)
    file: dict[str, str] = {}
    everything = []
    for path, triple in _read(files, base):
        everything.append(triple)
        about[triple.subject, triple.predicate].append(triple.object)  # type: ignore[index, arg-type]
        if triple.predicate == rdf.type and isinstance(triple.subject, NamedNode):
            file[triple.subject.value] = path.stem
    return Said(base, tuple(everything), dict(about), file)


def _read(files: Iterable[Path], base: str) -> Iterator[tuple[Path, Triple]]:
    """What each file says. Blank nodes are numbered as they come: what stands under a strong tag is always the same."""
    numbered: dict[BlankNode, BlankNode] = {}

    def known(term: Any) -> Any:
        return numbered.setdefault(term, BlankNode(f"b{len(numbered)}")) if isinstance(term, BlankNode) else term

    for path in files:
        text = read_text(path).replace(BASE, base)
        for quad in parse(text, RdfFormat.TURTLE, rename_blank_nodes=True):
            yield path, Triple(known(quad.subject), quad.predicate, known(quad.object))


@cache
def versions() -> frozenset[str]:
    """The versions of the ontology that this service has: its own."""
    header = said((ROOT / "ontology" / "thidua.ttl",), BASE)
    return frozenset(iri.value.rpartition("/")[2] for iri in header.named(NamedNode(f"{BASE}def"), owl.versionIRI))


@cache
def examples() -> Mapping[str, Path]:
    """The examples of the ontology by name, and the acts of the law, which are one as they stand."""
    found = sorted((ROOT / "ontology" / "examples").glob("*.ttl"))
    return {path.stem: path for path in (*found, ROOT / "ontology" / "acts.ttl")}


@cache
def cases() -> Mapping[str, Path]:
    """The cases of the shapes by name, `EmulationCluster/valid`."""
    return {f"{path.parent.name}/{path.stem}": path for path in case_files()}


@dataclass(frozen=True)
class Sample:
    """A passage of an example: where the whole is, and what the passage says."""

    path: str
    text: str


@cache
def passages() -> tuple[Sample, ...]:
    """The statements of the examples, subject by subject, and behind them those of valid cases; the shortest first."""
    told = [(f"/def/example/{name}", path) for name, path in examples().items()]
    tried = [(f"/shapes/case/{name}", path) for name, path in cases().items() if path.stem.startswith("valid")]
    return (*_passages(told), *_passages(tried))


def _passages(files: Iterable[tuple[str, Path]]) -> list[Sample]:
    found = (Sample(place, block) for place, path in files for block in _blocks(read_text(path)))
    return sorted(found, key=lambda sample: (len(sample.text), sample.path, sample.text))


def _blocks(text: str) -> Iterable[str]:
    return (block.strip() for block in re.split(r"\n\s*\n|(?<= \.)\n(?=<)", text) if block.lstrip().startswith("<"))
