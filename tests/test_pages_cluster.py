"""The page of a cluster shows what is known of each year, and leaves open what is not."""

from tests.test_pages import read

STEM = "cluster/bien-gioi-lang-son"


def test_a_year_of_which_nothing_is_known_is_a_gap(country_client):
    page = read(country_client, STEM)
    # Nobody is known to have led it, nobody to have been a member.
    assert page.classed("gap").count("tr") == 2
    # Leads and deputies of 2018, deputies of 2019 and 2020.
    assert page.classed("gap").count("g") == 4
    assert "Trước 2017 và sau 2020: chưa biết." in page.text
    assert "2018 chưa biết chưa biết" in page.text


def test_two_leads_of_one_year_stand_side_by_side(country_client):
    page = read(country_client, STEM, "en")
    assert page.classed("disputed").count("g") == 2
    assert page.text.count("≠ disputed ? ambiguous") == 2
    _, _, after = page.text.partition("The sources disagree:")
    assert after.index("Huyện Đình Lập Mẫu") < after.index("Huyện Văn Lãng Mẫu")
    assert after.count("ambiguous") >= 2


def test_a_pact_that_may_be_of_two_years_says_so(country_client):
    assert "pacts for two years" in read(country_client, "cluster/van-hoa-xa-hoi-bac-kan", "en").text
    assert "pacts for two years" not in read(country_client, STEM, "en").text


def test_every_mark_names_source_day_and_place(country_client):
    page = read(country_client, STEM, "en")
    assert "Báo Lạng Mẫu, 21 July 2017" in page.text
    assert "characters 130–400" in page.text
    assert page.classed("witness").count("details") > 5


def test_an_award_that_was_proposed_is_called_no_more(country_client):
    page = read(country_client, "cluster/van-hoa-xa-hoi-bac-kan", "en")
    assert "A proposal is no award" in page.text
    assert page.classed("de-nghi") == ["span"]
    assert "proposed only" in page.text
