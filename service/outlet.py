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

# Milliseconds that a reader is waited for who read until now; and one who did not.
_PATIENCE, _NONE = 50, 0
# The reader has gone: who writes then is ended (SIGPIPE).
_GONE = select.POLLERR | select.POLLHUP


class Outlet(logging.Handler):
    """Lines leave by the file of a number that every process has it under."""

    def __init__(self, file: int) -> None:
        super().__init__()
        self._given, self._lost, self._torn = file, 0, False
        self._process, self._own = 0, file

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
        file = self._file()
        watched.register(file, select.POLLOUT)
        with contextlib.suppress(OSError):
            while left and (found := watched.poll(patience)) and not found[0][1] & _GONE:
                left = left[os.write(file, left[: select.PIPE_BUF]) :]
        self._torn = bool(left) and (self._torn or len(left) < size)
        return not left

    def _file(self) -> int:
        """The file, as this process has it: in one that was forked, what the other opened may be something else."""
        if self._process != os.getpid():
            self._process, self._own = os.getpid(), _alone(self._given)
        return self._own


def _alone(file: int) -> int:
    """If the file is a pipe, the same one opened once more: two who find room for one line would both write."""
    with contextlib.suppress(OSError):  # it is closed, or another's, or nothing is found under such a name
        if stat.S_ISFIFO(os.fstat(file).st_mode):
            return os.open(f"/proc/self/fd/{file}", os.O_WRONLY | os.O_NONBLOCK)
    return file


def _missing(number: int) -> logging.LogRecord:
    facts = {"count": number}
    return logging.makeLogRecord(
        {"levelname": "WARNING", "msg": "lines of the log are missing: nobody took them", "facts": facts}
    )
