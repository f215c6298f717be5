"""Lines: the statements of one part, which come out sorted by their bytes, each once, however many there are."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from itertools import groupby, islice
from pathlib import Path

# Lines that are held in memory, about 80 MB; more than these wait on the disk, sorted.
HELD = 1 << 18
_AT_ONCE = 1 << 12


class Lines:
    """The lines of a part while they are told, node by node; `path` is where they will stand."""

    def __init__(self, path: Path, held: int = HELD) -> None:
        self._path, self._held = path, held
        # Nodes are few, short and ASCII: they are sorted in a fraction of the time that their lines would take.
        self._about: dict[str, list[str]] = {}
        self._number = 0
        self._runs: list[Path] = []

    def add(self, node: str, lines: list[str]) -> None:
        """The lines, which begin with the node, are among the others."""
        self._about.setdefault(node, []).extend(lines)
        self._number += len(lines)
        if self._number > self._held:
            run = self._path.with_suffix(f".run{len(self._runs)}")
            _write(run, self._sorted())
            self._runs.append(run)
            self._about, self._number = {}, 0

    def write(self) -> tuple[str, int]:
        """All stand in the file, whose checksum is returned, and how many they are."""
        with ExitStack() as files:
            runs = [files.enter_context(run.open(encoding="utf-8", newline="\n")) for run in self._runs]
            if not runs:
                return _write(self._path, self._sorted())
            # As text and as bytes they have the same order: that is how UTF-8 was made.
            return _write(self._path, (line for line, _ in groupby(heapq.merge(self._sorted(), *runs))))

    def discard(self) -> None:
        """Nothing of them is left beside the file."""
        for run in self._runs:
            run.unlink()

    def _sorted(self) -> Iterator[str]:
        for node in sorted(self._about):
            # A row may say a thing twice, and another row the same with another witness.
            yield from sorted(set(self._about[node]))


def _write(path: Path, lines: Iterable[str]) -> tuple[str, int]:
    checksum, number, rest = sha256(), 0, iter(lines)
    with path.open("wb") as file:
        while some := list(islice(rest, _AT_ONCE)):
            text = "".join(some).encode()
            checksum.update(text)
            file.write(text)
            number += len(some)
    return checksum.hexdigest(), number
