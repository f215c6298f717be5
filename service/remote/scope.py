"""What a query says of graphs: those that FROM chooses, and those that stand after GRAPH.

Engines are told of both beside the query, since they differ in what they make of it: Virtuoso adds what the request
names to what FROM names, and takes `GRAPH <x> { … }` for true of every graph that it was not told of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode, RdfFormat, parse

from service.dataset import Dataset
from service.remote.tree import Group, Part, Word, read, text, written
from service.tokens import wrong

# A graph that has nothing: a dataset without one of its two parts is told by it, since engines take silence for all.
NOTHING = "urn:thidua:nothing"
_FORMS = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}


@dataclass(frozen=True)
class Scope:
    """A query without FROM: what FROM chose, the IRI of each name after GRAPH as it stands there, if variables do."""

    parts: Sequence[Part]
    chosen: Dataset
    names: dict[str, str]
    variables: bool

    @classmethod
    def of(cls, query: str, base: str) -> Scope:
        """The scope of a query whose relative names are those of the base; Problem 400 for a name that is none.

        >>> found = Scope.of("PREFIX x: <urn:x/> SELECT * FROM x:a { GRAPH <b> { ?s ?p ?o } }", "http://y/")
        >>> found.chosen.default, found.names, written(found.parts)
        (('urn:x/a',), {'<b>': 'http://y/b'}, 'PREFIX x: <urn:x/> SELECT * { GRAPH <b> { ?s ?p ?o } }')
        """
        parts = read(query)
        prologue = _prologue(parts)
        rest, chosen = _taken(parts)
        after = list(_after(parts))
        names = {word: _full(query, prologue, word, base) for word in after if word[0] not in "?$"}
        default, named = (tuple(_full(query, prologue, word, base) for word in words) for words in chosen)
        return cls(rest, Dataset(default, named), names, len(names) < len(set(after)))

    def within(self, graphs: Collection[str]) -> str:
        """The query, in which what stands after GRAPH is one of these graphs, or one that has nothing."""
        other = {word for word, iri in self.names.items() if iri not in graphs}
        return written(_replaced(self.parts, other))


def _prologue(parts: Sequence[Part]) -> str:
    """What a query declares before it asks, which is what Turtle declares."""
    end = next((at for at in range(len(parts)) if text(parts, at).upper() in _FORMS), 0)
    return written(parts[:end])


def _taken(parts: Sequence[Part]) -> tuple[list[Part], tuple[list[str], list[str]]]:
    """What is left without FROM, and what stood after it and after FROM NAMED."""
    left: list[Part] = []
    default: list[str] = []
    named: list[str] = []
    at = 0
    while at < len(parts):
        if text(parts, at).upper() != "FROM":
            left.append(parts[at])
            at += 1
        elif text(parts, at + 1).upper() == "NAMED":
            named.append(text(parts, at + 2))
            at += 3
        else:
            default.append(text(parts, at + 1))
            at += 2
    return left, (default, named)


def _after(parts: Sequence[Part]) -> Iterator[str]:
    """What follows GRAPH, wherever it stands."""
    for at, part in enumerate(parts):
        if isinstance(part, Group):
            yield from _after(part.parts)
        elif part.text.upper() == "GRAPH" and (found := text(parts, at + 1)):
            yield found


def _replaced(parts: Sequence[Part], words: Collection[str]) -> list[Part]:
    kept: list[Part] = []
    for at, part in enumerate(parts):
        if isinstance(part, Group):
            kept.append(Group(_replaced(part.parts, words)))
        elif part.text in words and text(parts, at - 1).upper() == "GRAPH":
            kept.append(Word(f"<{NOTHING}>"))
        else:
            kept.append(part)
    return kept


def _full(query: str, prologue: str, word: str, base: str) -> str:
    """The IRI that a name stands for; Problem 400 for what is none: a blank node, a number, nothing."""
    try:
        found = next(iter(parse(f"{prologue} {word} <urn:p> <urn:o> .", RdfFormat.TURTLE, base_iri=base))).subject
    except (SyntaxError, StopIteration):
        found = None
    if not isinstance(found, NamedNode):
        raise wrong(query, max(query.find(word), 0), f"{word[:60]} names no graph")
    return found.value
