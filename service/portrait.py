"""A thing as its page shows it: its own facts, then the statements about it, each with its witness.

Two queries make a portrait. The first brings the thing and every statement that points at it, whether directly or
through a cluster's year or the emulation unit that stands for a territory. The second brings the names of whatever
the first one mentions: properties, classes, values, and what each witness says of its source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Triple

from loaders.namespaces import dcterms, prov, rdf, rdfs, skos, td

MOST_ROWS = 200

# Two habits of the engine, measured: a VALUES before a UNION is joined with each branch as a whole (16 s), so the thing
# stands in every branch; and a FILTER on the property costs a hundredth of a VALUES of properties.
FACTS = """
PREFIX td: <{def}>
CONSTRUCT {{ ?s ?p ?o }} WHERE {{
  {{ VALUES ?s {{ {thing} }} ?s ?p ?o }}
  UNION {{
    {{ SELECT DISTINCT ?s WHERE {{
      {{ ?s ?link {thing} . FILTER(?link NOT IN (td:attestedBy, td:source, td:openedBy, td:closedBy, td:parent)) }}
      UNION {{ ?year td:ofCluster {thing} . ?s td:inClusterYear ?year }}
      UNION {{ ?agent td:territory {thing} . ?s td:member|td:recipient|td:onBehalfOf ?agent }}
    }} ORDER BY ?s LIMIT {most} }}
    ?s ?p ?o
  }}
}}"""

NAMES = """
PREFIX td: <{def}>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
CONSTRUCT {{ ?s ?p ?o }} WHERE {{
  {{
    VALUES ?s {{ {things} }}
    ?s ?p ?o
    FILTER(?p IN (rdfs:label, skos:prefLabel, td:year, td:ofCluster, td:territory, td:source, td:certainty,
      td:startOffset, td:endOffset))
  }} UNION {{
    VALUES ?thing {{ {things} }}
    ?thing td:source|td:certainty|td:ofCluster|td:territory ?s .
    ?s ?p ?o
    FILTER(?p IN (rdfs:label, skos:prefLabel, td:datePublished, td:publisherName, td:url))
  }}
}}"""

# Names of the terms that are not ours and so have none in the release.
_BORROWED = {
    skos.altLabel: ("tên khác", "other names"),
    skos.broader: ("thuộc", "broader"),
    skos.definition: ("định nghĩa", "definition"),
    skos.example: ("ví dụ", "example"),
    skos.inScheme: ("bộ từ vựng", "in scheme"),
    skos.notation: ("ký hiệu", "notation"),
    skos.scopeNote: ("ghi chú", "scope note"),
    rdfs.comment: ("ghi chú", "note"),
    dcterms.identifier: ("mã định danh", "identifier"),
    dcterms.isReplacedBy: ("nay là", "replaced by"),
    dcterms.license: ("giấy phép", "licence"),
    dcterms.rights: ("quyền", "rights"),
    prov.wasDerivedFrom: ("lấy từ", "derived from"),
}
# What a page says in its heading or its marks, not as a fact.
_TONGUES = {"vi", "en"}
_QUIET = {rdf.type, rdfs.label, skos.prefLabel, td.attestedBy, td.searchKey, rdfs.isDefinedBy}


@dataclass(frozen=True)
class Value:
    """A value as shown: its words, and the address behind it if it is a thing."""

    label: str
    iri: str | None = None
    lang: str | None = None


@dataclass(frozen=True)
class Witness:
    """Where a statement comes from."""

    source: Value
    certainty: Value
    start: str | None = None
    end: str | None = None
    published: str | None = None
    publisher: str | None = None


@dataclass(frozen=True)
class Row:
    """A statement about the thing: a cell a property, and who witnesses it."""

    iri: str
    label: str | None
    cells: Mapping[str, list[Value]]
    witnesses: list[Witness]


@dataclass(frozen=True)
class Table:
    """The statements of one class."""

    heading: Value
    columns: list[Value]
    rows: list[Row]


@dataclass(frozen=True)
class Portrait:
    """What the page of a thing shows."""

    iri: str
    label: str
    kinds: list[Value]
    facts: list[tuple[Value, list[Value]]]
    witnesses: list[Witness]
    tables: list[Table] = field(default_factory=list)
    cut: bool = False


class Sketch:
    """The triples of both queries, indexed, with names in one language."""

    def __init__(self, facts: Iterable[Triple], names: Iterable[Triple], lang: str) -> None:
        self.lang = lang
        self.facts: dict[NamedNode, dict[NamedNode, set[NamedNode | Literal]]] = _index(facts)
        self.names = _index(names)

    def _first(self, thing: NamedNode, *properties: NamedNode) -> NamedNode | Literal | None:
        for known in (self.names, self.facts):
            for name in properties:
                if values := known.get(thing, {}).get(name):
                    return min(values, key=_by_language(self.lang))
        return None

    def label(self, thing: NamedNode) -> str:
        """The thing's name: its label, the cluster and year it is the state of, the unit it stands for, or its key."""
        if isinstance(found := self._first(thing, rdfs.label, skos.prefLabel), Literal):
            return found.value
        cluster, year = self._first(thing, td.ofCluster), self._first(thing, td.year)
        if isinstance(cluster, NamedNode) and year is not None:
            return f"{self.label(cluster)}, {year.value}"
        if isinstance(territory := self._first(thing, td.territory), NamedNode):
            return self.label(territory)
        if thing in _BORROWED:
            return _BORROWED[thing][self.lang == "en"]
        return _tail(thing.value)

    def value(self, term: NamedNode | Literal) -> Value:
        """The term as shown."""
        if isinstance(term, NamedNode):
            return Value(self.label(term), term.value)
        return Value(term.value, lang=term.language)

    def values(self, thing: NamedNode, name: NamedNode) -> list[Value]:
        """The values of one property, in order; what is said in both languages is shown in the reader's."""
        terms = self.facts[thing][name]
        ours = [term for term in terms if isinstance(term, Literal) and term.language == self.lang]
        shown = (term for term in terms if not ours or getattr(term, "language", None) not in _TONGUES - {self.lang})
        return sorted((self.value(term) for term in shown), key=lambda value: value.label)

    def witnesses(self, thing: NamedNode) -> list[Witness]:
        """Where the thing's facts come from, in the order of the text."""
        found = (
            self._witness(node) for node in self.facts[thing].get(td.attestedBy, ()) if isinstance(node, NamedNode)
        )
        return sorted(found, key=lambda witness: (witness.source.label, int(witness.start or 0)))

    def _witness(self, node: NamedNode) -> Witness:
        source, certainty = self._first(node, td.source), self._first(node, td.certainty)
        unknown = Value("?")
        return Witness(
            self.value(source) if source else unknown,
            self.value(certainty) if certainty else unknown,
            _text(self._first(node, td.startOffset)),
            _text(self._first(node, td.endOffset)),
            _text(self._first(source, td.datePublished)) if isinstance(source, NamedNode) else None,
            _text(self._first(source, td.publisherName)) if isinstance(source, NamedNode) else None,
        )


def portrait(thing: NamedNode, sketch: Sketch) -> Portrait:
    """The page of a thing, from its sketch."""
    own = sketch.facts[thing]
    facts = [(sketch.value(name), sketch.values(thing, name)) for name in own if name not in _QUIET]
    others = [node for node in sketch.facts if node != thing]
    return Portrait(
        thing.value,
        sketch.label(thing),
        sketch.values(thing, rdf.type) if rdf.type in own else [],
        sorted(facts, key=lambda fact: fact[0].label),
        sketch.witnesses(thing),
        _tables(thing, others, sketch),
        cut=len(others) >= MOST_ROWS,
    )


def mentioned(thing: NamedNode, facts: Iterable[Triple]) -> list[NamedNode]:
    """Whatever needs a name on the page."""
    nodes = {thing}
    for triple in facts:
        nodes.update(term for term in (triple.subject, triple.predicate, triple.object) if isinstance(term, NamedNode))
    return sorted(nodes, key=lambda node: node.value)


def _tables(thing: NamedNode, others: list[NamedNode], sketch: Sketch) -> list[Table]:
    groups: dict[NamedNode, list[NamedNode]] = defaultdict(list)
    for node in others:
        kinds = [kind for kind in sketch.facts[node].get(rdf.type, ()) if isinstance(kind, NamedNode)]
        groups[min(kinds, key=_ours_first, default=rdfs.Resource)].append(node)
    tables = [_table(thing, kind, nodes, sketch) for kind, nodes in groups.items()]
    return sorted(tables, key=lambda table: table.heading.label)


def _table(thing: NamedNode, kind: NamedNode, nodes: list[NamedNode], sketch: Sketch) -> Table:
    names = {name for node in nodes for name in sketch.facts[node]} - _QUIET - {dcterms.isReplacedBy}
    shown = sorted((name for name in names if _tells(name, thing, nodes, sketch)), key=sketch.label)
    rows = [
        Row(
            node.value,
            sketch.label(node) if rdfs.label in sketch.facts[node] else None,
            {name.value: sketch.values(node, name) for name in shown if name in sketch.facts[node]},
            sketch.witnesses(node),
        )
        for node in nodes
    ]
    return Table(sketch.value(kind), [sketch.value(name) for name in shown], sorted(rows, key=lambda row: row.iri))


def _tells(name: NamedNode, thing: NamedNode, nodes: list[NamedNode], sketch: Sketch) -> bool:
    """Whether a column says more than that its rows are about the thing."""
    return any(sketch.facts[node].get(name, {thing}) != {thing} for node in nodes)


def _index(triples: Iterable[Triple]) -> dict[NamedNode, dict[NamedNode, set[NamedNode | Literal]]]:
    found: dict[NamedNode, dict[NamedNode, set[NamedNode | Literal]]] = defaultdict(lambda: defaultdict(set))
    for triple in triples:
        if isinstance(triple.subject, NamedNode) and isinstance(triple.object, NamedNode | Literal):
            found[triple.subject][triple.predicate].add(triple.object)
    return found


def _by_language(lang: str) -> Callable[[NamedNode | Literal], tuple[int, str]]:
    order: dict[str | None, int] = {"vi": 1, "en": 2, lang: 0}

    def place(term: NamedNode | Literal) -> tuple[int, str]:
        return order.get(term.language, 3) if isinstance(term, Literal) else 3, term.value

    return place


def _ours_first(kind: NamedNode) -> tuple[bool, str]:
    return not kind.value.startswith(td.iri), kind.value


def _tail(iri: str) -> str:
    return iri.rstrip("/").rpartition("#")[2].rpartition("/")[2] or iri


def _text(term: NamedNode | Literal | None) -> str | None:
    return None if term is None else term.value
