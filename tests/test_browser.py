"""Every kind of page, as people meet it in a browser: by eye, by keyboard, on a phone, with a screen reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import NARROW, PHONE, WIDE, Window, chromium, needed
from tests.house import House, house

if TYPE_CHECKING:
    from playwright.sync_api import Browser

needed()

PAGES = {
    "home": "/",
    "search": "/search?q=lang+son",
    "search-nothing": "/search?q=atlantis",
    "browse": "/browse",
    "browse-clusters": "/browse/clusters",
    "browse-units": "/browse/units",
    "catalogue": "/catalog",
    "map": "/map",
    "map-shaded": "/map?edition=2004&shade=communes",
    "questions": "/api",
    "answer": "/api/clusters?format=html",
    "sparql": "/sparql",
    "dumps": "/dumps/",
    "reference": "/docs",
    "releases": "/releases",
    "ontology": "/def",
    "concepts": "/concept",
    "scheme": "/concept/certainty",
    "shapes": "/shapes",
    "cluster": "/doc/cluster/bien-gioi-lang-son",
    "unit": "/doc/unit/2004/182",
    "person": "/doc/person/uyyiwlo4",
    "conference": "/doc/conference/van-hoa-xa-hoi-bac-kan-2020-01-08",
    "movement": "/doc/movement/lang-son-cung-ca-nuoc-chung-suc-xay-dung-nong-thon-moi",
    "award": "/doc/award/co-truong-nghe-2019",
    "source": "/doc/source/s4",
    "post": "/doc/post/pho-chu-tich-ubnd-tinh-bac-kan",
    "nothing": "/nothing",
    "nothing-of-a-kind": "/doc/cluster/nothing",
}


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
    opened.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_used_by_everybody_and_asks_no_other_host(window, name):
    window.open(PAGES[name])
    window.keep(name)
    assert window.barriers() == []
    assert window.overflow == 0
    window.resize(PHONE)
    window.keep(f"{name}-phone")
    assert window.overflow == 0
    # The browser itself says in the console that a page was not found.
    assert [said for said in window.complaints if "404" not in said or not name.startswith("nothing")] == []
    assert window.abroad == []


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_no_page_is_wider_than_a_phone_of_320_pixels(browser, served, lang):
    """What a window of 1280 pixels has room for at four times the size (WCAG 2.2, 1.4.10)."""
    window = Window(browser, served.port, NARROW, lang)
    wide = {name: window.open(path).overflow for name, path in PAGES.items()}
    window.close()
    assert {name: overflow for name, overflow in wide.items() if overflow} == {}


def test_no_row_of_an_answer_is_as_high_as_a_page_for_the_name_of_its_source(window):
    window.open("/api/awards?format=html")
    heights = [row.bounding_box()["height"] for row in window.page.locator("main tbody tr").all()]
    assert heights
    assert max(heights) < 200


@pytest.mark.parametrize("name", ["cluster", "unit", "answer"])
def test_on_paper_no_name_stands_beside_what_belongs_to_another(window, name):
    page = window.open(PAGES[name]).page
    page.emulate_media(media="print")
    assert not page.locator("nav:visible, p.formats:visible, p.sheet:visible, form:visible").count()
    for each in page.locator("main dl:visible > dt").all():
        named = each.evaluate(
            "each => [each.getBoundingClientRect().top, each.nextElementSibling.getBoundingClientRect().top]"
        )
        assert abs(named[0] - named[1]) < 2, each.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_stands_in_an_empty_box_can_be_read(browser, served, scheme):
    window = Window(browser, served.port, color_scheme=scheme).open(PAGES["browse"])
    seen = "getComputedStyle(document.querySelector('#header-q'), '::placeholder').color"
    quiet = "getComputedStyle(document.querySelector('body > footer')).color"
    assert window.page.evaluate(seen) == window.page.evaluate(quiet), "whose contrast another test measures"
    window.close()


def test_axe_looks(window):
    window.open("/")
    window.page.evaluate("document.querySelector('main').append(new Image())")
    (found,) = window.barriers()
    assert found.startswith("image-alt (critical)")


@pytest.mark.parametrize("name", ["home", "map-shaded", "cluster", "sparql"])
def test_a_page_can_be_read_in_the_dark(browser, served, name):
    window = Window(browser, served.port, color_scheme="dark").open(PAGES[name])
    window.keep(f"{name}-dark")
    assert window.barriers() == []
    window.close()


@pytest.mark.parametrize("name", ["home", "cluster", "sparql"])
def test_the_first_key_leads_past_the_header(window, name):
    window.open(PAGES[name])
    window.page.keyboard.press("Tab")
    assert window.page.evaluate("document.activeElement.className") == "skip"
    assert window.page.locator(".skip").bounding_box()["x"] >= 0
    window.page.keyboard.press("Enter")
    window.page.keyboard.press("Tab")
    assert window.page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("name", ["home", "map", "cluster", "unit"])
def test_every_link_is_reached_by_keyboard_once_and_in_order(window, name):
    window.open(PAGES[name])
    order = """[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
        .filter(each => each.checkVisibility() && !each.disabled && each.tabIndex >= 0 && each.type !== 'hidden')"""
    expected = window.page.evaluate(f"(window.order = {order}).length")
    reached = []
    for _ in range(expected):
        window.page.keyboard.press("Tab")
        reached.append(window.page.evaluate("window.order.indexOf(document.activeElement)"))
    assert reached == list(range(expected))


@pytest.mark.parametrize("name", ["home", "cluster", "map", "sparql"])
def test_the_language_is_changed_in_place_and_back(window, name):
    window.open(PAGES[name])
    page = window.page
    assert page.locator("html").get_attribute("lang") == "vi"
    words = page.locator("main").inner_text()
    page.get_by_role("link", name="English").click()
    page.wait_for_load_state("load")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.url.startswith(f"{window.origin}{PAGES[name].split('?')[0]}")
    assert page.locator("main").inner_text() != words
    page.get_by_role("link", name="Tiếng Việt").click()
    page.wait_for_load_state("load")
    assert page.locator("main").inner_text() == words


def test_a_name_typed_without_marks_is_found(window):
    page = window.open("/").page
    search = page.locator("main form[role=search]")
    search.get_by_role("combobox").fill("cum bien gioi")
    search.get_by_role("button").click()
    page.wait_for_url("**/search?q=*")
    page.locator("main a[href^='/doc/cluster/bien-gioi-lang-son']").first.click()
    page.wait_for_url("**/doc/cluster/bien-gioi-lang-son*")
    assert "biên giới" in page.locator("h1").inner_text()
    assert window.complaints == []


def test_a_suggestion_is_chosen_by_keyboard_and_can_be_put_away(window):
    page = window.open("/").page
    box = page.locator("main form[role=search]").get_by_role("combobox")
    box.type("dinh lap")
    page.locator("[role=option]").first.wait_for()
    assert box.get_attribute("aria-expanded") == "true"
    assert window.barriers() == []
    page.keyboard.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    page.keyboard.press("ArrowDown")
    page.locator("[role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    assert chosen.count() == 1
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    words = chosen.inner_text().splitlines()[0]
    page.keyboard.press("Enter")
    page.wait_for_url("**/doc/**")
    assert words.split()[-1] in page.locator("h1").inner_text()
    assert window.complaints == []


def test_the_years_of_a_cluster_are_drawn_with_their_gaps(window):
    window.open(PAGES["cluster"])
    drawing = window.page.locator("main svg").first
    assert drawing.bounding_box()["width"] > 300
    window.resize(PHONE)
    assert window.overflow == 0


def test_a_phone_shows_how_sure_a_source_is_without_moving_its_table(window):
    window.open(PAGES["source"])
    window.resize(PHONE)
    mark = window.page.locator("main table details.witness").first.bounding_box()
    assert mark["x"] + mark["width"] <= PHONE[0]


def test_a_page_is_whole_without_scripts(browser, served):
    window = Window(browser, served.port, java_script_enabled=False, size=WIDE).open("/sparql?example=leaders")
    page = window.page
    assert "td:ClusterRoleHolding" in page.locator("textarea").input_value()
    page.select_option("select[name=format]", "csv")
    with page.expect_response("**/sparql?**") as response:
        page.locator("form#ask button").click()
    assert response.value.status == 200
    assert response.value.headers["content-type"].startswith("text/csv")
    window.close()
