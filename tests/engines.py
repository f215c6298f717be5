"""SPARQL engines to ask: a double of one in this process, and the real ones where their programs are."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pyoxigraph import NamedNode, QueryResultsFormat, QueryTriples, RdfFormat, Store

from tests.house import free_port

Fault = Callable[[str, str], tuple[int, bytes] | None]


@dataclass
class Engine:
    """An engine that runs: where it is asked, who may write to it, which process it is."""

    endpoint: str
    user: str = ""
    password: str = ""
    pid: int = 0

    @property
    def login(self) -> tuple[str, str] | None:
        """The name and the password, if it has any."""
        return (self.user, self.password) if self.user else None


@dataclass
class Double(Engine):
    """An engine in this process: SPARQL 1.1 Protocol and Graph Store HTTP Protocol over a store in memory.

    `fault` is asked before every answer, with the path and what was sent, and may give another one; `heard` is what
    came in, `delay` the seconds before every query is answered.
    """

    store: Store = field(default_factory=Store)
    fault: Fault = lambda path, sent: None
    heard: list[tuple[str, str]] = field(default_factory=list)
    delay: float = 0.0


@contextlib.contextmanager
def double() -> Iterator[Double]:
    """The double, until the block is left."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.double = made = Double(f"http://127.0.0.1:{server.server_port}/query")  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Double"
    # Head and body leave together, or the client waits for the second.
    wbufsize, disable_nagle_algorithm = 65536, True

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        made: Double = self.server.double  # type: ignore[attr-defined]
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        where = urlsplit(self.path)
        given = parse_qs(where.query) | (parse_qs(sent) if where.path == "/query" else {})
        made.heard.append((where.path, given.get("query", [sent])[0]))
        try:
            status, content = made.fault(where.path, sent) or self._answer(made, where.path, given, sent)
        except SyntaxError as error:
            status, content = 400, str(error).encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def _answer(self, made: Double, path: str, given: dict[str, list[str]], sent: str) -> tuple[int, bytes]:
        if path == "/update":
            made.store.update(sent)
            return 204, b""
        if path == "/data":
            made.store.load(sent.encode(), RdfFormat.N_TRIPLES, to_graph=NamedNode(given["graph"][0]))
            return 204, b""
        if path == "/store":
            made.store.load(sent.encode(), RdfFormat.N_QUADS)
            return 204, b""
        time.sleep(made.delay)
        named: dict[str, Any] = {}
        if given.keys() & {"default-graph-uri", "named-graph-uri"}:
            named["default_graph"] = [NamedNode(iri) for iri in given.get("default-graph-uri", [])]
            named["named_graphs"] = [NamedNode(iri) for iri in given.get("named-graph-uri", [])]
        found = made.store.query(given["query"][0], **named)
        if isinstance(found, QueryTriples):
            return 200, found.serialize(format=RdfFormat.N_TRIPLES) or b""
        return 200, found.serialize(format=QueryResultsFormat.JSON) or b""


@contextlib.contextmanager
def oxigraph(directory: Path) -> Iterator[Engine]:
    """`oxigraph serve` over the store in the directory."""
    port = free_port()
    command = [_program("OXIGRAPH", "oxigraph"), "serve", "--location", str(directory), "--bind", f"127.0.0.1:{port}"]
    with _running(command, f"http://127.0.0.1:{port}/query") as pid:
        yield Engine(f"http://127.0.0.1:{port}/query", pid=pid)


@contextlib.contextmanager
def virtuoso(directory: Path) -> Iterator[Engine]:
    """Virtuoso with the database in the directory, under the settings that docs/operations.md asks for."""
    # One that was killed left it.
    (directory / "virtuoso.lck").unlink(missing_ok=True)
    program, sql, port = _program("VIRTUOSO", "virtuoso-t"), free_port(), free_port()
    (directory / "virtuoso.ini").write_text(_INI.format(directory=directory, sql=sql, port=port), encoding="utf-8")
    command = [program, "+foreground", "+configfile", str(directory / "virtuoso.ini")]
    # It notes where it is that it writes a checkpoint.
    with _running(command, f"http://127.0.0.1:{port}/sparql", directory) as pid:
        yield Engine(f"http://127.0.0.1:{port}/sparql", "dba", "dba", pid)


_INI = """
[Database]
DatabaseFile = {directory}/virtuoso.db
ErrorLogFile = {directory}/virtuoso.log
LockFile = {directory}/virtuoso.lck
TransactionFile = {directory}/virtuoso.trx
xa_persistent_file = {directory}/virtuoso.pxa
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = {directory}/virtuoso-temp.db
TransactionFile = {directory}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
CaseMode = 2
DirsAllowed = {directory}
NumberOfBuffers = 20000
MaxDirtyBuffers = 10000
VectorSize = 10000
MaxSortedTopRows = 2000000
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerThreads = 10
MaxKeepAlives = 10
[SPARQL]
ResultSetMaxRows = 2000000
MaxQueryExecutionTime = 60
"""


def _program(name: str, usual: str) -> str:
    """The program that `THIDUA_TEST_…` names, or that is found; the test is skipped without one."""
    found = os.environ.get(f"THIDUA_TEST_{name}") or shutil.which(usual)
    if not found:
        pytest.skip(f"THIDUA_TEST_{name} names no program, and there is no {usual}")
    return str(Path(found).absolute())


@contextlib.contextmanager
def _running(command: list[str], address: str, directory: Path | None = None) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(address, timeout=5)
                break
            assert process.poll() is None, f"{command[0]} ended with code {process.returncode}"
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
