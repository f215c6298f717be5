"""Faults in the middle: a short campaign of each kind; `make faults` has the long ones."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from loaders.resources import ROOT

pytestmark = pytest.mark.long

SHORT = ("kills", "crowd", "room", "--alone", "--kills", "4", "--every", "100", "--crowds", "3", "--fills", "1")


@pytest.fixture(scope="module")
def told() -> str:
    """What the campaigns say. They fork, which a process in which stores were open must not."""
    command = [sys.executable, "-m", "bench.faults", *SHORT, "--seed", "5"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_commands_killed_at_any_moment_leave_what_is_published_whole(told: str) -> None:
    assert killed(told, "killed at random:") >= 4
    for command in ("build", "follow", "withdraw"):
        assert killed(told, f"killed at operations of {command},") > 0


def test_of_commands_that_meet_each_does_its_work(told: str) -> None:
    assert re.search(r"^at once: build done \d+, .*done \d+", told, re.MULTILINE)


def test_on_a_full_disk_a_command_says_so_and_the_next_one_succeeds(told: str) -> None:
    if "room: left out" in told:
        pytest.skip("nobody may mount a small disk here")
    for command in ("build", "follow", "publish", "rollback", "withdraw"):
        assert re.search(rf"\d+ {command}: .*No space left on device", told)
        assert re.search(rf"\d+ {command}: .*Read-only file", told)
        assert re.search(rf"\d+ {command}: .*Permission den", told)


def killed(told: str, where: str) -> int:
    """How many processes were killed in a campaign."""
    (line,) = (line for line in told.splitlines() if line.startswith(where))
    return sum(map(int, re.findall(r"\w+ killed (\d+)", line)))
