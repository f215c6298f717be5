"""Which kept releases say something of a thing: looked up in their stores, which takes 50 ms, and remembered."""

from __future__ import annotations

import asyncio

from cachetools import LRUCache
from pyoxigraph import NamedNode, Store

from loaders.release import Release
from service import failures
from service.links import iri_of, split
from service.problems import Problem

# Answers that are remembered, each of some 300 bytes; looks that may wait. One is made at a time, so that who asks for
# things that never were, in many releases, takes no more than one processor.
_REMEMBERED, _MOST = 20_000, 32
_RELEASE = "release/"


class Presence:
    """What was looked up. Releases with the same hash say the same."""

    def __init__(self) -> None:
        self._known: LRUCache[tuple[str, str], bool] = LRUCache(_REMEMBERED)
        self._turn, self._waiting = asyncio.Lock(), 0

    async def has(self, release: Release, path: str) -> bool:
        """Whether a release has the document `/doc/{path}`."""
        stem, _ = split(path)
        if stem.startswith(_RELEASE):
            return stem.removeprefix(_RELEASE).partition("/")[0] == release.version
        try:
            thing = iri_of(stem, release.base)
        except Problem:  # nothing can be called so
            return False
        key = release.hash, thing.value
        if (known := self._known.get(key)) is not None:
            return known
        if self._waiting >= _MOST:
            raise failures.busy()
        self._waiting += 1
        try:
            async with self._turn:
                # Who waited before may have looked for the same.
                if key not in self._known:
                    self._known[key] = await asyncio.to_thread(_look, release, thing)
                return self._known[key]
        finally:
            self._waiting -= 1


def _look(release: Release, thing: NamedNode) -> bool:
    try:
        store = Store.read_only(str(release.store_path))
        return next(store.quads_for_pattern(thing, None, None), None) is not None
    except OSError:  # deleted or damaged meanwhile: it says nothing
        return False
