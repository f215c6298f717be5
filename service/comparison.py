"""Differences between releases: worked out in a thread, one at a time, and kept packed for who asks again."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from cachetools import LRUCache

from loaders.release import Release
from loaders.release.canonical import batches
from loaders.release.difference import FORMS, Difference
from service.problems import Problem

# Bytes, packed, of all that are kept, and of the longest that is given at all.
_ROOM, _LONGEST = 32 << 20, 8 << 20
# Differences that are being worked out or wait for that.
_MOST = 4

Key = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Packed:
    """A text in compressed pieces; `size` is how many bytes it has, `taken` how many these have."""

    pieces: tuple[bytes, ...]
    size: int
    taken: int

    async def parts(self) -> AsyncIterator[bytes]:
        """The text, piece by piece."""
        for piece in self.pieces:
            yield await asyncio.to_thread(zlib.decompress, piece)


def pack(lines: Iterable[bytes], longest: int = _LONGEST) -> Packed:
    """The lines, packed; Problem 400 as soon as they are too many."""
    pieces, size, taken = [], 0, 0
    for batch in batches(lines):
        block = b"".join(batch)
        pieces.append(zlib.compress(block))
        size, taken = size + len(block), taken + len(pieces[-1])
        if taken > longest:
            detail = "There is too much between these releases. Compare their dumps with `thidua diff`."
            raise Problem(400, "The difference is too long", detail, type="urn:thidua:problem:answer-size")
    return Packed(tuple(pieces), size, taken)


class Comparisons:
    """The differences that were asked for last."""

    def __init__(self) -> None:
        self._kept: LRUCache[Key, Packed] = LRUCache(_ROOM, getsizeof=lambda packed: packed.taken)
        self._under_way: dict[Key, asyncio.Task[Packed]] = {}
        self._turn = asyncio.Semaphore(1)

    async def find(self, old: Release, new: Release, form: str) -> Packed:
        """The difference in a form (`FORMS`); Problem 503 when too many others are asked for at the moment.

        It is worked out to its end even if nobody waits any more, so that asking and leaving starts nothing twice.
        """
        key = (old.version, old.hash, new.version, new.hash, form)
        if (kept := self._kept.get(key)) is not None:
            return kept
        return await asyncio.shield(self._under_way.get(key) or self._begin(key, old, new))

    def _begin(self, key: Key, old: Release, new: Release) -> asyncio.Task[Packed]:
        if len(self._under_way) >= _MOST:
            detail = "Other differences are being worked out; this one has its turn in a moment."
            raise Problem(503, "Busy", detail, {"Retry-After": "5"}, type="urn:thidua:problem:busy")
        task = asyncio.create_task(self._work(old, new, key[-1]))
        self._under_way[key] = task
        task.add_done_callback(lambda _: self._end(key))
        return task

    async def _work(self, old: Release, new: Release, form: str) -> Packed:
        async with self._turn:
            return await asyncio.to_thread(lambda: pack(FORMS[form](Difference(old, new))))

    def _end(self, key: Key) -> None:
        task = self._under_way.pop(key)
        if not task.cancelled() and task.exception() is None:
            self._kept[key] = task.result()
