"""docs/gate.md names every rule."""

from __future__ import annotations

from loaders.gate import read_gate
from loaders.gate.text import RULE
from loaders.resources import ROOT, read_text

DOCS = read_text(ROOT / "docs" / "gate.md")


def test_every_shape_stands_in_the_docs_with_its_file() -> None:
    told = {name.strip(): row for row in DOCS.splitlines() if row.startswith("| `") for name in _names(row)}
    for shape in read_gate().shapes.by_iri.values():
        if shape.path is None:
            assert shape.rule.name in told, shape.rule.name
            file = ROOT / "shapes" / told[shape.rule.name].split("`")[1]
            assert f"tds:{shape.rule.name} a sh:NodeShape" in read_text(file)


def test_every_check_stands_in_the_docs_with_its_severity() -> None:
    for check in read_gate().checks:
        assert f"| `{check.rule.name}` | {check.rule.severity.value} |" in DOCS
    assert RULE.name in DOCS


def _names(row: str) -> list[str]:
    return row.split("|")[2].partition("(")[0].split(",")
