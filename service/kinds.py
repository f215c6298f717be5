"""The order of values of several kinds: what a query sorts by, where the engine finds no one order.

SPARQL says how numbers are ordered among themselves, and texts, and dates, and nothing of one beside another (SPARQL
1.1, 15.1). The engine compares what can be compared by value and the rest by how it is written; put together that goes
round in circles (9 < 10 < "9 a"), at which its sort may give up. Kind by kind there is one order, but for numbers of
more digits than a double has, beside doubles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.syntax import Step, walk
from service.tokens import Token

_TYPES, _TEXT = "http://www.w3.org/2001/XMLSchema#", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
# The kind of a value, as a text: IRIs and blank nodes, numbers, what is no number though it is of such a type, texts,
# and each other type by itself: without a zone, with one, and not readable as such. An error, which comes before
# everything, where there is no value.
_KIND = f"""IF(isLiteral({{0}}), IF(isNumeric({{0}}), IF({{0}} = {{0}}, "1", "2"),
  IF(DATATYPE({{0}}) IN (<{_TYPES}string>, <{_TEXT}>), "3", CONCAT("4", STR(DATATYPE({{0}})), COALESCE(
    IF(TZ({{0}}) = "", " ", " Z"), IF(DATATYPE({{0}}) = <{_TYPES}duration>, STR({{0}}), ""))))), "0")"""
_DIRECTIONS, _CALLED = ("ASC", "DESC"), ("iri", "name", "word")


def by_kind(query: str) -> str:
    """The query, everywhere in it sorting by the kind of a value before the value, but within what is sorted by.

    >>> by_kind("SELECT * { ?s ?p ?o } ORDER BY ?s DESC(?o) LIMIT 9").count("isLiteral")
    2
    """
    steps, found, end = list(walk(query)), [], 0
    for number, step in enumerate(steps):
        # What sorts within a value (EXISTS) stays as it is, each time that the value is said.
        if (step.prior.text, step.token.text) != ("ORDER", "BY") or step.token.at < end:
            continue
        for start, first, last in _conditions(steps, number + 1):
            value = query[steps[first].token.at : steps[last].token.at + len(steps[last].token.text)]
            direction = start.text if start.text in _DIRECTIONS else ""
            found += [query[end : start.at], f"{direction}({_KIND.format(f'({value})')}) {direction}({value})"]
            end = steps[first].token.at + len(value)
    return "".join([*found, query[end:]])


def _conditions(steps: Sequence[Step], number: int) -> Iterator[tuple[Token, int, int]]:
    """The conditions of an ORDER BY: the token with which each begins, the first and the last step of its value."""
    while number < len(steps):
        start = steps[number].token
        first = number + (start.text in _DIRECTIONS)
        last = _last(steps, first)
        if last is None:
            return
        yield start, first, last
        number = last + 1


def _last(steps: Sequence[Step], first: int) -> int | None:
    """The last step of a variable, a bracket or a call; None where there is none of these."""
    near = [step.token for step in steps[first : first + 2]]
    texts = [token.text for token in near]
    if near and near[0].kind == "variable":
        return first
    if texts[:1] == ["("]:
        opened = first
    elif texts[1:] == ["("] and near[0].kind in _CALLED and texts[0] != "VALUES":
        opened = first + 1
    else:
        return None
    within = steps[opened].depth + 1
    return next(n for n in range(opened, len(steps)) if steps[n].token.text == ")" and steps[n].depth == within)
