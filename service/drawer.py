"""A file of SQLite in a release, for any number of threads: each takes a connection, and lays it back."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from service.problems import Problem


class Drawer:
    """Connections to a file that nobody changes; each does what stands in `first`, then takes a `look`."""

    def __init__(self, path: Path, title: str, look: Callable[[], None] = lambda: None, first: str = "") -> None:
        self._address, self._title = f"file:{quote(str(path))}?mode=ro&immutable=1", title
        self._look, self._first = look, first
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else uses; Problem 503 when the file cannot be read."""
        try:
            with ExitStack() as undo:
                file = undo.enter_context(closing(self._taken() or self._connect()))
                yield file
                undo.pop_all()
            self._idle.append(file)
        except sqlite3.Error as error:
            raise self._unread(error) from None
        if self._closed:
            self.close()

    def close(self) -> None:
        """No connection is open, as soon as nobody uses one: the file may go, and its room on the disk with it.

        One that is merely forgotten stays open until all objects are looked through for garbage, which is seldom.
        """
        self._closed = True
        while (file := self._taken()) is not None:
            file.close()

    @contextmanager
    def once(self) -> Iterator[sqlite3.Connection]:
        """A connection that is closed afterwards: nothing is left that a process forked from this one had as well."""
        try:
            with closing(self._connect()) as file:
                yield file
        except sqlite3.Error as error:
            raise self._unread(error) from None

    def _unread(self, error: sqlite3.Error) -> Problem:
        return Problem(503, f"No {self._title}", f"the {self._title} cannot be read: {error}")

    def _taken(self) -> sqlite3.Connection | None:
        # Not looked at before it is taken: another thread may be faster.
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _connect(self) -> sqlite3.Connection:
        # Nobody has it twice at a time, so it may go from thread to thread.
        file = sqlite3.connect(self._address, uri=True, isolation_level=None, check_same_thread=False)
        with ExitStack() as undo:
            undo.enter_context(closing(file))
            # Not mapped: whatever cuts the file off would end the process (SIGBUS), where a read fails.
            file.executescript(f"PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; {self._first}")
            self._look()
            undo.pop_all()
        return file
