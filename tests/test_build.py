import dataclasses
import io
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import BlankNode, Literal, Quad

from loaders import build as builds
from loaders import parts
from loaders.candidate import Candidate
from loaders.errors import Blocked, Incomplete, OutsideError, SourceError
from loaders.fingerprint import fingerprint, reading
from loaders.gate.report import Report, Severity
from loaders.namespaces import entity, graph, td, xsd
from loaders.parts import Kept
from loaders.progress import Progress
from loaders.release import current, disk, frames, journal, open_release, pointer, store, versions, workshop, writer
from loaders.release.verification import verify
from loaders.resources import ROOT
from loaders.settings import Settings
from tests import tiny

KILLS = 20
CLUSTERS = 2000
# A build in a process of its own, so that it can be killed. It says when it has begun.
BUILD = """
import sys
from pathlib import Path
from loaders.settings import Settings
from tests import tiny
print("begun", flush=True)
settings = Settings(data=Path(sys.argv[1]), releases=Path(sys.argv[2]))
print(tiny.build(settings, int(sys.argv[3]), progress=tiny.Progress(), force=True).version)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir()
    return Settings(data=tmp_path / "data", releases=tmp_path / "releases")


def started(settings: Settings, clusters: int) -> subprocess.Popen[str]:
    """A build that has begun; stderr is where it says that it waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(settings.data), str(settings.releases), str(clusters)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def left_over(settings: Settings) -> list[str]:
    """What lies in the releases' directory and is neither a release nor the house's own book-keeping."""
    known = {"current", "journal.jsonl", ".build.lock", ".journal.lock", ".parts", *versions(settings.releases)}
    return sorted(path.name for path in settings.releases.iterdir() if path.name not in known)


def test_a_build_leaves_one_release_and_publishes_nothing(settings: Settings) -> None:
    made = tiny.build(settings)
    assert versions(settings.releases) == [made.version]
    assert current(settings.releases) is None
    assert verify(made.directory) == []
    assert left_over(settings) == []


def test_a_violation_leaves_the_current_release_untouched(settings: Settings) -> None:
    before = tiny.build(settings)
    pointer.publish(settings.releases, now=tiny.NOW)
    with pytest.raises(Blocked) as caught:
        tiny.build(settings, 5, report=tiny.report(Severity.VIOLATION, 1), force=True)
    assert "clusters.csv:2" in caught.value.report.text()
    assert versions(settings.releases) == [before.version]
    assert open_release(settings.releases / "current").version == before.version
    assert left_over(settings) == []


def test_a_blank_node_stops_the_build(settings: Settings) -> None:
    blank = Quad(entity("cluster", "a"), td.scope, BlankNode(), graph("s0"))
    with pytest.raises(SourceError, match="blank node"):
        tiny.build(settings, [blank])
    assert versions(settings.releases) == []
    assert left_over(settings) == []


@pytest.mark.parametrize(
    ("text", "datatype"),
    [("2017", "int"), ("2020", "byte"), ("1", "long"), ("1", "unsignedInt"), ("2017-07-14T00:00:00Z", "dateTimeStamp")],
)
def test_a_value_does_not_pass_as_another_datatype_than_it_has(settings: Settings, text: str, datatype: str) -> None:
    said = Quad(entity("cluster", "a"), td.year, Literal(text, datatype=xsd[datatype]), graph("s0"))
    with pytest.raises(SourceError, match=rf"a datatype that the store does not keep: .*{datatype}.* → write "):
        tiny.build(settings, [said])
    assert versions(settings.releases) == []
    assert left_over(settings) == []


def test_nothing_changed_nothing_is_read(settings: Settings) -> None:
    first = tiny.build(settings, 3)
    says = io.StringIO()
    assert tiny.build(settings, 5, progress=Progress(says)).version == first.version, "its sources are not looked at"
    assert says.getvalue() == f"nothing changed since {first.version}\n"


def test_releases_among_the_data_are_no_data(tmp_path: Path) -> None:
    among = Settings(data=tmp_path, releases=tmp_path / "releases")
    first = tiny.build(among, 3)
    assert tiny.build(among, 5).version == first.version
    beside = Settings(data=tmp_path / "data", releases=tmp_path)
    beside.data.mkdir()
    before = fingerprint(beside)
    (beside.data / "clusters.csv").write_text("key,label\n")
    assert fingerprint(beside) != before


def test_a_changed_file_is_built_again(settings: Settings) -> None:
    first = tiny.build(settings, 3)
    (settings.data / "clusters.csv").write_text("key,label\n")
    second = tiny.build(settings, 5)
    assert second.version != first.version
    assert pointer.newest(settings.releases) == second.version


def test_a_file_that_a_spreadsheet_program_left_open_changes_nothing(settings: Settings) -> None:
    before = fingerprint(settings)
    (settings.data / "~$clusters.xlsx").write_text("")
    assert fingerprint(settings) == before


def test_every_input_is_in_the_fingerprint(settings: Settings, tmp_path: Path) -> None:
    for folder, name in (
        ("ontology", "a.ttl"),
        ("shapes/cases/X", "a.ttl"),
        ("queries/checks", "a.rq"),
        ("loaders", "a.py"),
    ):
        (tmp_path / "root" / folder).mkdir(parents=True)
        (tmp_path / "root" / folder / name).write_text("1")
    seen = {fingerprint(settings, tmp_path / "root")}
    for path in sorted((tmp_path / "root").rglob("a.*")):
        path.write_text("2")
        seen.add(fingerprint(settings, tmp_path / "root"))
    (tmp_path / "history.csv").write_text("")
    for change in ({"base_iri": "https://example.org/"}, {"history": tmp_path / "history.csv"}):
        seen.add(fingerprint(dataclasses.replace(settings, **change), tmp_path / "root"))
    (settings.data / "a.csv").write_text("1")
    seen.add(fingerprint(settings, tmp_path / "root"))
    (settings.data / "a.csv").rename(settings.data / "b.csv")
    seen.add(fingerprint(settings, tmp_path / "root"))
    assert len(seen) == 9


def test_a_name_that_is_not_utf_8_is_one_among_others(settings: Settings) -> None:
    before = fingerprint(settings)
    (settings.data / os.fsdecode(b"Ghi ch\xfa.txt")).write_text("1")
    assert fingerprint(settings) != before


@pytest.mark.parametrize("folder", ["records", "registry"])
def test_a_file_in_a_linked_directory_is_in_the_fingerprint(settings: Settings, tmp_path: Path, folder: str) -> None:
    elsewhere = tmp_path / "elsewhere" / "deep"
    elsewhere.mkdir(parents=True)
    (elsewhere / "a.csv").write_text("1")
    (settings.data / folder).symlink_to(elsewhere.parent)
    seen = {(fingerprint(settings), reading(settings))}
    (elsewhere / "a.csv").write_text("2")
    seen.add((fingerprint(settings), reading(settings)))
    assert len({whole for whole, _ in seen}) == 2
    assert len({some for _, some in seen}) == (2 if folder == "registry" else 1)


def test_a_link_to_what_it_lies_in_or_to_the_releases_is_no_data(settings: Settings) -> None:
    before = fingerprint(settings)
    (settings.data / "again").symlink_to(settings.data)
    settings.releases.mkdir()
    (settings.releases / "a").write_text("1")
    (settings.data / "releases").symlink_to(settings.releases)
    assert fingerprint(settings) == before


def test_a_release_that_was_damaged_is_built_again(settings: Settings) -> None:
    first = tiny.build(settings)
    first.description.chmod(0o644)
    first.description.write_text("")
    second = tiny.build(settings)
    assert second.version != first.version
    assert verify(second.directory) == []


def test_force_builds_the_same_release_and_keeps_it(settings: Settings) -> None:
    first = tiny.build(settings)
    assert tiny.build(settings, force=True).version == first.version
    assert versions(settings.releases) == [first.version]


def test_an_error_in_any_step_of_writing_leaves_nothing_behind(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, step in ((store, "build"), (store, "read_back"), (writer, "_describe"), (writer, "_seal")):
        with monkeypatch.context() as patch:
            patch.setattr(module, step, lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            with pytest.raises(OutsideError, match="No space left"):
                tiny.build(settings)
        assert versions(settings.releases) == []
        assert left_over(settings) == []
    assert verify(tiny.build(settings).directory) == []


def test_a_full_disk_stops_the_build_and_leaves_nothing_behind(settings: Settings) -> None:
    """A limit on the size of files stands for the disk: what the engine writes beyond it fails as on a full one."""
    for limit in (1_000, 50_000, 200_000, 400_000):
        code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))" + BUILD
        run = subprocess.run(
            [sys.executable, "-c", code, str(settings.data), str(settings.releases), str(CLUSTERS)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert run.returncode != 0
        assert "OutsideError" in run.stderr, run.stderr
        assert versions(settings.releases) == []
        assert left_over(settings) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def rewrite(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Frames hold other lines than they did, as if they had been written so."""
    lines = b"".join(frames.texts(path)).splitlines(keepends=True)
    path.unlink()
    with frames.writing(path) as file:
        file.add(change(lines))


def test_a_store_that_lost_something_is_not_released(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = store.build

    def lossy(plain: list[Path], *others: Any) -> None:
        rewrite(plain[0], lambda lines: lines[:-1])
        real(plain, *others)

    monkeypatch.setattr(store, "build", lossy)
    with pytest.raises(OutsideError, match="26 statements instead of 27"):
        tiny.build(settings)
    assert versions(settings.releases) == []


def test_a_store_that_changed_something_is_not_released(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = store.build

    def wrong(plain: list[Path], *others: Any) -> None:
        rewrite(plain[0], lambda lines: [line.replace(b"cum-1", b"cum-9") for line in lines])
        real(plain, *others)

    monkeypatch.setattr(store, "build", wrong)
    with pytest.raises(OutsideError, match="does not hold what was written"):
        tiny.build(settings)
    assert versions(settings.releases) == []


def test_a_killed_build_leaves_nothing_visible_and_the_next_one_succeeds(settings: Settings) -> None:
    published = tiny.build(settings, 1)
    pointer.publish(settings.releases, now=tiny.NOW)
    process = started(settings, CLUSTERS)
    began = time.monotonic()
    whole = process.communicate()[0].strip()
    takes = time.monotonic() - began
    moments, survived, seen = random.Random(2), 0, set[str]()
    for number in range(1, KILLS + 1):
        process = started(settings, CLUSTERS + number)
        try:
            process.wait(moments.uniform(0, takes))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        survived += process.returncode == 0
        assert open_release(settings.releases / "current").version == published.version
        for version in set(versions(settings.releases)) - seen:
            assert verify(settings.releases / version) == []
            seen.add(version)
    assert survived < KILLS
    last = started(settings, CLUSTERS)
    version = last.communicate()[0].strip()
    assert last.returncode == 0
    assert {published.version, whole} <= set(versions(settings.releases))
    assert version == whole
    assert left_over(settings) == []


def test_a_build_killed_after_the_rename_has_made_a_whole_release_that_the_next_one_keeps(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(journal, "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            tiny.build(settings)
    (version,) = versions(settings.releases)
    assert verify(settings.releases / version) == []
    assert tiny.build(settings).version == version
    assert versions(settings.releases) == [version]
    assert pointer.newest(settings.releases) == version


@pytest.mark.parametrize(("place", "step"), [(journal, "append"), (Kept, "accept")])
def test_an_error_after_the_rename_says_that_the_release_is_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, place: Any, step: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(place, step, lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(Incomplete, match="No space left") as told:
            tiny.build(settings)
    (version,) = versions(settings.releases)
    assert str(told.value).startswith(f"{version} is there, whole; ")
    assert "nothing was changed" not in str(told.value)
    assert left_over(settings) == []
    assert tiny.build(settings).version == version
    assert pointer.newest(settings.releases) == version


def test_sources_that_change_while_they_are_read_stop_the_build(settings: Settings) -> None:
    (settings.data / "a.csv").write_text("1")

    def assess(candidate: Candidate, settings: Settings, progress: Progress) -> Report:
        candidate.add("tiny", tiny.quads())
        (settings.data / "a.csv").write_text("2")
        return tiny.SOUND

    with pytest.raises(SourceError, match=r"changed while they were read.*run it again"):
        builds.build(settings, now=tiny.NOW, progress=Progress(io.StringIO()), assess=assess)
    assert versions(settings.releases) == []
    assert left_over(settings) == []


def kept(settings: Settings) -> set[str]:
    return {path.name for path in (settings.releases / parts.NAME).iterdir()}


def test_the_parts_of_the_last_build_are_kept_and_no_others(settings: Settings, tmp_path: Path) -> None:
    first = tiny.build(settings, 3)
    before = kept(settings)
    accepted = Kept(settings.releases / parts.NAME, tmp_path).accepted()
    assert accepted is not None
    assert accepted.version == first.version
    (part,) = accepted.parts.values()
    assert before == {f"{part}.nq", "accepted.json", "gate.judged", "release.written"}
    second = tiny.build(settings, 4, force=True)
    assert second.version != first.version
    assert len(kept(settings)) == 4
    assert f"{part}.nq" not in kept(settings)


def test_what_a_refused_build_read_is_kept_beside_that_of_the_last_one(settings: Settings, tmp_path: Path) -> None:
    tiny.build(settings, 3)
    before = kept(settings)
    (settings.data / "a.csv").write_text("1")
    with pytest.raises(Blocked):
        tiny.build(settings, 4, report=tiny.report(Severity.VIOLATION, 1))
    assert before <= kept(settings)


def test_a_part_that_is_gone_leaves_no_build_to_compare_with(settings: Settings, tmp_path: Path) -> None:
    tiny.build(settings, 3)
    room = settings.releases / parts.NAME
    for path in room.glob("*.nq"):
        path.unlink()
    assert Kept(room, tmp_path).accepted() is None


def test_a_build_whose_parts_may_name_somebody_withdrawn_is_not_compared_with(
    settings: Settings, tmp_path: Path
) -> None:
    tiny.build(settings, 3)
    (settings.data / "withdrawals.csv").write_text("person,withdrawn,reason\nabcdefg2,2026-11-22,request\n")
    tiny.build(settings, 4)
    assert Kept(settings.releases / parts.NAME, tmp_path).accepted() is None


def test_what_a_dead_build_left_behind_is_cleared(settings: Settings) -> None:
    room = settings.releases / ".building-1" / "release" / "store"
    room.mkdir(parents=True)
    (room / "000001.sst").write_bytes(b"half")
    (settings.releases / ".current-1").symlink_to("2026-11-21-00000000")
    tiny.build(settings)
    assert left_over(settings) == []


def test_a_second_build_says_that_it_waits_and_then_does_its_work(settings: Settings) -> None:
    settings.releases.mkdir()
    with disk.locked(settings.releases / workshop._LOCK):
        process = started(settings, 3)
        assert process.stderr is not None
        assert "waiting" in process.stderr.readline()
        assert versions(settings.releases) == []
    version = process.communicate()[0].strip()
    assert versions(settings.releases) == [version]


def test_builds_at_once_make_one_release(settings: Settings) -> None:
    processes = [started(settings, 50) for _ in range(3)]
    found = {process.communicate()[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert set(versions(settings.releases)) == found
    assert len(found) == 1
    assert left_over(settings) == []
