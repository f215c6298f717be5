"""The campaign of full disks: each command with too little room for it, at first none and then more and more.

The releases lie on a small disk in memory of their own, beside a file that takes all room but a little.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.faults.fork import End, as_nobody, run
from bench.faults.ground import left_over
from bench.faults.kills import Campaign
from loaders.release import journal

_SIZE = 256 * 2**20
_PAGE = 4096


@contextlib.contextmanager
def disk_of_its_own(directory: Path) -> Iterator[bool]:
    """A small disk is mounted there; or not, where nobody may mount one."""
    options = f"size={_SIZE},mode=755"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(directory)], capture_output=True)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "--lazy", str(directory)], check=True)


@dataclass
class Cramped:
    """A campaign on a small disk; `stopped` counts what there was no room for."""

    campaign: Campaign
    stopped: Counter[str] = field(default_factory=Counter)

    @property
    def _filler(self) -> Path:
        return self.campaign.ground.room / "filler"

    def fill(self, command: str, times: int) -> None:
        """The command was run so many times with room for a part of it, and all was well during and afterwards.

        Once means with no room at all.
        """
        chance, enough = self.campaign.ground.chance, self._enough(command) if times > 1 else 0
        for number in range(times):
            self._try(command, int(enough * (number + chance.random()) / times))

    def _enough(self, command: str) -> int:
        """Bytes with which the command gets through, and with an eighth of them does not."""
        free = _PAGE
        while self._try(command, free).how != "done":
            free *= 8
        return free

    def _try(self, command: str, free: int) -> End:
        campaign = self.campaign
        campaign.prepare(command)
        self._fill_page()
        with self._left(free):
            end = run(getattr(campaign.ground, command))
            self._judge(command, f"{free} bytes free", end)
        self._afterwards(command, f"{free} bytes free")
        return end

    def _afterwards(self, command: str, where: str) -> None:
        if command == "withdraw":
            self.campaign.finish(where)
        self.campaign.recover()
        self.campaign.tidy()

    def closed(self, command: str) -> None:
        """The command was run where nothing may be written: on a disk for reading only, and by somebody else."""
        campaign = self.campaign
        for where, kept_out in (("read-only", self._read_only), ("not allowed", contextlib.nullcontext)):
            campaign.prepare(command)
            work: Callable[[], object] = getattr(campaign.ground, command)
            with kept_out():
                end = run(work if where == "read-only" else partial(as_nobody, work))
                self._judge(command, where, end)
            if end.how == "done":
                campaign.blame(command, where, "it did its work")
            self._afterwards(command, where)

    def _judge(self, command: str, where: str, end: End) -> None:
        """It did its work, or said in one line why it could not; what is published is whole and served."""
        campaign = self.campaign
        if end.how == "refused":
            code, message = end.result
            self.stopped[f"{command}: {_sort(message)}"] += 1
            if code != 3 or "\n" in message:
                campaign.blame(command, where, f"exit code {code}: {message}")
        elif end.how == "done":
            self.stopped[f"{command}: done"] += 1
        else:
            campaign.blame(command, where, f"{end.how}: {end.result}")
        broken = [name for name in left_over(campaign.ground.settings) if not name.startswith(".withdrawing-")]
        if broken and where != "read-only":
            campaign.blame(command, where, f"left over: {broken}")
        campaign.check(f"{command}, {where}")

    def _fill_page(self) -> None:
        """The next line of the journal needs room, as on a disk every fortieth does; a line cut off is no harm."""
        path = self.campaign.ground.releases / journal.NAME
        with path.open("ab") as stream:
            stream.write(b" " * (-path.stat().st_size % _PAGE))

    @contextlib.contextmanager
    def _left(self, free: int) -> Iterator[None]:
        state = os.statvfs(self.campaign.ground.room)
        with self._filler.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, max(state.f_bavail * state.f_frsize - free, 1))
        yield
        self._filler.unlink()

    @contextlib.contextmanager
    def _read_only(self) -> Iterator[None]:
        room = str(self.campaign.ground.room)
        subprocess.run(["mount", "-o", "remount,ro", room], check=True)
        yield
        subprocess.run(["mount", "-o", "remount,rw", room], check=True)


def _sort(message: str) -> str:
    """The message without what differs from time to time: versions, processes and numbers."""
    found = re.search(r"[^/']*/[^/']*'?$", message) if "/" in message else None
    return re.sub(r"[0-9a-f]*\d[0-9a-f]*", "#", f"{message[:90]} … {found[0] if found else ''}")
