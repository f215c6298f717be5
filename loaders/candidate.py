"""A candidate: the named graphs of one build, written once and read by the gate and the release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, Quad, RdfFormat, Store, serialize

from loaders import bulk
from loaders.errors import SourceError
from loaders.parts import Kept, note
from loaders.source import sha256

# About 1.5 million statements, which take 1 GB in memory; twenty times as many would take all that a machine has.
IN_MEMORY = 300 << 20


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
    kept: Kept | None = None
    used: set[str] = field(default_factory=set)
    _sums: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, quads: Iterable[Quad], tell: Callable[[int], None] = lambda _: None) -> None:
        """The quads stand in `{name}.nq`, or the file is not there; SourceError for a blank node."""
        path = self.directory / f"{name}.nq"
        try:
            serialize(_named(quads, name, tell), str(path), format=RdfFormat.N_QUADS)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def take(self, parts: Mapping[str, str], used: Iterable[str]) -> None:
        """Parts that others made in the directory are known by their checksums, and what they were kept under."""
        self._sums.update(parts)
        self.used.update(used)

    def recall(self, name: str, key: str) -> Any:
        """A part that was kept stands in the candidate, and what was noted with it is returned; None if none was."""
        found = self.kept.recall(key, "told") if self.kept else None
        if self.kept is None or found is None or not self.kept.bring(found[0], key, self.directory / name):
            return None
        self.take({name: found[0]}, [key])
        return found[1]

    def keep(self, name: str, key: str, value: Any) -> None:
        """A part is kept under a key, with a note; nothing happens where nothing is kept."""
        if self.kept is not None:
            path = self.directory / f"{name}.nq"
            note(path.with_suffix(".told"), (self.parts[name], value))
            self.kept.keep(path, self.parts[name])
            self.kept.keep_note(path.with_suffix(".told"), key)
            self.used.add(key)

    @property
    def parts(self) -> Mapping[str, str]:
        """The checksum of each file by its name; the lines of one that is the same as another build's are the same."""
        for path in self.files:
            if path.stem not in self._sums:
                self._sums[path.stem] = sha256(path)
        return dict(self._sums)

    @property
    def files(self) -> list[Path]:
        """The N-Quads files, by name."""
        return sorted(self.directory.glob("*.nq"))

    @cached_property
    def store(self) -> Store:
        """All quads, as the engine keeps them: the files as they are when it is asked for first."""
        store = Store(str(self.store_path)) if self.store_path else Store()
        bulk.load(store, self.files, RdfFormat.N_QUADS)
        return store

    @cached_property
    def store_path(self) -> Path | None:
        """Where the store is on the disk; None for one in memory."""
        size = sum(path.stat().st_size for path in self.files)
        return self.directory / "store" if size > self.in_memory else None
