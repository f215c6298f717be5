"""Progress on a terminal: what is being done, how far it is, how fast it goes; nothing when piped."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self, TextIO


@dataclass
class Progress:
    """Says on a stream what is going on, if anybody looks at it; whatever is said after a `with` has its own line.

    >>> import io
    >>> Progress(io.StringIO()).stage("reading")
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = time.monotonic
    _stage: str = ""
    _percent: int = 0
    _began: float = 0.0
    _counting: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stage(self, text: str, share: float = 0.0) -> None:
        """A line says what is being done now; the line below, how large a share of it is done, and the time left."""
        if text != self._stage:
            self.close()
            self._stage, self._percent, self._began = text, 0, self.clock()
            if self.stream.isatty():
                print(f"  {text} …", file=self.stream, flush=True)
        if (percent := int(share * 100)) > self._percent:
            self._percent, passed = percent, self.clock() - self._began
            self._below(f"{percent} %, {_spoken(passed / share - passed)} left")

    def say(self, text: str) -> None:
        """Something worth knowing, terminal or not."""
        self.close()
        print(text, file=self.stream, flush=True)

    def count(self, number: int, share: float | None = None) -> None:
        """The line below says how many there are so far, how many come in a second, and, of a share, the time left."""
        passed = max(self.clock() - self._began, 0.001)
        left = f", {_spoken(passed / share - passed)} left" if share else ""
        self._below(f"{number:,} ({number / passed:,.0f}/s{left})")

    def _below(self, text: str) -> None:
        if self.stream.isatty():
            # A line that the terminal breaks is not written over by the next one.
            print(f"\r{f'    {text}'[: self._width()]}\033[K", end="", file=self.stream, flush=True)
            self._counting = True

    def _width(self) -> int | None:
        """How many characters stand in a line, none in the last column; None where nobody knows."""
        with contextlib.suppress(OSError):
            return max(os.get_terminal_size(self.stream.fileno()).columns - 1, 0) or None
        return None

    def close(self) -> None:
        """The line is finished."""
        if self._counting:
            print(file=self.stream)
            self._counting = False


def _spoken(seconds: float) -> str:
    """A length of time, as one says it.

    >>> _spoken(7.2), _spoken(75)
    ('7 s', '1 min 15 s')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
