"""Which kept releases say something of a thing: looked up in their stores, which takes 50 ms, and remembered."""

from __future__ import annotations

import asyncio

from cachetools import LRUCache
from pyoxigraph import NamedNode, Store

from loaders.release import Release
from service.links import iri_of, split
from service.problems import Problem

# Answers that are remembered, each of some 300 bytes; stores that are open for a look at a time.
_REMEMBERED, _AT_ONCE = 20_000, 2
_RELEASE = "release/"


class Presence:
    """What was looked up. Releases with the same hash say the same."""

    def __init__(self) -> None:
        self._known: LRUCache[tuple[str, str], bool] = LRUCache(_REMEMBERED)
        self._turn = asyncio.Semaphore(_AT_ONCE)

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
        if key not in self._known:
            async with self._turn:
                self._known[key] = await asyncio.to_thread(_look, release, thing)
        return self._known[key]


def _look(release: Release, thing: NamedNode) -> bool:
    try:
        store = Store.read_only(str(release.store_path))
        return next(store.quads_for_pattern(thing, None, None), None) is not None
    except OSError:  # deleted or damaged meanwhile: it says nothing
        return False
