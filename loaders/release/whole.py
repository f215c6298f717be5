"""The content of a release made of all its statements: their sorted lines are written in every form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Store

from loaders.release import INDEX, canonical, dumps, orders, sorting, store
from loaders.release.census import Census
from loaders.release.index import write_index
from loaders.release.lines import Lines, in_order
from loaders.release.share import Counted, Share, Tell, shared, silent
from loaders.release.written import Layout, layout


@dataclass(frozen=True)
class Whole:
    """Statements in a store and as sorted lines, in files of a room.

    If `held`, the store is on the disk with the merge for its default graph, and its files are taken over.
    """

    source: Store
    lines: Lines
    room: Path
    held: bool

    @property
    def census(self) -> Census:
        """Their census."""
        return self.lines.census

    @property
    def dataset(self) -> str:
        """Their hash."""
        return self.lines.dataset

    def to_ask(self) -> Store:
        """The store that holds them."""
        return self.source

    def former_order(self, name: str) -> orders.Former | None:
        """None: nothing was written before."""
        return None

    def fill(self, folder: Path, tell: Tell, ready: Callable[[], None]) -> tuple[Layout, Layout]:
        """Store, dumps and index are in the folder, and the store was found to hold the dataset."""
        with shared(self.lines.size) as share:
            laid = self._fill(folder, tell, share)
        # Not sooner: beside all the rest, and those who shared in it, it would take more memory than there is.
        ready()
        return laid

    def _fill(self, folder: Path, tell: Tell, others: Share) -> tuple[Layout, Layout]:
        lines, scratch = self.lines, self.room / "packed"
        scratch.mkdir()
        told = f"{'writing' if self.held else 'building the store,'} the dumps and the index, reading the store back"
        share = Counted(others, tell, told)
        tell(told)
        packed = lines.base, folder / "dumps", scratch, share
        with ThreadPoolExecutor(3) as pool:
            # What one of them does alone comes first.
            index = pool.submit(_index, lines, folder / INDEX, share)
            written = pool.submit(dumps.write_by_subject, lines.by_subject, *packed)
            graphs = pool.submit(dumps.write_by_graph, lines.by_graph, *packed)
            if self.held:
                store.take_over(self.source, folder / "store")
            else:
                store.build(lines.files, lines.merged, folder / "store")
            store.read_back(folder / "store", self.room, lines.census, lines.sum, share)
            index.result()
            return layout(lines.by_subject, written.result()), layout(lines.by_graph, graphs.result())


def whole(
    source: Store, lines: Lines | None, files: Sequence[Path], base: str, room: Path, tell: Tell = silent
) -> Whole:
    """The content of a store, under a base.

    It is the same as that of `lines` that are in order already, if they are given; then the store is on the disk, and
    has their merge. Otherwise it is the same as that of files of canonical N-Quads, if there are any. DataError when
    there is not one statement.
    """
    if lines is not None and lines.base == base:
        return Whole(source, lines, room, held=True)
    scratch = room / "sorting"
    scratch.mkdir()
    pieces = [piece for path in files for piece in sorting.pieces(path, base)]
    pieces = pieces or canonical.pieces(source, base, scratch, merged=lines is not None)
    return Whole(source, in_order(pieces, base, scratch, tell), room, held=False)


def _index(lines: Lines, path: Path, share: Share) -> None:
    """The index is written, by one of those who share in the work."""
    for _ in share(_write_index, [(lines.merged, lines.base, path)]):
        pass


def _write_index(task: tuple[Sequence[Path], str, Path]) -> None:
    write_index(*task)
