"""A query process: forked from the holder, answers one question after the other, and may be killed at any moment."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import IO, Any, cast

from pyoxigraph import NamedNode, QueryResultsFormat, QueryTriples, RdfFormat, Store, serialize

from service.blame import blame
from service.dataset import Dataset
from service.functions import custom
from service.heap import Growth
from service.markup import printable, sayable
from service.wire import DONE, FAILED, PART, Frames, frame, message, receive

# A part is sent when it has grown to this many bytes; the engine writes 8 KiB at a time.
_PART = 65_536
_PR_SET_PDEATHSIG = 1
# So much sooner than the holder and the web process the kernel ends a worker when memory is scarce, of 1,000 at most.
_SOONER, _SOONEST = 500, 1000


class Output:
    """What the engine writes an answer to: parts leave as they fill."""

    def __init__(self, connection: socket.socket, media: str) -> None:
        self._connection, self._buffer, self._xml = connection, bytearray(), media.endswith("xml")

    def write(self, data: bytes) -> int:
        """The data are on their way; waits while the other side does not read."""
        self._buffer += printable(data) if self._xml else data
        if len(self._buffer) >= _PART:
            self._connection.sendall(frame(PART, self._buffer))
            self._buffer.clear()
        return len(data)

    def flush(self) -> None:
        """Nothing: a part leaves when it is full, or with the end."""

    def finish(self, end: bytes) -> None:
        """The last part has left, and the end behind it."""
        self._connection.sendall((frame(PART, self._buffer) if self._buffer else b"") + end)


def work(connection: socket.socket, whole: Store, merge: Store, base: str) -> None:
    """Every question that came was answered, until nobody asked any more or the worker had grown too much.

    What can find no more than what all graphs say together is asked of their merge, as tellers do.
    """
    functions, frames, growth = custom(base), Frames(), Growth()
    while (found := receive(connection, frames)) is not None:
        question = json.loads(found[1])
        output, store = Output(connection, question["media"]), merge if question["merged"] else whole
        try:
            _answer(question, store, functions, output)
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            told = _complaint(question, store, error)
            connection.sendall(message(FAILED, **told, leaving=(grown := growth.is_much())))
        else:
            output.finish(message(DONE, leaving=(grown := growth.is_much())))
        if grown:
            return


def _answer(question: dict[str, Any], store: Store, functions: dict[NamedNode, Any], output: Output) -> None:
    results = store.query(question["query"], custom_functions=functions, **_options(question))
    target, media = cast(IO[bytes], output), question["media"]
    if isinstance(results, QueryTriples):
        written = RdfFormat.from_media_type(media)
        if written == RdfFormat.RDF_XML:
            serialize(sayable(results), target, written)
        else:
            results.serialize(target, written)
    else:
        results.serialize(target, QueryResultsFormat.from_media_type(media))


def _complaint(question: dict[str, Any], store: Store, error: Exception) -> dict[str, Any]:
    at = None
    if isinstance(error, SyntaxError):
        at = blame(question["query"], lambda text: store.query(text, **_options(question)))
    return {"error": type(error).__name__, "complaint": str(error)[:2000], "at": at}


def _options(question: dict[str, Any]) -> dict[str, Any]:
    return Dataset(question["default"], question["named"]).options(question["base"])


def only(connection: socket.socket, words: int, *, log: bool = False) -> socket.socket:
    """The connection as file 3, file 2 for last words, the log as file 1 if wanted, and else only ends of nothing."""
    null, mine = os.open(os.devnull, os.O_RDWR), os.dup(connection.detach())
    for standard in (0,) if log else (0, 1):
        os.dup2(null, standard)
    os.dup2(words, 2)
    os.dup2(mine, 3)
    os.closerange(4, 4096)
    return socket.socket(fileno=3)


def enclose(memory: int, parent: int, *, files: bool) -> None:
    """This process may take so many bytes more, dumps no core, dies with its parent, and heeds signals as usual.

    Without `files` it can open no file and no socket: all file numbers that it may have are taken.
    """
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(name, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(0)
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _step_forward(Path("/proc/self/oom_score_adj"))
        most, hard = size + memory, resource.getrlimit(resource.RLIMIT_AS)[1]
        # Whoever started the service may have left it less (`ulimit -v`), and nobody can have more than that.
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1] if files else 4
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _step_forward(score: Path) -> None:
    """When memory is scarce, the kernel ends this process before those that others depend on."""
    with contextlib.suppress(OSError):  # where nobody may say so, the kernel decides alone
        score.write_text(str(min(int(score.read_text()) + _SOONER, _SOONEST)))
