"""A teller: a process over the release that answers small requests on the connections it was given.

It works on a request while that lies unread in the socket, sends the response when it is there whole, and only then
takes the request out. The door has the connection as well. So whenever a teller is killed, nothing is lost: what it had
not answered, somebody else will. A teller watches no clock; the door watches it, and kills it when a request takes too
long.
"""

from __future__ import annotations

import contextlib
import select
import socket
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import monotonic, process_time
from typing import TYPE_CHECKING

from pyoxigraph import Store

from loaders.release import Release
from loaders.release.manifest import read
from service import board
from service.board import Board
from service.desk import Desk, Response
from service.heap import Growth
from service.journal import Journal, open_journal
from service.letter import Letter, kind, opened
from service.standing import Limits, Standing
from service.tcp import quiet, traffic, unsent
from service.visit import Visit
from service.wire import ASIDE, GIVEN, GONE, PACKET, RETIRED

if TYPE_CHECKING:
    from service.holder import Charge

# What is longer than this is not small.
_LONGEST = 65_536
# Bytes that may be on their way on a connection, beside a response: a socket has room for both (`service.door`).
_ROOM = 16_384
# Requests that are remembered as they came, and the length of those that are.
_REQUESTS, _SHORT = 500, 4096
# Seconds after which a connection on which nothing came is closed, and between two looks at that.
_IDLE, _SWEEP = 60.0, 5.0
# Seconds after which a teller says that it lives, though nothing came.
_BEAT = 0.5


@dataclass
class Counter:
    """Where the tellers of a release sit: what they all share, made once and inherited by each."""

    desk: Desk
    board: Board
    journal: Journal
    standing: Standing | None

    @classmethod
    def open(cls, charge: Charge) -> Counter:
        """The counter of the release that the holder has."""
        open_journal(1)
        directory, written = Path(charge.directory), Board(charge.board)
        desk = Desk(Release(directory, read(directory)), charge.kept)
        standing = Standing.over(written.clients, Limits(*charge.limits)) if charge.limits else None
        return cls(desk, written, Journal(charge.log), standing)

    def serve(self, door: socket.socket, whole: Store, merge: Store, place: int) -> int:
        """A teller has sat here until it left; its exit code."""
        self.desk.open(whole, merge)
        return Teller(door, self, place).run()


@dataclass(slots=True)
class Connection:
    """A client's connection, under the number that the door gave it."""

    number: int
    socket: socket.socket
    peer: tuple[str, int]
    server: tuple[str, int]
    traffic: tuple[int, int]
    used: float
    # What was written since nothing was on its way; too much, for all that is known of who had it before.
    written: int = _ROOM + 1


class Teller:
    """One teller: the door, the counter and its place at it, and its connections by file number."""

    def __init__(self, door: socket.socket, counter: Counter, place: int) -> None:
        self._door, self._desk, self._board, self._place = door, counter.desk, counter.board, place
        self._journal, self._standing = counter.journal, counter.standing
        self._connections: dict[int, Connection] = {}
        self._epoll = select.epoll()
        self._epoll.register(door.fileno(), select.EPOLLIN)
        self._swept, self._growth = monotonic(), Growth()

    def run(self) -> int:
        """Requests were answered or set aside, until the door said to leave or was gone, or it had grown too much.

        The exit code says whether another is to take its place.
        """
        door = self._door.fileno()
        while True:
            self._board.beat(self._place, monotonic())
            for file, _ in self._epoll.poll(_BEAT):
                if file != door:
                    self._turn(self._connections[file])
                elif (packet := self._listen()) is not None:
                    return RETIRED if packet else 0
            if monotonic() - self._swept > _SWEEP:
                self._sweep()
                if self._growth.is_much():
                    return 0

    def _listen(self) -> bytes | None:
        """None when the door has given a connection; else what says to leave, or nothing if it is gone."""
        try:
            packet, files, _, _ = socket.recv_fds(self._door, PACKET.size, 1)
        except ConnectionResetError:  # it is gone, and what was told to it with it
            return b""
        if packet[:1] != GIVEN:
            return packet
        _, number = PACKET.unpack(packet)
        given = socket.socket(fileno=files[0])
        given.setblocking(False)
        try:
            peer, server = given.getpeername()[:2], given.getsockname()[:2]
            # Nobody holds the line for ever because one teller after the other has it.
            connection = Connection(number, given, peer, server, traffic(given), monotonic() - quiet(given))
        except OSError:
            given.close()
            self._tell(GONE, number)
            return None
        self._connections[files[0]] = connection
        self._epoll.register(files[0], select.EPOLLIN)
        return None

    def _turn(self, connection: Connection) -> None:
        try:
            request = connection.socket.recv(_LONGEST, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            request = b""
        if not request:
            self._part(connection, GONE)
        elif not self._answered(connection, request):
            self._board.tally.set_aside(self._place)
            self._part(connection, ASIDE)

    def _answered(self, connection: Connection, request: bytes) -> bool:
        """Whether the request was answered; if not, it lies where it lay."""
        place, (written, taken) = self._place, connection.traffic
        since = connection.used = monotonic()
        # Before it is read: should that be the end of this process, the door knows at which request it was.
        self._board.write(place, connection.number, since, process_time(), written, taken, len(request), 0, 0, 0)
        letter, mark = (_known if len(request) <= _SHORT else _taken)(request, connection.peer[0])
        response = self._response(letter, mark, connection)
        if response is None:
            self._board.clear(place)
            return False
        size = response.size
        self._board.answer(place, size, response.last)
        _send(connection.socket, response, size)
        connection.socket.recv(len(request))
        connection.written += size
        connection.traffic = (written + size, taken + len(request))
        self._board.clear(place)
        self._account(letter, response, connection)
        return True

    def _response(self, letter: Letter, mark: int, connection: Connection) -> Response | None:
        """The response; None when the request is known to take long, may not be answered, or is not for the desk."""
        if self._board.is_slow(mark) or not _has_room(connection):
            return None
        client, standing = 0, self._standing
        if standing is not None:
            if standing.wait(letter.client, connection.used).errors:
                return None
            client = standing.key(letter.client)
        self._board.name(self._place, mark, client)
        return self._desk.answer(letter, connection.server)

    def _account(self, letter: Letter, response: Response, connection: Connection) -> None:
        """It is counted, the client has used what it used, and the journal has its line if it is to have one."""
        now = monotonic()
        seconds = now - connection.used
        size, path, status = response.length, response.path, response.status
        self._board.tally.answer(self._place, path, status, kept=response.repeated, size=size, seconds=seconds)
        if self._standing is not None and response.query is not None:
            self._standing.used(letter.client, seconds, now)
        if self._journal.all:
            self._journal.write(_visit(letter, response, seconds))

    def _part(self, connection: Connection, why: bytes) -> None:
        # The door has the connection as well: it is not gone by being closed here.
        self._epoll.unregister(connection.socket.fileno())
        del self._connections[connection.socket.fileno()]
        connection.socket.close()
        self._tell(why, connection.number)

    def _tell(self, what: bytes, number: int) -> None:
        self._door.send(PACKET.pack(what, number))

    def _sweep(self) -> None:
        self._swept = monotonic()
        for connection in [each for each in self._connections.values() if self._swept - each.used > _IDLE]:
            self._part(connection, GONE)


def _taken(request: bytes, host: str) -> tuple[Letter, int]:
    """The letter in a request from a host, and the mark of what takes as long as it does."""
    letter = opened(request, host)
    return letter, board.digest(kind(letter))


_known = lru_cache(_REQUESTS)(_taken)


def _visit(letter: Letter, response: Response, seconds: float) -> Visit:
    """The request as the journal knows requests."""
    named = response.moment.partition(b"x-request-id: ")[2].partition(b"\r\n")[0].decode()
    visit = Visit(named, letter.text.partition(b" ")[0].decode(), response.path, letter.client)
    visit.status, visit.size, visit.query, visit.seconds = response.status, response.length, response.query, seconds
    visit.cached = response.repeated
    return visit


def _has_room(connection: Connection) -> bool:
    """Whether the socket takes a response whole; the system is asked only where that is not known."""
    if connection.written > _ROOM:
        if unsent(connection.socket):
            return False
        connection.written = 0
    return True


def _send(connection: socket.socket, response: Response, size: int) -> None:
    """The response is with the system; the connection ends if it could not take it whole, or was to end."""
    try:
        # Without a signal, which would end the teller: its client may have gone.
        whole = connection.sendmsg(response[:2], [], socket.MSG_NOSIGNAL) == size
    except OSError:
        whole = False
    if not whole or response.last:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
