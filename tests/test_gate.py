"""What passes the gate, what does not, and how it is told."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from loaders.candidate import Candidate
from loaders.errors import CountError
from loaders.gate import Gate, gate, judge_description, read_gate
from loaders.gate.report import Finding, Report, Rule, Severity, report
from loaders.namespaces import BASE, dcterms, entity, foaf, graph, integer, prov, rdfs, sh, td, tds, text
from loaders.resources import ROOT
from loaders.source import Source

COUNTRY = ROOT / "shapes" / "cases" / "country.ttl"
S0 = graph("s0")
LICENCE = NamedNode("https://creativecommons.org/licenses/by/4.0/")
GRAPH_OF_S1 = (
    Quad(graph("s1"), prov.wasDerivedFrom, entity("source", "s1"), S0),
    Quad(graph("s1"), dcterms.license, LICENCE, S0),
)
LEAD = entity("role", "cum", "2017", "truong", "2004-901")


@pytest.fixture(scope="module")
def instrument() -> Gate:
    return read_gate()


def country(without: Iterable[Quad] = (), added: Iterable[Quad] = ()) -> Store:
    """The country of the cases as a candidate of its own."""
    store = Store()
    store.extend(Quad(*quad.triple, S0) for quad in parse(path=COUNTRY, format=RdfFormat.TURTLE))
    for quad in without:
        store.remove(quad)
    store.extend(added)
    return store


def said(subject: NamedNode, predicate: NamedNode, value: NamedNode | Literal) -> Quad:
    return Quad(subject, predicate, value, S0)


def rules(found: Report) -> set[str]:
    return {finding.rule.name for finding in found.findings}


def test_a_sound_candidate_passes_and_the_report_says_how_much_was_looked_at(instrument: Gate) -> None:
    store = country()
    found = instrument.judge(store)
    assert not found.findings
    assert not found.blocks
    assert found.looked["statements"] == len(store)
    assert found.looked["focus nodes"] > 50
    assert found.looked["faults sown and found"] == len(instrument.cases.faults) > 200


def test_the_candidate_is_afterwards_as_it_was(instrument: Gate) -> None:
    store = country()
    before = set(store)
    instrument.judge(store)
    assert set(store) == before


def test_a_violation_blocks(instrument: Gate) -> None:
    ranking = entity("ranking", "cum", "2017", "2004-902")
    found = instrument.judge(country([said(ranking, td.rank, integer(1))], [said(ranking, td.rank, integer(0))]))
    assert found.blocks
    assert rules(found) == {"Ranking-rank"}


def test_a_warning_does_not_block(instrument: Gate) -> None:
    quads = list(country().quads_for_pattern(None, td.datePublished, None))
    found = instrument.judge(country(without=quads[:1]))
    assert rules(found) == {"ArticleDate-datePublished"}
    assert found.counts[Severity.WARNING] == 1
    assert not found.blocks


def test_two_sources_that_disagree_about_a_day_stand_side_by_side(instrument: Gate) -> None:
    conference = entity("conference", "cum-2017")
    day = Literal("2017-07-15", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#date"))
    found = instrument.judge(country(added=[*GRAPH_OF_S1, Quad(conference, td.date, day, graph("s1"))]))
    assert [(f.rule.name, f.focus) for f in found.findings] == [("two-values-in-two-sources", conference)] * 2
    assert not found.blocks


def test_one_source_does_not_contradict_itself(instrument: Gate) -> None:
    ranking = entity("ranking", "cum", "2017", "2004-902")
    found = instrument.judge(country(added=[said(ranking, td.rank, integer(2))]))
    assert [(f.rule.name, f.value) for f in found.findings] == [
        ("two-values-in-one-source", integer(1)),
        ("two-values-in-one-source", integer(2)),
    ]
    assert found.blocks


def test_an_info_does_not_block(instrument: Gate) -> None:
    decision = entity("award-decision", "co")
    found = instrument.judge(country(without=country().quads_for_pattern(decision, None, None)))
    assert rules(found) == {"presentation-without-decision"}
    assert not found.blocks


def test_a_lead_that_is_no_member_is_found_among_sound_data(instrument: Gate) -> None:
    member = entity("membership", "cum", "2017", "2004-901")
    found = instrument.judge(country(without=country().quads_for_pattern(member, None, None)))
    assert [(f.rule.name, f.focus) for f in found.findings] == [("lead-outside-members", LEAD)]


def test_a_telephone_number_is_found_wherever_it_stands(instrument: Gate) -> None:
    number = Literal("tel:+84-000")
    for node in (
        entity("person", "mmmmmmmm"),
        entity("organisation", "so"),
        entity("holding", "mmmmmmmm", "chu-tich", "2017-07-14"),
    ):
        found = instrument.judge(country(added=[said(node, foaf.phone, number)]))
        assert found.blocks
        assert "personal-property" in rules(found)


def test_a_proposal_that_also_counts_as_a_decision_is_refused(instrument: Gate) -> None:
    proposal = entity("award-proposal", "co")
    found = instrument.judge(country(added=[said(proposal, NamedNode(RDF_TYPE), td.AwardDecision)]))
    assert "OneStepAtATime" in rules(found)
    assert found.blocks


RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def test_a_node_without_a_class_does_not_slip_through(instrument: Gate) -> None:
    node = entity("cluster", "cum")
    found = instrument.judge(country(without=country().quads_for_pattern(node, NamedNode(RDF_TYPE), None)))
    assert "node-without-class" in rules(found)
    assert found.blocks


def test_data_do_not_say_which_class_lies_within_which(instrument: Gate) -> None:
    within = said(td.Ranking, rdfs.subClassOf, td.Person)
    found = instrument.judge(country(added=[within]))
    assert [(f.rule.name, f.focus, f.value) for f in found.findings] == [
        ("subclass-not-in-model", td.Ranking, td.Person)
    ]
    assert found.blocks


def test_what_the_ontology_says_of_its_classes_may_be_said_again(instrument: Gate) -> None:
    again = [quad for quad in instrument.ontology if quad.predicate == rdfs.subClassOf]
    assert again
    assert not instrument.judge(country(added=[Quad(*quad.triple, S0) for quad in again])).findings


def test_text_with_marks_apart_is_refused(instrument: Gate) -> None:
    node = entity("cluster", "cum")
    label = list(country().quads_for_pattern(node, rdfs.label, None))
    found = instrument.judge(
        country(label, [said(node, rdfs.label, Literal(unicodedata.normalize("NFD", "Cụm"), language="vi"))])
    )
    assert rules(found) == {"text-not-in-nfc"}


def test_a_finding_names_the_row_of_the_spreadsheet(tmp_path: Path) -> None:
    candidate = Candidate(tmp_path)
    person, body = entity("person", "mmmmmmmm"), entity("organisation", "so")
    candidate.add("records", country([said(LEAD, td.representedBy, person)], [said(LEAD, td.representedBy, body)]))
    asked: list[set[NamedNode]] = []

    def origin(nodes: set[NamedNode]) -> dict[NamedNode, object]:
        asked.append(nodes)
        return {LEAD: "roles.csv:7"}

    found = gate(candidate, origin=origin)
    assert asked == [{LEAD}]
    assert [str(finding) for finding in found.findings] == [
        "roles.csv:7: role/cum/2017/truong/2004-901 · td:representedBy · organisation/so"
    ]
    assert "roles.csv" not in found.public.text() + found.public.json() + found.public.turtle()


def test_a_source_that_holds_less_than_it_expects_stops_the_build(tmp_path: Path) -> None:
    source = Source("records", tmp_path, "Hồ sơ", "thidua", "https://example.org/", expected={"Conference": 2})
    candidate = Candidate(tmp_path)
    candidate.add("records", country())
    with pytest.raises(CountError, match=r"column Conference: another number of Conference: 1 → expected 2"):
        gate(candidate, sources=[source])


def test_a_misspelt_expectation_is_not_met(tmp_path: Path) -> None:
    source = Source("records", tmp_path, "Hồ sơ", "thidua", "https://example.org/", expected={"Conferense": 1})
    candidate = Candidate(tmp_path)
    candidate.add("records", country())
    with pytest.raises(CountError, match="Conferense"):
        gate(candidate, sources=[source])


# ── How it is told ──────────────────────────────────────────────────────────────────────────────────────────────────

RULE = Rule(tds["member"], Severity.VIOLATION, "Điền đơn vị.", "Fill in the unit.")
ADVICE = Rule(tds["advice"], Severity.INFO, "Xem lại.", "Look again.")


def told() -> Report:
    findings = [
        Finding(ADVICE, entity("cluster", "a"), place="clusters.csv:3"),
        Finding(RULE, LEAD, str(td.member), text("Huyện"), sh.ClassConstraintComponent, "roles.csv:10"),
        Finding(RULE, LEAD, f"{td.member}/{td.territory}", None, sh.MinCountConstraintComponent, "roles.csv:9"),
    ]
    return report(findings, {"shapes": 2})


def test_the_text_says_in_both_languages_what_to_do_and_where() -> None:
    assert told().text() == (
        "2 VI PHẠM / VIOLATION, 0 CẢNH BÁO / WARNING, 1 GỢI Ý / INFO\n"
        "(2 shapes)\n\n"
        "VI PHẠM / VIOLATION [member]\nĐiền đơn vị.\nFill in the unit.\n"
        "    roles.csv:9: role/cum/2017/truong/2004-901 · td:member/td:territory\n"
        '    roles.csv:10: role/cum/2017/truong/2004-901 · td:member · "Huyện"@vi\n\n'
        "GỢI Ý / INFO [advice]\nXem lại.\nLook again.\n"
        "    clusters.csv:3: cluster/a\n"
    )


def test_the_text_of_a_thousand_findings_can_still_be_read() -> None:
    many = report([Finding(RULE, entity("cluster", str(number))) for number in range(1000)], {})
    assert len(many.text().splitlines()) < 220
    assert "and 800 more, see report.json" in many.text()
    assert len(json.loads(many.json())["findings"]) == 1000


def test_the_json_holds_every_finding() -> None:
    flat = json.loads(told().json())
    assert flat["blocks"] is True
    assert flat["counts"] == {"violation": 2, "warning": 0, "info": 1}
    assert flat["findings"][1] == {
        "severity": "violation",
        "rule": tds["member"].value,
        "component": sh.ClassConstraintComponent.value,
        "focus": LEAD.value,
        "path": str(td.member),
        "value": '"Huyện"@vi',
        "place": "roles.csv:10",
        "vi": "Điền đơn vị.",
        "en": "Fill in the unit.",
    }


def test_the_turtle_is_a_validation_report_that_others_can_read() -> None:
    found = rdflib.Graph().parse(data=told().turtle(), format="turtle")
    space = rdflib.Namespace(sh.iri)
    assert found.value(rdflib.URIRef(BASE + "report"), space.conforms) == rdflib.Literal(False)
    assert len(list(found.objects(None, space.result))) == 3
    severities = sorted(str(s).rpartition("#")[2] for s in found.objects(None, space.resultSeverity))
    assert severities == ["Info", "Violation", "Violation"]
    assert not any(isinstance(term, rdflib.BNode) for triple in found for term in triple)


def test_a_report_without_findings_conforms() -> None:
    assert "sh:conforms true" in Report(()).turtle()


# ── The description of a release ────────────────────────────────────────────────────────────────────────────────────

CASES = ROOT / "shapes" / "cases" / "ReleaseDescription"


def test_a_release_that_describes_itself_passes() -> None:
    assert judge_description((CASES / "valid.ttl").read_bytes()).findings == ()


def test_a_release_that_claims_to_be_empty_is_refused() -> None:
    assert judge_description((CASES / "invalid.empty.ttl").read_bytes()).blocks


def test_findings_that_differ_in_anything_have_an_order() -> None:
    """Or else it would be another one in every process."""
    rule = Rule(tds["x"], Severity.WARNING, "sửa", "mend")
    finding = Finding(rule, LEAD, "<urn:a>", integer(1), sh.MinCountConstraintComponent)
    others = (replace(finding, path="<urn:b>"), replace(finding, component=sh.MaxCountConstraintComponent))
    assert len({each.order for each in (finding, *others)}) == 3
