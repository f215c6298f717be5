"""Processes that work for another one end with it, and when they are killed it hears of that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loaders import crew
from loaders.errors import OutsideError
from loaders.resources import ROOT

# What a shell runs in the background hears no interrupt, and its tests would not.
SLEEPERS = """
import os, signal, time
from concurrent.futures import ThreadPoolExecutor
from loaders import crew
signal.signal(signal.SIGINT, signal.default_int_handler)
def sleep(number):
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(600)
def share():
    list(crew.each(sleep, [1, 2], 2))
with crew.interruptible(), ThreadPoolExecutor(1) as pool:
    pool.submit(share).result()
"""


def test_results_come_in_the_order_of_the_items_from_other_processes() -> None:
    shared = object()
    found = list(crew.each(lambda item: (item, os.getpid(), id(shared)), range(20), 3))
    assert [item for item, _, _ in found] == list(range(20))
    assert os.getpid() not in {process for _, process, _ in found}
    assert {where for _, _, where in found} == {id(shared)}


def test_one_item_is_no_work_for_another_process() -> None:
    assert list(crew.each(lambda _: os.getpid(), [1], 4)) == [os.getpid()]


def test_an_error_in_another_process_is_an_error_here() -> None:
    def fail(item: int) -> int:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        list(crew.each(fail, [1, 2], 2))


def test_a_process_that_was_killed_is_told_in_one_line() -> None:
    with pytest.raises(OutsideError, match="ended from outside"):
        list(crew.each(lambda _: os.kill(os.getpid(), signal.SIGKILL), [1, 2], 2))


@pytest.mark.skipif(sys.platform != "linux", reason="only there is it told what a process has mapped")
@pytest.mark.parametrize("forked", [True, False])
def test_nothing_is_shared_that_a_kill_would_leave_behind(forked: bool) -> None:
    """Named semaphores stay in the memory of the system when all who could remove them are killed at once."""
    with crew.crew(2, forked=forked) as others:
        processes = [os.getpid(), *others.map(_process, range(4))]
        assert len(set(processes)) > 1
        maps = [Path(f"/proc/{process}/maps").read_text() for process in processes]
    assert not any("/dev/shm/" in each for each in maps)


def _process(_: int) -> int:
    return os.getpid()


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", SLEEPERS], stdout=subprocess.PIPE, text=True, env=environment)
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_nobody_goes_on_when_the_parent_was_killed_or_interrupted(how: int, parent: subprocess.Popen[str]) -> None:
    assert parent.stdout is not None
    children = [int(parent.stdout.readline()) for _ in range(2)]
    parent.send_signal(how)
    parent.wait(60)
    end = time.monotonic() + 60
    while any(_runs(child) for child in children) and time.monotonic() < end:
        time.sleep(0.05)
    assert [child for child in children if _runs(child)] == []


@pytest.mark.parametrize("before", [signal.default_int_handler, signal.SIG_IGN, lambda *_: None])
def test_an_interrupt_that_is_ignored_or_heard_by_others_stays_so(before: Any) -> None:
    former = signal.signal(signal.SIGINT, before)
    try:
        with crew.interruptible():
            assert (signal.getsignal(signal.SIGINT) is before) == (before is not signal.default_int_handler)
        assert signal.getsignal(signal.SIGINT) is before
    finally:
        signal.signal(signal.SIGINT, former)


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
