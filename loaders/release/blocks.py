"""Blocks: sorted lines, cut before some of their subjects.

Which subjects these are, their IRIs alone say. So equal lines are cut at equal places, whoever sorts them in whatever
pieces; and where a line comes or goes, one block is another one, and all others are what they were.
"""

from __future__ import annotations

import hashlib
import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from loaders.release.census import Census
from loaders.release.frames import Frames, Slice

# Of so many subjects, one begins a block: blocks of some 4 MB. Smaller ones pack worse, larger ones take more memory.
_ONE_OF = 2048
# Sums of SHA-256 stay numbers of as many bits.
_MODULUS = 1 << 256

Key = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Block:
    """Sorted lines that lie in frames of files: what is at their beginning, and the sum of their hashes.

    `key` is the subject of the first line, or its graph and its subject; the `census` is packed.
    """

    key: bytes
    slices: tuple[Slice, ...]
    census: bytes
    sum: int


@dataclass(frozen=True)
class Stretch:
    """Lines one after the other that belong to one block, which begins with them or not."""

    key: bytes
    opens: bool
    slice: Slice
    sum: int = 0
    census: bytes = b""


def subject(line: bytes) -> bytes:
    """What lines are sorted by."""
    return line[: line.index(b" ")]


def graph(line: bytes) -> bytes:
    """The graph of a line of N-Quads, in its brackets."""
    return line[line.rindex(b"<") : -3]


def graph_and_subject(line: bytes) -> bytes:
    """What lines are sorted by that are sorted by graph before all else."""
    return graph(line) + subject(line)


def opens(key: bytes) -> bool:
    """Whether a block begins with this key, wherever it stands."""
    return zlib.crc32(key) % _ONE_OF == 0


def stretches(lines: Sequence[bytes], file: Frames, key: Key) -> Iterator[Stretch]:
    """Sorted lines, cut, each stretch in a frame that is added to a file."""
    for found, begins, some in _cut(lines, key):
        yield Stretch(found, begins, file.add(some), sum_of(some))


def counted(lines: Sequence[bytes], file: Frames, space: str) -> Iterator[Stretch]:
    """The same for lines sorted by subject, counted as `Census` counts them below a `space`."""
    for found, begins, some in _cut(lines, subject):
        census = Census(space)
        census.count(some)
        yield Stretch(found, begins, file.add(some), sum_of(some), census.packed())


def blocks(found: Iterable[Stretch]) -> list[Block]:
    """The blocks that stretches are parts of, which come in the order of their lines."""
    made: list[Block] = []
    parts: list[Stretch] = []
    for each in found:
        if each.opens and parts:
            made.append(_joined(parts))
            parts = []
        parts.append(each)
    return [*made, _joined(parts)] if parts else made


def sum_of(lines: Iterable[bytes]) -> int:
    """The sum of the SHA-256 of lines, in which their order is nothing: of other lines it is another one."""
    return sum(int.from_bytes(hashlib.sha256(line).digest()) for line in lines) % _MODULUS


def census_of(found: Iterable[bytes]) -> Census:
    """The census of lines one after the other of which these are the packed ones."""
    first, *others = map(Census.unpacked, found)
    for each in others:
        first.add(each)
    return first


def total(sums: Iterable[int]) -> int:
    """The sum of all the lines of which these are sums."""
    return sum(sums) % _MODULUS


def note(found: Iterable[Stretch], path: Path) -> Path:
    """The stretches are noted in a file: they are too much to go from process to process."""
    path.write_bytes(pickle.dumps(tuple(found), protocol=5))
    return path


def noted(path: Path) -> tuple[Stretch, ...]:
    """The stretches that were noted in a file."""
    stretches: tuple[Stretch, ...] = pickle.loads(path.read_bytes())
    return stretches


def _cut(lines: Sequence[bytes], key: Key) -> Iterator[tuple[bytes, bool, Sequence[bytes]]]:
    start, begins, before = 0, False, b""
    for number, line in enumerate(lines):
        if (found := key(line)) != before:
            if opens(found):
                if number > start:
                    yield key(lines[start]), begins, lines[start:number]
                start, begins = number, True
            before = found
    if lines:
        yield key(lines[start]), begins, lines[start:]


def _joined(parts: Sequence[Stretch]) -> Block:
    census, *others = [each.census for each in parts]
    if any(others):
        census = census_of([census, *others]).packed()
    return Block(parts[0].key, tuple(each.slice for each in parts), census, total(each.sum for each in parts))
