"""Progress on a terminal: what is being done, how far it is, how fast it goes; nothing when piped."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO


@dataclass
class Progress:
    """Says on a stream what is going on, if anybody looks at it.

    >>> import io
    >>> Progress(io.StringIO()).stage("reading")
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = time.monotonic
    _began: float = 0.0
    _counting: bool = False

    def stage(self, text: str) -> None:
        """A new line says what is being done now."""
        self.close()
        self._began = self.clock()
        if self.stream.isatty():
            print(f"  {text} …", file=self.stream, flush=True)

    def say(self, text: str) -> None:
        """Something worth knowing, terminal or not."""
        self.close()
        print(text, file=self.stream, flush=True)

    def count(self, number: int) -> None:
        """The line below says how many there are so far and how many come in a second."""
        if self.stream.isatty():
            pace = number / max(self.clock() - self._began, 0.001)
            print(f"\r    {number:,} ({pace:,.0f}/s)\033[K", end="", file=self.stream, flush=True)
            self._counting = True

    def close(self) -> None:
        """The line is finished."""
        if self._counting:
            print(file=self.stream)
            self._counting = False
