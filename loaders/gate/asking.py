"""How the gate's questions are asked: by several processes over the same store, and whoever is free takes the next.

A store in memory is shared by fork, which needs a process without other threads that work. A store on disk has threads
of its own, so each process starts anew and opens it for reading only. Threads would gain nothing (docs/decisions/0017).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pyoxigraph import Store

from loaders.crew import cores, crew

Answer = TypeVar("Answer")
Question = Callable[[Store], Answer]
# What is done by the way: it can be sent to another process, and has no answer.
Errand = Callable[[], None]
# What fewer statements are asked takes less time than to start a process.
_ALONE = 50_000
# Within a process of the crew: what is asked, and of which store.
_task: tuple[Sequence[Question[Any]], Store]


@dataclass
class Passed:
    """How much of a whole is done, told whenever there is more."""

    whole: float
    tell: Callable[[float], None]
    _done: float = 0.0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, more: float) -> None:
        """So much more is done, by whatever thread."""
        with self._turn:
            self._done += more
            self.tell(self._done / self.whole)


def answers(
    questions: Sequence[Question[Answer]],
    place: Store | Path,
    hands: int | None = None,
    errands: Sequence[Errand] = (),
    told: Callable[[], None] = lambda: None,
) -> Iterator[Answer]:
    """What a store, in memory or on disk, answers to each question, in their order; the longest should come first.

    `hands` is the number of processes, one for each core when it is not said; OutsideError when one of them dies.
    Beside a store on disk, errands are begun before the first question, as they take longer than any, and are done
    after the last answer; whoever is `told` hears of each.
    """
    number = min(hands or _hands(place), len(questions) + len(errands))
    if isinstance(place, Store) and number < 2:
        yield from (question(place) for question in questions)
        return
    with crew(number, forked=isinstance(place, Store), begin=_take, given=(questions, place)) as others:
        running = others.map(_run, errands, told)
        yield from others.map(_answer, range(len(questions)))
        for _ in running:
            pass


def _hands(place: Store | Path) -> int:
    return 1 if isinstance(place, Store) and len(place) < _ALONE else cores()


def _take(questions: Sequence[Question[Any]], place: Store | Path) -> None:
    global _task
    _task = (questions, place if isinstance(place, Store) else Store.read_only(str(place)))


def _run(errand: Errand) -> None:
    errand()


def _answer(number: int) -> Any:
    questions, store = _task
    return questions[number](store)
