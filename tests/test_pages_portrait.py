"""The page of a thing shows what is known, by whom, and no more."""

from pyoxigraph import NamedNode, Triple

from loaders.namespaces import concept, entity, integer, rdf, rdfs, skos, string, td, text
from service.pages.portrait import MOST_ROWS, draw
from service.pages.sketch import Sketch, mentioned

CLUSTER = entity("cluster", "a")
YEAR = entity("cluster-year", "a", "2017")
ROLE = entity("role", "a", "2017", "truong", "2004-188")
AGENT = entity("emulation-unit", "2004-188")
UNIT = entity("unit", "2004", "188")
WITNESS = entity("witness", "s2", "10-20", "stated")
SOURCE = entity("source", "s2")

FACTS = [
    Triple(CLUSTER, rdf.type, td.EmulationCluster),
    Triple(CLUSTER, rdfs.label, text("Cụm A")),
    Triple(CLUSTER, td.clusterKind, concept("cluster-kind", "cum")),
    Triple(CLUSTER, td.searchKey, string("cum a")),
    Triple(YEAR, rdf.type, td.ClusterYear),
    Triple(YEAR, td.ofCluster, CLUSTER),
    Triple(YEAR, td.year, integer(2017)),
    Triple(ROLE, rdf.type, td.ClusterRoleHolding),
    Triple(ROLE, td.inClusterYear, YEAR),
    Triple(ROLE, td.member, AGENT),
    Triple(ROLE, td.attestedBy, WITNESS),
]
NAMES = [
    Triple(concept("cluster-kind", "cum"), skos.prefLabel, text("cụm")),
    Triple(concept("cluster-kind", "cum"), skos.prefLabel, text("cluster", "en")),
    Triple(td.clusterKind, rdfs.label, text("loại cụm")),
    Triple(td.member, rdfs.label, text("thành viên")),
    Triple(td.ClusterRoleHolding, rdfs.label, text("giữ vai trò")),
    Triple(AGENT, td.territory, UNIT),
    Triple(UNIT, rdfs.label, text("Huyện Lộc Bình")),
    Triple(WITNESS, td.source, SOURCE),
    Triple(WITNESS, td.certainty, concept("certainty", "stated")),
    Triple(WITNESS, td.startOffset, integer(10)),
    Triple(WITNESS, td.endOffset, integer(20)),
    Triple(SOURCE, rdfs.label, text("Bài báo")),
]


def drawn(lang="vi", facts=FACTS):
    return draw(CLUSTER, Sketch(facts, NAMES, lang))


def test_a_fact_is_shown_in_the_reader_s_language():
    def told(lang):
        return [(fact.name.label, [each.value.label for each in fact.said]) for fact in drawn(lang)["facts"]]

    assert told("vi") == [("loại cụm", ["cụm"])]
    assert [words for _, words in told("en")] == [["cluster"]]


def test_a_role_is_shown_with_unit_year_and_witness():
    (table,) = [table for table in drawn()["tables"] if table.heading.label == "giữ vai trò"]
    (row,) = table.rows
    assert [v.label for v in row.cells[td.member.value]] == ["Huyện Lộc Bình"]
    assert [v.label for v in row.cells[td.inClusterYear.value]] == ["Cụm A, 2017"]
    (witness,) = row.witnesses
    assert (witness.source.label, witness.start, witness.end) == ("Bài báo", "10", "20")


def test_keys_made_for_searching_are_not_shown():
    assert all(fact.name.iri != td.searchKey.value for fact in drawn()["facts"])


def test_what_has_no_name_shows_its_key():
    nameless = NamedNode("https://w3id.org/thidua/id/award/a-1")
    assert Sketch([Triple(nameless, rdf.type, td.AwardCase)], [], "vi").label(nameless) == "a-1"


def test_a_statement_without_a_name_is_called_after_what_it_ties_together():
    assert Sketch(FACTS, NAMES, "vi").label(ROLE) == "Huyện Lộc Bình, Cụm A, 2017"


def test_a_page_that_shows_a_part_says_so():
    many = [Triple(entity("figure", str(n)), td.about, CLUSTER) for n in range(MOST_ROWS)]
    assert drawn(facts=FACTS + many)["cut"]
    assert not drawn()["cut"]


def test_everything_mentioned_gets_a_name():
    nodes = mentioned(CLUSTER, FACTS)
    assert {CLUSTER, AGENT, WITNESS, td.member, td.ClusterRoleHolding} <= set(nodes)
