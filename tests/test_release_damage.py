import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Quad, Store

from loaders import release
from loaders.errors import DamagedRelease
from loaders.release import Release, manifest, pointer
from loaders.release.manifest import Manifest
from loaders.release.verification import verify
from tests import tiny


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return tiny.release(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def copy(whole: Release, tmp_path: Path) -> Path:
    directory = tmp_path / whole.version
    shutil.copytree(whole.directory, directory)
    for path in directory.rglob("*"):
        path.chmod(0o755)
    return directory


def files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def refused(directory: Path, name: str) -> None:
    """Verify names the file, and nobody opens or publishes the release."""
    assert any(name in fault for fault in verify(directory)), verify(directory)
    with pytest.raises(DamagedRelease):
        release.open_release(directory)
    with pytest.raises(DamagedRelease):
        pointer.publish(directory.parent, directory.name, now=tiny.NOW)
    assert release.current(directory.parent) is None


def test_a_whole_release_has_no_faults(copy: Path) -> None:
    assert verify(copy) == []


def test_one_flipped_bit_is_found_in_every_file(copy: Path) -> None:
    flips = random.Random(2)
    for path in files(copy):
        content = path.read_bytes()
        for place in {0, len(content) - 1, flips.randrange(max(len(content), 1))} if content else ():
            damaged = bytearray(content)
            damaged[place] ^= 1 << flips.randrange(8)
            path.write_bytes(damaged)
            refused(copy, path.name)
        path.write_bytes(content)
    assert verify(copy) == []


def test_every_single_byte_of_the_manifest_and_the_sums_matters(copy: Path) -> None:
    for path in (copy / manifest.NAME, copy / manifest.SUMS):
        content = path.read_bytes()
        with path.open("r+b", buffering=0) as stream:
            for place, byte in enumerate(content):
                for value in (byte ^ 1, byte):
                    stream.seek(place)
                    stream.write(bytes([value]))
                    if value != byte:
                        with pytest.raises(DamagedRelease):
                            manifest.read(copy)
    assert verify(copy) == []


def test_a_file_cut_short_is_found(copy: Path) -> None:
    for path in files(copy):
        content = path.read_bytes()
        for size in {0, len(content) // 2, len(content) - 1} if content else ():
            path.write_bytes(content[:size])
            refused(copy, path.name)
        path.write_bytes(content)


def test_a_missing_file_is_named(copy: Path) -> None:
    for path in files(copy):
        content = path.read_bytes()
        path.unlink()
        refused(copy, path.name)
        path.write_bytes(content)


def test_a_file_too_many_is_named(copy: Path) -> None:
    (copy / "store" / "999999.sst").write_bytes(b"")
    refused(copy, "store/999999.sst: not in the manifest")


def test_a_link_in_place_of_a_file_is_named(copy: Path, whole: Release) -> None:
    (copy / "report.txt").unlink()
    (copy / "report.txt").symlink_to(whole.report("txt"))
    refused(copy, "report.txt")


def test_a_release_under_another_name_is_refused(copy: Path) -> None:
    other = copy.rename(copy.with_name("2030-01-01-00000000"))
    assert verify(other)
    with pytest.raises(DamagedRelease):
        release.open_release(other)


def _forged(directory: Path, change: Callable[[dict[str, object]], object]) -> None:
    """A manifest that agrees with every file, but not with the store."""
    raw = json.loads((directory / manifest.NAME).read_bytes())
    change(raw)
    raw["files"] = manifest.survey(directory)
    manifest.write(directory, Manifest(**raw))


def test_a_store_with_fewer_statements_than_promised_is_refused_even_with_right_checksums(copy: Path) -> None:
    _forged(copy, lambda raw: raw.update(quads=16))
    assert verify(copy) == ["store: 27 statements instead of 28"]
    with pytest.raises(DamagedRelease, match="27 statements instead of 28"):
        release.open_release(copy)


def test_a_store_with_other_statements_is_found_even_with_right_checksums(copy: Path) -> None:
    shutil.rmtree(copy / "store")
    other = Store(str(copy / "store"))
    changed = [*tiny.quads()[:-1], tiny.quads(4)[-1]]
    other.bulk_extend([*changed, *(Quad(quad.subject, quad.predicate, quad.object) for quad in changed)])
    del other
    _forged(copy, lambda raw: None)
    (fault,) = verify(copy)
    assert "its dataset has the hash" in fault


def test_a_damaged_release_is_still_listed(copy: Path) -> None:
    (copy / manifest.NAME).write_text("{")
    assert release.versions(copy.parent) == [copy.name]
