"""Copies of the service behind nginx, as deploy/nginx-copies.conf has them: what clients see when one of them fails."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from loaders.resources import ROOT
from tests.clients import Clients
from tests.house import publish, until
from tests.test_deploy import DEPLOY, Front, _listens, fill_in, needs_nginx

SERVE = """
import sys
from pathlib import Path
from loaders.settings import Settings
from service import serve
serve.serve(Settings(releases=Path(sys.argv[1]), port=0, workers=1))
"""
# How many clusters the release before has, and the new one.
OLD, NEW = 3, 5
CLIENTS = 12
COUNT = "SELECT (COUNT(DISTINCT ?s) AS ?n) {{ ?s a <https://w3id.org/thidua/def#EmulationCluster> }} # {number}"


def serve(releases: Path) -> tuple[subprocess.Popen[str], int]:
    """A copy that serves what is published there, and its port."""
    command = [sys.executable, "-c", SERVE, str(releases)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    said = [process.stdout.readline().strip() for _ in range(5)]
    port = urlsplit(said[1].removeprefix("ready on ")).port
    assert port, said
    return process, port


@contextlib.contextmanager
def front(place: Path, ports: Sequence[int]) -> Iterator[Front]:
    """nginx with our site, in which the changes of nginx-copies.conf were made, in front of these ports."""
    made = fill_in(place, ports[0])
    changes = (DEPLOY / "nginx-copies.conf").read_text(encoding="utf-8")
    (upstream,) = re.findall(r"^upstream thidua \{.*?^\}\n", changes, re.DOTALL | re.MULTILINE)
    upstream, found = re.subn(r"10\.0\.0\.1(\d):8000", lambda match: f"127.0.0.1:{ports[int(match[1]) - 1]}", upstream)
    assert found == len(ports)
    site = place / "site.conf"
    text = site.read_text(encoding="utf-8")
    text = re.sub(r"^upstream thidua \{.*?^\}\n", lambda _: upstream, text, flags=re.DOTALL | re.MULTILINE)
    for line, name in re.findall(r"^# +((proxy_\w+) .*;)$", changes, re.MULTILINE):
        text = re.sub(rf"^ *{name} .*\n", "", text, flags=re.MULTILINE)
        text = text.replace("    proxy_http_version 1.1;\n", f"    {line}\n    proxy_http_version 1.1;\n", 1)
    site.write_text(text, encoding="utf-8")
    process = subprocess.Popen(made.nginx(), stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listens(made.port))
        yield made
    finally:
        process.terminate()
        process.wait(10)


class Crowd(Clients):
    """Clients at addresses of their own, half of which post: what each got, as status and count, in turn."""

    def __init__(self, site: Front) -> None:
        super().__init__(CLIENTS)
        self._url = f"{site.url}/sparql"
        self.got: list[list[tuple[int, int]]] = [[] for _ in range(CLIENTS)]

    def heard(self, more: int = 3) -> None:
        """Each of them has got so many more answers."""
        wanted = [len(got) + more for got in self.got]
        until(lambda: all(len(got) >= number for got, number in zip(self.got, wanted, strict=True)), 60)

    def _ask(self, number: int) -> None:
        # Not 127.0.0.1, from which the service would take what a proxy says.
        transport = httpx.HTTPTransport(local_address=f"127.0.7.{number + 1}", verify=False)
        with httpx.Client(transport=transport, timeout=60) as client:
            while not self.stopped:
                query = COUNT.format(number=f"{number} {len(self.got[number])}")
                given = {"data": {"query": query}} if number % 2 else {"params": {"query": query}}
                answer = client.request("POST" if number % 2 else "GET", self._url, **given)
                rows = answer.json()["results"]["bindings"] if answer.status_code == 200 else [{"n": {"value": 0}}]
                self.got[number].append((answer.status_code, int(rows[0]["n"]["value"])))
                time.sleep(0.02)


def changes(got: Sequence[tuple[int, int]]) -> list[int]:
    """The counts, one for each time that another was seen."""
    return [count for place, (_, count) in enumerate(got) if not place or got[place - 1][1] != count]


@needs_nginx
def test_with_a_copy_killed_and_another_behind_every_client_is_answered(tmp_path: Path) -> None:
    shared, behind, site = tmp_path / "shared", tmp_path / "behind", tmp_path / "site"
    publish(shared, OLD)
    shutil.copytree(shared, behind, symlinks=True)
    publish(shared, NEW)
    site.mkdir()
    copies = [serve(shared), serve(shared), serve(behind)]
    try:
        with front(site, [port for _, port in copies]) as made:
            crowd = Crowd(made)
            with crowd.asking():
                crowd.heard()
                seen = {changes(got)[-1] for got in crowd.got}
                copies[0][0].kill()
                crowd.heard()
                crowd.heard()
                publish(behind, NEW)
                until(lambda: all(got[-1][1] == NEW for got in crowd.got), 30)
    finally:
        for process, _ in copies:
            process.terminate()
            process.wait(30)
            assert process.stdout is not None
            process.stdout.close()
    assert {status for got in crowd.got for status, _ in got} == {200}
    assert seen == {OLD, NEW}, "a copy that is behind answers those that are its own"
    for got in crowd.got:
        assert changes(got) in ([NEW], [OLD, NEW], [NEW, OLD, NEW]), "no client goes to and fro"


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """A port on which connections get no answer, not even a refusal, as of a machine that is gone."""
    with contextlib.ExitStack() as kept:
        listener = kept.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = kept.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@needs_nginx
def test_a_copy_whose_machine_is_gone_is_passed_over(tmp_path: Path) -> None:
    releases, site = tmp_path / "releases", tmp_path / "site"
    publish(releases, NEW)
    site.mkdir()
    process, port = serve(releases)
    try:
        with silent() as gone, silent() as too, front(site, [gone, port, too]) as made:
            crowd = Crowd(made)
            with crowd.asking():
                crowd.heard()
    finally:
        process.terminate()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()
    assert {answer for got in crowd.got for answer in got} == {(200, NEW)}
