import dataclasses
import datetime
import gzip
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pyshacl
import pytest
import rdflib
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store

from loaders import release
from loaders.candidate import Candidate
from loaders.errors import DamagedRelease, DataError, OutsideError
from loaders.namespaces import BASE, entity, graph, rdfs
from loaders.release import blocks, canonical, disk, orders, workbook, writer
from loaders.release.lists import long_lists
from loaders.release.share import silent
from loaders.release.verification import verify
from loaders.release.workshop import workshop
from loaders.resources import ROOT
from tests import tiny

OTHER = "https://example.org/td/"


PREFIXES = """
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
PREFIX void: <http://rdfs.org/ns/void#>
"""
# What the description says of a term, and what the data say.
COUNTS = {
    "all": ("?part a dcat:Dataset ; void:triples ?n", "(COUNT(*) AS ?n) { ?s ?p ?o }"),
    "subjects": (
        "?part a dcat:Dataset ; void:distinctSubjects ?n",
        "(COUNT(DISTINCT ?s) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    ),
    "entities": ("?part a dcat:Dataset ; void:entities ?n", "(COUNT(DISTINCT ?s) AS ?n) { GRAPH ?g { ?s ?p ?o } }"),
    "classes": (
        "?part void:class ?term ; void:entities ?n",
        "?term (COUNT(DISTINCT ?s) AS ?n) { GRAPH ?g { ?s a ?term } } GROUP BY ?term",
    ),
    "properties": (
        "?part void:property ?term ; void:triples ?n",
        "?term (COUNT(*) AS ?n) { ?s ?term ?o } GROUP BY ?term",
    ),
    "graphs": (
        "?part sd:name ?term ; void:triples ?n",
        "?term (COUNT(*) AS ?n) { GRAPH ?term { ?s ?p ?o } } GROUP BY ?term",
    ),
    "subjects of graphs": (
        "?part sd:name ?term ; void:distinctSubjects ?n",
        "?term (COUNT(DISTINCT ?s) AS ?n) { GRAPH ?term { ?s ?p ?o } } GROUP BY ?term",
    ),
}


def rows(store: Store, query: str) -> set[str]:
    return {str(row) for row in store.query(PREFIXES + query)}  # type: ignore[union-attr]


def test_a_release_holds_what_was_put_into_it(tmp_path: Path) -> None:
    found = release.open_release(tiny.release(tmp_path).directory)
    store = Store.read_only(str(found.store_path))
    named = {str(quad) for quad in store if quad.graph_name != DefaultGraph()}
    assert named == {str(quad) for quad in tiny.quads()}
    merged = [str(quad.triple) for quad in store.quads_for_pattern(None, None, None, DefaultGraph())]
    assert sorted(merged) == sorted({str(quad.triple) for quad in tiny.quads()})
    assert len(merged) == found.manifest.triples < found.quads
    assert found.quads == len(tiny.quads())
    assert found.version == f"2026-11-21-{found.hash[:8]}"
    assert found.modified == tiny.NOW
    assert found.base == BASE


def test_both_dumps_are_the_dataset(tmp_path: Path) -> None:
    found = tiny.release(tmp_path)
    packed = gzip.decompress((found.directory / "dumps/thidua.nq.gz").read_bytes())
    assert hashlib.sha256(packed).hexdigest() == found.hash
    assert packed.splitlines() == sorted(packed.splitlines())
    from_trig = Store()
    trig = gzip.decompress((found.directory / "dumps/thidua.trig.gz").read_bytes())
    from_trig.load(trig, format=RdfFormat.TRIG)
    assert canonical.hash_of(from_trig, scratch=tmp_path) == found.hash


@pytest.mark.parametrize("form", ["nq", "trig", "jsonld", "ttl", "rdf"])
def test_a_dump_in_many_blocks_says_the_same(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(directory: Path) -> tuple[int, bytes, set[Quad]]:
        text = (tiny.release(directory, 20).directory / f"dumps/thidua.{form}.gz").read_bytes()
        held = Store()
        held.load(gzip.decompress(text), format=RdfFormat.from_extension(form))
        return text.count(b"\x1f\x8b\x08\x00\x00\x00\x00\x00"), gzip.decompress(text), set(held)

    members, whole, said = read(tmp_path / "one")
    monkeypatch.setattr(blocks, "_ONE_OF", 3)
    more, cut, again = read(tmp_path / "many")
    heads = {"nq": 0, "ttl": 1, "trig": 1, "jsonld": 2, "rdf": 2}
    assert (members, more > 5) == (1 + heads[form], True)
    assert said == again != set()
    # A graph goes on in the next block; a thing never does.
    assert form in ("trig", "jsonld") or whole == cut


def _on_disk(room: Path, number: int) -> Candidate:
    """A candidate with so many clusters, too large to be held in memory."""
    (room / "candidate").mkdir()
    made = Candidate(room / "candidate", in_memory=0, printed=True)
    made.add("some", tiny.quads(number))
    made.settle(silent)
    return made


def test_a_store_on_the_disk_lends_its_files_and_gives_the_same_release(tmp_path: Path) -> None:
    usual = tiny.release(tmp_path / "usual", 20)
    held = _on_disk(tmp_path, 20)
    draft = dataclasses.replace(tiny.draft(()), store=held.store, lines=held.lines, prints=held.prints)
    with workshop(tmp_path / "lent") as room:
        lent = writer.write(draft, room, tmp_path / "lent")
    assert verify(lent.directory) == []
    assert lent.hash == usual.hash
    for path in [*(path.relative_to(usual.directory) for path in usual.dumps), Path(release.INDEX)]:
        assert (lent.directory / path).read_bytes() == (usual.directory / path).read_bytes()
    # What is written into the candidate afterwards is not in the release.
    held.store.add(Quad(entity("cluster", "late"), rdfs.label, Literal("muộn"), graph("s0")))
    held.store.flush()
    assert verify(lent.directory) == []


def test_long_lists_put_in_order_while_the_gate_is_at_work_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = tiny.release(tmp_path / "usual", 20)
    held = _on_disk(tmp_path, 20)
    for errand in held.errands():
        errand()
    monkeypatch.setattr(orders, "write_orders", None)
    draft = dataclasses.replace(tiny.draft(()), store=held.store, lines=held.lines, prints=held.prints)
    with workshop(tmp_path / "lent") as room:
        lent = writer.write(draft, room, tmp_path / "lent")
    assert verify(lent.directory) == []
    for name in long_lists():
        path = f"order/{name}.sqlite"
        assert (lent.directory / path).read_bytes() == (usual.directory / path).read_bytes()


def test_a_store_under_another_base_is_loaded_anew(tmp_path: Path) -> None:
    held = _on_disk(tmp_path, 3)
    draft = dataclasses.replace(tiny.draft((), base=OTHER), store=held.store, lines=held.lines)
    with workshop(tmp_path / "lent") as room:
        lent = writer.write(draft, room, tmp_path / "lent")
    assert lent.hash == tiny.release(tmp_path / "usual", base=OTHER).hash
    assert not any(BASE in str(quad.subject) for quad in Store.read_only(str(lent.store_path)))


def test_a_release_too_large_for_excel_has_no_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST", 10)
    found = tiny.release(tmp_path)
    assert [path.name for path in found.dumps if path.suffix == ".xlsx"] == []
    assert ".xlsx" not in found.description.read_text()
    assert verify(found.directory) == []


def test_sha256sum_confirms_every_file(tmp_path: Path) -> None:
    found = tiny.release(tmp_path)
    for directory, sums in ((found.directory, "SHA256SUMS"), (found.directory / "dumps", "thidua.nq.gz.sha256")):
        for line in (directory / sums).read_text().splitlines():
            expected, name = line.split("  ", 1)
            assert hashlib.sha256((directory / name).read_bytes()).hexdigest() == expected
    files = {path.relative_to(found.directory).as_posix() for path in found.directory.rglob("*") if path.is_file()}
    listed = {line.split("  ", 1)[1] for line in (found.directory / "SHA256SUMS").read_text().splitlines()}
    assert files - listed == {"SHA256SUMS"}


@pytest.mark.parametrize("what", COUNTS)
def test_the_description_counts_what_the_store_holds(what: str, tmp_path: Path) -> None:
    described, counted = COUNTS[what]
    found = tiny.release(tmp_path, 20)
    says = Store()
    says.load(path=found.description, format=RdfFormat.TURTLE)
    variables = "?term ?n" if "?term" in described else "?n"
    expected = rows(Store.read_only(str(found.store_path)), f"SELECT {counted}")
    assert rows(says, f"SELECT {variables} {{ {described} }}") == expected != set()


def test_the_description_keeps_the_promises_of_its_shapes(tmp_path: Path) -> None:
    found = tiny.release(tmp_path)
    shapes, says = rdflib.Graph(), rdflib.Graph()
    shapes.parse(ROOT / "shapes" / "release.ttl")
    says.parse(found.description)
    conforms, _, text = pyshacl.validate(says, shacl_graph=shapes)
    assert conforms, text
    assert (None, rdflib.RDF.type, rdflib.URIRef("http://www.w3.org/ns/dcat#Dataset")) in says


def test_the_description_has_no_blank_nodes(tmp_path: Path) -> None:
    assert "[" not in tiny.release(tmp_path).description.read_text()


def test_the_same_data_give_the_same_bytes_of_dumps_and_description(tmp_path: Path) -> None:
    one, other = (tiny.release(tmp_path / name) for name in ("one", "other"))
    paths = [path.relative_to(one.directory) for path in one.dumps] + [Path("description.ttl")]
    assert len(paths) == 13
    for path in paths:
        assert (one.directory / path).read_bytes() == (other.directory / path).read_bytes()


@pytest.mark.parametrize("form", ["trig", "jsonld", "ttl", "rdf"])
def test_every_dump_holds_what_the_store_holds(form: str, tmp_path: Path) -> None:
    found = tiny.release(tmp_path, 20)
    said, kept = Store(), Store.read_only(str(found.store_path))
    text = gzip.decompress((found.directory / f"dumps/thidua.{form}.gz").read_bytes())
    said.load(text, format=RdfFormat.from_extension(form))
    graphs = {quad for quad in kept if not isinstance(quad.graph_name, DefaultGraph)}
    expected = graphs if form in ("trig", "jsonld") else set(kept) - graphs
    assert set(said) == expected != set()


def test_another_process_writes_the_same_dumps(tmp_path: Path) -> None:
    code = "from pathlib import Path; from tests import tiny; import sys; tiny.release(Path(sys.argv[1]))"
    found = tiny.release(tmp_path / "one")
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "other")], cwd=ROOT, check=True)
    for path in found.dumps:
        assert (tmp_path / "other" / found.version / "dumps" / path.name).read_bytes() == path.read_bytes()


def test_another_process_gets_the_same_hash(tmp_path: Path) -> None:
    code = "from pathlib import Path; from tests import tiny; import sys; print(tiny.release(Path(sys.argv[1])).hash)"
    environ = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "other")], capture_output=True, text=True, check=True, env=environ
    )
    assert run.stdout.strip() == tiny.release(tmp_path / "one").hash


def test_the_same_data_on_the_same_day_are_one_release(tmp_path: Path) -> None:
    first = tiny.release(tmp_path)
    inode = first.directory.stat().st_ino
    later = tiny.release(tmp_path, now=tiny.NOW + datetime.timedelta(hours=1))
    assert later.version == first.version
    assert later.directory.stat().st_ino == inode
    assert release.versions(tmp_path) == [first.version]


def test_the_same_data_with_another_report_do_not_change_the_release_that_is_there(tmp_path: Path) -> None:
    first = tiny.release(tmp_path)
    second = tiny.release(tmp_path, report=tiny.report(number=1))
    assert second.version == f"{first.version}-2"
    assert "mend it" not in first.report("txt").read_text()
    assert "mend it" in second.report("txt").read_text()


def test_a_damaged_release_does_not_stand_in_the_way_of_the_next(tmp_path: Path) -> None:
    first = tiny.release(tmp_path)
    first.description.unlink()
    assert release.open_release(tiny.release(tmp_path).directory).version == f"{first.version}-2"


def test_another_base_moves_every_iri_and_no_text(tmp_path: Path) -> None:
    found = tiny.release(tmp_path, base=OTHER, report=tiny.report(number=1))
    store = Store.read_only(str(found.store_path))
    nodes = {term.value for quad in store for term in quad if isinstance(term, NamedNode)}
    assert not any(node.startswith(BASE) for node in nodes)
    assert f"{OTHER}id/cluster/cum-0" in nodes
    labels = [quad.object.value for quad in store.quads_for_pattern(None, None, None) if "Cụm" in str(quad.object)]
    assert all(f"<{BASE}id/cluster/cum>" in label for label in labels), "what a text mentions stays as it was written"
    for path in (found.description, *(found.report(form) for form in ("txt", "json", "ttl"))):
        assert BASE not in path.read_text()
    assert release.open_release(found.directory).base == OTHER


def test_an_empty_candidate_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not one statement"):
        tiny.release(tmp_path, [])
    assert release.versions(tmp_path) == []


def test_a_release_cannot_be_written_to_by_accident(tmp_path: Path) -> None:
    files = [path for path in tiny.release(tmp_path).directory.rglob("*") if path.is_file()]
    assert not any(path.stat().st_mode & 0o222 for path in files)


def test_the_store_is_read_without_touching_it(tmp_path: Path) -> None:
    found = tiny.release(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in [found.directory, *found.directory.rglob("*")]}
    assert len(Store.read_only(str(found.store_path))) == found.quads + found.manifest.triples
    assert {path: path.stat().st_mtime_ns for path in [found.directory, *found.directory.rglob("*")]} == before


def test_what_is_being_written_is_no_release_yet(tmp_path: Path) -> None:
    with workshop(tmp_path) as room:
        (room / "release").mkdir()
        assert release.versions(tmp_path) == []


def test_the_manifest_says_where_a_release_comes_from(tmp_path: Path) -> None:
    raw = json.loads((tiny.release(tmp_path).directory / "manifest.json").read_bytes())
    assert raw["inputs"] == "inputs"
    assert raw["graphs"] == {f"{BASE}graph/s0": 6, f"{BASE}graph/s1": 9}
    assert raw["quads"] == 15


def test_a_directory_that_is_no_release_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(DamagedRelease, match="missing"):
        release.open_release(tmp_path)


# What DCAT-AP 3.0.1 demands or recommends; its own shapes want the classes of what is named as well.
_DEMANDED = {
    "dcat:Catalog": "dcterms:title dcterms:description dcterms:publisher/foaf:name dcat:dataset/dcterms:title "
    "dcat:service/dcterms:title dcterms:license/a dcterms:language/a foaf:homepage/a dcat:themeTaxonomy/dcterms:title",
    "dcat:Dataset": "dcterms:title dcterms:description dcterms:publisher/foaf:name dcat:contactPoint/a dcat:keyword "
    "dcat:theme/skos:prefLabel dcterms:license/a dcterms:language/a dcterms:spatial/a dcterms:temporal/dcat:startDate "
    "dcterms:accrualPeriodicity/a dcterms:conformsTo/a dcterms:accessRights/a dcterms:issued dcterms:modified",
    "dcat:Distribution": "dcat:accessURL dcat:downloadURL dcat:mediaType/a dcat:byteSize dcterms:description "
    "dcterms:format/a dcterms:license/a spdx:checksum/spdx:algorithm/a spdx:checksum/spdx:checksumValue",
    "dcat:DataService": "dcterms:title dcat:endpointURL dcat:endpointDescription dcat:servesDataset/dcterms:title "
    "dcterms:publisher/foaf:name dcat:contactPoint/a dcterms:conformsTo/a",
}


def test_the_description_counts_the_links_to_others_and_names_examples(tmp_path: Path) -> None:
    cluster, wd = entity("cluster", "cum-0"), "http://www.wikidata.org/entity/"
    links = [
        Quad(cluster, rdfs.seeAlso, NamedNode(wd + "Q1"), graph("s0")),
        Quad(cluster, rdfs.seeAlso, NamedNode(wd + "Q1"), graph("s1")),
        Quad(cluster, rdfs.seeAlso, NamedNode(wd + "Q2"), graph("s1")),
        Quad(cluster, rdfs.seeAlso, entity("cluster", "cum-1"), graph("s1")),
    ]
    found = tiny.release(tmp_path, [*tiny.quads(), *links])
    says = Store()
    says.load(path=found.description, format=RdfFormat.TURTLE)
    linked = rows(
        says,
        """SELECT ?space ?n { ?whole void:subset ?set ; a dcat:Dataset .
        ?set a void:Linkset ; void:triples ?n ;
        void:objectsTarget/void:uriSpace ?space }""",
    )
    assert linked == rows(says, f'SELECT ?space ?n {{ VALUES (?space ?n) {{ ("{wd}" 2) }} }}')
    assert rows(says, "SELECT ?x { ?set void:exampleResource ?x }") == rows(
        says, f"SELECT ?x {{ BIND({cluster} AS ?x) }}"
    )


# A checkout of github.com/SEMICeu/DCAT-AP, whose shapes are not part of this repository.
PORTAL = os.environ.get("THIDUA_TEST_DCAT_AP")
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")


@pytest.mark.skipif(not PORTAL, reason="THIDUA_TEST_DCAT_AP names no checkout of SEMICeu/DCAT-AP")
@pytest.mark.parametrize(
    "file", ["html/shacl/shapes.ttl", "html/shacl/range.ttl", "shacl/dcat-ap-SHACL.ttl", "shacl/ranges.ttl"]
)
def test_the_description_passes_the_shapes_of_dcat_ap(file: str, tmp_path: Path) -> None:
    shapes = rdflib.Graph().parse(Path(str(PORTAL)) / "releases" / "3.0.1" / file)
    # The last two files mention shapes that they do not hold, and no validator can read that.
    for part in {part for part in shapes.objects(None, SH.property) if (part, SH.path, None) not in shapes}:
        shapes.remove((None, None, part))
    says = rdflib.Graph().parse(tiny.release(tmp_path).description)
    looked = sum((None, rdflib.RDF.type, kind) in says for kind in shapes.objects(None, SH.targetClass))
    assert looked >= 5
    conforms, _, told = pyshacl.validate(says, shacl_graph=shapes, advanced=True)
    assert conforms, told


@pytest.mark.parametrize("kind", _DEMANDED)
def test_a_portal_finds_in_the_description_what_dcat_ap_demands(kind: str, tmp_path: Path) -> None:
    says = rdflib.Graph().parse(tiny.release(tmp_path).description)
    for path in _DEMANDED[kind].split():
        lacks = f"SELECT ?it {{ ?it a {kind} FILTER NOT EXISTS {{ ?it {path} ?value }} }}"
        assert [str(row[0]) for row in says.query(lacks)] == [], path
    assert bool(says.query(f"ASK {{ ?it a {kind} }}"))


def test_a_catalogue_of_another_base_is_there(tmp_path: Path) -> None:
    says = tiny.release(tmp_path, base="https://example.org/td/").description.read_text()
    assert "<https://example.org/td/catalog> a dcat:Catalog" in says
    assert "w3id.org" not in says


@pytest.mark.parametrize("base", [BASE, OTHER])
def test_a_release_from_which_something_was_taken_keeps_its_name_and_says_so(base: str, tmp_path: Path) -> None:
    old = tiny.release(tmp_path, 3, base=base)
    new = tiny.replaced(old, 2)
    assert (new.version, new.quads, new.manifest.created) == (old.version, 10, old.manifest.created)
    assert new.hash != old.hash
    (redaction,) = new.manifest.redactions
    assert (redaction.at, redaction.why, redaction.dataset) == ("2026-11-22T08:00:00Z", "withdrawal", old.hash)
    assert verify(new.directory) == []
    assert release.open_release(new.directory) == new
    again = tiny.replaced(new, 1)
    assert [redaction.dataset for redaction in again.manifest.redactions] == [old.hash, new.hash]
    assert verify(again.directory) == []
    assert release.versions(tmp_path) == [old.version]


def test_a_release_that_is_replaced_was_never_missing_or_half_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tiny.release(tmp_path, 3)
    seen = []
    exchange = disk.exchange

    def watched(one: Path, other: Path) -> None:
        seen.append((verify(other), release.open_release(other).quads))
        exchange(one, other)
        seen.append((verify(other), release.open_release(other).quads))

    monkeypatch.setattr(disk, "exchange", watched)
    tiny.replaced(old, 2)
    assert seen == [([], 15), ([], 10)]


def test_directories_that_cannot_be_exchanged_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with pytest.raises(OutsideError, match="cannot be exchanged"):
        disk.exchange(tmp_path / "one", tmp_path / "none")
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
