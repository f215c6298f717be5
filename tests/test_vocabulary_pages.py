"""The ontology and the shapes are told to people, term by term, and machines get the same triples in every form."""

from __future__ import annotations

import html
import re
import threading
from pathlib import Path

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, parse

from loaders.namespaces import BASE, owl, rdf, sh, skos
from loaders.resources import ROOT, case_files
from service import render
from service.vocabulary import drawing, library, promises, terms
from tests.reading import Reading

FORMS = {"ttl": RdfFormat.TURTLE, "nt": RdfFormat.N_TRIPLES, "rdf": RdfFormat.RDF_XML, "jsonld": RdfFormat.JSON_LD}
PEOPLE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ONTOLOGY = library.said(library.ONTOLOGY, BASE)
SHAPES = library.said(library.SHAPES, BASE)


def canonical(body: bytes, form: RdfFormat) -> set[Quad]:
    """The triples, blank nodes named as RDFC-1.0 names them."""
    found = Dataset(parse(body, form))
    found.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return set(found)


def page(client, path: str, lang: str = "vi") -> str:
    answer = client.get(path, headers=PEOPLE, params={"lang": lang})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return html.unescape(answer.text)


@pytest.mark.parametrize(
    ("path", "files"), [("def", library.ONTOLOGY), ("def/1.0.0", library.ONTOLOGY), ("shapes", library.SHAPES)]
)
def test_every_form_has_the_triples_of_the_files(country_client, path: str, files: tuple[Path, ...]) -> None:
    said = {suffix: country_client.get(f"/{path}.{suffix}") for suffix in FORMS}
    whole = canonical(said["nt"].content, RdfFormat.N_TRIPLES)
    assert len(whole) == len({*library.triples(files, BASE)}) > 500
    for suffix, form in FORMS.items():
        assert canonical(said[suffix].content, form) == whole, suffix
        media = said[suffix].headers["content-type"]
        agreed = country_client.get(f"/{path}", headers={"Accept": f"{media}, image/png;q=0.9, text/html;q=0.1"})
        assert agreed.content == said[suffix].content
        assert agreed.headers["content-location"] == f"/{path}.{suffix}"
        assert f'<{BASE}{path}>; rel="canonical"' in agreed.headers["link"]


def test_another_service_says_the_same_under_the_same_tag() -> None:
    for files in (library.ONTOLOGY, library.SHAPES):
        once = library.triples(files, BASE)
        library.triples.cache_clear()
        assert library.triples(files, BASE) == once


def test_every_term_is_told_once_in_both_languages(country_client) -> None:
    pages = {lang: page(country_client, "/def", lang) for lang in ("vi", "en")}
    told = [term for module in terms.modules(BASE) for term in (*module.classes, *module.properties)]
    ours = {s.value for (s, p), kinds in ONTOLOGY.about.items() if p == rdf.type and s.value.startswith(f"{BASE}def#")}
    assert {term.iri for term in told} == ours
    for lang, text in pages.items():
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        for term in told:
            assert term.name in ids
            assert f'<a class="anchor" href="#{term.name}">{term.words.get(lang)}</a>' in text
            assert term.definition is not None
            assert term.definition.get(lang) in text


def test_every_class_has_an_example_and_a_shape() -> None:
    found = [term for module in terms.modules(BASE) for term in module.classes]
    assert {term.name for term in found if not term.shapes} == set()
    assert {term.name for term in found if not term.sample} == set()


def test_a_term_tells_what_the_model_says_of_it() -> None:
    found = {term.name: term for m in terms.modules(BASE) for term in (*m.classes, *m.properties)}
    role = found["ClusterRoleHolding"]
    assert {mention.short for mention in role.above} == {"td:Attested", "org:Membership"}
    uses = {use.property.short: (use.leads[0].short, use.count.en) for use in role.has}
    assert uses["td:member"] == ("td:EmulationUnit", "exactly one")
    assert uses["td:role"] == ("concept/cluster-role", "exactly one")
    assert uses["td:representedBy"] == ("td:Person", "any number")
    assert role.shapes == ("Attested", "ClusterRoleHolding")
    assert role.sample is not None
    assert "a td:ClusterRoleHolding" in role.sample.text
    assert "EmulationUnit-territory" in found["territory"].shapes
    assert [mention.short for mention in found["parent"].above] == ["schema:containedInPlace"]


def test_a_term_that_is_not_used_any_more_says_what_is(tmp_path: Path) -> None:
    file = tmp_path / "old.ttl"
    file.write_text(f"""
        @prefix td: <{BASE}def#> . @prefix owl: <{owl.iri}> . @prefix dcterms: <http://purl.org/dc/terms/> .
        td:old a owl:ObjectProperty ; owl:deprecated true ; dcterms:isReplacedBy td:new .
        td:new a owl:ObjectProperty .""")
    (module,) = terms.arranged(library.said((file,), BASE), SHAPES)
    new, old = module.properties
    assert (old.deprecated, [mention.short for mention in old.instead]) == (True, ["td:new"])
    assert not new.deprecated


def test_every_shape_is_told_and_every_case_shown(country_client) -> None:
    text = page(country_client, "/shapes", "en")
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    shapes = {
        s.value.rpartition("#")[2]
        for (s, p), kinds in SHAPES.about.items()
        if p == rdf.type and ({sh.NodeShape, sh.PropertyShape} & set(kinds)) and s.value.startswith(BASE)
    }
    assert shapes <= set(ids)
    cases = {f"{path.parent.name}/{path.stem}" for path in case_files() if path.parent.name in shapes}
    assert set(re.findall(r'href="/shapes/case/([^"]+)"', text)) == cases


def test_a_shape_is_told_in_words() -> None:
    found = {promise.name: promise for chapter in promises.chapters(BASE) for promise in chapter.promises}
    cluster = found["EmulationCluster"]
    assert [target.en for target in cluster.targets] == ["every td:EmulationCluster"]
    parts = {part.name: [demand.en for demand in part.demands] for part in cluster.parts}
    assert parts["EmulationCluster-clusterKind"] == ["at least 1", "of the list concept/cluster-kind"]
    assert parts["EmulationCluster-scope"] == ["of class td:AdministrativeUnit"]
    assert cluster.severity.vi == "chặn công bố"
    year = {part.name: [demand.vi for demand in part.demands] for part in found["ClusterYear"].parts}
    assert year["ClusterYear-year"] == ["đúng 1", "kiểu xsd:integer", "từ 1948 trở lên", "không quá 2100"]
    date = found["ConferenceDate"]
    assert [demand.en for demand in date.demands] == ["td:date: at least 1 or td:dateText: at least 1"]


@pytest.mark.parametrize("path", ["/def", "/shapes", "/concept", "/doc/concept/award"])
def test_what_a_page_links_to_is_there(country_client, path: str) -> None:
    anchors = {}
    for target in set(re.findall(r'href="(/[^"]*|#[^"]*)"', page(country_client, path))):
        place, _, anchor = target.partition("#")
        place = place or path
        if place not in anchors:
            answer = country_client.get(place, headers=PEOPLE, follow_redirects=True)
            assert answer.status_code == 200, place
            anchors[place] = set(re.findall(r'\sid="([^"]+)"', answer.text))
        assert not anchor or anchor in anchors[place], target


@pytest.mark.parametrize("path", ["/def", "/shapes", "/concept", "/doc/concept/award"])
def test_a_page_runs_and_styles_nothing_inside(country_client, path: str) -> None:
    text = page(country_client, path)
    scripts = re.findall(r"<script([^>]*)>", text)
    assert all('src="/' in script or 'type="application/ld+json"' in script for script in scripts)
    assert not re.search(r"<style|\sstyle=|\son\w+=", text)


@pytest.mark.parametrize(
    "path", ["/def/example/unknown", "/def/example/unknown.ttl", "/shapes/case/EmulationCluster/valid"]
)
def test_an_example_is_turtle(country_client, path: str) -> None:
    answer = country_client.get(path)
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    assert list(parse(answer.content, RdfFormat.TURTLE))


@pytest.mark.parametrize(
    "path", ["/def/9.9.9", "/def/9.9.9.ttl", "/def.exe", "/shapes.exe", "/def/example/..%2Fthidua", "/shapes/case/a/b"]
)
def test_what_there_is_not_is_not_found(country_client, path: str) -> None:
    assert country_client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/def", "/shapes", "/concept"])
def test_a_long_page_is_written_while_others_are_answered(country_client, path: str, monkeypatch) -> None:
    threads = []
    written = render.page

    def heard(*args, **context):
        threads.append(threading.current_thread().name)
        return written(*args, **context)

    monkeypatch.setattr(render, "page", heard)
    # An address that no answer is kept for.
    assert country_client.get(path, headers=PEOPLE, params={"not": "kept"}).status_code == 200
    (thread,) = threads
    assert thread.startswith("apart")


def test_a_page_that_did_not_change_is_not_sent_again(country_client) -> None:
    first = country_client.get("/def", headers=PEOPLE)
    again = country_client.get("/def", headers={**PEOPLE, "If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["vary"].startswith("Accept, Accept-Language")


def test_the_chapters_are_those_of_the_files() -> None:
    assert {module.name for module in terms.modules(BASE)} <= {path.stem for path in library.ONTOLOGY}
    assert [chapter.name for chapter in promises.chapters(BASE)] != []
    assert {chapter.name for chapter in promises.chapters(BASE)} == {
        path.stem for path in (ROOT / "shapes").glob("*.ttl")
    }


def test_every_vocabulary_is_told_as_a_tree(country_client) -> None:
    text = page(country_client, "/concept", "en")
    said = {quad.triple for quad in parse(country_client.get("/concept.nt").content, RdfFormat.N_TRIPLES)}
    labels = [t.object.value for t in said if t.predicate == skos.prefLabel and t.object.language == "en"]
    assert len(labels) > 190
    assert all(label in text for label in labels)
    concepts = {t.subject.value for t in said if t.predicate == rdf.type and t.object == skos.Concept}
    linked = re.findall(r'href="/doc/(concept/[^"/?]+/[^"?]+)[?"]', text)
    assert sorted(BASE + path for path in linked) == sorted(concepts), "each stands in the tree once"
    for suffix, form in FORMS.items():
        assert {quad.triple for quad in parse(country_client.get(f"/concept.{suffix}").content, form)} == said


def test_a_vocabulary_has_a_page_with_its_concepts(country_client) -> None:
    text = page(country_client, "/doc/concept/award", "vi")
    assert re.search(r'id="bang-khen-cap-bo-tinh">.*?Bằng khen của Bộ, ban, ngành, tỉnh', text)
    assert country_client.get("/doc/concept/nothing", headers=PEOPLE).status_code == 404


def test_a_concept_tells_what_it_is_under_and_what_it_is_used_for(country_client) -> None:
    text = page(country_client, "/doc/concept/award/co-thi-dua-cua-chinh-phu", "vi")
    for part in (
        "Cờ thi đua của Chính phủ",
        "Emulation Flag of the Government",
        "danh hiệu thi đua",
        "#underLaw",
        "Trích dẫn trang này",
    ):
        assert part in text
    level = page(country_client, "/doc/concept/unit-level/district", "en")
    uses = re.search(r'used with <a href="/def\?lang=en#level"><code>td:level</code></a></dt><dd>(\d+) times', level)
    query = f"SELECT (COUNT(*) AS ?n) {{ ?s <{BASE}def#level> <{BASE}concept/unit-level/district> }}"
    counted = country_client.get("/sparql", params={"query": query, "format": "csv"}).text.split()[1]
    assert uses is not None
    assert uses[1] == counted
    assert country_client.get("/doc/concept/award/nothing", headers=PEOPLE).status_code == 404


def test_a_class_is_drawn_with_what_leads_to_it_and_from_it() -> None:
    modules = terms.modules(BASE)
    found = {term.name: drawing.drawn(term, modules, "en") for module in modules for term in module.classes}
    transfer = found["TerritorialTransfer"]
    assert transfer is not None
    assert {(arrow.label, box.label) for arrow, box in zip(transfer.arrows, transfer.boxes, strict=True)} == {
        ("from unit", "administrative unit"),
        ("of change", "territorial change"),
        ("to unit", "administrative unit"),
    }
    assert transfer.lines == ("share: share of territory",)
    for drawn in filter(None, found.values()):
        for box in (drawn.middle, *drawn.boxes):
            assert 0 <= box.x <= box.x + box.width <= drawn.width
            assert 0 <= box.y <= box.y + box.height <= drawn.height
            assert box.width > 7 * len(box.label)
        # Boxes of a column do not touch.
        for one, other in zip(drawn.boxes, drawn.boxes[1:], strict=False):
            assert one.x != other.x or one.y + one.height < other.y
        assert all(arrow.end - arrow.start > 7 * len(arrow.label) for arrow in drawn.arrows)


def test_from_a_flag_a_reader_comes_to_those_who_were_proposed_for_it(country_client):
    awards = country_client.get("/api/awards", params={"limit": 1}).json()["rows"]
    concept = f"/doc/concept/award/{awards[0]['form']}"
    page = Reading(country_client.get(concept, headers=PEOPLE).text)
    (link,) = [link for link in page.links if link.startswith("/api/awards?form=")]
    assert awards[0]["award"] in [row["award"] for row in country_client.get(link).json()["rows"]]


@pytest.mark.parametrize("path", ["/def", "/concept", "/shapes"])
def test_no_page_of_the_vocabulary_sends_a_reader_where_he_is_sent_on(country_client, path):
    links = {link.partition("#")[0] for link in Reading(country_client.get(path, headers=PEOPLE).text).links}
    moved = {link for link in links if link.startswith(("/concept/", "/doc/concept/", "/def/"))}
    assert moved or path == "/shapes"
    answers = {link: country_client.get(link, headers=PEOPLE, follow_redirects=False).status_code for link in moved}
    assert {link: status for link, status in answers.items() if status != 200} == {}
