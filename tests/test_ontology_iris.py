"""Every kind of IRI has its pattern on the page about IRIs, and the page names no class that is not there."""

from __future__ import annotations

import re

from loaders.records.tables import TABLES
from loaders.resources import ROOT, ontology_files


def test_every_kind_of_thing_has_its_pattern_on_the_page() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "loaders").rglob("*.py"))
    kinds = {table.kind for table in TABLES.values() if table.kind} | set(re.findall(r'\bentity\("([a-z-]+)"', code))
    page = (ROOT / "docs" / "iris.md").read_text("utf-8")
    cells = re.findall(r"^\| (`.+?`) \|", page, re.MULTILINE)
    assert kinds - {kind for cell in cells for kind in re.findall(r"`([a-z-]+)`", cell)} == set()


def test_every_class_of_the_page_is_in_the_ontology() -> None:
    page = (ROOT / "docs" / "iris.md").read_text("utf-8")
    modules = "\n".join(path.read_text("utf-8") for path in ontology_files())
    for name in re.findall(r"`td:([A-Z]\w+)`", page):
        assert f"\ntd:{name} a owl:Class" in modules, name
