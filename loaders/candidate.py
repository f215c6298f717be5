"""A candidate: the named graphs of one build, written once and read by the gate and the release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import BlankNode, Quad, RdfFormat, Store, parse, serialize

from loaders.errors import SourceError


def _named(quads: Iterable[Quad], name: str, tell: Callable[[int], None]) -> Iterator[Quad]:
    for number, quad in enumerate(quads, start=1):
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
            raise SourceError("a blank node in data that will be published", file=name, value=str(quad))
        if number % 50_000 == 0:
            tell(number)
        yield quad


@dataclass(frozen=True)
class Candidate:
    """A directory with one N-Quads file per loader.

    >>> import tempfile
    >>> from loaders.namespaces import entity, graph, rdfs, text
    >>> quad = Quad(entity("cluster", "a"), rdfs.label, text("Cụm A"), graph("s0"))
    >>> candidate = Candidate(Path(tempfile.mkdtemp()))
    >>> candidate.add("records", [quad])
    >>> len(candidate.store)
    1
    """

    directory: Path

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
        """All quads in memory, as the engine keeps them."""
        store = Store()
        for path in self.files:
            store.bulk_load(path=path, format=RdfFormat.N_QUADS)
        return store
