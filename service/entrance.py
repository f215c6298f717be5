"""The entrance: where connections come in, as the application sees it.

Behind it stands the door, a process of its own, which gives them to tellers and hands over what is for the application.
Where the system has no such means, the application listens by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import cycle
from time import monotonic

from loaders.errors import OutsideError
from loaders.resources import ROOT
from service.board import BENCH, BENCHES, DOOR, Board
from service.wire import BACK, CLOSE, CONNECTION, DISMISS, HIRE, OPEN, ORDER

log = logging.getLogger("thidua")

# Seconds before another door is started in place of one that ended, and when that failed.
_PAUSE, _LONG_PAUSE = 0.05, 1.0
# Seconds without a sign of life, of which a door gives ten a second, and between two looks at that.
_SILENT, _LOOK = 10.0, 1.0
# Seconds that a door may take to end.
_LAST = 2.0
POSSIBLE = sys.platform == "linux" and hasattr(os, "pidfd_open")


class Entrance:
    """The listener, the board, and the door that stands between."""

    def __init__(self, listener: socket.socket, limits: Sequence[float] = ()) -> None:
        self.board, self._limits = Board.new(), limits
        self._listener = listener
        self._benches = cycle(range(0, BENCH * BENCHES, BENCH))
        self._door: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._restarting: asyncio.Task[None] | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._closed = False
        self.restarts = 0
        self._protocol: Callable[[], asyncio.Protocol] | None = None

    @property
    def process(self) -> int:
        """The process of the door; 0 while there is none."""
        return self._door.pid if self._door else 0

    def bench(self) -> int:
        """The first place of a bench for the tellers of another release."""
        return next(self._benches)

    def open(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Connections come in; those for the application speak this protocol."""
        self._protocol = protocol
        self._order(OPEN, 0, 0)

    def hire(self, process: int, place: int, teller: socket.socket) -> None:
        """The door has a teller more."""
        with teller:
            self._order(HIRE, process, place, teller)

    def dismiss(self, bench: int) -> None:
        """The tellers of a bench leave, each when it is at nothing."""
        self._order(DISMISS, 0, bench)

    def give_back(self, connection: int) -> bool:
        """Whether the door has a connection again, by its file, on which the application has answered."""
        if self._closed or self._control is None:
            return False
        try:
            order = [ORDER.pack(BACK, 0, 0)]
            return socket.send_fds(self._control, order, [connection], socket.MSG_DONTWAIT) > 0
        except OSError:  # the door is gone, or has other things to do
            return False

    def close(self) -> None:
        """Nobody else comes in."""
        self._closed = True
        self._order(CLOSE, 0, 0)

    def leave(self) -> None:
        """The door is gone, and with it the connections that no teller answered."""
        if self._restarting is not None:
            self._restarting.cancel()
        if self._looking is not None:
            self._looking.cancel()
        self._part()
        if self._door is not None:
            try:
                self._door.wait(timeout=_LAST)
            except subprocess.TimeoutExpired:
                self._door.kill()
                self._door.wait()

    def start(self) -> None:
        """The door is there; it opens when it is told to. OutsideError if it cannot be started."""
        self._control, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        try:
            with theirs:
                self._door = self._spawn(theirs)
        except OSError as error:
            self._part()
            raise OutsideError(f"the door cannot be started: {error}") from None
        asyncio.get_running_loop().add_reader(self._control.fileno(), self._listen, self._control)
        self.board.beat(DOOR, monotonic())
        self._look(self._door, seen=True)
        if self._protocol is not None:
            self._order(OPEN, 0, 0)

    def _spawn(self, control: socket.socket) -> subprocess.Popen[bytes]:
        files = (self._listener.fileno(), control.fileno(), self.board.file)
        return subprocess.Popen(
            [sys.executable, "-m", "service.door", *map(str, files), *map(str, self._limits)],
            pass_fds=files,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", os.defpath)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _look(self, door: subprocess.Popen[bytes], *, seen: bool) -> None:
        """A door that stands still is ended, as two looks in a row have told; then another is started."""
        if door is not self._door or door.returncode is not None:
            return
        lives = monotonic() - self.board.beaten(DOOR) < _SILENT
        if not lives and not seen:
            log.error("the door has done nothing for %.0f s; it is ended", _SILENT)
            door.kill()
        self._looking = asyncio.get_running_loop().call_later(_LOOK, lambda: self._look(door, seen=lives))

    def _part(self) -> None:
        """Nothing is heard of the door any more."""
        if self._control is not None and self._control.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()

    def _listen(self, control: socket.socket) -> None:
        try:
            packet, files, _, _ = socket.recv_fds(control, 1, 1)
        except ConnectionResetError:  # it is gone, and what was told to it with it
            packet, files = b"", []
        if packet == CONNECTION:
            connection = socket.socket(fileno=files[0])
            connection.setblocking(False)
            task = asyncio.get_running_loop().create_task(self._receive(connection))
            task.add_done_callback(lambda done: done.exception())
        else:
            self._part()
            assert self._door is not None, "who is heard is there"
            self._restarting = asyncio.create_task(self._restart(self._door))

    async def _receive(self, connection: socket.socket) -> None:
        assert self._protocol is not None, "the door has not been opened"
        with contextlib.suppress(OSError):  # its client may have gone meanwhile
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)

    async def _restart(self, ended: subprocess.Popen[bytes]) -> None:
        """Another door stands there; its tellers follow, since those of the one before have left with it."""
        log.error("the door ended with code %s; another is started", await asyncio.to_thread(ended.wait))
        await asyncio.sleep(_PAUSE)
        while True:
            try:
                self.start()
                self.restarts += 1
                return
            except OutsideError as error:
                log.error("%s", error)
            await asyncio.sleep(_LONG_PAUSE)

    def _order(self, what: bytes, process: int, place: int, teller: socket.socket | None = None) -> None:
        assert self._control is not None, "orders are given after the start"
        with contextlib.suppress(OSError):  # a door that is gone is replaced
            socket.send_fds(self._control, [ORDER.pack(what, process, place)], [teller.fileno()] if teller else [])
