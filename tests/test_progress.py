"""What is said on a terminal while something takes its time, and what is not said when nobody looks."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios

import pytest

from loaders.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_many_how_fast_and_how_long_still() -> None:
    stream, now = Terminal(), [0.0]
    progress = Progress(stream, clock=lambda: now[0])
    progress.stage("reading records")
    now[0] = 20.0
    progress.count(1_000_000, 0.2)
    progress.close()
    assert "1,000,000 (50,000/s, 1 min 20 s left)" in stream.getvalue()
    progress.count(1_000_000)
    assert stream.getvalue().count("left") == 1


def test_a_terminal_sees_how_much_of_a_stage_is_done() -> None:
    stream, now = Terminal(), [5.0]
    progress = Progress(stream, clock=lambda: now[0])
    progress.stage("judging")
    now[0] = 8.0
    progress.stage("judging", 0.25)
    progress.stage("judging", 0.255)
    progress.stage("writing")
    assert stream.getvalue().replace("\033[K", "") == "  judging …\n\r    25 %, 9 s left\n  writing …\n"


def test_a_pipe_sees_nothing_of_it() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.stage("reading records")
    progress.count(1_000_000, 0.5)
    progress.stage("reading records", 0.5)
    progress.close()
    assert stream.getvalue() == ""


def test_what_is_said_afterwards_has_a_line_of_its_own() -> None:
    stream = Terminal()
    with Progress(stream) as progress:
        progress.stage("judging", 0.5)
    assert stream.getvalue().endswith("left\033[K\n")


@pytest.mark.parametrize("columns", [2, 12, 40, 500])
def test_a_narrow_terminal_is_written_over(columns: int) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        Progress(stream, clock=lambda: 20.0).count(1_000_000, 0.2)
        shown = os.read(ours, 1000).decode().removeprefix("\r").removesuffix("\033[K")
    os.close(ours)
    assert shown == "    1,000,000 (50,000/s, 1 min 20 s left)"[: columns - 1]
