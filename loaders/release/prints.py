"""Prints: the store of a release, and its dumps and index, made of its sorted lines alone, all at the same time.

They wait in a directory until there is a release for them, and with them the orders of the long lists, if these are
made of the store while it is judged. Nobody writes to the store there: it is released as it was read back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from loaders.release import INDEX, ORDER, dumps, orders, store
from loaders.release.index import write_index
from loaders.release.lines import Lines
from loaders.release.share import Counted, Share, Tell, shared
from loaders.release.written import Layout, layout

_MAKING = "building the store, the dumps and the index, reading the store back"


@dataclass(frozen=True)
class Prints:
    """Store, dumps and index in a directory, and how the dumps are made of blocks: by subject, and by graph.

    What they were made of stands under the `base`.
    """

    directory: Path
    laid: tuple[Layout, Layout]
    base: str

    @property
    def store(self) -> Path:
        """Where the store is."""
        return self.directory / "store"

    def errands(self) -> list[Callable[[], None]]:
        """Work by which the orders of the long lists come to be here, each piece by itself."""
        folder = self.directory / ORDER
        folder.mkdir()
        return orders.errands(self.store, self.base, folder)

    def move(self, folder: Path) -> None:
        """They stand in the folder of a release, which is on the same file system and has one for dumps.

        Orders are among them if all errands were done.
        """
        for dump in (self.directory / "dumps").iterdir():
            dump.rename(folder / "dumps" / dump.name)
        (self.directory / INDEX).rename(folder / INDEX)
        self.store.rename(folder / "store")
        if (made := self.directory / ORDER).exists():
            made.rename(folder / ORDER)


def prints(lines: Lines, room: Path, build: Callable[[Path], None], tell: Tell) -> Prints:
    """The lines are printed in a directory of the room, while a store of them is built there and read back.

    OutsideError when it does not hold them.
    """
    tell(_MAKING)
    directory = room / "prints"
    directory.mkdir()
    with shared(lines.size) as others, ThreadPoolExecutor(1) as pool:
        share = Counted(others, tell, _MAKING)
        printing = pool.submit(_print, lines, directory, share)
        build(directory / "store")
        store.read_back(directory / "store", lines.census, lines.sum, share)
        return printing.result()


def _print(lines: Lines, directory: Path, share: Share) -> Prints:
    scratch = directory / "packed"
    scratch.mkdir()
    (directory / "dumps").mkdir()
    packed = lines.base, directory / "dumps", scratch, share
    with ThreadPoolExecutor(3) as pool:
        # What one of them does alone comes first.
        index = pool.submit(_index, lines, directory / INDEX, share)
        subjects = pool.submit(dumps.write_by_subject, lines.by_subject, *packed)
        graphs = pool.submit(dumps.write_by_graph, lines.by_graph, *packed)
        index.result()
        laid = layout(lines.by_subject, subjects.result()), layout(lines.by_graph, graphs.result())
    return Prints(directory, laid, lines.base)


def _index(lines: Lines, path: Path, share: Share) -> None:
    for _ in share(_write_index, [(lines.merged, lines.base, path)]):
        pass


def _write_index(task: tuple[Sequence[Path], str, Path]) -> None:
    write_index(*task)
