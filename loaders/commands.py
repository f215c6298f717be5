"""What each command of the building half does: the result on stdout, everything else on stderr, an exit code."""

from __future__ import annotations

import atexit
import datetime
import functools
import gc
import shutil
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from loaders import release
from loaders.crew import interruptible
from loaders.errors import Blocked, DamagedRelease, OutsideError, UnreadableRelease, UsageError
from loaders.progress import Progress
from loaders.records import ledger
from loaders.records.template import write_template
from loaders.release import difference, manifest, pointer
from loaders.release import export as exports
from loaders.release.scratch import scratch
from loaders.release.verification import verify as faults
from loaders.settings import Settings, variable
from loaders.source import read_source
from loaders.withdrawal.requests import Asked

Command = Callable[[Namespace, Settings], int]


def outside(command: Command) -> Command:
    """The command, whose troubles with disk and permissions are foreseen ones, and which can be interrupted."""

    @functools.wraps(command)
    def careful(args: Namespace, settings: Settings) -> int:
        try:
            with interruptible():
                return command(args, settings)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutsideError(str(error)) from error

    return careful


@outside
def build(args: Namespace, settings: Settings) -> int:
    """A new release; its version is printed."""
    from loaders import build as building  # the gate's validators take a second to import, which others need not wait

    # Nearly all that a build makes it keeps: to look for circles after every 700 things takes a tenth of a small one.
    # Nor is there anything to look for at the end, when all of it goes.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    try:
        with Progress() as progress:
            made = building.build(settings, now=_now(), force=args.force, progress=progress)
    except Blocked as blocked:
        print(blocked.report.text(), file=sys.stderr)
        raise
    print(made.version)
    return 0


@outside
def check(args: Namespace, settings: Settings) -> int:
    """What the gate finds in the data, or in RDF files, is printed."""
    from loaders import checking  # as above

    with Progress() as progress:
        report = checking.check(settings, args.files, progress=progress)
    print({"text": report.text, "json": report.json, "turtle": report.turtle}[args.format]())
    return 1 if report.blocks else 0


@outside
def publish(args: Namespace, settings: Settings) -> int:
    """The pointer leads to a release; its version is printed. With `once`, not if it ever did: then that is told."""
    version = pointer.newest(settings.releases) if args.once and args.version is None else args.version
    if args.once and pointer.was_published(settings.releases, version):
        print(f"{version} was published before; what is published stays", file=sys.stderr)
        return 0
    print(pointer.publish(settings.releases, version, now=_now(), synthetic=args.synthetic))
    _tell_of_others(settings.releases)
    return 0


@outside
def rollback(args: Namespace, settings: Settings) -> int:
    """The pointer leads to the release before; its version is printed."""
    print(pointer.rollback(settings.releases, now=_now()))
    _tell_of_others(settings.releases)
    return 0


@outside
def releases(args: Namespace, settings: Settings) -> int:
    """A line for every release is printed, the published one marked with a star."""
    if not settings.releases.is_dir():
        way = f"thidua build makes one, or {variable('releases')}=… names another"
        raise UsageError(f"{settings.releases} is no directory → {way}")
    published = release.current(settings.releases)
    for version in release.versions(settings.releases):
        mark = "*" if version == published else " "
        print(f"{mark} {version}  {_summary(settings.releases / version)}")
    return 0


@outside
def diff(args: Namespace, settings: Settings) -> int:
    """What was added and removed between two releases is printed."""
    directories = [release.find(settings.releases, version) for version in (args.old, args.new)]
    old, new = (release.Release(directory, manifest.read(directory)) for directory in directories)
    sys.stdout.buffer.writelines(difference.FORMS[args.format](difference.Difference(old, new)))
    sys.stdout.buffer.flush()
    return 0


@outside
def verify(args: Namespace, settings: Settings) -> int:
    """Nothing is wrong with a release, or every fault is printed."""
    directory = release.find(settings.releases, args.version)
    try:
        found = faults(directory)
    except UnreadableRelease as error:
        for line in error.lines:
            print(line)
        raise
    for fault in found:
        print(fault)
    if found:
        raise DamagedRelease(f"{len(found)} faults", file=str(directory), hint="restore it from a copy or build anew")
    whole = manifest.read(directory)
    print(f"{whole.version}: whole and unchanged, {whole.quads} statements, {whole.dataset}")
    return 0


@outside
def export(args: Namespace, settings: Settings) -> int:
    """A release stands in a file, whose path is printed; with `-o -` it is printed itself."""
    found = release.open_release(release.find(settings.releases, args.version))
    if str(args.output) == "-":
        with scratch(settings.releases) as room:
            exports.export(found, args.format, room / "out")
            with (room / "out").open("rb") as stream:
                shutil.copyfileobj(stream, sys.stdout.buffer)
        return 0
    target = args.output or Path(f"thidua-{found.version}.{args.format}")
    exports.export(found, args.format, target)
    print(target)
    return 0


@outside
def template(args: Namespace, settings: Settings) -> int:
    """The workbook that staff fill in stands in a file, whose path is printed."""
    records = settings.data / "records"
    known = read_source(records) if (records / "source.toml").exists() else None
    write_template(args.output, known, _now().date(), args.with_data)
    print(args.output)
    return 0


@outside
def mint(args: Namespace, settings: Settings) -> int:
    """A new key stands in the ledger; it is printed."""
    print(ledger.mint(settings.data / "keys.csv", args.kind, args.key, args.note, _now().date()))
    return 0


@outside
def withdraw(args: Namespace, settings: Settings) -> int:
    """A person is taken out of everything that is kept; what went and what is left to do is printed."""
    from loaders.withdrawal import telling, work  # as above

    asked = Asked(args.iri, args.reason, args.requested_by)
    with Progress() as progress:
        outcome = work.withdraw(settings, asked, now=_now(), progress=progress, dry=args.dry_run)
    print("\n".join(telling.told(outcome, dry=args.dry_run)))
    if outcome.unclean:
        named = "; ".join(f"{version} ({why})" for version, why in outcome.unclean.items())
        hint = "restore them and run this again, or delete them: rm -r"
        raise DamagedRelease(f"not clean, since they cannot be read: {named}", hint=hint)
    return 0


def _tell_of_others(releases: Path) -> None:
    """Whoever moved the pointer knows which releases nobody can read: what is published may be one of these next."""
    for error in release.illegible(releases).values():
        print(f"thidua: beside what is published: {error}", file=sys.stderr)


def _summary(directory: Path) -> str:
    try:
        found = manifest.read(directory)
    except UnreadableRelease as error:
        return f"{error.message} → ls -l {directory}"
    except DamagedRelease:
        return "damaged → thidua verify " + directory.name
    return f"{found.created}  {found.quads:>10} statements"


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
