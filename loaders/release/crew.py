"""The crew: processes that share work on large data, as many as there are cores.

They start anew instead of being forked, so that none inherits a lock; and they end with the process that called them,
however it ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Protocol, TypeVar

from loaders.errors import OutsideError

# What is smaller is done before a process has started.
_ALONE = 16 * 2**20
_DIE_WITH_PARENT = 1  # from linux/prctl.h

Task = TypeVar("Task")
Result = TypeVar("Result")


class Share(Protocol):
    """Does the same work for every task, and gives the results in the order of the tasks: `map`, or many hands.

    Results are to be small: whoever is killed while it hands a large one over leaves the others waiting for the rest.
    """

    def __call__(self, work: Callable[[Task], Result], tasks: Iterable[Task], /) -> Iterable[Result]:
        """The results; OutsideError when a process was ended from outside."""


@contextlib.contextmanager
def crew(size: int) -> Iterator[Share]:
    """What shares work on so many bytes; it must be entered by a thread that lives as long as the work."""
    if size < _ALONE:
        yield map
        return
    hands = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pool = ProcessPoolExecutor(hands, get_context("spawn"), _follow, (os.getpid(),))
    # All are started now and by this thread: the system ends them with it.
    for _ in range(hands):
        pool.submit(os.getpid)
    try:
        yield _Pool(pool)
    finally:
        pool.shutdown(cancel_futures=True)


class _Pool:
    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def __call__(self, work: Callable[[Task], Result], tasks: Iterable[Task], /) -> Iterator[Result]:
        try:
            results = self._pool.map(work, tasks)
        except BrokenProcessPool as error:
            raise _ended() from error
        return _told(results)


def _told(results: Iterator[Result]) -> Iterator[Result]:
    try:
        yield from results
    except BrokenProcessPool as error:
        raise _ended() from error


def _ended() -> OutsideError:
    return OutsideError("a process of the crew was ended from outside → was there too little memory?")


def _follow(parent: int) -> None:
    """This process ends with its parent, and leaves it to the parent to be interrupted."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
