"""What is said on a terminal while something takes its time, and what is not said when nobody looks."""

from __future__ import annotations

import io

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
