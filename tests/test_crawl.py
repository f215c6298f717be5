"""A reader that follows every link from `/` comes to sound pages, and every IRI says the same in every form."""

from __future__ import annotations

import pytest
from pyoxigraph import NamedNode

from tests import country
from tests.crawl import BASE, Page, crawl, disagreements, kinds, things


@pytest.fixture(scope="module")
def journey(country_client):
    return crawl(country_client)


def test_every_link_from_the_home_page_leads_to_a_sound_answer(journey):
    assert journey.faults == []


def test_the_journey_comes_to_every_room(journey):
    rooms = {path.split("?")[0].split("/")[1] for path in journey.seen}
    assert {"", "browse", "map", "search", "api", "sparql", "dumps", "doc", "docs", "releases", "static"} <= rooms
    assert len(journey.seen) > 200


def named(store):
    """Every IRI of which the country says something, or that it refers to."""
    for quad in store:
        yield from (term.value for term in (quad.subject, quad.object) if isinstance(term, NamedNode))


THINGS = kinds(things(named(country.store())))


@pytest.mark.parametrize("kind", sorted(THINGS))
def test_every_thing_says_the_same_in_every_form(country_client, kind):
    assert [fault for iri in THINGS[kind] for fault in disagreements(country_client, iri)] == []


def test_the_reader_sees_faults(country_client):
    faults = Page('<html><body><p id="a"><p id="a"><img src="//x/y"><a href="#b">', "http://here.example/").faults
    assert {"no doctype", "0 main", "no language", "no title", "id a stands 2 times", "#b leads nowhere"} <= set(faults)
    assert list(disagreements(country_client, f"{BASE}id/unit/2004/nowhere"))
