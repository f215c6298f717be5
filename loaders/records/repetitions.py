"""Repetitions: rows of one table that say a thing twice, or say two things of it on the word of one source.

Every row leaves a mark of a few bytes, so that the rows of all files can be compared when most of them were not read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from loaders.errors import SourceError
from loaders.records.rows import Place
from loaders.records.statements import Description

# The thing on the word of its source; what is said of it; the witness; which row of its sheet it is, and its line.
_MARK = struct.Struct("<16s8s8sII")


@dataclass(frozen=True, slots=True)
class Mark:
    """What is left of a row: digests, the number of the row in its sheet, and its line."""

    thing: bytes
    facts: bytes
    witness: bytes
    row: int
    line: int


def digest(node: str) -> bytes:
    """What tells a node among all others, in a few bytes; the node is spelt as in N-Quads."""
    return blake2b(node.encode(), digest_size=8).digest()


def mark(source: str, own: Description, witness: Description, row: int, line: int) -> bytes:
    """The mark of a row that describes something with a witness in a source."""
    facts = sorted(set(own.facts))
    return _MARK.pack(
        blake2b(f"{own.node} {source}".encode(), digest_size=16).digest(),
        blake2b("\n".join(facts).encode(), digest_size=8).digest(),
        digest(witness.node),
        row,
        line,
    )


def repeated(sheets: Iterable[bytes]) -> set[bytes]:
    """The things that more than one row of a table describes; the marks come sheet by sheet."""
    seen: set[bytes] = set()
    again: set[bytes] = set()
    for marks in sheets:
        for thing, *_ in _MARK.iter_unpack(marks):
            (again if thing in seen else seen).add(thing)
    return again


@dataclass
class Repetitions:
    """The rows of one table that describe what another one describes too, in order; `things` are the repeated ones."""

    things: set[bytes]
    _said: dict[bytes, tuple[bytes, Place]] = field(default_factory=dict)
    _witnessed: set[tuple[bytes, bytes]] = field(default_factory=set)
    _files: set[tuple[str, str]] = field(default_factory=set)

    def faults(self, file: str, marks: bytes, wrong: Sequence[int]) -> Iterator[tuple[Mark, SourceError]]:
        """What is wrong with the rows of one more sheet; those that are `wrong` anyway say nothing."""
        if not self.things:
            return
        passed = set(wrong)
        for fields in _MARK.iter_unpack(marks):
            if fields[0] in self.things and fields[3] not in passed:
                found = Mark(*fields)
                if fault := self._fault(found, Place(file, found.line)):
                    yield found, fault

    def _fault(self, mark: Mark, here: Place) -> SourceError | None:
        """What is wrong with saying this too, if anything.

        Another place in the same source may say the same again, another source may say something else.
        """
        before, place = self._said.setdefault(mark.thing, (mark.facts, here))
        if place is here:
            self._witnessed.add((mark.thing, mark.witness))
            return None
        if mark.facts != before:
            hint = f"it differs from {_at(place, here)}: make them equal, or keep one"
            return SourceError("two rows describe the same thing differently, from one source", hint=hint)
        if (mark.thing, mark.witness) not in self._witnessed:
            self._witnessed.add((mark.thing, mark.witness))
            return None
        return self._twice(here, place)

    def _twice(self, here: Place, place: Place) -> SourceError | None:
        if place.file == here.file:
            return SourceError("this row stands twice", hint=f"it is also {_at(place, here)}: delete one")
        # A table that stands in two files is one fault, however many rows it has.
        if (place.file, here.file) in self._files:
            return None
        self._files.add((place.file, here.file))
        hint = f"it is also {_at(place, here)}: keep these rows in one of the two files"
        return SourceError("the same rows stand in two files", hint=hint)


def _at(place: Place, here: Place) -> str:
    return f"on line {place.line}" if place.file == here.file else str(place)
