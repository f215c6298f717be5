"""The workshop: a directory beside the releases where one build at a time makes its release, out of sight."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from loaders.errors import Incomplete, OutsideError
from loaders.release import CURRENT, disk, journal, scratch

_LOCK = ".build.lock"
_ROOM = ".building-"


@contextlib.contextmanager
def workshop(
    releases: Path, waiting: Callable[[], None] = lambda: None, stopped: str = "the build stopped, nothing was changed"
) -> Iterator[Path]:
    """An empty directory on the releases' file system, gone afterwards; what killed builds left behind is gone too.

    A second build waits until the first is through, and `waiting` is called. OutsideError, that says what `stopped`,
    when the disk is full, or may not be written or read, or something else outside fails; Incomplete as it was raised.
    """
    try:
        releases.mkdir(parents=True, exist_ok=True)
        with disk.locked(releases / _LOCK, waiting):
            _clean(releases)
            room = releases / f"{_ROOM}{os.getpid()}"
            room.mkdir()
            try:
                yield room
            finally:
                shutil.rmtree(room, ignore_errors=True)
    except Incomplete:
        raise
    except (OSError, OutsideError) as error:
        raise OutsideError(f"{stopped}: {error}") from error


def _clean(releases: Path) -> None:
    """No room of another build is left, and no half-made link; the locks say that who made them is dead."""
    for room in releases.glob(f"{_ROOM}*"):
        shutil.rmtree(room)
    scratch.clear(releases)
    with journal.locked(releases):
        disk.clear_links(releases / CURRENT)
