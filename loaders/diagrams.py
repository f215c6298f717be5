"""The drawings of `docs/model.md`, made from the ontology.

A page asks for a drawing with two comments, and what stands between them is replaced:

    <!-- drawn: AdministrativeUnit UnitVersion -->
    <!-- /drawn -->

`python -m loaders.diagrams` does it; a test compares the page with what would be drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store

from loaders.namespaces import PREFIXES, skos, td
from loaders.resources import ROOT, ontology_files

PAGE = ROOT / "docs" / "model.md"
_REGION = re.compile(r"(<!-- drawn: ([\w ]+) -->\n).*?(<!-- /drawn -->)", re.DOTALL)
_PROLOGUE = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in ("td", "owl", "rdfs", "skos"))

# A property belongs to a class by its domain, or because a restriction on the class speaks of it. What is said of
# everything attested (td:member, td:inClusterYear) is drawn only where a restriction says it again.
_PROPERTIES = """
SELECT DISTINCT ?class ?property ?range ?scheme ?one ?some WHERE {
  ?property a ?kind FILTER(?kind IN (owl:ObjectProperty, owl:DatatypeProperty))
  { ?property rdfs:domain ?class FILTER(?class != td:Attested) }
  UNION { ?class rdfs:subClassOf/owl:onProperty ?property }
  ?property rdfs:range ?range FILTER(ISIRI(?range) && ISIRI(?class))
  OPTIONAL { ?property rdfs:range [ owl:onProperty skos:inScheme ; owl:hasValue ?scheme ] }
  BIND(EXISTS { ?class rdfs:subClassOf [ owl:onProperty ?property ; owl:someValuesFrom ?any ] } AS ?some)
  BIND(EXISTS { ?property a owl:FunctionalProperty } ||
       EXISTS { ?class rdfs:subClassOf [ owl:onProperty ?property ; owl:maxCardinality ?most ] } AS ?one)
} ORDER BY ?class ?property"""
# Other vocabularies have an Agent and an Organization too: only our own classes are drawn.
_SUBCLASSES = """
SELECT ?class ?above WHERE { ?class rdfs:subClassOf ?above FILTER(STRSTARTS(STR(?above), STR(td:))) }
ORDER BY ?class ?above"""
# What OWL 2 cannot name: xsd:date is not among its datatypes, and it calls language-tagged text PlainLiteral.
_NAMES = {"Literal": "date", "PlainLiteral": "text"}


@dataclass(frozen=True)
class Property:
    """A property as a class has it: where it leads, and how often."""

    owner: str
    name: str
    range: str
    count: str


def redrawn(page: str, ontology: Store) -> str:
    """The page with every drawing as the ontology has it now."""
    return _REGION.sub(lambda found: f"{found[1]}{_drawing(found[2].split(), ontology)}{found[3]}", page)


def read_ontology() -> Store:
    """The ontology's files, merged."""
    store = Store()
    for path in ontology_files():
        store.bulk_load(path=path, format=RdfFormat.TURTLE)
    return store


def _drawing(classes: list[str], ontology: Store) -> str:
    lines = [*_diagram(classes, ontology), "", *_glossary(classes, ontology)]
    return "\n".join(["", *lines, "", ""])


def _diagram(classes: list[str], ontology: Store) -> Iterator[str]:
    properties = [each for each in _properties(ontology) if each.owner in classes]
    yield from ("```mermaid", "classDiagram", "  direction LR")
    for name in classes:
        yield from _box(name, [p for p in properties if p.owner == name and p.range not in classes])
    yield from (f"  {above} <|-- {name}" for name, above in _subclasses(ontology) if {name, above} <= {*classes})
    yield from (f'  {p.owner} --> "{p.count}" {p.range} : {p.name}' for p in properties if p.range in classes)
    yield "```"


def _box(name: str, attributes: Iterable[Property]) -> Iterator[str]:
    lines = [f"    {p.name} [{p.count}] {p.range}" for p in attributes]
    yield from ([f"  class {name} {{", *lines, "  }"] if lines else [f"  class {name}"])


def _glossary(classes: list[str], ontology: Store) -> Iterator[str]:
    yield from ("| class | tiếng Việt | what it is |", "|---|---|---|")
    for name in classes:
        label, meaning = _text(ontology, name, "vi"), _text(ontology, name, "en")
        yield f"| `td:{name}` | {label} | {meaning} |"


def _text(ontology: Store, name: str, language: str) -> str:
    """The Vietnamese label or the English definition of a class."""
    predicate = NamedNode(PREFIXES["rdfs"] + "label") if language == "vi" else skos.definition
    said = (quad.object for quad in ontology.quads_for_pattern(td[name], predicate, None))
    return next(text.value for text in said if isinstance(text, Literal) and text.language == language)


def _properties(ontology: Store) -> Iterator[Property]:
    for row in _rows(ontology, _PROPERTIES):
        leads_to = f"concept/{_local(row['scheme'])}" if row["range"] == skos.Concept else _local(row["range"])
        least, most = ("1" if _holds(row["some"]) else "0"), ("1" if _holds(row["one"]) else "*")
        count = least if least == most else f"{least}..{most}"
        yield Property(_local(row["class"]), _local(row["property"]), _NAMES.get(leads_to, leads_to), count)


def _subclasses(ontology: Store) -> Iterator[tuple[str, str]]:
    for row in _rows(ontology, _SUBCLASSES):
        yield _local(row["class"]), _local(row["above"])


def _rows(ontology: Store, query: str) -> QuerySolutions:
    rows = ontology.query(_PROLOGUE + query)
    assert isinstance(rows, QuerySolutions)
    return rows


def _holds(value: object) -> bool:
    return isinstance(value, Literal) and value.value == "true"


def _local(node: object) -> str:
    """The name of a term, the last part of its IRI."""
    assert isinstance(node, NamedNode)
    return re.split(r"[#/]", node.value)[-1]


if __name__ == "__main__":
    PAGE.write_text(redrawn(PAGE.read_text("utf-8"), read_ontology()), encoding="utf-8")
