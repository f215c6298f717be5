import datetime
import json
import shutil
from pathlib import Path

import pytest

from loaders.errors import DamagedRelease, UsageError
from loaders.release import current, disk, journal, open_release, pointer
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
    for name in ("2020-01-01-00000000", "../etc", ".", ""):
        with pytest.raises(UsageError) as caught:
            pointer.publish(releases, name or "x", now=LATER)
        assert versions[0] in str(caught.value)


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
