"""The canonical form of a dataset: its N-Quads, sorted by code point; their SHA-256 is the dataset's hash.

This is RDFC-1.0 (https://www.w3.org/TR/rdf-canon/) for a dataset without blank nodes: nothing needs a new label, and
the engine writes each quad in canonical N-Quads. What counts is what the engine stores, not what was given to it: it
keeps `"01"^^xsd:integer` as `1`.
"""

from __future__ import annotations

import hashlib
import heapq
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, RdfFormat, Store, parse

from loaders.errors import DataError

# Bytes of N-Quads that are sorted in memory at once; Python takes about 1.5 times as much for them.
CHUNK = 128 * 2**20
_BATCH = 10_000


def lines(
    store: Store,
    rewrite: Callable[[bytes], bytes] | None = None,
    *,
    scratch: Path,
    chunk: int = CHUNK,
    merged: bool = False,
) -> Iterator[bytes]:
    """Every quad of the store's named graphs as a line of N-Quads, sorted; DataError for a blank node.

    A statement without a graph is a DataError too, unless the default graph is known to be the others `merged`.
    `rewrite` is applied to each line before sorting.
    """
    if not merged:
        _refuse_loose(store)
    with tempfile.TemporaryDirectory(dir=scratch) as directory:
        found = _dumped(store, Path(directory))
        yield from ordered(map(rewrite, found) if rewrite else found, scratch=scratch, chunk=chunk)


def ordered(found: Iterable[bytes], *, scratch: Path, chunk: int = CHUNK) -> Iterator[bytes]:
    """The lines in the order of their bytes, which for UTF-8 is that of their code points.

    Memory stays bounded: sorted pieces of the size of a chunk wait in files of `scratch` until they are merged.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as directory:
        parts = enumerate(_parts(found, chunk))
        pieces = [_spill(part, Path(directory, f"piece-{number}")) for number, part in parts]
        yield from heapq.merge(*map(_read, pieces))


def digest(batches: Iterable[bytes]) -> str:
    """The SHA-256 of the bytes, in hexadecimal."""
    sha = hashlib.sha256()
    for batch in batches:
        sha.update(batch)
    return sha.hexdigest()


def batches(found: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines in lists of some thousands: one call for many lines is what makes writing and hashing them cheap."""
    rest = iter(found)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def hash_of(store: Store, *, scratch: Path, merged: bool = False) -> str:
    """The hash of the dataset that the store holds in its named graphs; `merged` as for `lines`."""
    return digest(b"".join(batch) for batch in batches(lines(store, scratch=scratch, merged=merged)))


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


def _dumped(store: Store, directory: Path) -> Iterator[bytes]:
    """The lines, graph by graph, unsorted. The engine writes graphs beside each other: it lets go of the GIL."""
    graphs = _graphs(store)

    def dump(number: int) -> Path:
        path = directory / f"graph-{number}"
        store.dump(str(path), RdfFormat.N_TRIPLES, from_graph=graphs[number])
        return path

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for graph, path in zip(graphs, pool.map(dump, range(len(graphs))), strict=True):
            yield from _quads(path, f" {graph} .\n".encode())
            path.unlink()


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


def _quads(path: Path, end: bytes) -> Iterator[bytes]:
    with path.open("rb") as stream:
        for line in stream:
            # A literal may hold these two characters as well, so a suspect is read properly.
            if b"_:" in line:
                _refuse_blank(line)
            yield line[:-3] + end


def _refuse_blank(line: bytes) -> None:
    for quad in parse(line, RdfFormat.N_TRIPLES):
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
            raise DataError(
                "a blank node: nobody could ask for it", value=line.decode().strip(), hint="give the node an IRI"
            )


def _parts(found: Iterable[bytes], chunk: int) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for line in found:
        part.append(line)
        size += len(line)
        if size >= chunk:
            yield part
            part, size = [], 0
    yield part


def _spill(part: list[bytes], path: Path) -> Path:
    part.sort()
    with path.open("wb") as stream:
        stream.writelines(part)
    return path


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from stream
