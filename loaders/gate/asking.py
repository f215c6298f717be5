"""How the gate's questions are asked: by several processes over the same store, and whoever is free takes the next.

A store in memory is shared by fork, which needs a process without other threads that work. A store on disk has threads
of its own, so each process starts anew and opens it for reading only. Threads would gain nothing (docs/decisions/0017).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pyoxigraph import Store

from loaders.crew import cores, crew

Answer = TypeVar("Answer")
Question = Callable[[Store], Answer]
# What fewer statements are asked takes less time than to start a process.
_ALONE = 50_000
# Within a process of the crew: what is asked, and of which store.
_task: tuple[Sequence[Question[Any]], Store]


def answers(questions: Sequence[Question[Answer]], place: Store | Path, hands: int | None = None) -> Iterator[Answer]:
    """What a store, in memory or on disk, answers to each question, in their order; the longest should come first.

    `hands` is the number of processes, one for each core when it is not said; OutsideError when one of them dies.
    """
    number = min(hands or _hands(place), len(questions))
    if isinstance(place, Store) and number < 2:
        yield from (question(place) for question in questions)
        return
    with crew(number, forked=isinstance(place, Store), begin=_take, given=(questions, place)) as others:
        yield from others.map(_answer, range(len(questions)))


def _hands(place: Store | Path) -> int:
    return 1 if isinstance(place, Store) and len(place) < _ALONE else cores()


def _take(questions: Sequence[Question[Any]], place: Store | Path) -> None:
    global _task
    _task = (questions, place if isinstance(place, Store) else Store.read_only(str(place)))


def _answer(number: int) -> Any:
    questions, store = _task
    return questions[number](store)
