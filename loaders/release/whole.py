"""The content of a release made of all its statements: their sorted lines are written in every form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pyoxigraph import Store

from loaders.release import canonical, orders, sorting, store
from loaders.release.census import Census
from loaders.release.lines import SORTING, Lines, in_order
from loaders.release.prints import Prints, prints
from loaders.release.share import Tell, silent
from loaders.release.written import Layout


@dataclass(frozen=True)
class Whole:
    """Statements in a store and as sorted lines, in files of a room.

    If there are `prints` of the lines, these have a store that was read back, which is that of the release.
    """

    source: Store
    lines: Lines
    room: Path
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
        found = self.prints
        if found is None:
            build = partial(store.build, self.lines.files, self.lines.merged)
            found = prints(self.lines, self.room, build, tell)
        found.move(folder)
        # Not sooner: beside all the rest, and those who shared in it, it would take more memory than there is.
        ready()
        return found.laid


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

    It is the same as that of `lines` that are in order already, if they are given; then the store is on the disk and
    has their merge, and under their base may be `printed`. Otherwise it is the same as that of files of canonical
    N-Quads, if there are any. DataError when there is not one statement.
    """
    if printed is not None and lines is not None and lines.base == base:
        return Whole(source, lines, room, printed)
    scratch = room / "sorting"
    scratch.mkdir()
    pieces = [piece for path in files for piece in sorting.pieces(path, base)]
    tell(SORTING)
    pieces = pieces or canonical.pieces(source, base, scratch, merged=lines is not None)
    return Whole(source, in_order(pieces, base, scratch, tell), room)
