"""The rule on datatypes that no query can ask for: the store keeps some values under another one than was written."""

from __future__ import annotations

from typing import cast

from pyoxigraph import Quad

from loaders.gate.report import Finding, Rule, Severity, Term
from loaders.namespaces import sh, tds

RULE = Rule(
    tds["datatype-not-kept"],
    Severity.VIOLATION,
    "Kho dữ liệu ghi giá trị này thành kiểu khác (xsd:int thành xsd:integer): ghi kiểu mà mô hình nêu.",
    "The store keeps this value under another datatype (xsd:int as xsd:integer): write the one that the model names.",
)


def finding(quad: Quad) -> Finding:
    """What is told of a statement, as it was written, whose value gets another datatype."""
    focus, value = cast(Term, quad.subject), cast(Term, quad.object)
    return Finding(RULE, focus, str(quad.predicate), value, sh.DatatypeConstraintComponent)
