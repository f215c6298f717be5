"""A query as groups of words: what stands between braces lies in what stands around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from service.tokens import tokens


@dataclass(frozen=True)
class Word:
    """A token as it stands in the query, and whether there is space before it."""

    text: str
    apart: bool = field(default=True, compare=False)


@dataclass(frozen=True)
class Group:
    """What stands between braces; `barren`, if it can have no row."""

    parts: Sequence[Word | Group]
    barren: bool = False


Part = Word | Group


def read(query: str) -> list[Part]:
    """The words and groups of a query; comments are left out.

    >>> written(read("SELECT * { ?s ?p 'x'@vi # a name\\n}"))
    "SELECT * { ?s ?p 'x'@vi }"
    """
    levels: list[list[Part]] = [[]]
    end = 0
    for token in tokens(query):
        if token.text == "{":
            levels.append([])
        elif token.text == "}":
            closed = Group(levels.pop())
            levels[-1].append(closed)
        else:
            text = query[token.at : token.at + len(token.text)]
            levels[-1].append(Word(text, end < token.at))
        end = token.at + len(token.text)
    return levels[0]


def written(parts: Sequence[Part]) -> str:
    """The query that is read so."""
    return "".join(_pieces(parts)).strip()


def _pieces(parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Word):
            yield f" {part.text}" if part.apart else part.text
        else:
            yield " {"
            yield from _pieces(part.parts)
            yield " }"


def text(parts: Sequence[Part], at: int) -> str:
    """The word there; "" where a group is, or nothing."""
    part = parts[at] if 0 <= at < len(parts) else None
    return part.text if isinstance(part, Word) else ""


def after(parts: Sequence[Part], at: int) -> int:
    """Where what begins there has ended: a word, a group, or all up to the closing bracket."""
    depth = 0
    while True:
        depth += {"(": 1, ")": -1}.get(text(parts, at), 0)
        at += 1
        if depth == 0:
            return at


def split(parts: Sequence[Part], sign: str) -> Iterator[Sequence[Part]]:
    """What stands between these signs, those in brackets left alone."""
    start = at = 0
    while at < len(parts):
        if text(parts, at) == sign:
            yield parts[start:at]
            start = at + 1
        at = after(parts, at)
    yield parts[start:]


def between(several: Sequence[list[Part]], sign: Word) -> list[Part]:
    """All of them, with the sign between them."""
    return [part for number, each in enumerate(several) for part in ([sign, *each] if number else each)]


def variables(parts: Sequence[Part]) -> set[str]:
    """The variables in them, however deep."""
    found = {part.text for part in parts if isinstance(part, Word) and part.text[0] in "?$" and len(part.text) > 1}
    return found.union(*(variables(part.parts) for part in parts if isinstance(part, Group)))
