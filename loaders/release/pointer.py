"""The pointer: `releases/current`, a symbolic link that says which release is published.

It is replaced in one step, so that a service sees the release before or the release after, and never none.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from loaders.errors import UsageError
from loaders.release import CURRENT, current, disk, find, journal, kept, open_release, versions
from loaders.release.journal import Entry


def publish(releases: Path, version: str | None = None, *, now: datetime.datetime, synthetic: bool = False) -> str:
    """The version is published, without one the release built last; DamagedRelease if it is not whole.

    UsageError if its data are made up and nobody said that this is meant, and if it was rolled back and is not named.
    """
    directory = find(releases, _next(releases) if version is None else version)
    if open_release(directory).synthetic and not synthetic:
        way = f"thidua publish --synthetic {directory.name}, where nobody takes them for true"
        raise UsageError(f"the data of {directory.name} are made up, to try software on → {way}")
    with journal.locked(releases):
        _settle(releases, now)
        if current(releases) != directory.name:
            _move(releases, Entry("publish", directory.name, stamp(now)))
        elif (releases / CURRENT).readlink() != Path(directory.name):
            # It has the name of this release, and leads elsewhere, or will when the directory is moved.
            disk.point(releases / CURRENT, directory.name)
    return directory.name


def rollback(releases: Path, *, now: datetime.datetime) -> str:
    """The release that was published before the current one is published again; UsageError if there was none.

    Again and again, it walks further back. Releases that were deleted meanwhile are passed over.
    """
    if not releases.is_dir():
        raise UsageError(f"nothing is published in {releases}")
    with journal.locked(releases):
        _settle(releases, now)
        now_published, there = current(releases), set(versions(releases))
        before = [version for version in history(releases)[:-1] if version in there]
        while before and before[-1] == now_published:
            before.pop()
        if not before:
            raise UsageError(f"nothing was published in {releases} before {now_published}")
        open_release(releases / before[-1])
        _move(releases, Entry("rollback", before[-1], stamp(now)))
    return before[-1]


def history(releases: Path) -> list[str]:
    """The versions published and not taken back, the current one last."""
    return journal.published(journal.entries(releases), current(releases))


def moves(releases: Path) -> list[Entry]:
    """How the pointer came to where it is: every move that came true, with its moment, the oldest first.

    A pointer that somebody moved by hand has no line; it was moved when the link was made.
    """
    found, published = journal.entries(releases), current(releases)
    lost = journal.unfinished(found, published)
    made = journal.moves([entry for entry in found if entry is not lost])
    if published is not None and (not made or made[-1].version != published):
        seconds = (releases / CURRENT).lstat().st_mtime
        made.append(Entry("publish", published, stamp(datetime.datetime.fromtimestamp(seconds, datetime.UTC))))
    return made


def was_published(releases: Path, version: str) -> bool:
    """Whether the version is published, or was; what was to be and never came true does not count."""
    return any(move.version == version for move in moves(releases))


def newest(releases: Path) -> str:
    """The release built last: by the journal, since clocks are set back; UsageError when there is none."""
    there = set(versions(releases))
    for entry in reversed(journal.entries(releases)):
        if entry.action == "build" and entry.version in there:
            return entry.version
    if not there:
        raise UsageError(f"there is no release in {releases} → thidua build")
    return kept(releases)[-1].version


def _next(releases: Path) -> str:
    """The release built last, which nobody has rolled back; UsageError otherwise."""
    version = newest(releases)
    # `thidua publish $(thidua build)` names none when the build was refused: that must not undo a rollback.
    if version != current(releases) and version in journal.taken_back(moves(releases)):
        raise UsageError(f"{version}, which was built last, was rolled back → thidua publish {version}, if it is meant")
    return version


def stamp(now: datetime.datetime) -> str:
    """A moment as `2026-11-21T08:00:00Z`."""
    return now.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _settle(releases: Path, now: datetime.datetime) -> None:
    """The journal tells how the pointer came to where it is.

    What a killed publish or rollback left behind is gone and its line void; a pointer that somebody moved by hand
    gets the line that is missing.
    """
    link = releases / CURRENT
    if link.exists() and not link.is_symlink():
        raise UsageError(f"{link} is no symbolic link, but a copy that followed it → remove it, and publish again")
    disk.clear_links(link)
    published = current(releases)
    if (lost := journal.unfinished(journal.entries(releases), published)) is not None:
        journal.append(releases, Entry("void", lost.version, stamp(now)))
    if published is not None and journal.steps(journal.entries(releases))[-1:] != [published]:
        journal.append(releases, Entry("publish", published, stamp(now)))


def _move(releases: Path, entry: Entry) -> None:
    journal.append(releases, entry)
    disk.point(releases / CURRENT, entry.version)
