"""What the records say once they are statements."""

from __future__ import annotations

import unicodedata
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from loaders.namespaces import (
    concept,
    dcterms,
    entity,
    graph,
    integer,
    owl,
    rdf,
    rdfs,
    skos,
    string,
    td,
    text,
)
from loaders.namespaces import date as day
from loaders.records import load, read
from loaders.records.columns import NOTE
from loaders.resources import ROOT
from loaders.source import read_source
from tests import made_up, vietnam

AN_MAU = entity("emulation-unit", "2004-901")


def about(node: NamedNode) -> dict[NamedNode, set[object]]:
    """What is said of a node, by property."""
    found: dict[NamedNode, set[object]] = {}
    for quad in made_up.quads():
        if quad.subject == node:
            found.setdefault(quad.predicate, set()).add(quad.object)
    assert found, node
    return found


# ---- what the statements are -----------------------------------------------------------------------------------------


def test_a_district_that_is_a_member_is_an_emulation_unit_and_not_the_territory() -> None:
    member = about(entity("membership", "cum-huyen-mau-son", "2017", "2004-901"))
    assert member[td.member] == {AN_MAU}
    assert member[td.inClusterYear] == {entity("cluster-year", "cum-huyen-mau-son", "2017")}
    assert member[td.memberKind] == {concept("member-kind", "district")}
    assert about(AN_MAU)[td.territory] == {entity("unit", "2004", "901")}
    assert about(AN_MAU)[rdfs.label] == {text("Huyện An Mẫu")}
    assert about(AN_MAU)[rdf.type] == {td.EmulationUnit}


def test_an_organisation_that_is_a_member_is_itself_the_emulation_unit() -> None:
    member = about(entity("membership", "khoi-so-mau-son", "2019", "so-mau-mau-son"))
    assert member[td.member] == {entity("organisation", "so-mau-mau-son")}
    kinds = about(entity("organisation", "so-mau-mau-son"))[rdf.type]
    assert kinds == {td.Organization, td.PublicBody, td.EmulationUnit}


def test_a_party_committee_is_no_public_body() -> None:
    assert about(entity("organisation", "huyen-uy-an-mau"))[rdf.type] == {td.Organization, td.PartyBody}


def test_a_proposal_is_a_node_of_its_own_and_no_decision() -> None:
    proposal = about(entity("award-proposal", "co-an-mau-2017"))
    assert proposal[rdf.type] == {td.AwardProposal}
    assert proposal[td.ofAward] == {entity("award", "co-an-mau-2017")}
    assert not [quad for quad in made_up.quads() if quad.subject == entity("award-decision", "co-an-mau-2017")]
    assert about(entity("award-decision", "bang-khen-3-ca-nhan-2017"))[td.stepDate] == {day(date(2017, 12, 20))}
    assert about(entity("award-presentation", "bang-khen-3-ca-nhan-2017"))[td.byUnit] == {AN_MAU}


def test_a_role_is_the_unit_s_and_a_person_only_represents_it() -> None:
    role = about(entity("role", "cum-huyen-mau-son", "2017", "truong", "2004-901"))
    assert role[td.member] == {AN_MAU}
    assert role[td.representedBy] == {entity("person", "aaaaaaa2")}
    assert td.selection not in role


def test_a_rank_that_nobody_gave_is_not_made_up() -> None:
    assert td.rank not in about(entity("ranking", "khoi-so-mau-son", "2019", "so-mau-mau-son"))
    ranking = about(entity("ranking", "cum-huyen-mau-son", "2017", "2004-902"))
    assert ranking[td.rank] == {integer(1)}
    assert ranking[td.rankText] == {text("xếp thứ Nhất")}


def test_a_conference_keeps_its_day_and_the_two_periods_apart() -> None:
    conference = about(entity("conference", "so-ket-cum-huyen-mau-son-2017"))
    assert conference[td.date] == {day(date(2017, 7, 13))}
    assert conference[td.periodReviewed] == {entity("period", "2017-H1")}
    assert conference[td.periodPlanned] == {entity("period", "2017-H2")}
    assert conference[td.place] == {entity("unit", "2004", "90101")}
    assert conference[td.conferenceKind] == {concept("conference-kind", kind) for kind in ("so-ket", "ky-giao-uoc")}


def test_a_vague_period_has_no_days() -> None:
    assert about(entity("period", "2017-H1"))[td.periodEnd] == {day(date(2017, 6, 30))}
    vague = about(entity("period", "2020-early"))
    assert vague[rdfs.label] == {text("những tháng đầu năm 2020"), text("early 2020", "en")}
    assert td.periodStart not in vague


def test_posts_are_held_on_a_day_or_undated_as_the_source_has_it() -> None:
    chairing = about(entity("participation", "so-ket-cum-huyen-mau-son-2017", "aaaaaaa2", "chu-tri"))
    posts = ("chu-tich-ubnd-huyen-an-mau", "pho-bi-thu-huyen-uy-an-mau")
    assert chairing[td.inCapacity] == {entity("holding", "aaaaaaa2", post, "2017-07-13") for post in posts}
    assert chairing[td.onBehalfOf] == {AN_MAU}
    undated = about(entity("holding", "bbbbbbb3", "chu-tich-ubnd-huyen-an-mau", "undated-t2"))
    assert td.asOf not in undated


def test_a_person_is_a_name_and_nothing_else() -> None:
    allowed = {rdf.type, rdfs.label, td.searchKey, td.attestedBy}
    assert set(about(entity("person", "aaaaaaa2"))) == allowed


def test_numbers_are_integers_where_they_are_whole() -> None:
    assert about(entity("figure", "tap-the-2017"))[td.value] == {integer(8)}
    (half,) = about(entity("figure", "ty-le-an-mau-2017"))[td.value]
    assert isinstance(half, Literal)
    assert half.value == "50.5"


def test_a_name_is_found_by_its_other_names_and_without_marks() -> None:
    keys = about(entity("organisation", "ubnd-tinh-mau-son"))[td.searchKey]
    assert keys == {string("uy ban nhan dan tinh mau son"), string("uy ban nhan dan mau son")}


# ---- who says so -----------------------------------------------------------------------------------------------------


def test_whatever_is_described_has_a_witness_in_its_own_graph() -> None:
    quads = made_up.quads()
    witnessed = {(quad.subject, quad.graph_name) for quad in quads if quad.predicate == td.attestedBy}
    described = {
        (quad.subject, quad.graph_name) for quad in quads if quad.predicate == rdf.type and quad.object != td.Witness
    }
    assert described == witnessed


def test_a_witness_is_a_place_in_a_source_with_a_certainty() -> None:
    witness = about(entity("witness", "t1", "370-390", "inferred"))
    assert witness == {
        rdf.type: {td.Witness},
        td.source: {entity("source", "t1")},
        td.certainty: {concept("certainty", "inferred")},
        td.startOffset: {integer(370)},
        td.endOffset: {integer(390)},
    }


def test_a_source_without_text_bears_witness_as_a_whole() -> None:
    assert about(entity("act", "1-qd-ubnd-mau-son"))[td.attestedBy] == {entity("witness", "qd-1", "whole", "stated")}
    assert td.startOffset not in about(entity("witness", "qd-1", "whole", "stated"))


def test_each_source_speaks_in_a_graph_of_its_own_and_names_its_licence() -> None:
    licence = NamedNode("https://creativecommons.org/licenses/by/4.0/")
    for key in ("t1", "t2", "qd-1"):
        assert about(entity("source", key))[dcterms.license] == {licence}
    assert {quad.graph_name for quad in made_up.quads()} == {graph(key) for key in ("t1", "t2", "qd-1")}


def test_two_sources_that_disagree_stay_side_by_side(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    lines = made_up.rows("rankings")
    other = list(lines[1])
    other[lines[0].index("rank")], other[lines[0].index("source")] = "2", "t2"
    made_up.write(directory / "rankings.csv", [*lines, other])
    node = entity("ranking", "cum-huyen-mau-son", "2017", "2004-902")
    ranks = {(q.object, q.graph_name) for q in made_up.quads(directory) if q.subject == node and q.predicate == td.rank}
    assert ranks == {(integer(1), graph("t1")), (integer(2), graph("t2"))}


def test_another_place_in_the_same_source_is_one_more_witness(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    lines = made_up.rows("rankings")
    caption = list(lines[1])
    caption[lines[0].index("start")], caption[lines[0].index("end")] = "900", "910"
    made_up.write(directory / "rankings.csv", [*lines, caption])
    node = entity("ranking", "cum-huyen-mau-son", "2017", "2004-902")
    witnesses = {q.object for q in made_up.quads(directory) if q.subject == node and q.predicate == td.attestedBy}
    assert witnesses == {entity("witness", "t1", place, "stated") for place in ("250-270", "900-910")}


def test_a_row_is_found_again_from_what_it_says(tmp_path: Path) -> None:
    nodes = [entity("person", "bbbbbbb3"), AN_MAU, entity("award-presentation", "bang-khen-3-ca-nhan-2017"), td.Person]
    found = read(made_up.source(), made_up.registry(), tmp_path).origins(nodes)
    places = {node: (place.file.rpartition("/")[2], place.line) for node, place in found.items()}
    assert places == {nodes[0]: ("persons.csv", 3), AN_MAU: ("members.csv", 2), nodes[2]: ("award_steps.csv", 4)}


# ---- what must never be said -----------------------------------------------------------------------------------------


def test_internal_notes_are_never_published() -> None:
    assert NOTE.says is None
    assert not [
        quad for quad in made_up.quads() if isinstance(quad.object, Literal) and "synthetic" in quad.object.value
    ]


def test_there_are_no_blank_nodes_and_every_text_is_tagged_and_composed() -> None:
    for quad in made_up.quads():
        assert not isinstance(quad.subject, BlankNode)
        if isinstance(quad.object, Literal):
            assert unicodedata.is_normalized("NFC", quad.object.value)
        if quad.predicate in (rdfs.label, skos.altLabel):
            assert isinstance(quad.object, Literal)
            assert quad.object.language in ("vi", "en")


def test_the_same_records_say_the_same_each_time_and_nothing_twice() -> None:
    assert made_up.quads() == made_up.quads()
    witnesses = [quad for quad in made_up.quads() if quad.object == td.Witness]
    assert len(witnesses) == len(set(witnesses))


# ---- the real ones ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def articles() -> list[Quad]:
    return list(load(read_source(ROOT / "data" / "records"), vietnam.gazetteer()))


def test_the_five_articles_load_with_the_real_registry(articles: list[Quad]) -> None:
    graphs = {quad.graph_name for quad in articles}
    assert graphs == {graph(key) for key in ("s0", "s1", "s2", "s3", "s4")}
    leads = {
        quad.subject.value.removeprefix(entity("role").value)
        for quad in articles
        if quad.predicate == td.role and quad.object == concept("cluster-role", "truong")
    }
    assert "/bien-gioi-lang-son/2017/truong/2004-188" in leads


def test_no_person_of_the_articles_has_two_names(articles: list[Quad]) -> None:
    names: dict[object, set[object]] = {}
    for quad in articles:
        if quad.predicate == rdfs.label and "/id/person/" in quad.subject.value:
            names.setdefault(quad.subject, set()).add(quad.object)
    assert all(len(found) == 1 for found in names.values())
    assert owl.sameAs not in {quad.predicate for quad in articles}
