"""The pages of search: they need no script, lead where they say, and never fail for what somebody types."""

import datetime
import re
import unicodedata
from html import unescape
from urllib.parse import urlencode

import pytest

from loaders.namespaces import BASE
from loaders.release import pointer
from tests import tiny
from tests.house import house
from tests.test_search import quads

PAGE = {"Accept": "text/html", "Accept-Language": "vi"}
HREF = re.compile(r'<a href="([^"]*)"[^>]*>([^<]*)</a>')


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    releases = tmp_path_factory.mktemp("releases")
    pointer.publish(releases, tiny.release(releases, quads()).version, now=datetime.datetime.now(datetime.UTC))
    with house(releases) as service:
        yield service.client


def page(client, address, **parameters):
    answer = client.get(address, params=parameters or None, headers=PAGE)
    assert answer.status_code == 200, answer.text
    return answer.text


def links(text):
    return [(unescape(href), unescape(words)) for href, words in HREF.findall(text)]


def test_a_page_of_findings_says_which_they_are_and_what_they_are_today(client):
    text = page(client, "/search", q="huyen dinh lap mau")
    assert ("/doc/unit/2004/189", "Huyện Đình Lập Mẫu") in links(text)
    assert ("/doc/unit/2004/20", "Tỉnh Lạng Mẫu") in links(text)
    assert ("/doc/unit/2025/06613", "Xã Đình Lập Mẫu") in links(text)
    assert "đến hết 30/6/2025" in text


def test_a_former_name_is_named(client):
    assert "theo tên “Huyện Lộc Cũ”" in page(client, "/search", q="huyen loc cu")


def test_facets_narrow_without_a_script_and_let_go_again(client):
    text = page(client, "/search", q="mau")
    narrow = next(href for href, words in links(text) if words == "Cán bộ")
    people = page(client, narrow)
    assert ("/doc/person/bcbspuqy", "Nguyễn Văn Mẫu") in links(people)
    assert "/doc/unit/2004/189" not in people.split("results")[1].split("</ol>")[0].split("Nguyễn")[0]
    assert ("/search?q=mau", "Cán bộ") in links(people)


def test_what_was_made_up_is_not_carried_into_every_link(client):
    made_up = {f"made-up-{at}": 1 for at in range(50)}
    text = page(client, "/search", q="mau", lang="vi", **made_up)
    # The other language is of this very address, once.
    assert text.count("made-up-49") <= 1
    assert ("/search?q=mau&kind=person&lang=vi", "Cán bộ") in links(text)


def test_pages_follow_each_other(client):
    first = page(client, "/search", q="mau")
    following = next(href for href, words in links(first) if words.startswith("Trang sau"))
    second = page(client, following)
    assert following == "/search?q=mau&page=2"
    assert not {href for href, _ in links(first.split('class="results"')[1])} >= {
        href for href, _ in links(second.split('class="results"')[1]) if href.startswith("/doc/")
    }


@pytest.mark.parametrize(
    "typed", ['"', "*", "NEAR(", "-", "a AND", "'; DROP TABLE", "<script>x</script>", "a\x00b", "%"]
)
def test_whatever_is_typed_has_a_page(client, typed):
    answer = client.get("/search", params={"q": typed}, headers=PAGE)
    assert answer.status_code in (200, 422)
    assert "<script>x" not in answer.text
    assert '<form class="find"' in answer.text


@pytest.mark.parametrize(("typed", "told"), [("🙂", "ít nhất một chữ"), ("x" * 10_000, "Nhiều nhất 300")])
def test_what_cannot_be_looked_for_is_told(client, typed, told):
    answer = client.get("/search", params={"q": typed}, headers=PAGE)
    assert answer.status_code == 422
    assert told in answer.text


def test_nothing_found_does_not_mean_that_there_is_none(client):
    assert "không có nghĩa là không có" in page(client, "/search", q="khong co gi ten nhu vay")


@pytest.mark.parametrize("wrong", ["kind=x", "year=x", "page=0", "page=x"])
def test_a_value_that_narrows_nothing_is_refused(client, wrong):
    assert client.get(f"/search?q=mau&{wrong}").status_code == 422


@pytest.mark.parametrize("typed", ["dinh lap", "Đình Lập", unicodedata.normalize("NFD", "Đình Lập"), "ĐÌNH L"])
def test_names_are_suggested_while_somebody_types(client, typed):
    body = client.get("/suggest", params={"q": typed, "lang": "vi"}).json()
    assert body["suggestions"][0] == {
        "iri": f"{BASE}id/unit/2004/189",
        "address": "/doc/unit/2004/189",
        "label": "Huyện Đình Lập Mẫu",
        "kind": "unit",
        "kindLabel": "đơn vị hành chính",
        "beside": ["Tỉnh Lạng Mẫu"],
        "when": "đến hết 30/6/2025",
        "called": None,
    }
    assert len(body["suggestions"]) <= 8


def test_what_stands_around_a_name_is_suggested_when_no_name_fits(client):
    labels = [each["label"] for each in client.get("/suggest", params={"q": "dinh lap mau lang"}).json()["suggestions"]]
    assert labels[0] == "Huyện Đình Lập Mẫu"
    called = client.get("/suggest", params={"q": "loc mau", "limit": 20}).json()["suggestions"]
    everything = client.get("/api/search", params={"q": "loc mau"}).json()["rows"]
    assert {each["iri"] for each in called} == {row["iri"] for row in everything if row["score"] >= 0.5}


def test_suggestions_are_of_a_kind_and_as_many_as_asked(client):
    body = client.get("/suggest", params={"q": "mau", "kind": "cluster", "limit": 1}).json()
    assert [each["kind"] for each in body["suggestions"]] == ["cluster"]
    assert client.get("/suggest", params={"q": ""}).json()["suggestions"] == []
    assert client.get("/suggest", params={"q": "mau", "limit": 99}).status_code == 422
    assert client.get("/suggest", params={"q": "x" * 301}).status_code == 422


def test_suggestions_are_kept_until_the_next_release(client):
    first = client.get("/suggest", params={"q": "lang"})
    again = client.get("/suggest", params={"q": "lang"}, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_every_list_is_there_and_leads_to_things(client):
    lists = [href for href, _ in links(page(client, "/browse")) if href.startswith("/browse/")]
    lists += re.findall(r'href="(/browse/[a-z]+)"', page(client, "/browse"))
    assert {"/browse/clusters", "/browse/conferences", "/browse/officials", "/browse/units"} <= set(lists)
    for address in set(lists) - {"/browse/units"}:
        things = [href for href, _ in links(page(client, address)) if href.startswith("/doc/")]
        assert things, address
        assert client.get(things[0], headers=PAGE).status_code == 200


def test_units_are_listed_by_province_and_level(client):
    provinces = {words: href for href, words in links(page(client, "/browse/units"))}
    inside = page(client, provinces["Lạng Mẫu"])
    assert ("/doc/unit/2004/189", "Huyện Đình Lập Mẫu") in links(inside)
    levels = {words: href for href, words in links(inside)}
    assert "/doc/unit/2004/06613" not in page(client, levels["Cấp huyện"]).split("nay là")[0]
    assert client.get("/browse/units?province=nowhere").status_code == 404
    assert client.get("/browse/nothing").status_code == 404
    assert client.get("/browse/clusters?page=9").status_code == 404


def test_the_home_page_answers_three_questions_and_searches(client):
    text = page(client, "/")
    assert text.count('<form class="find"') == 1
    assert text.count("<section>") == 3
    assert ("/doc/unit/2025/01936", "Xã Nà Mẫu") in links(text) or "Bản này chưa biết" in text
    assert 'href="/browse/clusters"' in text


@pytest.mark.parametrize("address", ["/", "/browse", "/docs", "/search", "/api", "/doc/unit/2004/189"])
def test_every_page_has_one_search_form_with_a_label(client, address):
    text = page(client, address)
    (form,) = re.findall(r'<form class="find".*?</form>', text, re.DOTALL)
    (name,) = re.findall(r'<input id="([^"]+)"', form)
    assert f'<label for="{name}"' in form
    assert '<script src="/static/suggest.js" defer></script>' in text


def test_the_language_that_was_asked_for_is_kept(client):
    text = client.get(f"/search?{urlencode({'q': 'mau', 'lang': 'en'})}", headers={"Accept": "text/html"}).text
    assert '<input type="hidden" name="lang" value="en">' in text
    assert all("lang=en" in href for href, words in links(text) if words in ("Officials", "Clusters and blocs"))


def test_search_engines_are_kept_from_questions(client):
    assert "Disallow: /search?" in client.get("/robots.txt").text
    assert 'content="noindex"' in page(client, "/search", q="mau")
