"""What search engines find: every page that people look for, nobody's name, and no question."""

import re
import threading
import xml.etree.ElementTree as ElementTree

import pytest

from service import sitemap

HOST = "http://testserver/"


def _places(answer) -> list[str]:
    """The addresses that a sitemap or its index lists."""
    assert answer.headers["content-type"] == "application/xml"
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    items = list(ElementTree.fromstring(answer.content))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", item.findtext(f"{space}lastmod")) for item in items)
    return [item.findtext(f"{space}loc") for item in items]


def _all(client) -> list[str]:
    return [place for part in _places(client.get("/sitemap.xml")) for place in _places(client.get(part))]


def test_the_sitemap_leads_to_pages(client):
    places = _all(client)
    assert len(places) == len(set(places)) > 10_000
    for kind in ("unit", "cluster", "conference", "movement", "source", "concept"):
        found = next(place for place in places if place.startswith(f"{HOST}doc/{kind}/"))
        assert client.get(found, headers={"Accept": "text/html"}).status_code == 200
    assert f"{HOST}doc/cluster/bien-gioi-lang-son" in places
    assert {f"{HOST}{name}" for name in ("catalog", "concept", "def", "shapes")} <= set(places)


def test_nobody_waits_while_a_sitemap_is_written(client, monkeypatch):
    threads = []

    def noted(work):
        return lambda *given: threads.append(threading.current_thread().name) or work(*given)

    for name in ("path_of", "escape"):
        monkeypatch.setattr(sitemap, name, noted(getattr(sitemap, name)))
    # Another address than elsewhere: that answer is kept.
    assert client.get("/sitemap-1.xml", params={"again": "1"}).status_code == 200
    assert len(threads) > 10_000
    assert all(name.startswith("writer") for name in threads)


def test_nobody_is_offered_to_search_engines(client):
    assert not [place for place in _all(client) if "/person/" in place or "/holding/" in place]


def test_a_long_sitemap_comes_in_parts(client, monkeypatch):
    whole = _all(client)
    monkeypatch.setattr(sitemap, "LONGEST", 5000)
    headers = {"Cache-Control": "no-store"}
    parts = [
        _places(client.get(part, headers=headers)) for part in _places(client.get("/sitemap.xml", headers=headers))
    ]
    assert [place for part in parts for place in part] == whole
    assert max(map(len, parts)) == 5000


@pytest.mark.parametrize("number", ["0", "9999", "x", "99999999999999999999", "-1"])
def test_there_are_no_more_parts_than_there_are(client, number):
    assert client.get(f"/sitemap-{number}.xml").status_code == 404


def test_the_sitemap_is_of_the_host_that_was_asked(client):
    first = client.get("/sitemap.xml", headers={"Host": "one.example"})
    assert _places(first) == ["http://one.example/sitemap-1.xml"]
    assert client.get("/sitemap.xml", headers={"Host": "two.example"}).headers["etag"] != first.headers["etag"]
    known = {"Host": "one.example", "If-None-Match": first.headers["etag"]}
    assert client.get("/sitemap.xml", headers=known).status_code == 304


def test_robots_read_pages_and_ask_no_questions(client):
    answer = client.get("/robots.txt", headers={"Host": "one.example"})
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.splitlines() == [
        "User-agent: *",
        "Disallow: /sparql?",
        "Disallow: /api/*?",
        "Disallow: /releases/",
        "Disallow: /timemap/",
        "Disallow: /search?",
        "Disallow: /suggest",
        "Sitemap: http://one.example/sitemap.xml",
    ]
