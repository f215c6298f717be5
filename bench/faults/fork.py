"""A piece of work in a process of its own, killed at some moment: by the clock, or at its n-th operation on files.

A fork costs milliseconds where a new interpreter takes a second, so that every single operation can be the last one.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import random
import select
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loaders.errors import ThiduaError

# What Python tells an audit hook of files. Before each of them, and so after the one before, the process may end.
_OPERATIONS = frozenset(
    {"open", "fcntl.flock", "os.chmod", "os.fsync", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir",
     "os.symlink", "os.truncate", "sqlite3.connect", "ctypes.dlsym"}
)  # fmt: skip
# Seconds after which a command hangs.
_PATIENCE = 120.0
_NOBODY = 65534


@dataclass(frozen=True)
class End:
    """How a piece of work ended: `killed`, or `done` with its result, or with an error that was foreseen or was not.

    `operations` is how many there were, where they were counted.
    """

    how: str
    result: Any = None
    operations: int = 0


class Fork:
    """The work is under way in a process group of its own; with `last`, it is killed at that operation on files."""

    def __init__(self, work: Callable[[], object], last: int = 0, where: Path | None = None) -> None:
        self._told, telling = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(self._told)
            _work(work, telling, last, where)
        os.close(telling)
        with contextlib.suppress(OSError):  # it did so itself, or is gone
            os.setpgid(self.pid, self.pid)
        self._watched = os.pidfd_open(self.pid)

    def ended(self, seconds: float | None) -> bool:
        """Whether it ended by itself within so many seconds; without a number, it did."""
        return bool(select.select([self._watched], [], [], seconds)[0])

    def kill(self, who: str = "group") -> None:
        """The process is killed with all that it started, or `alone`, or only a `child` of it, if it has one."""
        with contextlib.suppress(ProcessLookupError):
            if who == "child" and (children := self._children()):
                os.kill(random.choice(children), signal.SIGKILL)
            else:
                (os.kill if who == "alone" else os.killpg)(self.pid, signal.SIGKILL)

    def _children(self) -> list[int]:
        with contextlib.suppress(OSError):
            tasks = Path(f"/proc/{self.pid}/task").glob("*/children")
            return [int(child) for path in tasks for child in path.read_text().split()]
        return []

    def end(self, patience: float | None = _PATIENCE) -> End:
        """How it ended; one that hangs is killed, which is told as an error that was not foreseen."""
        hangs = not self.ended(patience)
        if hangs:
            self.kill()
        _, status = os.waitpid(self.pid, 0)
        os.set_blocking(self._told, False)  # what it started may hold the other end
        with os.fdopen(self._told, "rb") as stream, contextlib.suppress(BlockingIOError):
            told = stream.read() or b""
        os.close(self._watched)
        if hangs:
            return End("failed", f"it hung for {_PATIENCE:g} s")
        if status == 0:
            return End(*pickle.loads(told))
        return End("killed" if status == signal.SIGKILL else "failed", f"status {status}")


def run(work: Callable[[], object], last: int = 0, where: Path | None = None) -> End:
    """The end of a piece of work; with `last`, it is killed at that operation on files."""
    return Fork(work, last, where).end()


def as_nobody(work: Callable[[], object]) -> object:
    """What the work gives to a user who owns nothing; it is for a fork of the superuser's."""
    if os.geteuid() == 0:
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    return work()


def _work(work: Callable[[], object], telling: int, last: int, where: Path | None) -> None:
    code = 1
    try:
        os.setpgid(0, 0)
        seen = _count(last, where) if where else (lambda: 0)
        told: tuple[str, object, int]
        try:
            result = work()
            told = ("done", result, seen())
        except ThiduaError as error:
            told = ("refused", (error.exit_code, str(error)), seen())
        except OSError as error:  # which the command line foresees
            told = ("refused", (3, str(error)), seen())
        except BaseException:
            told = ("failed", traceback.format_exc(), seen())
        with os.fdopen(telling, "wb") as stream:
            stream.write(pickle.dumps(told))
        code = 0
    finally:
        os._exit(code)


def _count(last: int, where: Path) -> Callable[[], int]:
    """Operations are counted from now on, and the process dies at the last one."""
    number, real = 0, os.fsync

    def hook(event: str, given: tuple[object, ...]) -> None:
        nonlocal number
        if event in _OPERATIONS and (event != "open" or _within(given[0], where)):
            number += 1
            if number == last:
                os.kill(os.getpid(), signal.SIGKILL)

    def fsync(descriptor: int) -> None:
        sys.audit("os.fsync", descriptor)
        real(descriptor)

    setattr(os, "fsync", fsync)  # noqa: B010 - the types say that there are other callers
    sys.addaudithook(hook)
    return lambda: number


def _within(path: object, where: Path) -> bool:
    """Whether a path is in the directory; one that is relative is, since modules are opened by whole paths."""
    if isinstance(path, bytes | str):
        spelt = os.fsdecode(path)
        return not spelt.startswith("/") or spelt.startswith(str(where))
    return False
