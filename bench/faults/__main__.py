"""`make faults`, or `python -m bench.faults [--kills 300] [--seed N] [CAMPAIGN…]`: faults in the middle.

kills    build, publish, rollback and withdraw are killed at random moments, and at operations on files; so is `follow`,
         a build that changes the last release
files    each of their operations on files is the last one, or fails: no moment is left to chance; nobody asks meanwhile
crowd    several of them at once, one of which may be killed
room     on a disk that is full, may not be written, or belongs to somebody else
damage   bytes of a release are flipped, files are cut, lengthened, exchanged, gone, linked and more: verify finds each

The service is asked all the while. Exits with 1 if anything was wrong, and says what.
"""

from __future__ import annotations

import argparse
import itertools
import random
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.faults import damage as damages
from bench.faults import operations
from bench.faults.asking import served
from bench.faults.crowd import CROWDS, Crowd
from bench.faults.ground import Ground
from bench.faults.kills import COMMANDS, Campaign
from bench.faults.room import Cramped, disk_of_its_own

_BEGAN = time.monotonic()
# Where syncing costs nothing, there is time for four times as many kills.
_MEMORY = Path("/dev/shm")


def kills(campaign: Campaign, given: argparse.Namespace) -> None:
    """Commands were killed at random moments and at operations on files."""
    campaign.at_random(given.kills)
    _say("killed at random", campaign.counts, campaign)
    campaign.counts.clear()
    campaign.of_many(given.kills // 10)
    _say("killed at random, of many", campaign.counts, campaign)
    for (command, stage), times in sorted(campaign.stages.items()):
        print(f"    {times:4} {command}: {stage}")
    for command in COMMANDS if given.every else ():
        campaign.counts.clear()
        most = campaign.at_each(command, given.every)
        _say(f"killed at operations of {command}, of which there are {most}", campaign.counts, campaign)


def files(campaign: Campaign, given: argparse.Namespace) -> None:
    """Each operation on files was the last one, or failed."""
    with tempfile.TemporaryDirectory(dir=given.directory) as place:
        for command in COMMANDS:
            most, counts, faults = operations.every(command, Path(place), given.seed, given.step)
            campaign.ground.faults += faults
            for (_, event, how), times in sorted(counts.items()):
                print(f"    {times:4} {command}: {event}: {how}")
            _say(f"operations on files of {command}", {command: most}, campaign)


def crowd(campaign: Campaign, given: argparse.Namespace) -> None:
    """Commands met."""
    found = Crowd(campaign)
    for number, commands in zip(range(given.crowds), itertools.cycle(CROWDS), strict=False):
        found.meet(commands, kill=bool(number % 2))
    _say("at once", found.counts, campaign)


def room(campaign: Campaign, given: argparse.Namespace) -> None:
    """There was too little room for each command."""
    found = Cramped(campaign)
    for command in COMMANDS:
        found.fill(command, given.fills)
        found.closed(command)
    for what, times in sorted(found.stopped.items()):
        print(f"    {times:4} {what}")
    _say("full", {}, campaign)


def damage(campaign: Campaign, given: argparse.Namespace) -> None:
    """A copy of the published release was damaged in every way."""
    ground = campaign.ground
    directory = (ground.releases / "current").resolve()
    with tempfile.TemporaryDirectory(dir=given.directory) as scratch:
        Path(scratch).chmod(0o755)  # nobody is to come as far as the files
        counts, missed = damages.damage(directory, Path(scratch), given.everything, given.seed)
    ground.faults += [f"not found: {damage}" for damage in missed]
    _say(f"damaged, of {damages.size(directory)} bytes", counts, campaign)


CAMPAIGNS = {each.__name__: each for each in (kills, files, crowd, room, damage)}


def run(campaign: Campaign, names: list[str], given: argparse.Namespace) -> None:
    """The campaigns are over; unless it is about the directory alone, the service was asked all the while."""
    campaign.begin()
    if given.alone:
        _each(campaign, names, given)
        return
    ground = campaign.ground
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as log, served(ground.releases, Path(log, "service.log"), port) as service:
        campaign.service = service
        _each(campaign, names, given)
    print(f"the service: {service.told['counts']}")
    ground.faults += [f"the service: {fault}" for fault in service.told["faults"]]


def _each(campaign: Campaign, names: list[str], given: argparse.Namespace) -> None:
    for name in names:
        CAMPAIGNS[name](campaign, given)


def _say(what: str, counts: Mapping[Any, int], campaign: Campaign) -> None:
    names = ((" ".join(name) if isinstance(name, tuple) else name, count) for name, count in sorted(counts.items()))
    told = ", ".join(f"{name} {count}" for name, count in names)
    print(f"{what}: {told}; {time.monotonic() - _BEGAN:.0f} s; faults: {len(campaign.ground.faults)}", flush=True)


def main() -> None:
    """The campaigns, as the command line wants them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("campaigns", nargs="*", choices=[[], *CAMPAIGNS], help="default: all of them")
    parser.add_argument("--alone", action="store_true", help="without the service, which is asked all the while")
    parser.add_argument("--kills", type=int, default=300, help="how many processes are killed at random moments")
    parser.add_argument("--every", type=int, default=20, help="at each so-many-th operation on files; 0: at none")
    parser.add_argument("--step", type=int, default=1, help="in `files`, each so-many-th operation")
    parser.add_argument("--crowds", type=int, default=70, help="how often commands meet")
    parser.add_argument("--fills", type=int, default=40, help="how often the disk is full for each command")
    parser.add_argument("--everything", action="store_true", help="every byte of large files is flipped too")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    memory = _MEMORY if _MEMORY.is_dir() else None
    parser.add_argument("--directory", type=Path, default=memory, help="where it happens")
    given = parser.parse_args()
    print(f"seed {given.seed}")
    # The disk is taken away again when somebody ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    names = given.campaigns or list(CAMPAIGNS)
    with tempfile.TemporaryDirectory(dir=given.directory) as place, disk_of_its_own(Path(place)) as own:
        Path(place).chmod(0o755)
        if "room" in names and not own:
            names.remove("room")
            print("room: left out, since nobody may mount a disk here")
        ground = Ground(Path(place), random.Random(given.seed))
        run(Campaign(ground), names, given)
        print(f"faults: {len(ground.faults)}", *ground.faults[:50], sep="\n  ")
    sys.exit(bool(ground.faults))


if __name__ == "__main__":
    main()
