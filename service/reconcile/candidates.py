"""Which things a question may mean, best first, and whether one is meant beyond doubt."""

from __future__ import annotations

from collections.abc import Sequence

from service.reconcile.directory import KINDS
from service.reconcile.entries import entries
from service.reconcile.question import Book, Candidate, Pieces, Question
from service.reconcile.register import LEVELS, Unit
from service.reconcile.units import units

# A match has this score, and no other candidate comes nearer than the margin.
_SURE, _MARGIN = 85.0, 10.0


def candidates(question: Question, book: Book, base: str) -> Pieces[tuple[list[Candidate], bool]]:
    """The candidates, best first, and whether the first is meant beyond doubt."""
    found = yield from units(question, book.register, base)
    found += yield from entries(question, book, base)
    found.sort(key=_order)
    return found[: question.limit], _sure(found)


def _order(candidate: Candidate) -> tuple[float, int, bool, int, str]:
    """By score; among equals units first, of these what is there today, then the higher level."""
    thing = candidate.thing
    if isinstance(thing, Unit):
        return -candidate.score, 0, thing.end is not None, LEVELS.index(thing.level), thing.key
    return -candidate.score, 1, False, KINDS.index(thing.kind), thing.id


def _sure(found: Sequence[Candidate]) -> bool:
    if not found or found[0].score < _SURE or not found[0].sure:
        return False
    return len(found) == 1 or found[1].score <= found[0].score - _MARGIN
