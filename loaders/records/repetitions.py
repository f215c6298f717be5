"""Repetitions: rows of one table that say a thing twice, or say two things of it on the word of one source."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from loaders.errors import SourceError
from loaders.namespaces import td
from loaders.records.rows import Place, Row
from loaders.records.statements import Description


@dataclass
class Repetitions:
    """The rows of one table that were seen: nodes with their sources, what was said of them, on whose word."""

    _said: dict[tuple[NamedNode, str], tuple[int, Place]] = field(default_factory=dict)
    _witnessed: set[tuple[NamedNode, NamedNode]] = field(default_factory=set)
    _files: set[tuple[str, str]] = field(default_factory=set)

    def fault(self, row: Row, source: str, own: Description, witness: NamedNode) -> SourceError | None:
        """What is wrong with saying this too, if anything.

        Another place in the same source may say the same again, another source may say something else.
        """
        facts = hash(frozenset(fact for fact in own.facts if fact[0] != td.attestedBy))
        before, place = self._said.setdefault((own.node, source), (facts, row.place))
        if place is row.place:
            self._witnessed.add((own.node, witness))
            return None
        if facts != before:
            hint = f"it differs from {_at(place, row)}: make them equal, or keep one"
            return SourceError("two rows describe the same thing differently, from one source", hint=hint)
        if (own.node, witness) not in self._witnessed:
            self._witnessed.add((own.node, witness))
            return None
        return self._twice(row, place)

    def _twice(self, row: Row, place: Place) -> SourceError | None:
        if place.file == row.place.file:
            return SourceError("this row stands twice", hint=f"it is also {_at(place, row)}: delete one")
        # A table that stands in two files is one fault, however many rows it has.
        if (place.file, row.place.file) in self._files:
            return None
        self._files.add((place.file, row.place.file))
        hint = f"it is also {_at(place, row)}: keep these rows in one of the two files"
        return SourceError("the same rows stand in two files", hint=hint)


def _at(place: Place, row: Row) -> str:
    return f"on line {place.line}" if place.file == row.place.file else str(place)
