"""Along which walks the rows of a long list are reached, from what they are about to all statements that they rest on.

They follow from the question's own patterns, whichever of them are optional or alternatives: every way from pattern to
pattern that passes no variable twice. A walk is written as the gate reads it (`loaders.gate.reach`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from loaders.namespaces import rdf, td
from loaders.release.lists import LongList

_TOKEN = re.compile(r'#.*|"[^"]*"(?:@\w+)?|<[^<>\s]*>|\?\w+|\w*:\w+|\^\^|\w+|\S')
# Which properties a variable stands for.
_LISTED = re.compile(r"VALUES (\?\w+) \{([^{}]*:[^{}]*)\}")
_COALESCED = re.compile(r"(?:COALESCE \( )?(\?\w+(?: , \?\w+)*)(?: \))? AS (\?\w+)")
# Words after which patterns go on as before.
_PASSED = {"OPTIONAL", "UNION", "MINUS", "FILTER", "NOT", "EXISTS", "WHERE", "."}
# Words that close a group, with what belongs to them.
_CLOSING = {"ORDER", "GROUP", "LIMIT"}

# Steps as a walk has them: `<p>`, `^<p>`, each with a star if it may be repeated.
Steps = tuple[str, ...]


class Unread(ValueError):
    """A pattern is written in a way that is not read here."""


@dataclass(frozen=True)
class Way:
    """A pattern: from one term to another, along any of several sequences of steps."""

    start: str
    steps: frozenset[Steps]
    end: str


def walks(asked: LongList) -> frozenset[str]:
    """The walks of a list; Unread when its question is written in a way that is not read here."""
    spaces = dict(re.findall(r"^PREFIX (\w+): <(.*)>$", asked.prefixes, re.MULTILINE))
    listed = {name: tuple(_tokens(values)) for name, values in _LISTED.findall(asked.text)}
    reading = _Reading(_tokens(asked.text[asked.text.index("WHERE {") :]), spaces, listed)
    reading.group()
    for by in asked.by.values():
        if by.path is not None:
            path = _Reading(_tokens(by.path), spaces).path()
            reading.ways.append(Way(f"?{by.variables[0]}", path, ""))
        elif by.words:
            keys = frozenset({(str(td.searchKey),)})
            reading.ways += [Way(f"?{name}", keys, "") for name in by.variables]
    ways = set(reading.ways)
    return frozenset("/".join(steps) for steps in _from(f"?{asked.keys.about}", (), ways, frozenset()) if steps)


def _from(variable: str, before: Steps, ways: Iterable[Way], passed: frozenset[str]) -> Iterator[Steps]:
    passed |= {variable}
    for way in ways:
        # What stands for a parameter is nothing until somebody gives it, and then only part of the rows is asked for.
        if way.start == variable and way.end not in passed:
            for steps in way.steps:
                yield (*before, *steps)
                if way.end.startswith("?") and not way.end.startswith("?_"):
                    yield from _from(way.end, (*before, *steps), ways, passed)


def _back(steps: Steps) -> Steps:
    return tuple(step.removeprefix("^") if step.startswith("^") else f"^{step}" for step in reversed(steps))


def _tokens(text: str) -> list[str]:
    return [token for token in _TOKEN.findall(text) if not token.startswith("#")]


@dataclass
class _Reading:
    """What is left of a question's tokens, and the patterns that were read."""

    tokens: list[str]
    spaces: Mapping[str, str]
    listed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    _at: int = 0

    @property
    def _next(self) -> str:
        return self.tokens[self._at] if self._at < len(self.tokens) else ""

    def _take(self) -> str:
        if self._at == len(self.tokens):
            raise Unread("the question ends too soon")
        self._at += 1
        return self.tokens[self._at - 1]

    def _skip(self, *ends: str) -> Sequence[str]:
        """The tokens up to one of these, which is the next."""
        start = self._at
        while self._next not in ends:
            if self._take() == "(":
                self._expression()
        return self.tokens[start : self._at]

    def group(self) -> None:
        """The patterns of a group were read, with those of all groups in it."""
        if self._next == "WHERE":
            self._take()
        if self._take() != "{":
            raise Unread("a group begins with a brace")
        while (token := self._take()) != "}":
            self._read(token)

    def _read(self, token: str) -> None:
        if token in ("{", "SELECT"):
            if token == "{":
                self._at -= 1
            else:
                self._skip("{")
            self.group()
        elif token == "(":
            self._expression()
        elif token == "VALUES":
            self._skip("{")
            self._skip("}")
            self._take()
        elif token == "BIND":
            self._bind()
        elif token == "GRAPH":
            self._take()
        elif token in _CLOSING:
            self._skip("}")
        elif token[0] in "?<" or ":" in token:
            self._triples(token)
        elif token not in _PASSED:
            raise Unread(f"not read here: {token}")

    def _expression(self) -> None:
        """What stands between brackets was passed over, but for the patterns in it."""
        while (token := self._take()) != ")":
            if token == "(":
                self._expression()
            elif token == "{":
                self._at -= 1
                self.group()

    def _bind(self) -> None:
        """A variable that is another one, or one of several, is where they are."""
        self._take()
        if found := _COALESCED.fullmatch(" ".join(self._skip(")"))):
            names, name = found[1].split(" , "), found[2]
            self.ways += [Way(other, frozenset({()}), name) for other in names]
        self._take()

    def _triples(self, subject: str) -> None:
        while True:
            path, more = self.path(), True
            while more:
                way = Way(subject, path, self._term())
                self.ways += [way, Way(way.end, frozenset(map(_back, path)), subject)]
                if more := self._next == ",":
                    self._take()
            if self._next != ";":
                return
            self._take()

    def _term(self) -> str:
        token = self._take()
        if self._next == "^^":
            self._at += 2
        return token

    def path(self) -> frozenset[Steps]:
        """The sequences of steps that a property path stands for."""
        found = self._sequence()
        while self._next == "|":
            self._take()
            found |= self._sequence()
        return found

    def _sequence(self) -> frozenset[Steps]:
        found = self._element()
        while self._next == "/":
            self._take()
            found = frozenset((*one, *other) for one, other in product(found, self._element()))
        return found

    def _element(self) -> frozenset[Steps]:
        token = self._take()
        if token == "^":
            found = frozenset(map(_back, self._element()))
        elif token == "(":
            found = self.path()
            self._take()
        else:
            found = frozenset((self._property(name),) for name in self.listed.get(token, [token]))
        return self._repeated(found)

    def _repeated(self, found: frozenset[Steps]) -> frozenset[Steps]:
        if self._next == "?":
            self._take()
            return found | {()}
        if self._next not in ("*", "+"):
            return found
        if any(len(steps) != 1 for steps in found) or len(found) != 1:
            raise Unread("only one step is repeated")
        ((step,),) = found
        return frozenset({(f"{step}*",) if self._take() == "*" else (step, f"{step}*")})

    def _property(self, token: str) -> str:
        if token == "a":
            return str(rdf.type)
        space, colon, name = token.partition(":")
        if token.startswith("<"):
            return token
        if not colon or space not in self.spaces:
            raise Unread(f"not a property: {token}")
        return f"<{self.spaces[space]}{name}>"
