"""A crew: processes that share work. They end with the process that called them, however it ends.

Those that are forked share what is in memory; those that start anew inherit no lock, and may be called beside threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from loaders.errors import OutsideError

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of linux/prctl.h
Item = TypeVar("Item")
Result = TypeVar("Result")
_work: Callable[[Any], Any]


def cores() -> int:
    """How many processes can run at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Crew:
    """The processes of a pool."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """What the work makes of each item, in their order; OutsideError when a process was ended from outside.

        Results are to be small: who is killed while handing a large one over leaves the others waiting.
        """
        try:
            results = self._pool.map(work, items)
        except BrokenProcessPool as error:
            raise _ended() from error
        return _told(results)


@contextlib.contextmanager
def crew(
    hands: int, *, forked: bool = False, begin: Callable[..., None] | None = None, given: Sequence[Any] = ()
) -> Iterator[Crew]:
    """So many processes are there, each having begun with what was given.

    It must be entered by a thread that lives as long as the work: the system ends the processes with it.
    """
    if forked:
        # What is there stays where it is, so that the processes go on sharing it.
        gc.freeze()
    context = multiprocessing.get_context("fork" if forked else "spawn")
    pool = ProcessPoolExecutor(hands, context, _begin, (os.getpid(), begin, given))
    # All are started now and by this thread.
    for _ in range(hands):
        pool.submit(os.getpid)
    try:
        yield Crew(pool)
    finally:
        pool.shutdown(cancel_futures=True)
        if forked:
            gc.unfreeze()


def each(work: Callable[[Item], Result], items: Sequence[Item], hands: int) -> Iterator[Result]:
    """What the work makes of each item, in their order, by forked processes; with one hand, in this one.

    Items and results travel between the processes, the work and what it refers to is there by the fork.
    """
    hands = min(hands, len(items))
    if hands < 2:
        yield from map(work, items)
        return
    with crew(hands, forked=True, begin=_take, given=[work]) as others:
        yield from others.map(_do, items)


def _begin(parent: int, begin: Callable[..., None] | None, given: Sequence[Any]) -> None:
    """This process ends with its parent, whose lock it would hold for ever, and is ready for work."""
    # Whoever interrupts the build interrupts the parent, which waits for what is under way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    if begin is not None:
        begin(*given)


def _take(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work


def _do(item: Any) -> Any:
    return _work(item)


def _told(results: Iterator[Result]) -> Iterator[Result]:
    try:
        yield from results
    except BrokenProcessPool as error:
        raise _ended() from error


def _ended() -> OutsideError:
    return OutsideError("a process that shared the work was ended from outside → is there enough memory? run it again")
