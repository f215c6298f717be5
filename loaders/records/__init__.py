"""The records: staff's spreadsheets as quads, each row in the graph of its source with its witness.

    files ─ what each defines ─→ references ─→ what each tells, in parts ─→ the verdict on all together

Files are read by several processes. A file that was read before is not read again, as long as it is the same and what
its rows ask of the other files has the same answers.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from loaders import crew
from loaders.errors import DataError
from loaders.parts import Kept, note, recalled
from loaders.records.counts import lost, miscounted, misnamed
from loaders.records.ledger import read_ledger
from loaders.records.naming import Registry
from loaders.records.questions import Answers
from loaders.records.references import References, gather, nothing
from loaders.records.repetitions import digest
from loaders.records.rows import Place
from loaders.records.sheets import DESCRIPTION, ORDER, Sheet, find_files, sheets_of
from loaders.records.tables import TABLES
from loaders.records.telling import Told, World, found_in
from loaders.records.telling import tell as tell_of
from loaders.records.verdict import judge
from loaders.records.vocabulary import read_vocabulary
from loaders.records.wording import Faults
from loaders.resources import ontology_files
from loaders.source import Source
from loaders.source import sha256 as checksum
from loaders.withdrawal import ledger as withdrawals

# Below this, starting processes takes longer than reading: some thousand rows.
SMALL = 1 << 20

# The part that none of the files has.
FIRST = "records-witnesses"

Tell = Callable[[int, float], None]


@dataclass(frozen=True)
class Keeping:
    """Where parts are kept, and the key of all that they depend on beside the files and each other."""

    kept: Kept
    key: str

    def keep(self, path: Path, key: str, value: object) -> None:
        """The value is kept under a key."""
        note(path, value, key)
        self.kept.keep_note(path, key)


@dataclass(frozen=True)
class _Defined:
    """What a file holds, before its rows are understood: the tables of its sheets, their keys, why it is not read."""

    tables: set[str]
    references: References
    errors: list[DataError]


@dataclass(frozen=True)
class Reading:
    """The records, read: what each file told, by the names of the parts in the room where they stand."""

    room: Path
    told: dict[str, Told]
    keys: frozenset[str] = frozenset()

    @property
    def graphs(self) -> dict[str, set[str]]:
        """The graphs that what each file told has statements in, by the name of its part."""
        return {name: told.graphs for name, told in self.told.items()}

    @property
    def licenses(self) -> set[tuple[str, str]]:
        """The sources with their licences."""
        return {pair for told in self.told.values() for pair in told.licenses}

    @property
    def parts(self) -> dict[str, str]:
        """The checksum of each part by its name."""
        return {name: told.part for name, told in self.told.items()}

    def quads(self) -> Iterator[Quad]:
        """Every quad of every part; what several files say stands in several parts."""
        for name in (*sorted(self.told), FIRST):
            yield from parse(path=self.room / f"{name}.nq", format=RdfFormat.N_QUADS)

    def origins(self, nodes: Collection[NamedNode]) -> dict[NamedNode, Place]:
        """Where the rows stand that describe the nodes; of several rows the first."""
        wanted = {digest(str(node)): node for node in nodes}
        found: dict[NamedNode, tuple[int, int, Place]] = {}
        for number, name in enumerate(self.told):
            for page in recalled(self.room / f"{name}.told").pages:
                for node, line in found_in(page, wanted):
                    here = ORDER[page.table], number, Place(page.file, line)
                    if node not in found or here[:2] < found[node][:2]:
                        found[node] = here
        return {node: place for node, (_, _, place) in found.items()}


def load(source: Source, registry: Registry) -> Iterator[Quad]:
    """The quads of every row of the spreadsheets in a directory, sorted and each once; DataErrors as of `read`."""
    with tempfile.TemporaryDirectory() as room:
        yield from sorted(set(read(source, registry, Path(room)).quads()), key=str)


def read(
    source: Source,
    registry: Registry,
    room: Path,
    keeping: Keeping | None = None,
    tell: Tell = lambda number, share: None,
) -> Reading:
    """The rows of the spreadsheets in a source's directory stand in parts in the room; the ledger lies beside it.

    If any has a fault, DataErrors has all the faults, told in Vietnamese and English. `tell` is told how many
    statements there are so far, and which share of the files is read.
    """
    for name in source.files:
        source.path(name)
    return _Reader(source, registry, room, keeping).read(tell)


class _Reader:
    """One reading of the files of a source."""

    def __init__(self, source: Source, registry: Registry, room: Path, keeping: Keeping | None) -> None:
        self.source, self.registry, self.room, self.keeping = source, registry, room, keeping
        self.vocabulary = read_vocabulary(ontology_files())
        self.ledger = read_ledger(source.directory.parent / "keys.csv")
        self.withdrawals = source.directory.parent / withdrawals.NAME
        self.withdrawn = {each.key for each in withdrawals.read(self.withdrawals)}
        self.files = [path for path in find_files(source.directory) if path.name != DESCRIPTION]
        # What is no file is refused when it is its turn.
        self.sizes = {path: path.stat().st_size if path.is_file() else 0 for path in self.files}
        self.processes = crew.cores() if sum(self.sizes.values()) > SMALL else 1

    def read(self, tell: Tell) -> Reading:
        """The reading; Faults when there is anything wrong."""
        errors: list[DataError] = []
        self.world = self._world(errors)
        errors.extend(misnamed(self.source))
        errors.extend(withdrawals.unminted(self.withdrawals, self.ledger.keys("person")))
        told = self._told(tell)
        judge(list(told.items()), self.vocabulary, errors)
        if errors := errors or list(miscounted(self.source, _counts(told.values()))):
            raise Faults(errors)
        self._write_first(list(told.values()))
        keys = {key for path in self.files if (key := self._key(path))}
        return Reading(self.room, {name_of(path): each for path, each in told.items()}, frozenset(keys))

    def _world(self, errors: list[DataError]) -> World:
        """What rows are read with: what all files define. The errors keep some of it unknown."""
        references, tables = nothing(), set()
        for defined in crew.each(self._define, self.files, self.processes):
            references.take(defined.references)
            errors.extend(defined.errors)
            tables |= defined.tables
        # A file that can not be told is a table that can not be read: who refers to it is not to blame.
        if errors:
            references.unread.update(TABLES)
        # Rows may still mean somebody whose own row is deleted: the event stays.
        references.withdrawn.update(self.withdrawn)
        if not errors:
            gone = list(lost(self.source, tables))
            references.unread.update(error.column for error in gone if error.column)
            errors.extend(gone)
        return World(self.vocabulary, self.ledger, references, self.registry)

    def _define(self, path: Path) -> _Defined:
        """What a file defines, as it was noted or read now."""
        key = self._key(path)
        if self.keeping and key and (known := self.keeping.kept.recall(key, "defined")):
            defined: _Defined = known
            return defined
        errors: list[DataError] = []
        sheets = sheets_of(path, errors, self._in_room(path, "cells"))
        note(self._in_room(path, "sheets"), (key, [(sheet.table.key, sheet.file, sheet.lines) for sheet in sheets]))
        defined = _Defined({sheet.table.key for sheet in sheets}, gather(sheets, self.vocabulary), errors)
        private = self.withdrawn & _persons(defined.references)
        if self.keeping and key and not errors and not private and key == self._key(path):
            self.keeping.keep(self._in_room(path, "defined"), key, defined)
        return defined

    def _told(self, tell: Tell) -> dict[Path, Told]:
        """What every file told. The largest come first, so that nobody waits for one of them in the end."""
        order = sorted(self.files, key=lambda path: -self.sizes[path])
        total, found, quads, size = sum(self.sizes.values()), {}, 0, 0
        for path, told in zip(order, crew.each(self._tell, order, self.processes), strict=True):
            found[path] = told
            quads, size = quads + told.quads, size + self.sizes[path]
            tell(quads, size / total)
        return {path: found[path] for path in self.files}

    def _tell(self, path: Path) -> Told:
        """What a file tells, as it was noted, if that still is so, or read now."""
        key, name = self._key(path), name_of(path)
        told = (key and self._recalled(key, name)) or self._read_now(path, key)
        # Only the verdict is to come; the rest is in the room.
        told.answers = Answers()
        for page in told.pages:
            page.places.clear()
        return told

    def _recalled(self, key: str, name: str) -> Told | None:
        """What a file told when it was read before; its part and its note stand in the room."""
        told: Told | None = self.keeping.kept.recall(key, "told") if self.keeping else None
        if not self.keeping or not told or not told.answers.hold(self.world.references, self.ledger):
            return None
        return told if self.keeping.kept.bring(told.part, key, self.room / name) else None

    def _read_now(self, path: Path, key: str | None) -> Told:
        name = name_of(path)
        told = tell_of(self._sheets(path, key), self.world, self.room / f"{name}.nq")
        for suffix in ("cells", "sheets"):
            self._in_room(path, suffix).unlink(missing_ok=True)
        note(self.room / f"{name}.told", told, key)
        # What was changed in between is told under a checksum that it never had.
        if self.keeping and key and told.certain and not self._private(told) and key == self._key(path):
            self.keeping.kept.keep(self.room / f"{name}.nq", told.part)
            self.keeping.kept.keep_note(self.room / f"{name}.told", key)
        return told

    def _sheets(self, path: Path, key: str | None) -> list[Sheet]:
        """The sheets of a file, from the copy that was made when it was looked at first, if it still is the same."""
        noted = self._in_room(path, "sheets")
        found, copied = recalled(noted) if noted.is_file() else (None, None)
        if copied is None or found != key:
            return sheets_of(path, [])
        return [Sheet(TABLES[table], file, lines) for table, file, lines in copied]

    def _in_room(self, path: Path, suffix: str) -> Path:
        return self.room / f"{name_of(path)}.{suffix}"

    def _private(self, told: Told) -> bool:
        """Whether somebody who was withdrawn may stand in it; as long as a row has the name, that is anywhere."""
        named = self.withdrawn & self.world.references.keys["persons"].keys()
        return bool(named or self.withdrawn & told.answers.persons)

    def _write_first(self, told: list[Told]) -> None:
        """Who bears witness to what comes along with rows of several files stands in a part of its own, there alone."""
        found: dict[bytes, tuple[int, int, str]] = {}
        for number, each in enumerate(told):
            for key, (table, line) in each.first.items():
                if key not in found or (table, number) < found[key][:2]:
                    found[key] = table, number, line
        with (self.room / f"{FIRST}.nq").open("w", encoding="utf-8") as file:
            file.writelines(sorted(line for _, _, line in found.values()))
        for each in told:
            each.first.clear()

    def _key(self, path: Path) -> str | None:
        """What a reading of the file is kept under; a file that cannot be read has none."""
        if self.keeping is None or not path.is_file():
            return None
        return sha256(os.fsencode(f"{self.keeping.key}\0{path}\0{checksum(path)}")).hexdigest()


def name_of(path: Path) -> str:
    """The name of a file's part; the file's own may be too long for a prefix."""
    return f"records-{sha256(os.fsencode(path.name)).hexdigest()[:16]}"


def _persons(references: References) -> set[str]:
    return references.keys["persons"].keys() | {person for person, _, _ in references.holdings}


def _counts(told: Iterable[Told]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for each in told:
        for page in each.pages:
            counts[page.table] += page.told
    return counts
