import datetime
import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loaders.errors import DamagedRelease, OutsideError, UsageError
from loaders.release import current, disk, find, journal, kept, legible, open_release, pointer
from loaders.resources import ROOT
from loaders.settings import Settings
from service.past.chronicle import chronicle
from tests import tiny

LATER = tiny.NOW + datetime.timedelta(hours=1)


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    releases = tmp_path_factory.mktemp("stock")
    for number in (1, 2, 3):
        tiny.release(releases, number, now=tiny.NOW + datetime.timedelta(days=number))
    return releases


@pytest.fixture
def releases(stock: Path, tmp_path: Path) -> Path:
    shutil.copytree(stock, tmp_path / "releases", symlinks=True)
    return tmp_path / "releases"


@pytest.fixture
def versions(releases: Path) -> list[str]:
    return sorted(path.name for path in releases.iterdir() if path.is_dir())


class Killed(BaseException):
    """What kill -9 does to a test: nothing after it runs."""


def killed(monkeypatch: pytest.MonkeyPatch, module: object, name: str, *, after: bool = False) -> None:
    real = getattr(module, name)

    def die(*given: object) -> None:
        if after:
            real(*given)
        raise Killed

    monkeypatch.setattr(module, name, die)


def test_publishing_leads_readers_to_the_release(releases: Path, versions: list[str]) -> None:
    assert pointer.publish(releases, versions[1], now=LATER) == versions[1]
    assert open_release(releases / "current").version == versions[1]
    assert (releases / "current").readlink() == Path(versions[1]), "relative, so that the directory can move"


def test_without_a_version_the_newest_is_published(releases: Path, versions: list[str]) -> None:
    assert pointer.publish(releases, now=LATER) == versions[2]


def test_the_newest_is_the_one_built_last_even_when_the_clock_was_set_back(releases: Path, versions: list[str]) -> None:
    for version in (versions[2], versions[0]):
        journal.append(releases, journal.Entry("build", version, "2026-11-21T08:00:00Z"))
    assert pointer.publish(releases, now=LATER) == versions[0]


def test_rollback_goes_back_step_by_step(releases: Path, versions: list[str]) -> None:
    for version in versions:
        pointer.publish(releases, version, now=LATER)
    assert [pointer.rollback(releases, now=LATER) for _ in range(2)] == [versions[1], versions[0]]
    with pytest.raises(UsageError, match="before"):
        pointer.rollback(releases, now=LATER)
    assert current(releases) == versions[0]


def test_after_a_rollback_and_a_publish_rollback_goes_where_the_publish_came_from(
    releases: Path, versions: list[str]
) -> None:
    a, b, c = versions
    pointer.publish(releases, a, now=LATER)
    pointer.publish(releases, b, now=LATER)
    pointer.rollback(releases, now=LATER)
    pointer.publish(releases, c, now=LATER)
    assert pointer.rollback(releases, now=LATER) == a


def test_publishing_the_published_release_again_is_no_step(releases: Path, versions: list[str]) -> None:
    a, b, _ = versions
    for version in (a, b, b, b):
        pointer.publish(releases, version, now=LATER)
    assert pointer.rollback(releases, now=LATER) == a


def test_going_to_and_fro_is_remembered(releases: Path, versions: list[str]) -> None:
    a, b, _ = versions
    for version in (a, b, a):
        pointer.publish(releases, version, now=LATER)
    assert [pointer.rollback(releases, now=LATER) for _ in range(2)] == [b, a]


def test_rollback_passes_over_a_release_that_was_deleted(releases: Path, versions: list[str]) -> None:
    for version in versions:
        pointer.publish(releases, version, now=LATER)
    shutil.rmtree(releases / versions[1])
    assert pointer.rollback(releases, now=LATER) == versions[0]


def test_rollback_to_a_damaged_release_changes_nothing(releases: Path, versions: list[str]) -> None:
    for version in versions:
        pointer.publish(releases, version, now=LATER)
    (releases / versions[1] / "description.ttl").unlink()
    with pytest.raises(DamagedRelease, match=r"description\.ttl"):
        pointer.rollback(releases, now=LATER)
    assert current(releases) == versions[2]


def test_a_pointer_moved_by_hand_is_believed(releases: Path, versions: list[str]) -> None:
    a, b, c = versions
    pointer.publish(releases, a, now=LATER)
    pointer.publish(releases, b, now=LATER)
    disk.point(releases / "current", c)
    pointer.publish(releases, b, now=LATER)
    assert pointer.rollback(releases, now=LATER) == c


def test_nothing_built_nothing_published(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="thidua build"):
        pointer.publish(tmp_path / "releases", now=LATER)
    with pytest.raises(UsageError, match="nothing"):
        pointer.rollback(tmp_path / "releases", now=LATER)


def test_an_unknown_version_is_answered_with_those_there_are(releases: Path, versions: list[str]) -> None:
    for name in ("2020-01-01-00000000", "../etc", ".", "", " "):
        with pytest.raises(UsageError) as caught:
            pointer.publish(releases, name, now=LATER)
        assert versions[0] in str(caught.value)
        assert current(releases) is None


def test_an_empty_name_is_not_the_published_release(releases: Path, versions: list[str]) -> None:
    pointer.publish(releases, versions[0], now=LATER)
    with pytest.raises(UsageError, match="no release ''"):
        find(releases, "")


def test_what_was_rolled_back_is_published_by_nobody_who_does_not_name_it(releases: Path, versions: list[str]) -> None:
    """`thidua publish $(thidua build)` is `thidua publish` when the build is refused."""
    a, b, c = versions
    for version in (b, c):
        pointer.publish(releases, version, now=LATER)
    pointer.rollback(releases, now=LATER)
    with pytest.raises(UsageError, match=f"{c}.* was rolled back → thidua publish {c}"):
        pointer.publish(releases, now=LATER)
    assert current(releases) == b
    pointer.publish(releases, a, now=LATER)
    with pytest.raises(UsageError, match="was rolled back"):
        pointer.publish(releases, now=LATER)
    assert pointer.publish(releases, c, now=LATER) == c
    assert pointer.publish(releases, now=LATER) == c, "published again, it is as any other"
    pointer.publish(releases, a, now=LATER)
    assert pointer.publish(releases, now=LATER) == c


def test_a_rollback_that_never_came_true_took_nothing_back(releases: Path, versions: list[str]) -> None:
    a, _, c = versions
    pointer.publish(releases, a, now=LATER)
    pointer.publish(releases, c, now=LATER)
    journal.append(releases, journal.Entry("rollback", a, "2026-11-21T09:00:00Z"))
    assert pointer.publish(releases, now=LATER) == c
    pointer.publish(releases, a, now=LATER)
    assert pointer.publish(releases, now=LATER) == c


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("place", ["append", "point"])
@pytest.mark.parametrize("move", ["publish", "rollback"])
def test_a_move_that_is_killed_happened_or_did_not(
    move: str, place: str, after: bool, releases: Path, versions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c = versions
    pointer.publish(releases, a, now=LATER)
    pointer.publish(releases, b, now=LATER)
    with monkeypatch.context() as patch:
        killed(patch, journal if place == "append" else disk, place, after=after)
        with pytest.raises(Killed):
            pointer.publish(releases, c, now=LATER) if move == "publish" else pointer.rollback(releases, now=LATER)
    moved = place == "point" and after
    expected = ([a, b, c] if move == "publish" else [a]) if moved else [a, b]
    assert current(releases) == expected[-1]
    assert pointer.history(releases) == expected
    pointer.publish(releases, c, now=LATER)
    assert pointer.history(releases) == (expected if expected[-1] == c else [*expected, c])


@pytest.mark.parametrize("size", range(1, 40, 7))
def test_a_journal_line_cut_by_a_crash_is_passed_over(size: int, releases: Path, versions: list[str]) -> None:
    a, b, c = versions
    pointer.publish(releases, a, now=LATER)
    pointer.publish(releases, b, now=LATER)
    line = json.dumps({"action": "publish", "version": c, "at": "2026-11-21T08:00:00Z"})
    with (releases / journal.NAME).open("a") as stream:
        stream.write(line[:size])
    pointer.publish(releases, c, now=LATER)
    assert pointer.history(releases) == [a, b, c]
    assert pointer.rollback(releases, now=LATER) == b


def test_a_link_left_half_way_is_cleared(releases: Path, versions: list[str]) -> None:
    (releases / ".current-1").symlink_to(versions[0])
    pointer.publish(releases, versions[1], now=LATER)
    assert not list(releases.glob(".current-*"))


def test_a_lost_journal_costs_the_way_back_and_nothing_else(releases: Path, versions: list[str]) -> None:
    for version in versions:
        pointer.publish(releases, version, now=LATER)
    (releases / journal.NAME).unlink()
    with pytest.raises(UsageError):
        pointer.rollback(releases, now=LATER)
    assert pointer.publish(releases, versions[0], now=LATER) == versions[0]
    assert pointer.rollback(releases, now=LATER) == versions[2]


@pytest.mark.parametrize("line", range(4))
def test_a_journal_in_which_a_line_was_damaged_is_read_all_the_same(
    line: int, releases: Path, versions: list[str]
) -> None:
    """A void line whose move was lost takes nothing else back."""
    a, b, c = versions
    pointer.publish(releases, a, now=LATER)
    pointer.publish(releases, b, now=LATER)
    journal.append(releases, journal.Entry("publish", c, "2026-11-21T08:00:00Z"))
    journal.append(releases, journal.Entry("void", c, "2026-11-21T08:00:00Z"))
    lines = (releases / journal.NAME).read_bytes().splitlines(keepends=True)
    lines[line] = lines[line][:9] + b"\xff" + lines[line][10:]
    (releases / journal.NAME).write_bytes(b"".join(lines))
    assert pointer.history(releases)[-1] == b
    assert pointer.publish(releases, c, now=LATER) == c
    assert pointer.rollback(releases, now=LATER) == b


def test_no_flipped_bit_of_the_journal_stops_anybody(releases: Path, versions: list[str]) -> None:
    """What was published when is asked as well, by whoever wants what was current on a day."""
    a, _, c = versions
    for version in (a, c):
        journal.append(releases, journal.Entry("build", version, "2026-11-21T08:00:00Z", "0123abcd"))
        pointer.publish(releases, version, now=LATER)
    path, there = releases / journal.NAME, legible(releases)
    whole = path.read_bytes()
    for place in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        assert pointer.history(releases)[-1] == c
        assert pointer.newest(releases) in (a, c)
        assert c in {memento.version for memento in chronicle(there, pointer.moves(releases)).mementos}


APPEND = """
import resource, sys
from pathlib import Path
from loaders.release import disk
path = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10,) * 2)
disk.append(path, b"a line of more than ten bytes")
"""


def test_a_line_for_which_there_is_no_room_is_not_begun(tmp_path: Path) -> None:
    """A file system that fills up takes a part of it first, as one does that limits the size of files."""
    path = tmp_path / "lines"
    path.write_bytes(b"before\n")
    run = subprocess.run([sys.executable, "-c", APPEND, str(path)], cwd=ROOT, capture_output=True, text=True)
    assert "File too large" in run.stderr
    assert path.read_bytes() == b"before\n"


def test_a_line_after_one_that_was_cut_off_is_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    for before, after in ((b"", b"x\n"), (b"a\n", b"a\nx\n"), (b"cut of", b"cut of\nx\n")):
        path.write_bytes(before)
        disk.append(path, b"x\n")
        assert path.read_bytes() == after


def test_a_pointer_that_became_a_directory_is_told_and_changes_nothing(releases: Path, versions: list[str]) -> None:
    """`cp -rL` and some archives follow links."""
    pointer.publish(releases, versions[0], now=LATER)
    before = journal.entries(releases)
    (releases / "current").unlink()
    shutil.copytree(releases / versions[0], releases / "current")
    with pytest.raises(UsageError, match=r"current is no symbolic link.*remove it"):
        pointer.publish(releases, versions[1], now=LATER)
    assert journal.entries(releases) == before
    assert sorted(path.name for path in releases.glob(".current*")) == []
    shutil.rmtree(releases / "current")
    pointer.publish(releases, versions[1], now=LATER)
    assert current(releases) == versions[1]


@pytest.mark.parametrize("target", ["2020-01-01-00000000", "../elsewhere/2020-01-01-00000000", "/etc/passwd", "/", "."])
def test_a_pointer_that_leads_nowhere_is_told_and_mended_by_the_next_move(
    target: str, releases: Path, versions: list[str]
) -> None:
    a, b, _ = versions
    pointer.publish(releases, a, now=LATER)
    pointer.publish(releases, b, now=LATER)
    disk.point(releases / "current", target)
    with pytest.raises(UsageError, match=f"there are: {a}"):
        find(releases, None)
    assert pointer.rollback(releases, now=LATER) == a
    assert open_release(releases / "current").version == a
    disk.point(releases / "current", target)
    assert pointer.publish(releases, b, now=LATER) == b
    assert open_release(releases / "current").version == b


@pytest.mark.parametrize("where", ["/nonexistent", "..", "../releases-of-others", "/"])
def test_a_pointer_that_leads_elsewhere_under_the_same_name_is_mended(
    where: str, releases: Path, versions: list[str]
) -> None:
    a, b, _ = versions
    pointer.publish(releases, a, now=LATER)
    pointer.publish(releases, b, now=LATER)
    disk.point(releases / "current", f"{where}/{b}")
    pointer.publish(releases, b, now=LATER)
    assert open_release(releases / "current").version == b
    assert pointer.history(releases) == [a, b], "nothing else was published"


def test_where_there_are_no_links_a_move_says_so_and_changes_nothing(
    releases: Path, versions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pointer.publish(releases, versions[0], now=tiny.NOW)

    def refuse(target: object, name: object, *_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", target, None, name)

    with monkeypatch.context() as patched:
        patched.setattr(os, "symlink", refuse)
        with pytest.raises(OutsideError, match=r"current: Operation not permitted → .*not FAT"):
            pointer.publish(releases, versions[1], now=tiny.NOW)
    assert current(releases) == versions[0]
    assert pointer.publish(releases, versions[1], now=tiny.NOW) == versions[1]


def test_that_nobody_can_see_what_is_published_does_not_mean_that_nothing_is(tmp_path: Path) -> None:
    loop = tmp_path / "releases"
    loop.symlink_to(loop)
    with pytest.raises(OSError, match="levels of symbolic links"):
        current(loop)


def test_releases_stand_in_the_order_in_which_they_were_built_whatever_the_clock_said(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, releases=tmp_path / "releases")
    made = []
    for number, days in enumerate((0, 3, -400, 1, -1), start=1):
        made.append(tiny.build(settings, number, now=tiny.NOW + datetime.timedelta(days), force=True))
    assert [release.version for release in kept(settings.releases)] == [release.version for release in made]
    assert legible(settings.releases) == kept(settings.releases)
    assert pointer.newest(settings.releases) == made[-1].version
    copied = tiny.release(settings.releases, 9, now=tiny.NOW + datetime.timedelta(2))
    assert [release.version for release in kept(settings.releases)].index(copied.version) == 4, "no line tells of it"


def test_with_a_clock_that_goes_to_and_fro_publishing_and_rolling_back_go_by_what_was_done(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, releases=tmp_path / "releases")
    made = []
    for number, days in enumerate((0, -365, 700, -1), start=1):
        now = tiny.NOW + datetime.timedelta(days)
        made.append(tiny.build(settings, number, now=now, force=True).version)
        assert pointer.publish(settings.releases, now=now) == made[-1]
    assert pointer.history(settings.releases) == made
    assert [pointer.rollback(settings.releases, now=tiny.NOW) for _ in range(3)] == made[-2::-1]
