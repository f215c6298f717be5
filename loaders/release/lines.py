"""The lines of a dataset in order: sorted, counted and hashed, in files that stores and dumps are made of."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from loaders.crew import crew
from loaders.errors import DataError, OutsideError
from loaders.release import blocks, canonical, frames, sorting, store
from loaders.release.blocks import Block
from loaders.release.census import Census
from loaders.release.share import Counted, Tell, shared, silent
from loaders.release.sorting import Piece, Range
from loaders.release.written import counted

_WAYS = (sorting.BY_SUBJECT, sorting.BY_GRAPH)
SORTING = "sorting and hashing the statements"
# When the passes over all lines begin and end: into runs, by subject, by graph.
_PASSES = (0.0, 0.3, 0.75, 1.0)


@dataclass(frozen=True)
class Lines:
    """Statements, sorted by subject and by graph, in frames in files of a directory, under a base.

    Their bytes, unpacked, are their `size`; and their census, hash and sum are known.
    """

    base: str
    size: int
    by_subject: Sequence[Block]
    by_graph: Sequence[Block]
    census: Census
    dataset: str
    sum: int

    @property
    def files(self) -> list[Path]:
        """The files of lines sorted by subject, in their order."""
        return list(dict.fromkeys(path for block in self.by_subject for path, *_ in block.slices))

    @property
    def merged(self) -> list[Path]:
        """The same without graphs: the merge, in which each triple stands once."""
        return list(map(_merged, self.files))

    def build_store(self, directory: Path) -> None:
        """A store holds them and their merge. What its making took of memory is free again; OutsideError on a fault."""
        with crew(1) as other:
            for _ in other.map(_build, [(self.files, self.merged, directory)]):
                pass


def in_order(pieces: Sequence[Piece], base: str, room: Path, tell: Tell = silent) -> Lines:
    """The lines of the pieces, each once; its files stand in the room. DataError when there is not one."""
    if not pieces:
        raise DataError("there is not one statement to publish")
    scratch = room / "runs"
    scratch.mkdir()
    with shared(sum(piece.size for piece in pieces)) as share:
        first, second, third = (Counted(share, tell, SORTING, *pairs) for pairs in pairwise(_PASSES))
        runs = sorting.runs(pieces, _WAYS, scratch, first)
        by_subject, by_graph = (sorting.ranges(runs, way, room) for way in _WAYS)
        subjects = _noted(second(_count, [(part, f"{base}id/") for part in by_subject]))
        graphs = _noted(third(_put, by_graph))
    shutil.rmtree(scratch)
    census, total = counted(subjects, f"{base}id/")
    if blocks.total(each.sum for each in graphs) != total:
        raise OutsideError("the statements by graph are not those by subject → is the disk sound?")
    size = sum(each.size for block in subjects for each in block.slices)
    return Lines(base, size, subjects, graphs, census, _hash(subjects), total)


def _hash(subjects: Sequence[Block]) -> str:
    return canonical.digest(frames.read(block.slices) for block in subjects)


def _build(task: tuple[Sequence[Path], Sequence[Path], Path]) -> None:
    store.build(*task)


def _noted(notes: Iterable[Path]) -> list[Block]:
    return blocks.blocks(stretch for path in notes for stretch in blocks.noted(path))


def _count(task: tuple[Range, str]) -> Path:
    """The lines stand sorted in their file, their merge in another; they are counted."""
    part, space = task
    lines = part.lines()
    with frames.writing(_merged(part.path)) as file:
        for some in canonical.batches(canonical.merge(lines)):
            file.add(some)
    with frames.writing(part.path) as file:
        return blocks.note(blocks.counted(lines, file, space), part.path.with_suffix(".noted"))


def _put(part: Range) -> Path:
    """The lines stand sorted by graph in their file."""
    with frames.writing(part.path) as file:
        found = blocks.stretches(part.lines(), file, blocks.graph_and_subject)
        return blocks.note(found, part.path.with_suffix(".noted"))


def _merged(path: Path) -> Path:
    """Where the merge of the lines of a file is."""
    return path.with_suffix(".merged")
