"""Every page of a thing says which release it shows, who says what, and how to have it otherwise."""

import re
import threading
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import Literal, NamedNode, Quad

from loaders.namespaces import entity, graph, rdf, rdfs, td, text, xsd
from loaders.release import pointer
from loaders.settings import Settings
from service import engine, entities
from service.app import create_app
from service.pages import statements
from service.pages.kinds import KINDS
from service.pages.sketch import SINGLE
from tests import tiny
from tests.country import catalogue
from tests.reading import Reading

THINGS = {
    "cluster": "cluster/bien-gioi-lang-son",
    "unit": "unit/2004/182",
    "person": "person/uyyiwlo4",
    "conference": "conference/van-hoa-xa-hoi-bac-kan-2020-01-08",
    "movement": "movement/lang-son-cung-ca-nuoc-chung-suc-xay-dung-nong-thon-moi",
    "award": "award/co-truong-nghe-2019",
    "source": "source/s4",
    "organisation": "organisation/truong-cao-dang-nghe-dan-toc-noi-tru-bac-kan",
    "emulation-unit": "emulation-unit/2004-188",
    "post": "post/pho-chu-tich-ubnd-tinh-bac-kan",
}


def read(client, stem, lang="vi"):
    answer = client.get(f"/doc/{stem}", params={"lang": lang}, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return Reading(answer.text)


@pytest.fixture(params=[(stem, lang) for stem in THINGS.values() for lang in ("vi", "en")], ids="-".join)
def page(request, country_client):
    return read(country_client, *request.param)


def test_a_page_can_be_read_by_its_headings_and_tables(page):
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels)), page.headings
    assert page.classed("witness") or page.classed("about")
    tags = [tag for tag, _ in page.elements]
    assert tags.count("caption") == tags.count("table")
    assert all(attrs.get("scope") in ("row", "col") for tag, attrs in page.elements if tag == "th")
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_a_page_runs_and_styles_nothing_of_its_own(page):
    assert {type_ for type_, text in page.scripts if text.strip()} == {"application/ld+json"}
    assert not [attrs for _, attrs in page.elements if "style" in attrs or any(name.startswith("on") for name in attrs)]
    loaded = [attrs.get("src") or attrs.get("href") for tag, attrs in page.elements if tag in ("script", "link", "img")]
    assert all(address is None or address.startswith("/") for address in loaded)


def test_a_screen_reader_speaks_vietnamese_names_in_an_english_page_as_vietnamese(country_client):
    stem = THINGS["conference"]
    for lang, spoken in (("en", "vi"), ("vi", None)):
        page = read(country_client, stem, lang)
        assert next(attrs.get("lang") for tag, attrs in page.elements if tag == "h1") == spoken
        cluster = f"/doc/cluster/van-hoa-xa-hoi-bac-kan?lang={lang}"
        named = [attrs for tag, attrs in page.elements if tag == "a" and attrs["href"] == cluster]
        assert {attrs.get("lang") for attrs in named} == {spoken}
    english = read(country_client, THINGS["cluster"], "en")
    kinds = [attrs for tag, attrs in english.elements if tag == "a" and attrs["href"].startswith("/doc/concept/")]
    assert kinds
    assert not [attrs for attrs in kinds if attrs.get("lang")], "these have English names"


def test_a_witness_is_called_after_its_source_and_not_stated(country_client):
    (witness, *_) = (link for link in read(country_client, THINGS["cluster"]).links if link.startswith("/doc/witness/"))
    stem = urlsplit(witness).path.removeprefix("/doc/")
    for lang in ("vi", "en"):
        _, heading = read(country_client, stem, lang).headings[0]
        assert re.search(r"\w{4,}.*, \d+–\d+$", heading), heading


def test_a_link_is_there_that_will_say_the_same_next_year(country_client):
    for lang in ("vi", "en"):
        page = read(country_client, THINGS["cluster"], lang)
        (link,) = [link for link in page.links if re.match("/releases/[^/]+/doc/", link)]
        lasting = country_client.get(link, headers={"Accept": "text/html"})
        assert lasting.status_code == 200
        assert (
            link.split("/")[2] == re.search(r"release (\S+) \(", read(country_client, THINGS["cluster"], "en").text)[1]
        )
        assert Reading(lasting.text).headings[0] == page.headings[0]


def test_whoever_shares_a_page_shows_what_it_is_about_and_either_language_leads_to_the_other(country_client):
    stem = THINGS["cluster"]
    both = {lang: read(country_client, stem, lang) for lang in ("vi", "en")}
    for lang, page in both.items():
        metas = {
            each.get("name") or each.get("property"): each.get("content")
            for tag, each in page.elements
            if tag == "meta"
        }
        label = page.headings[0][1]
        assert metas["og:title"] == label
        assert metas["description"].startswith(label)
        assert metas["description"] == metas["og:description"]
        assert metas["og:locale"].startswith(lang)
        links = {each["hreflang"]: each["href"] for tag, each in page.elements if tag == "link" and "hreflang" in each}
        assert links == {"vi": f"/doc/{stem}?lang=vi", "en": f"/doc/{stem}?lang=en", "x-default": f"/doc/{stem}"}
    nothing = country_client.get("/doc/cluster/nothing", headers={"Accept": "text/html"})
    assert not [each for tag, each in Reading(nothing.text).elements if tag == "link" and "hreflang" in each]


def test_a_page_leads_to_no_unknown_thing_of_this_host(page, country_client):
    for link in {link.partition("#")[0] for link in page.links if link.startswith(("/doc/", "/def", "/api"))}:
        assert country_client.get(link, headers={"Accept": "text/html"}).status_code == 200, link


@pytest.fixture
def misled_client(tmp_path):
    """A client of a release that leads to what is no page, where the gate would not have let it through."""
    bad, script = NamedNode("javascript:alert(1)"), Literal("javascript:alert(2)", datatype=xsd.anyURI)
    article, thing, witness = entity("source", "s9"), entity("thing", "x"), entity("witness", "s9", "whole", "stated")
    said = [
        (article, rdf.type, td.Article),
        (article, rdfs.label, text("Bài")),
        (article, td.url, script),
        (witness, td.source, article),
        (thing, rdf.type, bad),
        (thing, bad, bad),
        (thing, rdfs.label, text("Tên")),
        (thing, td.attestedBy, witness),
    ]
    made = tiny.release(tmp_path, [Quad(*triple, graph("s9")) for triple in said])
    pointer.publish(tmp_path, made.version, now=tiny.NOW)
    with TestClient(create_app(Settings(releases=tmp_path, workers=2))) as client:
        yield client


@pytest.mark.parametrize("path", ["/doc/thing/x", "/doc/source/s9", "/catalog"])
def test_a_page_leads_to_pages_and_to_nothing_that_runs(misled_client, path):
    answer = misled_client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    page = Reading(answer.text)
    assert [link for link in page.links if not link.startswith(("/", "#", "https://", "http://"))] == []
    assert "javascript:" not in str(page.scripts)
    assert "javascript:" in page.text


def test_a_table_of_a_page_can_be_taken_along_as_a_sheet(country_client):
    links = [link for link in read(country_client, THINGS["cluster"]).links if "format=csv" in link]
    assert "/api/clusters/bien-gioi-lang-son/leaders?limit=10000&format=csv&lang=vi" in links
    for link in links:
        assert len(country_client.get(link).text.splitlines()) > 1, link


@pytest.mark.parametrize("stem", THINGS.values())
def test_the_query_of_a_page_tells_of_its_thing(country_client, stem):
    page = read(country_client, stem)
    (link,) = [link for link in page.links if link.startswith("/sparql?query=")]
    (query,) = parse_qs(urlsplit(link).query)["query"]
    rows = country_client.get("/sparql", params={"query": query, "format": "json"}).json()["results"]["bindings"]
    assert any(row["s"]["value"].endswith(stem) for row in rows)


@pytest.mark.parametrize("stem", THINGS.values())
def test_a_page_is_cited_with_its_release(country_client, stem):
    page = read(country_client, stem, "en")
    version = (
        country_client.get("/healthz").json().get("release") or re.search(r"\d{4}-\d\d-\d\d-[0-9a-f]{8}", page.text)[0]
    )
    assert f"https://w3id.org/thidua/id/{stem}. CC BY 4.0." in page.text
    assert f"release {version} (2026-11-21)" in page.text
    assert f"version = {{{version}}}" in page.text


@pytest.mark.parametrize(
    ("stem", "type_"),
    [
        ("cluster/bien-gioi-lang-son", "Organization"),
        ("unit/2004/182", "AdministrativeArea"),
        ("person/uyyiwlo4", "Person"),
        ("conference/van-hoa-xa-hoi-bac-kan-2020-01-08", "Event"),
        ("movement/lang-son-cung-ca-nuoc-chung-suc-xay-dung-nong-thon-moi", "EventSeries"),
        ("award/co-truong-nghe-2019", "Thing"),
        ("source/s4", "Article"),
    ],
)
def test_search_engines_are_told_what_is_true(country_client, stem, type_):
    page = read(country_client, stem)
    about = page.data["mainEntity"]
    assert about["@type"] == type_
    assert about["@id"] == f"https://w3id.org/thidua/id/{stem}"
    assert "award" not in about
    assert page.data["isPartOf"]["version"] in page.text
    if type_ == "Person":
        assert set(about) <= {"@type", "@id", "name", "url", "jobTitle"}


def test_what_search_engines_read_cannot_end_its_element(country_client):
    html = country_client.get("/doc/cluster/bien-gioi-lang-son", headers={"Accept": "text/html"}).text
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert not set("<>&") & set(block)


def test_who_reads_vietnamese_is_told_in_vietnamese_that_nothing_is_there(country_client):
    answer = country_client.get("/nothing", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<h1>404 · Không tìm thấy</h1>" in answer.text
    assert "<title>Không tìm thấy · thidua</title>" in answer.text
    assert '<p lang="en">Not Found: Nothing is published under this address.</p>' in answer.text
    assert "<h1>404 · Not Found</h1>" in country_client.get("/nothing?lang=en", headers={"Accept": "text/html"}).text


def test_a_page_is_called_the_same_in_its_title_as_in_its_heading(country_client):
    assert "<title>Tải về · thidua</title>" in country_client.get("/dumps/", headers={"Accept": "text/html"}).text


def test_what_can_have_one_value_is_the_same_on_pages_and_in_the_question_of_disagreements():
    text = catalogue()["disagreements"].text
    once, again = re.findall(r"(?:VALUES \?property \{|\?property IN \()([^})]*)[})]", text)
    assert {name.value.partition("#")[2] for name in SINGLE} == set(re.findall(r"td:(\w+)", once))
    assert re.findall(r"td:(\w+)", once) == re.findall(r"td:(\w+)", again)


def test_every_kind_with_a_page_of_its_own_is_read_here():
    assert set(KINDS) <= set(THINGS)


@pytest.mark.parametrize("suffix", ["", ".ttl"])
def test_nobody_waits_while_much_is_read_of_a_thing(country_client, monkeypatch, suffix):
    threads = []

    def noted(work):
        return lambda *given: threads.append(threading.current_thread().name) or work(*given)

    for module, name in ((statements, "_quads"), (statements, "_triples"), (entities, "written")):
        monkeypatch.setattr(module, name, noted(getattr(module, name)))
    # Of a thing here there is little; of a province that is as large as they are, a megabyte.
    monkeypatch.setattr(engine, "_FEW", 0)
    # Another address than elsewhere: that answer is kept.
    path, again = f"/doc/{THINGS['unit']}{suffix}", {"again": "1"}
    answer = country_client.get(path, headers={"Accept": "text/html"}, params=again)
    assert answer.status_code == 200
    assert threads
    assert all(name.startswith("writer") for name in threads)
