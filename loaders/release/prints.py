"""Prints: the dumps and the index of a release, made of its sorted lines alone, while its store is being made.

They wait in a directory until there is a release for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from loaders.release import INDEX, dumps, store
from loaders.release.index import write_index
from loaders.release.lines import Lines
from loaders.release.share import Counted, Share, Tell, shared
from loaders.release.written import Layout, layout

_MAKING = "building the store, the dumps and the index, reading the store back"


@dataclass(frozen=True)
class Prints:
    """Dumps and an index in a directory, and how the dumps are made of blocks: by subject, and by graph."""

    directory: Path
    laid: tuple[Layout, Layout]

    def move(self, folder: Path) -> None:
        """They stand in the folder of a release, which is on the same file system and has one for dumps."""
        for dump in (self.directory / "dumps").iterdir():
            dump.rename(folder / "dumps" / dump.name)
        (self.directory / INDEX).rename(folder / INDEX)


def beside(lines: Lines, place: Path, room: Path, build: Callable[[Path], None], tell: Tell) -> Prints:
    """The lines are printed in a directory of the room, while a store of them is built in its place and read back.

    OutsideError when it does not hold them.
    """
    tell(_MAKING)
    with shared(lines.size) as others, ThreadPoolExecutor(1) as pool:
        share = Counted(others, tell, _MAKING)
        printing = pool.submit(_print, lines, room / "prints", share)
        build(place)
        store.read_back(place, lines.census, lines.sum, share)
        return printing.result()


def _print(lines: Lines, directory: Path, share: Share) -> Prints:
    scratch = directory / "packed"
    scratch.mkdir(parents=True)
    (directory / "dumps").mkdir()
    packed = lines.base, directory / "dumps", scratch, share
    with ThreadPoolExecutor(3) as pool:
        # What one of them does alone comes first.
        index = pool.submit(_index, lines, directory / INDEX, share)
        subjects = pool.submit(dumps.write_by_subject, lines.by_subject, *packed)
        graphs = pool.submit(dumps.write_by_graph, lines.by_graph, *packed)
        index.result()
        laid = layout(lines.by_subject, subjects.result()), layout(lines.by_graph, graphs.result())
    return Prints(directory, laid)


def _index(lines: Lines, path: Path, share: Share) -> None:
    for _ in share(_write_index, [(lines.merged, lines.base, path)]):
        pass


def _write_index(task: tuple[Sequence[Path], str, Path]) -> None:
    write_index(*task)
