"""What a process takes is known and given back; a process forked from a heap with holes in it does not fill them."""

from __future__ import annotations

import asyncio
import ctypes
import gzip
import json
import mmap
import os
import re
import resource
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, serialize

from loaders.namespaces import BASE, rdfs
from loaders.resources import ROOT
from loaders.settings import Settings
from service import heap
from service.embedded import Embedded
from service.holder import Charge
from tests import tiny

C = ctypes.CDLL(None)
gnu = pytest.mark.skipif(not hasattr(C, "malloc_trim"), reason="the heap of this C library cannot be trimmed")
_BLOCK, _BLOCKS = 8192, 8192
_COLLAPSE = 25  # MADV_COLLAPSE


def _large_pages() -> bool:
    """Whether the system makes large pages of what it is told to."""
    try:
        with mmap.mmap(-1, 4 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as room:
            room.write(bytes(4 << 20))
            room.madvise(_COLLAPSE)
    except (AttributeError, OSError):
        return False
    return True


large = pytest.mark.skipif(not _large_pages(), reason="this system makes no large pages of small ones")


def told(process: int | str, kind: str) -> int:
    """The KiB of a kind in the memory of a process."""
    found = re.search(rf"^{kind}:\s+(\d+) kB", Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def resident() -> int:
    """The bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@gnu
def test_what_is_freed_is_given_back() -> None:
    C.malloc.restype, C.malloc.argtypes, C.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
    taken = [C.malloc(_BLOCK) for _ in range(_BLOCKS)]
    for block in taken:
        ctypes.memset(block, 1, _BLOCK)
    # The last stays, or the heap would shrink by itself.
    for block in taken[:-1]:
        C.free(block)
    full = resident()
    heap.trim()
    assert full - resident() > _BLOCK * _BLOCKS * 0.8
    C.free(taken[-1])


@pytest.mark.skipif(not hasattr(C, "mallinfo2"), reason="this C library does not tell of its heap")
def test_two_hundred_small_blocks_stay_at_hand() -> None:
    """They are taken again without a look at the heap, which has not even been told that they are free."""
    found = [
        int(subprocess.check_output([sys.executable, "-c", FREED], env={**os.environ, **more}))
        for more in (heap.AT_HAND, {})
    ]
    assert found[0] < 1000 * 20 < 1000 * 180 < found[1]


FREED = """
import ctypes
C = ctypes.CDLL(None)
C.malloc.restype, C.malloc.argtypes, C.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
class Info(ctypes.Structure):
    _fields_ = [("words", ctypes.c_size_t * 10)]
C.mallinfo2.restype = Info
taken = [C.malloc(1000) for _ in range(200)]
before = C.mallinfo2().words[8]
for block in taken:
    C.free(block)
print(C.mallinfo2().words[8] - before)
"""


@pytest.mark.parametrize(
    ("does", "much"),
    [
        ("bytes(shared[::4096])", False),
        ("shared[:MIB * 60:4096] = bytes(15 << 10)", False),
        ("shared[:MIB * 160:4096] = bytes(40 << 10)", True),
        ("kept = bytearray(MIB * 48)", False),
        ("kept = bytearray(MIB * 80)", True),
    ],
    ids=["read all", "written 60 MiB of it", "written 160 MiB of it", "taken 48 MiB", "taken 80 MiB"],
)
def test_growth_is_what_a_process_took_for_itself_and_what_it_copied(does: str, much: bool) -> None:
    found = subprocess.check_output(
        [sys.executable, "-c", GROWN, does], env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True
    )
    assert found.strip() == str(much)


GROWN = """
import os, sys
from service.heap import Growth
MIB = 1 << 20
shared = bytearray(b"a") * (MIB * 200)
if not (child := os.fork()):
    growth = Growth()
    exec(sys.argv[1])
    print(growth.is_much(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


def copied(folder: Path, query: str) -> int:
    """Pages that a process copies while it asks a query of twenty thousand clusters, held by its parent."""
    quads, dump = tiny.quads(20_000), folder / "dump.nq.gz"
    dump.write_bytes(gzip.compress(serialize(sorted(quads, key=str), format=RdfFormat.N_QUADS) or b"", 1))
    charge = Charge("", str(dump), len(set(quads)), BASE, 0, {}, "")
    found = subprocess.check_output(
        [sys.executable, "-c", FIRST, json.dumps(asdict(charge)), query],
        env={**os.environ, "PYTHONPATH": str(ROOT), **heap.AT_HAND},
        text=True,
    )
    return int(found)


@gnu
def test_the_first_answer_of_a_process_copies_little_however_large_the_store_is(tmp_path: Path) -> None:
    # 325, or 3,670 where the process goes on with the heap of the thread that loaded the store.
    assert copied(tmp_path, (ROOT / "queries" / "clusters" / "leaders.rq").read_text()) < 1000


@gnu
def test_what_is_passed_through_together_is_in_memory_together(tmp_path: Path) -> None:
    """All names are; what is said of one thing is not, but that is little."""
    # 1,797, or 5,508 where statements stand by their subjects, as in the dump.
    assert copied(tmp_path, f"SELECT (COUNT(?l) AS ?n) {{ ?s <{rdfs.label.value}> ?l }}") < 3000


FIRST = """
import gc, json, os, resource, sys
from pathlib import Path
from service import heap
from service.holder import Charge, Holder
holder = Holder(None, Charge(**json.loads(sys.argv[1])), Path())
gc.collect()
heap.trim()
gc.freeze()
if not (child := os.fork()):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    list(holder.held.merge.query(sys.argv[2]))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there a process is held to its memory")
def test_what_is_free_in_the_heap_is_not_taken_from_what_a_query_may_have() -> None:
    """A thread that has ended left it there: nobody else can use it."""
    assert subprocess.check_output([sys.executable, "-c", HELD], env={**os.environ, "PYTHONPATH": str(ROOT)}) == b"True"


HELD = """
import ctypes, mmap, os
from service.worker import enclose
C = ctypes.CDLL(None)
C.malloc.restype, C.malloc.argtypes, C.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
taken = [C.malloc(8192) for _ in range(8192)]
# The last stays, or the heap would shrink by itself.
for block in taken[:-1]:
    C.free(block)
if not (child := os.fork()):
    enclose(64 << 20, os.getppid(), files=True)
    try:
        mmap.mmap(-1, 60 << 20)
        os.write(1, b"True")
    except OSError:
        os.write(1, b"False")
    os._exit(0)
os.waitpid(child, 0)
"""


@large
def test_memory_in_large_pages_is_the_same_and_what_is_written_to_it_copies_small_ones() -> None:
    found = subprocess.check_output([sys.executable, "-c", LARGE], env={**os.environ, "PYTHONPATH": str(ROOT)})
    great, same, copied = json.loads(found)
    assert same
    assert great > 60 << 10
    # 64 KiB were written to, a page in each of 16 large ones; 32 MiB if those were copied whole.
    assert copied < 1 << 10


LARGE = """
import json, os
from service import heap
from tests.test_heap import told
MIB = 1 << 20
shared = bytearray(range(256)) * (MIB * 64 // 256)
heap.collapse()
great, same = told("self", "AnonHugePages"), shared == bytearray(range(256)) * (MIB * 64 // 256)
if not (child := os.fork()):
    before = told("self", "Private_Dirty")
    shared[:MIB * 32:MIB * 2] = bytes(16)
    print(json.dumps([great, same, told("self", "Private_Dirty") - before]), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@large
def test_what_a_holder_holds_is_in_large_pages(tmp_path: Path) -> None:
    """Or a query process would be 20 ms in coming and 20 in going for each GB, entry by entry of the table of pages."""

    async def check() -> tuple[int, int]:
        made = Embedded(tiny.release(tmp_path, 8_000), Settings(workers=1, store_memory=512))
        await made.start()
        try:
            return told(made.crew.holder, "AnonHugePages"), told(made.crew.holder, "Anonymous")
        finally:
            await made.close()

    great, whole = asyncio.run(check())
    assert great > whole / 2
