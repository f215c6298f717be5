"""The service on a loopback port, in a thread, over small releases: what a test asks goes through a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from loaders.release import pointer
from loaders.settings import Settings
from service.app import create_app
from service.connection import Limits
from service.entrance import POSSIBLE, Entrance
from service.follow import Follower
from service.past.shelf import Shelf
from service.serve import LIMITS, Server, configured, listen, run
from service.standing import Standing
from service.visit import Visits
from tests import tiny

THOUSAND = "{" + " ".join(map(str, range(1000))) + "}"
# Nobody waits for these: one counts to 10^12, the other writes 10^9 rows.
ENDLESS = (
    f"SELECT (COUNT(*) AS ?n) {{ VALUES ?a {THOUSAND} VALUES ?b {THOUSAND} VALUES ?c {THOUSAND} VALUES ?d {THOUSAND} }}"
)
FLOOD = f"SELECT * {{ VALUES ?a {THOUSAND} VALUES ?b {THOUSAND} VALUES ?c {THOUSAND} }}"
# Numbers and text, so mixed that the engine's sort finds out that they have no one order; and such within statements.
_MIXED = [term for i in range(0, 240, 2) for term in (f"{i * 7 % 120}", f"'{(i + 1) * 11 % 120}x'")]
MIXED = f"SELECT ?v {{ VALUES ?v {{ {' '.join(_MIXED)} }} }} ORDER BY ?v"
_QUOTED = " ".join(f"<<( <urn:s> <urn:p> {term} )>>" for term in _MIXED)
UNSORTABLE = f"SELECT ?v {{ VALUES ?v {{ {_QUOTED} }} }} ORDER BY ?v"
JSON = "application/sparql-results+json"


@dataclass(frozen=True)
class House:
    """A running service: a client for it, and what it serves."""

    client: httpx.Client
    port: int
    follower: Follower
    standing: Standing
    visits: Visits
    shelf: Shelf

    def sparql(self, query: str, **parameters: Any) -> httpx.Response:
        """The answer to a query sent by GET."""
        headers = parameters.pop("headers", {"Accept": JSON})
        return self.client.get("/sparql", params={"query": query, **parameters}, headers=headers)

    @property
    def processes(self) -> set[int]:
        """The query workers that live now."""
        return set(self.follower.now().engine.crew.workers)

    def connect(self, head: bytes) -> socket.socket:
        """A connection on which these bytes were sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), 10)
        connection.sendall(head)
        return connection


def publish(releases: Path, clusters: int) -> str:
    """A release of so many clusters is published; its version."""
    releases.mkdir(exist_ok=True)
    version = tiny.release(releases, clusters).version
    return pointer.publish(releases, version, now=datetime.now(UTC))


@contextlib.contextmanager
def house(releases: Path, limits: Limits = LIMITS, *, door: bool = POSSIBLE, **settings: Any) -> Iterator[House]:
    """The service over what is published there, until the block is left; without a `door`, all is the application's."""
    listener = listen("127.0.0.1", 0)
    chosen = Settings(releases=releases, **{"workers": 2, **settings})
    entrance = Entrance(listener, chosen.rate_limit) if door else None
    app = create_app(chosen, entrance)
    server = Server(configured(app, limits, entrance), lambda: None, entrance)
    thread = threading.Thread(target=lambda: asyncio.run(run(server, app.state.follower, listener, entrance)))
    thread.start()
    until(lambda: server.started or not thread.is_alive())
    assert server.started, "the service did not start"
    until(lambda: app.state.follower.settled, 60)
    port = listener.getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            kept = app.state.times.shelf
            yield House(client, port, app.state.follower, app.state.standing, app.state.visits, kept)
    finally:
        server.should_exit = True
        thread.join()


def until(holds: Callable[[], object], seconds: float = 10) -> None:
    """The condition holds; the test fails if it does not come to hold in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.005)


def lives(pid: int) -> bool:
    """Whether there is such a process, other than one that only waits to be buried."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def opened(directory: Path) -> set[str]:
    """The files below a directory that this process has open."""
    found = set()
    for file in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # that of the directory of files itself
            found.add(str(file.readlink()))
    return {name for name in found if name.startswith(f"{directory}/")}


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is looked through for garbage, as in a service that has run for a while."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def children(pid: int) -> set[int]:
    """The processes that a process made, and those that they made."""
    mine = {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    return mine.union(*(children(child) for child in mine))


def free_port() -> int:
    """A port on which nobody listens, of those that the system does not give to connections that begin meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@contextlib.contextmanager
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port of this machine that answers like an endpoint, and what arrived there."""
    heard: list[bytes] = []
    body = b'{"head":{"vars":[]},"results":{"bindings":[]}}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\nConnection: close\r\n"
    answer += b"Content-Length: %d\r\n\r\n%s" % (len(body), body)

    def hear() -> None:
        while True:
            try:
                connection, _ = door.accept()
            except OSError:
                return
            with connection:
                heard.append(connection.recv(4096))
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=hear)
        thread.start()
        try:
            yield door.getsockname()[1], heard
        finally:
            door.shutdown(socket.SHUT_RDWR)
            thread.join()
