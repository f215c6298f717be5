"""The campaign of crowds: commands at the same time, of which one may be killed while the others wait for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from bench.faults.fork import Fork
from bench.faults.kills import Campaign
from loaders.release import journal, pointer, versions

CROWDS = (
    ("build", "build"), ("build", "withdraw"), ("build", "publish"), ("withdraw", "rollback"), ("withdraw", "publish"),
    ("publish", "publish", "publish"), ("build", "build", "publish", "rollback", "withdraw"),
)  # fmt: skip


@dataclass
class Crowd:
    """Commands at once on the ground of a campaign; `counts` says how they ended."""

    campaign: Campaign
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def meet(self, commands: tuple[str, ...], kill: bool) -> None:
        """All were begun at once; each did its work, but for the one that was killed, and none was lost."""
        campaign, ground = self.campaign, self.campaign.ground
        for command in {"withdraw", "rollback"} & set(commands):
            campaign.prepare(command)
        where = " and ".join(commands) + (", one killed" if kill else "")
        works = [self._work(command) for command in commands]
        forks = [Fork(work) for work in works]
        victim = ground.chance.randrange(len(forks)) if kill else None
        if victim is not None:
            forks[victim].ended(ground.chance.uniform(0, campaign.lasts[commands[victim]]))
            forks[victim].kill()
        ends = [fork.end() for fork in forks]
        for process in (process for fork in forks for process in fork.survivors()):
            campaign.blame("crowd", where, f"goes on without them: {process}")
        for place, (command, end) in enumerate(zip(commands, ends, strict=True)):
            self.counts[command, end.how] += 1
            if end.how != "done" and place != victim:
                campaign.blame(command, where, f"{end.how}: {end.result}")
            if end.how == "done":
                self._is_there(command, str(end.result), where)
        campaign.check(where)
        if "withdraw" in commands:
            campaign.finish(where)
        campaign.recover()
        campaign.tidy()

    def _work(self, command: str) -> Callable[[], object]:
        """What a fork does: each build one of its own, each publish of another release."""
        ground = self.campaign.ground
        if command == "build":
            ground.number += 1
            return partial(ground.build, ground.number)
        if command == "publish":
            ground.number += 1
            version = str(self.campaign.must("build"))
            return lambda: pointer.publish(ground.releases, version, now=ground.now())
        work: Callable[[], object] = getattr(ground, command)
        return work

    def _is_there(self, command: str, result: str, where: str) -> None:
        """What a command said that it did is in the journal, and the release is there."""
        if command != "withdraw":
            entries = journal.entries(self.campaign.ground.releases)
            if not any((entry.action, entry.version) == (command, result) for entry in entries):
                self.campaign.blame(command, where, f"{result} is not in the journal")
            if result not in versions(self.campaign.ground.releases):
                self.campaign.blame(command, where, f"{result} is not there")
