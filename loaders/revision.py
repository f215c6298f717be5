"""Which release a build only has to change: the last one, when little of what it was made from is another now."""

from __future__ import annotations

from loaders.candidate import Candidate
from loaders.errors import DamagedRelease
from loaders.namespaces import BASE
from loaders.parts import note
from loaders.release import Release, file_faults, manifest, mark
from loaders.release.revised import Former, worth
from loaders.release.written import Written
from loaders.settings import Settings

_NAME, _KIND = "release", "written"


def keep(candidate: Candidate, written: Written) -> None:
    """How a release was written that is made of the candidate is noted where something is kept."""
    if candidate.kept is not None:
        path = candidate.kept.room / f"{_NAME}.{_KIND}"
        note(path, written, _NAME)
        candidate.kept.keep_note(path, _NAME)


def former(candidate: Candidate, settings: Settings) -> Former | None:
    """The last release with what came and went since.

    None when there is none that is whole and of which it is known how it was written, when most of it is another now,
    or when its IRIs are not those of a candidate.
    """
    found = candidate.difference
    written = candidate.kept.recall(_NAME, _KIND) if candidate.kept else None
    if found is None or written is None or settings.base_iri != BASE or written.version != found.version:
        return None
    directory = settings.releases / found.version
    try:
        release = Release(directory, manifest.read(directory), mark(directory))
    except DamagedRelease:
        return None
    # Statements are not counted: these are the files in which they were, and those of the changed store are.
    if file_faults(release):
        return None
    made = Former(release, written, found.came, found.went)
    return made if worth(made) and not release.manifest.redactions else None
