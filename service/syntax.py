"""A query as its brackets show it: each token with what stood before it and the bracket it stands in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from service.tokens import Token, tokens, wrong

TERMS = {"iri", "variable", "name"}
OPERANDS = TERMS | {"string", "language", "blank", "number"}
CLOSING = {"}", ")", "]", "|}"}
_PARTNER = {"{": "}", "(": ")", "[": "]", "{|": "|}"}
_NOTHING = Token("", "", 0)


@dataclass(slots=True)
class Frame:
    """A bracket that is open: what it holds, the word before it, and whether a SELECT or DESCRIBE awaits its `{`."""

    mark: str
    holds: str = "patterns"
    after: str = ""
    head: bool = False


class Step(NamedTuple):
    """A token, the two before it, the bracket around it, and how deep it stands."""

    token: Token
    prior: Token
    earlier: Token
    frame: Frame
    depth: int


def walk(query: str) -> Iterator[Step]:
    """The tokens of a query in their places; Problem 400 where a bracket closes what it did not open."""
    frames, closed = [Frame("")], Frame("")
    earlier = prior = _NOTHING
    for token in tokens(query):
        frame = frames[-1]
        step = Step(token, prior, earlier, frame, len(frames))
        yield step
        if token.text in _PARTNER:
            frames.append(Frame(token.text, _holds(step, closed), prior.text))
            frame.head = frame.head and token.text != "{"
        elif token.text in CLOSING:
            if _PARTNER.get(frame.mark) != token.text:
                raise wrong(query, token.at, f"{token.text!r} closes nothing")
            closed = frames.pop()
        elif token.text in ("SELECT", "DESCRIBE"):
            frame.head = True
        earlier, prior = prior, token


def _holds(step: Step, closed: Frame) -> str:
    """What a bracket holds: the rows of VALUES, the template of CONSTRUCT, or patterns and expressions."""
    if step.token.text == "{":
        if step.prior.text == "CONSTRUCT":
            return "template"
        if step.earlier.text == "VALUES" or (step.prior.text == ")" and closed.after == "VALUES"):
            return "rows"
    elif step.prior.text == "VALUES":
        return "rows"
    return step.frame.holds
