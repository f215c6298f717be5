"""The sight of the pointer: whether it can be read, and since when it cannot."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

log = logging.getLogger("thidua")

# Seconds of not seeing that are an incident of the disk, and nothing that a monitor need hear of.
_PASSES = 10.0


class Sight:
    """What became of the last look at the pointer; a loss is told once, and so is its end."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._why, self._since = clock, "", 0.0

    @property
    def lost(self) -> bool:
        """Whether the last look failed."""
        return bool(self._why)

    @property
    def lasting(self) -> str:
        """Why no look has succeeded for longer than an incident takes; empty if one has."""
        return self._why if self.lost and self._clock() - self._since >= _PASSES else ""

    def lose(self, error: OSError) -> None:
        """A look failed."""
        if not self.lost:
            self._since = self._clock()
            log.error("what is published cannot be seen, what is served stays: %s", error)
        # Without the path, which is nobody's business who asks from outside.
        self._why = f"{error.strerror or type(error).__name__}."

    def regain(self) -> None:
        """A look succeeded."""
        if self.lost:
            log.info("what is published can be seen again, after %.1f s", self._clock() - self._since)
        self._why = ""

    def end(self, error: BaseException | None) -> None:
        """Nobody looks any more, which nobody foresaw: it is told, with where it happened, and lasts."""
        log.critical("nobody follows what is published until a restart: %s", error, exc_info=error)
        self._why, self._since = "Nobody looks any more, until a restart.", float("-inf")
