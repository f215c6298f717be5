"""The memory of this process: how the C library keeps it, what of it goes back to the system, and how it has grown."""

from __future__ import annotations

import ctypes
import resource
import sys

# The environment of processes in which the engine works. It takes and gives back hundreds of small blocks for the
# shortest query; the library keeps 7 of each size at hand unless told otherwise, and sorts in the others each time.
AT_HAND = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=250"}

# Bytes that a process may have taken for itself, and of what it shares with those beside it when it was forked.
_OWN, _COPIED = 64 << 20, 128 << 20
# Bytes in which the system tells how much memory there was at most.
_UNIT = 1 if sys.platform == "darwin" else 1024


class Growth:
    """What this process takes from here on: memory of its own, and pages that it shared.

    To read a store is to write: the engine counts at every statement who has it in hand. So a process that is forked
    from the one that holds the release comes to have copies of its pages, 45 % of them once it has read everything.
    """

    def __init__(self) -> None:
        self._born = resource.getrusage(resource.RUSAGE_SELF)

    def is_much(self) -> bool:
        """Whether the process is to go, so that memory once taken is given back."""
        now, born = resource.getrusage(resource.RUSAGE_SELF), self._born
        copied = (now.ru_minflt - born.ru_minflt) * resource.getpagesize()
        return (now.ru_maxrss - born.ru_maxrss) * _UNIT > _OWN or copied > _COPIED


def trim() -> None:
    """What is free in the heap is the system's, as far as it is whole pages; only the C library of GNU can do it."""
    if (ask := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        ask(ctypes.c_size_t(0))
