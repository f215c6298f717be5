"""Is a release whole and unchanged? Every byte of it is read, and the dataset is taken out of the store and hashed."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import Store

from loaders.errors import DamagedRelease, DataError, UnreadableRelease
from loaders.release import Release, canonical, count_faults, file_faults, manifest
from loaders.release.scratch import scratch


def verify(directory: Path) -> list[str]:
    """A line for every fault of the release in a directory; none, when it is whole.

    The store is only opened when its files are sound: a broken one may take the process with it. UnreadableRelease when
    nothing is wrong with it but that something outside of it keeps it from being read.
    """
    try:
        release = Release(directory, manifest.read(directory))
    except UnreadableRelease:
        raise
    except DamagedRelease as error:
        return [str(error)]
    return file_faults(release) or count_faults(release) or _hash_faults(release)


def _hash_faults(release: Release) -> list[str]:
    store = Store.read_only(str(release.store_path))
    # The statements, unsorted and sorted.
    with scratch(release.directory.parent, 2 * release.store_size) as room:
        try:
            found = canonical.hash_of(store, scratch=room, merged=True)
        except DataError as error:
            return [f"store: {error}"]
    return [] if found == release.hash else [f"store: its dataset has the hash {found} instead of {release.hash}"]
