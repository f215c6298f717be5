"""An answer is there whole before it is sent: in memory or in a file, what is read is what was written."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import IO, Any

import pytest

from service.body import IN_MEMORY, Body, Cellar, NoRoom, TooLong, look_at_room

ROOM = 1 << 30


async def gathered(size: int, cellar: Cellar, step: int = 65_536) -> tuple[Body, bytes]:
    """A body of so many bytes, and the bytes."""
    data = bytes(index % 251 for index in range(step)) * (size // step + 1)
    body = Body(ROOM, cellar)
    for start in range(0, size, step):
        await body.add(data[start : min(start + step, size)])
    return body, data[:size]


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY, IN_MEMORY + 1, 3 * IN_MEMORY, 5 * IN_MEMORY + 12345])
def test_what_was_gathered_is_read(size: int) -> None:
    async def check() -> None:
        cellar = Cellar(ROOM)
        body, data = await gathered(size, cellar)
        assert body.size == size
        assert (body.whole is None) == (size > IN_MEMORY)
        assert b"".join([part async for part in body.parts()]) == data
        # Who reads it again, reads the same.
        assert b"".join([part async for part in body.parts()]) == data
        body.close()
        body.close()
        assert cellar.used == 0

    asyncio.run(check())


@pytest.mark.parametrize("size", [5, IN_MEMORY + 1])
def test_what_was_cleared_is_as_if_nothing_had_been_gathered(size: int) -> None:
    async def check() -> None:
        cellar = Cellar(ROOM)
        body, _ = await gathered(size, cellar)
        body.clear()
        assert (body.size, body.whole, cellar.used) == (0, b"", 0)
        await body.add(b"other")
        assert b"".join([part async for part in body.parts()]) == b"other"
        body.close()

    asyncio.run(check())


def test_what_is_too_long_is_not_gathered() -> None:
    async def check() -> None:
        cellar = Cellar(ROOM)
        body = Body(3 << 20, cellar)
        for _ in range(3 << 4):
            await body.add(bytes(65_536))
        with pytest.raises(TooLong):
            await body.add(b"x")
        assert body.size == 3 << 20
        body.close()
        assert cellar.used == 0

    asyncio.run(check())


def test_all_answers_together_have_so_much_room_and_give_it_back() -> None:
    async def check() -> None:
        cellar = Cellar(3 * IN_MEMORY)
        one, _ = await gathered(2 * IN_MEMORY, cellar)
        other = Body(ROOM, cellar)
        with pytest.raises(NoRoom):
            await other.add(bytes(2 * IN_MEMORY))
        other.close()
        one.close()
        assert cellar.used == 0
        third, _ = await gathered(2 * IN_MEMORY, cellar)
        third.close()

    asyncio.run(check())


def test_a_disk_that_is_full_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    async def check() -> None:
        cellar = Cellar(ROOM)
        body = Body(ROOM, cellar)
        with monkeypatch.context() as patch:
            patch.setattr(tempfile, "TemporaryFile", full)
            with pytest.raises(NoRoom):
                await body.add(bytes(2 * IN_MEMORY))
        body.close()
        assert cellar.used == 0

    asyncio.run(check())


def test_a_file_that_lost_its_end_is_not_taken_for_whole() -> None:
    async def check() -> None:
        body, _ = await gathered(3 * IN_MEMORY, Cellar(ROOM))
        assert body._file is not None
        body._file.truncate(IN_MEMORY)
        with pytest.raises(OSError, match="lost its end"):
            [part async for part in body.parts()]
        body.close()

    asyncio.run(check())


def test_a_file_is_closed_only_when_no_thread_works_on_it() -> None:
    async def check() -> None:
        body, _ = await gathered(3 * IN_MEMORY, Cellar(ROOM))
        loop = asyncio.get_running_loop()
        file: IO[Any] | None = body._file
        assert file is not None
        body._work = loop.create_future()
        body.close()
        assert not file.closed
        body._work.set_result(None)
        await asyncio.sleep(0)
        assert file.closed

    asyncio.run(check())


@pytest.mark.parametrize(("kind", "warned"), [("tmpfs", True), ("ext4", False)])
def test_room_in_memory_is_warned_of(
    kind: str, warned: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    device, mounts = tmp_path.stat().st_dev, tmp_path / "mountinfo"
    others = "21 1 0:999999 / /proc rw - tmpfs tmpfs rw"
    mounts.write_text(f"{others}\n22 1 {os.major(device)}:{os.minor(device)} / /tmp rw shared:1 - {kind} x rw\n")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    look_at_room(mounts)
    assert ("is a tmpfs" in caplog.text) == warned


def test_where_nobody_tells_of_mounts_nothing_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    look_at_room(tmp_path / "nothing")
    assert not caplog.text
