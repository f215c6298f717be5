"""The canonical form of a dataset: its N-Quads, sorted by code point; their SHA-256 is the dataset's hash.

This is RDFC-1.0 (https://www.w3.org/TR/rdf-canon/) for a dataset without blank nodes: nothing needs a new label, and
the engine writes each quad in canonical N-Quads. What counts is what the engine stores, not what was given to it: it
keeps `"01"^^xsd:integer` as `1`.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, RdfFormat, Store

from loaders.errors import DataError
from loaders.namespaces import BASE
from loaders.release import frames, sorting
from loaders.release.share import Share, shared
from loaders.release.sorting import Piece, Range

_BATCH = 10_000


def pieces(store: Store, base: str, directory: Path, *, merged: bool = False, size: int = sorting.PIECE) -> list[Piece]:
    """Every triple of the store's named graphs, in files of a directory, in pieces that can be sorted.

    A statement without a graph is a DataError, unless the default graph is known to be the others `merged`.
    """
    if not merged:
        _refuse_loose(store)
    return [each for path, graph in _dumped(store, directory) for each in sorting.pieces(path, base, graph, size)]


def lines(
    store: Store, base: str = BASE, *, scratch: Path, merged: bool = False, piece: int = sorting.PIECE
) -> Iterator[bytes]:
    """Every quad of the store's named graphs as a line of N-Quads, sorted; DataError for a blank node.

    Lines move to the `base`; `merged` as for `pieces`.
    """
    with _ordered(store, base, scratch, merged, piece) as paths:
        for path in paths:
            for text in frames.texts(path):
                yield from io.BytesIO(text)


def hash_of(store: Store, *, scratch: Path, merged: bool = False, share: Share | None = None) -> str:
    """The hash of the dataset that the store holds in its named graphs; `merged` as for `pieces`.

    Those `share` in the work who are given, or a crew of the size that it takes.
    """
    with _ordered(store, BASE, scratch, merged, sorting.PIECE, share) as paths:
        return digest(text for path in paths for text in frames.texts(path))


def digest(texts: Iterable[bytes]) -> str:
    """The SHA-256 of texts one after the other, in hexadecimal."""
    found = hashlib.sha256()
    for text in texts:
        found.update(text)
    return found.hexdigest()


def batches(found: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines in lists of some thousands: one call for many lines is what makes writing and hashing them cheap."""
    rest = iter(found)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def merge(found: Iterable[bytes]) -> Iterator[bytes]:
    """The triples of sorted lines, without their graphs: the RDF merge, in which each stands once.

    >>> list(merge([b"<a> <b> <c> <g> .\\n", b"<a> <b> <c> <h> .\\n", b"<a> <b> <d> <g> .\\n"]))
    [b'<a> <b> <c> .\\n', b'<a> <b> <d> .\\n']
    """
    before = b""
    for line in found:
        triple = line[: line.rindex(b" <")]
        if triple != before:
            before = triple
            yield triple + b" .\n"


@contextlib.contextmanager
def _ordered(
    store: Store, base: str, scratch: Path, merged: bool, size: int, share: Share | None = None
) -> Iterator[list[Path]]:
    """Frames in files of all lines in the order of their bytes, which for UTF-8 is that of their code points."""
    with contextlib.ExitStack() as open_still:
        directory = Path(open_still.enter_context(tempfile.TemporaryDirectory(dir=scratch)))
        found = pieces(store, base, directory, merged=merged, size=size)
        share = share or open_still.enter_context(shared(sum(each.size for each in found)))
        way = sorting.BY_SUBJECT
        parts = sorting.ranges(sorting.runs(found, [way], directory, share, size), way, directory)
        for _ in share(_write, parts):
            pass
        yield [part.path for part in parts]


def _write(part: Range) -> None:
    with frames.writing(part.path) as file:
        file.add(part.lines())


def _dumped(store: Store, directory: Path) -> list[tuple[Path, bytes]]:
    """The triples of each graph, unsorted, in a file."""
    graphs = _graphs(store)

    def dump(number: int) -> tuple[Path, bytes]:
        path = directory / f"graph-{number}"
        store.dump(str(path), RdfFormat.N_TRIPLES, from_graph=graphs[number])
        return path, str(graphs[number]).encode()

    # The engine writes them beside each other: it lets go of the GIL.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(dump, range(len(graphs))))


def _refuse_loose(store: Store) -> None:
    loose = next(store.quads_for_pattern(None, None, None, DefaultGraph()), None)
    if loose is not None:
        raise DataError("a statement without a named graph has no source", value=str(loose))


def _graphs(store: Store) -> list[NamedNode]:
    graphs = list(store.named_graphs())
    for graph in graphs:
        if isinstance(graph, BlankNode):
            raise DataError("a blank node names a graph", value=str(graph))
    return [graph for graph in graphs if isinstance(graph, NamedNode)]
