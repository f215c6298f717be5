"""The content of a release made of all its statements: they are sorted, counted, and written in every form."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Store

from loaders.errors import DataError
from loaders.release import INDEX, blocks, canonical, dumps, sorting, store
from loaders.release.blocks import Block, Stretch
from loaders.release.census import Census
from loaders.release.index import write_index
from loaders.release.share import Share, shared
from loaders.release.sorting import Range
from loaders.release.written import Layout, counted, layout


@dataclass(frozen=True)
class Whole:
    """Statements, sorted by subject and by graph in files of the room, their merge, their census, hash and sum.

    Their `source` is a store; if it is `held`, its files are taken over. `share` are those who share in the work.
    """

    source: Store
    room: Path
    base: str
    held: Store | None
    by_subject: Sequence[Block]
    by_graph: Sequence[Block]
    census: Census
    dataset: str
    sum: int
    share: Share

    def to_ask(self) -> Store:
        """The store that holds them."""
        return self.source

    def former_order(self, name: str) -> Path | None:
        """None: nothing was written before."""
        return None

    def fill(self, folder: Path, tell: Callable[[str], None], ready: Callable[[], None]) -> tuple[Layout, Layout]:
        """Store, dumps and index are in the folder, and the store was found to hold the dataset."""
        merged = [path.with_suffix(".nt") for path in self._files]
        scratch = self.room / "packed"
        scratch.mkdir()
        with ThreadPoolExecutor(3) as pool:
            written = pool.submit(
                dumps.write_by_subject, self.by_subject, self.base, folder / "dumps", scratch, self.share
            )
            graphs = pool.submit(dumps.write_by_graph, self.by_graph, self.base, folder / "dumps", scratch, self.share)
            index = pool.submit(_index, merged, self.base, folder / INDEX, self.share)
            tell("building the store, the dumps and the index")
            store.build(self._files, merged, folder / "store", self.held)
            tell("reading the store back")
            store.read_back(folder / "store", self.room, self.census, self.sum, self.share)
            tell("finishing the dumps and the index")
            index.result()
            laid = layout(self.by_subject, written.result()), layout(self.by_graph, graphs.result())
        # Not sooner: beside all the rest it would take more memory than there is.
        ready()
        return laid

    @property
    def _files(self) -> list[Path]:
        """The files of lines sorted by subject, in their order."""
        return list(dict.fromkeys(path for block in self.by_subject for path, _, _ in block.slices))


@contextlib.contextmanager
def whole(source: Store, files: Sequence[Path], base: str, room: Path, held: Store | None = None) -> Iterator[Whole]:
    """The content of a store, and of files of canonical N-Quads, if there are any, which hold the same.

    DataError when there is not one statement.
    """
    scratch = room / "sorting"
    scratch.mkdir()
    pieces = [piece for path in files for piece in sorting.pieces(path, base)]
    pieces = pieces or canonical.pieces(source, base, scratch)
    if not pieces:
        raise DataError("there is not one statement to publish")
    with shared(sum(piece.size for piece in pieces)) as share:
        runs = sorting.runs(pieces, scratch, share)
        subjects = _noted(share(_count, [(part, f"{base}id/") for part in sorting.ranges(runs, room)]))
        graphs = _noted(share(_put, sorting.ranges_by_graph(runs, room)))
        shutil.rmtree(scratch)
        census, total = counted(subjects, f"{base}id/")
        dataset = canonical.digest(blocks.read(block.slices) for block in subjects)
        yield Whole(source, room, base, held, subjects, graphs, census, dataset, total, share)


def _noted(notes: Iterable[Path]) -> list[Block]:
    return blocks.blocks(stretch for path in notes for stretch in blocks.noted(path))


def _count(task: tuple[Range, str]) -> Path:
    """The lines stand sorted in their file, their merge in another; they are counted."""
    part, space = task
    lines = part.write()
    with part.path.with_suffix(".nt").open("wb") as stream:
        stream.writelines(canonical.merge(lines))
    return blocks.note(blocks.counted(lines, part.path, space), part.path.with_suffix(".noted"))


def _put(parts: Sequence[Range]) -> Path:
    """The lines of parts of a file stand sorted in it."""
    found: list[Stretch] = []
    place = 0
    for part in parts:
        lines = part.write()
        found += blocks.stretches(lines, part.path, blocks.graph_and_subject, place)
        place = part.path.stat().st_size
    return blocks.note(found, parts[0].path.with_suffix(".noted"))


def _index(merged: Sequence[Path], base: str, path: Path, share: Share) -> None:
    """The index is written, by one of those who share in the work."""
    for _ in share(_write_index, [(merged, base, path)]):
        pass


def _write_index(task: tuple[Sequence[Path], str, Path]) -> None:
    write_index(*task)
