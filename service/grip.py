"""The grip on a store on disk: its files under names of their own, whatever takes their place under the old ones.

A withdrawal exchanges the directory of a release in one step, and what was there before is deleted. The engine opens
files by name, some only when it is asked for what is in them; so it is given names that lead to what is open here.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from loaders.release.scratch import scratch
from service.files import widen

# Where a process finds what another one has open; other systems have none, and names have to do.
_OPEN = Path("/proc/self/fd")


@contextlib.contextmanager
def grip(store: Path) -> Iterator[Path]:
    """Where the store is to be opened, by this process and those that it forks, as long as this one lives."""
    if not _OPEN.is_dir():
        yield store
        return
    widen()  # a large store has hundreds
    with scratch(Path(tempfile.gettempdir())) as room, contextlib.ExitStack() as held:
        for path in sorted(store.iterdir()):
            file = os.open(path, os.O_RDONLY)
            held.callback(os.close, file)
            (room / path.name).symlink_to(f"/proc/{os.getpid()}/fd/{file}")
        yield room
