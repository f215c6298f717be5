"""A piece of work in a process of its own, killed at some moment: by the clock, or at its n-th operation on files; or
the operation fails. What it was at stands in memory that both processes share.

A fork costs milliseconds where a new interpreter takes a second, so that every single operation can be the last one.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import pickle
import random
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loaders.errors import ThiduaError

# What Python tells an audit hook of files, of `open` for writing alone; the last is how two directories are exchanged.
# Before each of them, and so after the one before, the process may end.
_OPERATIONS = frozenset(
    {"open", "fcntl.flock", "os.chmod", "os.fsync", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir",
     "os.symlink", "os.truncate", "sqlite3.connect", "ctypes.dlsym"}
)  # fmt: skip
# What fails from then on, where there is no room any more, or nothing may be written any more.
_TAKES_ROOM = _OPERATIONS - {"fcntl.flock", "os.chmod", "os.remove", "os.rmdir", "os.truncate", "ctypes.dlsym"}
_WRITES = _OPERATIONS - {"fcntl.flock", "os.fsync"}
_LASTING = {errno.ENOSPC: _TAKES_ROOM, errno.EROFS: _WRITES}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Bytes of what a process is at.
_STAGE = 200
# Seconds after which a command hangs; and within which whoever it started ends after it.
_PATIENCE, _ENDS = 120.0, 20.0
_NOBODY = 65534
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of linux/prctl.h


@dataclass(frozen=True)
class End:
    """How a piece of work ended: `killed`, or `done` with its result, or with an error that was foreseen or was not.

    `operations` are those that there were, where they were counted; `stage` is what it was at.
    """

    how: str
    result: Any = None
    operations: tuple[str, ...] = ()
    stage: str = ""


@dataclass(frozen=True)
class Stroke:
    """What befalls a process at its `last` operation on files below a directory: it is killed, or gets an `error`.

    One for want of room, or of leave to write, stays; another one comes once.
    """

    where: Path
    last: int = 0
    error: int = 0

    def falls(self, event: str, number: int) -> bool:
        """Whether the operation, which has this number, is the one."""
        if self.error in _LASTING:
            return 0 < self.last <= number and event in _LASTING[self.error]
        return number == self.last


_stage: mmap.mmap


def tell(what: str) -> None:
    """Who started this process can tell what it is at."""
    _stage[:] = what.encode()[:_STAGE].ljust(_STAGE)


class Fork:
    """The work is under way in a process group of its own, with its stroke, if there is to be one."""

    def __init__(self, work: Callable[[], object], stroke: Stroke | None = None) -> None:
        global _stage
        _stage = self._stage = mmap.mmap(-1, _STAGE)
        tell("beginning")
        self._told, telling = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(self._told)
            _work(work, telling, stroke)
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

    def survivors(self) -> list[str]:
        """What it started and goes on without it, some time after it ended."""
        end = time.monotonic() + _ENDS
        while (found := list(_of_group(self.pid))) and time.monotonic() < end:
            time.sleep(0.05)
        return found

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
        stage = self._stage[:].rstrip(b"\0 ").decode(errors="replace")
        self._stage.close()
        if hangs:
            return End("failed", f"it hung for {_PATIENCE:g} s", stage=stage)
        if status == 0:
            return End(*pickle.loads(told), stage=stage)
        return End("killed" if status == signal.SIGKILL else "failed", f"status {status}", stage=stage)


def _of_group(group: int) -> Iterator[str]:
    """The processes of a group that still run, by what they were called with."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it is gone
            state, _, its, *_ = (process / "stat").read_text().rpartition(")")[2].split()
            if int(its) == group and state != "Z":
                yield (process / "cmdline").read_text().replace("\0", " ")


def run(work: Callable[[], object], stroke: Stroke | None = None) -> End:
    """The end of a piece of work, with its stroke, if there is to be one."""
    return Fork(work, stroke).end()


def as_nobody(work: Callable[[], object]) -> object:
    """What the work gives to a user who owns nothing; it is for a fork of the superuser's."""
    if os.geteuid() == 0:
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    return work()


def _work(work: Callable[[], object], telling: int, stroke: Stroke | None) -> None:
    code = 1
    try:
        os.setpgid(0, 0)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        seen: list[str] = []
        if stroke is not None:
            _strike(stroke, seen)
        told: tuple[str, object]
        try:
            told = ("done", work())
        except ThiduaError as error:
            told = ("refused", (error.exit_code, str(error)))
        except OSError as error:  # which the command line foresees
            told = ("refused", (3, str(error)))
        except BaseException:
            told = ("failed", traceback.format_exc())
        with os.fdopen(telling, "wb") as stream:
            stream.write(pickle.dumps((*told, tuple(seen))))
        code = 0
    finally:
        os._exit(code)


def _strike(stroke: Stroke, seen: list[str]) -> None:
    """Operations are seen from now on, and the stroke falls."""
    real = os.fsync

    def hook(event: str, given: tuple[object, ...]) -> None:
        if event not in _OPERATIONS or (event == "open" and not _writes(given, stroke.where)):
            return
        seen.append(event)
        if stroke.falls(event, len(seen)):
            if stroke.error:
                raise OSError(stroke.error, os.strerror(stroke.error))
            tell(event)
            os.kill(os.getpid(), signal.SIGKILL)

    def fsync(descriptor: int) -> None:
        sys.audit("os.fsync", descriptor)
        real(descriptor)

    setattr(os, "fsync", fsync)  # noqa: B010 - the types say that there are other callers
    sys.addaudithook(hook)


def _writes(given: tuple[object, ...], where: Path) -> bool:
    """Whether a file in the directory is opened for writing; a path that is relative is of one in it."""
    path, _, flags = given
    if not isinstance(path, bytes | str) or not isinstance(flags, int) or not flags & _WRITING:
        return False
    spelt = os.fsdecode(path)
    return not spelt.startswith("/") or spelt.startswith(str(where))
