"""The campaign of damages: every byte of a small file is flipped, one of each block of a large one; files are cut,
lengthened, exchanged, gone, added, linked and locked away. Verify names each of them.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import combinations
from pathlib import Path

from bench.faults.fork import Fork, as_nobody, run
from loaders.release import disk, manifest
from loaders.release.verification import verify

# Bytes of a file of which every one is flipped, and of the blocks of a larger one; and how many at random besides.
_SMALL, _BLOCK, _SAMPLE = 4096, 512, 500
_CUTS = 8


def damage(directory: Path, scratch: Path, everything: bool, seed: int) -> tuple[Counter[str], list[str]]:
    """How many damages were tried on copies of a release, by kind, and which of them nobody found.

    All processors are at it; with `everything`, every byte of large files is flipped as well.
    """
    parts = os.cpu_count() or 1
    forks = []
    for part in range(parts):
        copy = scratch / str(part) / directory.name
        shutil.copytree(directory, copy)
        for path in copy.rglob("*"):
            path.chmod(0o755)
        damages = _Damages(copy, random.Random(seed), everything)
        forks.append(Fork(partial(damages.all, part, parts)))
    counts: Counter[str] = Counter()
    missed = []
    for fork in forks:
        end = fork.end(None)
        if end.how != "done":
            missed.append(f"verify: {end.result}")
            continue
        counts += end.result[0]
        missed += end.result[1]
    return counts, missed


Look = Callable[[Path], list[str]]


class _Damages:
    """What was tried on a release, one after the other, and what was not found."""

    def __init__(self, directory: Path, chance: random.Random, everything: bool) -> None:
        self.directory, self.chance, self.everything = directory, chance, everything
        self.counts: Counter[str] = Counter()
        self.missed: list[str] = []

    def all(self, part: int, parts: int) -> tuple[Counter[str], list[str]]:
        """One of so many parts of all damages was tried, and the release is whole again."""
        assert verify(self.directory) == []
        files = sorted(path for path in self.directory.rglob("*") if path.is_file())
        for path in files:
            self.flip(path, self.places(path.stat().st_size)[part::parts])
        for path in files[part::parts]:
            self.cut(path)
            self.move(path)
            self.lock(path)
        for path in [path for path in self.directory.rglob("*") if path.is_dir()][part::parts]:
            self.lead_away(path)
        for one, other in list(combinations(files, 2))[part::parts]:
            self.exchange(one, other)
        self.missed += verify(self.directory)
        return self.counts, self.missed

    def places(self, size: int) -> list[int]:
        """Where a file of a size is changed: the same for every part."""
        if size <= _SMALL or self.everything:
            return list(range(size))
        blocks = (self.chance.randrange(start, min(start + _BLOCK, size)) for start in range(0, size, _BLOCK))
        return sorted({0, size - 1, *blocks, *self.chance.sample(range(size), _SAMPLE)})

    def flip(self, path: Path, places: list[int]) -> None:
        """A bit of each of these bytes was another one for a while."""
        with path.open("r+b", buffering=0) as stream:
            for place in places:
                (byte,) = os.pread(stream.fileno(), 1, place)
                os.pwrite(stream.fileno(), bytes([byte ^ 1 << place % 8]), place)
                self.found("flipped", path, place)
                os.pwrite(stream.fileno(), bytes([byte]), place)

    def cut(self, path: Path) -> None:
        """The file was shorter and longer for a while, by one byte and by more."""
        content = path.read_bytes()
        for size in (
            {0, len(content) - 1, *(self.chance.randrange(len(content)) for _ in range(_CUTS))} if content else ()
        ):
            os.truncate(path, size)
            self.found("cut", path, size)
            path.write_bytes(content)
        for more in (b"\0", b"\n", content or b" "):
            path.write_bytes(content + more)
            self.found("lengthened", path, len(more))
            path.write_bytes(content)

    def move(self, path: Path) -> None:
        """The file was gone for a while, had another name or two, or something else stood in its place."""
        away, other = self.directory.parent / "away", path.with_name(path.name + "~")
        shutil.copy(path, other)
        self.found("added", other, "a copy")
        other.unlink()
        path.rename(other)
        self.found("renamed", path, other.name)
        other.rename(away)
        self.found("gone", path, "")
        path.symlink_to(away)
        self.found("linked", path, away)
        path.unlink()
        path.mkdir()
        self.found("a directory instead", path, "")
        path.rmdir()
        os.mkfifo(path)
        self.found("a pipe instead", path, "")
        path.unlink()
        away.rename(path)

    def lead_away(self, path: Path) -> None:
        """The directory was elsewhere for a while, and a link led there."""
        away = self.directory.parent / "away"
        path.rename(away)
        path.symlink_to(away)
        self.found("linked", path, away)
        path.unlink()
        away.rename(path)

    def lock(self, path: Path) -> None:
        """Nobody might read the file for a while."""
        path.chmod(0)
        self.found("locked", path, "", look=_by_nobody)
        path.chmod(0o755)

    def exchange(self, one: Path, other: Path) -> None:
        """Each of two files had the content of the other for a while."""
        if one.read_bytes() != other.read_bytes():
            disk.exchange(one, other)
            self.found("exchanged", one, other.name, other)
            disk.exchange(one, other)

    def found(self, kind: str, path: Path, what: object, *more: Path, look: Look = verify) -> None:
        """It is counted; and missed, unless a line names the file, or one of those that are damaged as well."""
        self.counts[kind] += 1
        if not any(each.name in fault for fault in look(self.directory) for each in (path, *more)):
            self.missed.append(f"{kind}: {path.relative_to(self.directory)}, {what}")


def _by_nobody(directory: Path) -> list[str]:
    """What somebody finds who owns nothing."""
    return list(run(partial(as_nobody, partial(verify, directory))).result)


def size(directory: Path) -> int:
    """How many bytes the files in the manifest have."""
    whole = manifest.read(directory)
    return sum(entry.size for entry in whole.files.values())
