"""What is read where a release lies is of the release that was opened there, or nothing is read."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest
from starlette.types import Message

from loaders.release import Release, open_release
from service.place import Sent, Statements, look
from service.problems import Problem
from service.search.index import Index
from tests import tiny
from tests.house import opened as files
from tests.house import uncollected


@pytest.fixture
def opened(tmp_path: Path) -> Release:
    return open_release(tiny.release(tmp_path, 5).directory)


def test_nothing_is_read_of_a_release_that_took_its_place(opened: Release) -> None:
    index, dump = Index.of(opened), opened.directory / "dumps" / "thidua.nq.gz"
    assert index is not None
    look(opened)
    assert list(Statements(opened, opened.description))
    tiny.replaced(opened, 2)
    with pytest.raises(Problem, match="taken out"):
        look(opened)
    with pytest.raises(Problem, match="taken out"):
        list(Statements(opened, opened.description))
    with pytest.raises(Problem, match="taken out"):
        Sent(opened, dump, "application/gzip", {})
    # The connection that was open goes on; a second one is not made.
    with index._drawer.connected() as first:
        assert first.execute("SELECT count(*) FROM thing").fetchone() == (5,)
        with pytest.raises(Problem, match="taken out"):
            index.kinds()


def test_a_damaged_index_takes_no_file_more_each_time_that_it_is_asked(opened: Release) -> None:
    index = Index.of(opened)
    assert index is not None
    assert opened.index is not None
    opened.index.write_bytes(opened.index.read_bytes()[:4096])
    with uncollected():
        for _ in range(5):
            with pytest.raises(Problem, match="cannot be read"):
                index.kinds()
        assert not files(opened.directory)


def test_a_dump_that_is_on_its_way_stays_what_it_was(opened: Release) -> None:
    dump, parts = opened.directory / "dumps" / "thidua.nq.gz", []

    async def send(message: Message) -> None:
        parts.append(message.get("body", b""))

    async def receive() -> Message:
        return {"type": "http.request"}

    sent, before = Sent(opened, dump, "application/gzip", {}), dump.read_bytes()
    tiny.replaced(opened, 2)
    asyncio.run(sent({"type": "http", "method": "GET", "headers": [], "asgi": {"spec_version": "2.4"}}, receive, send))
    assert b"".join(parts) == before
    assert len(gzip.decompress(before).splitlines()) == opened.quads
