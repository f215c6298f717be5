"""Where a query is wrong: the token at which it stops being SPARQL.

The engine's position is off by up to the length of the longest keyword it tried there (`OPTIONAL` at a `}` is
reported seven characters on). So the query is read once more with space after every token, in which such a
position falls without reaching the next token.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from service.problems import Problem
from service.tokens import Token, tokens

# Longer than any keyword.
_SPACE = " " * 20


def blame(query: str, parse: Callable[[str], object]) -> int | None:
    """Where the token begins that cannot stand there, the length of the query if it should go on; None if unknown.

    >>> from pyoxigraph import Store
    >>> blame("ASK { ?s ?p }", Store().query), blame("ASK { ?s ?p 1", Store().query)
    (12, 13)
    """
    try:
        spread, starts = _spread(query)
        parse(spread)
    except Problem:
        return None
    except SyntaxError as error:
        offset = _offset(spread, str(error))
        reached = [token.at for start, token in starts if start <= offset]
        return len(query) if offset >= len(spread) - len(_SPACE) else reached[-1]
    return None


def reason(complaint: str) -> str | None:
    """What the engine says in words, if it does: `The SELECT contains a variable that is unbound`."""
    items = re.split(r", (?![^\[]*\])", complaint.partition("expected ")[2].removeprefix("one of "))
    return next((item for item in items if re.match(r"[A-Z]\w+ \S+ \w", item)), None)


def _spread(query: str) -> tuple[str, list[tuple[int, Token]]]:
    """The query with space between its tokens, where it may stand, and where each token begins now."""
    text, starts, prior = "", [], ""
    for token in tokens(query):
        if token.kind != "language" and "^^" not in (token.text, prior):
            text += _SPACE
        starts.append((len(text), token))
        end = token.at + len(token.text)
        text += query[token.at : end]
        prior = token.text
    return text + _SPACE, starts


def _offset(text: str, complaint: str) -> int:
    match = re.search(r"error at (\d+):(\d+)", complaint)
    line, column = (int(match[1]), int(match[2])) if match else (1, 1)
    return sum(len(part) + 1 for part in text.split("\n")[: line - 1]) + column - 1
