"""Work in several processes that share what is in memory: they are forked, and die with the one that forked them."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from loaders.errors import OutsideError

# From linux/prctl.h.
_DIE_WITH_PARENT = 1
Item = TypeVar("Item")
Result = TypeVar("Result")
_work: Callable[[Any], Any]


def cores() -> int:
    """How many processes can run at a time."""
    return len(os.sched_getaffinity(0))


def each(work: Callable[[Item], Result], items: Sequence[Item], processes: int) -> Iterator[Result]:
    """What the work makes of each item, in their order; with one process, in this one.

    Items and results travel between the processes, the work and what it refers to is there by the fork. OutsideError
    when a process was killed.
    """
    if min(processes, len(items)) < 2:
        yield from map(work, items)
        return
    # What is there stays where it is, so that the processes go on sharing it.
    gc.freeze()
    pool = ProcessPoolExecutor(
        min(processes, len(items)), multiprocessing.get_context("fork"), _begin, (work, os.getpid())
    )
    try:
        waiting = [pool.submit(_do, item) for item in items]
        while waiting:
            yield _result(waiting.pop(0))
    finally:
        pool.shutdown(cancel_futures=True)
        gc.unfreeze()


def _begin(work: Callable[[Any], Any], parent: int) -> None:
    """This process does the work; without its parent it would hold the lock of the build for ever."""
    global _work
    _work = work
    # Whoever interrupts the build interrupts the parent, which waits for what is under way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _do(item: Any) -> Any:
    return _work(item)


def _result(future: Future[Any]) -> Any:
    try:
        return future.result()
    except BrokenProcessPool as error:
        message = "a process that read the sources was killed → is there enough memory? run it again"
        raise OutsideError(message) from error
