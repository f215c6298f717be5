"""The store of a release: built from sorted lines, and read back before anybody trusts it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyoxigraph import RdfFormat, Store

from loaders import bulk
from loaders.errors import OutsideError
from loaders.release import canonical, disk
from loaders.release.census import Census
from loaders.release.share import Share


def build(plain: Path, merged: Sequence[Path], directory: Path, held: Store | None = None) -> None:
    """The store holds the lines of `plain` and, in its default graph, the merge of all graphs.

    The engine's own union of graphs finds a triple once for each graph that has it; in a merge it is there once.
    A store on the disk that is known to have `held` these lines lends its files, which nobody changes any more.
    """
    if held is not None:
        held.backup(str(directory))
    store = Store(str(directory))
    if held is None:
        bulk.load(store, [plain], RdfFormat.N_QUADS)
    bulk.load(store, merged, RdfFormat.N_TRIPLES)
    store.flush()
    store.optimize()
    store.flush()
    del store  # closes it
    # The engine's log tells of this machine and this hour; its lock file is for writers. Readers need neither.
    for name in ("LOG", "LOCK"):
        (directory / name).unlink(missing_ok=True)


def read_back(directory: Path, room: Path, census: Census, dataset: str, share: Share) -> None:
    """Nothing, when the store on disk holds what was put into it; a full or failing disk can lose some silently."""
    disk.sync_tree(directory)
    store, expected = Store.read_only(str(directory)), census.quads + census.triples
    if len(store) != expected:
        raise OutsideError(f"the store lost statements: {len(store)} of {expected} are there → is the disk sound?")
    if canonical.hash_of(store, scratch=room, merged=True, share=share) != dataset:
        raise OutsideError("the store on the disk does not hold what was written → is the disk sound?")
