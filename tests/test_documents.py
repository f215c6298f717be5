"""Everything that has an IRI answers by its path, in every form, with the same triples."""

import hashlib
import re

import pytest
from pyoxigraph import RdfFormat, parse

BASE = "https://w3id.org/thidua/"
FORMS = {"ttl": RdfFormat.TURTLE, "nt": RdfFormat.N_TRIPLES, "rdf": RdfFormat.RDF_XML, "jsonld": RdfFormat.JSON_LD}
THINGS = [
    "cluster/bien-gioi-lang-son",
    "unit/2004/182",
    "unit-version/2025/24/2",
    "role/bien-gioi-lang-son/2017/truong/2004-188",
    "witness/s2/1157-1200/stated",
    "source/s2",
    "act/202-2025-qh15",
    "concept/cluster-role/truong",
    "graph/s2",
]


@pytest.mark.parametrize("thing", THINGS)
def test_a_thing_says_the_same_in_every_form(client, thing):
    inside = "" if thing.startswith(("concept", "graph")) else "id/"
    seen = client.get("/" + inside + thing)
    assert (seen.status_code, seen.headers["location"]) == (303, "/doc/" + thing)
    said = {}
    for suffix, form in FORMS.items():
        answer = client.get(f"/doc/{thing}.{suffix}")
        assert answer.status_code == 200, answer.text
        said[suffix] = {quad.triple for quad in parse(answer.content, form)}
    assert any(triple.subject.value == BASE + inside + thing for triple in said["nt"])
    assert all(triples == said["nt"] for triples in said.values())
    page = client.get("/doc/" + thing, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert BASE + inside + thing in page.text


def test_a_thing_of_every_kind_says_the_same_in_every_form(client):
    query = f"""SELECT ?kind (MIN(STR(?s)) AS ?thing) {{ ?s a ?type FILTER(STRSTARTS(STR(?s), "{BASE}id/"))
        BIND(STRBEFORE(STRAFTER(STR(?s), "{BASE}id/"), "/") AS ?kind) }} GROUP BY ?kind"""
    rows = client.get("/sparql", params={"query": query, "format": "json"}).json()["results"]["bindings"]
    assert len(rows) > 25
    for row in rows:
        stem = row["thing"]["value"].removeprefix(BASE + "id/")
        said = [set(parse(client.get(f"/doc/{stem}.{suffix}").content, form)) for suffix, form in FORMS.items()]
        assert said[0], stem
        assert all(quads == said[0] for quads in said), stem


def _links(answer) -> dict[tuple[str, str | None], str]:
    """The addresses of a `Link` header by relation and media type."""
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"(?:; type="([^"]*)")?', answer.headers["link"])
    return {(relation, media or None): address for address, relation, media in found}


@pytest.mark.parametrize("thing", ["id/unit/2004/182", "concept/cluster-role/truong", "graph/s2"])
def test_a_document_names_its_neighbours(client, thing):
    stem = thing.removeprefix("id/")
    seen = client.get("/" + thing)
    assert seen.headers["vary"] == "Accept, Accept-Language"
    assert _links(seen)["describedby", None] == f"/doc/{stem}"
    answer = client.get(f"/doc/{stem}", headers={"Accept": "application/ld+json"})
    links = _links(answer)
    assert links["canonical", None] == links["about", None] == BASE + thing
    assert links["license", None] == "https://creativecommons.org/licenses/by/4.0/"
    assert f"<{BASE}release/" in client.get(links["describedby", None], headers={"Accept": "text/turtle"}).text
    for (relation, media), address in links.items():
        if relation == "alternate":
            assert client.get(address).headers["content-type"].partition(";")[0] == media
    assert len([relation for relation, _ in links if relation == "alternate"]) == 5


@pytest.mark.parametrize("path", ["/doc/unit/2004/182", "/doc/graph/s2", "/.well-known/void", "/catalog"])
@pytest.mark.parametrize("accept", ["text/turtle", "application/ld+json", "application/json", "application/rdf+xml"])
def test_a_form_that_was_agreed_on_says_where_it_is(client, path, accept):
    answer = client.get(path, headers={"Accept": accept})
    there = client.get(answer.headers["content-location"])
    assert (there.content, there.headers["content-type"]) == (answer.content, answer.headers["content-type"])
    known = client.get(path, headers={"Accept": accept, "If-None-Match": answer.headers["etag"]})
    assert (known.status_code, known.headers["content-location"]) == (304, answer.headers["content-location"])


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
@pytest.mark.parametrize(
    "path",
    [
        *("/", "/docs", "/dumps/", "/openapi.json", "/robots.txt", "/sitemap.xml", "/reconcile", "/sparql", "/api"),
        *("/map", "/search", "/search?q=lang+son", "/browse", "/catalog", "/releases", "/def", "/doc/graph/s2"),
    ],
)
def test_who_has_a_document_is_told_so(client, path, accept):
    answer = client.get(path, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["etag"][0] == '"', "it is strong"
    again = client.get(path, headers={"Accept": accept, "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]
    other = client.get(path, headers={"Accept": accept, "If-None-Match": '"of-another"'})
    assert (other.status_code, other.content) == (200, answer.content)


def test_a_page_says_where_it_is_in_its_language(client):
    answer = client.get("/doc/unit/2004/182", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert answer.headers["content-location"] == "/doc/unit/2004/182.html?lang=en"
    there = client.get("/doc/unit/2004/182.html?lang=en")
    assert '<html lang="en">' in answer.text
    assert there.headers["content-language"] == "en"


def test_a_form_by_another_name_is_nowhere_else(client):
    answer = client.get("/doc/unit/2004/182", headers={"Accept": "text/plain"})
    assert answer.headers["content-type"].startswith("text/plain")
    assert "content-location" not in answer.headers


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/turtle;q=0.5, application/ld+json", "application/ld+json"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
    ],
)
def test_a_client_gets_the_form_it_prefers(client, accept, media):
    answer = client.get("/doc/unit/2004/182", headers={"Accept": accept})
    assert answer.headers["content-type"] == media
    assert "Accept" in answer.headers["vary"]


def test_json_by_its_suffix_is_json(client):
    answer = client.get("/doc/unit/2004/182.json")
    assert answer.headers["content-type"] == "application/json"
    assert "Văn Lãng" in answer.text


def test_a_form_that_is_not_there_is_refused_with_the_list(client):
    answer = client.get("/doc/unit/2004/182", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "text/turtle" in answer.text


@pytest.mark.parametrize("path", ["unit/2004/99999", "cluster/nobody", "nothing/at/all", "unit/2004/%3Cscript%3E"])
def test_what_is_not_there_is_not_found(client, path):
    for suffix in ("", ".ttl"):
        assert client.get(f"/doc/{path}{suffix}").status_code == 404


def test_an_unchanged_document_is_not_sent_again(client):
    first = client.get("/doc/unit/2004/182.ttl")
    again = client.get("/doc/unit/2004/182.ttl", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/def", "/def/1.0.0", "/shapes"])
def test_terms_and_shapes_answer_for_people_and_machines(client, path):
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 200
    triples = {quad.triple for quad in parse(client.get(path + "?format=ttl").content, RdfFormat.TURTLE)}
    assert len(triples) > 500
    if path.startswith("/def"):
        assert 'id="EmulationCluster"' in page.text
    assert client.get("/def/9.9.9").status_code == 404


def test_the_release_describes_itself(client):
    health = client.get("/api/clusters").json()["release"]
    for path in (f"/doc/release/{health}", "/.well-known/void", "/catalog"):
        answer = client.get(path, headers={"Accept": "text/turtle"})
        assert answer.status_code == 200
        assert f"release/{health}" in answer.text
    assert client.get(f"/release/{health}").status_code == 303
    assert client.get("/doc/release/2000-01-01-00000000").status_code == 404


def test_dumps_are_what_their_checksums_say(client):
    listed = client.get("/dumps/", headers={"Accept": "application/json"}).json()
    for file in listed["files"]:
        body = client.get(file["url"]).content
        assert hashlib.sha256(body).hexdigest() == file["sha256"]
        assert len(body) == file["size"]
    assert client.get("/dumps/..%2fmanifest.json").status_code == 404
    assert client.get("/static/..%2f..%2fapp.py").status_code == 404


def test_pages_speak_both_languages(client):
    vi = client.get("/doc/cluster/bien-gioi-lang-son?lang=vi", headers={"Accept": "text/html"}).text
    en = client.get("/doc/cluster/bien-gioi-lang-son", headers={"Accept": "text/html", "Accept-Language": "en"}).text
    assert '<html lang="vi">' in vi
    assert '<html lang="en">' in en
    assert "Nguồn" in vi
    assert "nêu rõ" in vi
    assert "Nguồn" not in en
    assert ">stated<" in en
    assert "Source" in en
    for page in (vi, en):
        assert "http://" not in page.replace("http://testserver", "").replace("http://www.w3.org", "")


def test_nothing_is_said_to_be_unchanged_that_is_not_there(client):
    assert client.get("/doc/unit/2004/99999.ttl", headers={"If-None-Match": "*"}).status_code == 404
