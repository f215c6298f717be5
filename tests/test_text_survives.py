"""Text comes out as it went in: every way to send it, every format to read it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from pyoxigraph import Literal, NamedNode, QueryResultsFormat, RdfFormat, Triple, parse, parse_query_results, serialize

from service.markup import Unsayable, sayable
from service.negotiation import GRAPHS, RESULTS
from tests.house import House, house, publish

XSD = "http://www.w3.org/2001/XMLSchema#"
TERMS = {
    "Vietnamese": Literal("Cụm thi đua số 1, huyện Đình Lập: đẹp & “sạch”", language="vi"),
    "taken apart": Literal("Đi\u0300nh La\u0323\u0302p đ", language="vi"),
    "a language with parts": Literal("đ", language="vi-latn-vn-x-tdkt"),
    "quotes": Literal("\"'\"\"\"'''\\"),
    "lines": Literal("a\nb\r\nc\rd\te"),
    "markup": Literal("<script>alert(1)</script>&amp;]]>"),
    "a formula": Literal("=cmd|' /C calc'!A0"),
    "other formulas": Literal("+1-1@SUM(A1)"),
    "emoji": Literal("\U0001f1fb\U0001f1f3\U0001f469\u200d\U0001f52c"),
    "right to left": Literal("\u202eabc\u202c שלום", language="he"),
    "percent signs": Literal("100% %20 %C4%91 %"),
    "blanks": Literal("  a  "),
    "nothing": Literal(""),
    "an integer": Literal("7", datatype=NamedNode(XSD + "integer")),
    "a decimal": Literal("1.5", datatype=NamedNode(XSD + "decimal")),
    "a year": Literal("2017", datatype=NamedNode(XSD + "gYear")),
    "a type of nobody": Literal("x", datatype=NamedNode("http://e.example/ki%E1%BB%83u")),
    "a long text": Literal("đ" * 5000),
    "an IRI with percent signs": NamedNode("http://e.example/Huy%E1%BB%87n%20100%25?a=b&c='d'#%23"),
    "an IRI beyond ASCII": NamedNode("http://e.example/Huyện/Đình_Lập"),
    "a script": NamedNode("javascript:alert(1)"),
    "a long IRI": NamedNode("http://e.example/" + "a" * 4000),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The service over next to nothing: what is asked for stands in the query."""
    releases = tmp_path_factory.mktemp("text") / "releases"
    publish(releases, 1)
    with house(releases) as found:
        yield found


def sent(served: House, way: str, query: str, media: str) -> bytes:
    """The answer to a query that was sent in this way."""
    accept = {"Accept": media}
    direct = {"Content-Type": "application/sparql-query", **accept}
    if way == "GET":
        response = served.client.get("/sparql", params={"query": query}, headers=accept)
    elif way == "form":
        response = served.client.post("/sparql", data={"query": query}, headers=accept)
    else:
        response = served.client.post("/sparql", content=query.encode(), headers=direct)
    assert response.status_code == 200, response.text
    return response.content


@pytest.mark.parametrize("way", ["GET", "form", "direct"])
@pytest.mark.parametrize("kind", TERMS)
def test_a_term_comes_back_in_every_format_of_rows(served: House, way: str, kind: str) -> None:
    term = TERMS[kind]
    for form in RESULTS:
        found = sent(served, way, f"SELECT ?x {{ VALUES ?x {{ {term} }} }}", form.media)
        if form.media == "text/csv":  # the value alone: a reader of CSV is not told more
            assert list(csv.reader(io.StringIO(found.decode(), newline="")))[1:] == [[term.value] if term.value else []]
        else:
            (row,) = parse_query_results(found, QueryResultsFormat.from_media_type(form.media))  # type: ignore[arg-type, union-attr]
            assert row["x"] == term, form.media


@pytest.mark.parametrize("way", ["GET", "form", "direct"])
@pytest.mark.parametrize("kind", TERMS)
def test_a_term_comes_back_in_every_format_of_graphs(served: House, way: str, kind: str) -> None:
    term = TERMS[kind]
    for form in GRAPHS:
        found = sent(served, way, f"CONSTRUCT {{ <urn:s> <urn:p> {term} }} WHERE {{}}", form.media)
        assert [quad.object for quad in parse(found, RdfFormat.from_media_type(form.media))] == [term], form.media


RDF_XML = "application/rdf+xml"
A = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
NAMELESS = [
    "http://x/1",
    "http://x/a/",
    "http://x/a#",
    "http://x/-",
    "http://x/a%20",
    "urn:1",
    "http://www.w3.org/2000/xmlns/x",
]


@pytest.mark.parametrize("iri", NAMELESS)
@pytest.mark.parametrize("template", ["<urn:a> <{}> 'x'", f"<urn:a> {A} <{{}}>"], ids=["predicate", "type"])
def test_a_graph_that_rdf_xml_cannot_say_is_not_written_as_if_it_could(served: House, iri: str, template: str) -> None:
    query = f"CONSTRUCT {{ {template.format(iri)} }} {{}}"
    for long in ("", " " * 70_000):  # a teller takes the short one, and leaves it, too
        response = served.client.post("/sparql", data={"query": query + long}, headers={"Accept": RDF_XML})
        told = response.json()
        assert (told["status"], told["type"], told["iri"]) == (406, "urn:thidua:problem:rdf-xml", iri)
        assert iri in told["detail"]
        assert "format=turtle" in told["detail"]
    assert iri in sent(served, "GET", query, "text/turtle").decode()


def test_a_type_that_is_no_name_can_be_said_behind_another_statement() -> None:
    thing, other = NamedNode("urn:a"), NamedNode("urn:b")
    named = Triple(thing, NamedNode("urn:p"), Literal(1))
    kinds = [Triple(each, NamedNode(A[1:-1]), NamedNode("http://x/1")) for each in (thing, other)]
    found = serialize(sayable([named, kinds[0]]), format=RdfFormat.RDF_XML)
    assert {quad.triple for quad in parse(found, RdfFormat.RDF_XML)} == {named, kinds[0]}
    ElementTree.fromstring(found)
    with pytest.raises(Unsayable):
        list(sayable([named, kinds[1]]))


@pytest.mark.parametrize("character", ["\x01", "\x1f", "\ufffe", "\uffff"])
def test_a_character_that_xml_cannot_have_does_not_break_it(served: House, character: str) -> None:
    said = f"a{character}b" * 5000
    for query, media in (
        (f"SELECT ('{said}' AS ?x) {{}}", RESULTS[1].media),
        (f"CONSTRUCT {{ <urn:a> <urn:p> '{said}' }} {{}}", RDF_XML),
    ):
        # Short for a teller, long for the application.
        for text in (query, query.replace(said, said[:300])):
            found = ElementTree.fromstring(sent(served, "form", text, media))
            assert "a\ufffdb" in "".join(found.itertext())
