"""The door: the process that accepts connections, gives them to tellers, and sees to it that none keeps others waiting.

It holds every connection that a teller has, so that nothing is lost with a teller: what it was at goes to the
application, which has time, processes and words for everything; its other connections go to other tellers. A request
that takes a teller longer than a moment goes to the application as well, at once when it comes again.

`service.entrance` runs it as `python -m service.door LISTENER CONTROL BOARD [SECONDS ERRORS]`.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import sys
from collections import deque
from dataclasses import dataclass, field
from time import clock_gettime, monotonic

from service.board import BENCH, DOOR, PLACES, Board, Place
from service.files import widen
from service.guests import PROXIES, SHARE, Guests
from service.standing import Limits, Standing
from service.tcp import traffic
from service.wire import ASIDE, BACK, CONNECTION, DISMISS, GIVEN, HIRE, LEAVE, OPEN, ORDER, PACKET

# Seconds that a teller may take for a request, of its processor and by the clock.
PATIENCE, LONGEST = 0.03, 0.25
# Seconds without a sign of life, of which a teller gives two a second, and for the first one: it opens a store before.
_SILENT, _BIRTH = 2.0, 30.0
# Seconds between two looks at the tellers, while they work and while they do not.
_WATCH, _REST = 0.01, 0.1
# More connections wait in the system's queue. Each takes a file here and one in a teller.
_MOST = 4096
# Files for anything but connections.
_RESERVE = 128
_SEND_BUFFER = 212_992


@dataclass(eq=False)
class Teller:
    """A teller as the door knows it: its line, its process and a handle on it, its place, its connections by number."""

    line: socket.socket
    process: int
    handle: int
    place: int
    connections: dict[int, socket.socket] = field(default_factory=dict)
    leaving: bool = False
    # Told to leave.
    told: bool = False
    # Killed; for which request, 0 if it is not the request's fault.
    struck: int | None = None


class Door:
    """The listener, the application's socket, the board, and the tellers by the number of their line."""

    def __init__(
        self, listener: socket.socket, application: socket.socket, board: Board, standing: Standing | None = None
    ) -> None:
        self._listener, self._application, self._board, self._standing = listener, application, board, standing
        self._guests = Guests()
        self._tellers: dict[int, Teller] = {}
        self._waiting: dict[int, tuple[socket.socket, float]] = {}
        self._handed = deque[socket.socket]()
        self._number, self._staffed, self._full, self._closed = 0, False, False, False
        self._most = min(_MOST, widen() - _RESERVE)
        self._epoll = select.epoll()
        listener.setblocking(False)
        application.setblocking(False)
        self._epoll.register(application.fileno(), select.EPOLLIN)

    def run(self) -> None:
        """Connections were given to tellers, until the application was gone."""
        while True:
            for file, _ in self._epoll.poll(self._watch()):
                if file == self._listener.fileno():
                    self._accept()
                elif file == self._application.fileno():
                    if not self._heed():
                        return
                elif file in self._tellers:
                    self._hear(self._tellers[file])

    def _accept(self) -> None:
        """Whoever came is with a teller; many at once are let in little by little."""
        for _ in range(64):
            if self._held >= self._most:
                return self._look_away()
            try:
                connection, address = self._listener.accept()
            except BlockingIOError:
                return None
            except OSError:
                return self._look_away()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            self._enter(connection, address[0])
        return None

    def _enter(self, connection: socket.socket, address: str) -> None:
        self._number += 1
        # Nobody holds so many lines that there is none for others: the one held longest goes.
        if address not in PROXIES and self._guests.of(address) >= self._most * SHARE:
            with contextlib.suppress(OSError):
                self._guests.eldest(address).shutdown(socket.SHUT_RDWR)
        self._guests.enter(self._number, address, connection)
        self._seat(self._number, connection)

    @property
    def _held(self) -> int:
        return len(self._waiting) + len(self._handed) + sum(len(each.connections) for each in self._tellers.values())

    def _look_away(self) -> None:
        """Whoever comes waits in the system's queue until the next look at the tellers: there is no room just now."""
        self._epoll.modify(self._listener.fileno(), 0)
        self._full = True

    def _seat(self, number: int, connection: socket.socket) -> None:
        """The connection is with a teller, or waits for one, or is with the application."""
        if self._give(number, connection):
            return
        if self._staffed and not self._closed:
            self._waiting[number] = (connection, monotonic())
        else:
            self._hand_over(number, connection)

    def _give(self, number: int, connection: socket.socket) -> bool:
        """Whether a teller has the connection now: the one that has fewest and can take it.

        Nobody here waits for a teller that takes nothing: it may be at a slow request, and nobody else would kill it.
        """
        willing = [each for each in self._tellers.values() if not each.leaving and each.struck is None]
        for teller in sorted(willing, key=lambda each: len(each.connections)):
            try:
                socket.send_fds(teller.line, [PACKET.pack(GIVEN, number)], [connection.fileno()])
            except (BrokenPipeError, ConnectionResetError):  # it is gone, which its socket is about to say
                teller.leaving = True
                continue
            except OSError:  # its line is full, or too many files are under way
                continue
            teller.connections[number] = connection
            return True
        return False

    def _hand_over(self, number: int, connection: socket.socket) -> None:
        """The connection is the application's from here on, as soon as that can take it."""
        self._guests.leave(number)
        self._handed.append(connection)
        self._pass_on()

    def _pass_on(self) -> None:
        while self._handed:
            try:
                socket.send_fds(self._application, [CONNECTION], [self._handed[0].fileno()])
            except BlockingIOError:
                return
            except BrokenPipeError:  # it is gone, which its socket is about to say
                pass
            self._handed.popleft().close()

    def _heed(self) -> bool:
        """Whether to go on: what the application says is done."""
        try:
            order, files, _, _ = socket.recv_fds(self._application, ORDER.size, 1)
        except BlockingIOError:
            return True
        except ConnectionResetError:  # it is gone, and what was told to it with it
            return False
        if not order:
            return False
        what, process, place = ORDER.unpack(order)
        if what == HIRE:
            self._hire(socket.socket(fileno=files[0]), process, place)
        elif what == DISMISS:
            self._dismiss(range(place, place + BENCH))
        elif what == BACK:
            self._return(socket.socket(fileno=files[0]))
        elif what == OPEN:
            self._epoll.register(self._listener.fileno(), select.EPOLLIN)
        else:
            self._close()
        return True

    def _return(self, connection: socket.socket) -> None:
        try:
            self._enter(connection, connection.getpeername()[0])
        except OSError:  # its client has gone meanwhile
            connection.close()

    def _close(self) -> None:
        """Nobody else enters; tellers finish what they are at."""
        if not self._closed:
            self._closed = True
            self._epoll.unregister(self._listener.fileno())
            self._dismiss(range(PLACES))

    def _hire(self, its: socket.socket, process: int, place: int) -> None:
        try:
            teller = Teller(its, process, os.pidfd_open(process), place)
        except ProcessLookupError:
            return its.close()
        self._staffed = True
        its.setblocking(False)
        self._board.clear(place)
        self._board.beat(place, monotonic() + _BIRTH)
        self._tellers[its.fileno()] = teller
        self._epoll.register(its.fileno(), select.EPOLLIN)
        return self._call()

    def _call(self) -> None:
        """Who waits for a teller is with one, or with the application if there is something asked and none for long."""
        now, room = monotonic(), True
        for number, (connection, since) in list(self._waiting.items()):
            if room and (room := self._give(number, connection)):
                del self._waiting[number]
            elif now - since >= LONGEST and _asks(connection):
                del self._waiting[number]
                self._hand_over(number, connection)

    def _dismiss(self, places: range) -> None:
        """The tellers of these places leave as soon as they are at nothing; what was slow to them may be quick now."""
        self._board.forget()
        for teller in self._tellers.values():
            if teller.place in places:
                teller.leaving = True
                self._send_off(teller)

    def _hear(self, teller: Teller) -> None:
        try:
            packet = teller.line.recv(PACKET.size)
        except BlockingIOError:
            return
        except OSError:
            packet = b""
        if not packet:
            self._bury(teller)
            return
        what, number = PACKET.unpack(packet)
        connection = teller.connections.pop(number)
        if what == ASIDE:
            self._hand_over(number, connection)
        else:
            self._guests.leave(number)
            connection.close()

    def _bury(self, teller: Teller) -> None:
        """The teller is gone; its connections are with others."""
        self._epoll.unregister(teller.line.fileno())
        del self._tellers[teller.line.fileno()]
        teller.line.close()
        os.close(teller.handle)
        at = self._board.read(teller.place)
        self._board.clear(teller.place)
        if (connection := teller.connections.pop(at.connection, None)) is not None:
            self._settle(connection, at, teller)
        for number, connection in teller.connections.items():
            if self._closed and not _asks(connection):
                self._guests.leave(number)
                connection.close()
            else:
                self._seat(number, connection)

    def _settle(self, connection: socket.socket, at: Place, teller: Teller) -> None:
        """What the teller was at is finished, or is for the application; or it is cut, if nobody can tell."""
        try:
            now = traffic(connection)
        except OSError:
            self._guests.leave(at.connection)
            return connection.close()
        written, taken = now.written - at.written, now.taken - at.taken
        if (written, taken) == (0, 0):
            # A kill may have come late, and hit the request after the one that it was meant for.
            if teller.struck in (None, at.digest):
                self._board.note_slow(at.digest)
            return self._hand_over(at.connection, connection)
        if written != at.response or taken not in (0, at.request):
            self._guests.leave(at.connection)
            return _cut(connection)
        with contextlib.suppress(OSError):  # its client has gone meanwhile, as a teller is about to see
            connection.recv(at.request - taken)
            if at.last:
                connection.shutdown(socket.SHUT_RDWR)
        return self._seat(at.connection, connection)

    def _watch(self) -> float:
        """Seconds until the next look; a teller that takes too long is being killed."""
        now, busy = monotonic(), bool(self._waiting or self._handed) or self._full
        self._board.beat(DOOR, now)
        if self._full and not self._closed:
            self._epoll.modify(self._listener.fileno(), select.EPOLLIN)
            self._full = False
        self._call()
        self._pass_on()
        self._board.tally.hold(self._held)
        for teller in self._tellers.values():
            if teller.leaving and not teller.told:
                self._send_off(teller)
            at = self._board.read(teller.place)
            busy = busy or at.connection != 0
            if teller.struck is None and (at.connection or now - at.since > _SILENT):
                self._judge(teller, at, now)
        return _WATCH if busy else _REST

    def _judge(self, teller: Teller, at: Place, now: float) -> None:
        """The teller is being killed if its request has taken more than a moment, or others cannot wait any longer.

        And so is one that is at nothing and stands still, stopped or stuck: what its clients ask lies there unread.
        """
        used = _processor_time(teller.process) - at.used if at.connection else 0.0
        longest, since = (LONGEST, at.since) if at.connection else (_SILENT, self._board.beaten(teller.place))
        if used > PATIENCE or now - since > longest:
            # Where processors are scarce, that a request took long says nothing of it.
            teller.struck = at.digest if used > PATIENCE else 0
            self._board.tally.kill()
            # It cost a process. Who asks such questions and does not wait for the answer is met with by nobody else.
            if self._standing is not None and teller.struck and at.client:
                self._standing.charge(at.client, now)
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(teller.handle, signal.SIGKILL)

    def _send_off(self, teller: Teller) -> None:
        """The teller is told to leave, as soon as its line has room for a word."""
        with contextlib.suppress(OSError):
            teller.line.send(PACKET.pack(LEAVE, 0), socket.MSG_DONTWAIT)
            teller.told = True


def _processor_time(process: int) -> float:
    """Seconds that a process has used of a processor, by the clock of clock_getcpuclockid(3); 0.0 if it is gone."""
    try:
        return clock_gettime((~process << 3) | 2)
    except OSError:
        return 0.0


def _asks(connection: socket.socket) -> bool:
    """Whether a request lies in the socket."""
    try:
        return bool(connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except OSError:
        return False


def _cut(connection: socket.socket) -> None:
    """The connection ends so that nobody takes what was sent for the whole."""
    with connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def main() -> None:
    """The door's life, until the application ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listener, application, file = (int(argument) for argument in sys.argv[1:4])
    limits, board = [float(argument) for argument in sys.argv[4:]], Board(file)
    standing = Standing.over(board.clients, Limits(*limits)) if limits else None
    Door(socket.socket(fileno=listener), socket.socket(fileno=application), board, standing).run()


if __name__ == "__main__":
    main()
