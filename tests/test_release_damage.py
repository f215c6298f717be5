import errno
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Quad, Store

from loaders import release
from loaders.errors import DamagedRelease, UnreadableRelease
from loaders.release import Release, disk, manifest, pointer
from loaders.release.manifest import Manifest
from loaders.release.verification import verify
from loaders.resources import ROOT
from tests import tiny
from tests.conftest import thidua


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


@pytest.mark.parametrize("why", [errno.EMFILE, errno.ENFILE, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("name", ["manifest.json", "description.ttl"])
def test_what_only_cannot_be_read_is_not_called_damaged(
    name: str, why: int, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(path: Path, *more: int, **named: int) -> int:
        if Path(path).name == name:
            raise OSError(why, os.strerror(why), str(path))
        return real(path, *more, **named)

    monkeypatch.setattr("loaders.release.manifest.os.open", refuse)
    for look in (verify, release.open_release):
        with pytest.raises(UnreadableRelease, match=rf"{name}: cannot be read: {os.strerror(why)}") as caught:
            look(copy)
        assert caught.value.exit_code == 3


def test_a_release_of_newer_software_is_told_apart_from_a_broken_one(copy: Path) -> None:
    path = copy / manifest.NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))
    with pytest.raises(DamagedRelease, match="it has format, of which newer software may know"):
        release.open_release(copy)


ROLL_BACK = """
import resource, sys
from service.cli import main
resource.setrlimit(resource.RLIMIT_NOFILE, (37, 37))
sys.exit(main(["rollback", "--releases", sys.argv[1]]))
"""


def test_want_of_open_files_is_not_called_damage(tmp_path: Path) -> None:
    versions = [tiny.release(tmp_path, number).version for number in (1, 2)]
    for version in versions:
        pointer.publish(tmp_path, version, now=tiny.NOW)
    done = subprocess.run(
        [sys.executable, "-c", ROLL_BACK, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert "cannot be opened" in done.stderr or "cannot be read" in done.stderr
    assert "damaged" not in done.stderr
    assert release.current(tmp_path) == versions[1]


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


def test_a_byte_flipped_anywhere_is_found(copy: Path) -> None:
    """Of the large files some hundreds of bytes; `make faults` flips every one."""
    flips = random.Random(3)
    for path in files(copy):
        size = path.stat().st_size
        with path.open("r+b", buffering=0) as stream:
            for place in flips.sample(range(size), min(size, 25)):
                byte = os.pread(stream.fileno(), 1, place)
                os.pwrite(stream.fileno(), bytes([byte[0] ^ 1 << flips.randrange(8)]), place)
                assert any(path.name in fault for fault in verify(copy)), f"{path}, byte {place}"
                os.pwrite(stream.fileno(), byte, place)
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


def test_a_link_to_the_very_same_bytes_is_no_manifest(copy: Path, whole: Release) -> None:
    for name in (manifest.NAME, manifest.SUMS):
        path, content = copy / name, (copy / name).read_bytes()
        path.unlink()
        path.symlink_to(whole.directory / name)
        refused(copy, name)
        path.unlink()
        path.write_bytes(content)
    assert verify(copy) == []


def test_a_directory_in_place_of_a_file_is_named(copy: Path) -> None:
    for path in files(copy):
        content = path.read_bytes()
        path.unlink()
        path.mkdir()
        refused(copy, path.name)
        path.rmdir()
        path.write_bytes(content)


def test_a_pipe_in_place_of_a_file_is_named_and_nobody_waits_for_it(copy: Path) -> None:
    for path in files(copy):
        content = path.read_bytes()
        path.unlink()
        os.mkfifo(path)
        refused(copy, path.name)
        path.unlink()
        path.write_bytes(content)


def test_two_files_that_changed_places_are_both_named(copy: Path) -> None:
    one, other = copy / "report.txt", copy / "description.ttl"
    disk.exchange(one, other)
    assert [fault.partition(":")[0] for fault in verify(copy)] == ["description.ttl", "report.txt"]
    refused(copy, "report.txt")


def test_a_directory_too_many_is_named_even_if_nothing_is_in_it(copy: Path) -> None:
    for place in ("empty", "store/lost", "dumps/a/b"):
        (copy / place).mkdir(parents=True)
        refused(copy, place.partition("/b")[0] + "/: a directory of nothing in the manifest")
        shutil.rmtree(copy / place.replace("/b", ""))
    assert verify(copy) == []


def test_a_linked_directory_is_named(copy: Path, whole: Release) -> None:
    shutil.rmtree(copy / "store")
    (copy / "store").symlink_to(whole.store_path)
    refused(copy, "store: not in the manifest")


def test_a_file_that_was_added_to_is_named_without_being_read(copy: Path) -> None:
    """A terabyte of nothing would take an hour to be hashed, and as a manifest all memory."""
    for path in files(copy):
        size = path.stat().st_size
        os.truncate(path, 2**40)
        refused(copy, path.name)
        os.truncate(path, size)
    assert verify(copy) == []


def test_a_file_whose_name_nobody_can_print_is_told_on_one_line(copy: Path) -> None:
    for name, told in ((b"\xff\n", r"dumps/\udcff\n"), ("\x1b[31m\u2028".encode(), r"dumps/\x1b[31m\u2028")):
        path = Path(os.fsdecode(os.fsencode(copy / "dumps") + b"/" + name))
        path.write_bytes(b"")
        assert verify(copy) == [f"{told}: not in the manifest"]
        run = thidua("verify", copy.name, THIDUA_RELEASES=str(copy.parent))
        assert (run.returncode, run.stdout) == (1, f"{told}: not in the manifest\n")
        path.unlink()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 5), ("dataset", None), ("created", "yesterday"), ("created", 3.5), ("quads", "15"), ("quads", True),
        ("graphs", {"a": "b"}), ("graphs", 7), ("base", ["x"]), ("redactions", [{"at": "", "why": "", "dataset": 1}]),
        ("redactions", 4), ("files", {"report.txt": {"size": "1"}}), ("files", []), ("more", 1),
    ],
)  # fmt: skip
def test_a_forged_manifest_is_refused_whatever_is_in_it(copy: Path, name: str, value: object) -> None:
    raw = json.loads((copy / manifest.NAME).read_bytes())
    sums = {path: entry["sha256"] for path, entry in raw["files"].items()}
    content = json.dumps({**raw, name: value}).encode()
    (copy / manifest.NAME).write_bytes(content)
    sums[manifest.NAME] = hashlib.sha256(content).hexdigest()
    (copy / manifest.SUMS).write_text("".join(f"{sums[path]}  {path}\n" for path in sorted(sums)))
    refused(copy, manifest.NAME)


def test_a_manifest_of_nothing_but_brackets_is_refused(copy: Path) -> None:
    (copy / manifest.NAME).write_bytes(b"[" * 10**6)
    refused(copy, manifest.NAME)


def test_a_release_that_is_replaced_while_it_is_read_is_read_again(
    whole: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it is what was there before a withdrawal, half what is there now: none of both is damaged."""
    old = tiny.release(tmp_path, 3)
    real, times = release.file_faults, iter(range(9))

    def slow(found: Release) -> list[str]:
        if next(times) == 0:
            tiny.replaced(old, 2)
        return real(found)

    monkeypatch.setattr(release, "file_faults", slow)
    assert release.open_release(old.directory).quads == 10
    assert next(times) == 2
