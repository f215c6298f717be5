"""Conditions of a request (RFC 9110, 13): who has an answer is told so, and nobody is told so of an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.house import House, house

UNANSWERABLE = quote("SELECT ?s ?p (COUNT(*) AS ?n) {?s ?p ?o} GROUP BY ?s")
RANDOM = quote("SELECT (RAND() AS ?x) {}")
ERRORS = {
    "/api/clusters/nothing": 404,
    "/api/units/2004/999999": 404,
    "/api/units?parent=2004/nothing": 404,
    "/browse/nothing": 404,
    "/browse/clusters?page=999": 404,
    "/releases/RELEASE/api/clusters/nothing": 404,
    "/releases/RELEASE/browse/nothing": 404,
    "/releases/nothing/api/clusters": 404,
    "/dumps/nothing": 404,
    "/doc/unit/2004/999999": 404,
    "/sitemap-9.xml": 404,
    "/search?q=%21%21": 422,
    "/search?q=a&page=0": 422,
    "/browse/clusters?page=0": 422,
    "/suggest?kind=zz&q=a": 422,
    f"/sparql?query={UNANSWERABLE}": 400,
    f"/releases/RELEASE/sparql?query={UNANSWERABLE}": 400,
}
ACCEPTED = ("*/*", "text/html")
ANSWERS = (
    "/",
    "/api/clusters",
    "/browse/clusters",
    "/doc/unit/2004/182",
    "/releases",
    "/releases/RELEASE/api/clusters",
    "/search?q=lang",
    "/sparql",
    "/sparql?query=ASK%7B%7D",
    f"/sparql?query={RANDOM}",
    "/suggest?q=lang",
)


@pytest.fixture(scope="module", params=["a teller first", "the application alone"])
def served(published: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    with house(published, door=request.param == "a teller first", rate_limit=()) as found:
        yield found


def ask(served: House, address: str, method: str = "GET", **headers: str) -> httpx.Response:
    """The answer to a request of the address, in which RELEASE stands for the published one."""
    version = served.follower.now().release.version
    return served.client.request(method, address.replace("RELEASE", version), headers=headers)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("address", ERRORS)
def test_an_error_is_not_said_to_be_unchanged(served: House, address: str, method: str) -> None:
    for accept in ACCEPTED:
        # A browser is shown the query, which is no error.
        if accept == "*/*" or "query=" not in address:
            answer = ask(served, address, method, **{"Accept": accept, "If-None-Match": "*"})
            assert answer.status_code == ERRORS[address]


@pytest.mark.parametrize("address", ERRORS)
def test_an_error_has_no_tag_and_is_kept_by_nobody(served: House, address: str) -> None:
    for accept in ACCEPTED:
        if accept == "*/*" or "query=" not in address:
            answer = ask(served, address, Accept=accept)
            assert answer.status_code == ERRORS[address]
            assert "etag" not in answer.headers
            assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("address", ANSWERS)
def test_who_wants_nothing_that_is_there_gets_no_answer(served: House, address: str, method: str) -> None:
    # A wish that no other test has: the first is answered anew, the second perhaps from what is kept.
    for _ in range(2):
        none = ask(served, address, method, **{"Accept-Language": f"en, {method.lower()};q=0.1", "If-None-Match": "*"})
        assert (none.status_code, none.content) == (304, b"")
        assert "content-type" not in none.headers
    there = ask(served, address, method, **{"Accept-Language": f"en, {method.lower()};q=0.1"})
    for name in ("etag", "cache-control", "vary", "content-location"):
        assert none.headers.get(name) == there.headers.get(name)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("coding", ["identity", "br"])
@pytest.mark.parametrize("address", [address for address in ANSWERS if RANDOM not in address])
def test_who_wants_only_the_answer_that_he_knows_gets_no_other(
    served: House, address: str, coding: str, method: str
) -> None:
    as_usual = {"Accept-Language": f"en, {coding};q=0.2", "Accept-Encoding": coding}
    there = ask(served, address, method, **as_usual)
    # Once more: the second may be one that is kept.
    for _ in range(2):
        for known in (there.headers["etag"], f'"other", {there.headers["etag"]}', "*"):
            same = ask(served, address, method, **as_usual, **{"If-Match": known})
            assert (same.status_code, same.content) == (200, there.content)
        for known in ('"other"', f"W/{there.headers['etag']}", ""):
            # What else the client has does not matter.
            other = ask(served, address, method, **as_usual, **{"If-Match": known, "If-None-Match": "*"})
            assert (other.status_code, other.headers["content-type"]) == (412, "application/problem+json")
            assert "etag" not in other.headers


@pytest.mark.parametrize("address", ERRORS)
def test_an_error_is_told_to_who_wants_what_he_knows(served: House, address: str) -> None:
    assert ask(served, address, Accept="*/*", **{"If-Match": '"other"'}).status_code == ERRORS[address]


def query(served: House, content: str, kind: str = "application/sparql-query", **headers: str) -> httpx.Response:
    """The answer to a request by the method QUERY."""
    return served.client.request(
        "QUERY", "/sparql", content=content.encode(), headers={"Content-Type": kind, "Accept": "text/csv", **headers}
    )


@pytest.mark.parametrize("coding", ["identity", "br"])
def test_who_has_the_answer_to_a_query_is_told_so(served: House, coding: str) -> None:
    asked = "SELECT ?s { ?s a ?t } ORDER BY ?s"
    there = query(served, asked, **{"Accept-Encoding": coding})
    assert there.headers["cache-control"] == "public, no-cache"
    for known in (there.headers["etag"], f'"other", W/{there.headers["etag"]}', "*"):
        same = query(served, asked, **{"Accept-Encoding": coding, "If-None-Match": known})
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["vary"] == there.headers["vary"]
    for known, status in ((there.headers["etag"], 200), ("*", 200), ('"other"', 412)):
        assert query(served, asked, **{"Accept-Encoding": coding, "If-Match": known}).status_code == status


def test_each_query_has_a_tag_of_its_own(served: House) -> None:
    form = "application/x-www-form-urlencoded"
    answers = [
        query(served, "ASK {}"),
        query(served, "ASK { }"),
        query(served, "query=ASK%20%7B%7D", form),
        query(served, "query=ASK%20%7B%7D&default-graph-uri=urn%3Anone", form),
        query(served, "ASK {}", Accept="text/tab-separated-values"),
        ask(served, "/sparql", Accept="text/csv"),
        ask(served, "/sparql?query=ASK%7B%7D", Accept="text/csv"),
    ]
    tags = [answer.headers["etag"] for answer in answers if answer.status_code == 200]
    assert len(tags) == len(set(tags)) > 5
    assert query(served, "ASK { ?s ?p ?o }", **{"If-None-Match": ", ".join(tags)}).status_code == 200


def test_no_two_answers_to_what_differs_every_time_are_the_same(served: House) -> None:
    answer = query(served, "SELECT (RAND() AS ?x) {}")
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_an_error_of_a_query_is_told_whatever_is_known(served: House) -> None:
    for headers in ({"If-None-Match": "*"}, {"If-Match": '"other"'}):
        assert query(served, "ASK {", **headers).status_code == 400


def test_a_query_in_a_body_is_answered_whatever_is_there(served: House) -> None:
    answer = served.client.post("/sparql", data={"query": "ASK {}"}, headers={"If-None-Match": "*"})
    assert answer.json()["boolean"] is True
