"""The processes that share the gate's work: each looks at the same store, and whoever is free takes the next question.

A store in memory is shared by fork, which needs a process without other threads that work. A store on disk has threads
of its own, so each process starts anew and opens it for reading only. Threads would gain nothing (docs/decisions/0017).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from pyoxigraph import Store

from loaders.errors import GateError

Answer = TypeVar("Answer")
Question = Callable[[Store], Answer]
# What fewer statements are asked takes less time than to start a process.
_ALONE = 50_000
# <linux/prctl.h>: the signal that the end of the parent sends.
_PR_SET_PDEATHSIG = 1
# Within a process of the crew: what is asked, and of which store.
_task: tuple[Sequence[Question[Any]], Store]


def answers(questions: Sequence[Question[Answer]], place: Store | Path, hands: int | None = None) -> list[Answer]:
    """What a store, in memory or on disk, answers to each question, in their order; the longest should come first.

    `hands` is the number of processes, one for each core when it is not said; GateError when one of them dies.
    """
    number = min(hands or _hands(place), len(questions))
    if isinstance(place, Store) and number < 2:
        return [question(place) for question in questions]
    context = get_context("fork" if isinstance(place, Store) else "spawn")
    crew = ProcessPoolExecutor(number, context, _start, (questions, place))
    try:
        return list(crew.map(_answer, range(len(questions))))
    except BrokenProcessPool as error:
        raise GateError("a process that judged was ended from outside", hint="was there too little memory?") from error
    finally:
        crew.shutdown(cancel_futures=True)


def _hands(place: Store | Path) -> int:
    if isinstance(place, Store) and len(place) < _ALONE:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(questions: Sequence[Question[Any]], place: Store | Path) -> None:
    global _task
    if sys.platform == "linux":
        # Who outlived the build would keep its lock, which fork hands on.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    _task = (questions, place if isinstance(place, Store) else Store.read_only(str(place)))


def _answer(number: int) -> Any:
    questions, store = _task
    return questions[number](store)
