"""The orders of all long lists: each is that of the last release, taken over or changed, or made anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import Store

from loaders.release import order
from loaders.release.lists import LongList, long_lists
from loaders.release.order import EDITION, opened
from loaders.release.reordered import Anew, reorder
from loaders.release.share import Counted, Tell, shared, silent

ORDERING = "putting the long lists in order"
# Bytes of a statement, roughly, and what it takes to look at a thing, in bytes that would be sorted in that time.
_STATEMENT, _THING = 200, 50_000


class Former(NamedTuple):
    """The order that a list had, and what has other rows since, without the base."""

    path: Path
    things: frozenset[str]


class _Task(NamedTuple):
    name: str
    store: Path
    base: str
    path: Path
    former: Former | None = None


def write_orders(
    store: Path, base: str, folder: Path, former: Callable[[str], Former | None], size: int, tell: Tell = silent
) -> None:
    """The order of every long list stands in the folder, as the store, which is whole, has its rows.

    `former` gives the order that a list had before, if there is one that can be followed, and `size` says how many
    statements there are. OutsideError when it cannot be written.
    """
    folder.mkdir()
    tasks = []
    for name, asked in sorted(long_lists().items()):
        known, path = former(name), folder / f"{name}.sqlite"
        if known is None or not _made(known.path, asked):
            tasks.append(_Task(name, store, base, path))
        elif known.things:
            tasks.append(_Task(name, store, base, path, known))
        else:
            shutil.copyfile(known.path, path)
    effort = sum(len(task.former.things) * _THING if task.former else size * _STATEMENT for task in tasks)
    with shared(effort) as share:
        for _ in Counted(share, tell, ORDERING)(_write, tasks):
            pass


def errands(store: Path, base: str, folder: Path) -> list[Callable[[], None]]:
    """Work that makes the order of every long list in a folder, as the store has its rows, each piece by itself.

    A piece raises OutsideError when it cannot be written.
    """
    names = sorted(long_lists())
    return [partial(_write, _Task(name, store, base, folder / f"{name}.sqlite")) for name in names]


def _made(path: Path, asked: LongList) -> bool:
    """Whether an order was made by the words of a list, and has the tables that are made now."""
    with closing(opened(path)) as file:
        if file.execute("PRAGMA user_version").fetchone() != (EDITION,):
            return False
        (told,) = file.execute("SELECT sum FROM told").fetchone()
        return bool(told == asked.sum)


def _write(task: _Task) -> None:
    asked, store = long_lists()[task.name], Store.read_only(str(task.store))
    if task.former is not None:
        try:
            reorder(task.former.path, task.former.things, asked, store, task.base, task.path)
            return
        except Anew:
            pass
    order.write(asked, store, task.base, task.path)
