"""What clients ask for and what they get: RFC 9110, 12.5.1, with the headers of real ones."""

from __future__ import annotations

import pytest

from service import negotiation
from service.negotiation import GRAPHS, HTML, RESULTS, Format, choose, prefers
from service.problems import Problem

JSON, XML, CSV, TSV = (form.media for form in RESULTS)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
JENA = (
    "application/sparql-results+json, application/sparql-results+xml;q=0.9, text/tab-separated-values;q=0.7, "
    "text/csv;q=0.5, application/json;q=0.2, application/xml;q=0.2, */*;q=0.1"
)
RAPPER = "application/rdf+xml, text/rdf;q=0.6, text/turtle, application/x-turtle;q=0.8, */*;q=0.1"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", CSV),
        (f"{XML};q=0.1, {JSON};q=0.9", JSON),
        (f"{XML};q=0.9, {JSON};q=0.1", XML),
        (f"{JSON};q=0, */*", XML),
        (f"*/*;q=0.1, {CSV}", CSV),
        (f"{CSV}, */*", CSV),
        (JSON.upper(), JSON),
        (f"{TSV}; charset=utf-8", TSV),
        ("application/json", "application/json"),
        ("application/xml, application/json;q=0.5", "application/xml"),
        (JENA, JSON),
        (BROWSER, "application/xml"),
        (f"a/b;q=x, {TSV}", TSV),
        (",,,", JSON),
        ("*", JSON),
        ("/", JSON),
        ("*/json", JSON),
        ("text/*;q=2", JSON),
        ("a" * 4000, JSON),
    ],
)
def test_a_client_gets_the_rows_it_likes_best(accept: str | None, media: str) -> None:
    assert choose(accept, RESULTS).media == media


def test_a_name_counts_more_than_the_header() -> None:
    assert choose("text/csv", RESULTS, "xml").media == XML
    assert choose(None, GRAPHS, "application/ld json").media == "application/ld+json"
    assert choose(None, GRAPHS, " TTL").media == "text/turtle"


def test_real_clients_get_graphs() -> None:
    assert choose(RAPPER, GRAPHS).media == "text/turtle"
    assert choose("application/n-triples,text/turtle;q=0.9", GRAPHS).media == "application/n-triples"
    assert choose("application/ld+json;profile=x, application/json;q=0.5", GRAPHS).media == "application/ld+json"


@pytest.mark.parametrize(("accept", "name"), [("image/png", None), (f"{JSON};q=0, text/html", None), ("*/*", "png")])
def test_what_is_not_there_is_told_with_what_is(accept: str, name: str | None) -> None:
    with pytest.raises(Problem) as told:
        choose(accept, RESULTS, name)
    assert told.value.status == 406
    assert told.value.more["available"][0] == {"media": JSON, "format": "json"}  # type: ignore[index]


def test_a_browser_and_only_a_browser_is_told_in_html() -> None:
    assert prefers(BROWSER, "text/html", over="application/json")
    for accept in (None, "*/*", "application/json", "application/problem+json", "text/html;q=0.5, application/json"):
        assert not prefers(accept, "text/html", over="application/json")


def test_the_earlier_of_two_that_a_client_likes_alike_is_taken() -> None:
    assert choose("*/*", [HTML, *RESULTS]).format == HTML
    assert choose("*/*", [Format("x/y", ("y",)), HTML]).media == "x/y"


def test_nobody_waits_while_a_header_without_end_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read, wish = [], negotiation._wish
    monkeypatch.setattr(negotiation, "_wish", lambda part: read.append(part) or wish(part))
    assert choose("text/csv;q=0.5," + "a/b," * 15_000 + "text/csv", RESULTS).media == "text/csv"
    assert len(read) < 5000


def test_what_is_said_twice_counts_as_it_was_said_first() -> None:
    accept = "text/csv;q=0.1, application/json;q=0.5, text/csv, */*;q=0.2, */*"
    assert choose(accept, RESULTS).media == "application/json"
    assert choose("text/*;q=0.3, text/csv;q=0.2, */*;q=0.1", RESULTS).media == "text/tab-separated-values"
