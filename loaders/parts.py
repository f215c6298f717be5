"""What is kept of earlier builds beside the releases, so that an unchanged source is not read again.

releases/.parts/
    {sha256}.nq         a part: statements, under the checksum of the file itself
    {key}.{kind}        what else came of reading something; the key says what it was read from, and by which software
    accepted.json       the parts of the last build that became a release
    gate.judged         what the gate found in it (loaders/gate/last.py)
    withdrawn           the checksum of the ledger of withdrawals under which all of this was read

Nothing here is believed unseen: what was cut off, or changed on the disk, is as good as not there, and made anew. So
nothing needs to be on the disk at once. Parts hold names of persons: a withdrawal removes all of this, and so does the
next build after one that was made elsewhere.
"""

from __future__ import annotations

import json
import mmap
import pickle
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from loaders.release import disk
from loaders.source import sha256 as checksum

NAME = ".parts"
_ACCEPTED, _WITHDRAWN = "accepted.json", "withdrawn"
_SWEPT = (".nq", ".told", ".defined")
# A name and a value; it was the value alone.
_FORM = b"2\n"


@dataclass(frozen=True)
class Accepted:
    """The last build that became a release: its version, and its parts' checksums by name."""

    version: str
    parts: Mapping[str, str]


@dataclass(frozen=True)
class Kept:
    """The directory; files are made in a room on the same file system and renamed into their place."""

    directory: Path
    room: Path

    @classmethod
    def beside(cls, releases: Path, room: Path) -> Kept:
        """What is kept beside the releases."""
        (releases / NAME).mkdir(exist_ok=True)
        return cls(releases / NAME, room)

    def path(self, part: str) -> Path | None:
        """The file of a part, its checksum found right; None otherwise."""
        path = self.directory / f"{part}.nq"
        return path if path.is_file() and checksum(path) == part else None

    def keep(self, path: Path, part: str) -> None:
        """The file is kept as the part with its checksum, whatever becomes of its own name."""
        self._place(path, f"{part}.nq")

    def bring(self, part: str, key: str, to: Path) -> bool:
        """The part and what was told with it stand beside each other under a name, if the part is whole."""
        path = self.path(part)
        if path is None:
            return False
        disk.link(path, to.with_suffix(".nq"))
        disk.link(self.directory / f"{key}.told", to.with_suffix(".told"))
        return True

    def recall(self, key: str, kind: str) -> Any:
        """What was noted under a key; None when nothing was, or it is not as it was."""
        path = self.directory / f"{key}.{kind}"
        return recalled(path, path.name) if path.is_file() else None

    def keep_note(self, path: Path, key: str) -> None:
        """The note, a file that `note` made to be kept under a key, is kept under it."""
        self._place(path, f"{key}{path.suffix}")

    def _place(self, path: Path, name: str) -> None:
        fresh = self.room / f"{path.name}.kept"
        disk.link(path, fresh)
        fresh.replace(self.directory / name)
        # Where both names were of one file already, the system leaves them.
        fresh.unlink(missing_ok=True)

    def accepted(self) -> Accepted | None:
        """The last build that became a release, if all its parts are there; `path` tells whether one is whole."""
        try:
            found = json.loads((self.directory / _ACCEPTED).read_text(encoding="utf-8"))
            accepted = Accepted(found["version"], found["parts"])
        except (OSError, ValueError, KeyError):
            return None
        there = all((self.directory / f"{part}.nq").is_file() for part in accepted.parts.values())
        return accepted if there else None

    def accept(self, version: str, directory: Path, parts: Mapping[str, str], used: Iterable[str]) -> None:
        """The parts in a directory are those of the last build that became a release; only they and `used` are kept."""
        for name, part in parts.items():
            if not (self.directory / f"{part}.nq").is_file():
                self.keep(directory / f"{name}.nq", part)
        fresh = self.room / _ACCEPTED
        fresh.write_text(json.dumps({"version": version, "parts": dict(parts)}, indent=1), encoding="utf-8")
        fresh.replace(self.directory / _ACCEPTED)
        self.sweep({*parts.values(), *used})

    def speaks_of(self, keys: Iterable[str]) -> bool:
        """Whether one of the keys of those who were withdrawn is a step of an IRI in a part."""
        return stand_in(self.directory.glob("*.nq"), keys)

    def forget(self) -> None:
        """No build is the last one."""
        (self.directory / _ACCEPTED).unlink(missing_ok=True)

    def sweep(self, used: Iterable[str]) -> None:
        """Only these keys and parts are still kept."""
        still = set(used)
        for path in self.directory.iterdir():
            if path.suffix in _SWEPT and path.stem not in still:
                path.unlink()


def clear(releases: Path) -> None:
    """Nothing is kept beside the releases, and the disk knows it."""
    if (releases / NAME).exists():
        shutil.rmtree(releases / NAME)
        disk.sync(releases)


def settle(releases: Path, ledger: Path) -> None:
    """What is kept was read under this ledger of withdrawals; what was read under another one is gone."""
    now, noted = checksum(ledger).encode() if ledger.is_file() else b"", releases / NAME / _WITHDRAWN
    if now != (noted.read_bytes() if noted.exists() else b""):
        clear(releases)
        noted.parent.mkdir()
        noted.write_bytes(now)


def stand_in(paths: Iterable[Path], keys: Iterable[str]) -> bool:
    """Whether one of the keys is a step of an IRI in any of the files."""
    sought = re.compile(b"/(?:%s)" % b"|".join(key.encode() for key in keys))
    return any(holds(path, sought) for path in paths)


def holds(path: Path, sought: re.Pattern[bytes]) -> bool:
    """Whether there is in a file what is sought; it is not read into memory."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return sought.search(content) is not None


def note(path: Path, value: Any, key: str | None = None) -> None:
    """The value stands in a file, with the name that it has when it is kept, and a checksum of both before them."""
    content = pickle.dumps((f"{key}{path.suffix}", value), protocol=5)
    with path.open("wb") as file:
        file.write(_sum(content))
        file.write(content)


def recalled(path: Path, name: str | None = None) -> Any:
    """The value that `note` wrote; None when the file is not as it was written, or was to have another name."""
    content = path.read_bytes()
    # Only what this software wrote here is unpacked.
    if _sum(content[32:]) != content[:32]:
        return None
    noted, value = pickle.loads(content[32:])
    return value if name in (None, noted) else None


def _sum(content: bytes) -> bytes:
    """The checksum of a note in the form that notes have now; those in another one, of other software, have none."""
    return sha256(_FORM + content).digest()
