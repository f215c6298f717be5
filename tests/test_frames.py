"""Frames: what was put into a file comes out of it, all or a part; what is not as it was written is not believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from loaders.errors import OutsideError
from loaders.release import frames
from loaders.release.frames import Slice

LINES = [b'<%d> <p> "\xe1\xbb\x91 %d" <g> .\n' % (number // 3, number) for number in range(1000)]


def put(path: Path, *cuts: int) -> list[Slice]:
    """Where the lines lie, cut at these places."""
    with frames.writing(path) as file:
        return [file.add(LINES[start:end]) for start, end in zip((0, *cuts), (*cuts, None), strict=True)]


def test_frames_are_read_by_themselves_and_one_after_the_other(tmp_path: Path) -> None:
    first, none, second = put(tmp_path / "a", 10, 10)
    (third,) = put(tmp_path / "a")
    assert frames.read([second]) == b"".join(LINES[10:])
    assert frames.read([third, none, first]) == b"".join(LINES + LINES[:10])
    assert (none.start, none.size, first.size) == (none.end, 0, sum(map(len, LINES[:10])))
    assert list(frames.texts(tmp_path / "a")) == [b"".join(lines) for lines in (LINES[:10], LINES[10:], LINES)]
    assert third.end == (tmp_path / "a").stat().st_size < third.size / 5


@pytest.mark.parametrize("place", range(0, 120, 7))
def test_a_changed_byte_is_an_error(place: int, tmp_path: Path) -> None:
    (whole,) = put(tmp_path / "a")
    content = bytearray((tmp_path / "a").read_bytes())
    content[len(content) * place // 120] ^= 0x10
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(OutsideError, match="is the disk sound"):
        frames.read([whole])
    with pytest.raises(OutsideError, match="is the disk sound"):
        list(frames.texts(tmp_path / "a"))


def test_a_file_that_was_cut_is_an_error(tmp_path: Path) -> None:
    (whole,) = put(tmp_path / "a")
    content = (tmp_path / "a").read_bytes()
    for size in (1, 40, whole.end - 1):
        (tmp_path / "a").write_bytes(content[:size])
        with pytest.raises(OutsideError, match="is the disk sound"):
            list(frames.texts(tmp_path / "a"))
        with pytest.raises(OutsideError, match="is the disk sound"):
            frames.read([whole])
