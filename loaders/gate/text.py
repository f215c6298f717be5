"""The rule on spelling that neither SHACL nor SPARQL can state: all text is in NFC, letters and marks in one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, cast

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Store, parse

from loaders.errors import GateError
from loaders.gate.faults import SPACE
from loaders.gate.report import Finding, Rule, Severity
from loaders.namespaces import sh, tds

RULE = Rule(
    tds["text-not-in-nfc"],
    Severity.VIOLATION,
    "Chữ và dấu được viết tách rời (không phải Unicode NFC), nên tìm kiếm không thấy: gõ lại, hoặc lưu lại ở NFC.",
    "Letters and marks are written apart (not Unicode NFC), so that searches miss them: type it anew, or save as NFC.",
)
_BLOCK = 1 << 20
Name = NamedNode | BlankNode


@dataclass(frozen=True)
class Spelling:
    """The rule, to be asked of some graphs: of what was `sown`, or of data, which use no IRIs that only faults have."""

    graphs: Sequence[Name]
    sown: bool

    def findings(self, store: Store) -> list[Finding]:
        """Every statement in these graphs with text that is not in NFC; GateError for data among the faults."""
        reader = _Reader(sown=self.sown)
        for name in self.graphs:
            store.dump(cast(IO[bytes], reader), RdfFormat.N_TRIPLES, from_graph=name)
        reader.flush()
        return reader.found


class _Reader:
    """What graphs are written to as N-Triples, and what was found in them."""

    def __init__(self, *, sown: bool) -> None:
        self.found: list[Finding] = []
        self._sown, self._unread = sown, bytearray()

    def write(self, text: bytes) -> int:
        """The text is read when there is enough of it."""
        self._unread += text
        if len(self._unread) > _BLOCK:
            end = self._unread.rfind(b"\n") + 1
            self._read(bytes(self._unread[:end]))
            del self._unread[:end]
        return len(text)

    def flush(self) -> None:
        """All of it is read."""
        self._read(bytes(self._unread))
        self._unread.clear()

    def _read(self, block: bytes) -> None:
        if not self._sown and SPACE.encode() in block:
            raise GateError("the data use IRIs that are kept for sown faults", value=SPACE)
        # A block is looked at as a whole first: nearly all of them are sound, and that is ten times as fast.
        if not unicodedata.is_normalized("NFC", block.decode()):
            for line in block.decode().split("\n"):
                if not unicodedata.is_normalized("NFC", line):
                    self.found += _finding(line)


def _finding(line: str) -> Iterator[Finding]:
    for quad in parse(line, format=RdfFormat.N_TRIPLES):
        yield Finding(RULE, quad.subject, str(quad.predicate), quad.object, sh.PatternConstraintComponent)
