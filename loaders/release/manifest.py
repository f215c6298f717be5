"""The manifest of a release: what it is, and the size and SHA-256 of every file in it.

`manifest.json` lists all files but itself and `SHA256SUMS`; `SHA256SUMS` lists all files and the manifest, in the
form that `sha256sum --check` reads. So each of the two would betray a change of the other.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from io import BufferedReader
from pathlib import Path
from types import MappingProxyType
from typing import Any

from loaders.errors import DamagedRelease, UnreadableRelease, printable

NAME = "manifest.json"
SUMS = "SHA256SUMS"
# What opening says of a file that is missing, or is none: that is damage, as other bytes are, and nothing else is.
_NO_FILE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.EINVAL, errno.ENXIO, errno.ENODEV}
# Bytes that a manifest may have: a thousand times what one with a thousand graphs takes.
_MOST = 128 * 2**20


@dataclass(frozen=True)
class Entry:
    """A file's size in bytes and its SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Redaction:
    """Something was taken out of a release: when, why, and the hash of the dataset that nobody can verify any more."""

    at: str
    why: str
    dataset: str


@dataclass(frozen=True)
class Manifest:
    """What a release says of itself. `dataset` is the RDFC-1.0 hash, `inputs` the fingerprint of what it was made from.

    `created` is a moment in UTC (`2026-11-21T08:00:00Z`), `quads` counts statements, `graphs` counts them by graph,
    `triples` counts different triples; `redactions` are there only if there were any, the first one first, `synthetic`
    only if the data are made up.
    """

    version: str
    created: str
    base: str
    dataset: str
    quads: int
    triples: int
    graphs: Mapping[str, int]
    software: str
    inputs: str
    files: Mapping[str, Entry]
    redactions: tuple[Redaction, ...] = ()
    synthetic: bool = False

    @property
    def named_after(self) -> str:
        """The hash of the dataset that the release was named after: its own, unless something was taken out."""
        return self.redactions[0].dataset if self.redactions else self.dataset


def survey(directory: Path, known: Mapping[str, Entry] = MappingProxyType({})) -> dict[str, Entry]:
    """The size and SHA-256 of every file below a directory, by path; a link counts as what it is, never followed.

    Files of which that is `known` are not read.
    """
    paths = sorted(_files(directory, _refuse))
    fresh = [path for path in paths if path not in known]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        entries = dict(zip(fresh, pool.map(entry, (directory / path for path in fresh)), strict=True))
    return {path: entries.get(path) or known[path] for path in paths}


def linked(directory: Path, other: Path, files: Mapping[str, Entry]) -> dict[str, Entry]:
    """Of the files of another directory those that are below this one too, the very same ones under the same paths."""
    return {path: entry for path, entry in files.items() if _is_same(directory / path, other / path)}


def _is_same(one: Path, other: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(one.lstat(), other.lstat())
    return False


def entry(path: Path) -> Entry:
    """The size and SHA-256 of a file; of a link or anything else one that no file has.

    UnreadableRelease when something outside of it keeps it from being read.
    """
    try:
        with _opened(path) as stream:
            return Entry(os.fstat(stream.fileno()).st_size, hashlib.file_digest(stream, "sha256").hexdigest())
    except OSError as error:
        if error.errno not in _NO_FILE:
            raise _unreadable(path, error) from None
        return Entry(-1, str(error.strerror))


def write(directory: Path, manifest: Manifest) -> None:
    """The manifest and the sums stand in the directory."""
    content = _render(manifest)
    (directory / NAME).write_bytes(content)
    (directory / SUMS).write_bytes(_sums(manifest, content))


def read(directory: Path) -> Manifest:
    """The manifest of a release; DamagedRelease when there is none, or it is not the one that the sums confirm."""
    content = _content(directory / NAME)
    try:
        manifest = _parse(json.loads(content))
        sums = _sums(manifest, content)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DamagedRelease(f"the manifest cannot be read: {error}", file=str(directory / NAME)) from None
    if _content(directory / SUMS) != sums:
        raise DamagedRelease(f"{NAME} and {SUMS} disagree", file=str(directory))
    return manifest


def faults(directory: Path, manifest: Manifest) -> tuple[list[str], list[str]]:
    """A line for every file that is missing, cut, changed or not in the manifest, and for every other directory.

    And a line for every file and directory that something outside of the release keeps from being read.
    """
    closed: list[OSError] = []
    known, found = manifest.files, set(_files(directory, closed.append))
    unread = [(Path(error.filename).relative_to(directory).as_posix() + "/", _why(error)) for error in closed]
    wrong = [(path, "not in the manifest") for path in found - known.keys()]
    # Of what is in a directory that cannot be read, nobody knows.
    hidden = tuple(path.removeprefix("./") for path, _ in unread)
    wrong += [(path, "missing") for path in known.keys() - found if not path.startswith(hidden)]
    wrong += [(f"{path}/", "a directory of nothing in the manifest") for path in _folders(directory, known)]
    there = sorted(known.keys() & found)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        told = pool.map(_fault, (directory / path for path in there), (known[path] for path in there))
        for path, (fault, why) in zip(there, told, strict=True):
            wrong += [(path, fault)] if fault else []
            unread += [(path, why)] if why else []
    return _lines(wrong), _lines(unread)


def _lines(told: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{printable(path)}: {what}" for path, what in sorted(told)]


def _fault(path: Path, expected: Entry) -> tuple[str, str]:
    """What is wrong with a file, or what keeps it from being read, if anything is or does.

    One of another size is not read, however large it has become.
    """
    try:
        there = path.lstat()
        if not stat.S_ISREG(there.st_mode):
            return "not a file", ""
        if there.st_size != expected.size:
            return f"{there.st_size} bytes instead of {expected.size}", ""
        found = entry(path)
    except UnreadableRelease as error:
        return "", error.message
    except OSError as error:
        return "", _why(error)
    if found == expected:
        return "", ""
    return "changed" if found.size >= 0 else found.sha256, ""


def _files(directory: Path, closed: Callable[[OSError], None]) -> Iterator[str]:
    """The paths of all files below; `closed` hears of each directory that cannot be read."""
    for folder, folders, names in os.walk(directory, onerror=closed):
        links = [name for name in folders if _is_link(Path(folder, name))]
        for name in names + links:
            path = Path(folder, name).relative_to(directory).as_posix()
            if path not in (NAME, SUMS):
                yield path


def _folders(directory: Path, known: Mapping[str, Entry]) -> Iterator[str]:
    """The directories in which no file of the manifest is; the engine, for one, looks at all that is in its own."""
    used = {parent for path in known for parent in Path(path).parents}
    for folder, folders, _ in os.walk(directory):
        for path in (Path(folder, name).relative_to(directory) for name in folders):
            if path not in used and not _is_link(directory / path):
                yield path.as_posix()


def _is_link(path: Path) -> bool:
    """Whether it is a link; of what may not be looked at, somebody else tells that."""
    with contextlib.suppress(PermissionError):
        return path.is_symlink()
    return False


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    """A file to be read; OSError for what is none. A pipe is not waited for, and no link followed."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a file", str(path))
        yield stream


def _content(path: Path) -> bytes:
    try:
        with _opened(path) as stream:
            content = stream.read(_MOST + 1)
    except FileNotFoundError:
        raise DamagedRelease("a file is missing", file=str(path)) from None
    except OSError as error:
        if error.errno not in _NO_FILE:
            raise _unreadable(path, error) from None
        raise DamagedRelease(f"cannot be read: {error.strerror}", file=str(path)) from None
    if len(content) > _MOST:
        raise DamagedRelease("too large to be one of a release", file=str(path))
    return content


def _unreadable(path: Path, error: OSError) -> UnreadableRelease:
    return UnreadableRelease(_why(error), file=str(path))


def _refuse(error: OSError) -> None:
    raise error


def _why(error: OSError) -> str:
    return f"cannot be read: {error.strerror}"


def _render(manifest: Manifest) -> bytes:
    told = asdict(manifest)
    for name in ("redactions", "synthetic"):
        if not told[name]:
            del told[name]
    return (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()


def _parse(raw: dict[str, Any]) -> Manifest:
    if unknown := sorted(raw.keys() - Manifest.__dataclass_fields__.keys()):
        raise ValueError(f"it has {', '.join(unknown)}, of which newer software may know")
    files = {path: Entry(**entry) for path, entry in raw["files"].items()}
    redactions = tuple(Redaction(**redaction) for redaction in raw.get("redactions", ()))
    found = Manifest(**{**raw, "files": files, "redactions": redactions})
    texts = (found.version, found.created, found.base, found.dataset, found.software, found.inputs)
    if not all(isinstance(text, str) for text in (*texts, *(each.dataset for each in redactions))):
        raise TypeError("a number where a text is to be")
    if not all(type(count) is int for count in (found.quads, found.triples, *found.graphs.values())):
        raise TypeError("a text where a number is to be")
    datetime.datetime.fromisoformat(found.created)
    return found


def _sums(manifest: Manifest, content: bytes) -> bytes:
    sums = {path: entry.sha256 for path, entry in manifest.files.items()}
    sums[NAME] = hashlib.sha256(content).hexdigest()
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums)).encode()
