"""A candidate: the named graphs of one build, written once and read by the gate and the release."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, Literal, Quad, RdfFormat, Store, serialize

from loaders import bulk, crew
from loaders.errors import SourceError
from loaders.namespaces import BASE, rdf, xsd
from loaders.parts import Kept, note, stand_in
from loaders.release import canonical, sorting
from loaders.release.lines import SORTING, Lines, in_order
from loaders.release.prints import Prints, prints
from loaders.release.revised import Former
from loaders.release.share import Tell, silent
from loaders.release.sorting import Piece
from loaders.release.store import changed
from loaders.source import sha256

# What is more than this, of the parts that are others now, is not compared line by line: so much takes 1 GB.
_COMPARED = 512 << 20
# Beyond this, starting processes takes less time than they save: a tenth of a second.
_READ_ALONE = 32 << 20
# About 1.5 million statements, which take 1 GB in memory; twenty times as many would take all that a machine has.
IN_MEMORY = 300 << 20
_TEXTS = (xsd.string, rdf.langString)


def _named(quads: Iterable[Quad], name: str, tell: Callable[[int], None]) -> Iterator[Quad]:
    for number, quad in enumerate(quads, start=1):
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
            raise SourceError("a blank node in data that will be published", file=name, value=str(quad))
        if number % 50_000 == 0:
            tell(number)
        kept = as_kept(quad)
        if is_another_type(quad, kept):
            hint = f"write {kept.object}"
            raise SourceError("a datatype that the store does not keep", file=name, value=str(quad.triple), hint=hint)
        yield kept


def as_kept(quad: Quad) -> Quad:
    """The statement with its value as the engine keeps it."""
    value = quad.object
    if not isinstance(value, Literal) or (kept := stored(value)) == value:
        return quad
    return Quad(quad.subject, quad.predicate, kept, quad.graph_name)


def is_another_type(quad: Quad, kept: Quad) -> bool:
    """Whether its value gets another datatype there, so that nobody could tell which was written (SHACL, 4.1.2)."""
    value = quad.object
    return isinstance(value, Literal) and isinstance(kept.object, Literal) and kept.object.datatype != value.datatype


@lru_cache(maxsize=65_536)
def stored(value: Literal) -> Literal:
    """The literal as the engine keeps it, which writes some values in one way only.

    >>> stored(Literal("01", datatype=xsd.integer)).value
    '1'
    """
    if value.datatype in _TEXTS:
        return value
    store = Store()
    store.add(Quad(value.datatype, rdf.value, value))
    (quad,) = store
    assert isinstance(quad.object, Literal)
    return quad.object


@dataclass(frozen=True)
class Difference:
    """What came and went since the last release was built: lines of N-Quads, and the names of the parts they are in."""

    version: str
    parts: frozenset[str]
    came: frozenset[bytes]
    went: frozenset[bytes]


@dataclass
class Candidate:
    """A directory with one N-Quads file per loader; more than so many bytes of them are sorted and held on the disk.

    It may follow a `former` release, of which it changes some lines: its store is then that of the release, changed.
    The store of one that is to be `printed` is read back, and has dumps and an index beside it, when it has settled.

    >>> import tempfile
    >>> from loaders.namespaces import entity, graph, rdfs, text
    >>> quad = Quad(entity("cluster", "a"), rdfs.label, text("Cụm A"), graph("s0"))
    >>> candidate = Candidate(Path(tempfile.mkdtemp()))
    >>> candidate.add("records", [quad])
    >>> len(candidate.store), candidate.merged
    (1, False)
    """

    directory: Path
    in_memory: int = IN_MEMORY
    kept: Kept | None = None
    used: set[str] = field(default_factory=set)
    former: Former | None = None
    printed: bool = False
    prints: Prints | None = None
    _sums: dict[str, str] = field(default_factory=dict)
    _graphs: dict[str, Collection[str]] = field(default_factory=dict)
    _changed: Store | None = None
    _tell: Tell = silent

    def add(self, name: str, quads: Iterable[Quad], tell: Callable[[int], None] = lambda _: None) -> None:
        """The quads stand in `{name}.nq`, or the file is not there; SourceError for what it cannot keep."""
        path = self.directory / f"{name}.nq"
        try:
            serialize(_named(quads, name, tell), str(path), format=RdfFormat.N_QUADS)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def take(
        self, parts: Mapping[str, str], used: Iterable[str], graphs: Mapping[str, Collection[str]] | None = None
    ) -> None:
        """Parts that others made in the directory are known by their checksums, and what they were kept under.

        Of some it is known which graphs they have statements in.
        """
        self._sums.update(parts)
        self._graphs.update(graphs or {})
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
            note(path.with_suffix(".told"), (self.parts[name], value), key)
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

    def speaks_of(self, keys: Iterable[str]) -> bool:
        """Whether one of the keys of those who were withdrawn is a step of an IRI in a part.

        Parts of the last build that became a release were looked into then, for the same keys: with other ones, what is
        kept is gone.
        """
        accepted = self.kept.accepted() if self.kept else None
        known = set(accepted.parts.values()) if accepted else set()
        return stand_in((self.directory / f"{name}.nq" for name, part in self.parts.items() if part not in known), keys)

    def change(self, work: Callable[[Store], None]) -> None:
        """The candidate holds what some work makes of all quads, whatever its files say."""
        self._changed = Store(str(self.directory / "unchanged")) if self._large else Store()
        bulk.load(self._changed, bulk.texts(self.files), RdfFormat.N_QUADS)
        work(self._changed)

    @cached_property
    def lines(self) -> Lines | None:
        """All quads, sorted, as they are when it is asked for first; None for few, or with a former release."""
        if self.former is not None or not self._large:
            return None
        room = self.directory / "sorted"
        room.mkdir()
        return in_order(self._pieces(room), BASE, room, self._tell)

    @cached_property
    def _large(self) -> bool:
        return sum(path.stat().st_size for path in self.files) > self.in_memory

    def _pieces(self, room: Path) -> list[Piece]:
        if self._changed is not None:
            return canonical.pieces(self._changed, BASE, room)
        return [piece for path in self.files for piece in sorting.pieces(path, BASE)]

    def settle(self, tell: Tell) -> None:
        """What takes long is done: the store is there, and where it is on the disk its lines are in order."""
        self._tell = tell
        if self._large and self.former is None:
            tell(SORTING)
        if (lines := self.lines) is None:
            _ = self.store
            return
        if self.printed:
            self.prints = prints(lines, self.directory, lines.build_store, tell)
        else:
            tell("building the store")
        _ = self.store

    @cached_property
    def store(self) -> Store:
        """All quads, as the engine keeps them: the files as they are when it is asked for first.

        On the disk, the merge of all graphs is its default graph.
        """
        if self.former is not None:
            return changed(self.former.release.store_path, self._place, self.former.came, self.former.went)
        if self.lines is not None:
            if self.prints is None:
                self.lines.build_store(self._place)
            else:
                # The files are the same, and what is written here is not there.
                Store.read_only(str(self.prints.store)).backup(str(self._place))
            return Store(str(self._place))
        if self._changed is None:
            self.change(lambda _: None)
        assert self._changed is not None
        return self._changed

    def errands(self) -> Sequence[Callable[[], None]]:
        """What can be done beside the judging: the orders of the long lists, if it is printed."""
        return self.prints.errands() if self.prints else ()

    @property
    def merged(self) -> bool:
        """Whether the store is on the disk, and has the merge of all graphs."""
        return self.former is not None or self.lines is not None

    @property
    def size(self) -> int:
        """How many quads there are."""
        if self.former is not None:
            return self.former.release.quads + len(self.former.came) - len(self.former.went)
        return self.lines.census.quads if self.lines is not None else len(self.store)

    @property
    def _place(self) -> Path:
        return self.directory / "store"

    @cached_property
    def difference(self) -> Difference | None:
        """What the files are beside those of the last build that became a release; None if it is not known, or large.

        A line that another part states as well neither came nor went.
        """
        accepted = self.kept.accepted() if self.kept else None
        if self.kept is None or accepted is None:
            return None
        others = {name for name, part in self.parts.items() ^ accepted.parts.items()}
        new = [self.directory / f"{name}.nq" for name in others & self.parts.keys()]
        old = [path for name in others & accepted.parts.keys() if (path := self.kept.path(accepted.parts[name]))]
        if len(old) < len(others & accepted.parts.keys()):
            return None
        if sum(path.stat().st_size for path in (*new, *old)) > _COMPARED:
            return None
        now, before = _lines(new), _lines(old)
        changed = now ^ before
        both = _stated(changed, [path for path in self._with_graphs_of(changed) if path.stem not in others])
        return Difference(
            accepted.version, frozenset(others), frozenset(now - before - both), frozenset(before - now - both)
        )

    def _with_graphs_of(self, lines: Iterable[bytes]) -> list[Path]:
        """The files in which the lines may stand as well."""
        graphs = {line[line.rindex(b" <") + 2 : -4].decode() for line in lines}
        return [path for path in self.files if not graphs.isdisjoint(self._graphs.get(path.stem, graphs))]


def _stated(lines: set[bytes], files: Sequence[Path]) -> set[bytes]:
    """Those of the lines that stand in any of the files; several processes read these, where that is worth it."""

    def found(path: Path) -> set[bytes]:
        with path.open("rb") as file:
            return lines.intersection(file)

    if not lines:
        return set()
    hands = crew.cores() if sum(path.stat().st_size for path in files) > _READ_ALONE else 1
    return set().union(*crew.each(found, files, hands))


def _lines(files: Iterable[Path]) -> set[bytes]:
    return {line for file in files for line in file.read_bytes().splitlines(keepends=True)}
