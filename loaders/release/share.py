"""Who shares in the work on a release: as many processes as there are cores, or nobody else when it is small."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from loaders.crew import cores, crew

# What is smaller is done before a process has started.
_ALONE = 16 * 2**20

Task = TypeVar("Task")
Result = TypeVar("Result")


class Share(Protocol):
    """Does the same work for every task, and gives the results in the order of the tasks: `map`, or many hands."""

    def __call__(self, work: Callable[[Task], Result], tasks: Iterable[Task], /) -> Iterable[Result]:
        """The results; OutsideError when a process was ended from outside."""


class Tell(Protocol):
    """Hears what is being done, and how large a share of it is done already."""

    def __call__(self, text: str, share: float = 0.0, /) -> None:
        """It was heard."""


def silent(text: str, share: float = 0.0, /) -> None:
    """Nobody hears it."""


@dataclass
class Counted:
    """Does the work as others do, and tells after each task how large a share is done of all that was given so far.

    All of it is the stretch of what is `told` from its `start` to its `end`.
    """

    others: Share
    tell: Tell
    told: str
    start: float = 0.0
    end: float = 1.0
    _given: int = 0
    _done: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, work: Callable[[Task], Result], tasks: Iterable[Task], /) -> Iterable[Result]:
        """The results, each told of when it is taken."""
        given = list(tasks)
        with self._turn:
            self._given += len(given)
        return map(self._heard, self.others(work, given))

    def _heard(self, result: Result) -> Result:
        with self._turn:
            self._done += 1
            self.tell(self.told, self.start + (self.end - self.start) * self._done / self._given)
        return result


@contextlib.contextmanager
def shared(size: int) -> Iterator[Share]:
    """What shares work on so many bytes; it must be entered by a thread that lives as long as the work."""
    if size < _ALONE:
        yield map
        return
    with crew(cores()) as others:
        yield others.map
