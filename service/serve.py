"""`thidua serve`: the service at an address, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import uvicorn
from fastapi import FastAPI

from loaders.errors import OutsideError
from loaders.settings import Settings, variable
from service.app import create_app
from service.connection import Connection, Limits
from service.entrance import POSSIBLE, Entrance
from service.files import widen
from service.follow import Follower
from service.journal import open_journal
from service.snapshot import Snapshot

LIMITS = Limits()
# Files for anything but connections, and the fewest of both together that are worth a start.
_RESERVE, _FEWEST = 128, 192
# Seconds after which a thread that works lets the server go on. A request asks for that some ten times, and would wait
# for 5 ms each time otherwise.
_SWITCH = 0.0005
# All objects are looked through when those that are some seconds old have been so often, usually 10 times.
_SELDOM = 1000


def _print(text: str) -> None:
    # At once, into a pipe too: somebody waits for it. Or nobody does, and it is served all the same.
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), f"{text}\n".encode())


def serve(settings: Settings, tell: Callable[[str], None] = _print, limits: Limits = LIMITS) -> None:
    """The published release was served until a signal came; OutsideError if there is none or the port is taken."""
    # Every connection is a file here, and a system that lets it have a million gives it 1,024 to begin with.
    limits = replace(limits, connections=min(limits.connections, _room()))
    with listen(settings.host, settings.port) as listener:
        # An engine elsewhere has no tellers, so nobody stands at a door.
        door = POSSIBLE and not settings.sparql_endpoint
        entrance = Entrance(listener, settings.rate_limit) if door else None
        app = create_app(settings, entrance)
        follower: Follower = app.state.follower

        def ready() -> None:
            settle()
            tell("\n".join(announcement(follower.now(), listener)))

        server = Server(configured(app, limits, entrance), ready, entrance)
        app.state.metrics.connections.set_function(lambda: len(server.server_state.connections))
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, server.handle_exit)

        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(run(server, follower, listener, entrance))


def _room() -> int:
    """For how many connections there are files; OutsideError if they are hardly any: nobody would be let in."""
    if (files := widen()) < _FEWEST:
        raise OutsideError(f"a process may have {files} files here, and needs {_FEWEST} → ulimit -n 4096")
    return files - _RESERVE


async def run(server: Server, follower: Follower, listener: socket.socket, entrance: Entrance | None) -> None:
    """The server has served until it was told to stop."""
    if entrance is not None:
        entrance.start()
    # Before the server, so that what is wrong with the release is told by us and not by its log.
    await follower.start()
    await server.serve([] if entrance else [listener])


class Server(uvicorn.Server):
    """A server that says when it is ready. A signal ends it, and is not raised again when it has ended.

    Where there is an entrance, connections come from there, and none from a listener of its own.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], entrance: Entrance | None = None) -> None:
        super().__init__(config)
        self._ready, self._entrance = ready, entrance

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """It answers, and has said so."""
        await super().startup(sockets)
        if self._entrance is not None:
            self._entrance.open(self._protocol)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """What was under way is answered, within the time for it, and nothing else."""
        if self._entrance is not None:
            self._entrance.close()
        await super().shutdown(sockets)
        if self.force_exit:  # told to stop twice: nothing is waited for, but all ends as ever
            for task in self.server_state.tasks:
                task.cancel()
            await self.lifespan.shutdown()
        if self._entrance is not None:
            self._entrance.leave()

    def _protocol(self) -> asyncio.Protocol:
        protocol: Any = self.config.http_protocol_class
        made: Connection = protocol(self.config, self.server_state, self.lifespan.state)
        if self.should_exit:
            made.shutdown()
        return made


def settle() -> None:
    """Nobody waits long for a thread that works, nor for a search for garbage.

    Everything is looked through seldom, and what is there by now, which stays, no more: everybody waits meanwhile, half
    a second where two long answers were being written. What goes at all goes young.
    """
    sys.setswitchinterval(_SWITCH)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], _SELDOM)


def configured(app: FastAPI, limits: Limits = LIMITS, entrance: Entrance | None = None) -> uvicorn.Config:
    """How the server is to speak HTTP, and what time it gives to clients."""
    open_journal()
    back = entrance.give_back if entrance else None
    connection: Any = functools.partial(Connection, limits=limits, tell=app.state.visits.end, back=back)
    return uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        http=connection,
        ws="none",
        timeout_keep_alive=int(limits.idle),
        timeout_graceful_shutdown=limits.grace,  # type: ignore[arg-type]
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; OutsideError says what else to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, because asyncio sends small answers at once (TCP_NODELAY) only where it is.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        other = f"{variable('port')}=… chooses another"
        # Ports below 1024 are not everybody's.
        ways = {errno.EADDRINUSE: other, errno.EACCES: f"{other}, of 1024 or more"}
        hint = ways.get(error.errno or 0, f"{variable('host')}=…")
        raise OutsideError(f"cannot listen on {host}, port {port}: {error.strerror} → {hint}") from None
    return listener


def announcement(snapshot: Snapshot, listener: socket.socket) -> list[str]:
    """What is served and where, and three addresses to try."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    home = f"http://{'127.0.0.1' if host == '0.0.0.0' else shown}:{port}"
    release, first = snapshot.release, next(iter(snapshot.catalogue))
    question = next((query for query in snapshot.catalogue if query.name == "leaders"), first)
    return [
        f"thidua {release.version}: {release.quads:,} statements",
        f"ready on {home}",
        f"  {home}/",
        f"  {home}{question.example_url}",
        f"  {home}/sparql",
    ]
