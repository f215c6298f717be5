"""Parameters: what callers give becomes a term, or is refused; it never becomes part of a query."""

from __future__ import annotations

import json
import unicodedata

import pytest
from pyoxigraph import Literal, NamedNode

from loaders.resources import ROOT
from service.binding import MissingParameter, UnknownParameter, WrongValue, bind, read
from service.query import Param, Words
from tests.country import ask, catalogue, store

BASE = "https://w3id.org/thidua/"
WORDS = Words("", "")


def value(type, text, **more):
    """The terms that a value of a type stands for."""
    return read(Param("x", type, WORDS, **more), text)


def test_a_key_and_its_iri_are_the_same_thing():
    iri = f"{BASE}id/cluster/bien-gioi-lang-son"
    assert value("iri", "bien-gioi-lang-son", kinds=("cluster",)) == [(NamedNode(iri),)]
    assert value("iri", iri, kinds=("cluster",)) == [(NamedNode(iri),)]


def test_a_key_that_could_be_of_several_kinds_is_looked_for_among_all():
    found = value("iri", "2004/25", kinds=("unit", "organisation"))
    assert [term.value for (term,) in found] == [f"{BASE}id/unit/2004/25", f"{BASE}id/organisation/2004/25"]


def test_an_iri_of_another_kind_is_refused():
    with pytest.raises(WrongValue, match="id/cluster/"):
        value("iri", f"{BASE}id/person/bcbspuqy", kinds=("cluster",))


@pytest.mark.parametrize("text", ["182", "2004", "2004/182/", "/", "2004//182", "tỉnh Lạng Sơn"])
def test_a_code_without_its_edition_is_no_unit(text):
    with pytest.raises(WrongValue, match="2004/182"):
        value("unit", text)


@pytest.mark.parametrize("text", ["17", "20177", "2017.0", "２０１７", "+2017", "2017 1", "năm", "1e3", "-2017"])
def test_what_is_no_year_is_refused(text):
    with pytest.raises(WrongValue, match="a year"):
        value("year", text)


@pytest.mark.parametrize("text", ["2017", "2017-7-1", "2017-02-29", "14/07/2017", "2017-07-14T00:00:00", "0000-01-01"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(WrongValue, match="a day"):
        value("date", text)


@pytest.mark.parametrize(
    ("type", "text", "day"),
    [
        ("since", "2017", "2017-01-01"),
        ("until", "2017", "2017-12-31"),
        ("since", "2020-02", "2020-02-01"),
        ("until", "2020-02", "2020-02-29"),
        ("until", "2017-12", "2017-12-31"),
        ("until", "2017-07-14", "2017-07-14"),
    ],
)
def test_a_year_or_month_reaches_from_its_first_day_to_its_last(type, text, day):
    ((found,),) = value(type, text)
    assert (found.value, found.datatype.value) == (day, "http://www.w3.org/2001/XMLSchema#date")


def test_a_choice_is_a_concept_of_its_scheme():
    ((found,),) = value("choice", "cum", scheme="cluster-kind", values=("cum", "khoi"))
    assert found.value == f"{BASE}concept/cluster-kind/cum"
    with pytest.raises(WrongValue, match="cum, khoi"):
        value("choice", "cụm", scheme="cluster-kind", values=("cum", "khoi"))


@pytest.mark.parametrize(
    "text",
    ["Đình Lập", "dinh lap", "  ĐÌNH   LẬP ", unicodedata.normalize("NFD", "Đình Lập"), "đình-lập", "Đình, Lập."],
)
def test_a_name_is_the_same_however_it_is_typed(text):
    ((key, _, first, second, *rest),) = value("search", text)
    assert (key.value, first.value, second.value) == ("dinh lap", " dinh", " lap")
    assert {term.value for term in rest} == {" "}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("H. Đình Lập", "huyen dinh lap"),
        ("TP Bắc Kạn", "thanh pho bac kan"),
        ("TX. Phú Thọ", "thi xa phu tho"),
        ("UBND tỉnh", "uy ban nhan dan tinh"),
        ("TĐKT", "thi dua khen thuong"),
        ("MTTQ", "mat tran to quoc"),
        ("Hoà Bình", "hoa binh"),
        ("Hòa Bình", "hoa binh"),
    ],
)
def test_abbreviations_and_tones_make_no_difference(text, key):
    assert value("search", text)[0][0].value == key


def test_more_than_eight_words_stay_in_their_order():
    ((_, _, *words),) = value("search", "một hai ba bốn năm sáu bảy tám chín mười")
    assert words[-1].value == " tam chin muoi"


@pytest.mark.parametrize("text", ["", "  ", "…", "?!", "'\"", "·"])
def test_a_search_for_no_letter_is_not_a_search_for_everything(text):
    with pytest.raises(WrongValue, match="letter or digit"):
        value("search", text)


def test_a_parameter_that_does_not_exist_is_told_with_those_that_do():
    with pytest.raises(UnknownParameter) as refused:
        bind(catalogue()["leaders"], {"key": "a", "year": "2017"})
    assert refused.value.available == ["key", "from", "to", "lang"]


def test_what_must_be_given_must_be_given():
    with pytest.raises(MissingParameter, match="key"):
        bind(catalogue()["leaders"], {})


def test_an_empty_field_of_a_form_is_not_given():
    assert bind(catalogue()["clusters"], {"q": "", "year": ""}).values == {"lang": "vi"}


def test_a_name_with_marks_comes_before_one_that_only_folds_to_the_same():
    found = [row["label"] for row in ask("units", q="thị trấn")]
    assert found[0].startswith("Thị trấn")


HOSTILE = [
    *json.loads((ROOT / "tests" / "fixtures" / "hostile.json").read_text(encoding="utf-8")),
    *("a" * 301, "a" * 100_000, "đ" * 200, "2004/" + "1" * 250, unicodedata.normalize("NFD", "Đình Lập")),
]


@pytest.mark.parametrize("query", catalogue().queries, ids=lambda query: query.name)
def test_no_value_becomes_part_of_a_query(query):
    """Whatever is given, the query keeps its shape: refused, or the same text with other terms in the same rows."""
    for param in query.params:
        for text in HOSTILE:
            try:
                bound = bind(query, {**query.example, param.name: text})
            except (WrongValue, MissingParameter):
                continue
            _same_shape(query, bound)
            store().query(bound.page(1), use_default_graph_as_union=True)
            store().query(bound.count, use_default_graph_as_union=True)


def _same_shape(query, bound):
    rest = bound.text
    for part in query.template.parts[:-1]:
        assert rest.startswith(part)
        rest = rest[len(part) :]
        rest = rest[_terms(rest) :]
    assert rest == query.template.parts[-1]


def _terms(text):
    """The length of the row at the beginning of a text: terms alone, up to the brace that ends it."""
    at = 0
    while text[at] != "}":
        if text[at] == "<":
            end = text.index(">", at)
            assert not set(text[at + 1 : end]) & set('<"{}|^`\\ \n')
            at = end
        elif text[at] == '"':
            at += 1
            while text[at] != '"':
                at += 2 if text[at] == "\\" else 1
        else:
            assert text[at] in " ()^" or text[at].isalnum(), text[at]
        at += 1
    return at


def test_a_literal_is_written_as_the_engine_reads_it():
    for text in HOSTILE:
        if "\udc80" not in text:
            (row,) = store().query(f"SELECT ?x {{ VALUES ?x {{ {Literal(text)} }} }}")
            assert row["x"] == Literal(text)
