import hashlib
import random
from pathlib import Path

import pytest
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    serialize,
)

from loaders.errors import DataError
from loaders.namespaces import BASE, xsd
from loaders.release import canonical, sorting
from tests import tiny

HARD = [
    "",
    " ",
    "\t\n\r\f\b\x0b\x00\x1f\x7f",
    '"\\',
    "_:a",
    "<http://a> .",
    "Đình Lập",
    "😀\u2028\ufffe",
    "a _:b <c> .",
]


def quad(value: str, number: int = 0) -> Quad:
    return Quad(NamedNode(f"http://a/{number}"), NamedNode("http://p"), Literal(value), NamedNode("http://g"))


def typed(value: str, datatype: str) -> Quad:
    literal = Literal(value, datatype=xsd[datatype])
    return Quad(NamedNode("http://a"), NamedNode("http://p"), literal, NamedNode("http://g"))


def reference(store: Store) -> str:
    """The hash as RDFC-1.0 words it, by the engine's own canonicalization."""
    dataset = Dataset(store)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    lines = sorted(serialize([one], format=RdfFormat.N_QUADS) for one in dataset)
    return hashlib.sha256(b"".join(lines)).hexdigest()


@pytest.mark.parametrize("found", [tiny.quads(50), [quad(value, n) for n, value in enumerate(HARD)]])
def test_the_hash_is_that_of_rdfc_1_0(found: list[Quad], tmp_path: Path) -> None:
    store = tiny.store(found)
    assert canonical.hash_of(store, scratch=tmp_path) == reference(store)


def test_the_order_of_the_sources_does_not_change_the_hash(tmp_path: Path) -> None:
    found = tiny.quads(50)
    expected = canonical.hash_of(tiny.store(found), scratch=tmp_path)
    for seed in range(5):
        random.Random(seed).shuffle(found)
        assert canonical.hash_of(tiny.store(found), scratch=tmp_path) == expected


def test_one_letter_changes_the_hash(tmp_path: Path) -> None:
    hashes = {canonical.hash_of(tiny.store([quad(value)]), scratch=tmp_path) for value in ("Thủy", "Thuỷ", "thủy")}
    assert len(hashes) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("01", "integer"), ("1", "integer")),
        (("1.10", "decimal"), ("1.1", "decimal")),
        (("1", "boolean"), ("true", "boolean")),
        (("2026-11-21T08:00:00+00:00", "dateTime"), ("2026-11-21T08:00:00Z", "dateTime")),
    ],
)
def test_what_the_engine_stores_alike_hashes_alike(
    one: tuple[str, str], other: tuple[str, str], tmp_path: Path
) -> None:
    first, second = (canonical.hash_of(tiny.store([typed(*way)]), scratch=tmp_path) for way in (one, other))
    assert first == second


def test_codes_keep_their_leading_zeros(tmp_path: Path) -> None:
    (line,) = canonical.lines(tiny.store([quad("06")]), scratch=tmp_path)
    assert line == b'<http://a/0> <http://p> "06" <http://g> .\n'


def test_a_store_on_disk_hashes_like_one_in_memory(tmp_path: Path) -> None:
    on_disk = Store(str(tmp_path / "store"))
    on_disk.bulk_extend(tiny.quads(50))
    assert canonical.hash_of(on_disk, scratch=tmp_path) == canonical.hash_of(
        tiny.store(tiny.quads(50)), scratch=tmp_path
    )


@pytest.mark.parametrize("piece", [1, 1000, 10**9])
def test_sorting_in_pieces_gives_the_same_lines(piece: int, tmp_path: Path) -> None:
    store = tiny.store(tiny.quads(200))
    found = list(canonical.lines(store, scratch=tmp_path, piece=piece))
    assert found == sorted(found)
    assert len(found) == len(store)
    assert not any(tmp_path.iterdir()), "the pieces are gone"


@pytest.mark.parametrize(
    "blank",
    [
        Quad(BlankNode(), NamedNode("http://p"), Literal("1"), NamedNode("http://g")),
        Quad(NamedNode("http://a"), NamedNode("http://p"), BlankNode(), NamedNode("http://g")),
        Quad(NamedNode("http://a"), NamedNode("http://p"), Literal("1"), BlankNode()),
    ],
)
def test_a_blank_node_is_refused(blank: Quad, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="blank node"):
        canonical.hash_of(tiny.store([blank]), scratch=tmp_path)


def test_a_statement_without_a_graph_is_refused(tmp_path: Path) -> None:
    loose = Quad(NamedNode("http://a"), NamedNode("http://p"), Literal("1"))
    with pytest.raises(DataError, match="without a named graph"):
        canonical.hash_of(tiny.store([loose]), scratch=tmp_path)


@pytest.mark.parametrize("size", [1, 1000, 10**9])
def test_sorting_by_graph_gives_each_graph_once_and_sorted(size: int, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = canonical.pieces(tiny.store(tiny.quads(50)), BASE, scratch, size=size)
    runs = sorting.runs(found, [sorting.BY_GRAPH], scratch, map, size)
    lines = [line for part in sorting.ranges(runs, sorting.BY_GRAPH, tmp_path) for line in part.lines()]
    assert sorted(lines) == list(canonical.lines(tiny.store(tiny.quads(50)), scratch=tmp_path))
    assert lines == sorted(lines, key=lambda line: (line[line.rindex(b"<") :], line))


def test_runs_of_many_graphs_have_no_more_frames_than_those_of_one(tmp_path: Path) -> None:
    lines = sorted(b"<http://a%04d> <http://p> <http://o> <http://g%d> .\n" % (n, n % 500) for n in range(4000))
    (tmp_path / "many.nq").write_bytes(b"".join(lines))
    found = list(sorting.pieces(tmp_path / "many.nq", BASE, size=20_000))
    ways = sorting.BY_SUBJECT, sorting.BY_GRAPH
    runs = sorting.runs(found, ways, tmp_path, map, 20_000)
    assert len(runs) == len(found) == 11
    assert all(8 <= len(frames) <= 12 for run in runs for frames in run.values())
    sizes = [sum(map(len, part.lines())) for way in ways for part in sorting.ranges(runs, way, tmp_path)]
    assert sum(sizes) == 2 * sum(map(len, lines))
    assert max(sizes) < 30_000, "the ranges are about as large as they are to be"


def test_every_graph_of_one_line_is_seen_by_who_cuts(tmp_path: Path) -> None:
    lines = [b"<http://a%04d> <http://p> <http://o> .\n" % n for n in range(300)]
    found = []
    for n, line in enumerate(lines):
        (tmp_path / f"{n}").write_bytes(line)
        found += sorting.pieces(tmp_path / f"{n}", BASE, b"<http://g%d>" % n)
    way, size = sorting.BY_SUBJECT, 20 * len(lines[0])
    parts = sorting.ranges(sorting.runs(found, [way], tmp_path, map, size), way, tmp_path)
    assert 10 <= len(parts) <= 20
    assert [line.split()[0] for part in parts for line in part.lines()] == [line.split()[0] for line in lines]
