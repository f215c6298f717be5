"""What is free in the heap is known, and can be given back."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from loaders.resources import ROOT
from service import heap

C = ctypes.CDLL(None)
pytestmark = pytest.mark.skipif(not hasattr(C, "mallinfo2"), reason="this C library does not tell of its heap")
_BLOCK, _BLOCKS = 8192, 8192


def resident() -> int:
    """The bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_what_is_freed_is_told_and_given_back() -> None:
    C.malloc.restype, C.malloc.argtypes, C.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
    taken = [C.malloc(_BLOCK) for _ in range(_BLOCKS)]
    for block in taken:
        ctypes.memset(block, 1, _BLOCK)
    before = heap.free()
    # The last stays, or the heap would shrink by itself.
    for block in taken[:-1]:
        C.free(block)
    assert heap.free() - before > _BLOCK * _BLOCKS * 0.9
    full = resident()
    heap.trim()
    assert full - resident() > _BLOCK * _BLOCKS * 0.8
    C.free(taken[-1])


FREED = """
import ctypes
from service import heap
C = ctypes.CDLL(None)
C.malloc.restype, C.malloc.argtypes, C.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
taken = [C.malloc(1000) for _ in range(200)]
before = heap.free()
for block in taken:
    C.free(block)
print(heap.free() - before)
"""


def test_two_hundred_small_blocks_stay_at_hand() -> None:
    """Those are not counted as free: they are taken again without a look at the heap."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = [
        int(subprocess.check_output([sys.executable, "-c", FREED], env=environment | more))
        for more in (heap.AT_HAND, {})
    ]
    assert found[0] < 1000 * 20 < 1000 * 180 < found[1]
