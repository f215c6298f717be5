"""A class as a drawing: in the middle what it is, at the left what leads to it, at the right what it leads to.

The middle is as high as all the rest, so every arrow is a level line, and nothing has to be laid out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.query import Words
from service.vocabulary.terms import Mention, Module, Term

# Pixels, with a font of 13: a letter is seldom wider than 7.2.
_LETTER, _ROW, _LINE, _PAD, _LEAST = 7.2, 46, 20, 12, 56
# What OWL 2 cannot name: xsd:date is not among its datatypes, and it calls language-tagged text PlainLiteral.
_VALUES = {
    "rdfs:Literal": Words("ngày", "date"),
    "rdf:PlainLiteral": Words("lời văn", "text"),
    "xsd:string": Words("chuỗi ký tự", "string"),
    "xsd:integer": Words("số nguyên", "whole number"),
    "xsd:decimal": Words("số", "number"),
    "xsd:anyURI": Words("địa chỉ", "address"),
}


@dataclass(frozen=True)
class Box:
    """A class in the drawing."""

    iri: str
    label: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Arrow:
    """A property in the drawing, from left to right."""

    iri: str
    label: str
    start: float
    end: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """A class and its neighbours; `lines` are the values that it has, below its name."""

    width: float
    height: float
    middle: Box
    lines: tuple[str, ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


Edge = tuple[Mention, Mention]


def drawn(term: Term, modules: Sequence[Module], lang: str) -> Drawing | None:
    """The drawing of a class, or none if nothing leads to it or from it."""
    known = {each.iri: each for module in modules for each in (*module.classes, *module.properties)}
    before = [(owner, prop) for prop in term.reached for owner in known[prop.iri].domain if owner.iri in known]
    after = [(use.leads[0], use.property) for use in term.has if use.leads and use.leads[0].iri in known]
    values = [use for use in term.has if not (use.leads and use.leads[0].iri in known)]
    lines = tuple(f"{_word(use.property, lang)}: {_of(use.leads, lang)}" for use in values)
    return _laid_out(term, lines, before, after, lang) if before or after else None


def _laid_out(term: Term, lines: tuple[str, ...], before: list[Edge], after: list[Edge], lang: str) -> Drawing:
    left, right = (_width(_word(node, lang) for node, _ in edges) for edges in (before, after))
    label = term.words.get(lang)
    middle = _width((label, *lines))
    # What is written on the arrows has to fit between the boxes.
    gaps = [_width(_word(prop, lang) for _, prop in edges) for edges in (before, after)]
    height = max(_ROW * max(len(before), len(after)), _LINE * (len(lines) + 1) + 2 * _PAD, _LEAST)
    at = left + gaps[0]
    far = at + middle + gaps[1]
    boxes = [*_column(before, 0, left, height, lang), *_column(after, far, right, height, lang)]
    arrows = [*_arrows(before, left, at, height, lang), *_arrows(after, at + middle, far, height, lang)]
    return Drawing(
        width=far + right + 2,
        height=height + 2,
        middle=Box(term.iri, label, at, 1, middle, height),
        lines=lines,
        boxes=tuple(boxes),
        arrows=tuple(arrows),
    )


def _column(edges: list[Edge], x: float, width: float, height: float, lang: str) -> Iterator[Box]:
    for place, (node, _) in enumerate(edges):
        yield Box(node.iri, _word(node, lang), x + 1, _middle(place, len(edges), height) - 14, width - 2, 28)


def _arrows(edges: list[Edge], start: float, end: float, height: float, lang: str) -> Iterator[Arrow]:
    for place, (_, prop) in enumerate(edges):
        yield Arrow(prop.iri, _word(prop, lang), start, end, _middle(place, len(edges), height))


def _middle(place: int, number: int, height: float) -> float:
    return (place + 0.5) * height / number


def _width(texts: Iterator[str] | Sequence[str]) -> float:
    longest = max(map(len, texts), default=0)
    return round(longest * _LETTER + 2 * _PAD, 1) if longest else 0


def _word(mention: Mention, lang: str) -> str:
    words = mention.words or _VALUES.get(mention.short)
    return words.get(lang) if words else mention.short


def _of(leads: Sequence[Mention], lang: str) -> str:
    return ", ".join(_word(mention, lang) for mention in leads)
