"""A query of ours in the words that every engine understands as we mean it, by its tokens; what it asks is the same.

Needed where an engine does not look out to `VALUES` from within an `OPTIONAL` or an `EXISTS`: what parameters are
stands where their variables stood.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from service.remote.apart import apart
from service.remote.flat import flat
from service.remote.folding import folded
from service.remote.held import held
from service.remote.tree import read, written
from service.tokens import Token, tokens

# Variables of parameters begin so (`service.queryfile`).
_PARAMETER = "?_"
# What begins at a parameter without a value is behind a filter that lets nothing pass, and is left out: a path has to
# begin somewhere.
_BEFORE_SUBJECT = (".", "{", "}")
Values = Mapping[str, str | None]


def plain(query: str) -> str:
    """The query with its parameters in their places; those that may have several values stay as they are.

    >>> print(plain('SELECT * { VALUES ?_a { "x" } VALUES ?_b { UNDEF } ?s ?p ?_a FILTER(!BOUND(?_b)) }'))
    SELECT * { ?s ?p "x" }
    """
    found = list(tokens(query))
    clauses = list(_clauses(query, found))
    several = {name for _, _, names, rows in clauses if len(rows) != 1 for name in names}
    values: dict[str, str | None] = {}
    left: set[int] = set()
    for start, end, names, rows in clauses:
        if not several & set(names):
            values |= dict(zip(names, rows[0], strict=True))
            left.update(range(start, end))
    return written(flat(held(apart(folded(read(_written(query, found, values, left)))))))


def _clauses(query: str, found: Sequence[Token]) -> Iterator[tuple[int, int, list[str], list[list[str | None]]]]:
    """Every VALUES of parameters: from which token to which, its variables, its rows."""
    for start, token in enumerate(found):
        if token != (token.kind, "VALUES", token.at) or token.kind != "word":
            continue
        opening = next(at for at in range(start, len(found)) if found[at].text == "{")
        closing = next(at for at in range(opening, len(found)) if found[at].text == "}")
        names = [found[at].text for at in range(start, opening) if found[at].kind == "variable"]
        if names and all(name.startswith(_PARAMETER) for name in names):
            terms = list(_terms(query, found[opening + 1 : closing]))
            rows = [terms[at : at + len(names)] for at in range(0, len(terms), len(names))]
            yield start, closing + 1, names, rows


def _terms(query: str, found: Sequence[Token]) -> Iterator[str | None]:
    """The terms of rows, as they are written; None for UNDEF."""
    at = 0
    while at < len(found):
        first, at = found[at], at + 1
        if first.text in ("(", ")"):
            continue
        if first.kind == "string" and at < len(found):
            at += {"language": 1, "mark": 2 * (found[at].text == "^^")}.get(found[at].kind, 0)
        undefined = (first.kind, first.text) == ("word", "UNDEF")
        yield None if undefined else query[first.at : found[at - 1].at + len(found[at - 1].text)]


def _written(query: str, found: Sequence[Token], values: Values, left: set[int]) -> str:
    """The query without the tokens that are `left` out, and with the values."""
    text, end, skip = "", 0, 0
    for at, token in enumerate(found):
        text += query[end : token.at] if at not in left or at - 1 not in left else ""
        end = token.at + len(token.text)
        if at in left:
            continue
        if skip:
            skip -= 1
        elif token.text == "BOUND" and at + 2 < len(found) and (name := found[at + 2].text) in values:
            text, skip = text + ("false" if values[name] is None else "true"), 3
        elif token.kind == "variable" and values.get(token.text) is not None:
            text += str(values[token.text])
        elif token.text in values and found[at - 1].text in _BEFORE_SUBJECT:
            skip = _length(found, at) - 1
        else:
            text += query[token.at : end]
    return text + query[end:]


def _length(found: Sequence[Token], start: int) -> int:
    """How many tokens the pattern has that begins there, with the full stop behind it."""
    end = next(at for at in range(start, len(found)) if found[at].text in (".", "}"))
    return end - start + (found[end].text == ".")
