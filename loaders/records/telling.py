"""Telling: what one file says, as a part, and what else has to be known of it when it is not read again."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import NamedNode

from loaders.errors import DataError
from loaders.namespaces import graph, td
from loaders.records.ledger import Ledger
from loaders.records.lines import Lines
from loaders.records.naming import Registry, located
from loaders.records.questions import Answers, Blame, Questions
from loaders.records.references import References
from loaders.records.repetitions import digest, mark
from loaders.records.rows import Row, read_rows
from loaders.records.sheets import ORDER, Sheet
from loaders.records.statements import describe, fact, source_key, spell
from loaders.records.vocabulary import Vocabulary

# Whoever has a thousand faults to mend mends them in bulk and builds again.
MOST = 1000

# A node that a row describes, by its digest, and the line.
PLACE = struct.Struct("<8sI")


@dataclass(frozen=True)
class Fault:
    """An error in a row of a sheet, by its number; without one it is the sheet's.

    With `after`, it is one only where the conference was blamed already by a row further up in another file.
    """

    error: DataError
    row: int | None = None
    after: str | None = None


@dataclass
class Page:
    """What came of reading one sheet: how many rows it has, their marks, their faults, what they describe and where."""

    table: str
    file: str
    rows: int = 0
    told: int = 0
    marks: bytearray = field(default_factory=bytearray)
    faults: list[Fault] = field(default_factory=list)
    places: bytearray = field(default_factory=bytearray)


@dataclass
class Told:
    """What came of reading one file: its pages, the part that holds its statements, the graphs and licences in it.

    `first` has who bears witness to what comes along with rows, by a digest of the thing and its graph: the first row
    of its graph does, and in another file there may be one before. The number is that of its table.
    """

    pages: list[Page] = field(default_factory=list)
    part: str = ""
    quads: int = 0
    graphs: set[str] = field(default_factory=set)
    licenses: set[tuple[str, str]] = field(default_factory=set)
    answers: Answers = field(default_factory=Answers)
    first: dict[bytes, tuple[int, str]] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether there is no fault in it."""
        return not any(page.faults for page in self.pages)

    @property
    def certain(self) -> bool:
        """Whether it is sound whatever stands in files that could not be read: its rows asked nothing of them."""
        return self.sound and not self.answers.unknown


@dataclass(frozen=True)
class World:
    """What the rows of a file are read with."""

    vocabulary: Vocabulary
    ledger: Ledger
    references: References
    registry: Registry


def tell(sheets: Iterable[Sheet], world: World, path: Path) -> Told:
    """What came of reading the sheets; their statements stand in the file, unless there is a fault in them."""
    lines = Lines(path)
    teller = _Teller(world, lines)
    for sheet in sheets:
        teller.read(sheet)
        if teller.faults >= MOST:
            break
    if teller.told.sound:
        teller.told.part, teller.told.quads = lines.write()
    lines.discard()
    return teller.told


class _Teller:
    """One reading of one file."""

    def __init__(self, world: World, lines: Lines) -> None:
        self.world, self.lines = world, lines
        self.told = Told()
        self.faults = 0
        self._questions = Questions(world.references, world.ledger, self.told.answers)
        self._known: set[tuple[str, str]] = set()

    def read(self, sheet: Sheet) -> None:
        """The sheet's rows are told, or their faults; once a fault is found, rows are only looked at."""
        page = Page(sheet.table.key, sheet.file)
        self.told.pages.append(page)
        errors: list[DataError] = []
        for row in read_rows(sheet, self.world.vocabulary, errors):
            page.rows += 1
            found = self._looked_at(page, row, errors)
            errors.clear()
            if found is not None:
                self._tell(page, found)
            if self.faults >= MOST:
                return
        page.faults.extend(map(Fault, errors))
        self.faults += len(errors)

    def _looked_at(self, page: Page, row: Row, errors: list[DataError]) -> Row | None:
        """The row with its units found; None, and faults, when there are errors in it."""
        errors.extend(self._questions.missing(row))
        page.faults.extend(Fault(error, page.rows) for error in errors)
        blame = errors[0] if len(errors) == 1 and isinstance(errors[0], Blame) else None
        self.faults += len(errors) - sum(isinstance(error, Blame) for error in errors)
        if not row.sound or (errors and not blame) or self._questions.unsure(row):
            return None
        further: list[DataError] = []
        found = located(row, self.world.registry, self._questions, further)
        if further:
            conference = blame.conference if blame else None
            page.faults.extend(Fault(error, page.rows, conference) for error in further)
            self.faults += len(further) if blame is None else 0
            return None
        return found

    def _tell(self, page: Page, row: Row) -> None:
        source = source_key(row)
        own, beside, witness = describe(row)
        page.marks += mark(source, own, witness, page.rows, row.place.line)
        if self.faults or page.faults:
            return
        page.told += 1
        self.told.graphs.add(graph(source).value)
        where, attested = str(graph(source)), fact(td.attestedBy, witness.node)
        if row.table.key == "sources":
            self.told.licenses.add((own.node[1:-1], row.values["license"]))
        self._say(page, row, own.node, [*own.facts, attested], where)
        # Emulation units, periods and witnesses come along with many rows; the first one says it all.
        for node, facts in beside:
            if self._is_new(node, where):
                self._say(page, row, node, facts, where)
                self.told.first[digest(node) + digest(where)] = ORDER[page.table], spell(node, attested, where)
        if self._is_new(witness.node, where):
            self._say(page, row, *witness, where)

    def _say(self, page: Page, row: Row, node: str, facts: Sequence[str], where: str) -> None:
        page.places += PLACE.pack(digest(node), row.place.line)
        self.lines.add(node, [spell(node, fact, where) for fact in facts])

    def _is_new(self, node: str, where: str) -> bool:
        known = (node, where) in self._known
        self._known.add((node, where))
        return not known


def found_in(page: Page, wanted: dict[bytes, NamedNode]) -> Iterator[tuple[NamedNode, int]]:
    """The wanted nodes that the rows of a page describe, with the line of the first row that does."""
    for node, line in PLACE.iter_unpack(page.places):
        if node in wanted:
            yield wanted[node], line
