"""Sorting more lines than memory holds, by all who share in it.

Pieces of the size that one process sorts at once become sorted runs; the runs are cut at the same keys, and whatever
lies between two keys is merged on its own, each line once. So no process ever holds more than a piece or a range.
Runs, and what is made of them, wait on the disk packed.
"""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

from pyoxigraph import BlankNode, RdfFormat, parse

from loaders.errors import DataError
from loaders.release import frames
from loaders.release.base import moved
from loaders.release.blocks import graph, graph_and_subject, subject
from loaders.release.frames import Slice
from loaders.release.share import Share

# Bytes of lines that a process sorts at once; Python takes about three times as much for them.
PIECE = 32 * 2**20
# Lines of each range to be that are looked at to find keys that cut it out.
_LOOKED_AT = 32

# Of each way that a run is sorted in, by its name, the frames of its ranges.
Run = Mapping[str, Sequence[Slice]]


@dataclass(frozen=True)
class Piece:
    """Lines from `start` to `end` of a file: quads, or triples of one `graph`; and the base that they move to."""

    path: Path
    start: int
    end: int
    base: str
    graph: bytes | None = None

    @property
    def size(self) -> int:
        """Its bytes, as they are in the file."""
        return self.end - self.start

    def quads(self) -> list[bytes]:
        """The lines of N-Quads; DataError for a blank node."""
        with self.path.open("rb") as stream:
            stream.seek(self.start)
            return self._moved(stream.read(self.size))

    def sample(self, place: int) -> bytes:
        """The line that begins after a place, or the first."""
        with self.path.open("rb") as stream:
            stream.seek(place)
            stream.readline()
            stream.seek(stream.tell() if stream.tell() < self.end else self.start)
            return self._moved(stream.readline())[0]

    def _moved(self, text: bytes) -> list[bytes]:
        lines = io.BytesIO(text).readlines()
        if b"_:" in text:
            # A literal may hold these two characters as well, so a suspect is read properly.
            refuse_blank(b"".join(line for line in lines if b"_:" in line))
        if self.graph is not None:
            tail = b" %s .\n" % self.graph
            lines = [line[:-3] + tail for line in lines]
        move = moved(self.base)
        return list(map(move, lines)) if move else lines


@dataclass(frozen=True)
class Way:
    """A way to sort lines: by what they are cut, which equal lines and those of a subject in a graph have in common."""

    name: str
    key: Callable[[bytes], bytes]
    sort: Callable[[list[bytes]], list[bytes]]


@dataclass(frozen=True)
class Range:
    """Lines that lie in several runs, and the file for all of them."""

    slices: tuple[Slice, ...]
    path: Path
    way: Way

    def lines(self) -> list[bytes]:
        """The lines, sorted, each once."""
        lines = self.way.sort(io.BytesIO(frames.read(self.slices)).readlines())
        return [line for line, before in zip(lines, chain([b""], lines), strict=False) if line != before]


def pieces(path: Path, base: str, graph: bytes | None = None, size: int = PIECE) -> Iterator[Piece]:
    """A file of N-Quads, or N-Triples of a graph, in pieces of about so many bytes, each of whole lines."""
    start, all_of_it = 0, path.stat().st_size
    with path.open("rb") as stream:
        while start < all_of_it:
            stream.seek(start + size)
            stream.readline()
            end = min(stream.tell(), all_of_it)
            yield Piece(path, start, end, base, graph)
            start = end


def runs(found: Sequence[Piece], ways: Sequence[Way], scratch: Path, share: Share, size: int = PIECE) -> list[Run]:
    """The pieces, sorted in each of the ways, all cut at the same keys: of each run the frames in which its ranges lie.

    They are files of `scratch`. The files of dumped graphs are gone.
    """
    sample = list(_sample(found, size))
    cuts = [_keys(sample, way) for way in ways]
    groups = enumerate(_grouped(found, size))
    made = list(share(_run, [(group, scratch / f"run-{number}", ways, cuts) for number, group in groups]))
    for path in {piece.path for piece in found if piece.graph is not None}:
        path.unlink()
    return made


def ranges(found: Sequence[Run], way: Way, directory: Path) -> list[Range]:
    """What is to be sorted on its own in a way of the runs: one after the other they are all lines."""
    cut = zip(*(run[way.name] for run in found), strict=True)
    slices = (tuple(each for each in some if each.size) for some in cut)
    return [Range(some, directory / f"{way.name}-{place}", way) for place, some in enumerate(slices) if some]


def refuse_blank(lines: bytes) -> None:
    """DataError, if there is a blank node in some quads or triples."""
    for quad in parse(lines, RdfFormat.N_QUADS):
        if BlankNode in (type(quad.subject), type(quad.object), type(quad.graph_name)):
            raise DataError(
                "a blank node: nobody could ask for it", value=str(quad.triple), hint="give the node an IRI"
            )


def _sample(found: Iterable[Piece], size: int) -> Iterator[bytes]:
    """Lines at equal distances in all pieces: so many for each range of about a size that all of them make."""
    step, ahead = max(size // _LOOKED_AT, 1), 0
    for piece in found:
        yield from map(piece.sample, range(piece.start + ahead, piece.end, step))
        ahead = (ahead - piece.size) % step


def _keys(sample: Iterable[bytes], way: Way) -> list[bytes]:
    """Keys that cut the lines into ranges of about the size."""
    return sorted(set(sorted(map(way.key, sample))[_LOOKED_AT::_LOOKED_AT]))


def _grouped(found: Iterable[Piece], size: int) -> Iterator[list[Piece]]:
    group: list[Piece] = []
    held = 0
    for each in found:
        if group and held + each.size > size:
            yield group
            group, held = [], 0
        group.append(each)
        held += each.size
    if group:
        yield group


def _run(task: tuple[Sequence[Piece], Path, Sequence[Way], Sequence[Sequence[bytes]]]) -> Run:
    group, path, ways, cuts = task
    lines = [line for piece in group for line in piece.quads()]
    made = {}
    with frames.writing(path) as file:
        for way, keys in zip(ways, cuts, strict=True):
            lines = way.sort(lines)
            places = [0, *(bisect_left(lines, key, key=way.key) for key in keys), len(lines)]
            made[way.name] = [file.add(lines[start:end]) for start, end in pairwise(places)]
    return made


def _sorted(lines: list[bytes]) -> list[bytes]:
    lines.sort()
    return lines


def _sorted_by_graph(lines: list[bytes]) -> list[bytes]:
    found: dict[bytes, list[bytes]] = {}
    for line in lines:
        if (name := graph(line)) in found:
            found[name].append(line)
        else:
            found[name] = [line]
    return [line for name in sorted(found) for line in _sorted(found[name])]


BY_SUBJECT = Way("by-subject", subject, _sorted)
BY_GRAPH = Way("by-graph", graph_and_subject, _sorted_by_graph)
