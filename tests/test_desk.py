"""What is answered on the spot, without a socket: it takes no more memory than it may, whatever is asked."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
from pyoxigraph import Quad, Store

from loaders.release import Release, find, open_release
from service.catalogue import Catalogue
from service.desk import Desk
from service.edition import edition
from service.letter import opened
from service.query import Query
from tests import tiny

_PEER, _SERVER = "127.0.0.1", ("127.0.0.1", 80)
_ASK = "GET /sparql?query=ASK%7B%7D{query} HTTP/1.1\r\nHost: x\r\nX-Odd: {head}\r\nAccept: text/csv{accept}\r\n\r\n"


def grown(desk: Desk, *, length: int, number: int = 300) -> int:
    """How many bytes it takes to have answered so many different requests with so long a header, query or Accept."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for index in range(number):
        filling = f"{index:06}".rjust(length, "0")
        for odd in ({"head": filling}, {"query": "%23" + filling[:30_000]}, {"accept": ", a/" + filling}):
            request = _ASK.format(**{"query": "", "head": "", "accept": ""} | odd)
            response = desk.answer(opened(request.encode(), _PEER), _SERVER)
            assert response is not None
            assert response.status == 200
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before


def test_long_requests_are_not_remembered(tmp_path: Path) -> None:
    release = tiny.release(tmp_path, 3)
    desk = Desk(release, 64 << 20)
    desk.open(*[tiny.store(tiny.quads(3))] * 2)
    assert grown(desk, length=60_000) < 2 << 20


def test_a_response_that_is_longer_than_all_that_may_be_kept_is_given(tmp_path: Path) -> None:
    desk = Desk(tiny.release(tmp_path, 3), 2500)
    desk.open(*[tiny.store(tiny.quads(3))] * 2)
    request = "GET /sparql?query=SELECT*%7B%3Fa%20%3Fb%20%3Fc%7D HTTP/1.1\r\nHost: x\r\n\r\n"
    letter = opened(request.encode(), _PEER)
    assert desk.answer(letter, _SERVER) is not None


def test_a_new_teller_reads_nothing_of_the_software(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edition.cache_clear()
    desk = Desk(tiny.release(tmp_path, 3), 0)
    desk.open(*[tiny.store(tiny.quads(3))] * 2)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} is read"))
    response = desk.answer(opened(_ASK.format(query="", head="", accept="").encode(), _PEER), _SERVER)
    assert response is not None
    assert b'etag: "' in response.rest


@pytest.fixture(scope="module")
def copies(country_releases: Path) -> Sequence[Desk]:
    """Two that answer over the country; the stores, in memory, were filled in different orders."""
    release = open_release(find(country_releases, None))
    quads = list(Store.read_only(str(release.store_path)))
    return [copy_of(release, sorted(quads, key=str)), copy_of(release, random.Random(2026).sample(quads, len(quads)))]


def copy_of(release: Release, quads: Sequence[Quad]) -> Desk:
    """One that answers over a release from a store into which these were put, one after the other."""
    desk, whole, merge = Desk(release, 0), Store(), Store()
    for quad in quads:
        whole.add(quad)
        merge.add(Quad(*quad.triple))
    desk.open(whole, merge)
    return desk


@pytest.mark.parametrize("form", ["json", "csv", "xlsx", "srj", "ttl"])
@pytest.mark.parametrize("query", Catalogue.read().queries, ids=lambda query: query.name)
def test_copies_with_one_tag_send_the_same_bytes(copies: Sequence[Desk], query: Query, form: str) -> None:
    request = f"GET {query.url({**query.example, 'format': form})} HTTP/1.1\r\nHost: x\r\n\r\n"
    one, other = (desk.answer(opened(request.encode(), _PEER), _SERVER) for desk in copies)
    assert one is not None
    assert other is not None
    assert b'etag: "' in one.rest
    assert one.rest == other.rest
