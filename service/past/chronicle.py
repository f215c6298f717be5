"""The chronicle: which release was published when, by the journal of the directory of releases.

What was *published* counts, and not what was built: a release that waited for a week was not what people saw.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from loaders.release import CURRENT, Release, legible
from loaders.release.journal import NAME, Entry
from loaders.release.pointer import moves


@dataclass(frozen=True, eq=False)
class Memento:
    """A kept release that was published, and since when: the first time, if it was more than once."""

    release: Release
    since: datetime.datetime

    @property
    def version(self) -> str:
        """The name of the release."""
        return self.release.version


@dataclass(frozen=True)
class Chronicle:
    """The kept releases that were published, in the order of their first time, and the turns that they took."""

    mementos: tuple[Memento, ...]
    turns: tuple[tuple[datetime.datetime, Memento], ...]

    def since(self, version: str) -> datetime.datetime | None:
        """When a release was published first; None if it never was."""
        return next((memento.since for memento in self.mementos if memento.version == version), None)

    def by_nearness(self, moment: datetime.datetime) -> list[Memento]:
        """The one that was current at the moment, then those before it, the last first, then those after it.

        Before the first there was none: then the first is nearest (RFC 7089, 4.5.3).
        """
        past = [memento for since, memento in self.turns if since <= moment]
        order = [*reversed(past), *(memento for _, memento in self.turns)]
        return list(dict.fromkeys(order))


def chronicle(kept: Iterable[Release], moved: Iterable[Entry]) -> Chronicle:
    """What the moves of the pointer say of the kept releases; what was deleted since is passed over."""
    there: Mapping[str, Release] = {release.version: release for release in kept}
    first: dict[str, Memento] = {}
    turns = []
    for move in moved:
        if move.version in there:
            at = datetime.datetime.fromisoformat(move.at)
            turns.append((at, first.setdefault(move.version, Memento(there[move.version], at))))
    return Chronicle(tuple(first.values()), tuple(turns))


class Chronicler:
    """Keeps the chronicle of a directory of releases, and reads it again when something there has changed."""

    def __init__(self, releases: Path) -> None:
        self._releases = releases
        self._read: tuple[object, Chronicle] | None = None

    async def now(self) -> Chronicle:
        """The chronicle of this moment."""
        state = self._state()
        if self._read is None or self._read[0] != state:
            self._read = state, await asyncio.to_thread(self._written)
        return self._read[1]

    def _written(self) -> Chronicle:
        return chronicle(legible(self._releases), moves(self._releases))

    def _state(self) -> object:
        """What changes when a release is built, published or deleted."""
        paths = (self._releases, self._releases / NAME, self._releases / CURRENT)
        return [
            (path.lstat().st_mtime_ns, path.lstat().st_size) for path in paths if path.is_symlink() or path.exists()
        ]
