"""The page of the model draws the ontology as it is."""

from __future__ import annotations

import re

from loaders.diagrams import PAGE, read_ontology, redrawn
from loaders.namespaces import rdfs, td
from loaders.resources import ROOT


def test_the_drawings_are_those_of_the_ontology() -> None:
    page = PAGE.read_text("utf-8")
    assert redrawn(page, read_ontology()) == page, "run python -m loaders.diagrams"


def test_a_drawn_subclass_is_one_of_the_ontology_and_not_of_an_alignment() -> None:
    store = read_ontology()
    for above, below in re.findall(r"^  (\w+) <\|-- (\w+)$", PAGE.read_text("utf-8"), re.MULTILINE):
        assert above != below
        assert list(store.quads_for_pattern(td[below], rdfs.subClassOf, td[above])), f"{below} is no {above}"


def test_every_class_is_drawn_once() -> None:
    drawn = [name for region in re.findall(r"<!-- drawn: (.+) -->", PAGE.read_text("utf-8")) for name in region.split()]
    modules = "\n".join(path.read_text("utf-8") for path in (ROOT / "ontology").glob("*.ttl"))
    assert sorted(drawn) == sorted(re.findall(r"^td:(\w+) a owl:Class", modules, re.MULTILINE))


def test_the_page_links_to_every_example() -> None:
    linked = set(re.findall(r"examples/([\w-]+)\.ttl", PAGE.read_text("utf-8")))
    assert linked == {path.stem for path in (ROOT / "ontology" / "examples").glob("*.ttl")}


def test_a_changed_ontology_changes_the_drawing() -> None:
    page = "<!-- drawn: Period -->\n<!-- /drawn -->"
    store = read_ontology()
    store.update("DELETE WHERE { <https://w3id.org/thidua/def#periodEnd> ?p ?o }")
    assert "periodEnd" in redrawn(page, read_ontology())
    assert "periodEnd" not in redrawn(page, store)
