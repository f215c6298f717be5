"""The shelf: kept releases that are open beside the one that is published, each until nobody has asked it for a while.

Any number of releases is kept, but few are open at a time: a release is opened when it is asked, read from the disk by
few processes, and makes place for the next. Each has lanes, deadlines and limits of its own, as the published one has.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from loaders.errors import DamagedRelease, OutsideError
from loaders.release import Release, mark, open_release, versions
from loaders.settings import Settings
from service.catalogue import Catalogue
from service.embedded import Embedded
from service.engine import Engine
from service.problems import Problem
from service.refusal import Refusal, State, look
from service.snapshot import Snapshot

log = logging.getLogger("thidua")

Mark = tuple[int, int]

# How many are open at a time, and how many query processes of each lane may be busy for each. Each query of the public
# may take its memory: two more than for the published release alone.
MOST, WORKERS = 2, 1
# Seconds after which one that nobody asks is closed, between two looks at that, and to wait for a place.
_IDLE, _LOOK, _PATIENCE = 60.0, 5.0, 5.0


@dataclass(eq=False)
class Volume:
    """A release on the shelf, open or being opened; `users` are the requests that read in it, `left` when one ended."""

    mark: Mark
    opening: asyncio.Task[Snapshot]
    users: int = 0
    left: float = field(default_factory=time.monotonic)
    unread: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def engine(self) -> Engine | None:
        """What answers over it, if it is open."""
        done = self.opening.done() and not self.opening.cancelled() and self.opening.exception() is None
        return self.opening.result().engine if done else None


class Shelf:
    """The open releases by version; `now` is what is published, which needs no place here."""

    def __init__(self, settings: Settings, now: Callable[[], Snapshot]) -> None:
        self._settings, self._now = settings, now
        self._volumes: dict[str, Volume] = {}
        self._removed: dict[Volume, asyncio.Task[None]] = {}
        self._refused: dict[str, Refusal] = {}
        # Those whose every byte was found right, by how their files looked: they are not read again to be opened again.
        self._sound: dict[str, tuple[State, Release]] = {}
        self._placing, self._freed = asyncio.Lock(), asyncio.Event()

    @property
    def engines(self) -> list[Engine]:
        """The engines that are open."""
        volumes = [*self._volumes.values(), *self._removed]
        return [volume.engine for volume in volumes if volume.engine is not None]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While it lasts, what nobody asks is closed; at the end, no process is left."""
        task = asyncio.create_task(self._tidy())
        try:
            yield
        finally:
            for under_way in (task, *self._removed.values()):
                under_way.cancel()
            await asyncio.gather(task, *self._removed.values(), return_exceptions=True)
            await asyncio.gather(*map(_close, [*self._volumes.values(), *self._removed]))

    @contextlib.asynccontextmanager
    async def taken(self, version: str) -> AsyncIterator[Snapshot]:
        """The snapshot of a kept release, open as long as this lasts; Problem 404 or 503 when there is none."""
        marked = self._marked(version)
        if version == (now := self._now()).release.version:
            yield now
            return
        volume = await self._volume(version, marked)
        try:
            yield await asyncio.shield(volume.opening)
        finally:
            self._leave(volume)

    def _marked(self, version: str) -> Mark:
        """What tells the release from one that takes its place; Problem 404 with those that are kept if it is not."""
        kept = versions(self._settings.releases)
        found = mark(self._settings.releases / version) if version in kept else None
        if found is None:
            raise missing(version, [name for name in reversed(kept) if name != version])
        return found

    async def _volume(self, version: str, marked: Mark) -> Volume:
        """The release on the shelf, with one user more; Problem 503 when others are being read for too long."""
        if (there := self._there(version, marked)) is None:
            try:
                async with asyncio.timeout(_PATIENCE), self._placing:
                    # Others who waited may have asked for the same.
                    if (there := self._there(version, marked)) is None:
                        await self._make_place()
                        there = self._begin(version, marked)
            except TimeoutError:
                raise crowded() from None
        there.users += 1
        there.unread.clear()
        return there

    def _leave(self, volume: Volume) -> None:
        volume.users, volume.left = volume.users - 1, time.monotonic()
        if not volume.users:
            volume.unread.set()
            self._freed.set()

    def _there(self, version: str, marked: Mark) -> Volume | None:
        if (refusal := self._refused.get(version)) is not None and not refusal.is_over():
            raise damaged(version)
        volume = self._volumes.get(version)
        if volume is None or volume.mark == marked:
            return volume
        self._remove(version)
        return None

    def _begin(self, version: str, marked: Mark) -> Volume:
        volume = self._volumes[version] = Volume(marked, asyncio.create_task(self._open(version)))
        volume.opening.add_done_callback(lambda _: self._forget(version, volume))
        return volume

    def _forget(self, version: str, volume: Volume) -> None:
        """A release that could not be opened takes no place."""
        if volume.engine is None and self._volumes.get(version) is volume:
            del self._volumes[version]
            self._freed.set()

    def _remove(self, version: str) -> None:
        """Nobody else gets the release, and it is closed when those who have it are done."""
        volume = self._volumes.pop(version)
        self._removed[volume] = asyncio.create_task(self._part(volume))

    async def _part(self, volume: Volume) -> None:
        if volume.users:
            await volume.unread.wait()
        await _close(volume)
        del self._removed[volume]
        self._freed.set()

    async def _make_place(self) -> None:
        """There is a place: of what nobody reads, the one longest unread was closed."""
        while len(self._volumes) + len(self._removed) >= MOST:
            self._freed.clear()
            if all(volume.users for volume in self._removed):
                self._remove_one()
            await self._freed.wait()

    def _remove_one(self) -> None:
        """The release that is longest unread makes place, if there is one that nobody reads."""
        unread = [(volume.left, version) for version, volume in self._volumes.items() if not volume.users]
        if unread:
            self._remove(min(unread)[1])

    async def _open(self, version: str) -> Snapshot:
        """The release is open; Problem 503 when it is damaged or there is no process for it."""
        directory, began = self._settings.releases / version, time.monotonic()
        marked = mark(directory)
        try:
            release = await asyncio.to_thread(self._checked, directory)
            engine = Embedded(release, replace(self._settings, store_memory=0, workers=WORKERS))
            # However many releases are read, long answers have the same room on the disk.
            engine.cellar = self._now().engine.cellar
            async with contextlib.AsyncExitStack() as undo:
                undo.push_async_callback(engine.close)
                catalogue, _ = await asyncio.gather(self._catalogue(release.base), engine.start())
                if mark(directory) != marked:
                    raise DamagedRelease("it is another one now")
                undo.pop_all()
        # Whatever is wrong with a release, the others are served as they were.
        except (DamagedRelease, OSError, OutsideError) as error:
            replaced = DamagedRelease("replaced while it was opened", file=str(directory))
            why = error if mark(directory) == marked else replaced
            self._refused[version] = Refusal(directory, why)
            log.error("release %s cannot be read: %s", version, why)
            raise damaged(version) from None
        self._refused.pop(version, None)
        log.info("release %s is open after %.2f s", version, time.monotonic() - began)
        return Snapshot(release, engine, catalogue)

    def _checked(self, directory: Path) -> Release:
        state = look(directory)
        known = self._sound.get(directory.name)
        if known is not None and known[0] == state:
            return known[1]
        release = open_release(directory)
        self._sound[directory.name] = state, release
        return release

    async def _catalogue(self, base: str) -> Catalogue:
        """The questions of this software: a release holds answers."""
        served = self._now().catalogue
        return served if served.base == base else await asyncio.to_thread(Catalogue.read, base)

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            there, long_ago = set(versions(self._settings.releases)), time.monotonic() - _IDLE
            for version, volume in list(self._volumes.items()):
                if not volume.users and (volume.left < long_ago or version not in there):
                    self._remove(version)
            self._sound = {version: known for version, known in self._sound.items() if version in there}
            self._refused = {version: why for version, why in self._refused.items() if version in there}


async def _close(volume: Volume) -> None:
    """The processes of the release are gone, whether it was open or not yet, and its files are closed."""
    await asyncio.wait([volume.opening])
    if volume.engine is not None:
        await volume.engine.close()
        volume.opening.result().close()


def missing(version: str, available: list[str]) -> Problem:
    """The problem of a release that is not kept, with those that are."""
    return Problem(404, "Not found", f"no release is called {version[:60]!r}", available=available)


def crowded() -> Problem:
    """The problem of a release for which there is no place."""
    detail = f"{MOST} other older releases are being read; in a moment there may be a place for this one."
    return Problem(503, "Busy", detail, {"Retry-After": "5"}, type="urn:thidua:problem:busy", limit=MOST)


def damaged(version: str) -> Problem:
    """The problem of a release that cannot be read."""
    detail = f"The release {version} cannot be read at the moment; the others are served as ever."
    return Problem(503, "The release is damaged", detail, {"Retry-After": "60"}, type="urn:thidua:problem:release")
