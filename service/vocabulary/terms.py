"""What the page of the ontology says of each term: from the ontology, its shapes, its examples and the questions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from loaders.namespaces import dcterms, owl, rdf, rdfs, sh, skos, void
from service.place import Statements
from service.query import Words
from service.vocabulary import library
from service.vocabulary.library import Node, Said, Sample

if TYPE_CHECKING:
    from loaders.release import Release
    from service.catalogue import Catalogue
    from service.query import Query

_KINDS = (owl.Class, owl.ObjectProperty, owl.DatatypeProperty, owl.AnnotationProperty)
_MODULES = {
    "territory": Words("Lãnh thổ", "Territory"),
    "organisation": Words("Tổ chức, người, chức vụ", "Bodies, people, posts"),
    "emulation": Words("Thi đua, khen thưởng", "Emulation and commendation"),
    "provenance": Words("Nguồn và chứng cứ", "Sources and witnesses"),
}
# Whatever restricts a class to one of these says how often the property stands there.
_ONE = Words("đúng một", "exactly one")
_SOME = Words("ít nhất một", "at least one")
_MOST = Words("nhiều nhất một", "at most one")
_ANY = Words("bao nhiêu cũng được", "any number")


@dataclass(frozen=True)
class Mention:
    """Another term: its IRI, how it is written, its label if it is ours."""

    iri: str
    short: str
    words: Words | None


@dataclass(frozen=True)
class Use:
    """A property as a class has it: where it leads to, and how often it stands there."""

    property: Mention
    leads: tuple[Mention, ...]
    count: Words


@dataclass(frozen=True)
class Term:
    """A class or a property."""

    iri: str
    name: str
    short: str
    kind: str
    module: str
    words: Words
    definition: Words | None
    notes: tuple[Words, ...]
    above: tuple[Mention, ...]
    below: tuple[Mention, ...]
    related: tuple[Mention, ...]
    apart: tuple[Mention, ...]
    domain: tuple[Mention, ...]
    range: tuple[Mention, ...]
    single: bool
    has: tuple[Use, ...]
    reached: tuple[Mention, ...]
    shapes: tuple[str, ...]
    sample: Sample | None
    deprecated: bool
    instead: tuple[Mention, ...]

    @property
    def is_class(self) -> bool:
        """Whether it is a class."""
        return self.kind == "Class"


@dataclass(frozen=True)
class Module:
    """A part of the ontology: its classes and its properties, each by label."""

    name: str
    words: Words
    classes: tuple[Term, ...]
    properties: tuple[Term, ...]


@cache
def modules(base: str) -> tuple[Module, ...]:
    """The terms of the ontology, module by module."""
    return arranged(library.said(library.ONTOLOGY, base), library.said(library.SHAPES, base))


def arranged(ontology: Said, shapes: Said) -> tuple[Module, ...]:
    """The terms that an ontology defines, with the shapes that constrain them."""
    reader = _Reader(ontology, shapes)
    found = sorted(map(reader.term, reader.terms), key=lambda term: term.name.casefold())
    names = [*_MODULES, *sorted({term.module for term in found} - set(_MODULES))]
    parts = (
        Module(
            name,
            _MODULES.get(name, Words(name, name)),
            tuple(term for term in found if term.module == name and term.is_class),
            tuple(term for term in found if term.module == name and not term.is_class),
        )
        for name in names
    )
    return tuple(part for part in parts if part.classes or part.properties)


@dataclass(frozen=True)
class Header:
    """What the ontology says of itself."""

    iri: str
    title: Words
    about: Words
    version: str
    version_iri: str
    license: str


@cache
def header(base: str) -> Header:
    """The head of the page."""
    said, iri = library.said(library.ONTOLOGY, base), NamedNode(f"{base}def")
    title, about = said.words(iri, dcterms.title), said.words(iri, dcterms.description)
    assert title is not None, "the ontology has a title"
    assert about is not None, "the ontology has a description"
    number, version, license = (
        str(said.all(iri, predicate)[0].value) for predicate in (owl.versionInfo, owl.versionIRI, dcterms.license)
    )
    return Header(iri.value, title, about, number, version, license)


def questions(catalogue: Catalogue) -> Mapping[str, tuple[Query, ...]]:
    """The curated queries that use a term, by its name."""
    found: defaultdict[str, list[Query]] = defaultdict(list)
    for query in catalogue:
        for name in sorted(set(re.findall(r"\btd:(\w+)", query.body))):
            found[name].append(query)
    return {name: tuple(queries) for name, queries in found.items()}


def counts(release: Release) -> dict[str, int]:
    """How many things of a class, and statements with a property, a release has: as its description says."""
    said: dict[tuple[Node, NamedNode], str] = {}
    for triple in Statements(release, release.description):
        if isinstance(triple.object, NamedNode | Literal):
            said[triple.subject, triple.predicate] = triple.object.value
    numbers = {}
    for (part, predicate), term in said.items():
        if predicate in (void["class"], void.property):
            number = void.entities if predicate == void["class"] else void.triples
            numbers[term] = int(said[part, number])
    return numbers


class _Reader:
    """Reads terms out of an ontology and its shapes."""

    def __init__(self, ontology: Said, shapes: Said) -> None:
        self.ontology, self.shapes = ontology, shapes
        self.schemes = library.said(library.CONCEPTS, ontology.base)
        space = f"{ontology.base}def#"
        typed = [(s, o) for (s, p), values in ontology.about.items() if p == rdf.type for o in values]
        self.kinds = {s: o for s, o in typed if isinstance(s, NamedNode) and s.value.startswith(space) and o in _KINDS}
        self.terms = list(self.kinds)
        self.constrained = self._constrained()
        self.restricted = self._restricted()

    def term(self, iri: NamedNode) -> Term:
        """Everything that its page says of the term."""
        said, name = self.ontology, iri.value.rpartition("#")[2]
        is_class = self.kinds[iri] == owl.Class
        upward = rdfs.subClassOf if is_class else rdfs.subPropertyOf
        below = self._subjects(upward, iri)
        apart = {*said.named(iri, owl.disjointWith), *self._subjects(owl.disjointWith, iri)}
        notes = (said.words(iri, predicate) for predicate in (skos.scopeNote, skos.historyNote, skos.example))
        return Term(
            iri=iri.value,
            name=name,
            short=said.short(iri.value),
            kind=str(self.kinds[iri].value).rpartition("#")[2],
            module=said.file[iri.value],
            words=said.words(iri, rdfs.label) or Words(name, name),
            definition=said.words(iri, skos.definition),
            notes=tuple(note for note in notes if note),
            above=self._mentions(said.named(iri, upward)),
            below=self._mentions(below),
            related=self._mentions(said.named(iri, rdfs.seeAlso)),
            apart=self._mentions(sorted(apart, key=str)),
            domain=self._mentions(said.named(iri, rdfs.domain) or self._holders(iri)),
            range=self._leads(iri),
            single=owl.FunctionalProperty in said.all(iri, rdf.type),
            has=tuple(self._uses(iri)) if is_class else (),
            reached=self._mentions(self._subjects(rdfs.range, iri)) if is_class else (),
            shapes=tuple(
                sorted(shape for each in self._ancestors(iri) for shape in self.constrained.get(each.value, ()))
            ),
            sample=_sample([name, *(each.value.rpartition("#")[2] for each in below)], is_class),
            deprecated=any(isinstance(v, Literal) and v.value == "true" for v in said.all(iri, owl.deprecated)),
            instead=self._mentions(said.named(iri, dcterms.isReplacedBy)),
        )

    def _mentions(self, nodes: Iterable[NamedNode]) -> tuple[Mention, ...]:
        return tuple(map(self._mention, nodes))

    def _mention(self, node: NamedNode) -> Mention:
        words = (
            self.ontology.words(node, rdfs.label) if node in self.kinds else self.schemes.words(node, skos.prefLabel)
        )
        return Mention(node.value, self.ontology.short(node.value).removeprefix(self.ontology.base), words)

    def _subjects(self, predicate: NamedNode, node: NamedNode) -> list[NamedNode]:
        """Our terms that say this of the node."""
        return [term for term in self.terms if node in self.ontology.all(term, predicate)]

    def _leads(self, iri: NamedNode) -> tuple[Mention, ...]:
        """Where a property leads: its range; of concepts, the scheme that they are of."""
        schemes = [
            scheme
            for part in self.ontology.blank(iri, rdfs.range)
            for scheme in self.ontology.named(part, owl.hasValue)
        ]
        return self._mentions(schemes or self.ontology.named(iri, rdfs.range))

    def _holders(self, iri: NamedNode) -> list[NamedNode]:
        return sorted((owner for owner, parts in self.restricted.items() if iri in parts), key=str)

    def _ancestors(self, iri: NamedNode) -> set[NamedNode]:
        """A term of ours and what it is a kind of, all the way up: a shape of those looks at it too."""
        found, todo = set[NamedNode](), [iri]
        while todo:
            term = todo.pop()
            if term not in found:
                found.add(term)
                todo += [each for each in self.ontology.named(term, rdfs.subClassOf) if each in self.kinds]
        return found

    def _uses(self, owner: NamedNode) -> Iterator[Use]:
        """A property is a class's by its domain, or because a restriction on the class speaks of it."""
        parts = self.restricted.get(owner, {})
        for iri in sorted({*self._subjects(rdfs.domain, owner), *parts}, key=str):
            if iri in self.kinds:
                single = owl.FunctionalProperty in self.ontology.all(iri, rdf.type)
                least, most = parts.get(iri, (False, False))
                count = {(True, True): _ONE, (True, False): _SOME, (False, True): _MOST}.get((least, most or single))
                yield Use(self._mention(iri), self._leads(iri), count or _ANY)

    def _restricted(self) -> dict[NamedNode, dict[NamedNode, tuple[bool, bool]]]:
        """By class and property: whether there is at least one, at most one."""
        found: dict[NamedNode, dict[NamedNode, tuple[bool, bool]]] = {}
        for owner in self.terms:
            for part in self.ontology.blank(owner, rdfs.subClassOf):
                for on in self.ontology.named(part, owl.onProperty):
                    least, most = found.setdefault(owner, {}).get(on, (False, False))
                    least |= bool(self.ontology.all(part, owl.someValuesFrom))
                    most |= bool(self.ontology.all(part, owl.maxCardinality))
                    found[owner][on] = (least, most)
        return found

    def _constrained(self) -> dict[str, set[str]]:
        """The names of the shapes about a term: node shapes of a class, property shapes of a property."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for (shape, predicate), values in self.shapes.about.items():
            if predicate in (sh.targetClass, sh.path, sh.targetSubjectsOf) and isinstance(shape, NamedNode):
                for value in values:
                    if isinstance(value, NamedNode):
                        found[value.value].add(shape.value.rpartition("#")[2])
        return dict(found)


def _sample(names: Iterable[str], is_class: bool) -> Sample | None:
    """The shortest passage of an example in which there is such a thing or statement, or one of its kinds."""
    for name in names:
        pattern = re.compile(rf"\ba (td:\w+ , )*td:{name}\b" if is_class else rf"(^|[\s;])td:{name}\s")
        for sample in library.passages():
            if pattern.search(sample.text):
                return sample
    return None
