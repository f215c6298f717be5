"""Two sources that disagree stand side by side: neither is dropped, and each keeps its own word."""

from __future__ import annotations

import datetime

import pytest
from pyoxigraph import Quad, Store

from loaders.namespaces import concept, date, entity, graph, integer, rdf, rdfs, td, text
from tests import country

CONFERENCE = entity("conference", "bien-gioi-lang-son-2017-07-14")
WITNESS = entity("witness", "s4", "7-9", "stated")


@pytest.fixture
def disagreeing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The country, in which another source gives the conference another day."""
    found = Store()
    found.bulk_extend(country.store())
    said = graph("s4")
    found.extend(
        [
            Quad(CONFERENCE, rdf.type, td.Conference, said),
            Quad(CONFERENCE, rdfs.label, text("Hội nghị"), said),
            Quad(CONFERENCE, td.date, date(datetime.date(2017, 7, 15)), said),
            Quad(CONFERENCE, td.attestedBy, WITNESS, said),
            Quad(WITNESS, rdf.type, td.Witness, said),
            Quad(WITNESS, td.source, entity("source", "s4"), said),
            Quad(WITNESS, td.certainty, concept("certainty", "stated"), said),
            Quad(WITNESS, td.startOffset, integer(7), said),
            Quad(WITNESS, td.endOffset, integer(9), said),
        ]
    )
    monkeypatch.setattr(country, "store", lambda: found)


def days(name: str, **given: str) -> set[tuple[object, object]]:
    return {(row["date"], str(row["source"])[-2:]) for row in country.ask(name, **given)}


@pytest.mark.usefixtures("disagreeing")
def test_each_source_keeps_its_own_day() -> None:
    expected = {("2017-07-14", "s2"), ("2017-07-15", "s4")}
    assert days("conferences", cluster="bien-gioi-lang-son", from_="2017-07-14", to="2017-07-15") == expected
    assert days("conference", key="bien-gioi-lang-son-2017-07-14") == expected


@pytest.mark.usefixtures("disagreeing")
def test_where_they_differ_is_listed_with_both_words() -> None:
    found = country.ask("disagreements", kind="two-values", cluster="bien-gioi-lang-son")
    assert {(row["value"], row["otherValue"], str(row["source"])[-2:]) for row in found} == {
        ("2017-07-14", "2017-07-15", "s2"),
        ("2017-07-15", "2017-07-14", "s4"),
    }


def test_sources_that_agree_are_not_said_to_differ() -> None:
    assert country.ask("disagreements", kind="two-values") == []
