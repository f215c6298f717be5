"""The closed lists that cells choose from, read from the ontology so that labels are said once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from loaders.errors import SourceError
from loaders.identity import fold
from loaders.namespaces import BASE, rdfs, skos, td
from loaders.records.schema import Column, Kind

_CONCEPTS = BASE + "concept/"


@dataclass(frozen=True, eq=False)
class Choice:
    """One thing that a cell may choose: a concept or a class, with its labels."""

    key: str
    node: NamedNode
    vi: str
    en: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choices:
    """The things that a cell may choose from, in the ontology's order."""

    choices: tuple[Choice, ...]

    def find(self, text: str) -> Choice:
        """The choice that a key or a label names, marks and case aside; SourceError names the nearest ones."""
        found = self._by_word.get(text) or self._folded.get(fold(text), ())
        if len(found) == 1:
            return found[0]
        near = [c.key for c in found] or self._near(text)
        raise SourceError("not in the list", hint="one of: " + "; ".join(f"{key} ({self[key].vi})" for key in near))

    def __getitem__(self, key: str) -> Choice:
        return self._by_key[key]

    def _near(self, text: str) -> list[str]:
        words = difflib.get_close_matches(fold(text), self._folded, n=3, cutoff=0.5)
        return list(dict.fromkeys(c.key for word in words for c in self._folded[word])) or list(self._by_key)[:12]

    @cached_property
    def _by_key(self) -> Mapping[str, Choice]:
        return {choice.key: choice for choice in self.choices}

    @cached_property
    def _by_word(self) -> Mapping[str, tuple[Choice, ...]]:
        return _grouped((word, c) for c in self.choices for word in (c.key, c.vi, c.en, *c.others))

    @cached_property
    def _folded(self) -> Mapping[str, tuple[Choice, ...]]:
        return _grouped((fold(word), c) for c in self.choices for word in (c.key, c.vi, c.en, *c.others))


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Every scheme by its key, and the classes of the ontology with their labels."""

    schemes: Mapping[str, Choices]
    classes: Mapping[NamedNode, Choice]

    def choices(self, column: Column) -> Choices:
        """What the cells of a column choose from."""
        if column.kind is Kind.CHOICE:
            if column.of not in self.schemes:
                raise _lacking(f"concept/{column.of}")
            return self.schemes[column.of]
        for node in column.classes.values():
            if node not in self.classes:
                raise _lacking(node.value.removeprefix(BASE))
        named = ((key, self.classes[node]) for key, node in column.classes.items())
        return Choices(tuple(Choice(key, c.node, c.vi, c.en) for key, c in named))


def read_vocabulary(files: Iterable[Path]) -> Vocabulary:
    """The vocabulary of an ontology's Turtle files; SourceError for a file that is none, a term that lacks a label."""
    labels: dict[NamedNode, dict[str, list[str]]] = {}
    for file in files:
        for quad in _statements(file):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                word = _SLOTS.get((quad.predicate, quad.object.language or ""))
                if word:
                    labels.setdefault(quad.subject, {}).setdefault(word, []).append(quad.object.value)
    schemes: dict[str, list[Choice]] = {}
    for node in labels:
        scheme, _, key = node.value.removeprefix(_CONCEPTS).partition("/")
        if node.value.startswith(_CONCEPTS) and key:
            schemes.setdefault(scheme, []).append(_choice(key, node, labels[node]))
    classes = {node: _choice("", node, labels[node]) for node in labels if node.value.startswith(td.iri)}
    return Vocabulary({scheme: Choices(tuple(found)) for scheme, found in schemes.items()}, classes)


_SLOTS = {
    (skos.prefLabel, "vi"): "vi",
    (skos.prefLabel, "en"): "en",
    (rdfs.label, "vi"): "vi",
    (rdfs.label, "en"): "en",
    (skos.altLabel, "vi"): "others",
}


def _statements(file: Path) -> Iterator[Quad]:
    try:
        yield from parse(path=file, format=RdfFormat.TURTLE)
    except (OSError, SyntaxError) as error:
        raise SourceError(f"no module of the ontology: {error}", file=str(file), hint="restore the file") from error


def _lacking(name: str) -> SourceError:
    return SourceError("the ontology does not have what a table chooses from", value=name, hint="restore ontology/")


def _choice(key: str, node: NamedNode, labels: Mapping[str, list[str]]) -> Choice:
    for language in ("vi", "en"):
        if language not in labels:
            raise SourceError(f"a term without a label in {language}", value=node.value, hint="add it to the ontology")
    return Choice(key, node, labels["vi"][0], labels["en"][0], tuple(labels.get("others", ())))


def _grouped(pairs: Iterable[tuple[str, Choice]]) -> Mapping[str, tuple[Choice, ...]]:
    groups: dict[str, dict[str, Choice]] = {}
    for word, choice in pairs:
        groups.setdefault(word, {})[choice.key] = choice
    return {word: tuple(group.values()) for word, group in groups.items()}
