"""The award types are those of the law, no more and no fewer, and their dates are those of their laws."""

from __future__ import annotations

import datetime
from functools import cache

from rdflib import RDF, Graph, Namespace, URIRef

from loaders.identity import search_key
from loaders.namespaces import BASE
from loaders.resources import ROOT, read_text

SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
TD = Namespace("https://w3id.org/thidua/def#")


@cache
def law() -> Graph:
    return Graph().parse(ROOT / "ontology" / "awards.ttl").parse(ROOT / "ontology" / "acts.ttl")


def _outline() -> set[tuple[str, str]]:
    """The listed types, each with what it stands under."""
    above, found = [""] * 9, set()
    for line in read_text(ROOT / "tests" / "fixtures" / "award-types.txt").splitlines()[1:]:
        key = line.strip()
        depth = (len(line) - len(key)) // 2
        above[depth + 1] = key
        found.add((key, above[depth]))
    return found


def test_the_award_types_are_those_of_the_law() -> None:
    scheme = URIRef(BASE + "concept/award")
    key = {node: str(law().value(node, SKOS.notation)) for node in law().subjects(SKOS.inScheme, scheme)}
    assert {(key[node], key.get(law().value(node, SKOS.broader), "")) for node in key} == _outline()


def test_an_award_type_begins_with_the_first_of_its_laws() -> None:
    for award in law().subjects(RDF.type, TD.AwardType):
        begins = law().value(award, TD.validFrom)
        laws = [law().value(act, TD.inForceFrom) for act in law().objects(award, TD.underLaw)]
        assert begins is None or begins == min(laws), award


def test_a_replaced_act_ends_on_the_day_before_its_successor_begins() -> None:
    for new, old in law().subject_objects(TD.replaces):
        begins, ends = law().value(new, TD.inForceFrom), law().value(old, TD.inForceTo)
        assert ends.toPython() + datetime.timedelta(days=1) == begins.toPython(), old  # type: ignore[union-attr]


def test_an_act_known_at_second_hand_does_not_pass_for_a_fact_that_was_read() -> None:
    inferred = URIRef(BASE + "concept/certainty/inferred")
    second_hand = {
        str(act).rpartition("/")[2]
        for act in law().subjects(RDF.type, TD.LegalAct)
        for witness in law().objects(act, TD.attestedBy)
        if law().value(witness, TD.certainty) == inferred
    }
    assert second_hand == {"01-2024-tt-bnv", "15-2025-tt-bnv", "06-2026-qh16"}


def test_nobody_is_named_as_giver_of_an_award_on_general_knowledge_alone() -> None:
    assert not list(law().subject_objects(TD.authority))


def test_an_act_and_a_source_are_found_by_their_names() -> None:
    label = URIRef("http://www.w3.org/2000/01/rdf-schema#label")
    for node, name in law().subject_objects(label):
        assert str(law().value(node, TD.searchKey)) == search_key(str(name))
