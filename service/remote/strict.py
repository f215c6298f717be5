"""A client's query as an engine is to read it in which an IRI may call something: token by token, in one spelling.

What is written anew cannot be read in another way there than here: no comment, no text that ends elsewhere, no `<` that
begins an IRI for one and is less-than for the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from service.problems import Problem
from service.syntax import OPERANDS, Step, walk
from service.tokens import Token, wrong

_HARMLESS = re.compile(r"(?:https?|urn|tag|mailto|info|geo|ftp):[^\\]*")
# What stands after an operand and begins or goes on so is an expression and no relative IRI.
_EXPRESSION = re.compile(r"[?$(0-9+!-]|.*(?:\(|&&)")
# In a text these could end it, or begin something else.
_UNSURE = re.compile(r"[\x00-\x1f\x7f\"'\\<>#]")
# A `;` before these is followed by nothing, which SPARQL allows and Virtuoso does not.
_ENDS = {";", ".", "}", "]", "|}", "{", "FILTER", "OPTIONAL", "GRAPH", "MINUS", "BIND", "VALUES", "SERVICE", "LATERAL"}


def strict(query: str, base: str) -> str:
    r"""The query with IRIs in full and in one spelling; Problem 400 for an IRI by which it could reach into the engine.

    >>> query = "SELECT ('<a>' AS ?x) { ?s a <b> ; ; ?p ?o FILTER(?s<?o&&?o>?s) } # <x>"
    >>> print(" ".join(strict(query, "http://y/").split()))
    SELECT ("\u003Ca\u003E" AS ?x) { ?s a <http://y/b> ; ?p ?o FILTER(?s< ?o&&?o>?s) }
    """
    return "".join(_pieces(_spaced(query), base)).strip()


def _spaced(query: str) -> str:
    """The query, in which less-than is not taken for the beginning of an IRI."""
    end, text = 0, ""
    for step in walk(query):
        if step.token.kind == "iri" and _less(step):
            text += query[end : step.token.at + 1] + " "
            end = step.token.at + 1
    return text + query[end:]


def _less(step: Step) -> bool:
    """Whether what looks like an IRI is a comparison without spaces."""
    if step.frame.mark != "(" or step.frame.holds != "patterns" or _HARMLESS.match(step.token.text[1:-1]):
        return False
    operand = step.prior.kind in OPERANDS or step.prior.text in ("TRUE", "FALSE", ")")
    return operand and _EXPRESSION.match(step.token.text[1:-1]) is not None


def _pieces(query: str, base: str) -> Iterator[str]:
    end = 0
    steps = list(walk(query))
    for step, after in zip_longest(steps, steps[1:]):
        token = step.token
        if token.at > end:
            yield " "
        end = token.at + len(token.text)
        if token.kind == "iri":
            iri = _full(query, token, base)
            # Virtuoso takes one BASE, which is ours; it is not needed where every IRI is in full.
            if step.prior.text == "BASE":
                base = iri
            else:
                yield f"<{iri}>"
        elif token.kind == "string":
            yield _told(query, token)
        elif token.text != "BASE" and not (token.text == ";" and after and after.token.text in _ENDS):
            yield query[token.at : end] + (" " if token.text == "<" else "")


def _full(query: str, token: Token, base: str) -> str:
    """The IRI that is meant; Problem 400 if it is of a kind that could call something."""
    if _HARMLESS.fullmatch(token.text[1:-1]):
        return token.text[1:-1]
    iri = _object(query, token, f"<urn:s> <urn:p> {token.text} .", base)
    if not isinstance(iri, NamedNode) or not _HARMLESS.fullmatch(iri.value):
        detail = f"Write IRIs in full, beginning with http: or urn:, without backslashes: {token.text[:60]}"
        raise Problem(400, "An IRI that is refused here", detail, type="urn:thidua:problem:iri")
    return iri.value


def _told(query: str, token: Token) -> str:
    """The text between double quotes, without a character that could end it."""
    value = _object(query, token, f"<urn:s> <urn:p> {token.text} .", "urn:x")
    assert isinstance(value, Literal), "a text is one in Turtle, too"
    return '"' + _UNSURE.sub(lambda found: rf"\u{ord(found[0]):04X}", value.value) + '"'


def _object(query: str, token: Token, statement: str, base: str) -> object:
    try:
        return next(iter(parse(statement, RdfFormat.TURTLE, base_iri=base))).object
    except (SyntaxError, ValueError):
        raise wrong(query, token.at, f"{token.text[:40]!r} cannot be read") from None
