"""A service that is told to stop answers what is under way, or says that it stops: never less than a whole response."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from loaders.resources import ROOT
from tests.house import ENDLESS, publish

SERVE = """
import sys
from pathlib import Path
from loaders.settings import Settings
from service import serve
from service.connection import Limits
if sys.argv[2] == "False":
    serve.POSSIBLE = False
serve.serve(Settings(releases=Path(sys.argv[1]), port=0, workers=1), limits=Limits(grace=float(sys.argv[3])))
"""
QUERY = b"GET /sparql?query=%s HTTP/1.1\r\nHost: a\r\n\r\n"


class Service:
    """A service in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process, self.log = process, log
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(5)]
        self.port = urlsplit(said[1].removeprefix("ready on ")).port

    def ask(self, request: bytes) -> socket.socket:
        """A connection on which this was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), 20)
        connection.sendall(request)
        return connection

    def stop(self) -> None:
        """It is told to stop."""
        self.process.send_signal(signal.SIGTERM)

    def ended(self) -> str:
        """It has stopped as it should; its log."""
        assert self.process.wait(20) == 0
        return self.log.read_text()


@pytest.fixture(params=[True, False], ids=["door", "no door"])
def door(request: pytest.FixtureRequest) -> bool:
    """With and without a door."""
    return bool(request.param)


@contextlib.contextmanager
def serving(tmp_path: Path, door: bool, grace: float) -> Iterator[Service]:
    """The service, which gives what is under way so many seconds when it is told to stop."""
    releases, log = tmp_path / "releases", tmp_path / "log"
    publish(releases, 3)
    command = [sys.executable, "-c", SERVE, str(releases), str(door), str(grace)]
    with log.open("w") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
    with process:
        try:
            yield Service(process, log)
        finally:
            process.kill()


def heard(connection: socket.socket) -> bytes:
    """All that comes until the connection is closed."""
    found = b""
    with connection:
        while part := connection.recv(1 << 16):
            found += part
    return found


def told(answer: bytes) -> None:
    """Nothing, if the answer says that the service stops."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0].startswith("http/1.1 503 ")
    assert {"content-type: application/problem+json", "retry-after: 2", "connection: close"} <= set(lines)
    assert json.loads(body)["type"] == "urn:thidua:problem:shutdown"


def test_a_query_that_still_runs_when_the_time_is_over_is_told_so(tmp_path: Path, door: bool) -> None:
    with serving(tmp_path, door, grace=1.0) as service:
        endless = service.ask(QUERY % quote(ENDLESS).encode())
        body = service.ask(b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nASK")
        time.sleep(0.5)
        service.stop()
        told(heard(endless))
        told(heard(body))
        log = service.ended()
    assert "trace" not in log
    assert '"status": 0' not in log


def test_who_is_told_to_stop_twice_waits_for_nobody_and_leaves_no_trace(tmp_path: Path, door: bool) -> None:
    with serving(tmp_path, door, grace=60.0) as service:
        endless = service.ask(QUERY % quote(ENDLESS).encode())
        time.sleep(0.5)
        for _ in range(2):
            service.process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        told(heard(endless))
        assert "trace" not in service.ended().lower()


def test_what_is_under_way_and_ends_in_time_is_answered(tmp_path: Path, door: bool) -> None:
    head = b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\nContent-Length: 6\r\n\r\n"
    with serving(tmp_path, door, grace=10.0) as service:
        begun = service.ask(head)
        time.sleep(0.5)
        service.stop()
        time.sleep(0.5)
        begun.sendall(b"ASK {}")
        answer = heard(begun)
        service.ended()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer.lower()


def test_who_only_began_to_ask_or_did_not_ask_at_all_is_let_go_soon(tmp_path: Path, door: bool) -> None:
    with serving(tmp_path, door, grace=10.0) as service:
        half, silent = service.ask(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: "), service.ask(b"")
        with contextlib.closing(service.ask(QUERY % b"ASK%7B%7D")) as kept:
            answer = b""
            while not answer.endswith(b"true}"):
                part = kept.recv(1 << 16)
                assert part, "the connection was closed"
                answer += part
            time.sleep(0.5)
            service.stop()
            assert kept.recv(1 << 16) == b""
        assert heard(silent) == b""
        told(heard(half))
        service.ended()
