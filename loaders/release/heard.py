"""What is heard of things in a release, before anything is joined: all of it in memory, or what is asked for.

Of what is heard, names of properties stand for properties, and IRIs are without the base.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Protocol

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse

from loaders.namespaces import dcterms, rdfs, skos
from loaders.release import frames

NAMES = ("label", "prefLabel", "awardText", "measure", "altLabel")
_BORROWED = {
    "label": rdfs.label,
    "prefLabel": skos.prefLabel,
    "altLabel": skos.altLabel,
    "inScheme": skos.inScheme,
    "replacedBy": dcterms.isReplacedBy,
}
# What leads to the things, or says the words, that tell a thing from its namesakes, by kind.
BESIDE: Mapping[str, tuple[str, ...]] = {
    "cluster": ("scope",),
    "organisation": ("jurisdiction",),
    "person": ("post",),
    "post": ("postIn",),
    "conference": ("hostCluster", "place"),
    "movement": ("launchedBy",),
    "award": ("recipient", "recipientText", "authority", "standing"),
    "concept": ("inScheme",),
    "act": ("number",),
    "source": ("publisherName",),
    "figure": ("about", "period"),
    "emulation-unit": ("territory",),
}
# What leads to where a thing is; the members of a cluster only where nothing else does.
PLACED = (
    *(
        "scope",
        "jurisdiction",
        "place",
        "territory",
        "postIn",
        "hostCluster",
        "recipient",
        "about",
        "publisher",
        "post",
    ),
    *("ofCluster", "inCluster", "member"),
)
DATED = (
    "date",
    "datePublished",
    "dateIssued",
    "forYear",
    "fromYear",
    "toYear",
    "asOf",
    "year",
    "validFrom",
    "validTo",
)
_OTHERS = (
    *("versionOf", "person", "ofCluster", "inClusterYear", "inMovement", "parent", "formerParent"),
    *("period", "periodReviewed", "ofAward"),
)
_READ = (*NAMES, *PLACED, *DATED, *_OTHERS, *(name for names in BESIDE.values() for name in names))
PROPERTIES = tuple(dict.fromkeys([*_READ, "replacedBy", "searchKey", "level", "code"]))
PERIODS = ("period", "periodReviewed")
# Of these it is also known what names a thing: what belongs to it, or has it as its own.
OWNERS = ("person", "versionOf", "ofCluster", "inClusterYear", "inMovement", "ofAward")

Said = dict[str, list[str]]


class Sayings(Protocol):
    """What a property says of things."""

    def get(self, thing: str, nothing: Sequence[str], /) -> Sequence[str]:
        """What it says of one of them."""


class Heard(Protocol):
    """What is said of things; values and things in their order."""

    def said(self, name: str) -> Sayings:
        """What a property says, but for what it says in English."""

    def english(self, thing: str) -> Sequence[str]:
        """What is said of a thing in English."""

    def owned(self, name: str, thing: str) -> Sequence[str]:
        """What says by one of the `OWNERS` that it belongs to a thing."""

    def alone(self, thing: str) -> bool:
        """Whether nothing belongs to a thing, and it has no period, as far as that is known at once."""

    @property
    def provinces(self) -> Iterable[str]:
        """The units on the level of provinces."""


class Known:
    """All that the default graph of a store, or files of sorted N-Triples in frames, say under a base."""

    def __init__(self, source: Store | Sequence[Path], base: str) -> None:
        self._base = base
        self._english: Said = {}
        self._said: dict[str, Said] = {name: {} for name in PROPERTIES}
        self._owned: dict[str, Said] = {name: {} for name in OWNERS}
        names = named(base)
        for quad in _of_store(source, names) if isinstance(source, Store) else _of_files(source, names):
            self._hear(quad, names[quad.predicate])
        for said in (self._english, *self._said.values(), *self._owned.values()):
            for values in said.values():
                values.sort()
        self._joined = set[str]().union(*self._owned.values(), *(self._said[name] for name in PERIODS))

    def _hear(self, quad: Quad, name: str) -> None:
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
            # The same IRIs and days come again and again.
            subject = intern(quad.subject.value.removeprefix(self._base))
            value = intern(quad.object.value.removeprefix(self._base))
            _add(self._english if _in_english(quad.object) else self._said[name], subject, value)
            if name in self._owned:
                _add(self._owned[name], value, subject)

    def said(self, name: str) -> Sayings:
        """What a property says, but for what it says in English."""
        return self._said[name]

    def english(self, thing: str) -> Sequence[str]:
        """What is said of a thing in English."""
        return self._english.get(thing, ())

    def owned(self, name: str, thing: str) -> Sequence[str]:
        """What says by one of the `OWNERS` that it belongs to a thing."""
        return self._owned[name].get(thing, ())

    def alone(self, thing: str) -> bool:
        """Whether nothing belongs to a thing, and it has no period."""
        return thing not in self._joined

    @property
    def provinces(self) -> Iterable[str]:
        """The units on the level of provinces."""
        return (unit for unit, levels in self._said["level"].items() if any(map(_of_province, levels)))

    @property
    def things(self) -> Sequence[str]:
        """Everything with a name, in order."""
        called = (iri for name in NAMES for iri in self._said[name])
        return sorted({*self._english, *called, *self._owned["versionOf"]})


class Asked:
    """What the default graph of a store says under a base, looked up where it is asked for."""

    def __init__(self, store: Store, base: str) -> None:
        self._store, self._base, self._names = store, base, named(base)
        self._properties = {name: node for node, name in self._names.items()}
        # Dictionaries: a cache around a method would keep the store open, until somebody looks for circles.
        self._looked: dict[str, tuple[Said, Sequence[str]]] = {}
        self._owned: dict[tuple[str, str], Sequence[str]] = {}

    def said(self, name: str) -> Sayings:
        """What a property says, but for what it says in English."""
        return _Saying(self, name)

    def of(self, thing: str) -> Said:
        """What is said of a thing, by property, but for what is said in English."""
        return self._of(thing)[0]

    def english(self, thing: str) -> Sequence[str]:
        """What is said of a thing in English."""
        return self._of(thing)[1]

    def alone(self, thing: str) -> bool:
        """Whether it is known at once that nothing belongs to a thing: it never is."""
        return False

    @property
    def provinces(self) -> Iterable[str]:
        """The units on the level of provinces."""
        for quad in self._store.quads_for_pattern(None, self._properties["level"], None, DefaultGraph()):
            if isinstance(quad.object, NamedNode) and _of_province(quad.object.value):
                yield self._short(quad.subject)

    def pointing(self, thing: str) -> Iterator[tuple[str, str]]:
        """What has a thing as a value, with the property; only what is heard."""
        if (node := self._node(thing)) is not None:
            for quad in self._store.quads_for_pattern(None, None, node, DefaultGraph()):
                if name := self._names.get(quad.predicate):
                    yield name, self._short(quad.subject)

    def owned(self, name: str, thing: str) -> Sequence[str]:
        """What says by one of the `OWNERS` that it belongs to a thing."""
        if (found := self._owned.get((name, thing))) is None:
            found = self._owned[name, thing] = self._look_back(name, thing)
        return found

    def _of(self, thing: str) -> tuple[Said, Sequence[str]]:
        if (found := self._looked.get(thing)) is None:
            found = self._looked[thing] = self._look(thing)
        return found

    def _look(self, thing: str) -> tuple[Said, Sequence[str]]:
        said: Said = {}
        english: list[str] = []
        if (node := self._node(thing)) is not None:
            for quad in self._store.quads_for_pattern(node, None, None, DefaultGraph()):
                if name := self._names.get(quad.predicate):
                    values = english if _in_english(quad.object) else said.setdefault(name, [])
                    values.append(self._short(quad.object))
        for values in said.values():
            values.sort()
        return said, sorted(english)

    def _look_back(self, name: str, thing: str) -> Sequence[str]:
        if (node := self._node(thing)) is None:
            return ()
        quads = self._store.quads_for_pattern(None, self._properties[name], node, DefaultGraph())
        return sorted(self._short(quad.subject) for quad in quads)

    def _node(self, thing: str) -> NamedNode | None:
        """The node of a thing; None for a word in the place of one."""
        try:
            return NamedNode(thing if "://" in thing else self._base + thing)
        except ValueError:
            return None

    def _short(self, term: object) -> str:
        assert isinstance(term, NamedNode | Literal), "a release has no blank nodes"
        return term.value.removeprefix(self._base)


@dataclass(frozen=True)
class _Saying:
    """What a property says, looked up where it is asked for."""

    heard: Asked
    name: str

    def get(self, thing: str, nothing: Sequence[str], /) -> Sequence[str]:
        """What it says of a thing."""
        return self.heard.of(thing).get(self.name, nothing)


def concerned(lines: Iterable[bytes], base: str) -> bool:
    """Whether any line of N-Quads says something that is heard."""
    wanted = {str(name).encode() for name in named(base)}
    return any(line.split(b" ", 2)[1] in wanted for line in lines)


def named(base: str) -> dict[NamedNode, str]:
    """The properties that are heard, and what they are called here."""
    return {_BORROWED.get(name) or NamedNode(f"{base}def#{name}"): name for name in PROPERTIES}


def _add(said: Said, thing: str, value: str) -> None:
    if (known := said.get(thing)) is None:
        said[thing] = [value]
    else:
        known.append(value)


def _in_english(term: object) -> bool:
    return isinstance(term, Literal) and term.language == "en"


def _of_province(level: str) -> bool:
    return level.endswith("/province")


def _of_store(store: Store, names: Iterable[NamedNode]) -> Iterator[Quad]:
    for name in names:
        yield from store.quads_for_pattern(None, name, None, DefaultGraph())


def _of_files(files: Iterable[Path], names: Iterable[NamedNode]) -> Iterator[Quad]:
    """Those of the triples that have one of the properties; the others are not even parsed."""
    wanted = {str(name).encode() for name in names}
    for path in files:
        for text in frames.texts(path):
            lines = (line for line in io.BytesIO(text) if line.split(b" ", 2)[1] in wanted)
            yield from parse(b"".join(lines), RdfFormat.N_TRIPLES)
