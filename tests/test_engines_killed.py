"""An engine, or the push into it, that is killed: what it says that it holds, it holds.

Over the engines whose programs are here (`tests.engines`); Virtuoso is given graphs over HTTP, and by its bulk loader.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from loaders.errors import OutsideError
from loaders.progress import Progress
from loaders.release import Release
from loaders.resources import ROOT
from service.push import push
from service.remote import marker
from service.remote.port import Port
from tests import engines, tiny

# How often a push is killed, at as many moments of the time that one takes.
KILLS = 6


@dataclass
class Place:
    """Where an engine keeps its data, and the directory that it shares with a push, if it does."""

    run: Callable[[Path], contextlib.AbstractContextManager[engines.Engine]]
    directory: Path
    shared: Path | None

    def port(self, engine: engines.Engine) -> Port:
        """The engine, as a push sees it."""
        return Port(engine.endpoint, engine.login, shared=self.shared)

    def push(self, engine: engines.Engine, release: Release) -> subprocess.Popen[bytes]:
        """A push that runs, of few triples at a time."""
        command = [sys.executable, "-m", "service.cli", "push", release.version, "--endpoint", engine.endpoint]
        command += ["--batch", "9", "--releases", str(release.directory.parent)]
        command += ["--user", engine.user] if engine.user else []
        command += ["--bulk", str(self.shared)] if self.shared else []
        known = {**os.environ, "THIDUA_SPARQL_PASSWORD": engine.password}
        return subprocess.Popen(command, cwd=ROOT, env=known, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(params=["oxigraph", "virtuoso", "virtuoso in bulk"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    directory = tmp_path / "engine"
    (directory / "shared").mkdir(parents=True)
    shared = directory / "shared" if "bulk" in request.param else None
    return Place(getattr(engines, request.param.partition(" ")[0]), directory, shared)


def send(port: Port, release: Release) -> None:
    push(release, port, Progress(io.StringIO()), 9)


def whole(port: Port, release: Release) -> None:
    """The engine holds the release, graph by graph, and says so."""
    told, merged = port.marker(release.base), marker.merged(release.base, release.hash)
    assert told.holds(release)
    assert told.names(release)
    assert port.count(merged) == release.manifest.triples
    assert {name: port.count(NamedNode(name)) for name in told.sums} == release.manifest.graphs


def test_an_engine_that_is_killed_after_a_push_has_kept_all_of_it(place: Place, tmp_path: Path) -> None:
    old, new = tiny.release(tmp_path, 4), tiny.release(tmp_path, 6)
    with place.run(place.directory) as engine:
        with place.port(engine) as port:
            send(port, old)
            send(port, new)
            whole(port, new)
        os.kill(engine.pid, signal.SIGKILL)
    with place.run(place.directory) as engine, place.port(engine) as port:
        whole(port, new)
        assert port.count(marker.merged(old.base, old.hash)) == old.manifest.triples


def test_a_push_that_was_killed_goes_on_and_the_release_before_can_be_asked(place: Place, tmp_path: Path) -> None:
    old, new = tiny.release(tmp_path, 20), tiny.release(tmp_path, 60)
    with place.run(place.directory) as engine:
        began = time.monotonic()
        assert place.push(engine, old).wait(60) == 0
        took = time.monotonic() - began
        with place.port(engine) as port:
            whole(port, old)
        for number in range(KILLS):
            running = place.push(engine, new)
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(took * (number + 1) / KILLS)
            running.kill()
            running.wait()
            with place.port(engine) as port:
                told = port.marker(new.base)
                assert told.holds(old)
                assert port.count(marker.merged(old.base, old.hash)) == old.manifest.triples
                assert not told.holds(new) or port.count(marker.merged(new.base, new.hash)) == new.manifest.triples
        with place.port(engine) as port:
            send(port, new)
            whole(port, new)


def test_virtuoso_says_when_it_does_not_find_what_it_is_given(tmp_path: Path, monkeypatch) -> None:
    release = tiny.release(tmp_path)
    shared = tmp_path / "engine" / "shared"
    shared.mkdir(parents=True)
    monkeypatch.setattr(Path, "chmod", lambda path, mode: path.unlink())
    with engines.virtuoso(shared.parent) as engine, Port(engine.endpoint, engine.login, shared=shared) as port:
        with pytest.raises(OutsideError, match="as the engine reads it: there is no such file"):
            send(port, release)
        assert not port.marker(release.base).whole
