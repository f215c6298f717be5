"""The order of a release: the same rows, in the same order and number, as the questions themselves give."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyoxigraph import DefaultGraph, Quad, QueryResultsFormat, Store

from bench.draws import Draws
from loaders.errors import OutsideError, SourceError
from loaders.namespaces import BASE, concept, entity, rdf, rdfs, td, text, xsd
from loaders.release import ORDER, Release, find, open_release, verification
from loaders.release.lists import long_lists, read
from loaders.release.order import write
from loaders.release.orders import Former, write_orders
from service import engine, home, rows
from service.binding import bind
from service.catalogue import Catalogue
from service.order import Order, orders
from service.problems import Problem
from service.reply import bindings, results

LISTS = sorted(long_lists())


class Asking:
    """The store of a release, asked in this process, which counts what it is asked."""

    def __init__(self, release: Release) -> None:
        self.store, self.asked = Store.read_only(str(release.store_path)), []

    async def read(self, query: str, media: str) -> bytes:
        self.asked.append(query)
        return self.store.query(query, base_iri=BASE).serialize(format=QueryResultsFormat.from_media_type(media))

    async def rows(self, query: str):
        return bindings(await self.read(query, engine.JSON))

    async def apart(self, work):
        return work()

    async def write(self, work, rows):
        return work()


def told(found) -> bytes:
    """Rows as an engine tells them."""
    return results([], [json.dumps(row).encode() for row in found])


@pytest.fixture(scope="module")
def release(country_releases) -> Release:
    return open_release(find(country_releases, None))


@pytest.fixture(scope="module")
def snapshot(release):
    return SimpleNamespace(release=release, engine=Asking(release), index=None, orders=orders(release))


def answer(bound, snapshot, limit: int = 100, offset: int = 0):
    async def both():
        found = bindings(await rows.results(bound, limit, offset, snapshot))
        return found, await rows.total(bound, snapshot)

    return asyncio.run(both())


def cases(query, store: Store):
    """What the bench asks, two of each at a time, and a name that is longer than eight words."""
    drawn = [case.values for case in Draws(store).cases(query)]
    yield from drawn
    first = {tuple(values): values for values in reversed(drawn)}.values()
    yield from ({**one, **other} for one, other in itertools.combinations(first, 2))
    yield {"lang": "en"}
    if any(param.name == "q" for param in query.params):
        yield {"q": "mot hai ba bon nam sau bay tam chin"}


@pytest.mark.parametrize("name", LISTS)
def test_the_order_gives_the_rows_of_the_question(name, snapshot):
    query = Catalogue.read()[name]
    without = SimpleNamespace(**{**vars(snapshot), "orders": {}})
    for values in cases(query, snapshot.engine.store):
        bound = bind(query, values)
        for limit, offset in ((100, 0), (2, 1), (5, 10_000)):
            assert answer(bound, snapshot, limit, offset) == answer(bound, without, limit, offset), (values, offset)


@pytest.mark.parametrize("name", LISTS)
def test_a_page_and_its_number_need_no_key_of_another_row(name, snapshot):
    snapshot.engine.asked.clear()
    found, total = answer(bind(Catalogue.read()[name], {}), snapshot, limit=1)
    assert total
    assert len(found) == 1
    assert len(snapshot.engine.asked) == 1
    assert "LIMIT" not in snapshot.engine.asked[0]


def test_the_engine_is_not_asked_what_the_order_knows(snapshot):
    bound = bind(Catalogue.read()["movements"], {})
    snapshot.engine.asked.clear()
    found, _ = answer(bound, snapshot)
    (asked,) = snapshot.engine.asked
    assert not any("years" in row for row in bindings(asyncio.run(Asking(snapshot.release).read(asked, engine.JSON))))
    years = [row["years"]["value"] for row in found if "years" in row]
    assert years == [each for each in years if each == " | ".join(sorted(each.split(" | ")))] != []


def test_the_first_page_asks_for_the_rows_that_it_shows(snapshot, monkeypatch):
    monkeypatch.setattr(home, "_FEW", 1)
    snapshot.engine.asked.clear()
    shown = asyncio.run(home.examples(SimpleNamespace(**{**vars(snapshot), "catalogue": Catalogue.read()}), "vi"))
    assert [len(each.rows) for each in shown] == [min(each.total, 1) for each in shown]
    assert any(each.total > 1 for each in shown)
    parts = ("LIMIT 1 ", "SELECT (COUNT(*) AS ?total)", "VALUES ?award { <")
    assert [text for text in snapshot.engine.asked if not any(part in text for part in parts)] == []


def test_every_row_is_found_by_each_word_of_its_name(snapshot):
    query = Catalogue.read()["clusters"]
    names = snapshot.engine.store.query(
        f"SELECT ?s ?k {{ ?s a <{BASE}def#EmulationCluster> ; <{BASE}def#searchKey> ?k }}"
    )
    for thing, key in names:
        for word in key.value.split():
            found, _ = answer(bind(query, {"q": word[:-1] or word}), snapshot)
            assert thing.value in {row["cluster"]["value"] for row in found}


def test_the_same_data_give_the_same_order(release, tmp_path):
    write_orders(release.store_path, release.base, tmp_path / ORDER, lambda name: None, 1)
    for name in LISTS:
        assert (tmp_path / ORDER / f"{name}.sqlite").read_bytes() == release.order(name).read_bytes()


def test_an_order_made_by_other_words_is_not_read(release, snapshot, monkeypatch):
    list_of = long_lists()["clusters"]
    monkeypatch.setitem(long_lists(), "clusters", replace(list_of, by={}))
    assert Order.of(release, "clusters") is None
    assert Order.of(release, "awards") is not None


def test_a_release_without_an_order_is_asked(release, snapshot, tmp_path):
    copy = tmp_path / release.version
    shutil.copytree(release.directory, copy)
    shutil.rmtree(copy / ORDER)
    files = {path: entry for path, entry in release.manifest.files.items() if not path.startswith(ORDER)}
    older = Release(copy, replace(release.manifest, files=files))
    assert orders(older) == {}
    bound = bind(Catalogue.read()["awards"], {})
    assert answer(bound, SimpleNamespace(**{**vars(snapshot), "orders": orders(older)})) == answer(bound, snapshot)


@pytest.mark.parametrize("step", ["places", "rows", "known"])
def test_when_another_release_takes_its_place_the_engine_is_asked(snapshot, step, monkeypatch):
    """The order's file is the other one's then; the engine has open what it opened."""
    bounds = [bind(Catalogue.read()[name], {}) for name in LISTS]
    expected = [answer(bound, snapshot) for bound in bounds]

    def replaced(*_):
        raise Problem(503, "The release is being replaced", "")

    monkeypatch.setattr(Order, step, replaced)
    assert [answer(bound, snapshot) for bound in bounds] == expected


def test_an_engine_that_writes_values_in_another_way_is_asked_for_the_keys(snapshot):
    def spelt(term: dict[str, str]) -> dict[str, str]:
        return {**term, "value": f"0{term['value']}"} if term.get("datatype") == xsd.integer.value else term

    class Elsewhere(Asking):
        async def read(self, query: str, media: str) -> bytes:
            found = bindings(await super().read(query, media))
            return told({name: spelt(term) for name, term in row.items()} for row in found)

    elsewhere = Elsewhere(snapshot.release)
    bound = bind(Catalogue.read()["awards"], {})
    found, total = answer(bound, SimpleNamespace(**{**vars(snapshot), "engine": elsewhere}))
    assert len(found) == min(total, 100)
    assert any("LIMIT" in text for text in elsewhere.asked)


@pytest.mark.parametrize("known", [True, False])
def test_no_page_is_longer_than_an_engine_takes_at_a_time(snapshot, monkeypatch, known):
    monkeypatch.setattr(rows, "_AT_ONCE", 2, raising=False)
    asked = SimpleNamespace(**{**vars(snapshot), "orders": snapshot.orders if known else {}})
    bound = bind(Catalogue.read()["units"], {})
    snapshot.engine.asked.clear()
    found, total = answer(bound, asked)
    assert len(found) == min(total, 100) > 2
    units = {f"<{row['unit']['value']}>" for row in found}
    assert max(len([unit for unit in units if unit in text]) for text in snapshot.engine.asked) == 2
    assert [row["unit"] for row in found] == [row["unit"] for row in answer(bound, snapshot)[0]]


def holdings(number: int) -> Iterator[Quad]:
    """So many people in fifty posts."""
    witness, where = entity("witness", "s", "whole", "stated"), DefaultGraph()
    yield Quad(witness, td.source, entity("source", "s"), where)
    yield Quad(witness, td.certainty, concept("certainty", "stated"), where)
    for at in range(number):
        holding, person, post = entity("holding", str(at)), entity("person", str(at)), entity("post", str(at % 50))
        yield Quad(holding, rdf.type, td.PostHolding, where)
        yield Quad(holding, td.person, person, where)
        yield Quad(holding, td.post, post, where)
        yield Quad(holding, td.attestedBy, witness, where)
        yield Quad(person, rdfs.label, text(f"Người {at}"), where)
        yield Quad(post, rdfs.label, text(f"Chức vụ {at % 50}"), where)


def test_a_row_of_a_long_page_costs_what_a_row_of_a_short_one_does():
    """Asked about too many people at a time, the engine went through all there are."""
    store, bound = Store(), bind(Catalogue.read()["officials"], {})
    store.bulk_extend(holdings(10_000))

    def row(things: int) -> float:
        query, began = bound.about([entity("holding", str(at)) for at in range(things)]), time.process_time()
        assert len(list(store.query(query))) == things
        return (time.process_time() - began) / things

    assert min(row(rows._AT_ONCE) for _ in range(3)) < 5 * min(row(50) for _ in range(3))


def test_a_row_that_an_engine_loses_is_told_with_its_question_and_its_column(snapshot, caplog):
    class Losing(Asking):
        async def read(self, query: str, media: str) -> bytes:
            found = bindings(await super().read(query, media))
            lost = () if "LIMIT" in query else ("year",)
            return told({name: term for name, term in row.items() if name not in lost} for row in found)

    losing = SimpleNamespace(**{**vars(snapshot), "engine": Losing(snapshot.release), "orders": {}})
    with caplog.at_level("ERROR", "thidua"), pytest.raises(Problem) as raised:
        answer(bind(Catalogue.read()["awards"], {}), losing)
    assert raised.value.status == 502
    assert "awards: year is None, was '20" in caplog.text


def test_a_changed_order_is_found(release, tmp_path):
    copy = tmp_path / release.version
    shutil.copytree(release.directory, copy)
    path = copy / ORDER / "awards.sqlite"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert verification.verify(copy) == ["order/awards.sqlite: changed"]


def test_an_order_that_cannot_be_written_says_where(release, snapshot, tmp_path):
    with pytest.raises(OutsideError, match="nowhere"):
        write(long_lists()["awards"], snapshot.engine.store, release.base, tmp_path / "nowhere" / "awards.sqlite")


def test_a_former_order_is_taken_over_unless_the_change_concerns_it(release, tmp_path):
    def line(name: str) -> bytes:
        return f'<{BASE}id/a> <{BASE}def#{name}> "1" <{BASE}graph/a> .\n'.encode()

    lists = long_lists()
    assert [name for name in LISTS if lists[name].concerned([line("textChecksum")])] == []
    assert [name for name in LISTS if lists[name].concerned([line("recipientCount")])] == ["disagreements"]
    assert "awards" in [name for name in LISTS if lists[name].concerned([line("forYear")])]
    assert all(lists[name].concerned([line("searchKey")]) for name in LISTS)
    former = {name: Former(release.order(name), frozenset()) for name in LISTS}
    write_orders(tmp_path / "no store", release.base, tmp_path / ORDER, former.get, 1)
    assert {path.stem for path in (tmp_path / ORDER).iterdir()} == set(LISTS)


def test_a_question_that_says_nothing_of_itself_is_told_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "question.rq").write_text("SELECT * {}\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"question\.rq: a question without front matter"):
        read(tmp_path / "question.rq")
