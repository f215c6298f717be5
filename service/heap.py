"""The memory of this process: how the C library keeps it, what of it goes back to the system, and how it has grown."""

from __future__ import annotations

import contextlib
import ctypes
import re
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

# The environment of processes in which the engine works. It takes and gives back hundreds of small blocks for the
# shortest query; the library keeps 7 of each size at hand unless told otherwise, and sorts in the others each time.
AT_HAND = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=250"}

# Bytes that a process may have taken for itself, and of what it shares with those beside it when it was forked.
_OWN, _COPIED = 64 << 20, 128 << 20
# MADV_COLLAPSE of madvise(2), since Linux 6.1.
_COLLAPSE = 25
# Bytes of a large page, of what is asked for at a time, and how often it is asked for.
_LARGE, _SOME, _ATTEMPTS = 2 << 20, 16 << 20, 3
# In proc_pid_maps(5), memory that is of no file and nobody else's.
_ANONYMOUS = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) rw-p (?:\S+ ){3}\s*(?:\[heap\])?$", re.MULTILINE)
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


def collapse() -> None:
    """What is in memory is in large pages, as far as the system has them, and nothing else is different.

    The system copies the table of pages when a process is forked and takes it apart when one ends, entry by entry; for
    a large page it has one where it had 512. A process that writes to a large page copies 4 KiB of it, as ever.
    """
    if (advise := getattr(ctypes.CDLL(None), "madvise", None)) is None:
        return

    def refused(place: tuple[int, int]) -> bool:
        start, size = place
        return bool(advise(ctypes.c_void_p(start), ctypes.c_size_t(size), ctypes.c_int(_COLLAPSE)))

    # The system stops where it has no large page left; it has more when small ones next to each other were given back.
    places = list(_anonymous())
    for _ in range(_ATTEMPTS):
        places = list(filter(refused, places))


def _anonymous() -> Iterator[tuple[int, int]]:
    """Where there is memory of this process that can be in large pages, and how much, some of them at a time."""
    with contextlib.suppress(OSError):  # anything but Linux
        for found in _ANONYMOUS.finditer(Path("/proc/self/maps").read_text()):
            start, end = (int(text, 16) for text in found.groups())
            for place in range(-(-start // _LARGE) * _LARGE, end // _LARGE * _LARGE, _SOME):
                yield place, min(_SOME, end // _LARGE * _LARGE - place)
