"""What `thidua diff` says between two releases is what happened between them, in each of its forms."""

from __future__ import annotations

import datetime
import gzip
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from pyoxigraph import Quad, RdfFormat, Store, parse

from loaders.errors import DamagedRelease
from loaders.namespaces import BASE, entity, graph, integer, rdf, rdfs, td, text
from loaders.release import Release, canonical, difference
from loaders.release.difference import FORMS, Difference
from service.cli import main
from tests import tiny

LATER = tiny.NOW + datetime.timedelta(days=1)
# One cluster more, another count for the first, another source for its name, and texts that are hard to quote.
CHANGED = [
    *tiny.quads(4)[5:],
    Quad(entity("cluster", "cum-0"), rdf.type, td.EmulationCluster, graph("s0")),
    Quad(entity("cluster", "cum-0"), rdfs.label, text('Cụm \\ "một"\t<http://x> <http://y> .\r\nA B'), graph("s2")),
    Quad(entity("cluster", "cum-0"), td.statedMemberCount, integer(7), graph("s1")),
]


def two(releases: Path, old: Sequence[Quad] | int, new: Sequence[Quad] | int, base: str = BASE) -> Difference:
    return Difference(tiny.release(releases, old), tiny.release(releases, new, now=LATER, base=base))


def dataset(release: Release) -> set[Quad]:
    with gzip.open(release.directory / "dumps" / "thidua.nq.gz") as stream:
        return set(parse(stream, RdfFormat.N_QUADS))


def applied(patch: bytes, quads: set[Quad]) -> set[Quad]:
    """The dataset after the patch, which is read by the grammar of RDF Patch: one row a line, in one transaction."""
    rows = patch.decode().removesuffix("\n").split("\n")
    assert all(row.endswith(" .") for row in rows)
    assert [row for row in rows if row[:2] not in ("A ", "D ", "H ")] == ["TX .", "TC ."]
    assert (rows[2], rows[-1]) == ("TX .", "TC .")
    for row in rows[3:-1]:
        (quad,) = parse(row[2:], RdfFormat.N_QUADS)
        assert (quad in quads) == row.startswith("D "), "nothing is added that is there, or taken away that is not"
        quads = quads - {quad} if row.startswith("D ") else quads | {quad}
    return quads


@pytest.mark.parametrize(
    ("old", "new", "base"),
    [
        (2, 5, BASE),
        (5, 2, BASE),
        (4, CHANGED, BASE),
        (CHANGED, 1, BASE),
        (3, 3, BASE),
        (3, 3, "https://example.org/"),
    ],
)
def test_the_patch_leads_from_one_dataset_to_the_hash_of_the_other(
    old: Sequence[Quad] | int, new: Sequence[Quad] | int, base: str, tmp_path: Path
) -> None:
    found = two(tmp_path, old, new, base)
    quads = applied(b"".join(difference.patch(found)), dataset(found.old))
    store = Store()
    store.bulk_extend(quads)
    assert canonical.hash_of(store, scratch=tmp_path) == found.new.hash
    assert (found.old.hash == found.new.hash) == (old == new and base == BASE)


def test_the_patch_names_the_releases_between_which_it_stands(tmp_path: Path) -> None:
    found = two(tmp_path, 1, 2)
    head = b"".join(difference.patch(found)).decode().split("\n")[:2]
    versions = (found.new.version, found.old.version)
    assert head == [f"H {word} <{BASE}release/{name}> ." for word, name in zip(("id", "prev"), versions, strict=True)]


def test_json_has_every_statement_that_one_of_them_has(tmp_path: Path) -> None:
    found = two(tmp_path, 4, CHANGED)
    told = json.loads(b"".join(difference.to_json(found)))
    old, new = dataset(found.old), dataset(found.new)
    for change, quads in (("added", new - old), ("removed", old - new)):
        listed = [
            (c["subject"], c["predicate"], c["object"]["value"], c["graph"])
            for c in told["changes"]
            if c["change"] == change
        ]
        expected = [(q.subject.value, q.predicate.value, q.object.value, q.graph_name.value) for q in quads]
        assert sorted(listed) == sorted(expected) != []
        assert told[change] == len(quads)
        by_graph = Counter(quad.graph_name.value for quad in quads)
        assert {name: row[change] for name, row in told["graphs"].items() if row[change]} == by_graph
    assert (told["old"]["hash"], told["new"]["hash"]) == (found.old.hash, found.new.hash)
    kinds = {c["object"].get("xml:lang") or c["object"].get("datatype", c["object"]["type"]) for c in told["changes"]}
    assert kinds == {"vi", "http://www.w3.org/2001/XMLSchema#integer", "uri"}


def test_things_are_counted_by_class_as_new_gone_or_changed(tmp_path: Path) -> None:
    counts = {}
    for name, (old, new) in {"grown": (2, 5), "shrunk": (5, 2), "other": (4, CHANGED), "same": (3, 3)}.items():
        found = two(tmp_path / name, old, new)
        assert sum(1 for _ in found.changes()) == found.added + found.removed
        counts[name] = dict(found.classes.get(td.EmulationCluster.value, {}))
    assert counts == {"grown": {"new": 3}, "shrunk": {"gone": 3}, "other": {"changed": 1}, "same": {}}


def test_the_text_says_how_many_and_shows_the_first(tmp_path: Path) -> None:
    found = two(tmp_path, 1, 20)
    lines = b"".join(difference.text(found)).decode().splitlines()
    assert lines[2] == "95 added, 0 removed"
    assert ["def#EmulationCluster", "19", "0", "0"] in [line.split() for line in lines]
    assert ["graph/s0", "38", "0"] in [line.split() for line in lines]
    assert sum(line.startswith("+ <") for line in lines) == difference.SHOWN
    assert lines[-1].startswith("… and 55 more")


def test_releases_that_do_not_differ_say_so_in_every_form(tmp_path: Path) -> None:
    one = tiny.release(tmp_path)
    told = {name: b"".join(form(Difference(one, one))).decode() for name, form in FORMS.items()}
    assert told["text"].splitlines()[2:] == ["0 added, 0 removed"]
    assert json.loads(told["json"])["changes"] == []
    assert told["patch"].splitlines()[2:] == ["TX .", "TC ."]


def test_a_dump_that_was_changed_is_not_compared(tmp_path: Path) -> None:
    found = two(tmp_path, 1, 2)
    dump = found.new.directory / "dumps" / "thidua.nq.gz"
    dump.chmod(0o644)
    dump.write_bytes(gzip.compress(b""))
    for form in ("text", "json"):
        with pytest.raises(DamagedRelease, match=r"thidua\.nq\.gz: not as the manifest says → thidua verify"):
            b"".join(FORMS[form](found))


def test_the_command_prints_the_difference_or_names_the_releases_there_are(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    found = two(tmp_path, 1, 2)
    names = (found.old.version, found.new.version)
    for form, write in FORMS.items():
        assert main(["diff", *names, "--releases", str(tmp_path), "--format", form]) == 0
        assert capsysbinary.readouterr().out == b"".join(write(Difference(found.old, found.new)))
    assert main(["diff", names[0], "2026-01-01-00000000", "--releases", str(tmp_path)]) == 2
    assert names[1].encode() in capsysbinary.readouterr().err
    assert main(["diff", names[0], "--releases", str(tmp_path)]) == 2
