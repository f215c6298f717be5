"""The bytes of an answer, gathered before the first is sent: in memory, and past 1 MiB in a file without a name.

So a status of 200 has a whole answer behind it, and a reader who takes his time keeps no query process.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

log = logging.getLogger("thidua")

# What is in memory at most of one answer, while it is gathered.
IN_MEMORY = 1 << 20
# Read back in pieces of this many bytes. A thread reads them: what the system has dropped from its cache takes time.
_PIECE = 1 << 18


class TooLong(Exception):
    """The answer has more bytes than it may."""


class NoRoom(Exception):
    """The disk has no room for the answer."""


@dataclass
class Cellar:
    """Room on the disk for all answers that are gathered or read at a time: how many bytes, and how many are used."""

    room: int
    used: int = 0


def look_at_room(mounts: Path = Path("/proc/self/mountinfo")) -> None:
    """The log has a warning if long answers are kept in memory, though they are to be on the disk."""
    try:
        directory = Path(tempfile.gettempdir())
    except OSError as error:
        return log.warning("long answers have no room: %s", error)
    if _is_memory(directory.stat().st_dev, mounts):
        log.warning("long answers take memory: %s is a tmpfs; TMPDIR=… names a directory on a disk", directory)
    return None


def _is_memory(device: int, mounts: Path) -> bool:
    """Whether what is mounted from this device is kept in memory (proc_pid_mountinfo(5)); False where nobody tells."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return False
    number = f"{os.major(device)}:{os.minor(device)}"
    kinds = {line.partition(" - ")[2].split()[0] for line in lines if line.split()[2] == number}
    return bool(kinds & {"tmpfs", "ramfs"})


class Body:
    """The bytes of one answer, `size` of them; `close` gives their room back."""

    def __init__(self, limit: int, cellar: Cellar) -> None:
        self.limit, self.size = limit, 0
        self._parts: list[bytes] = []
        self._loose = 0
        self._cellar = cellar
        self._file: IO[bytes] | None = None
        self._work: asyncio.Future[Any] | None = None

    @property
    def whole(self) -> bytes | None:
        """All bytes, if they are in memory."""
        return b"".join(self._parts) if self._file is None else None

    async def add(self, part: bytes) -> None:
        """The part is behind the others; TooLong or NoRoom."""
        if self.size + len(part) > self.limit:
            raise TooLong
        self.size += len(part)
        self._parts.append(part)
        self._loose += len(part)
        if self._loose > IN_MEMORY:
            await self._store()

    async def parts(self) -> AsyncIterator[bytes]:
        """The bytes in pieces; OSError when the file does not give back what was written."""
        if self._file is not None:
            self._file.seek(0)
            left = self.size - self._loose
            while left:
                piece = await self._apart(self._file.read, min(_PIECE, left))
                if not piece:
                    raise OSError("the file of an answer lost its end")
                left -= len(piece)
                yield piece
        for part in self._parts:
            yield part

    def reader(self) -> IO[bytes]:
        """All bytes, to be read once, in a thread if it is to be."""
        return cast(IO[bytes], _Reader(self._file, b"".join(self._parts)))

    def clear(self) -> None:
        """It is empty."""
        self.close()
        self.size = self._loose = 0
        self._parts = []

    def close(self) -> None:
        """The file is gone, as soon as no thread is at work on it."""
        if (file := self._file) is None:
            return
        self._cellar.used -= self.size - self._loose
        self._file = None
        if self._work is None or self._work.done():
            file.close()
        else:
            self._work.add_done_callback(lambda work: (work.exception(), file.close()))

    async def _store(self) -> None:
        """The bytes in memory are in the file."""
        try:
            self._file = self._file or tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
            data, self._parts, self._loose = b"".join(self._parts), [], 0
            self._cellar.used += len(data)
            if self._cellar.used > self._cellar.room:
                raise NoRoom
            await self._apart(_write, self._file, data)
        except OSError as error:
            log.error("an answer could not be kept: %s", error)
            raise NoRoom from None

    async def _apart(self, work: Callable[..., Any], *given: Any) -> Any:
        """What a thread made of it. It ends its work even if nobody waits any more: the file stays open for it."""
        self._work = asyncio.get_running_loop().run_in_executor(None, work, *given)
        return await asyncio.shield(self._work)


class _Reader(io.RawIOBase):
    """The bytes of a file, then those that are in memory."""

    def __init__(self, file: IO[bytes] | None, rest: bytes) -> None:
        self._file, self._rest = file, io.BytesIO(rest)
        if file is not None:
            file.seek(0)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """So many bytes are in the buffer."""
        found = (self._file and self._file.read(len(buffer))) or self._rest.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def _write(file: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
