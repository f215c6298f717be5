"""What is looked at in a directory of its own is nowhere afterwards, whoever was killed in between."""

from __future__ import annotations

import os
import signal
import stat
import tempfile
from pathlib import Path

import pytest

from loaders.release import canonical, scratch
from loaders.release.verification import verify
from loaders.release.workshop import workshop
from tests import tiny


def killed_in(releases: Path) -> Path:
    """What somebody leaves who is killed at work; the directory names persons."""
    told, telling = os.pipe()
    if not (process := os.fork()):
        try:
            with scratch.scratch(releases) as room:
                (room / "names").write_text("Nguyễn Văn Mẫu", encoding="utf-8")
                os.write(telling, os.fsencode(room))
                signal.pause()
        finally:
            os._exit(1)
    left = Path(os.fsdecode(os.read(told, 1000)))
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    assert (left / "names").exists()
    return left


def test_a_directory_is_for_its_owner_alone_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch.scratch(tmp_path) as room:
        assert room.parent == tmp_path
        assert stat.S_IMODE(room.stat().st_mode) == 0o700
        (room / "names").touch()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("comes", ["build", "verify"])
def test_what_the_dead_left_is_cleared_by_who_comes_next(comes: str, tmp_path: Path) -> None:
    made = tiny.release(tmp_path)
    left = killed_in(tmp_path)
    if comes == "build":
        with workshop(tmp_path):
            assert not left.exists()
    else:
        assert verify(made.directory) == []
    assert not left.exists()


def test_nobody_is_cleared_away_at_work(tmp_path: Path) -> None:
    with scratch.scratch(tmp_path) as room, scratch.scratch(tmp_path) as other, workshop(tmp_path):
        assert room.exists()
        assert other.exists()


def test_where_releases_may_not_be_written_it_lies_among_the_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with scratch.scratch(tmp_path / "none") as room:
        assert room.parent == tmp_path / "temporary"
    left = killed_in(tmp_path / "none")
    with workshop(tmp_path / "releases"):
        assert not left.exists()


def test_where_there_is_no_room_it_lies_among_the_temporary_files(tmp_path: Path) -> None:
    with scratch.scratch(tmp_path, 2**60) as room:
        assert room.parent == Path(tempfile.gettempdir())
    assert not room.exists()


def test_verify_sorts_beside_the_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, hash_of, seen = tiny.release(tmp_path), canonical.hash_of, list[Path]()

    def watched(*given: object, scratch: Path, merged: bool) -> str:
        seen.append(scratch)
        return hash_of(*given, scratch=scratch, merged=merged)  # type: ignore[arg-type]

    monkeypatch.setattr(canonical, "hash_of", watched)
    assert verify(made.directory) == []
    assert [room.parent for room in seen] == [tmp_path]
    assert not seen[0].exists()
