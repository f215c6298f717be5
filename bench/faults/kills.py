"""The campaign of kills: at random moments, and at every operation on files, of each command that writes."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from bench.faults.asking import Service
from bench.faults.fork import End, Fork, Stroke, run
from bench.faults.ground import Ground, Person, betrayals, left_over
from loaders.release import current, versions
from loaders.withdrawal.work import unfinished

# A release that follows another one is built in a way of its own.
COMMANDS = ("build", "follow", "publish", "rollback", "withdraw")
# Releases beside the published one that are kept; older ones are deleted, as an operator does.
_KEPT = 3
# Seconds in which a service on a machine that is busy beyond measure follows; less than it waits after a refusal.
_FOLLOWS = 50.0


@dataclass
class Campaign:
    """Kills on a ground; `counts` says what was killed how, and what ended by itself, `stages` what it was at."""

    ground: Ground
    service: Service | None = None
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    stages: Counter[tuple[str, str]] = field(default_factory=Counter)
    lasts: dict[str, float] = field(default_factory=dict)

    def settle(self) -> None:
        """Two releases with the person are there, the second published after the first."""
        for _ in range(2):
            self.prepare("build")
            self.must("build")
            self.must("publish")

    def begin(self) -> None:
        """The ground is settled, and all commands were timed."""
        self.settle()
        for command in COMMANDS:
            self.prepare(command)
            began = time.monotonic()
            self.must(command)
            self.lasts[command] = time.monotonic() - began
        self.check("begin")

    def at_random(self, times: int) -> None:
        """So many processes were killed, each at a random moment of a command, and all was well afterwards."""
        killed, before = 0, self._killed
        while killed < times:
            command = self.ground.chance.choice(COMMANDS)
            self.prepare(command)
            self._one(command, getattr(self.ground, command), self.lasts[command])
            killed = self._killed - before
            print(f"\r{killed} killed", end="", file=sys.stderr, flush=True)

    def of_many(self, times: int) -> None:
        """So many times, one of the processes that share in a build was killed, or all, or the one that they serve."""
        self.prepare("build")
        began = time.monotonic()
        run(self.ground.build_by_many)
        lasts = time.monotonic() - began
        for _ in range(times):
            self.prepare("build")
            self._one("build", self.ground.build_by_many, lasts)

    def _one(self, command: str, work: Callable[[], object], lasts: float) -> None:
        fork, who = Fork(work), self.ground.chance.choice(("group", "alone", "child"))
        struck = not fork.ended(self.ground.chance.uniform(0, lasts))
        if struck:
            fork.kill(who)
        end = fork.end()
        for process in fork.survivors():
            self.blame(command, f"{who}, at random", f"goes on without it: {process}")
        # Whose process was killed from outside says so, if it does not get by without it.
        excused = struck and who == "child" and end.how == "refused" and end.result[0] == 3
        self.after(command, End("told") if excused else end, f"{who}, at random")

    @property
    def _killed(self) -> int:
        return sum(count for (_, how), count in self.counts.items() if how == "killed")

    def at_each(self, command: str, every: int = 1) -> int:
        """The command was killed at each of its operations on files, one after the other; how many there are."""
        self.prepare(command)
        most = len(run(getattr(self.ground, command), Stroke(self.ground.room)).operations)
        self.recover()
        for last in range(1 + self.ground.chance.randrange(every), most + 1, every):
            self.prepare(command)
            end = run(getattr(self.ground, command), Stroke(self.ground.room, last))
            self.after(command, end, f"operation {last}")
        return most

    def prepare(self, command: str) -> None:
        """There is something to do for the command."""
        ground = self.ground
        if command in ("build", "follow", "publish"):
            ground.number += 1
        if command == "publish":
            self.must("build")
        if command == "rollback":
            self.must("build")
            self.must("publish")
            ground.number += 1
            self.must("build")
            self.must("publish")
        if command == "withdraw":
            ground.introduce(Person(ground.person.number + 1))
            for _ in range(2):
                ground.number += 1
                self.must("build")
            self.must("publish")

    def after(self, command: str, end: End, where: str) -> None:
        """What a kill left is sound, and every second time the next command clears up and does its work."""
        self.counts[command, end.how] += 1
        if end.how == "killed":
            self.stages[command, re.sub(r"\S*\d\S*", "#", end.stage)] += 1
        if end.how not in ("done", "refused", "killed", "told"):
            self.blame(command, where, str(end.result))
        if end.how == "refused":
            self.blame(command, where, f"refused: {end.result}")
        self.check(f"{command} killed, {where}")
        if command == "withdraw":
            self.finish(where)
        elif self.ground.chance.random() < 0.5:
            self.recover()
        self.tidy()

    def recover(self) -> None:
        """The next build did its work and left nothing of anybody."""
        self.ground.number += 1
        version = self.must("build")
        if version not in versions(self.ground.releases):
            self.blame("build", "after a kill", f"{version} is not there")
        broken = [f".withdrawing-{key}.json" for key in unfinished(self.ground.releases)]
        if left := [name for name in left_over(self.ground.settings) if name not in broken]:
            self.blame("build", "after a kill", f"left over: {left}")
        self.check("the next build")

    def check(self, where: str) -> None:
        """What is published is whole and served, and nothing half-written is to be seen."""
        end = run(self.ground.examine)
        if end.how == "done":
            found, self.ground.sound = end.result
        else:
            found = [str(end.result)]
        for fault in found:
            self.blame("examine", where, fault)
        if self.service is not None:
            self._is_served(self.service, where)

    def _is_served(self, service: Service, where: str) -> None:
        wanted, end = current(self.ground.releases), time.monotonic() + _FOLLOWS
        while service.serves() != wanted and time.monotonic() < end:
            time.sleep(0.05)
        if (served := service.serves()) != wanted:
            self.blame("service", where, f"{wanted} is published, {served} is served")

    def finish(self, where: str) -> None:
        """Run again, the withdrawal is done: nothing below the room names the person but the sources."""
        self.must("withdraw")
        self.is_clean(where)
        if left := left_over(self.ground.settings):
            self.blame("withdraw", where, f"left over: {left}")
        # Until the spreadsheet is corrected, the next build reads the name, and leaves it nowhere.
        self.recover()
        self.is_clean(f"{where}, built anew")
        self.ground.strike()
        self.check(f"withdraw, run again, {where}")

    def is_clean(self, where: str) -> None:
        end = run(partial(betrayals, self.ground.releases, self.ground.person))
        for betrayal in end.result if end.how == "done" else [str(end.result)]:
            self.blame("withdraw", where, betrayal)

    def must(self, command: str) -> object:
        """The result of a command that nobody kills."""
        end = run(getattr(self.ground, command))
        if end.how != "done":
            self.blame(command, "not killed", str(end.result))
        return end.result

    def blame(self, command: str, where: str, fault: str) -> None:
        self.ground.faults.append(f"{command}, {where}: {fault}")

    def tidy(self) -> None:
        """Old releases are deleted, as an operator does."""
        there = sorted(versions(self.ground.releases), key=lambda name: (self.ground.releases / name).stat().st_ctime)
        for version in there[:-_KEPT]:
            if version != current(self.ground.releases):
                shutil.rmtree(self.ground.releases / version)
