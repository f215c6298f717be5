"""Search: what people type finds what they mean, in the index of a release."""

import datetime
import os
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from pyoxigraph import RdfFormat, Store, parse

from loaders import ontology, registry
from loaders.errors import OutsideError
from loaders.identity import fold, sort_key
from loaders.namespaces import BASE
from loaders.release import manifest, open_release, pointer, verification
from loaders.release.index import write_index
from loaders.resources import ontology_files
from loaders.settings import Settings
from service.problems import Problem
from service.search import finding
from service.search.index import ALL, SCORES, Filters, Index
from tests import country, tiny
from tests.house import house

NFD = unicodedata.normalize("NFD", "Đình Lập Mẫu")
SIGNS = ['"', "*", "NEAR(a b)", "a OR b", "-mau", "^mau", "key:mau", "'; DROP", "🙂", "a" * 299, "%", "_"]
TYPED = ["dinh lap", "Đình Lập Mẫu", "mau", "huyen", "bien gioi", "lang", "xa", "so ket 2017", "ubnd", "bang khen", "s"]


def quads():
    """The tiny country beside the ontology."""
    found = list(ontology.load(ontology_files()))
    for path in sorted(country.COUNTRY.glob("*.trig")):
        found += parse(path=path, format=RdfFormat.TRIG)
    return found


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return tiny.release(tmp_path_factory.mktemp("country"), quads())


@pytest.fixture(scope="module")
def index(release):
    return Index.of(release)


def found(index, typed, filters=ALL):
    return finding.look(index, typed, filters, limit=50).found


def keys(index, typed, filters=ALL):
    return [each.iri.removeprefix(BASE + "id/") for each in found(index, typed, filters)]


@pytest.mark.parametrize(
    "typed",
    [
        "dinh lap mau",
        "Đình Lập Mẫu",
        NFD,
        "ĐÌNH LẬP MẪU",
        "H. Đình Lập Mẫu",
        "h.dinh lap mau",
        "huyện Đình Lập Mẫu",
        "Đình Lập Mẫu, Lạng Mẫu",
        "Đình Lập Mẫu (tỉnh Lạng Mẫu)",
        "dinh lap mau lang mau",
        "dinh_lap-mau",
        "dinh lap",
        "189",
    ],
)
def test_a_unit_is_found_as_people_write_it(index, typed):
    assert keys(index, typed)[0] == "unit/2004/189"


def test_exact_stands_before_accent_before_prefix_before_words(index):
    def score(typed, unit):
        return next(each.score for each in found(index, typed) if each.iri.endswith(unit))

    typed = ["Đình Lập Mẫu", "Dinh Lap Mau", "dinh lap", "lap mau"]
    assert [score(each, "unit/2004/189") for each in typed] == [1.0, 0.9, 0.7, 0.5]
    everything = [each.score for each in found(index, "lang mau")]
    assert everything == sorted(everything, reverse=True)
    assert set(everything) <= set(SCORES.values())


def test_a_former_name_finds_the_unit_and_says_which_name_it_was(index):
    first = found(index, "huyen loc cu")[0]
    assert (first.label, first.matched) == ("Huyện Lộc Mẫu", "Huyện Lộc Cũ")


def test_a_finding_says_which_it_is_and_what_it_is_today(index):
    unit = found(index, "Huyện Đình Lập Mẫu")[0]
    assert [words for _, words in unit.beside] == ["Tỉnh Lạng Mẫu"]
    assert {iri for iri, _ in unit.today} == {f"{BASE}id/unit/2025/06529", f"{BASE}id/unit/2025/06613"}
    assert unit.last == "2025-06-30"


def test_an_award_that_was_proposed_is_not_shown_as_given(index):
    said = {
        each.iri.rpartition("/")[2]: [words for _, words in each.beside]
        for each in index.listed(Filters("award"), limit=50).found
    }
    proposed = [name for name, words in said.items() if "được đề nghị, chưa biết kết quả" in words]
    given = [name for name, words in said.items() if {"đã trao", "đã có quyết định"} & set(words)]
    assert proposed
    assert given
    assert not set(proposed) & set(given)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ddinhf laapj maaux", "dinh lap mau"),
        ("dinh lpa mau", "dinh lap mau"),
        ("ding lap mau", "dinh lap mau"),
        ("dinhh lap mau", "dinh lap mau"),
        ("Dinh Lap Mau district", "huyen dinh lap mau"),
    ],
)
def test_a_slip_of_the_fingers_finds_what_was_meant_and_says_so(index, typed, meant):
    answer = finding.look(index, typed, limit=5)
    assert answer.found[0].iri.endswith("unit/2004/189")
    assert (answer.instead, answer.found[0].score) == (meant, 0.3)


@pytest.mark.parametrize("typed", ["qwrtp zxcvb", "abc", "x" * 300, "dinh lxx mxx", "184999"])
def test_nothing_is_made_of_words_that_nobody_could_have_meant(index, typed):
    answer = finding.look(index, typed, limit=5)
    assert (answer.total, answer.instead) == (0, None)


def test_a_town_that_has_become_a_city_is_found_by_its_old_type_before_what_has_the_words(index):
    assert keys(index, "tx dinh lap mau")[0] == keys(index, "quan dinh lap mau")[0] == "unit/2004/189"
    assert found(index, "thi xa dinh lap mau")[0].score == 0.8
    assert keys(index, "huyen dinh lap mau")[0] == "unit/2004/189"
    assert found(index, "huyen dinh lap mau")[0].score == 0.9


def test_a_cluster_asked_for_with_a_year_stands_before_the_meeting_of_that_year(index):
    assert keys(index, "cum bien gioi 2017")[0] == keys(index, "cụm biên giới năm 2017")[0]
    assert keys(index, "cum bien gioi 2017")[0] == "cluster/bien-gioi-lang-son"


def test_spellings_that_are_mixed_up_are_found_last(index):
    scores = {each.label: each.score for each in found(index, "nguien van mau")}
    assert scores["Nguyễn Văn Mẫu"] == 0.4


def test_a_person_is_found_by_post_and_a_body_that_is_not_there_by_its_unit(index):
    assert "person/bcbspuqy" in keys(index, "chu tich ubnd van lang mau")
    assert keys(index, "UBND tỉnh Phú Mẫu")[0] in ("unit/2004/25", "unit/2025/25")


def test_findings_are_narrowed_by_kind_year_and_province(index):
    whole = index.find(finding.wishes("mau"), limit=500, facets=("kind", "year", "province"))
    assert sum(facet.count for facet in whole.facets["kind"]) == whole.total
    for name, facets in whole.facets.items():
        for facet in facets:
            value = int(facet.value) if name == "year" else facet.value
            narrowed = index.find(finding.wishes("mau"), Filters(**{name: value}), limit=1)
            assert narrowed.total == facet.count, (name, facet)
    assert ("lang-mau", "Lạng Mẫu") in {(facet.value, facet.label) for facet in whole.facets["province"]}


def test_pages_of_findings_follow_each_other(index):
    whole = keys(index, "mau")
    parts = [index.find(finding.wishes("mau"), limit=7, offset=start).found for start in range(0, 50, 7)]
    assert [each.iri.removeprefix(BASE + "id/") for part in parts for each in part][:50] == whole


def test_lists_are_in_vietnamese_order(index):
    labels = [each.label for each in index.listed(Filters("unit"), place=2, limit=100).found]
    assert labels == sorted(labels, key=sort_key)
    assert len(labels) > 3


@pytest.mark.parametrize("typed", SIGNS)
def test_signs_mean_nothing(index, typed):
    for each in found(index, typed):
        assert each.score in SCORES.values()


@pytest.mark.parametrize("typed", TYPED)
def test_what_the_portable_query_finds_the_index_finds_as_well(index, typed):
    rows = country.ask("search", q=typed)
    ours = {each.iri: each for each in index.find(finding.wishes(typed), limit=10_000).found}
    for row in rows:
        assert row["iri"] in ours, row
        assert ours[row["iri"]].score >= row["score"], row
        if ours[row["iri"]].key == row["matched"]:
            # The index knows the marks of a name of which the data have the key alone.
            assert ours[row["iri"]].score in (row["score"], 1.0 if row["score"] == 0.9 else None), row
    others = [each for iri, each in ours.items() if iri not in {row["iri"] for row in rows}]
    # By former names, which versions have, and codes; by what stands around; and concepts, which have no keys.
    assert all(each.score < 0.5 or each.kind in ("concept", "unit", "act") for each in others)


def test_the_same_data_make_the_same_index(release, tmp_path):
    again = tmp_path / "again.sqlite"
    write_index(Store.read_only(str(release.store_path)), release.base, again)
    assert again.read_bytes() == release.index.read_bytes()


def test_an_index_under_another_base_leads_there(tmp_path):
    other = tiny.release(tmp_path, quads(), base="https://example.org/")
    assert found(Index.of(other), "Đình Lập Mẫu")[0].iri == "https://example.org/id/unit/2004/189"


def test_an_index_that_cannot_be_written_is_told_as_such(tmp_path):
    with pytest.raises(OutsideError, match="no index at"):
        write_index(tiny.store(()), BASE, tmp_path / "nowhere" / "search.sqlite")


def test_many_threads_search_at_once(index):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: keys(index, "dinh lap mau"), range(200)))
    assert all(answer == answers[0] for answer in answers)


def test_a_changed_index_is_noticed(tmp_path):
    release = tiny.release(tmp_path, 3)
    release.index.chmod(0o644)
    release.index.write_bytes(release.index.read_bytes()[:-1] + b"!")
    assert verification.verify(release.directory) == ["search.sqlite: changed"]


def _without_index(releases):
    """A published release from before there was an index."""
    release = tiny.release(releases, quads())
    release.index.unlink()
    files = {path: entry for path, entry in release.manifest.files.items() if path != "search.sqlite"}
    for name in (manifest.NAME, manifest.SUMS):
        (release.directory / name).chmod(0o644)
    manifest.write(release.directory, manifest.Manifest(**{**vars(release.manifest), "files": files}))
    pointer.publish(releases, release.version, now=datetime.datetime.now(datetime.UTC))
    return open_release(release.directory)


def test_a_release_without_an_index_is_searched_in_its_store(tmp_path):
    release = _without_index(tmp_path)
    assert release.index is None
    assert Index.of(release) is None
    with house(tmp_path) as service:
        rows = service.client.get("/api/search", params={"q": "dinh lap"}).json()["rows"]
    assert [row["iri"].rpartition("id/")[2] for row in rows[:1]] == ["unit/2004/189"]


@pytest.fixture(scope="module")
def client(release):
    releases = release.directory.parent
    pointer.publish(releases, release.version, now=datetime.datetime.now(datetime.UTC))
    with house(releases) as service:
        yield service.client


@pytest.mark.parametrize("headers", [{}, {"Connection": "close", "Accept-Encoding": "identity"}])
def test_the_api_answers_from_the_index(client, headers):
    answer = client.get("/api/search", params={"q": "Đình Lập, Lạng Mẫu", "limit": 1}, headers=headers)
    body = answer.json()
    assert body["rows"][0] == {
        "iri": f"{BASE}id/unit/2004/189",
        "label": "Huyện Đình Lập Mẫu",
        "kind": "unit",
        "matched": "dinh lap mau",
        "score": 0.7,
    }
    assert (body["count"], body["truncated"]) == (1, True)
    following = client.get(body["next"]).json()
    assert following["rows"][0] != body["rows"][0]
    assert following["total"] == body["total"]


@pytest.mark.parametrize("form", ["csv", "xlsx", "srj", "ttl", "html"])
def test_the_api_answers_in_every_form(client, form):
    answer = client.get("/api/search", params={"q": "dinh lap", "format": form, "limit": 2})
    assert answer.status_code == 200
    if form == "srj":
        rows = answer.json()["results"]["bindings"]
        assert rows[0]["iri"] == {"type": "uri", "value": f"{BASE}id/unit/2004/189"}
        assert len(rows) == 2


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The index of all units of both editions, and the units."""
    territory = registry.read(Settings().data / "registry", None)
    store = Store()
    store.bulk_extend(type(quad)(quad.subject, quad.predicate, quad.object) for quad in registry.load(territory))
    path = tmp_path_factory.mktemp("whole") / "search.sqlite"
    write_index(store, BASE, path)
    return Index(path, BASE), territory.units


def test_every_name_of_every_unit_is_found_by_its_unmarked_form(whole):
    index, units = whole
    assert len(units) > 13_400
    wanted = {unit.iri.value: unit.name for unit in units}
    by_name = {}
    for iri, name in wanted.items():
        by_name.setdefault(fold(name), set()).add(iri)
    for name, iris in by_name.items():
        hits = index.find(finding.wishes(name), Filters("unit"), limit=len(iris) + 20, around=False).found
        assert iris <= {each.iri for each in hits if each.score >= 0.9}, name


def test_every_unit_is_first_by_name_and_parent_but_for_namesakes(whole):
    index, units = whole
    names = {(unit.edition, unit.key): unit.name for unit in units}
    some = [unit for unit in units if unit.parent][::25]
    for unit in some:
        typed = fold(f"{unit.name}, {names[unit.edition, unit.parent]}")
        hits = index.find(finding.wishes(typed), limit=20).found
        assert unit.iri.value in {each.iri for each in hits}, typed


def test_an_index_that_is_cut_off_ends_no_process(tmp_path):
    cut = tiny.release(tmp_path, quads())
    index, path = Index.of(cut), cut.index
    whole, before = path.read_bytes(), found(index, "mau")
    path.chmod(0o644)
    os.truncate(path, 4096)
    # What a connection has read before, it may still know.
    for typed in TYPED:
        with suppress(Problem):
            found(index, typed)
    with pytest.raises(Problem) as told:
        found(Index.of(cut), "mau")
    assert told.value.status == 503
    with path.open("r+b") as file:
        file.write(whole)
    assert found(index, "mau") == before
