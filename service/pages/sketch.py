"""The statements about a thing and the names of what they mention, indexed, in one language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable

from pyoxigraph import Literal, NamedNode, Quad, Triple

from loaders.namespaces import dcterms, graph, prov, rdf, rdfs, skos, td, xsd
from loaders.release.catalogue import LICENSE
from service.pages.said import Fact, Said, Value, Witness, tail, written

Term = NamedNode | Literal

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
    LICENSE: ("CC BY 4.0", "CC BY 4.0"),
    dcterms.license: ("giấy phép", "licence"),
    dcterms.rights: ("quyền", "rights"),
    prov.wasDerivedFrom: ("lấy từ", "derived from"),
}
# What a statement without a name is called after: who, as what, where and when.
_TIES = (td.person, td.organization, td.member, td.post, td.inMovement, td.cites, td.inConference, td.inClusterYear)
_TONGUES = {"vi", "en"}
# What can have one value only, so that two sources with two values disagree; as in queries/sources/disagreements.rq.
SINGLE = frozenset(
    td[name]
    for name in (
        "date", "dateText", "statedMemberCount", "rank", "value", "recipientCount", "forYear", "stepDate", "fromYear",
        "toYear", "place", "venue", "selection", "representedBy", "memberKind", "postIn", "organizationKind",
    )
)  # fmt: skip


class Sketch:
    """The statements and names that both queries brought, indexed, with names in one language.

    Statements may come as quads: then it is known which source says what.
    """

    def __init__(self, facts: Iterable[Triple | Quad], names: Iterable[Triple], lang: str) -> None:
        self.lang = lang
        self.facts: dict[NamedNode, dict[NamedNode, set[Term]]] = defaultdict(lambda: defaultdict(set))
        self._graphs: dict[tuple[NamedNode, NamedNode, Term], set[NamedNode]] = defaultdict(set)
        self._members: dict[NamedNode, list[NamedNode]] = defaultdict(list)
        # A page shows one place in a source many times.
        self._seen: dict[Term, Witness | None] = {}
        for fact in facts:
            self._note(fact)
        self.names = index(names)

    def _note(self, fact: Triple | Quad) -> None:
        subject, name, value = fact.subject, fact.predicate, fact.object
        if not isinstance(subject, NamedNode) or not isinstance(value, NamedNode | Literal):
            return
        if name == rdf.type and isinstance(value, NamedNode) and value not in self.facts[subject][name]:
            self._members[value].append(subject)
        self.facts[subject][name].add(value)
        if isinstance(fact, Quad) and isinstance(fact.graph_name, NamedNode):
            self._graphs[subject, name, value].add(fact.graph_name)

    def of(self, kind: NamedNode) -> list[NamedNode]:
        """The nodes of a class among the statements, each once, by IRI."""
        return sorted(self._members.get(kind, ()), key=lambda node: node.value)

    def one(self, thing: Term | None, *properties: NamedNode) -> Term | None:
        """The value of the first of these properties that the thing has; in the reader's language if it can be."""
        if not isinstance(thing, NamedNode):
            return None
        for known in (self.facts, self.names):
            for name in properties:
                if values := known.get(thing, {}).get(name):
                    return min(values, key=_by_language(self.lang))
        return None

    def node(self, thing: Term | None, *properties: NamedNode) -> NamedNode | None:
        """The same, if it is a thing."""
        found = self.one(thing, *properties)
        return found if isinstance(found, NamedNode) else None

    def text(self, thing: Term | None, *properties: NamedNode) -> str | None:
        """The words of that value."""
        found = self.one(thing, *properties)
        return None if found is None else found.value

    def texts(self, thing: NamedNode, name: NamedNode) -> list[str]:
        """The words of each value of a property, in order: more than one where sources disagree."""
        return [term.value for term in self._terms(thing, name)]

    def all(self, thing: NamedNode, name: NamedNode) -> list[NamedNode]:
        """The things that a property of the thing leads to, by IRI."""
        found = self.facts.get(thing, {}).get(name, ())
        return sorted((term for term in found if isinstance(term, NamedNode)), key=lambda node: node.value)

    def label(self, thing: NamedNode) -> str:
        """The thing's name: its label, the cluster and year it is the state of, what it ties together, or its key.

        A witness is called after its source, and the place in it.
        """
        if isinstance(found := self.one(thing, rdfs.label, skos.prefLabel), Literal):
            return found.value
        cluster, year = self.node(thing, td.ofCluster), self.one(thing, td.year)
        if cluster is not None and year is not None:
            return f"{self.label(cluster)}, {year.value}"
        if (territory := self.node(thing, td.territory)) is not None:
            return self.label(territory)
        if tied := [node for name in _TIES if (node := self.node(thing, name))]:
            return ", ".join(map(self.label, tied))
        if thing in _BORROWED:
            return _BORROWED[thing][self.lang == "en"]
        if (source := self.node(thing, td.source)) is not None:
            start, end = self.text(thing, td.startOffset), self.text(thing, td.endOffset)
            return f"{self.label(source)}, {start}–{end}" if start and end else self.label(source)
        return tail(thing.value)

    def tongue(self, thing: NamedNode) -> str | None:
        """The language of the thing's name, or of that of the cluster or territory it is named by; None without one."""
        if isinstance(found := self.one(thing, rdfs.label, skos.prefLabel), Literal):
            return found.language
        namesake = self.node(thing, td.ofCluster) or self.node(thing, td.territory) or self.node(thing, td.source)
        return self.tongue(namesake) if namesake is not None else None

    def value(self, term: Term) -> Value:
        """The term as shown."""
        if isinstance(term, NamedNode):
            return Value(self.label(term), term.value, self.tongue(term))
        if term.datatype == xsd.date:
            return Value(written(term.value, self.lang))
        return Value(term.value, lang=term.language)

    def maybe(self, term: Term | None) -> Value | None:
        """The term as shown, if there is one."""
        return None if term is None else self.value(term)

    def meeting(self, thing: Term | None) -> Value | None:
        """A conference in few words, by its day; by its name if no source gives a day."""
        if not isinstance(thing, NamedNode):
            return None
        day = self.text(thing, td.date)
        words = {"vi": "hội nghị ngày", "en": "conference of"}[self.lang]
        return Value(f"{words} {written(day, self.lang)}", thing.value) if day else self.value(thing)

    def agent(self, term: NamedNode | None) -> Value | None:
        """Who takes part, as the source calls it; the page behind it is that of the territory it stands for, if any."""
        if term is None:
            return None
        return Value(self.label(term), (self.node(term, td.territory) or term).value, self.tongue(term))

    def today(self, agent: NamedNode | None) -> list[Value]:
        """What the agent's unit is today, with the parent; nothing if it is still what it was, or none is known."""
        unit = self.node(agent, td.territory) or agent
        if unit is None or self.one(unit, td.validTo) is None:
            return []
        return sorted((self._placed(last) for last in self._last(unit)), key=lambda value: value.label)

    def _last(self, unit: NamedNode) -> set[NamedNode]:
        """The units without an end to which successors lead."""
        found, seen, left = set(), {unit}, [unit]
        while left:
            for later in self.names.get(left.pop(), {}).get(dcterms.isReplacedBy, ()):
                if isinstance(later, NamedNode) and later not in seen:
                    seen.add(later)
                    left.append(later)
                    if self.one(later, td.validTo) is None:
                        found.add(later)
        return found

    def _placed(self, unit: NamedNode) -> Value:
        parent = self.node(unit, td.parent)
        label = self.label(unit)
        return Value(f"{label}, {self.label(parent)}" if parent else label, unit.value, self.tongue(unit))

    def values(self, thing: NamedNode, name: NamedNode) -> list[Value]:
        """The values of one property, in order; what is said in both languages is shown in the reader's."""
        return [self.value(term) for term in self._terms(thing, name)]

    def _terms(self, thing: NamedNode, name: NamedNode) -> list[Term]:
        terms: Collection[Term] = self.facts.get(thing, {}).get(name, ())
        ours = [term for term in terms if isinstance(term, Literal) and term.language == self.lang]
        shown = (term for term in terms if not ours or getattr(term, "language", None) not in _TONGUES - {self.lang})
        return sorted(shown, key=lambda term: self.value(term).label if isinstance(term, NamedNode) else term.value)

    def fact(self, thing: NamedNode, name: NamedNode) -> Fact | None:
        """What is said of the thing under a property, each value with those who say it; None if nothing is."""
        terms = self._terms(thing, name)
        if not terms:
            return None
        said = [Said(self.value(term), self._by(thing, name, term)) for term in terms]
        return Fact(self.value(name), said, self.contested(thing, name))

    def told(self, thing: NamedNode, source: NamedNode) -> dict[NamedNode, list[Value]]:
        """What a source says of the thing, a property at a time: whatever stands in the graphs of its witnesses."""
        mine = [node for node in self.all(thing, td.attestedBy) if self.node(node, td.source) == source]
        graphs = {graph for node in mine for graph in self._graphs.get((thing, td.attestedBy, node), ())}
        said = {
            name: [self.value(term) for term in self._terms(thing, name) if graphs & self._graphs[thing, name, term]]
            for name in self.facts[thing]
        }
        return {name: values for name, values in said.items() if values}

    def known(self, thing: NamedNode, *properties: NamedNode) -> list[Fact]:
        """Those of these properties of which something is said, in this order."""
        return [fact for name in properties if (fact := self.fact(thing, name))]

    def contested(self, thing: NamedNode, name: NamedNode) -> bool:
        """Whether one source gives a value that another does not, of what can have but one."""
        if name not in SINGLE:
            return False
        terms = self._terms(thing, name)
        return len(terms) > 1 and len({frozenset(self._graphs.get((thing, name, term), ())) for term in terms}) > 1

    def witnesses(self, thing: NamedNode) -> list[Witness]:
        """Where the thing's facts come from, in the order of the text."""
        found = (self._once(node) for node in self.facts.get(thing, {}).get(td.attestedBy, ()))
        return sorted(
            (witness for witness in found if witness), key=lambda each: (each.source.label, int(each.start or 0))
        )

    def _by(self, thing: NamedNode, name: NamedNode, term: Term) -> list[Witness]:
        """The witnesses in those sources that give the value; all of the thing's where that is not known."""
        everyone, graphs = self.witnesses(thing), self._graphs.get((thing, name, term), set())
        speaking = [each for each in everyone if each.source.iri and graph(tail(each.source.iri)) in graphs]
        return speaking or everyone

    def _once(self, node: Term) -> Witness | None:
        if node not in self._seen:
            self._seen[node] = self._witness(node)
        return self._seen[node]

    def _witness(self, node: Term) -> Witness | None:
        if not isinstance(node, NamedNode):
            return None
        source, certainty = self.one(node, td.source), self.one(node, td.certainty)
        unknown = Value("?")
        return Witness(
            self.value(source) if source else unknown,
            self.value(certainty) if certainty else unknown,
            self.text(node, td.startOffset),
            self.text(node, td.endOffset),
            self.text(source, td.datePublished),
            self.text(source, td.publisherName) or self._publisher(source),
            self.text(source, td.url),
            node.value,
        )

    def _publisher(self, source: Term | None) -> str | None:
        publisher = self.node(source, td.publisher)
        return self.label(publisher) if publisher else None


def mentioned(thing: NamedNode, facts: Iterable[Triple | Quad]) -> list[NamedNode]:
    """Whatever needs a name on the page."""
    nodes = {thing}
    for fact in facts:
        nodes.update(term for term in (fact.subject, fact.predicate, fact.object) if isinstance(term, NamedNode))
    return sorted(nodes, key=lambda node: node.value)


def index(triples: Iterable[Triple]) -> dict[NamedNode, dict[NamedNode, set[Term]]]:
    """The values of each property of each thing."""
    found: dict[NamedNode, dict[NamedNode, set[Term]]] = defaultdict(lambda: defaultdict(set))
    for triple in triples:
        if isinstance(triple.subject, NamedNode) and isinstance(triple.object, NamedNode | Literal):
            found[triple.subject][triple.predicate].add(triple.object)
    return found


def _by_language(lang: str) -> Callable[[Term], tuple[int, str]]:
    order: dict[str | None, int] = {"vi": 1, "en": 2, lang: 0}

    def place(term: Term) -> tuple[int, str]:
        return order.get(term.language, 3) if isinstance(term, Literal) else 3, term.value

    return place
