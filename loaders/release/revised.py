"""The content of a release that is another one but for some lines: what both have in common is taken over.

A block into which a line came or from which one went is made anew; all others lie packed in the dumps of the release
before. The store is that of the release before, changed. So what this costs grows with the change; only hashing and
counting all lines, and the index where the change concerns it, grow with the data.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, islice
from pathlib import Path
from typing import IO, cast

from pyoxigraph import NamedNode, RdfFormat, Store, parse, serialize

from loaders.errors import OutsideError
from loaders.gate.reach import Change, Reach, TooFar, walk
from loaders.namespaces import BASE
from loaders.release import INDEX, Release, blocks, canonical, dumps, frames, index, manifest, orders, sorting, store
from loaders.release.blocks import Block, Key
from loaders.release.census import Census
from loaders.release.dumps import Member, Sizes
from loaders.release.heard import Asked, concerned
from loaders.release.lines import SORTING
from loaders.release.lists import long_lists
from loaders.release.manifest import Entry
from loaders.release.reindexed import Anew, reindex
from loaders.release.share import Share, Tell, shared, silent
from loaders.release.walks import Unread, walks
from loaders.release.written import Laid, Layout, Written, counted, layout

# Where more of the blocks than one in so many are made anew, everything is.
_ONE_IN = 2
# Blocks that are unpacked at once.
_UNPACKED = 8
_SPACE = f"{BASE}id/"


@dataclass(frozen=True)
class Former:
    """A release, how it was written, and the lines of N-Quads that came and went since."""

    release: Release
    written: Written
    came: frozenset[bytes]
    went: frozenset[bytes]

    @cached_property
    def lines(self) -> frozenset[bytes]:
        """What came and what went."""
        return self.came | self.went

    def linked(self, folder: Path) -> dict[str, Entry]:
        """The entries of files in a folder that are files of the release, which was found whole, and nobody writes."""
        return manifest.linked(folder, self.release.directory, self.release.manifest.files)


@dataclass(frozen=True)
class _Group:
    """Blocks of a release, one after the other, that are made anew in a file, and what comes into them and goes."""

    members: Sequence[Member]
    came: frozenset[bytes]
    went: frozenset[bytes]
    path: Path

    def lines(self, read: Callable[[Member], Iterable[bytes]]) -> set[bytes]:
        """Their lines after the change; OutsideError when the release was not what the change began with."""
        lines = {line for member in self.members for line in read(member)}
        if not self.went <= lines or self.came & lines:
            raise OutsideError("the last release is not what is kept of it → thidua build --force")
        return (lines - self.went) | self.came


@dataclass(frozen=True)
class _Way:
    """A way to sort lines: by what, how the lines of a block are read, how blocks are made anew, in what dumps."""

    key: Key
    read: Callable[[Member], Iterable[bytes]]
    make: Callable[[_Group], Path]
    names: Sequence[str]
    write: Callable[[Sequence[Block | Member], str, Path, Path, Share], list[Sizes]]

    def touched(self, laid: Sequence[Laid], lines: Iterable[bytes]) -> dict[int, set[bytes]]:
        """The lines by the number of the block into which they belong."""
        keys, found = [each.key for each in laid], dict[int, set[bytes]]()
        for line in lines:
            found.setdefault(max(bisect_right(keys, self.key(line)) - 1, 0), set()).add(line)
        return found

    def lines(self, members: Sequence[Member], number: int, came: Iterable[bytes], went: Iterable[bytes]) -> set[bytes]:
        """The lines of a block after the change."""
        return set(self.read(members[number])).difference(went).union(came)


@dataclass(frozen=True)
class Revised:
    """The dumps, the index and the store of a release stand in the room; `held` is that store, open to be changed.

    The store is `sound` when it was found to have changed as the lines did; all lines are being `hashed`.
    """

    room: Path
    former: Former
    held: Store
    laid: tuple[Layout, Layout]
    census: Census
    hashed: Future[str]
    sound: Future[None]

    @property
    def dataset(self) -> str:
        """The hash of all lines, as soon as it is known."""
        return self.hashed.result()

    def to_ask(self) -> Store:
        """Their merge, in memory."""
        store = Store()
        with gzip.open(self.room / "dumps" / dumps.TURTLE) as packed:
            store.bulk_load(cast(IO[bytes], packed), RdfFormat.TURTLE)
        return store

    def former_order(self, name: str) -> orders.Former | None:
        """The order that a long list had, and the things about which the change may have given it other rows."""
        asked, path = long_lists()[name], self.former.release.order(name)
        if path is None:
            return None
        if not asked.concerned(self.former.lines):
            return orders.Former(path, frozenset())
        try:
            found = self._reach.foci(map(walk, walks(asked)))
        except (TooFar, Unread):
            return None
        named = (thing.value for thing in found if isinstance(thing, NamedNode))
        return orders.Former(path, frozenset(thing.removeprefix(BASE) for thing in named))

    @cached_property
    def _reach(self) -> Reach:
        """How far the change reaches."""
        lines = parse(b"".join(self.former.lines), RdfFormat.N_QUADS)
        return Reach(self.held, Change(list(lines), (), {"statements": self.former.release.quads}))

    def fill(self, folder: Path, tell: Tell, ready: Callable[[], None]) -> tuple[Layout, Layout]:
        """Store, dumps and index are in the folder, and the store is sound."""
        # Until then somebody reads the files.
        self.hashed.result()
        self.sound.result()
        for dump in (self.room / "dumps").iterdir():
            dump.rename(folder / "dumps" / dump.name)
        (self.room / INDEX).rename(folder / INDEX)
        (self.room / "store").rename(folder / "store")
        ready()
        return self.laid

    def index(self) -> None:
        """The index stands in the room: the former one, taken over or changed, or made anew."""
        former, path = self.former.release.directory / INDEX, self.room / INDEX
        if not concerned(self.former.lines, BASE):
            shutil.copyfile(former, path)
            return
        try:
            reindex(former, self.former.lines, Asked(self.held, BASE), BASE, path)
        except Anew:
            # To read all from a dump takes half as long as to look for it in the store.
            index.write_index([self._merge()], BASE, path)

    def _merge(self) -> Path:
        """The merge of all graphs, sorted, stands in a file."""
        members, path = _members(self.room / "dumps", dumps.BY_SUBJECT, self.laid[0]), self.room / "merged"
        with ThreadPoolExecutor() as pool, frames.writing(path) as file:
            for text in pool.map(_text, members):
                file.add(canonical.merge(io.BytesIO(text)))
        return path


def revised(former: Former, held: Store, room: Path, tell: Tell = silent) -> Revised:
    """The content of a release after a change; `held` holds it, on the disk, with the merge as its default graph."""
    for name in ("dumps", "packed"):
        (room / name).mkdir()
    tell(SORTING)
    path, (one, other), written = room / "store", _WAYS, former.written
    held.backup(str(path))
    with shared(sum(map(len, former.lines))) as share, _threads() as pool:
        subjects = _revise(one, written.by_subject, former, room, share)
        census, _ = counted(subjects, _SPACE)
        # Who counts, unpacks or hashes leaves the interpreter to those who work on the other order.
        sound = pool.submit(store.look_back, path, census, former.came, former.went)
        hashed = pool.submit(_hash, _members(room / "dumps", dumps.BY_SUBJECT, subjects))
        laid = subjects, _revise(other, written.by_graph, former, room, share)
        _check(former, laid)
        tell("taking over the store, the dumps and the index")
        made = Revised(room, former, held, laid, census, hashed, sound)
        made.index()
        return made


@contextlib.contextmanager
def _threads() -> Iterator[Executor]:
    """Threads that end what they were given, though nobody waits for it here."""
    pool = ThreadPoolExecutor()
    try:
        yield pool
    finally:
        pool.shutdown(wait=False)


def _hash(members: Iterable[Member]) -> str:
    """The hash of what members hold, unpacked in threads, a few of them at a time."""
    rest = iter(members)
    batches = iter(lambda: list(islice(rest, _UNPACKED)), [])
    with ThreadPoolExecutor() as pool:
        return canonical.digest(text for batch in batches for text in pool.map(_text, batch))


def _check(former: Former, laid: Iterable[Layout]) -> None:
    """Nothing, when each order holds what the release did, and what came, and not what went; OutsideError otherwise."""
    before = blocks.total(each.sum for each in former.written.by_subject)
    now = blocks.total((before, blocks.sum_of(former.came), -blocks.sum_of(former.went)))
    if any(blocks.total(each.sum for each in order) != now for order in laid):
        raise OutsideError("the dumps do not hold what was stated → thidua build --force")


def worth(former: Former) -> bool:
    """Whether most of what was written can be taken over."""
    laid = former.written.by_subject, former.written.by_graph
    return all(
        _ONE_IN * len(way.touched(kept, former.lines)) <= len(kept) for way, kept in zip(_WAYS, laid, strict=True)
    )


def _revise(way: _Way, laid: Sequence[Laid], former: Former, room: Path, share: Share) -> Layout:
    """The dumps of lines that are sorted in a way stand in the room."""
    members = _members(former.release.directory / "dumps", way.names, laid)
    groups = _groups(way, laid, members, former, room)
    made = iter(share(way.make, [each for each in groups if isinstance(each, _Group)]))
    kept: list[tuple[Block | Member, Block | Laid]] = []
    for each in groups:
        if isinstance(each, _Group):
            kept += [(block, block) for block in blocks.blocks(blocks.noted(next(made)))]
        else:
            kept.append((members[each], laid[each]))
    sizes = way.write([each for each, _ in kept], BASE, room / "dumps", room / "packed", share)
    return layout((each for _, each in kept), sizes)


def _groups(
    way: _Way, laid: Sequence[Laid], members: Sequence[Member], former: Former, room: Path
) -> list[_Group | int]:
    """What an order is made of: blocks by their number, and groups of those that are made anew."""
    came, went = way.touched(laid, former.came), way.touched(laid, former.went)
    anew, gone = {*came, *went}, 0
    for number in sorted(went):
        lines = way.lines(members, number, came.get(number, ()), went[number])
        if laid[number].key not in map(way.key, lines):
            # Nothing says any more that a block begins here: what is left belongs to the one before.
            anew.add(max(number - 1, 0))
        if not lines and number == gone:
            # The next is the first now, and in some forms the first looks otherwise.
            gone += 1
            anew.add(gone)
    found: list[_Group | int] = []
    for fresh, numbers in groupby(range(len(laid)), key=anew.__contains__):
        if not fresh:
            found += numbers
            continue
        some = list(numbers)
        # Others share in the work: nothing that one of them writes may have the name of what another one does.
        path = room / f"{way.names[0]}-anew-{some[0]}.lines"
        found.append(_Group([members[number] for number in some], _of(came, some), _of(went, some), path))
    return found


def _of(lines: Mapping[int, set[bytes]], numbers: Iterable[int]) -> frozenset[bytes]:
    return frozenset(line for number in numbers for line in lines.get(number, ()))


def _members(folder: Path, names: Sequence[str], laid: Iterable[Laid]) -> list[Member]:
    return dumps.members([folder / name for name in names], BASE, [each.sizes for each in laid])


def _text(member: Member) -> bytes:
    return member.text(0)


def _lines(member: Member) -> list[bytes]:
    return member.text(0).splitlines(keepends=True)


def _lines_of_trig(member: Member) -> list[bytes]:
    text = dumps.head(dumps.TRIG, BASE).head + member.text(0)
    lines = serialize(parse(text, RdfFormat.TRIG), format=RdfFormat.N_QUADS)
    assert lines is not None  # as when it goes to a file
    return lines.splitlines(keepends=True)


def _make_by_subject(group: _Group) -> Path:
    lines = sorted(group.lines(_lines))
    with frames.writing(group.path) as file:
        return blocks.note(blocks.counted(lines, file, _SPACE), group.path.with_suffix(".noted"))


def _make_by_graph(group: _Group) -> Path:
    lines = sorting.BY_GRAPH.sort(list(group.lines(_lines_of_trig)))
    with frames.writing(group.path) as file:
        stretches = blocks.stretches(lines, file, blocks.graph_and_subject)
        return blocks.note(stretches, group.path.with_suffix(".noted"))


_WAYS = (
    _Way(blocks.subject, _lines, _make_by_subject, dumps.BY_SUBJECT, dumps.write_by_subject),
    _Way(blocks.graph_and_subject, _lines_of_trig, _make_by_graph, dumps.BY_GRAPH, dumps.write_by_graph),
)
