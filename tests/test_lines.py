"""A part holds what an engine would write of it, line by line: whoever sorts and hashes parts needs no engine."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store, parse

from bench.country.__main__ import Size, make
from loaders import records
from loaders.gazetteer import Registry
from loaders.records.lines import Lines
from loaders.resources import ROOT
from loaders.source import read_source
from tests import made_up, vietnam


def parts(directory: Path, registry: Registry, room: Path) -> list[Path]:
    """The parts that come of the records in a directory; checksum, number of lines and graphs are found right."""
    room.mkdir()
    reading = records.read(read_source(directory), registry, room)
    told = reading.told
    for name, each in told.items():
        content = (room / f"{name}.nq").read_bytes()
        assert (hashlib.sha256(content).hexdigest(), content.count(b"\n")) == (each.part, each.quads)
        assert reading.graphs[name] == {quad.graph_name.value for quad in parse(content, RdfFormat.N_QUADS)}
    found = sorted(room.glob("*.nq"))
    assert len(found) == len(told) + 1
    return found


def as_engines_write(path: Path) -> bytes:
    """The part as it comes out of an engine, sorted."""
    store = Store()
    store.bulk_load(path=path, format=RdfFormat.N_QUADS)
    written: bytes = store.dump(format=RdfFormat.N_QUADS)
    return b"".join(sorted(written.splitlines(keepends=True)))


def test_the_articles_are_written_as_engines_write(tmp_path: Path) -> None:
    found = parts(ROOT / "data" / "records", vietnam.gazetteer(), tmp_path / "room")
    assert [path for path in found if path.read_bytes() != as_engines_write(path)] == []


def test_a_country_is_written_as_engines_write(tmp_path: Path) -> None:
    make(tmp_path / "data", Size(triples=3_000, spreadsheets=3))
    found = parts(tmp_path / "data" / "records", vietnam.gazetteer(), tmp_path / "room")
    assert [path for path in found if path.read_bytes() != as_engines_write(path)] == []


def test_odd_texts_and_numbers_are_written_as_engines_write(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    odd = 'Cụm "A" \\ \\n < b > \U0001f3c5 \u2028 ñ\u0303'
    made_up.change(directory, "clusters", 2, label=odd, alt_labels="a|b|a|'a'|@vi|\"a\"")
    headings, *figures = made_up.rows("figures")
    for figure, value in zip(figures, ("0012,500", "123456789012345678901234567890", "-0,5"), strict=False):
        figure[headings.index("value")] = value
        figure[headings.index("measure")] = "^^< x > \\u0041"
    made_up.write(directory / "figures.csv", [headings, *figures])
    found = parts(directory, made_up.registry(), tmp_path / "room")
    assert [path for path in found if path.read_bytes() != as_engines_write(path)] == []
    written = b"".join(path.read_bytes() for path in found)
    for value in (b'"12.5"^^', b'"123456789012345678901234567890"^^', b'"-0.5"^^', b'\\"A\\" \\\\ \\\\n < b > '):
        assert value in written


@pytest.mark.parametrize("held", [1, 7, 10, 1000])
def test_more_lines_than_are_held_come_out_as_all_do(held: int, tmp_path: Path) -> None:
    lines = Lines(tmp_path / "a.nq", held)
    said = [(f"<{number % 7}>", f"<{number % 7}> {number % 5} ố\u2028\n") for number in range(90)]
    for node, line in said:
        lines.add(node, [line, line])
    expected = b"".join(sorted({line.encode() for _, line in said}))
    assert lines.write() == (hashlib.sha256(expected).hexdigest(), 35)
    assert (tmp_path / "a.nq").read_bytes() == expected
    lines.discard()
    assert list(tmp_path.iterdir()) == [tmp_path / "a.nq"]
