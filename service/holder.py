"""The process that holds a release and forks query workers and tellers from it; nothing else happens here.

One thread when it forks, no web server: what is forked must not have inherited a lock that nobody holds. A release
that fits is in memory before the first fork and all workers share it; otherwise each worker opens the store on disk
for itself, since an open store on disk has threads: always the files that were there when this process began
(`service.grip`). `service.crew` runs it as `python -m service.holder FD`.
"""

from __future__ import annotations

import contextlib
import gc
import gzip
import json
import os
import re
import resource
import select
import signal
import socket
import sys
import traceback
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeVar

from pyoxigraph import RdfFormat, Store

from loaders.release import mark
from service import heap, worker
from service.board import BENCH
from service.grip import grip
from service.seal import seal
from service.wire import NOTE, RETIRED, Frames, message, receive

if TYPE_CHECKING:
    from service.teller import Counter

Made = TypeVar("Made")
TELLERS = "teller"

# Of the last words of a process, so many bytes; what it was about comes first.
_WORDS = 4096
# The engine calls itself as deep as a query nests. What `bounds` lets pass needs far less.
_STACK = 64 << 20
_UNOPENED = 70
# The graph at the end of a line of canonical N-Quads, in which every other < is part of a term.
_GRAPH = re.compile(rb' <[^<>" ]*> \.\n')


@dataclass(frozen=True)
class Charge:
    """What a holder is to hold, and how its workers are to be.

    `dump` is loaded into memory; without one, workers read the `store` on disk. `lanes` says how many workers each has
    and how nice they are to others; `memory` is what each may take, in bytes; `network` whether they may make sockets.
    Tellers know the release by its `directory`, share the file of a `board`, sit at a `bench` of it, keep `kept` bytes
    of responses, and have the same `limits` of clients and the same `log` as the application. The `mark` tells
    the release from another one that takes its place, which is not held.
    """

    store: str
    dump: str | None
    quads: int
    base: str
    memory: int
    lanes: dict[str, tuple[int, int]]
    directory: str
    network: bool = False
    board: int = -1
    bench: int = 0
    kept: int = 0
    limits: tuple[float, ...] = ()
    log: str = "problems"
    mark: Sequence[int] | None = None

    def note(self) -> bytes:
        """The charge as the first note to the holder."""
        return message(NOTE, **asdict(self))


class Held(NamedTuple):
    """A release to ask: with all its graphs, and the merge of them.

    In memory that stands by itself too: the engine passes through all that is known of a thing, in whatever graph.
    """

    whole: Store
    merge: Store


class Holder:
    """The release, the socket to the web process, and the lane of every living worker."""

    def __init__(self, control: socket.socket, charge: Charge, files: Path) -> None:
        self.control, self.charge, self.files = control, charge, files
        self.held = _aside(load, charge)
        self.lanes: dict[int, str] = {}
        self.words: dict[int, int] = {}
        self.places: dict[int, int] = {}
        self.counter = _aside(_counter, charge)

    def run(self, sealed: bool) -> None:
        """Every lane had its workers, the dead were replaced, until the web process left."""
        wake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for lane, (size, _) in self.charge.lanes.items():
            for _ in range(size):
                self._fork(lane)
        self.control.sendall(message(NOTE, ready=True, sealed=sealed))
        # Not select(2): the socket has the number that it had in the web process, and that may have a thousand others.
        frames, watched = Frames(), select.poll()
        for file in (self.control.fileno(), wake):
            watched.register(file, select.POLLIN)
        while True:
            ready = {file for file, _ in watched.poll()}
            if wake in ready:
                os.read(wake, 4096)
                self._reap()
            if self.control.fileno() in ready and not self._listen(frames):
                return

    def _listen(self, frames: Frames) -> bool:
        if not (data := self.control.recv(65536)):
            return False
        frames.feed(data)
        while found := frames.next():
            if (pid := json.loads(found[1])["kill"]) in self.lanes:
                os.kill(pid, signal.SIGKILL)
        return True

    def _reap(self) -> None:
        while self.lanes:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            lane, code = self.lanes.pop(pid), os.waitstatus_to_exitcode(status)
            self.places.pop(pid, None)
            self.control.sendall(message(NOTE, gone=pid, code=code, words=_read(self.words.pop(pid))))
            if code == _UNOPENED:
                raise SystemExit(f"the store {self.charge.store} cannot be opened")
            if code != RETIRED:
                self._fork(lane)

    def _fork(self, lane: str) -> None:
        ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET if lane == TELLERS else socket.SOCK_STREAM)
        taken, first = self.places.values(), self.charge.bench
        place = next(place for place in range(first, first + BENCH + 1) if place not in taken)
        parent, (last, words) = os.getpid(), _mute()
        pid = os.fork()
        if not pid:
            self._become_worker(theirs, words, lane, parent, place)
        theirs.close()
        os.close(words)
        self.lanes[pid], self.words[pid] = lane, last
        if lane == TELLERS:
            self.places[pid] = place
        socket.send_fds(self.control, [message(NOTE, worker=pid, lane=lane, place=place)], [ours.fileno()])
        ours.close()

    def _become_worker(self, connection: socket.socket, words: int, lane: str, parent: int, place: int) -> NoReturn:
        status = _UNOPENED
        try:
            signal.set_wakeup_fd(-1)
            os.nice(self.charge.lanes[lane][1])
            connection = worker.only(connection, words, log=lane == TELLERS)
            held = self.held or Held(*[Store.read_only(str(self.files))] * 2)
            status = 1
            files = self.held is None or lane == TELLERS or self.charge.network
            worker.enclose(self.charge.memory, parent, files=files)
            if self.counter is not None and lane == TELLERS:
                status = self.counter.serve(connection, *held, place)
            else:
                worker.work(connection, *held, self.charge.base)
                status = 0
        except Exception:
            traceback.print_exc()
        finally:
            # Not by an exception or a return: those would lead into the holder's own loop.
            os._exit(status)


def _mute() -> tuple[int, int]:
    """Two ends of a pipe, for what the engine says when it gives up: it waits for nobody at either, and holds 64 KiB.

    Said where everybody speaks, it would stand in the log among lines of JSON, and nobody would know of which query.
    """
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends


def _read(last: int) -> str:
    """The last words of a process that has ended."""
    with os.fdopen(last, "rb", buffering=0) as file:
        return (file.read(_WORDS) or b"").decode(errors="replace")


def load(charge: Charge) -> Held | None:
    """The release in memory, its default graph the merge of all graphs as on disk; None if it stays there."""
    if charge.dump is None:
        return None
    held, found = Held(Store(), Store()), _by_predicate(Path(charge.dump))
    while found:
        # Lenient, because the engine itself wrote the dump and its hash was checked.
        lines = bytes(found.popitem()[1])
        held.whole.bulk_load(lines, RdfFormat.N_QUADS, lenient=True)
        lines = _GRAPH.sub(b" .\n", lines)
        for store in held:
            store.bulk_load(lines, RdfFormat.N_TRIPLES, lenient=True)
    if (number := len(held.whole) - len(held.merge)) != charge.quads:
        raise SystemExit(f"{charge.dump} holds {number} statements instead of {charge.quads}")
    return held


def _by_predicate(dump: Path) -> dict[bytes, bytearray]:
    """The lines of canonical N-Quads by their predicates.

    The engine passes through all that has a predicate from one statement to the next, wherever they are in memory. So
    what is passed through together is put there together: a scan over names took half as long again.
    """
    found = defaultdict[bytes, bytearray](bytearray)
    with gzip.open(dump) as lines:
        for line in lines:
            found[line.split(b" ", 2)[1]] += line
    return found


def _aside(work: Callable[[Charge], Made], charge: Charge) -> Made:
    """What a thread has made that has ended: nothing is left of it in what is forked from another thread.

    A thread has a heap of its own. What loading has left free there, all over the store, is not what a query begins
    with: that took ten thousand pages to be copied before the first answer of a process, and kept each of them. And the
    engine has dice for each thread, and throws them while it reads a question. What is forked from a thread that has
    thrown goes on from there, and UUID() gave the same in one process as in another.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, charge).result()


def _counter(charge: Charge) -> Counter | None:
    """Where tellers are to sit, if there are any."""
    if TELLERS not in charge.lanes:
        return None
    # What tellers need is much more than a holder without them does.
    from service.teller import Counter

    return Counter.open(charge)


def main() -> None:
    """The holder's life, from the charge to the end of the web process."""
    control = socket.socket(fileno=int(sys.argv[1]))
    if (first := receive(control, Frames())) is None:
        return
    charge = Charge(**json.loads(first[1]))
    _deepen()
    sealed = not charge.network and seal()
    with grip(Path(charge.store)) if charge.dump is None else contextlib.nullcontext(Path()) as files:
        holder = Holder(control, charge, files)
        if charge.mark and mark(Path(charge.directory)) != tuple(charge.mark):
            raise SystemExit(f"another release has taken its place in {charge.directory}")
        # What loading has left free is given back, so that no worker copies it. What is there now stays; a collector
        # that touched it would make every worker copy it. In large pages, a fork takes milliseconds at any size.
        gc.collect()
        heap.trim()
        heap.collapse()
        gc.freeze()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the web process is gone
            holder.run(sealed)


def _deepen() -> None:
    """The stack may grow to 64 MiB, or to what the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    wanted = _STACK if hard == resource.RLIM_INFINITY else min(_STACK, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))


if __name__ == "__main__":
    main()
