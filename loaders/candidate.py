"""A candidate: the named graphs of one build, written once and read by the gate and the release."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import BlankNode, Quad, RdfFormat, Store, parse, serialize

from loaders.errors import SourceError

# About 1.5 million statements, which take 1 GB in memory; twenty times as many would take all that a machine has.
IN_MEMORY = 300 << 20
# The engine sorts in memory what it is given at once: all of ten million statements in 3 GB, pieces of this size by
# so many threads in 1.3 GB and the same time.
_PIECE, _THREADS = 64 << 20, 4


def _named(quads: Iterable[Quad], name: str, tell: Callable[[int], None]) -> Iterator[Quad]:
    for number, quad in enumerate(quads, start=1):
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
            raise SourceError("a blank node in data that will be published", file=name, value=str(quad))
        if number % 50_000 == 0:
            tell(number)
        yield quad


@dataclass(frozen=True)
class Candidate:
    """A directory with one N-Quads file per loader; more than so many bytes of them are held on the disk.

    >>> import tempfile
    >>> from loaders.namespaces import entity, graph, rdfs, text
    >>> quad = Quad(entity("cluster", "a"), rdfs.label, text("Cụm A"), graph("s0"))
    >>> candidate = Candidate(Path(tempfile.mkdtemp()))
    >>> candidate.add("records", [quad])
    >>> len(candidate.store), candidate.store_path
    (1, None)
    """

    directory: Path
    in_memory: int = IN_MEMORY

    def add(self, name: str, quads: Iterable[Quad], tell: Callable[[int], None] = lambda _: None) -> None:
        """The quads stand in `{name}.nq`, or the file is not there; SourceError for a blank node."""
        path = self.directory / f"{name}.nq"
        try:
            serialize(_named(quads, name, tell), str(path), format=RdfFormat.N_QUADS)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    @property
    def files(self) -> list[Path]:
        """The N-Quads files, by name."""
        return sorted(self.directory.glob("*.nq"))

    @property
    def quads(self) -> Iterator[Quad]:
        """Every quad of every file, as the loaders wrote them; one in two files comes twice."""
        for path in self.files:
            yield from parse(path=path, format=RdfFormat.N_QUADS)

    @cached_property
    def store(self) -> Store:
        """All quads, as the engine keeps them: the files as they are when it is asked for first."""
        store = Store(str(self.store_path)) if self.store_path else Store()
        pieces, turn = _pieces(self.files), threading.Lock()

        def load() -> None:
            while piece := _next(pieces, turn):
                store.bulk_load(piece, RdfFormat.N_QUADS)

        with ThreadPoolExecutor(_THREADS) as pool:
            for loaded in [pool.submit(load) for _ in range(_THREADS)]:
                loaded.result()
        return store

    @cached_property
    def store_path(self) -> Path | None:
        """Where the store is on the disk; None for one in memory."""
        size = sum(path.stat().st_size for path in self.files)
        return self.directory / "store" if size > self.in_memory else None


def _pieces(files: Iterable[Path]) -> Iterator[bytes]:
    """The lines of the files, as many at once as the engine takes without much memory."""
    for path in files:
        with path.open("rb") as lines:
            while piece := lines.read(_PIECE):
                yield piece + lines.readline()


def _next(pieces: Iterator[bytes], turn: threading.Lock) -> bytes | None:
    with turn:
        return next(pieces, None)
