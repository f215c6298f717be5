"""The store of a release: built from sorted lines, and read back before anybody trusts it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from pyoxigraph import DefaultGraph, NamedNode, Quad, QuerySolutions, RdfFormat, Store, parse

from loaders import bulk
from loaders.errors import OutsideError
from loaders.release import blocks, disk, frames
from loaders.release.census import Census
from loaders.release.share import Share

# Quads that one who shares in it reads back at once, at least.
_AT_ONCE = 200_000
_NUMBER = "SELECT (COUNT(*) AS ?number) { ?s ?p ?o }"


def build(plain: Sequence[Path], merged: Sequence[Path], directory: Path) -> None:
    """The store holds the lines of `plain`, frames, and, in its default graph, the merge of all graphs.

    The engine's own union of graphs finds a triple once for each graph that has it; in a merge it is there once.
    """
    store = Store(str(directory))
    bulk.load(store, _texts(plain), RdfFormat.N_QUADS)
    bulk.load(store, _texts(merged), RdfFormat.N_TRIPLES)
    store.flush()
    store.optimize()
    store.flush()
    del store  # closes it
    _tidy(directory)


def _texts(files: Iterable[Path]) -> Iterator[bytes]:
    return (text for path in files for text in frames.texts(path))


def _tidy(directory: Path) -> None:
    """The engine's log tells of this machine and this hour; its lock file is for writers. Readers need neither."""
    for name in ("LOG", "LOCK"):
        (directory / name).unlink(missing_ok=True)


def read_back(directory: Path, census: Census, expected: int, share: Share) -> None:
    """Nothing, when the store on disk holds lines with the `expected` sum of hashes, and their merge.

    A full or failing disk, or an engine that is wrong, can lose some silently.
    """
    disk.sync_tree(directory)
    # Counting goes through all of it, and through the merge: whoever begins with it is at it for longest.
    counted = share(_count, [(directory, census.quads + census.triples)])
    total = blocks.total(share(_read, [(directory, graphs) for graphs in _parts(census)]))
    for _ in counted:
        pass
    if total != expected:
        raise OutsideError("the store on the disk does not hold what was written → is the disk sound?")


def _count(task: tuple[Path, int]) -> None:
    """Nothing, when a store has so many statements; OutsideError when it has not."""
    directory, number = task
    _compare(len(Store.read_only(str(directory))), number)


def _compare(found: int, number: int) -> None:
    if found != number:
        raise OutsideError(f"the store has {found} statements instead of {number} → is the disk sound?")


def changed(source: Path, directory: Path, came: Iterable[bytes], went: Iterable[bytes]) -> Store:
    """A store on the disk that holds what the store of a release does, with some lines more and some less.

    Its default graph is the merge of all graphs, as there. It has the files of the other; what it writes is its own.
    """
    directory.mkdir()
    for path in source.iterdir():
        _take(path, directory / path.name)
    store, new, old = Store(str(directory)), _quads(came), _quads(went)
    store.extend(new)
    for quad in old:
        store.remove(quad)
    for triple in {quad.triple for quad in (*new, *old)}:
        loose = Quad(triple.subject, triple.predicate, triple.object, DefaultGraph())
        found = store.quads_for_pattern(triple.subject, triple.predicate, triple.object)
        if any(quad != loose for quad in found):
            store.add(loose)
        else:
            store.remove(loose)
    store.flush()
    return store


def look_back(directory: Path, census: Census, came: Iterable[bytes], went: Iterable[bytes]) -> None:
    """Nothing, when the store on disk has what came and not what went, and as many statements as there are."""
    disk.sync_tree(directory)
    store = Store.read_only(str(directory))
    # `len` takes half the time, but lets nobody else have the interpreter. The engine's union of all graphs has a
    # statement once for each, the default graph among them.
    (found,) = cast(QuerySolutions, store.query(_NUMBER, use_default_graph_as_union=True))
    _compare(int(found[0].value), census.quads + census.triples)
    if not all(quad in store for quad in _quads(came)) or any(quad in store for quad in _quads(went)):
        raise OutsideError("the store on the disk did not change as it was told → is the disk sound?")


def _take(path: Path, to: Path) -> None:
    """The engine never writes these files again, so two stores can have them; the few others are copied."""
    if path.suffix == ".sst":
        with contextlib.suppress(OSError):
            to.hardlink_to(path)
            return
    shutil.copyfile(path, to)


def _quads(lines: Iterable[bytes]) -> list[Quad]:
    return list(parse(b"".join(lines), RdfFormat.N_QUADS))


def _parts(census: Census) -> Iterator[list[str]]:
    """The graphs that were counted, some at once."""
    part, size = [], 0
    for graph, number in census.graphs.items():
        part.append(graph)
        size += number
        if size >= _AT_ONCE:
            yield part
            part, size = [], 0
    yield part


def _read(task: tuple[Path, Sequence[str]]) -> int:
    """The sum of the quads in some graphs of a store."""
    directory, graphs = task
    store, total = Store.read_only(str(directory)), 0
    for graph in map(NamedNode, graphs):
        reader = _Reader(b" %s .\n" % str(graph).encode())
        store.dump(cast(IO[bytes], reader), RdfFormat.N_TRIPLES, from_graph=graph)
        total += reader.sum
    return total


@dataclass
class _Reader:
    """What the triples of a graph are written to: with another `tail` they are quads, whose sum it has."""

    tail: bytes
    sum: int = 0
    _rest: bytes = b""

    def write(self, text: bytes) -> int:
        """Its whole lines are in the sum."""
        *lines, self._rest = (self._rest + text).split(b" .\n")
        self.sum += blocks.sum_of(line + self.tail for line in lines)
        return len(text)

    def flush(self) -> None:
        """There is nothing that waits."""
