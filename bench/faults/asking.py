"""The service on the ground, asked all the while by a process of its own: `python -m bench.faults.asking PORT`.

What it was asked and what was wrong with the answers stands on its last line, as JSON, when its input ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.waiting import ready
from loaders.resources import ROOT

# How many clusters a release has, and how many statements.
COUNT = """SELECT ?clusters ?all {
  { SELECT (COUNT(*) AS ?clusters) { ?s <https://w3id.org/thidua/def#statedMemberCount> ?n
      FILTER(STRSTARTS(STR(?s), "https://w3id.org/thidua/id/cluster/cum-")) } }
  { SELECT (COUNT(*) AS ?all) { GRAPH ?g { ?s ?p ?o } } } }"""
PATHS = ("/readyz", "/releases?format=json", "/api/clusters", "/api/officials", "/doc/cluster/bien-gioi-lang-son.ttl")


@dataclass
class Asker:
    """Who asks: what came back, by status, and what was wrong."""

    port: int
    counts: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    bodies: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def ask(self, over: threading.Event) -> None:
        """Everything was asked again and again until it was over."""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20) as client:
            while not over.is_set():
                for path in PATHS:
                    self._note(client, path, {})
                self._note(client, "/sparql", {"query": COUNT})
                time.sleep(0.05)

    def _note(self, client: httpx.Client, path: str, given: dict[str, str]) -> None:
        try:
            response = client.get(path, params=given or None, headers={"Accept": "*/*"})
        except httpx.HTTPError as error:
            self.faults.append(f"{path}: {error!r}")
            return
        self.counts[response.status_code] += 1
        if response.status_code != 200:
            self.faults.append(f"{path}: {response.status_code}: {response.text[:300]}")
        # Two answers under one tag are a mixture of two releases.
        tag = response.headers.get("etag", "")
        if tag and self.bodies.setdefault((path, tag), response.content) != response.content:
            self.faults.append(f"{path}: two answers under {tag}")


@dataclass
class Service:
    """The running service, and what those who ask it say."""

    port: int
    told: dict[str, Any] = field(default_factory=dict)

    def serves(self) -> str:
        """The version that is served."""
        return str(httpx.get(f"http://127.0.0.1:{self.port}/releases?format=json", timeout=20).json()["current"])


@contextlib.contextmanager
def served(releases: Path, log: Path, port: int) -> Iterator[Service]:
    """The service runs on the releases and is asked; afterwards it is known what came of it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("THIDUA_")}
    environment |= {"THIDUA_RELEASES": str(releases), "THIDUA_PORT": str(port), "THIDUA_WORKERS": "2"}
    environment |= {"THIDUA_RATE_LIMIT": "0"}
    command = [sys.executable, "-m", "service.cli", "serve"]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=stream, stderr=stream)
    found = Service(port)
    try:
        ready(port, process)
        asking = [sys.executable, "-m", "bench.faults.asking", str(port)]
        with subprocess.Popen(asking, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asker:
            try:
                yield found
            finally:
                found.told.update(json.loads(asker.communicate()[0]))
        if process.poll() is not None:
            found.told["faults"].append(f"the service ended with code {process.returncode}")
    finally:
        process.terminate()
        process.wait(30)


def main() -> None:
    """All was asked until standard input ended."""
    asker, over = Asker(int(sys.argv[1])), threading.Event()
    threads = [threading.Thread(target=asker.ask, args=(over,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    told = {"counts": asker.counts, "faults": asker.faults}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
