"""Which units a question may mean, and how well each fits.

A score is 100 times the likeness of the name, less for everything else that was said and is not so. What was not said
takes nothing away, so homonyms stand side by side until a parent, a level or a day decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from loaders.identity import fold
from service.reconcile.question import CONTRARY, PLACE, TIME, Candidate, Pieces, Question, key_of, span
from service.reconcile.register import LEVELS, Readings, Register, Unit, Version
from service.reconcile.wording import HIGHEST, Wording, cell, misspelt

_SLIP, _UNMARKED = 0.5, 0.9
_LEVELS = {
    **{level: level for level in LEVELS},
    **dict.fromkeys(("tinh", "cap tinh", "thanh pho truc thuoc trung uong"), "province"),
    **dict.fromkeys(("huyen", "cap huyen", "quan", "thi xa", "thanh pho thuoc tinh"), "district"),
    **dict.fromkeys(("xa", "cap xa", "phuong", "thi tran", "dac khu"), "commune"),
}


def units(question: Question, register: Register, base: str) -> Pieces[list[Candidate]]:
    """The units that may be meant, each under the name that fits best."""
    words, above = register.spoken(question.cell)
    senses = register.bearing(words)
    slipped = not senses and bool(words)
    if slipped:
        senses = register.near(words)
    coded = _coded(question, register, base)
    senses = [*senses, *coded]
    # The parts of an IRI are no units above.
    judge = _Judge(question, register, base, (words, [] if coded else above, slipped))
    yield from judge.read_places()
    best: dict[str, Candidate] = {}
    for unit, version in senses:
        if question.wants("unit", unit.level):
            candidate = judge.judge(unit, version)
            if unit.key not in best or candidate.score > best[unit.key].score:
                best[unit.key] = candidate
            yield
    return list(best.values())


def _coded(question: Question, register: Register, base: str) -> list[tuple[Unit, Version]]:
    """What a code or an IRI names, in the cell or beside it."""
    codes = [*question.told("code"), question.cell.text]
    return [(unit, unit.last) for code in codes for unit in register.coded(key_of(code, base))]


class _Judge:
    """What is the same for all candidates of a question, read once."""

    def __init__(
        self, question: Question, register: Register, base: str, spoken: tuple[Readings, list[Readings], bool]
    ) -> None:
        self._register, (self._words, above, self._slipped) = register, spoken
        # A name without marks that is written without marks may be another one that has some.
        self._most = _UNMARKED if question.cell.unmarked else 1.0
        self._key, told = key_of(question.cell.text, base), question.told
        self._levels = {_LEVELS.get(fold(value)) for value in told("level")}
        self._editions = set(told("edition"))
        self._codes = {key_of(value, base) for value in told("code")}
        self._spans = [span(value) for value in told(*TIME)]
        self._above, self._parents = above[:HIGHEST], list[str]()
        self._places = [(value, key_of(value, base)) for value in told(*PLACE)]
        # Whoever writes a bare name, without a type word or anything above it, seldom means a commune.
        self._told = bool(question.said or above or question.types & set(LEVELS))
        self._asked: Sequence[tuple[str, object, Callable[[Unit, Version], bool]]] = (
            ("level", self._levels, lambda unit, _: unit.level in self._levels),
            ("edition", self._editions, lambda unit, _: unit.edition in self._editions),
            ("code", self._codes, lambda unit, _: bool(self._codes & {unit.code, unit.key})),
            ("date", self._spans, self._then),
        )

    def read_places(self) -> Pieces[None]:
        """The units that were said to stand above are known, as many of them as are looked at."""
        for value, key in self._places:
            if self._register.coded(key):
                self._parents.append(key)
            elif len(self._above) < HIGHEST:
                name, higher = self._register.spoken(cell(value))
                self._above = [*self._above, *filter(None, (name, *higher))][:HIGHEST]
            yield

    def judge(self, unit: Unit, version: Version) -> Candidate:
        """The unit under the name of a version, weighed."""
        features = self._named(unit, version)
        score = 100 * features["name"] * (0.5 if features.get("type") == 0 else 1)
        for name, said, holds in self._asked:
            if said:
                features[name] = float(holds(unit, version))
                score *= 1 if features[name] else CONTRARY
        if self._above or self._parents:
            features["parent"] = self._below(version)
            score *= CONTRARY + (1 - CONTRARY) * features["parent"]
        sure = self._told or unit.level != "commune" or features.get("type", 0) == 1
        return Candidate(unit, version, round(score, 1), features, sure)

    def _named(self, unit: Unit, version: Version) -> dict[str, float]:
        if not self._words or self._key in (unit.code, unit.key):
            return {"name": 1.0}
        if self._slipped:
            value = _SLIP + version.slipped(self._words) / 10
            kinds = {word.kind for word in (*self._words, *misspelt(self._words)) if word.kind}
            fits = {name.kind for name in version.names} & kinds
            return {"name": value, "type": float(bool(fits))} if kinds else {"name": value}
        wording, value = max(((w, version.called(w)) for w in self._words), key=lambda pair: pair[1])
        if wording.kind is None:
            return {"name": min(value, self._most)}
        bare = version.called(Wording(None, wording.bare, wording.folded))
        return {"name": min(bare, self._most), "type": float(bare == value)}

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
