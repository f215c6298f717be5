"""What the pages of officials, conferences, movements, awards and sources show, and what they must not claim."""

import re
from dataclasses import replace

import pytest

from service.pages.kinds import KINDS
from tests.reading import Reading
from tests.test_pages import read

CONFERENCE = "conference/van-hoa-xa-hoi-bac-kan-2020-01-08"
# Forms for machines, and what they are not alone in reading: one for all languages.
_DATA = re.compile(r"format=|\.(ttl|jsonld|json|nt|nq|rdf|csv|xlsx|txt|patch|svg|css|gz|trig|sha256)(\?|$)|/reconcile$")


def test_an_official_is_shown_by_posts_days_and_conferences(country_client):
    page = read(country_client, "person/uyyiwlo4", "en")
    assert [words for level, words in page.headings if level == 2][:2] == ["Posts", "Conferences"]
    assert "Phó Chủ tịch UBND tỉnh Bắc Mẫu Ủy ban nhân dân tỉnh Bắc Mẫu" in page.text
    assert "8 January 2020" in page.text
    assert "not for a term" in page.text


def test_who_represents_a_unit_is_told_with_its_role(country_client):
    text = read(country_client, "person/bcbspuqy", "en").text
    assert "Represented a lead or deputy unit" in text
    assert "Huyện Văn Lãng Mẫu" in text


def test_officials_are_not_offered_to_search_engines(country_client):
    for stem, offered in (("person/uyyiwlo4", False), (CONFERENCE, True)):
        answer = country_client.get(f"/doc/{stem}", headers={"Accept": "text/html"})
        assert ("x-robots-tag" not in answer.headers) is offered


def test_a_conference_keeps_its_four_times_apart(country_client):
    text = read(country_client, CONFERENCE, "en").text
    assert "date held 8 January 2020" in text
    assert "date as written Chiều 08/01" in text
    assert "period reviewed 2019" in text
    assert "period planned 2020" in text


def test_delegates_without_a_name_are_listed_apart_from_people(country_client):
    page = read(country_client, CONFERENCE, "en")
    people = page.text.partition("Chairs and participants")[2]
    assert people.index("Trần Thị Thử") < people.index("Sở Y tế")
    assert (3, "attending") in [(level, words.strip()) for level, words in page.headings]


def test_what_was_done_at_a_conference_is_on_its_page(country_client):
    text = read(country_client, CONFERENCE, "en").text
    for done in (
        "Leads and deputies chosen here",
        "Rankings made here",
        "Proposals and awards",
        "Emulation pacts signed here",
    ):
        assert done in text


def test_a_movement_names_who_joined_by_year(country_client):
    page = read(country_client, "movement/lang-son-cung-ca-nuoc-chung-suc-xay-dung-nong-thon-moi", "en")
    assert "2019 Khối thi đua Văn hóa - Xã hội tỉnh Bắc Mẫu" in page.text


def test_a_proposal_is_not_taken_for_the_award(country_client):
    page = read(country_client, "award/co-truong-nghe-2019", "en")
    ((_, heading),) = [each for each in page.headings if each[0] == 1]
    assert heading.startswith("Proposal of ")
    assert page.data["mainEntity"]["name"] == heading
    assert "Known only to have been proposed." in page.text
    assert page.classed("untold") == ["li", "li"]


def test_each_step_of_an_award_has_its_own_day(country_client):
    page = read(country_client, "award/bang-khen-ca-nhan-2019", "en")
    assert not page.classed("untold")
    proposal, _, rest = page.text.partition("Proposal")[2].partition("Decision")
    assert "unknown" in proposal
    assert rest.index("3 January 2020") < rest.index("8 January 2020")
    assert "24 cá nhân" in page.text


def test_an_organisation_shows_what_it_was_in_clusters(country_client):
    text = read(country_client, "organisation/truong-cao-dang-nghe-dan-toc-noi-tru-bac-kan", "en").text
    assert "2020 Khối thi đua Văn hóa - Xã hội tỉnh Bắc Mẫu member" in text
    assert "lead unit" in text
    assert "ranked: 1" in text


def test_an_organisation_is_not_said_to_hold_what_was_proposed_for_it(country_client):
    page = read(country_client, "organisation/truong-cao-dang-nghe-dan-toc-noi-tru-bac-kan", "en")
    assert page.classed("de-nghi") == ["span"]
    assert not page.classed("trao")
    given = read(country_client, "organisation/ubnd-tinh-bac-kan", "en").text.partition("decided or presented by it")[2]
    assert "24 cá nhân" in given


def test_an_emulation_unit_leads_to_its_territory(country_client):
    assert "/doc/unit/2004/188?lang=en" in read(country_client, "emulation-unit/2004-188", "en").links


def test_a_source_is_read_in_the_order_of_its_text(country_client):
    page = read(country_client, "source/s4", "en")
    places = [text for text in ("0–99", "100–300", "310–330") if text in page.text]
    assert places == sorted(places, key=page.text.index)
    assert "Phó Chủ tịch" in page.text


def test_a_source_says_nothing_on_its_page_that_only_another_says(country_client):
    # The label of the cluster is in both, the other name in s2 alone.
    assert "Cụm thi đua 3 huyện biên giới" in read(country_client, "source/s2").text
    assert "Cụm thi đua 3 huyện biên giới" not in read(country_client, "source/s1").text


def test_a_long_source_comes_in_parts_that_meet(country_client):
    parts = []
    for part in (1, 2):
        answer = country_client.get(f"/doc/source/ra-soat-phap-luat?page={part}", headers={"Accept": "text/html"})
        parts.append(Reading(answer.text))
    first, second = parts
    assert [link for link in first.links if "?page=" in link and "lang=" not in link] == [
        "/doc/source/ra-soat-phap-luat?page=2"
    ]
    assert [link for link in second.links if "?page=" in link and "lang=" not in link] == [
        "/doc/source/ra-soat-phap-luat?page=1"
    ]
    # 83 things, each in a row of its own under the heading of the columns.
    assert [sum(tag == "tr" for tag, _ in part.elements) for part in parts] == [51, 34]


def test_a_part_is_a_number(country_client):
    for part in ("0", "-1", "x", "1e3"):
        assert country_client.get(f"/doc/source/s4?page={part}", headers={"Accept": "text/html"}).status_code == 400


def test_a_reader_s_language_is_kept_from_page_to_page(country_client):
    links = [link for link in read(country_client, CONFERENCE, "en").links if link.startswith("/doc/person/")]
    assert links == ["/doc/person/uyyiwlo4?lang=en"]
    plain = country_client.get(f"/doc/{CONFERENCE}", headers={"Accept": "text/html", "Accept-Language": "en"}).text
    assert 'href="/doc/person/uyyiwlo4"' in plain


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/browse",
        "/api",
        "/api/clusters/bien-gioi-lang-son/leaders",
        "/sparql",
        "/catalog",
        "/dumps/",
        "/releases",
        "/docs",
        "/doc/cluster/bien-gioi-lang-son",
    ],
)
def test_no_menu_and_no_row_forgets_the_language_that_somebody_chose(country_client, path):
    answer = country_client.get(path, params={"lang": "en"}, headers={"Accept": "text/html"})
    inner = [link for link in Reading(answer.text).links if link.startswith("/") and not _DATA.search(link)]
    assert len(inner) > 6
    assert [link for link in inner if "lang=" not in link] == []


@pytest.mark.parametrize("path", ["/dumps/", "/catalog", "/releases"])
def test_nobody_has_to_count_the_digits_of_a_large_number(country_client, path):
    for lang, mark in (("vi", "."), ("en", ",")):
        answer = country_client.get(path, params={"lang": lang}, headers={"Accept": "text/html"})
        cells = re.findall('<td class="number">([^<]*)</td>', answer.text)
        assert cells
        assert all(re.fullmatch(rf"\d{{1,3}}({re.escape(mark)}\d{{3}})*", cell) for cell in cells)


def test_no_source_offers_a_file_that_would_lack_half_of_what_it_says(country_client, monkeypatch):
    files = "/api/sources/s4/statements?limit=10000&format=xlsx&lang=vi"
    assert files in read(country_client, "source/s4").links

    async def many(*_):
        return {"all": 21_588}

    kind = replace(KINDS["source"], more=many)
    monkeypatch.setitem(KINDS, "source", kind)
    # An address that nobody asks for: what is kept of this answer misleads no other test.
    asked = {"lang": "vi", "statements": "many"}
    page = Reading(country_client.get("/doc/source/s4", params=asked, headers={"Accept": "text/html"}).text)
    assert files not in page.links
    assert "21.588" in page.text
    assert "/dumps/?lang=vi" in page.links


def test_who_wants_data_finds_the_catalogue_and_the_vocabulary_from_the_first_page(country_client):
    links = Reading(country_client.get("/", headers={"Accept": "text/html"}).text).links
    assert {"/catalog", "/def", "/concept", "/shapes", "/reconcile", "/dumps/", "/releases"} <= set(links)
    dumps = Reading(country_client.get("/dumps/", headers={"Accept": "text/html"}).text).links
    assert {"/catalog", "/dumps/thidua.xlsx"} <= set(dumps)


def test_an_award_names_the_law_of_its_year(country_client):
    page = read(country_client, "award/co-truong-nghe-2019", "en")
    after = page.text.partition("The law in force then")[2].partition("About this page")[0]
    assert "15/2003/QH11" in after
    assert "06/2022/QH15" not in after
