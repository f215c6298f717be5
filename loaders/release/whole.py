"""The content of a release made of all its statements: their sorted lines are written in every form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Store

from loaders.release import canonical, orders, prints, sorting, store
from loaders.release.census import Census
from loaders.release.lines import Lines, in_order
from loaders.release.prints import Prints
from loaders.release.share import Counted, Share, Tell, shared, silent
from loaders.release.written import Layout


@dataclass(frozen=True)
class Whole:
    """Statements in a store and as sorted lines, in files of a room.

    If `held`, the store is on the disk with the merge for its default graph, and its files are taken over; `prints` of
    the lines may be there already.
    """

    source: Store
    lines: Lines
    room: Path
    held: bool
    prints: Prints | None = None

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
        work = ["building the store"] * (not self.held) + ["writing the dumps and the index"] * (self.prints is None)
        told = ", ".join([*work, "reading the store back"])
        share = Counted(others, tell, told)
        tell(told)
        with ThreadPoolExecutor(1) as pool:
            printed = pool.submit(self._printed, share)
            if self.held:
                store.take_over(self.source, folder / "store")
            else:
                store.build(self.lines.files, self.lines.merged, folder / "store")
            store.read_back(folder / "store", self.room, self.lines.census, self.lines.sum, share)
            found = printed.result()
        found.move(folder)
        return found.laid

    def _printed(self, share: Share) -> Prints:
        return self.prints or prints.make(self.lines, self.room / "prints", share)


def whole(
    source: Store,
    lines: Lines | None,
    printed: Prints | None,
    files: Sequence[Path],
    base: str,
    room: Path,
    tell: Tell = silent,
) -> Whole:
    """The content of a store, under a base.

    It is the same as that of `lines` that are in order already, if they are given, and may be `printed` then; the
    store is on the disk, and has their merge. Otherwise it is the same as that of files of canonical N-Quads, if there
    are any. DataError when there is not one statement.
    """
    if lines is not None and lines.base == base:
        return Whole(source, lines, room, held=True, prints=printed)
    scratch = room / "sorting"
    scratch.mkdir()
    pieces = [piece for path in files for piece in sorting.pieces(path, base)]
    pieces = pieces or canonical.pieces(source, base, scratch, merged=lines is not None)
    return Whole(source, in_order(pieces, base, scratch, tell), room, held=False)
