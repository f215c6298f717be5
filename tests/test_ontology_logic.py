"""The ontology means what it says: it is OWL 2 DL, it has a model, and what must be kept apart cannot be one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection

from loaders import records
from loaders.gazetteer import Registry
from loaders.resources import ROOT, ontology_files
from loaders.source import read_source
from tests.reasoner import Verdict, judge, missing
from tests.vietnam import territory

TD = Namespace("https://w3id.org/thidua/def#")
DATE = URIRef("http://www.w3.org/2001/XMLSchema#date")
CASE = Namespace("https://example.org/case#")

if absent := missing():
    # CI says that Java is there: a reasoner that was not asked must not look like one that was content.
    assert "java" not in os.environ.get("THIDUA_TEST_REQUIRE", ""), absent
    pytest.skip(absent, allow_module_level=True)

# DOMAIN's fourteen distinctions as far as they are distinctions of classes: no node is two of one line.
KEPT_APART = {
    "a territory, a body that governs it, a person": "AdministrativeUnit Organization Person",
    "a territory and the emulation unit that stands for it": "AdministrativeUnit EmulationUnit",
    "a body of the state and one of the Party": "PublicBody PartyBody",
    "a person, the post, the holding": "Person Post PostHolding",
    "a cluster, its year, a membership, a role, a rank": (
        "EmulationCluster ClusterYear ClusterMembership ClusterRoleHolding Ranking"
    ),
    "the unit that holds a role and the person who represents it": "EmulationUnit Person",
    "leading, being first, taking part, the conference itself": ("ClusterRoleHolding Ranking Participation Conference"),
    "a proposal, a decision, a presentation": "AwardProposal AwardDecision AwardPresentation",
    "an award type, a case of it, a step of the case": "AwardType AwardCase AwardStep",
    "a movement and an award type": "Movement AwardType",
    "a period and a conference": "Period Conference",
    "an act, its text, an article about it, the place in it": "LegalAct OfficialText Article Witness",
    "law and party documents": "LegalAct PartyDocument",
    "a unit, a version, a change, a transfer": "AdministrativeUnit UnitVersion TerritorialChange TerritorialTransfer",
}


@cache
def ontology() -> Graph:
    """Every module, vocabulary and alignment; the prefix table is data for tools and stays out."""
    return _without_dates(path for path in ontology_files() if path.name != "prefixes.ttl")


@cache
def examples() -> Graph:
    """All examples together."""
    return _without_dates((ROOT / "ontology" / "examples").glob("*.ttl"))


@cache
def others() -> Graph:
    """What the vocabularies to which we align say of their terms."""
    return Graph().parse(ROOT / "tests" / "fixtures" / "others-axioms.ttl")


def _without_dates(paths: Iterable[Path]) -> Graph:
    graph = Graph()
    for path in paths:
        graph.parse(path)
    return _dateless(graph)


def _dateless(graph: Graph) -> Graph:
    # xsd:date is no datatype of OWL 2: a reasoner would refuse the file.
    for triple in [t for t in graph if isinstance(t[2], Literal) and t[2].datatype == DATE]:
        graph.remove(triple)
    return graph


@cache
def verdict() -> Verdict:
    return judge(ontology())


def test_the_ontology_is_owl_2_dl() -> None:
    assert verdict().violations == ()


def test_the_ontology_is_consistent_and_every_class_can_have_members() -> None:
    assert (verdict().consistent, verdict().unsatisfiable) == (True, frozenset())


def test_the_reasoner_finds_a_unit_that_is_also_a_person() -> None:
    sown = ontology() + Graph()
    for kind in (OWL.NamedIndividual, TD.AdministrativeUnit, TD.Person):
        sown.add((CASE.both, RDF.type, kind))
    assert judge(sown).consistent is False


def test_the_profile_checker_finds_a_property_that_is_of_two_kinds() -> None:
    sown = ontology() + Graph()
    sown.add((TD.member, RDF.type, OWL.DatatypeProperty))
    assert any("member" in violation for violation in judge(sown).violations)


def test_what_must_be_kept_apart_cannot_be_one() -> None:
    sown, wanted = ontology() + Graph(), {}
    for what, names in KEPT_APART.items():
        for one, other in combinations(names.split(), 2):
            wanted[str(_both(sown, TD[one], TD[other]))] = f"{what}: {one} and {other}"
    unsatisfiable = judge(sown).unsatisfiable
    assert [said for iri, said in wanted.items() if iri not in unsatisfiable] == []


def test_an_organisation_that_is_a_member_may_be_an_emulation_unit() -> None:
    sown = ontology() + Graph()
    both = _both(sown, TD.Organization, TD.EmulationUnit)
    assert str(both) not in judge(sown).unsatisfiable


def test_the_examples_contradict_nothing() -> None:
    found = judge(ontology() + examples())
    assert (found.violations, found.consistent) == ((), True)


def test_the_records_contradict_nothing() -> None:
    staff = read_source(ROOT / "data" / "records")
    lines = {str(quad.triple) + " ." for quad in records.load(staff, Registry(territory().units))}
    found = judge(ontology() + _dateless(Graph().parse(data="\n".join(lines), format="nt")))
    assert (found.violations, found.consistent) == ((), True)


def test_our_statements_stay_true_in_the_words_of_others() -> None:
    """What PROV-O, ORG, FOAF, SKOS and OWL-Time forbid is forbidden to us too, data included."""
    found = judge(ontology() + others() + examples())
    assert (found.violations, found.consistent, found.unsatisfiable) == ((), True, frozenset())


def test_an_alignment_that_makes_an_award_step_an_entity_is_found() -> None:
    sown = ontology() + others()
    sown.add((TD.attestedBy, RDFS.subPropertyOf, URIRef("http://www.w3.org/ns/prov#wasDerivedFrom")))
    assert str(TD.AwardStep) in judge(sown).unsatisfiable


def _both(graph: Graph, one: URIRef, other: URIRef) -> URIRef:
    """A class whose members are both, added to the graph."""
    node, members = CASE[f"{one.split('#')[1]}-{other.split('#')[1]}"], BNode()
    Collection(graph, members, [one, other])
    both = BNode()
    graph.add((both, RDF.type, OWL.Class))
    graph.add((both, OWL.intersectionOf, members))
    graph.add((node, RDF.type, OWL.Class))
    graph.add((node, OWL.equivalentClass, both))
    return node
