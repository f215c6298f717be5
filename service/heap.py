"""The heap of this process, as the C library keeps it: what is free in it, and that back to the system."""

from __future__ import annotations

import ctypes
from typing import Any

# The environment of processes in which the engine works. It takes and gives back hundreds of small blocks for the
# shortest query; the library keeps 7 of each size at hand unless told otherwise, and sorts in the others each time.
AT_HAND = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=250"}

_WORDS = 10
# Where struct mallinfo2 (malloc.h) has the bytes that are free.
_FREE = 8


class _Heap(ctypes.Structure):
    _fields_ = [("words", ctypes.c_size_t * _WORDS)]


def free() -> int:
    """Bytes that are free in the heap, and are taken before it grows; 0 where the library does not tell."""
    if (ask := _function("mallinfo2")) is None:
        return 0
    ask.restype = _Heap
    return int(ask().words[_FREE])


def trim() -> None:
    """What is free in the heap is the system's, as far as it is whole pages."""
    if (ask := _function("malloc_trim")) is not None:
        ask(ctypes.c_size_t(0))


def _function(name: str) -> Any:
    """A function that only the C library of GNU has, from version 2.33 on; None elsewhere."""
    return getattr(ctypes.CDLL(None), name, None)
