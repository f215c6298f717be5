"""A crew: processes that share work. They end with the process that called them, however it ends.

Those that are forked share what is in memory; those that start anew inherit no lock, and may be called beside threads.
Each is at the end of a pipe of its own: one that is killed leaves nobody waiting, and nothing that had to be shared.
So whoever is interrupted (Ctrl-C) kills them, and need not wait for what is under way.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import Connection
from queue import SimpleQueue
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
    """The processes, each asked by a thread of `threads` that waits for it; those that are free stand in a queue."""

    def __init__(self, pipes: Sequence[Connection], threads: ThreadPoolExecutor) -> None:
        self._free: SimpleQueue[Connection] = SimpleQueue()
        self._threads = threads
        for pipe in pipes:
            self._free.put(pipe)

    def map(
        self, work: Callable[[Item], Result], items: Iterable[Item], told: Callable[[], None] = lambda: None
    ) -> Iterator[Result]:
        """What the work makes of each item, in their order; OutsideError when a process was ended from outside.

        All are begun before what is given later. Whoever is `told` of each hears it as soon as it is done, from some
        thread.
        """
        return self._threads.map(partial(self._ask, work, told), items)

    def _ask(self, work: Callable[[Item], Result], told: Callable[[], None], item: Item) -> Result:
        pipe = self._free.get()
        try:
            pipe.send((work, item))
            result, error = pipe.recv()
        except (EOFError, OSError):
            way = "is there enough memory? run it again"
            raise OutsideError(f"a process that shared the work was ended from outside → {way}") from None
        finally:
            self._free.put(pipe)
        if error is not None:
            raise error
        told()
        found: Result = result
        return found


@contextlib.contextmanager
def crew(
    hands: int, *, forked: bool = False, begin: Callable[..., None] | None = None, given: Sequence[Any] = ()
) -> Iterator[Crew]:
    """So many processes are there, each having begun with what was given.

    It must be entered by a thread that lives as long as the work: the system ends the processes with it.
    """
    with contextlib.ExitStack() as ending:
        if forked:
            # What is there stays where it is, so that the processes go on sharing it.
            gc.freeze()
            ending.callback(gc.unfreeze)
        context = multiprocessing.get_context("fork" if forked else "spawn")
        pipes = [ending.enter_context(_hand(context, (os.getpid(), begin, given))) for _ in range(hands)]
        threads = ThreadPoolExecutor(hands)
        ending.callback(threads.shutdown, cancel_futures=True)
        yield Crew(pipes, threads)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Until its end an interrupt ends all processes that share the work of this one, whoever waits for them.

    One that is ignored, as what a shell runs in the background ignores it, or that somebody else hears, stays so.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt(number: int, frame: object) -> None:
    for process in multiprocessing.active_children():
        process.kill()
    raise KeyboardInterrupt


@contextlib.contextmanager
def _hand(context: Any, given: tuple[object, ...]) -> Iterator[Connection]:
    """The pipe to a process; it is closed when nothing more is to be done, and the process is gone."""
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, *given))
    with ours:
        with theirs:
            process.start()
        try:
            yield ours
        finally:
            with contextlib.suppress(OSError):  # it is gone already
                ours.send(None)
            process.join()


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


def _serve(pipe: Connection, parent: int, begin: Callable[..., None] | None, given: Sequence[Any]) -> None:
    """This process did what it was asked, until there was nothing more; it ends with its parent."""
    # Whoever interrupts the build interrupts the parent, which says when this is to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    if begin is not None:
        begin(*given)
    while (task := pipe.recv()) is not None:
        pipe.send(_done(*task))


def _done(work: Callable[[Any], Any], item: Any) -> tuple[Any, Exception | None]:
    try:
        return work(item), None
    except Exception as error:
        error.add_note(traceback.format_exc())
        return None, error


def _take(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work


def _do(item: Any) -> Any:
    return _work(item)
