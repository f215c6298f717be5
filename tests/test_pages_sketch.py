"""Who says what is kept apart, however many sources speak of one thing."""

from pyoxigraph import Literal, NamedNode, Quad, Triple

from loaders.namespaces import concept, dcterms, entity, graph, integer, rdf, rdfs, td, text, xsd
from service.pages.said import plainest
from service.pages.sketch import Sketch

MEETING = entity("conference", "a")
PLACE, OTHER = entity("unit", "2004", "182"), entity("unit", "2004", "188")


def witness(source, certainty="stated"):
    return entity("witness", source, certainty)


def day(value):
    return Literal(value, datatype=xsd.date)


def sketch(*facts, lang="vi"):
    names = []
    for source in ("s1", "s2"):
        names.append(Triple(entity("source", source), rdfs.label, text(f"Bài {source}")))
        for certainty in ("stated", "inferred", "ambiguous"):
            names.append(Triple(witness(source, certainty), td.source, entity("source", source)))
            names.append(Triple(witness(source, certainty), td.certainty, concept("certainty", certainty)))
    return Sketch(facts, names, lang)


def said(source, name, value, certainty="stated"):
    """What a source says of the meeting, with its witness."""
    space = graph(source)
    return [Quad(MEETING, name, value, space), Quad(MEETING, td.attestedBy, witness(source, certainty), space)]


def test_two_days_of_two_sources_stand_side_by_side_each_with_its_own():
    fact = sketch(*said("s1", td.date, day("2018-03-22")), *said("s2", td.date, day("2018-03-23"))).fact(
        MEETING, td.date
    )
    assert fact.contested
    assert not fact.together
    told = [(each.value.label, [witness.source.label for witness in each.witnesses]) for each in fact.said]
    assert told == [("22/3/2018", ["Bài s1"]), ("23/3/2018", ["Bài s2"])]


def test_two_sources_that_agree_are_two_witnesses_of_one_value():
    fact = sketch(*said("s1", td.date, day("2018-03-22")), *said("s2", td.date, day("2018-03-22"))).fact(
        MEETING, td.date
    )
    assert not fact.contested
    assert [len(each.witnesses) for each in fact.said] == [2]


def test_several_kinds_of_one_conference_are_no_disagreement():
    kinds = [concept("conference-kind", key) for key in ("so-ket", "trien-khai")]
    facts = said("s1", td.conferenceKind, kinds[0]) + said("s2", td.conferenceKind, kinds[1])
    assert not sketch(*facts).fact(MEETING, td.conferenceKind).contested


def test_one_source_that_gives_two_places_is_not_two_that_disagree():
    facts = said("s1", td.place, PLACE) + said("s1", td.place, OTHER)
    assert not sketch(*facts).fact(MEETING, td.place).contested


def test_a_source_is_told_only_what_it_says_itself():
    facts = said("s1", td.date, day("2018-03-22")) + said("s2", td.place, PLACE)
    told = sketch(*facts).told(MEETING, entity("source", "s2"))
    assert [value.iri for value in told[td.place]] == [PLACE.value]
    assert td.date not in told


def test_the_plainest_witness_marks_a_statement():
    facts = said("s1", td.date, day("2018-03-22"), "ambiguous") + said("s2", td.date, day("2018-03-22"), "inferred")
    assert plainest(sketch(*facts).witnesses(MEETING)) == "inferred"


def test_a_unit_is_today_what_the_last_of_its_successors_is():
    agent, middle, last = (
        NamedNode(f"https://w3id.org/thidua/id/{path}") for path in ("emulation-unit/a", "unit/m", "unit/z")
    )
    names = [
        Triple(agent, td.territory, PLACE),
        Triple(PLACE, td.validTo, day("2025-06-30")),
        Triple(PLACE, dcterms.isReplacedBy, middle),
        Triple(middle, td.validTo, day("2026-01-01")),
        Triple(middle, dcterms.isReplacedBy, last),
        Triple(last, rdfs.label, text("Thành phố Mới")),
        # A circle in the data must not hold a page for ever.
        Triple(last, dcterms.isReplacedBy, PLACE),
    ]
    found = Sketch([Triple(agent, rdf.type, td.EmulationUnit)], names, "vi")
    assert [value.label for value in found.today(agent)] == ["Thành phố Mới"]


def test_a_unit_that_still_is_has_no_today_of_its_own():
    assert Sketch([Triple(PLACE, td.code, integer(182))], [], "vi").today(PLACE) == []
