"""A release that could not be served: which, and when it is worth another try."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic

from loaders.errors import DamagedRelease, UnreadableRelease

# Seconds between two looks at it, since whoever repairs a release writes for a while; and until another try when the
# release was not to blame.
_PAUSE, _LONG_PAUSE = 5.0, 60.0

State = frozenset[tuple[str, int, int]]


class Refusal:
    """A refused release, by its directory, with how that looked."""

    def __init__(self, directory: Path, error: Exception, clock: Callable[[], float] = monotonic) -> None:
        self._directory, self._clock = directory, clock
        blamed = isinstance(error, DamagedRelease) and not isinstance(error, UnreadableRelease)
        self._state = look(directory) if blamed else None
        self._due = clock() + (_PAUSE if blamed else _LONG_PAUSE)

    @property
    def version(self) -> str:
        """The version that was refused."""
        return self._directory.name

    def is_over(self) -> bool:
        """Whether the release is worth another try: something in it has changed, or it was not to blame."""
        if self._clock() < self._due:
            return False
        self._due = self._clock() + _PAUSE
        return self._state is None or look(self._directory) != self._state


def look(directory: Path) -> State:
    """What would change with any file of it: names, sizes and times."""
    try:
        found = {path: path.lstat() for path in (directory, *directory.rglob("*"))}
    except OSError:  # somebody is at work on it
        return frozenset()
    return frozenset((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in found.items())
