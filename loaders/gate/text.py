"""The rule on spelling that neither SHACL nor SPARQL can state: all text is in NFC, letters and marks in one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

from pyoxigraph import Quad, QueryResultsFormat, RdfFormat, Store, parse

from loaders.errors import GateError
from loaders.gate.faults import SPACE
from loaders.gate.report import Finding, Rule, Severity, Term
from loaders.namespaces import sh, tds
from loaders.union import named, select

RULE = Rule(
    tds["text-not-in-nfc"],
    Severity.VIOLATION,
    "Chữ và dấu được viết tách rời (không phải Unicode NFC), nên tìm kiếm không thấy: gõ lại, hoặc lưu lại ở NFC.",
    "Letters and marks are written apart (not Unicode NFC), so that searches miss them: type it anew, or save as NFC.",
)
_BLOCK = 1 << 20
# Where a term may stand in a statement.
_PLACES = ("subject", "predicate", "object")


@dataclass(frozen=True)
class Spelling:
    """The rule, to be asked of all terms that stand in one `place` of statements, each term once."""

    place: str

    def findings(self, store: Store) -> list[Finding]:
        """Every statement in a named graph with text that is not in NFC; GateError for data with the IRIs of faults."""
        reader = _Reader()
        terms = select(store, f"SELECT DISTINCT ?{self.place} {{ ?subject ?predicate ?object }}")
        terms.serialize(cast(IO[bytes], reader), format=QueryResultsFormat.TSV)
        reader.flush()
        if any(not str(quad.graph_name).startswith(f"<{SPACE}") for quad in self._quads(reader.kept, store)):
            raise GateError("the data use IRIs that are kept for sown faults", value=SPACE)
        return [
            Finding(
                RULE,
                cast(Term, quad.subject),
                str(quad.predicate),
                cast(Term, quad.object),
                sh.PatternConstraintComponent,
            )
            for quad in self._quads(reader.wrong, store)
        ]

    def _quads(self, notations: Iterable[str], store: Store) -> Iterator[Quad]:
        for notation in notations:
            pattern: list[Any] = [None] * len(_PLACES)
            pattern[_PLACES.index(self.place)] = _term(notation)
            yield from named(store, *pattern)


def spellings() -> list[Spelling]:
    """The rule, for every place in a statement."""
    return [Spelling(place) for place in _PLACES]


class _Reader:
    """What terms are written to, a line each: those that are not in NFC, and those that are kept for sown faults."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.kept: list[str] = []
        self._unread = bytearray()

    def write(self, text: bytes) -> int:
        """The text is read when there is enough of it."""
        self._unread += text
        if len(self._unread) > _BLOCK:
            end = self._unread.rfind(b"\n") + 1
            self._read(self._unread[:end].decode())
            del self._unread[:end]
        return len(text)

    def flush(self) -> None:
        """All of it is read."""
        self._read(self._unread.decode())
        self._unread.clear()

    def _read(self, block: str) -> None:
        # A block is looked at as a whole first: nearly all of them are sound, and that is ten times as fast.
        if not unicodedata.is_normalized("NFC", block):
            self.wrong += (line for line in block.split("\n") if not unicodedata.is_normalized("NFC", line))
        if SPACE in block:
            self.kept += (line for line in block.split("\n") if SPACE in line)


def _term(notation: str) -> Term:
    """The term that is written so."""
    (quad,) = parse(f"<urn:s> <urn:p> {notation} .", RdfFormat.N_TRIPLES, rename_blank_nodes=False)
    return cast(Term, quad.object)
