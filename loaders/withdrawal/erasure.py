"""Erasure: a person is taken out of a dataset; the events stay, with somebody who is not named.

One function for what is built and for what was built before, over the canonical base. Of a country, only what speaks of
the person is held in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Quad, Store

from loaders import ontology
from loaders.identity import search_key
from loaders.namespaces import (
    BASE,
    concept,
    date,
    dcterms,
    entity,
    graph,
    key_of,
    owl,
    rdf,
    rdfs,
    skos,
    string,
    td,
    text,
    xsd,
)
from loaders.provenance import PROVENANCE
from loaders.release.catalogue import LICENSE
from loaders.resources import ontology_files
from loaders.withdrawal.ledger import Withdrawal
from loaders.withdrawal.names import Names
from loaders.withdrawal.traces import NOBODY, Traces, steps

WITHDRAWALS = graph("withdrawals")
SOMEBODY = "một người không nêu tên"
_OURS = frozenset({ontology.ONTOLOGY, ontology.CONCEPTS, ontology.ALIGNMENTS, PROVENANCE, WITHDRAWALS})
_SCHEME = NamedNode(f"{BASE}concept/withdrawal-reason")
_TERMS = frozenset({td.Tombstone, td.AnonymousParticipation, td.withdrawnOn, td.withdrawalReason, _SCHEME})

Term = NamedNode | Literal


@dataclass(frozen=True)
class Erased:
    """What went: statements, things by kind; texts before and after; keys that held the name; namesakes who stay."""

    statements: int = 0
    things: Mapping[str, int] = field(default_factory=dict)
    texts: tuple[tuple[str, str], ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    namesakes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.statements > 0


def names_of(person: NamedNode, store: Store) -> set[str]:
    """What a dataset calls the person."""
    found = (q.object for p in (rdfs.label, skos.altLabel) for q in store.quads_for_pattern(person, p, None))
    return {name.value for name in found if isinstance(name, Literal)}


def erase(store: Store, withdrawal: Withdrawal, names: Names) -> Erased:
    """The store says nothing of the person any more; what went is told. The tombstone is `bury`'s."""
    work = _Work(store, withdrawal, names)
    before, after = work.affected, set(work.rewritten())
    things = Counter(key_of(node)[0] for node in sorted(work.gone | work.touched, key=str) if work.traces.types(node))
    told = Erased(len(before - after), things, tuple(sorted(work.texts.items())), work.keys, work.namesakes)
    store.extend(after - before)
    for quad in before - after:
        store.remove(quad)
    return told


def bury(store: Store, withdrawal: Withdrawal) -> None:
    """The person's IRI is a tombstone, and the store can tell what that is."""
    store.extend(tombstone(withdrawal))
    # What was built before there were tombstones has no words for them.
    if next(store.quads_for_pattern(td.Tombstone, rdf.type, owl.Class), None) is None:
        store.extend(_words())


def tombstone(withdrawal: Withdrawal) -> list[Quad]:
    """What is said of somebody who was withdrawn."""
    person = withdrawal.person
    return [
        Quad(person, rdf.type, td.Tombstone, WITHDRAWALS),
        Quad(person, td.withdrawnOn, date(withdrawal.day), WITHDRAWALS),
        Quad(person, td.withdrawalReason, concept("withdrawal-reason", withdrawal.reason), WITHDRAWALS),
        Quad(WITHDRAWALS, dcterms.license, LICENSE, PROVENANCE),
    ]


def _words() -> Iterator[Quad]:
    schemed = f"{_SCHEME.value}/"
    for quad in ontology.load(ontology_files()):
        subject = _node(quad.subject)
        if quad.graph_name != ontology.ALIGNMENTS and (subject in _TERMS or subject.value.startswith(schemed)):
            yield quad


class _Work:
    """One erasure: what the records say, and what becomes of it."""

    def __init__(self, store: Store, withdrawal: Withdrawal, names: Names) -> None:
        self.person, self.names = withdrawal.person, names
        self.traces = Traces(store, withdrawal.key, names, _OURS)
        self.texts: dict[str, str] = {}

    @cached_property
    def linked(self) -> set[NamedNode]:
        """What points at the person."""
        return {_node(quad.subject) for quad in self.traces.about(value=self.person)}

    @cached_property
    def anonymous(self) -> Mapping[NamedNode, NamedNode]:
        """The person's participations, and the IRI under which each stays."""
        mine = sorted((node for node in self.linked if td.Participation in self.traces.types(node)), key=str)
        return {node: self._unnamed(node) for node in mine}

    @cached_property
    def gone(self) -> set[NamedNode]:
        """What goes as a whole: the person, holdings, suppositions, and whatever else has the key in its IRI."""
        whole = {td.PostHolding, td.LinkCandidate}
        found = {node for node in self.linked if whole & self.traces.types(node)}
        return (found | self.traces.marks.named | {self.person}) - self.anonymous.keys()

    @cached_property
    def touched(self) -> set[NamedNode]:
        """What stays without the person."""
        return self.linked - self.gone

    @cached_property
    def cleaned(self) -> Mapping[Quad, Literal | None]:
        """The texts in which a name stands: without it, or None for an address, which means nothing without it."""
        return {quad: said for quad, before in self._texts() if (said := self._cleaned(quad, before)) != before}

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """Keys that hold the name, of things that speak of the person, and the keys that they have instead."""
        said = (quad for quad in self.traces.marks.texts if quad.predicate == dcterms.identifier)
        called = (quad for quad in said if self.names.stand_in(_value(quad)))
        speaking = self.touched | {_node(quad.subject) for quad in (*self.cleaned, *called)}
        held = {step for node in speaking - self.gone for step in steps(node) if self.names.stand_in(step)}
        taken = {step for node in self.traces.marks.nobody for step in steps(node)}
        found: dict[str, str] = {}
        for key in sorted(held):
            found[key] = _free(self.names.without(key, NOBODY), taken | set(found.values()))
        return found

    @property
    def namesakes(self) -> tuple[str, ...]:
        """Other persons of the same name, who stay as they are."""
        said = (quad for quad in self.traces.marks.texts if quad.predicate == rdfs.label)
        labels = (quad for quad in said if self._is_other(_node(quad.subject)))
        return tuple(sorted({_node(q.subject).value for q in labels if self.names.stand_in(_value(q))}))

    @cached_property
    def lost(self) -> set[NamedNode]:
        """The witnesses of what goes or is touched."""
        attested = (self.traces.about(node, td.attestedBy) for node in self.gone | self.touched)
        return {_node(quad.object) for quads in attested for quad in quads}

    @cached_property
    def affected(self) -> set[Quad]:
        """What is not said afterwards as it was said before, and more of the same things; a country is the rest."""
        moved = self.gone | self.anonymous.keys()
        found = set(self.cleaned)
        found.update(quad for node in self.gone | self.touched | self.lost for quad in self.traces.about(node))
        found.update(quad for node in moved for quad in self.traces.about(value=node))
        if self.keys:
            found.update(quad for quad in self.traces.about() if self._moved(quad) != quad)
        return found

    def rewritten(self) -> Iterator[Quad]:
        """What is said afterwards instead of what is affected."""
        kept = [quad for quad in self.affected if quad.subject not in self.gone and quad.object not in self.gone]
        said = [new for quad in kept for new in self._said(quad)]
        said += [new for node in sorted(self.touched, key=str) for new in self._added(node)]
        witnesses = {quad.object for quad in said if quad.predicate == td.attestedBy}
        lost = {node for node in self.lost - witnesses if not self._attests_more(node)}
        # A witness of nothing but what went is the place of the name.
        yield from (self._moved(quad) for quad in said if quad.subject not in lost)

    def _attests_more(self, witness: NamedNode) -> bool:
        return any(quad not in self.affected for quad in self.traces.about(None, td.attestedBy, witness))

    def _moved(self, quad: Quad) -> Quad:
        subject, where = (_node(self._renamed(term)) for term in (quad.subject, quad.graph_name))
        return Quad(subject, quad.predicate, self._renamed(quad.object), where)

    def _said(self, quad: Quad) -> Iterator[Quad]:
        """The statement as it stays; one about what the person did has the whole source for its witness."""
        if quad.subject in self.touched and quad.predicate == td.attestedBy:
            yield from self._whole(quad)
        elif quad in self.cleaned:
            if (instead := self.cleaned[quad]) is not None:
                yield Quad(quad.subject, quad.predicate, instead, quad.graph_name)
        elif quad.subject not in self.anonymous or quad.predicate != td.inCapacity:
            yield quad

    def _whole(self, quad: Quad) -> Iterator[Quad]:
        facts = {each.predicate: each.object for each in self.traces.about(_node(quad.object))}
        source, certainty = _node(facts[td.source]), _node(facts[td.certainty])
        witness = entity("witness", key_of(source)[1], "whole", certainty.value.rpartition("/")[2])
        yield Quad(quad.subject, td.attestedBy, witness, quad.graph_name)
        said = ((rdf.type, td.Witness), (td.source, source), (td.certainty, certainty))
        yield from (Quad(witness, predicate, value, quad.graph_name) for predicate, value in said)

    def _added(self, node: NamedNode) -> Iterator[Quad]:
        """What is said of somebody who is not named."""
        facts = list(self.traces.about(node))
        for where in sorted({quad.graph_name for quad in facts}, key=str):
            if node in self.anonymous:
                yield Quad(node, rdf.type, td.AnonymousParticipation, where)
            elif td.AwardCase in self.traces.types(node) and not _has_recipient(facts, self.person):
                yield Quad(node, td.recipientText, text(SOMEBODY), where)
                yield Quad(node, td.searchKey, string(search_key(SOMEBODY)), where)

    def _texts(self) -> Iterator[tuple[Quad, Literal]]:
        """What may name the person in words, of all that stays but other persons."""
        for quad in self.traces.marks.texts:
            # An identifier is a key, and becomes another one with it.
            fixed = quad.predicate == dcterms.identifier or self._is_other(_node(quad.subject))
            if isinstance(quad.object, Literal) and not fixed and quad.subject not in self.gone:
                yield quad, quad.object

    def _cleaned(self, quad: Quad, said: Literal) -> Literal | None:
        if said.datatype == xsd.anyURI:
            return None if self.names.stand_in(said.value) else said
        if quad.predicate == td.searchKey:
            return self._sought(quad)
        if (new := self.names.without(said.value)) == said.value:
            return said
        self.texts[said.value] = new
        return Literal(new, language=said.language) if said.language else Literal(new, datatype=said.datatype)

    def _sought(self, quad: Quad) -> Literal:
        """A search key made of a text without the name; folded letters alone do not tell whose name they are."""
        said = _value(quad)
        for other in self.traces.about(_node(quad.subject)):
            value = other.object.value if isinstance(other.object, Literal) else ""
            here = other.graph_name == quad.graph_name and other.predicate != td.searchKey
            if here and search_key(value) == said:
                return string(search_key(self.names.without(value)) or search_key(SOMEBODY))
        return string(said)

    def _is_other(self, node: NamedNode) -> bool:
        return node != self.person and td.Person in self.traces.types(node)

    def _unnamed(self, node: NamedNode) -> NamedNode:
        """The participation's IRI with a number of its conference in the place of the person."""
        facts = {quad.predicate: quad.object for quad in self.traces.about(node)}
        conference, role = key_of(_node(facts[td.inConference]))[1], _node(facts[td.participationRole])
        space = entity("participation", conference, NOBODY).value + "-"
        known = (each.value.removeprefix(space) for each in self.traces.marks.nobody if each.value.startswith(space))
        number = max((int(rest.partition("/")[0]) for rest in known), default=0) + 1
        return entity("participation", conference, f"{NOBODY}-{number}", role.value.rpartition("/")[2])

    def _renamed(self, term: object) -> Term:
        if isinstance(term, Literal):
            return string(self.keys[term.value]) if term.value in self.keys else term
        node = self.anonymous.get(_node(term), _node(term))
        if not self.keys or not node.value.startswith(BASE):
            return node
        return NamedNode("/".join(self.keys.get(step, step) for step in node.value.split("/")))


def _has_recipient(facts: list[Quad], person: NamedNode) -> bool:
    telling = (td.recipient, td.recipientText, td.recipientCount)
    return any(quad.predicate in telling and quad.object != person for quad in facts)


def _free(key: str, taken: set[str]) -> str:
    """The key, with a number when it is somebody else's."""
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key}-{number}"
    return free


def _node(term: object) -> NamedNode:
    assert isinstance(term, NamedNode), "what is published has no blank nodes"
    return term


def _value(quad: Quad) -> str:
    assert isinstance(quad.object, Literal), "a text"
    return quad.object.value
