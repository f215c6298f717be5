import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loaders.errors import DataError, OutsideError
from loaders.release.share import shared
from loaders.resources import ROOT

LARGE = 2**40
# A parent that is killed while its crew is at work; it tells who they are.
PARENT = """
import os, sys, time
from loaders.release.share import shared
from tests.test_share import stay
if __name__ == "__main__":
    with shared(2**40) as share:
        for _ in share(stay, [sys.argv[1]] * 8):
            pass
"""


def square(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def refuse(number: int) -> int:
    raise DataError("refused", file="a.csv", line=number, hint="mend it")


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def stay(directory: str) -> None:
    Path(directory, str(os.getpid())).touch()
    time.sleep(60)


def alive(process: int) -> bool:
    try:
        # One that has ended but was not yet asked for is dead as well.
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(true: object, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:  # type: ignore[operator]
        time.sleep(0.05)
    return bool(found)


def test_small_work_is_done_in_this_process() -> None:
    with shared(1000) as share:
        assert list(share(square, [1, 2])) == [(1, os.getpid()), (4, os.getpid())]


def test_large_work_is_done_by_others_and_comes_back_in_order() -> None:
    with shared(LARGE) as share:
        found = list(share(square, range(20)))
    assert [number for number, _ in found] == [number * number for number in range(20)]
    assert os.getpid() not in {process for _, process in found}


def test_what_one_of_them_refuses_is_refused_with_its_place() -> None:
    with pytest.raises(DataError, match="refused → mend it"), shared(LARGE) as share:
        list(share(refuse, [3]))


def test_one_that_is_killed_ends_the_work_with_a_line() -> None:
    with pytest.raises(OutsideError, match="ended from outside"), shared(LARGE) as share:
        list(share(die, [1]))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not end children with their parent")
def test_the_crew_ends_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    room = tmp_path / "room"
    room.mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script), str(room)], env=environment) as parent:
        try:
            assert until(lambda: any(room.iterdir())), "nobody came to work"
        finally:
            parent.kill()
    assert until(lambda: not any(alive(int(path.name)) for path in room.iterdir()))
