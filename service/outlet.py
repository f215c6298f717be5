"""The outlet: where the log leaves a process that waits for nobody who reads it, and that nobody's leaving ends.

A pipe that is not read is full at some time, and who writes into it then waits: a terminal that was stopped, a
collector of logs that hangs. Disks are full, and readers go. What is lost so is counted, and told when the way is free.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import stat
from functools import cached_property

# Milliseconds that a reader is waited for who read until now; and one who did not.
_PATIENCE, _NONE = 50, 0


class Outlet(logging.Handler):
    """Lines leave by a file, which is opened when the first does: who was forked before has it for himself."""

    def __init__(self, file: int) -> None:
        super().__init__()
        self._given, self._lost, self._torn = file, 0, False

    def emit(self, record: logging.LogRecord) -> None:
        """The line is on its way, or counted among those that are lost."""
        if self._lost and self._leaves(self.format(_missing(self._lost)), _NONE):
            self._lost = 0
        if self._lost or not self._leaves(self.format(record), _PATIENCE):
            self._lost += 1

    def _leaves(self, line: str, patience: int) -> bool:
        """Whether the whole line is on its way; after a part of one comes an end of line."""
        left = ("\n" * self._torn + line + "\n").encode()
        watched, size = select.poll(), len(left)
        watched.register(self._file, select.POLLOUT)
        with contextlib.suppress(OSError):
            # Anything beside POLLOUT says that the reader has gone: writing then would end a process (SIGPIPE).
            while left and [events for _, events in watched.poll(patience)] == [select.POLLOUT]:
                left = left[os.write(self._file, left[: select.PIPE_BUF]) :]
        self._torn = bool(left) and (self._torn or len(left) < size)
        return not left

    @cached_property
    def _file(self) -> int:
        """The file; if it is a pipe, opened once more, since two who find room for one line would both write."""
        if stat.S_ISFIFO(os.fstat(self._given).st_mode):
            with contextlib.suppress(OSError):  # whose is another's, or where nothing is found under such a name
                return os.open(f"/proc/self/fd/{self._given}", os.O_WRONLY | os.O_NONBLOCK)
        return self._given


def _missing(number: int) -> logging.LogRecord:
    facts = {"count": number}
    return logging.makeLogRecord(
        {"levelname": "WARNING", "msg": "lines of the log are missing: nobody took them", "facts": facts}
    )
