"""Who shares in the work on a release: as many processes as there are cores, or nobody else when it is small."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
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


@contextlib.contextmanager
def shared(size: int) -> Iterator[Share]:
    """What shares work on so many bytes; it must be entered by a thread that lives as long as the work."""
    if size < _ALONE:
        yield map
        return
    with crew(cores()) as others:
        yield others.map
