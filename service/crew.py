"""The query workers of one release, as the web process has them: taken for a question, given back, or killed."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from loaders.errors import OutsideError
from loaders.resources import ROOT
from service import heap
from service.failures import End, cause
from service.holder import TELLERS, Charge
from service.turns import Closed, Place, Room, Turns
from service.wire import LEAVE, NOTE, PACKET, Frames, message

log = logging.getLogger("thidua")

_RECEIVE = 262_144
# A holder that ended is started again; one that ended within 10 s after a pause that doubles, from 0.05 to 5 s.
_SETTLED, _FIRST_PAUSE, _LAST_PAUSE = 10.0, 0.05, 5.0
# Seconds in which who has a place has a worker too: 27 ms when one was just killed, longer when the holder was.
_PATIENCE = 5.0
# Seconds in which the holder tells that a worker has ended. One that does not stands still, and nobody is replaced.
_SILENT = 10.0


class Busy(Exception):
    """There is no worker, though the client had its turn."""


@dataclass(eq=False)
class Worker:
    """A query process; `alive` until it ended or was told to, `ended` then knows how; `place` of who has it."""

    pid: int
    lane: Lane
    connection: socket.socket
    frames: Frames = field(default_factory=Frames)
    alive: bool = True
    place: Place | None = None
    ended: asyncio.Future[End] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def send(self, data: bytes) -> None:
        """The data are with the worker; OSError if it is gone."""
        await asyncio.get_running_loop().sock_sendall(self.connection, data)

    async def receive(self) -> tuple[bytes, bytes] | None:
        """The next frame from the worker; None if it is gone."""
        loop = asyncio.get_running_loop()
        while (found := self.frames.next()) is None:
            try:
                data = await loop.sock_recv(self.connection, _RECEIVE)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.frames.feed(data)
        return found

    def end(self, how: End) -> None:
        """The worker has ended."""
        self.alive = False
        if not self.ended.done():
            self.ended.set_result(how)


class Lane:
    """The workers for one kind of question: `size` of them may be busy at a time, one more is warm."""

    def __init__(self, size: int, room: Room) -> None:
        self.turns = Turns(size, room)
        self.idle: asyncio.LifoQueue[Worker] = asyncio.LifoQueue()

    async def take(self, client: str) -> Worker:
        """A living worker in the turn of the client; Full past a bound of the room, Busy if there is none."""
        try:
            place = await self.turns.take(client)
        except Closed:
            raise Busy from None
        try:
            async with asyncio.timeout(_PATIENCE):
                while not (worker := await self.idle.get()).alive:
                    worker.connection.close()
        except TimeoutError:
            self.turns.give(place)
            raise Busy from None
        except asyncio.CancelledError:
            self.turns.give(place)
            raise
        worker.place = place
        return worker

    def bury(self) -> None:
        """None of those who wait to be taken is known to be dead."""
        for worker in reversed([self.idle.get_nowait() for _ in range(self.idle.qsize())]):
            if worker.alive:
                self.idle.put_nowait(worker)
            else:
                worker.connection.close()

    def leave(self, worker: Worker) -> None:
        """Nobody has the worker any more."""
        assert worker.place is not None
        self.turns.give(worker.place)
        worker.place = None


# What is done with a teller, which nobody takes: its process, its place, its socket.
Hire = Callable[[int, int, socket.socket], None]


class Crew:
    """A holder and its workers. The holder replaces workers that end; the crew replaces a holder that ends."""

    def __init__(self, charge: Charge, rooms: Mapping[str, Room], hire: Hire | None = None) -> None:
        self.charge, self._hire = charge, hire
        self.tellers: set[int] = set()
        self.lanes = {name: Lane(size - 1, rooms[name]) for name, (size, _) in charge.lanes.items() if name in rooms}
        self.workers: dict[int, Worker] = {}
        self._holder: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._since, self._pause = 0.0, _FIRST_PAUSE
        self._losing: list[asyncio.Task[None]] = []

    @property
    def holder(self) -> int:
        """The process that holds the release; 0 while there is none."""
        return self._holder.pid if self._holder else 0

    async def start(self) -> None:
        """The release is held; OutsideError if it could not be."""
        loop = asyncio.get_running_loop()
        control, theirs = socket.socketpair()
        control.setblocking(False)
        self._control = control
        self._frames, self._sockets = Frames(), collections.deque[int]()
        self._ready: asyncio.Future[None] = loop.create_future()
        self._since = time.monotonic()
        with theirs:
            try:
                self._holder = _spawn(theirs.fileno(), self.charge.board)
            except OSError as error:
                self._part()
                raise OutsideError(f"the process that holds the release cannot be started: {error}") from None
        loop.add_reader(control.fileno(), self._listen, control)
        await loop.sock_sendall(control, self.charge.note())
        await self._ready

    async def take(self, lane: str, client: str) -> Worker:
        """A worker for one question of the client, to be given back or killed; Full or Busy instead."""
        return await self.lanes[lane].take(client)

    def give(self, worker: Worker, *, leaving: bool) -> None:
        """The worker may be taken again, unless it said that it is leaving."""
        worker.alive = worker.alive and not leaving
        if leaving:
            self._expect(worker)
        worker.lane.idle.put_nowait(worker)
        worker.lane.leave(worker)

    def kill(self, worker: Worker) -> None:
        """The worker is being killed, whatever it is at; another takes its place."""
        if worker.alive:
            assert self._control is not None, "a worker that is alive has a holder"
            worker.alive = False
            with contextlib.suppress(BrokenPipeError):  # the holder is gone, and all workers with it
                self._control.send(message(NOTE, kill=worker.pid))
            self._expect(worker)
        worker.connection.close()
        worker.lane.leave(worker)

    def _expect(self, worker: Worker) -> None:
        """The holder will have told that the worker has ended; or it is ended itself, and another one is started."""
        asyncio.get_running_loop().call_later(_SILENT, self._doubt, worker, self._holder)

    def _doubt(self, worker: Worker, holder: subprocess.Popen[bytes] | None) -> None:
        if holder is not None and holder is self._holder and not worker.ended.done():
            log.error("the process that holds the release has told nothing for %.0f s; it is ended", _SILENT)
            holder.kill()

    def dismiss(self) -> None:
        """Tellers that come from here on, in place of others that ended, leave again: there is another release."""
        self._hire = _send_away

    async def close(self) -> None:
        """The holder and its workers are gone."""
        for losing in self._losing:
            losing.cancel()
        for lane in self.lanes.values():
            lane.turns.close()
        self._part()
        if self._holder is not None:
            await asyncio.to_thread(_wait, self._holder)

    def _listen(self, control: socket.socket) -> None:
        try:
            data, sockets, _, _ = socket.recv_fds(control, 65536, 64)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data, sockets = b"", []
        self._sockets.extend(sockets)
        if not data:
            self._part()
            assert self._holder is not None, "who is heard is there"
            self._losing.append(asyncio.create_task(self._lose(self._holder, self._ready)))
        self._frames.feed(data)
        while found := self._frames.next():
            self._note(json.loads(found[1]))

    def _note(self, note: dict[str, Any]) -> None:
        if "ready" in note:
            if not note["sealed"] and not self.charge.network:
                log.warning("this system cannot keep query processes from making sockets; SERVICE is refused as ever")
            self._ready.set_result(None)
        elif note.get("lane") == TELLERS:
            self.tellers.add(note["worker"])
            connection = socket.socket(fileno=self._sockets.popleft())
            if self._hire:
                self._hire(note["worker"], note["place"], connection)
        elif "worker" in note:
            lane, connection = self.lanes[note["lane"]], socket.socket(fileno=self._sockets.popleft())
            connection.setblocking(False)
            worker = self.workers[note["worker"]] = Worker(note["worker"], lane, connection)
            lane.idle.put_nowait(worker)
        elif worker_gone := self.workers.pop(note["gone"], None):
            worker_gone.end(End(note["code"], note["words"]))
            worker_gone.lane.bury()
        else:
            self.tellers.discard(note["gone"])
            if note["words"]:
                # Whose request it was, who answers that now knows: this is not the end of it.
                facts = {"code": note["code"], "cause": cause(note["words"])}
                log.warning("a teller ended at a request; another process answers that", extra={"facts": facts})

    async def _lose(self, holder: subprocess.Popen[bytes], ready: asyncio.Future[None]) -> None:
        """The holder is gone, and all workers with it. If it was ready once, another one is there."""
        code = await asyncio.to_thread(_wait, holder)
        if not ready.done():
            ready.set_exception(OutsideError(f"the process that holds the release ended with code {code}"))
        else:
            log.error("the process that holds the release ended with code %s; another is started", code)
            await self._restart()

    def _part(self) -> None:
        if self._control is not None and self._control.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
        for worker in self.workers.values():
            worker.end(End(-9))
        self.workers.clear()
        for lane in self.lanes.values():
            lane.bury()
        self.tellers.clear()

    async def _restart(self) -> None:
        while True:
            settled = time.monotonic() - self._since > _SETTLED
            self._pause = _FIRST_PAUSE if settled else min(2 * self._pause, _LAST_PAUSE)
            await asyncio.sleep(self._pause)
            try:
                return await self.start()
            except OutsideError as error:
                log.error("%s", error)


def _spawn(control: int, board: int) -> subprocess.Popen[bytes]:
    """A holder that listens at this socket; it knows nothing of our environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "service.holder", str(control)],
        pass_fds=[control] if board < 0 else [control, board],
        env={"PYTHONPATH": str(ROOT), "RUST_BACKTRACE": "0", "TMPDIR": tempfile.gettempdir()}
        | {"PATH": os.environ.get("PATH", os.defpath)}
        | heap.AT_HAND,
        stdin=subprocess.DEVNULL,
        # File 1 is the log there: in a teller, file 2 is for last words.
        stdout=2,
        start_new_session=True,
    )


def _send_away(process: int, place: int, teller: socket.socket) -> None:
    """The teller leaves as if the door had told it to, and nobody takes its place."""
    with teller:
        teller.send(PACKET.pack(LEAVE, 0))


def _wait(holder: subprocess.Popen[bytes]) -> int:
    """The exit code of a holder whose socket is closed: it ends at once, or is ended."""
    try:
        return holder.wait(timeout=2)
    except subprocess.TimeoutExpired:
        holder.kill()
        return holder.wait()
