"""The campaign of operations: each command is killed before every single one of its operations on files, and each of
them fails, since the disk fails, is full from then on, or may not be written any more. No moment is left to chance.

Every time the ground is as it was before, and all processors are at it, each on a ground of its own.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.faults.fork import End, Fork, Stroke, run
from bench.faults.ground import Ground, left_over
from bench.faults.kills import Campaign
from loaders.release import current

# Nothing, and what a failing disk, a full one and one for reading only say.
STROKES = (0, errno.EIO, errno.ENOSPC, errno.EROFS)
# After every so-many-th withdrawal that was broken off there is also a build from the sources that name the person.
_BUILD_ANEW = 8

Counts = Counter[tuple[str, str, str]]


def every(command: str, place: Path, seed: int, step: int) -> tuple[int, Counts, list[str]]:
    """How many operations a command has, how it ended by what befell it where, and what was wrong afterwards."""
    parts = os.cpu_count() or 1
    rooms = [place / f"{command}-{part}" for part in range(parts)]
    forks = [Fork(partial(_share, command, room, seed, (part, parts), step)) for part, room in enumerate(rooms)]
    most, counts, faults = 0, Counts(), list[str]()
    for fork in forks:
        end = fork.end(None)
        if end.how != "done":
            faults.append(str(end.result))
            continue
        most = max(most, end.result[0])
        counts += end.result[1]
        faults += end.result[2]
    return most, counts, faults


def _share(command: str, room: Path, seed: int, part: tuple[int, int], step: int) -> tuple[int, Counts, list[str]]:
    room.mkdir()
    campaign = Campaign(Ground(room, random.Random(seed)))
    campaign.settle()
    found = _Operations(campaign)
    return found.each(command, part, step), found.counts, campaign.ground.faults


@dataclass
class _Operations:
    """A campaign in which the same command begins from the same ground again and again."""

    campaign: Campaign
    counts: Counts = field(default_factory=Counter)

    def each(self, command: str, part: tuple[int, int], step: int) -> int:
        """Every stroke fell at its share of the command's operations; how many operations there are."""
        campaign, ground = self.campaign, self.campaign.ground
        campaign.prepare(command)
        before = ground.room.with_name(f"{ground.room.name}-before")
        shutil.copytree(ground.room, before, symlinks=True)
        operations = run(getattr(ground, command), Stroke(ground.room)).operations
        strokes = [(last, error) for last in range(1, len(operations) + 1, step) for error in STROKES]
        for last, error in strokes[part[0] :: part[1]]:
            self._restore(before)
            end = run(getattr(ground, command), Stroke(ground.room, last, error))
            what = errno.errorcode.get(error, "killed")
            self.counts[command, operations[last - 1], f"{what}: {end.how}"] += 1
            self._after(command, end, f"{what} at operation {last} of {len(operations)}, {operations[last - 1]}", last)
        self._restore(before)
        shutil.rmtree(before)
        return len(operations)

    def _restore(self, before: Path) -> None:
        """The ground is as it was."""
        shutil.rmtree(self.campaign.ground.room)
        shutil.copytree(before, self.campaign.ground.room, symlinks=True)

    def _after(self, command: str, end: End, where: str, last: int) -> None:
        """What is published is whole; the same command and the next build do their work and leave nothing behind."""
        campaign = self.campaign
        if end.how == "failed" or (end.how == "refused" and (end.result[0] != 3 or "\n" in end.result[1])):
            campaign.blame(command, where, str(end.result))
        campaign.check(where)
        if command == "withdraw":
            campaign.must(command)
            campaign.is_clean(where)
            if last % _BUILD_ANEW == 0:
                campaign.recover()
                campaign.is_clean(f"{where}, built anew")
        else:
            self._again(command, where)
            campaign.recover()
        if left := left_over(campaign.ground.settings):
            campaign.blame(command, where, f"left over: {left}")

    def _again(self, command: str, where: str) -> None:
        """The command does its work, or did it before."""
        ground = self.campaign.ground
        end = run(getattr(ground, command))
        if end.how != "done" and command != "rollback":
            self.campaign.blame(command, f"again after {where}", str(end.result))
        if command == "publish" and current(ground.releases) != end.result:
            self.campaign.blame(command, f"again after {where}", f"{current(ground.releases)} is published")
