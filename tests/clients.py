"""Clients that go on asking, each in a thread of its own."""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator


class Clients(ABC):
    """So many clients, each of which asks until all are `stopped`."""

    def __init__(self, number: int) -> None:
        self.stopped = False
        self._threads = [threading.Thread(target=self._ask, args=(each,)) for each in range(number)]

    @abstractmethod
    def _ask(self, number: int) -> None:
        """The client of this number asked one question after the other, until all were stopped."""

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        """While it lasts, they ask."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self.stopped = True
            for thread in self._threads:
                thread.join()
