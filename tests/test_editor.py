"""The editor at /sparql: its parts are ours or pinned, the form stays without them, and no other host is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from loaders.resources import ROOT
from service import editor
from tests.house import House, house, publish

HTML = {"Accept": "text/html"}
NPM = ROOT / "service" / "npm"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    releases = tmp_path_factory.mktemp("editor") / "releases"
    publish(releases, 2)
    # Answers that are kept would not show what came or went meanwhile.
    with house(releases, cache_memory=0) as running:
        yield running


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory in which the parts of the editor are looked for."""
    put = {name: (tmp_path / name, media) for name, (_, media) in editor._PARTS.items()}
    monkeypatch.setattr(editor, "_PARTS", put)
    return tmp_path


def test_without_the_parts_the_form_stays_and_says_so(served: House, parts: Path) -> None:
    page = served.client.get("/sparql?lang=en", headers=HTML).text
    assert "<textarea" in page
    assert "not installed" in page
    assert "editor.js" not in page


def test_with_the_parts_the_page_loads_the_editor(served: House, parts: Path) -> None:
    before = served.client.get("/sparql", headers=HTML).headers["etag"]
    for name in editor._PARTS:
        (parts / name).write_text("/* here */", encoding="utf-8")
    response = served.client.get("/sparql", headers=HTML)
    assert '<script type="module" src="/static/editor.js"></script>' in response.text
    assert response.headers["etag"] != before
    for name in editor._PARTS:
        part = served.client.get(f"/static/npm/{name}")
        assert (part.status_code, part.text) == (200, "/* here */")
        assert part.headers["content-type"] == f"text/{'javascript' if name.endswith('js') else 'css'}; charset=utf-8"


def test_nothing_else_of_npm_is_served(served: House, parts: Path) -> None:
    for name in ("yasqe.js", "package.json", "..%2fpackage.json", ".npmrc"):
        assert served.client.get(f"/static/npm/{name}").status_code == 404, name


def test_the_page_runs_no_script_of_its_own_and_asks_no_other_host(served: House) -> None:
    response = served.client.get("/sparql", headers=HTML)
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son\w+=", response.text)
    for path in (ROOT / "service" / "static").iterdir():
        # A name of a vocabulary is no address that anybody is asked.
        named = re.findall(r"https?://([^/\"' ]+)", path.read_text(encoding="utf-8"))
        assert set(named) <= {"www.w3.org", "rdfs.org", "purl.org"}, path.name


def test_every_curated_query_is_an_example(served: House) -> None:
    page = served.client.get("/sparql", headers=HTML).text
    named = set(re.findall(r'data-example="([\w-]+)"', page))
    listed = served.client.get("/api", headers={"Accept": "application/json"}).json()["queries"]
    assert named == {query["name"] for query in listed}


def test_the_lock_file_pins_every_part_and_names_no_registry() -> None:
    text = (NPM / "package-lock.json").read_text(encoding="utf-8")
    lock = json.loads(text)
    assert "://" not in re.sub(r'"url": "[^"]*"', "", text)
    packages = {name: found for name, found in lock["packages"].items() if name}
    assert packages
    assert all(found["integrity"].startswith("sha512-") for found in packages.values())
    assert not [name for name, found in packages.items() if "GPL" in found["license"]]
    wanted = json.loads((NPM / "package.json").read_text(encoding="utf-8"))
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert packages[f"node_modules/{name}"]["version"] == version


def test_what_is_packed_has_the_parts_that_are_served() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    patterns = re.findall(r'"(service/npm/[^"]+)"', project)
    for path, _ in editor._PARTS.values():
        assert any(path.relative_to(ROOT).match(pattern) for pattern in patterns), path


def test_a_browser_that_follows_a_link_to_a_query_is_shown_it_and_a_program_is_answered(served: House) -> None:
    query = 'SELECT ("<b>" AS ?x) {}'
    for accept in ("text/html", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"):
        shown = served.sparql(query, headers={"Accept": accept})
        assert shown.headers["content-type"].startswith("text/html")
        assert "(&#34;&lt;b&gt;&#34; AS ?x) {}</textarea>" in shown.text
    for accept in ("*/*", "application/sparql-results+json", "text/csv, text/html;q=0.5"):
        assert "text/html" not in served.sparql(query, headers={"Accept": accept}).headers["content-type"], accept
    for more in ({"format": "csv"}, {"default-graph-uri": "https://w3id.org/thidua/graph/s0"}):
        answer = served.sparql(query, headers=HTML if "format" in more else {"Accept": "text/html,*/*;q=0.8"}, **more)
        assert "text/html" not in answer.headers["content-type"], more
