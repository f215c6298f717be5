"""docs/gate.md names every rule."""

from __future__ import annotations

import re

from loaders.gate import datatypes, read_gate
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


def test_the_report_in_the_docs_counts_what_the_gate_holds_today() -> None:
    gate = read_gate()
    held = (len(gate.shapes.by_iri), len(gate.checks), len(gate.cases.faults))
    assert "{} shapes, {} checks, {} faults sown and found".format(*held) in DOCS


def test_every_rule_that_stands_in_code_is_told() -> None:
    (told,) = (part for part in DOCS.split("\n\n") if "stand in code" in part)
    assert all(f"`{rule.name}`" in told for rule in (RULE, datatypes.RULE))


def test_every_module_of_the_gate_is_named() -> None:
    (told,) = (part for part in DOCS.split("\n\n") if part.startswith("Modules of"))
    assert {path.stem for path in (ROOT / "loaders" / "gate").glob("*.py")} == set(re.findall(r"`(\w+)`", told))


def _names(row: str) -> list[str]:
    return row.split("|")[2].partition("(")[0].split(",")
