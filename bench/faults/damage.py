"""The campaign of flipped bytes: every single one of a release, and files cut, lengthened and exchanged, is found."""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.faults.fork import Fork
from loaders.release import disk, manifest
from loaders.release.verification import verify


def flip(directory: Path, scratch: Path, every: int, seed: int) -> tuple[Counter[str], list[str]]:
    """How many damages were tried on copies of a release, by kind, and which of them nobody found.

    All processors are at it; of the bytes, every so-many-th is flipped.
    """
    parts = os.cpu_count() or 1
    forks = []
    for part in range(parts):
        copy = scratch / str(part) / directory.name
        shutil.copytree(directory, copy)
        for path in copy.rglob("*"):
            path.chmod(0o755)
        forks.append(Fork(partial(_damage, copy, every, (part, parts), random.Random(seed + part))))
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


def _damage(
    directory: Path, every: int, part: tuple[int, int], chance: random.Random
) -> tuple[Counter[str], list[str]]:
    counts: Counter[str] = Counter()
    missed: list[str] = []

    def found(kind: str, path: Path, what: object) -> None:
        counts[kind] += 1
        if not any(path.name in fault or str(what) in fault for fault in verify(directory)):
            missed.append(f"{kind}: {path.relative_to(directory)}, {what}")

    files = sorted(path for path in directory.rglob("*") if path.is_file())
    for path in files:
        _flip(path, range(part[0] * every, path.stat().st_size, part[1] * every), chance, found)
        _cut(path, chance, found)
    for one, other in zip(files, [*files[1:], files[0]], strict=True):
        if one.read_bytes() != other.read_bytes():
            disk.exchange(one, other)
            found("exchanged", one, other.name)
            disk.exchange(one, other)
    missed += verify(directory)
    return counts, missed


Found = Callable[[str, Path, object], None]


def _flip(path: Path, places: range, chance: random.Random, found: Found) -> None:
    """A bit of each of these bytes was another one for a while."""
    with path.open("r+b", buffering=0) as stream:
        for place in places:
            (byte,) = os.pread(stream.fileno(), 1, place)
            os.pwrite(stream.fileno(), bytes([byte ^ 1 << chance.randrange(8)]), place)
            found("flipped", path, place)
            os.pwrite(stream.fileno(), bytes([byte]), place)


def _cut(path: Path, chance: random.Random, found: Found) -> None:
    """The file was shorter and longer, gone, and under another name for a while."""
    content = path.read_bytes()
    for size in {0, len(content) - 1, *(chance.randrange(len(content)) for _ in range(8))} if content else ():
        os.truncate(path, size)
        found("cut", path, size)
        path.write_bytes(content)
    for more in (b"\0", b"\n", content):
        path.write_bytes(content + (more or b" "))
        found("lengthened", path, len(more))
    path.write_bytes(content)
    away = path.with_name(path.name + "~")
    path.rename(away)
    found("renamed", path, away.name)
    away.rename(path)


def size(directory: Path) -> int:
    """How many bytes there are to be flipped."""
    whole = manifest.read(directory)
    return sum(entry.size for entry in whole.files.values())
