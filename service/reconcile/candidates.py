"""Which units a question may mean, how well each fits, and whether one is meant beyond doubt.

A score is 100 times the likeness of the name, less for everything else that was said and is not so. What was not said
takes nothing away, so homonyms stand side by side until a parent, a level or a day decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from loaders.identity import fold
from service.reconcile.register import LEVELS, Register, Unit, Version
from service.reconcile.wording import HIGHEST, Cell, Wording, readings

# A match has this score, and no other candidate comes nearer than the margin.
_SURE, _MARGIN = 85.0, 10.0
# What remains of a score when a thing that was said is not so.
_CONTRARY = 0.3
_SLIP = 0.5
_LEVELS = {
    **{level: level for level in LEVELS},
    **dict.fromkeys(("tinh", "cap tinh", "thanh pho truc thuoc trung uong"), "province"),
    **dict.fromkeys(("huyen", "cap huyen", "quan", "thi xa", "thanh pho thuoc tinh"), "district"),
    **dict.fromkeys(("xa", "cap xa", "phuong", "thi tran", "dac khu"), "commune"),
}
_YEAR = re.compile(r"\d{4}")
_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?:T.*)?")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(frozen=True)
class Question:
    """What is asked for one cell: what stands in it, what is said besides (property → values), and how many to give."""

    cell: Cell
    said: dict[str, list[str]]
    types: tuple[str, ...]
    limit: int


class Candidate(NamedTuple):
    """A unit with its score and the features behind it."""

    unit: Unit
    version: Version
    score: float
    features: dict[str, float]


def candidates(question: Question, register: Register, base: str) -> tuple[list[Candidate], bool]:
    """The candidates, best first, and whether the first is meant beyond doubt."""
    words = question.cell.name
    senses = register.bearing(words)
    slipped = not senses and bool(words)
    if slipped:
        senses = register.near(words)
    senses = [*senses, *_coded(question, register, base)]
    judged = _Judge(question, register, base, slipped)
    best: dict[str, Candidate] = {}
    for unit, version in senses:
        if judged.wanted(unit):
            candidate = judged.judge(unit, version)
            if unit.key not in best or candidate.score > best[unit.key].score:
                best[unit.key] = candidate
    found = sorted(best.values(), key=_order)
    return found[: question.limit], _sure(found, question)


def _order(candidate: Candidate) -> tuple[float, bool, int, str]:
    """By score; among equals what is there today, then the higher level."""
    unit = candidate.unit
    return -candidate.score, unit.end is not None, LEVELS.index(unit.level), unit.key


def _sure(found: Sequence[Candidate], question: Question) -> bool:
    if not found or found[0].score < _SURE:
        return False
    if len(found) > 1 and found[1].score > found[0].score - _MARGIN:
        return False
    # Whoever writes a bare name, without a type word or anything above it, seldom means a commune.
    told = question.said or question.cell.above or set(question.types) & set(LEVELS)
    return bool(told) or found[0].unit.level != "commune" or found[0].features.get("type", 0) == 1


def _coded(question: Question, register: Register, base: str) -> list[tuple[Unit, Version]]:
    """What a code or an IRI names, in the cell or beside it."""
    codes = [*question.said.get("code", ()), question.cell.text]
    return [(unit, unit.last) for code in codes for unit in register.coded(key_of(code, base))]


def key_of(text: str, base: str) -> str:
    """The key of the unit that an IRI, an identifier of this service or a key names.

    >>> key_of("https://w3id.org/thidua/id/unit/2004/182", "https://w3id.org/thidua/")
    '2004/182'
    """
    return text.strip().removeprefix(base).removeprefix("id/").removeprefix("unit/")


class _Judge:
    """What is the same for all candidates of a question, read once."""

    def __init__(self, question: Question, register: Register, base: str, slipped: bool) -> None:
        self._register, self._words, self._slipped = register, question.cell.name, slipped
        self._key, said = key_of(question.cell.text, base), question.said
        self._levels = {_LEVELS.get(fold(value)) for value in said.get("level", ())}
        self._editions = set(said.get("edition", ()))
        self._codes = {key_of(value, base) for value in said.get("code", ())}
        self._spans = [span(value) for value in said.get("date", ())]
        self._above = [*question.cell.above]
        self._parents: list[str] = []
        for value in said.get("parent", ()):
            key = key_of(value, base)
            if register.coded(key):
                self._parents.append(key)
            else:
                self._above += [part for text in value.split(",") if (part := readings(text))]
        self._above = self._above[:HIGHEST]
        self._types = {type for type in question.types if type != "unit"}
        self._asked: Sequence[tuple[str, object, Callable[[Unit, Version], bool]]] = (
            ("level", self._levels, lambda unit, _: unit.level in self._levels),
            ("edition", self._editions, lambda unit, _: unit.edition in self._editions),
            ("code", self._codes, lambda unit, _: bool(self._codes & {unit.code, unit.key})),
            ("date", self._spans, self._then),
        )

    def wanted(self, unit: Unit) -> bool:
        """Whether it is of a type that is asked for."""
        return not self._types or unit.level in self._types

    def judge(self, unit: Unit, version: Version) -> Candidate:
        """The unit under the name of a version, weighed."""
        features = self._named(unit, version)
        score = 100 * features["name"] * (0.5 if features.get("type") == 0 else 1)
        for name, said, holds in self._asked:
            if said:
                features[name] = float(holds(unit, version))
                score *= 1 if features[name] else _CONTRARY
        if self._above or self._parents:
            features["parent"] = self._below(version)
            score *= _CONTRARY + (1 - _CONTRARY) * features["parent"]
        return Candidate(unit, version, round(score, 1), features)

    def _named(self, unit: Unit, version: Version) -> dict[str, float]:
        if not self._words or self._key in (unit.code, unit.key):
            return {"name": 1.0}
        if self._slipped:
            kinds = {word.kind for word in self._words if word.kind}
            fits = {name.kind for name in version.names} & kinds
            return {"name": _SLIP, "type": float(bool(fits))} if kinds else {"name": _SLIP}
        wording, value = max(((w, version.called(w)) for w in self._words), key=lambda pair: pair[1])
        if wording.kind is None:
            return {"name": value}
        bare = version.called(Wording(None, wording.bare, wording.folded))
        return {"name": bare, "type": float(bare == value)}

    def _then(self, unit: Unit, version: Version) -> bool:
        return any(version.overlaps(*when) for when in self._spans if when)

    def _below(self, version: Version) -> float:
        """Which part of the units that were said to stand above, do."""
        above = list(self._register.above(version))
        named = sum(any(_called(higher, words) for _, higher in above) for words in self._above)
        known = sum(any(key in (unit.key, unit.code) for unit, _ in above) for key in self._parents)
        return (named + known) / (len(self._above) + len(self._parents))


def _called(version: Version, words: Sequence[Wording]) -> bool:
    return any(version.called(wording) >= 0.9 for wording in words)


def span(text: str) -> tuple[str, str] | None:
    """The first and the last day of what was written: a day, a month or a year; None if it is none.

    >>> span("2017"), span("14/7/2017")
    (('2017-01-01', '2017-12-31'), ('2017-07-14', '2017-07-14'))
    """
    text = text.strip()
    if _YEAR.fullmatch(text):
        return f"{text}-01-01", f"{text}-12-31"
    if match := _SLASHED.fullmatch(text):
        day, month, year = match.groups()
        return (f"{year}-{month:0>2}-{day:0>2}",) * 2
    if match := _DAY.fullmatch(text):
        year, month, day_or_none = match.groups()
        return (f"{year}-{month}-{day_or_none or '01'}", f"{year}-{month}-{day_or_none or '31'}")
    return None
