"""The query files: each says one thing in two ways, and the two agree."""

from __future__ import annotations

import re

import pytest
import rdflib
from pyoxigraph import NamedNode

from loaders.errors import SourceError, UsageError
from loaders.namespaces import skos
from loaders.resources import ROOT, ontology_files
from service import guard
from service.binding import bind
from service.catalogue import Catalogue
from service.handbook import markdown
from service.query import LANG
from service.queryfile import read_query
from tests.country import COUNTRY, catalogue, expected, select, store, table

QUERIES = pytest.mark.parametrize("query", catalogue().queries, ids=lambda query: query.name)

# What other people's scripts rely on: routes, parameters, and columns in this order; more may follow.
PROMISED = {
    "/api/clusters": ("q kind within year", "cluster key label kind scope scopeLabel firstYear lastYear"),
    "/api/clusters/{key}/leaders": (
        "from to",
        "year role unit unitLabel unitCode unitEdition todayLabel representative representativeLabel selection "
        "certainty source",
    ),
    "/api/clusters/{key}/members": ("year", "year unit unitLabel unitCode memberKind certainty source"),
    "/api/clusters/{key}/rankings": ("year", "year rank unit unitLabel certainty source"),
    "/api/conferences": (
        "q cluster kind from to place",
        "conference key label kind date place placeLabel cluster clusterLabel periodReviewed periodPlanned source",
    ),
    "/api/conferences/{key}/participants": ("", "person personLabel role posts source"),
    "/api/units": (
        "q level parent on edition code",
        "unit label level type code edition parent parentLabel validFrom validTo score",
    ),
    "/api/units/{edition}/{code}": (
        "",
        "unit label level type code edition parent parentLabel validFrom validTo score",
    ),
    "/api/units/{edition}/{code}/successors": ("on", "unit label level code edition share event date act"),
    "/api/units/{edition}/{code}/predecessors": ("on", "unit label level code edition share event date act"),
    "/api/units/{edition}/{code}/clusters": ("year", "cluster clusterLabel year role source"),
    "/api/officials": ("q unit on", "person personLabel post postLabel organisationLabel unit unitLabel asOf"),
    "/api/officials/{key}/posts": (
        "",
        "post postLabel organisationLabel unitLabel attestedFrom attestedTo source",
    ),
    "/api/movements": ("q year", "movement key label kind broader launchedByLabel years"),
    "/api/movements/{key}/participants": ("year", "cluster clusterLabel year source"),
    "/api/awards": (
        "year form recipient status q",
        "award formLabel recipient recipientLabel recipientCount status authorityLabel year source",
    ),
    "/api/figures": ("cluster unit year q", "subjectLabel measureLabel value unitOfMeasure period source"),
    "/api/sources": ("q", "source title publisherLabel date url"),
    "/api/sources/{key}/statements": ("q", "subjectLabel propertyLabel objectLabel certainty place"),
    "/api/search": ("q kind", "iri label kind matched score"),
}


@pytest.mark.parametrize("path", PROMISED)
def test_what_the_interface_promises_is_there(path):
    (query,) = [query for query in catalogue() if query.path == path]
    params, columns = (text.split() for text in PROMISED[path])
    assert set(params) <= {param.name for param in query.params}
    assert [column.name for column in query.columns][: len(columns)] == columns


@QUERIES
def test_the_example_answers_the_expected_rows_in_the_synthetic_country(query):
    assert table(query) == expected(query).read_text(encoding="utf-8"), "python -m tests.country writes them anew"


@QUERIES
def test_the_file_runs_as_it_stands_and_returns_a_row(query):
    assert list(store().query(query.text, use_default_graph_as_union=True))


@pytest.fixture(scope="module")
def elsewhere():
    """The country in another engine than ours."""
    found = rdflib.Dataset(default_union=True)
    for path in sorted(COUNTRY.glob("*.trig")):
        found.parse(path, format="trig")
    for path in ontology_files():
        found.graph(rdflib.URIRef(f"{catalogue().base}graph/ontology")).parse(path, format="turtle")
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@QUERIES
def test_another_engine_answers_the_same_in_the_same_order(query, elsewhere):
    text = bind(query, query.example).text
    ours = [[row.get(column.name, {}).get("value", "") for column in query.columns] for row in select(text)]
    assert [["" if term is None else str(term) for term in row] for row in elsewhere.query(text)] == ours


@QUERIES
def test_the_public_endpoint_would_take_the_file_too(query):
    assert guard.read(query.body).form == "SELECT"


@QUERIES
def test_no_two_rows_are_equal_in_what_they_are_ordered_by(query):
    order = query.text[query.text.rindex("ORDER BY") :]
    names = set(re.findall(r"\?(\w+)", order)) & {column.name for column in query.columns}
    found = [tuple(row.get(name, {}).get("value") for name in sorted(names)) for row in select(query.text)]
    assert len(set(found)) == len(found)


@QUERIES
def test_a_choice_offers_all_concepts_of_its_scheme_and_no_others(query):
    for param in query.params:
        if param.type in ("choice", "concept") and param.scheme:
            scheme = NamedNode(f"{catalogue().base}concept/{param.scheme}")
            found = {quad.subject.value for quad in store().quads_for_pattern(None, skos.inScheme, scheme)}
            assert found, param
            if param.values:
                assert set(param.values) == {iri.rpartition("/")[2] for iri in found}


@QUERIES
def test_the_file_reads_well(query):
    lines = query.text.splitlines()
    assert not any(line.rstrip() != line for line in lines)
    assert all(len(line) <= 140 for line in lines if not line.startswith("#+"))


def test_every_expected_file_has_its_query():
    assert {path.stem for path in (ROOT / "tests" / "expected").glob("*.csv")} == set(catalogue().names)


def test_the_chapter_on_the_queries_is_that_of_the_files():
    made = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
    assert made == markdown(catalogue()), "python -m service.handbook > docs/queries.md"


def test_a_name_that_is_no_query_is_told_with_those_that_are_near():
    with pytest.raises(UsageError, match="leaders"):
        catalogue()["leader"]


def test_iris_move_to_another_base():
    moved = Catalogue.read("https://example.org/td/")
    assert all("w3id.org/thidua" not in query.text for query in moved)
    assert "<https://example.org/td/def#>" in moved["units"].text


def test_every_query_knows_the_language():
    assert all(LANG in query.params for query in catalogue())


SOUND = """#+ path: /api/things/{key}
#+ summary: {vi: "Vật", en: "Things"}
#+ budget: 50 ms
#+ params:
#+   key: {type: iri, kinds: [cluster], vi: "Mã", en: "Key"}
#+   year: {type: year, vi: "Năm", en: "Year"}
#+ columns:
#+   thing: {type: iri, vi: "Vật", en: "Thing"}
#+ example: {key: a}

SELECT ?thing WHERE {
  VALUES ?_key { <urn:x> }
  VALUES ?_year { UNDEF }
  ?thing ?p ?_key .
  FILTER(!BOUND(?_year) || ?p = ?_year)
}
ORDER BY ?thing
"""

FAULTS = {
    "a parameter without its VALUES": ("  VALUES ?_year { UNDEF }\n", ""),
    "these VALUES belong to no parameter": ("?_year { UNDEF }", "?_yeer { UNDEF }"),
    "an optional parameter stands open": ("?_year { UNDEF }", "?_year { 2017 }"),
    "selects": ("SELECT ?thing WHERE", "SELECT ?thing ?p WHERE"),
    "not SPARQL": ("?thing ?p ?_key .", "?thing ?p"),
    "a total order": ("ORDER BY ?thing\n", ""),
    "take LIMIT and OFFSET out": ("ORDER BY ?thing\n", "ORDER BY ?thing LIMIT 10\n"),
    "a path begins with /api/": ("/api/things/{key}", "/things/{key}"),
    "the path holds what is no parameter": ("/api/things/{key}", "/api/things/{key}/{kee}"),
    "unknown type of parameter": ("type: year", "type: yeer"),
    "unknown type of column": ('{type: iri, vi: "Vật"', '{type: irri, vi: "Vật"'),
    "words are needed in vi and en": (', en: "Things"', ""),
    "the front matter lacks an entry": ('#+ summary: {vi: "Vật", en: "Things"}\n', ""),
    "a budget is milliseconds": ("50 ms", "50 s"),
    "lacks an entry: 'budget'": ("#+ budget: 50 ms\n", ""),
    "unknown entry in the front matter": ("#+ example", "#+ examples: {}\n#+ example"),
    "the front matter is not YAML": ("#+ columns:", "#+ columns"),
    "the example lacks a required parameter": ("#+ example: {key: a}", "#+ example: {year: 2017}"),
    "the example names no parameter": ("#+ example: {key: a}", "#+ example: {key: a, month: 1}"),
    "parameter year": ("type: year,", "type: year, tpye: year,"),
}


def _file(tmp_path, text, name="things.rq"):
    path = tmp_path / "things" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_pattern_of_the_faults_is_sound(tmp_path):
    query = read_query(_file(tmp_path, SOUND))
    assert (query.name, query.group, [slot.param for slot in query.template.slots]) == (
        "things",
        "things",
        ["key", "year"],
    )


@pytest.mark.parametrize("message", FAULTS)
def test_a_file_that_contradicts_itself_is_refused(tmp_path, message):
    old, new = FAULTS[message]
    assert SOUND.count(old) == 1
    with pytest.raises(SourceError, match=re.escape(message)) as refused:
        read_query(_file(tmp_path, SOUND.replace(old, new)))
    assert "things.rq" in str(refused.value)


LONG = """#+ path: /api/things
#+ summary: {vi: "Vật", en: "Things"}
#+ budget: 50 ms
#+ about: thing
#+ columns:
#+   thing: {type: iri, vi: "Vật", en: "Thing"}
#+   label: {type: string, vi: "Tên", en: "Name"}

SELECT DISTINCT ?thing ?label
WHERE {
  VALUES ?thing { UNDEF }
  ?thing a ?class .
  # Beside a row:
  OPTIONAL { ?thing ?called ?label }
}
ORDER BY ?class ?thing
"""
SHORTENED = {
    "above a line": ("  # Beside a row:\n", ""),
    "ordered by what stands beside them": ("ORDER BY ?class", "ORDER BY ?label"),
    "a parameter without its VALUES": ("  VALUES ?thing { UNDEF }\n", ""),
    "an optional parameter stands open": ("?thing { UNDEF }", "?thing { <urn:x> }"),
}


def test_the_keys_of_a_long_list_are_asked_without_what_stands_beside_them(tmp_path):
    query = read_query(_file(tmp_path, LONG))
    assert query.keys.columns == ("thing",)
    asked = bind(query, {}).keys(10)
    assert "SELECT DISTINCT ?thing WHERE" in asked
    assert "?label" not in asked.partition("SELECT")[2]


@pytest.mark.parametrize("message", SHORTENED)
def test_a_long_list_that_cannot_be_asked_by_its_keys_is_refused(tmp_path, message):
    with pytest.raises(SourceError, match=re.escape(message)):
        read_query(_file(tmp_path, LONG.replace(*SHORTENED[message])))


KNOWN = (
    LONG.replace(
        "#+ columns:",
        '#+ params:\n#+   year: {type: year, by: "?thing ^?x/td:year ?_year", vi: "Năm", en: "Year"}\n#+ columns:',
    )
    .replace("#+   label: {type: string,", "#+   label: {type: string, by: year,")
    .replace("{ ?thing ?called ?label }", "{ VALUES ?_known { UNDEF } FILTER(!BOUND(?_known)) ?thing ?called ?label }")
    .replace("  ?thing a ?class .", "  VALUES ?_year { UNDEF }\n  ?thing a ?class .")
)
UNKNOWN = {
    "no order knows this column: 'label'": ("by: year", "by: month"),
    "no order knows this column: 'label' ": ('"?thing ^?x/td:year ?_year"', '"?class"'),
    "a parameter without its VALUES: 'known'": ("VALUES ?_known { UNDEF } ", ""),
    "these VALUES belong to no parameter": ("string, by: year", "string"),
}


def test_a_column_that_an_order_knows_is_not_asked_for(tmp_path):
    query = read_query(_file(tmp_path, KNOWN))
    assert [column.name for column in query.known] == ["label"]
    assert "VALUES ?_known { UNDEF }" in bind(query, {}).text
    assert "VALUES ?_known { true }" in re.sub(r'"true"\^\^<[^>]*>', "true", bind(query, {}).spared.text)


@pytest.mark.parametrize("message", UNKNOWN)
def test_a_column_that_no_order_can_know_is_refused(tmp_path, message):
    old, new = UNKNOWN[message]
    assert KNOWN.count(old) == 1
    with pytest.raises(SourceError, match=re.escape(message.strip())):
        read_query(_file(tmp_path, KNOWN.replace(old, new)))


def test_two_queries_with_one_address_are_refused(tmp_path):
    files = [_file(tmp_path, SOUND), _file(tmp_path, SOUND, "others.rq")]
    with pytest.raises(SourceError, match="two queries have this path"):
        Catalogue.read(files=files)
