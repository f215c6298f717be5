"""The store of a release: built from sorted lines, and read back before anybody trusts it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyoxigraph import RdfFormat, Store

from loaders.errors import OutsideError
from loaders.release import canonical, disk
from loaders.release.census import Census
from loaders.release.share import Share

# The engine sorts in memory what it is given at once: pieces of this size, by so many threads, are as fast as all at
# once, and take a third of the memory.
_PIECE, _THREADS = 32 * 2**20, 4


def build(plain: Path, merged: Sequence[Path], directory: Path, held: Store | None = None) -> None:
    """The store holds the lines of `plain` and, in its default graph, the merge of all graphs.

    The engine's own union of graphs finds a triple once for each graph that has it; in a merge it is there once.
    A store on the disk that is known to have `held` these lines lends its files, which nobody changes any more.
    """
    if held is not None:
        held.backup(str(directory))
    store = Store(str(directory))
    if held is None:
        _load(store, [plain], RdfFormat.N_QUADS)
    _load(store, merged, RdfFormat.N_TRIPLES)
    store.flush()
    store.optimize()
    store.flush()
    del store  # closes it
    # The engine's log tells of this machine and this hour; its lock file is for writers. Readers need neither.
    for name in ("LOG", "LOCK"):
        (directory / name).unlink(missing_ok=True)


def read_back(directory: Path, room: Path, census: Census, dataset: str, share: Share) -> None:
    """Nothing, when the store on disk holds what was put into it; a full or failing disk can lose some silently."""
    disk.sync_tree(directory)
    store, expected = Store.read_only(str(directory)), census.quads + census.triples
    if len(store) != expected:
        raise OutsideError(f"the store lost statements: {len(store)} of {expected} are there → is the disk sound?")
    if canonical.hash_of(store, scratch=room, merged=True, share=share) != dataset:
        raise OutsideError("the store on the disk does not hold what was written → is the disk sound?")


def _load(store: Store, files: Iterable[Path], form: RdfFormat) -> None:
    pieces, turn = _pieces(files), threading.Lock()

    def load() -> None:
        while piece := _next(pieces, turn):
            store.bulk_load(piece, form)

    with ThreadPoolExecutor(_THREADS) as pool:
        for loaded in [pool.submit(load) for _ in range(_THREADS)]:
            loaded.result()


def _pieces(files: Iterable[Path]) -> Iterator[bytes]:
    """The lines of the files, as many at once as the engine takes without much memory."""
    for path in files:
        with path.open("rb") as lines:
            while piece := lines.read(_PIECE):
                yield piece + lines.readline()


def _next(pieces: Iterator[bytes], turn: threading.Lock) -> bytes | None:
    with turn:
        return next(pieces, None)
