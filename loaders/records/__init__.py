"""The records: staff's spreadsheets as quads, each row in the graph of its source with its witness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby

from pyoxigraph import NamedNode, Quad

from loaders.errors import DataError
from loaders.namespaces import graph
from loaders.records.counts import lost, miscounted, misnamed
from loaders.records.ledger import Ledger, read_ledger
from loaders.records.naming import Registry, located
from loaders.records.references import References, gather, missing
from loaders.records.repetitions import Repetitions
from loaders.records.rows import Place, Row, read_rows
from loaders.records.sheets import Sheet, find_sheets
from loaders.records.statements import Description, describe, source_key
from loaders.records.vocabulary import Vocabulary, read_vocabulary
from loaders.records.wording import Faults
from loaders.resources import ontology_files
from loaders.source import Source
from loaders.withdrawal import ledger as withdrawals

# Whoever has a thousand faults to mend mends them in bulk and builds again.
MOST = 1000

Described = tuple[Row, tuple[Description, ...]]


def load(source: Source, registry: Registry) -> Iterator[Quad]:
    """The quads of every row of the spreadsheets in a source's directory; the ledger of keys stands beside it.

    Rows are streamed. If any has a fault, DataErrors with all the faults, told in Vietnamese and English, comes at the
    end, and what came out before is not to be used.
    """
    told: set[tuple[NamedNode, NamedNode]] = set()
    for row, (own, *beside) in _described(source, registry):
        where = graph(source_key(row))
        yield from own.quads(where)
        # Emulation units, periods and witnesses come along with many rows; the first one says it all.
        for description in beside:
            if (description.node, where) not in told:
                told.add((description.node, where))
                yield from description.quads(where)


def origins(source: Source, registry: Registry, nodes: Collection[NamedNode]) -> dict[NamedNode, Place]:
    """Where the rows stand that describe the nodes; of several rows the first."""
    found: dict[NamedNode, Place] = {}
    for row, descriptions in _described(source, registry):
        for description in descriptions:
            if description.node in nodes:
                found.setdefault(description.node, row.place)
    return found


def _described(source: Source, registry: Registry) -> Iterator[Described]:
    for name in source.files:
        source.path(name)
    errors: list[DataError] = []
    vocabulary = read_vocabulary(ontology_files())
    ledger = read_ledger(source.directory.parent / "keys.csv")
    sheets = find_sheets(source.directory, errors)
    # A file that can not be told is a table that can not be read: who refers to it is not to blame.
    references = gather(sheets, vocabulary, complete=not errors)
    # Rows may still mean somebody whose own row is deleted: the event stays.
    references.withdrawn.update(each.key for each in withdrawals.read(source.directory.parent / withdrawals.NAME))
    if not errors:
        gone = list(lost(source, {sheet.table.key for sheet in sheets}))
        references.unread.update(error.column for error in gone if error.column)
        errors.extend(gone)
    errors.extend(misnamed(source))
    reading = _Reading(vocabulary, ledger, references, registry, errors)
    counts: Counter[str] = Counter()
    for _, parts in groupby(sheets, key=lambda sheet: sheet.table.key):
        for described in reading.table(list(parts)):
            counts[described[0].table.key] += 1
            yield described
    if errors := errors or list(miscounted(source, counts)):
        raise Faults(errors)


@dataclass(frozen=True)
class _Reading:
    """One reading of the spreadsheets: what stands beside the rows, and the faults found so far."""

    vocabulary: Vocabulary
    ledger: Ledger
    references: References
    registry: Registry
    errors: list[DataError]

    def table(self, parts: list[Sheet]) -> Iterator[Described]:
        """The rows of a table with what they describe; once a fault is found, rows are only looked at."""
        repetitions = Repetitions()
        for sheet in parts:
            for row in read_rows(sheet, self.vocabulary, self.errors):
                descriptions = self._looked_at(row, repetitions)
                if descriptions and not self.errors:
                    yield row, descriptions
                if len(self.errors) >= MOST:
                    raise Faults(self.errors)

    def _looked_at(self, row: Row, repetitions: Repetitions) -> tuple[Description, ...]:
        """What a row describes; nothing, and errors, when there is a fault in it."""
        known = len(self.errors)
        self.errors.extend(missing(row, self.references, self.ledger))
        if not row.sound or len(self.errors) > known or self.references.unsure(row):
            return ()
        found = located(row, self.registry, self.references, self.errors)
        if len(self.errors) > known:
            return ()
        descriptions = describe(found)
        fault = repetitions.fault(row, source_key(row), descriptions[0], descriptions[-1].node)
        if fault:
            self.errors.append(row.placed(fault, next(iter(row.raw))))
        return descriptions
