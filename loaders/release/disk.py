"""What survives a power cut: files, directories and links that are on the disk when the call returns."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

from loaders.errors import OutsideError

# From linux/fcntl.h and linux/fs.h.
_AT_CWD, _EXCHANGE = -100, 2


def sync(path: Path) -> None:
    """A file's content, or a directory's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(directory: Path) -> None:
    """Everything below a directory, and the directory itself, is on the disk."""
    for folder, _, names in os.walk(directory, topdown=False):
        for name in names:
            sync(Path(folder, name))
        sync(Path(folder))


def move(source: Path, target: Path) -> None:
    """The source has the target's name and no other; OSError when the target is a directory with something in it."""
    source.rename(target)
    sync(target.parent)


def exchange(one: Path, other: Path) -> None:
    """Each of two directories has the other's name; at no moment did either name lead nowhere.

    OutsideError where the system has no such call (Linux has), or the file system cannot do it (NFS cannot).
    """
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        raise OutsideError("this system cannot exchange two directories in one step → do it on Linux")
    if call(_AT_CWD, os.fsencode(one), _AT_CWD, os.fsencode(other), _EXCHANGE):
        code = ctypes.get_errno()
        hint = "the directory of the releases must lie on a disk of this machine"
        raise OutsideError(f"{one} and {other} cannot be exchanged: {os.strerror(code)} → {hint}")
    for directory in {one.parent, other.parent}:
        sync(directory)


def link(path: Path, name: Path) -> None:
    """The file has another name besides; OutsideError where none can be given."""
    with _linking(name):
        name.hardlink_to(path)


def point(link: Path, target: str) -> None:
    """The symbolic link leads to the target, or still to where it led; at no moment was it missing or half made.

    OutsideError where there are no such links.
    """
    fresh = link.with_name(f".{link.name}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    try:
        with _linking(link):
            fresh.symlink_to(target)
        fresh.replace(link)
    except (OSError, OutsideError):
        fresh.unlink(missing_ok=True)
        raise
    sync(link.parent)


@contextlib.contextmanager
def _linking(link: Path) -> Iterator[None]:
    """OutsideError where the file system has no such links, or this one may not be made."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP):
            raise
        # Linux also refuses a hard link to a file of somebody else's (fs.protected_hardlinks).
        hint = "the releases must lie on a file system with hard and symbolic links (not FAT or exFAT), and be your own"
        raise OutsideError(f"cannot make the link {link}: {error.strerror} → {hint}") from None


def clear_links(link: Path) -> None:
    """Nothing is left of a `point` that was killed; nobody else is at it."""
    for fresh in link.parent.glob(f".{link.name}-*"):
        fresh.unlink()


def append(path: Path, line: bytes) -> None:
    """The file ends with the line, whole and on the disk, or is as it was; a line that a crash cut off is closed."""
    existed = path.exists()
    with path.open("ab+", buffering=0) as stream:
        size = stream.seek(0, os.SEEK_END)
        try:
            rest = line if _is_closed(stream, size) else b"\n" + line
            while rest:  # a disk that fills up takes a part of it
                rest = rest[stream.write(rest) :]
            os.fsync(stream.fileno())
        except OSError:
            stream.truncate(size)
            raise
    if not existed:
        sync(path.parent)


def _is_closed(stream: FileIO, size: int) -> bool:
    stream.seek(max(size - 1, 0))
    return stream.read(1) in (b"", b"\n")


@contextlib.contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """One process at a time is inside; `waiting` is called once by those that have to wait.

    The kernel lets go of the lock when its holder dies, so a killed process locks nobody out.
    """
    with path.open("ab") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
