"""Sorting more lines than memory holds, by all who share in it.

Pieces of the size that one process sorts at once become sorted runs; the runs are cut at the same keys, and whatever
lies between two keys is merged on its own, each line once. So no process ever holds more than a piece or a range.
Runs, and what is made of them, wait on the disk packed.
"""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import Protocol, TypeVar

from pyoxigraph import BlankNode, RdfFormat, parse

from loaders.errors import DataError
from loaders.release import frames
from loaders.release.base import moved
from loaders.release.frames import Slice
from loaders.release.share import Share

# Bytes of lines that a process sorts at once; Python takes about three times as much for them.
PIECE = 32 * 2**20
# Lines of each range to be that are looked at to find keys that cut it out.
_LOOKED_AT = 32


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


Sized = TypeVar("Sized", bound=_Sized)


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
        """The line that begins after a place."""
        with self.path.open("rb") as stream:
            stream.seek(place)
            stream.readline()
            line = stream.readline() if stream.tell() < self.end else b""
        return self._moved(line)[0] if line else b""

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
class Run:
    """Sorted lines of one graph: those of range number n lie in the file from place n to place n + 1, packed."""

    graph: bytes
    path: Path
    places: tuple[int, ...]
    sizes: tuple[int, ...]

    def slice(self, number: int) -> Slice:
        """Where the lines of a range lie."""
        return Slice(self.path, self.places[number], self.places[number + 1], self.sizes[number])


@dataclass(frozen=True)
class Range:
    """Lines that lie in several runs, and the file for all of them."""

    slices: tuple[Slice, ...]
    path: Path

    @property
    def size(self) -> int:
        """Its bytes, in all runs."""
        return sum(each.size for each in self.slices)

    def lines(self) -> list[bytes]:
        """The lines, sorted, each once."""
        lines = io.BytesIO(frames.read(self.slices)).readlines()
        lines.sort()
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


def runs(found: Sequence[Piece], scratch: Path, share: Share, size: int = PIECE) -> list[Run]:
    """The pieces, sorted, in files of `scratch`; all are cut at the same keys. The files of dumped graphs are gone."""
    keys = _keys(found, size)
    tasks = [(group, scratch / f"run-{number}", keys) for number, group in enumerate(_grouped(found, size))]
    made = [run for group in share(_run, tasks) for run in group]
    for path in {piece.path for piece in found if piece.graph is not None}:
        path.unlink()
    return made


def ranges(found: Sequence[Run], directory: Path) -> list[Range]:
    """What is to be sorted on its own: one after the other, in files of a directory, are all lines, sorted."""
    number = len(found[0].places) - 1 if found else 0
    slices = (_used(run.slice(each) for run in found) for each in range(number))
    return [Range(each, directory / f"sorted-{place}") for place, each in enumerate(slices) if each]


def ranges_by_graph(found: Sequence[Run], directory: Path, size: int = PIECE) -> list[list[Range]]:
    """The same for lines sorted by graph before all else; small ranges stand together in a file."""
    made: list[Range] = []
    for _, group in groupby(sorted(found, key=lambda run: run.graph), key=lambda run: run.graph):
        of_graph = list(group)
        slices = (_used(run.slice(each) for run in of_graph) for each in range(len(of_graph[0].places) - 1))
        made += [Range(each, directory) for each in slices if each]
    return [
        [replace(each, path=directory / f"by-graph-{place}") for each in group]
        for place, group in enumerate(_grouped(made, size))
    ]


def refuse_blank(lines: bytes) -> None:
    """DataError, if there is a blank node in some quads or triples."""
    for quad in parse(lines, RdfFormat.N_QUADS):
        if BlankNode in (type(quad.subject), type(quad.object), type(quad.graph_name)):
            raise DataError(
                "a blank node: nobody could ask for it", value=str(quad.triple), hint="give the node an IRI"
            )


def _keys(found: Sequence[Piece], size: int) -> list[bytes]:
    """Subjects that cut the lines into ranges of about the size; no subject is cut in two."""
    number = sum(piece.size for piece in found) // size
    step = max(size // _LOOKED_AT, 1)
    seen = [piece.sample(place) for piece in found for place in range(piece.start, piece.end, step) if number]
    subjects = sorted(line[: line.index(b" ") + 1] for line in seen if line)
    return sorted(set(subjects[_LOOKED_AT::_LOOKED_AT]))


def _grouped(found: Iterable[Sized], size: int) -> Iterator[list[Sized]]:
    group: list[Sized] = []
    held = 0
    for each in found:
        if group and held + each.size > size:
            yield group
            group, held = [], 0
        group.append(each)
        held += each.size
    if group:
        yield group


def _run(task: tuple[list[Piece], Path, list[bytes]]) -> list[Run]:
    group, path, keys = task
    found = []
    with frames.writing(path) as file:
        for piece in group:
            for graph, lines in _graphs(piece).items():
                lines.sort()
                cuts = [0, *(bisect_left(lines, key) for key in keys), len(lines)]
                slices = [file.add(lines[start:end]) for start, end in pairwise(cuts)]
                places = slices[0].start, *(each.end for each in slices)
                found.append(Run(graph, path, places, tuple(each.size for each in slices)))
    return found


def _graphs(piece: Piece) -> dict[bytes, list[bytes]]:
    """The lines of a piece by their graphs."""
    found: dict[bytes, list[bytes]] = {}
    for line in piece.quads():
        graph = line[line.rindex(b"<") : -3]
        if graph in found:
            found[graph].append(line)
        else:
            found[graph] = [line]
    return found


def _used(slices: Iterable[Slice]) -> tuple[Slice, ...]:
    return tuple(each for each in slices if each.size)
