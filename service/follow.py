"""Following the pointer: what is published is what is served, without a restart and without a failed request.

A release is served from the disk first, which takes a moment, and from memory as soon as it is there, if it fits.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

from loaders.errors import OutsideError, ThiduaError
from loaders.release import CURRENT, Release, current, illegible, mark, open_release, versions
from loaders.settings import Settings, variable
from service.catalogue import Catalogue
from service.embedded import Embedded
from service.engine import Engine
from service.entrance import Entrance
from service.refusal import Refusal
from service.remote.engine import Remote
from service.sight import Sight
from service.snapshot import Snapshot

log = logging.getLogger("thidua")

# Seconds between two looks at the pointer: reading a link takes microseconds.
_EVERY = 0.25


class Follower:
    """What is served now, and what will be when another release is published; `tell` hears of each that is served.

    `stay` is called when one is where it stays, in memory or on the disk: then is the time for what takes a while.
    """

    def __init__(
        self,
        settings: Settings,
        entrance: Entrance | None = None,
        tell: Callable[[Release], None] | None = None,
        stay: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings, self.entrance, self._tell, self._stay = settings, entrance, tell, stay
        self.sight = Sight()
        self._snapshot: Snapshot | None = None
        self._mark: tuple[int, int] | None = None
        self._refusal: Refusal | None = None
        self._retiring: dict[Engine, asyncio.Task[None]] = {}
        self._settling: asyncio.Task[None] | None = None

    def now(self) -> Snapshot:
        """The snapshot of the release that is served."""
        assert self._snapshot is not None, "nothing is served before the start"
        return self._snapshot

    @property
    def refused(self) -> bool:
        """Whether what is published cannot be seen, or cannot be served."""
        return self.sight.lost or self._refusal is not None

    @property
    def settled(self) -> bool:
        """Whether the release is where it stays: in memory if it fits, and nothing is under way."""
        return self._settling is None or self._settling.done()

    async def start(self) -> None:
        """The published release is served; OutsideError when there is none, DamagedRelease when it is not whole."""
        if self._snapshot is None:
            self._serve(await self._open(published(self.settings.releases)))
            self._settle()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While it lasts, the pointer is followed; at the end, no process is left."""
        await self.start()
        task = asyncio.create_task(self._follow())
        task.add_done_callback(self._ended)
        try:
            yield
        finally:
            tasks = [task, *self._retiring.values(), *([self._settling] if self._settling else [])]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(*(engine.close() for engine in (self.now().engine, *self._retiring)))

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            try:
                version = self._look()
            except OSError as error:
                self.sight.lose(error)
                continue
            self.sight.regain()
            if self._serves(version):
                self._refusal = None
            elif self._refusal is None or self._refusal.version != version or self._refusal.is_over():
                await self._change(version)

    def _look(self) -> str:
        """The version that is published; OSError when that cannot be seen.

        Nobody takes a pointer away, only another one takes its place: without one, the directory is not where it was.
        """
        if (version := current(self.settings.releases)) is None:
            gone = self.settings.releases / CURRENT
            raise FileNotFoundError(errno.ENOENT, "Nothing is published there any more", str(gone))
        return version

    def _ended(self, task: asyncio.Task[None]) -> None:
        """If nobody wanted the end of the task, it is told: what is served would stay for ever, in silence."""
        if not task.cancelled():
            self.sight.end(task.exception())

    def _serves(self, version: str) -> bool:
        """Whether it is this version that is served, and not what it was before something was taken out of it."""
        found = mark(self.settings.releases / version)
        return version == self.now().release.version and found in (None, self._mark)

    async def _change(self, version: str) -> None:
        """The version is served from the next request on; or the one before still is, when it cannot be."""
        began, old = time.monotonic(), self.now()
        try:
            new = await self._open(version)
        # Whatever is wrong with a release, the one before is served as it was.
        except Exception as error:
            self._refusal = Refusal(self.settings.releases / version, error)
            log.error("release %s is not served, %s still is: %s", version, old.release.version, error)
            return
        self._refusal = None
        self._replace(new)
        log.info("release %s is served, %.1f s after it was seen", version, time.monotonic() - began)
        self._settle()

    def _replace(self, new: Snapshot) -> None:
        """The next request gets the new snapshot; the engine of the old one goes when its last answer is complete."""
        old = self.now()
        self._serve(new)
        self._retiring[old.engine] = asyncio.create_task(self._retire(old))

    def _serve(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        if self._tell is not None:
            self._tell(snapshot.release)

    def _settle(self) -> None:
        """The release that is served from the disk is being brought into memory, if it fits."""
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        snapshot = self.now()
        if self.settings.sparql_endpoint:
            return
        engine = Embedded(snapshot.release, self.settings, self.entrance)
        if engine.held == "memory":
            self._settling = asyncio.create_task(self._bring(snapshot, engine))
        else:
            self._stay()

    async def _bring(self, snapshot: Snapshot, engine: Engine) -> None:
        began = time.monotonic()
        try:
            await engine.start()
        except (ThiduaError, OSError) as error:
            log.error("release %s stays on the disk: %s", snapshot.release.version, error)
            self._stay()
        except asyncio.CancelledError:
            await engine.close()
            raise
        else:
            # What was loaded may be what took its place meanwhile: then the next look at it opens it anew.
            if self._serves(snapshot.release.version):
                self._replace(replace(snapshot, engine=engine))
                log.info("release %s is in memory after %.1f s", snapshot.release.version, time.monotonic() - began)
                self._stay()
            else:
                await engine.close()

    async def _retire(self, old: Snapshot) -> None:
        await old.engine.retire()
        old.close()
        del self._retiring[old.engine]

    async def _open(self, version: str) -> Snapshot:
        """The version is open: what was read of it and what answers are one, however often it was replaced."""
        while True:
            found = mark(self.settings.releases / version)
            try:
                snapshot = await self._opened(version)
            except (ThiduaError, OSError):
                # What was refused was not what is there now.
                if mark(self.settings.releases / version) == found:
                    raise
                continue
            if mark(self.settings.releases / version) == found:
                self._mark = found
                return snapshot
            await snapshot.engine.close()

    async def _opened(self, version: str) -> Snapshot:
        since = (self.settings.releases / CURRENT).lstat().st_mtime
        release = await asyncio.to_thread(open_release, self.settings.releases / version)
        for other, why in (await asyncio.to_thread(illegible, self.settings.releases)).items():
            log.warning("release %s, which is kept beside, cannot be read, and is not listed: %s", other, why)
        engine = self._engine(release)
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(engine.close)
            catalogue, _ = await asyncio.gather(self._catalogue(release.base), self._begin(engine))
            undo.pop_all()
        return Snapshot(release, engine, catalogue, since)

    def _engine(self, release: Release) -> Engine:
        if self.settings.sparql_endpoint:
            return Remote(release, self.settings)
        return Embedded(release, replace(self.settings, store_memory=0), self.entrance)

    async def _begin(self, engine: Engine) -> None:
        """The engine answers; or, when it is elsewhere and nothing else is served, it will when it is there."""
        try:
            await engine.start()
        except OutsideError as error:
            if self._snapshot is not None or engine.held != "remote":
                raise
            log.error("nothing is answered yet: %s", error)

    async def _catalogue(self, base: str) -> Catalogue:
        """The queries over this base; they do not change while the service runs."""
        if self._snapshot is not None and self._snapshot.catalogue.base == base:
            return self._snapshot.catalogue
        return await asyncio.to_thread(Catalogue.read, base)


def published(releases: Path) -> str:
    """The version that is published, and there; OutsideError says what is in the way, and the way out."""
    try:
        version, there = current(releases), versions(releases)
    except OSError as error:
        way = f"run it as the user that may read it, or {variable('releases')}=… names another"
        raise OutsideError(f"{error.filename or releases} cannot be read: {error.strerror} → {way}") from None
    if releases.exists() and not releases.is_dir():
        raise OutsideError(f"{releases} is no directory → {variable('releases')}=… names that of the releases")
    if version is None:
        raise OutsideError(f"nothing is published in {releases} → thidua build && thidua publish")
    if version not in there:
        known = ", ".join(there) or "none: thidua build"
        way = f"thidua publish VERSION; there are: {known}"
        raise OutsideError(f"{releases / CURRENT} leads to no release, but to {version!r} → {way}")
    return version
