from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store

from loaders.errors import OutsideError
from loaders.release import Release, canonical
from loaders.release.export import FORMATS, export
from tests import tiny


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return tiny.release(tmp_path_factory.mktemp("releases"))


def triples(store: Store) -> set[str]:
    return {str(quad.triple) for quad in store}


@pytest.mark.parametrize("form", ["nq", "trig", "jsonld"])
def test_what_is_exported_with_graphs_is_the_dataset(form: str, release: Release, tmp_path: Path) -> None:
    export(release, form, tmp_path / "out")
    store = Store()
    store.load(path=tmp_path / "out", format=RdfFormat.from_extension(form))
    assert canonical.hash_of(store, scratch=tmp_path) == release.hash


@pytest.mark.parametrize("form", ["ttl", "xml"])
def test_what_is_exported_without_graphs_has_every_triple_once(form: str, release: Release, tmp_path: Path) -> None:
    export(release, form, tmp_path / "out")
    store = Store()
    store.load(path=tmp_path / "out", format=RdfFormat.from_extension(form))
    assert triples(store) == triples(Store.read_only(str(release.store_path)))
    assert len(store) == len(triples(store))


def test_an_export_that_fails_leaves_the_file_that_was_there(release: Release, tmp_path: Path) -> None:
    (tmp_path / "out.ttl").write_text("before")
    broken = Release(tmp_path, release.manifest)
    with pytest.raises(OSError, match="dumps"):
        export(broken, "ttl", tmp_path / "out.ttl")
    assert (tmp_path / "out.ttl").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.ttl"]


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_that_nobody_may_write_there_is_told_by_its_name(form: str, release: Release, tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"cannot write .*/none/out: No such file or directory$"):
        export(release, form, tmp_path / "none" / "out")


@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_is_told_with_the_file_that_has_no_room(
    form: str, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The draft is a link to where there never is any.
    monkeypatch.setattr(Path, "touch", lambda path: path.symlink_to("/dev/full"))
    with pytest.raises(OutsideError, match=r"cannot write .*/out: No space left on device"):
        export(release, form, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_the_formats_are_those_of_the_interface() -> None:
    assert set(FORMATS) == {"nq", "trig", "ttl", "jsonld", "xml", "xlsx"}


def test_the_dump_is_sorted(release: Release, tmp_path: Path) -> None:
    export(release, "nq", tmp_path / "out.nq")
    lines = (tmp_path / "out.nq").read_bytes().splitlines()
    assert lines == sorted(lines)
