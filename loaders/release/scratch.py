"""Scratch: a directory in which somebody who is no build works for a while on what names persons.

It lies beside the releases, where what is kept is kept from others and builds and withdrawals clear up; or, where they
may not be written or have no room, among the temporary files. What somebody leaves who is killed, the next one clears.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_ROOM = ".thidua-scratch-"


@contextlib.contextmanager
def scratch(releases: Path, size: int = 0) -> Iterator[Path]:
    """An empty directory for its owner alone, gone afterwards; those of the dead are gone as well.

    It is to hold so many bytes: one that says how many does not lie beside the releases when their disk is full.
    """
    clear(releases)
    beside = os.access(releases, os.W_OK | os.X_OK) and shutil.disk_usage(releases).free >= size
    room, lock = _taken(releases if beside else Path(tempfile.gettempdir()))
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)
        os.close(lock)


def clear(releases: Path) -> None:
    """Nobody who was killed has left a directory there, or among the temporary files."""
    for place in (releases, Path(tempfile.gettempdir())):
        for room in place.glob(f"{_ROOM}*"):
            # One that is not ours to read, or is gone, or in which somebody is at work, stays.
            with contextlib.suppress(OSError):
                lock = _locked(room, fcntl.LOCK_NB)
                shutil.rmtree(room, ignore_errors=True)
                os.close(lock)


def _taken(place: Path) -> tuple[Path, int]:
    """A new directory, and the lock on it, which goes with the process however it ends."""
    while True:
        room = Path(tempfile.mkdtemp(prefix=_ROOM, dir=place))
        with contextlib.suppress(FileNotFoundError):
            lock = _locked(room)
            if room.exists():
                return room, lock
            # Somebody took it for one of the dead before it was locked.
            os.close(lock)


def _locked(room: Path, how: int = 0) -> int:
    descriptor = os.open(room, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
