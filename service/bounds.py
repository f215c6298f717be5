"""How much a query may ask for: counted before it is tried, because the engine cannot be stopped while it plans."""

from __future__ import annotations

from dataclasses import dataclass

from service.problems import Problem
from service.syntax import CLOSING, OPERANDS, TERMS, Step

_CLAUSES = {"UNION", "MINUS", "OPTIONAL", "BIND", "FILTER", "GRAPH", "EXISTS", "SELECT", "VALUES", "LATERAL", "HAVING"}
_OPERATORS = {"+", "-", "*", "|", "^", "!", "&&", "||", "=", "!=", "<", ">", "<=", ">=", "IN"}


@dataclass(frozen=True)
class Bounds:
    """The bounds. Measured: the engine plans 100 joined patterns in 0.9 s and 200 in 14 s; a stack of 8 MiB ends at
    about 700 nested calls and between 1,000 and 4,000 clauses in a row; 4,000 operators take 0.7 s, 12,000 six. The
    longest of our own questions has 744 tokens; a list of 5,000 IRIs has 5,008.
    """

    characters: int = 131_072
    tokens: int = 20_000
    depth: int = 100
    patterns: int = 100
    clauses: int = 400
    operators: int = 1000


@dataclass
class Tally:
    """What was counted so far of a query, against its bounds."""

    bounds: Bounds
    tokens: int = 0
    patterns: int = 0
    clauses: int = 0
    operators: int = 0

    def add(self, step: Step) -> None:
        """The step is counted; Problem 400 says which bound it passes."""
        self.tokens += 1
        if self.tokens > self.bounds.tokens:
            within("tokens", self.tokens, self.bounds)
        if step.frame.holds == "patterns" and (found := _patterns(step)):
            self.patterns += found
            within("patterns", self.patterns, self.bounds)
        if step.token.text in _CLAUSES:
            self.clauses += 1
            within("clauses", self.clauses, self.bounds)
        elif step.token.text in _OPERATORS:
            self.operators += 1
            within("operators", self.operators, self.bounds)
        if step.depth > self.bounds.depth:
            within("depth", step.depth, self.bounds)


def within(what: str, found: int, bounds: Bounds) -> None:
    """Nothing; Problem 400 if a query has more of something than it may."""
    limit = getattr(bounds, what)
    if found > limit:
        detail = f"The query has more than {limit} {what}; ask in parts, or take the dump."
        raise Problem(400, "Too much in one query", detail, type="urn:thidua:problem:bounds", bound=what, limit=limit)


def _patterns(step: Step) -> int:
    """How many patterns a token gives the planner: a triple or a name for one, a step of a path, a group; two for an
    item of a list.
    """
    mark, frame = step.token.text, step.frame
    if mark in ("{", "[", "{|", "/", "~") or (mark in (".", ";", ",") and frame.mark != "("):
        return 1
    # Item follows item only in a list; in an expression something stands between, but a function and its bracket.
    if frame.mark == "(" and (step.prior.kind in OPERANDS or step.prior.text in CLOSING):
        if mark == "(":
            return 1 if step.prior.kind in TERMS else 2
        return 2 if step.token.kind in OPERANDS else 0
    return 0
