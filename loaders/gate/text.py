"""The rule on spelling that neither SHACL nor SPARQL can state: all text is in NFC, letters and marks in one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import RdfFormat, parse

from loaders.gate.report import Finding, Rule, Severity
from loaders.namespaces import sh, tds

RULE = Rule(
    tds["text-not-in-nfc"],
    Severity.VIOLATION,
    "Chữ và dấu được viết tách rời (không phải Unicode NFC), nên tìm kiếm không thấy: gõ lại, hoặc lưu lại ở NFC.",
    "Letters and marks are written apart (not Unicode NFC), so that searches miss them: type it anew, or save as NFC.",
)
_BLOCK = 1 << 20


def findings(data: Path) -> Iterator[Finding]:
    """Every statement in a file of N-Triples with text that is not in NFC."""
    with data.open(encoding="utf-8", newline="\n") as file:
        while lines := file.readlines(_BLOCK):
            # A block is looked at as a whole first: nearly all of them are sound, and that is ten times as fast.
            if not unicodedata.is_normalized("NFC", "".join(lines)):
                for line in lines:
                    if not unicodedata.is_normalized("NFC", line):
                        yield from _finding(line)


def _finding(line: str) -> Iterator[Finding]:
    for quad in parse(line, format=RdfFormat.N_TRIPLES):
        yield Finding(RULE, quad.subject, str(quad.predicate), quad.object, sh.PatternConstraintComponent)
