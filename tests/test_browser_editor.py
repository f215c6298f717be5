"""The editor in a browser: what is typed is completed, asked, shown in every view, and brought back by its link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.browser import PHONE, Window, chromium, needed
from tests.house import House, house

if TYPE_CHECKING:
    from playwright.sync_api import Browser

needed()

PREFIX = "PREFIX td: <https://w3id.org/thidua/def#>\n"
CLUSTERS = f"{PREFIX}SELECT ?cluster {{ ?cluster a td:EmulationCluster }} ORDER BY ?cluster"
UNITS = f"{PREFIX}SELECT ?unit (1 AS ?one) {{ ?unit a td:AdministrativeUnit }} ORDER BY ?unit"


@pytest.fixture(scope="module")
def served(country_releases: Path) -> Iterator[House]:
    with house(country_releases) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def window(browser, served) -> Iterator[Window]:
    opened = Window(browser, served.port)
    yield opened
    assert opened.abroad == []
    # A query that is refused is told so by the browser too.
    assert [said for said in opened.complaints if "400" not in said] == []
    opened.close()


def said(window: Window) -> str:
    """What the editor says once an answer is there."""
    status = window.page.locator(".bar [role=status]")
    status.filter(has_text=re.compile(r"\d (giây|s)$")).wait_for()
    return status.inner_text()


def asked(window: Window, query: str, view: str = "table") -> Window:
    """The query stands in the editor, answered, in this view."""
    window.open("/sparql#" + urlencode({"query": query, "view": view}))
    said(window)
    return window


def text(window: Window) -> str:
    """What stands in the editor."""
    return str(window.page.evaluate("document.querySelector('.CodeMirror').CodeMirror.getValue()"))


def test_what_is_typed_is_completed_from_the_data_and_asked(window):
    window.open("/sparql")
    page = window.page
    page.wait_for_load_state("networkidle")
    page.locator(".CodeMirror").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT * { ?c a td:EmulationC")
    page.locator(".CodeMirror-hint", has_text="td:EmulationCluster").wait_for()
    assert page.locator(".CodeMirror-hint").count() == 1
    page.keyboard.press("Enter")
    page.keyboard.type(" } ORDER BY ?c")
    page.keyboard.press("Control+Enter")
    assert said(window).startswith("4 dòng")
    assert text(window).startswith(PREFIX)
    assert text(window).endswith("SELECT * { ?c a td:EmulationCluster } ORDER BY ?c")


def test_a_thing_in_the_table_is_a_link_to_its_page_here(window):
    page = asked(window, CLUSTERS).page
    link = page.locator("table a.iri").first
    assert link.get_attribute("href").startswith(f"{window.origin}/id/cluster/")
    assert page.locator("tbody tr").count() == 4
    page.get_by_role("textbox", name="Lọc trong trả lời").type("lang-son")
    page.wait_for_function("document.querySelectorAll('tbody tr').length < 4")


def test_the_link_brings_query_and_view_back(window, browser, served):
    page = asked(window, CLUSTERS).page
    page.get_by_role("button", name="Biểu đồ").click()
    page.locator(".drawing svg").wait_for()
    page.get_by_role("button", name="Liên kết").click()
    address = page.get_by_role("textbox", name="Liên kết mang câu hỏi").input_value()
    assert address == page.url
    other = Window(browser, served.port, lang="en").open(address)
    assert said(other).startswith("4 rows")
    assert text(other) == CLUSTERS
    assert other.page.get_by_role("button", name="Chart").get_attribute("aria-pressed") == "true"
    other.page.get_by_role("link", name="Tiếng Việt").click()
    assert said(other).startswith("4 dòng")
    assert text(other) == CLUSTERS
    other.close()


def test_a_link_of_the_protocol_opens_the_editor_for_a_person(window):
    window.open("/sparql?" + urlencode({"query": CLUSTERS}))
    assert said(window).startswith("4 dòng")
    assert text(window) == CLUSTERS


def test_the_editor_of_a_kept_release_asks_that_release(window, served):
    kept = f"/releases/{served.follower.now().release.version}"
    page = window.page
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url.removeprefix(window.origin)))
    window.open(f"{kept}/sparql?example=clusters")
    said(window)
    assert page.locator("table a.iri").first.get_attribute("href").startswith(f"{window.origin}{kept}/id/")
    page.get_by_role("button", name="Bản đồ").click()
    page.locator(".drawing .map svg").wait_for()
    assert all(address.startswith((kept, "/static/")) for address in requests), requests


def test_an_example_is_read_from_the_endpoint_and_asked(window):
    window.open("/sparql")
    page = window.page
    page.wait_for_load_state("networkidle")
    asked_before = page.evaluate("performance.getEntriesByType('navigation').length")
    page.locator("summary", has_text="Cụm, khối thi đua").click()
    page.locator("a[data-example=leaders]").click()
    said(window)
    assert "td:ClusterRoleHolding" in text(window)
    assert page.url == f"{window.origin}/sparql?example=leaders"
    assert page.evaluate("performance.getEntriesByType('navigation').length") == asked_before


@pytest.mark.parametrize(
    ("view", "example"),
    [("table", "leaders"), ("chart", "awards"), ("timeline", "conferences"), ("response", "clusters")],
)
def test_an_answer_can_be_seen_by_everybody_in_this_view(window, view, example):
    window.open(f"/sparql?example={example}#view={view}")
    said(window)
    window.page.locator(f".select_{view}[aria-pressed=true]").wait_for()
    window.keep(f"sparql-{view}")
    assert window.barriers() == []
    window.resize(PHONE)
    window.keep(f"sparql-{view}-phone")
    assert window.overflow == 0


def test_a_timeline_has_a_line_for_each_thing_and_a_mark_for_each_time(window):
    values = '("A" 2017) ("A" 2019) ("B" 2018)'
    page = asked(window, f"SELECT ?label ?year {{ VALUES (?label ?year) {{ {values} }} }}", "timeline").page
    drawing = page.locator(".drawing svg")
    drawing.wait_for()
    assert drawing.locator(".name").all_text_contents() == ["A", "B"]
    assert drawing.locator(".tick").all_text_contents() == ["2017", "2018", "2019"]
    first, second, third = (drawing.locator("rect.bar").nth(number).bounding_box() for number in range(3))
    # What lies between the two years of A stays empty.
    assert first["x"] + first["width"] <= third["x"] <= second["x"]
    assert first["y"] == second["y"] < third["y"]


def test_a_chart_adds_up_what_belongs_together(window):
    values = '("A" 1) ("B" 2) ("A" 3)'
    page = asked(window, f"SELECT ?label ?n {{ VALUES (?label ?n) {{ {values} }} }}", "chart").page
    page.locator(".drawing svg").wait_for()
    assert page.locator(".drawing .figure").all_text_contents() == ["4", "2"]
    page.get_by_label("dài bằng").select_option(label="số dòng")
    page.locator(".drawing .figure", has_text="1").wait_for()
    assert page.locator(".drawing .figure").all_text_contents() == ["2", "1"]


def test_the_units_of_an_answer_are_on_the_map(window):
    page = asked(window, UNITS, "map").page
    page.locator(".drawing .map svg").wait_for()
    shaded = page.locator(".drawing .map a[class*=shade]")
    assert shaded.count() >= 1
    assert ": " in shaded.first.get_attribute("aria-label")
    window.keep("sparql-map")
    assert window.barriers() == []
    window.resize(PHONE)
    assert window.overflow == 0


def test_a_wrong_query_is_told_with_its_line_and_the_next_is_answered(window):
    page = window.open("/sparql#" + urlencode({"query": "SELECT *\n{ ?a ?b }"})).page
    page.locator(".problem").wait_for()
    assert "2" in page.locator(".problem").inner_text()
    assert page.locator(".CodeMirror .wrong").count() == 1
    page.evaluate("query => document.querySelector('.CodeMirror').CodeMirror.setValue(query)", CLUSTERS)
    page.get_by_role("button", name="Hỏi", exact=True).click()
    assert said(window).startswith("4 dòng")
    assert page.locator(".CodeMirror .wrong").count() == 0


def test_the_answer_can_be_taken_along(window):
    page = asked(window, CLUSTERS).page
    for form in ("csv", "tsv", "json", "xml"):
        with page.expect_download() as download:
            page.locator(".downloads").get_by_role("link", name=form, exact=True).click()
        assert "bien-gioi-lang-son" in Path(download.value.path()).read_text(encoding="utf-8")


def test_the_keyboard_is_not_caught_in_the_editor(window):
    page = asked(window, CLUSTERS).page
    page.locator(".CodeMirror").click()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Hỏi"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.querySelector('header').contains(document.activeElement)")
