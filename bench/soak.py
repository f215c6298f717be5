"""A soak: the service under good, bad and hostile requests for minutes, while releases are published.

`make soak`, or `python -m bench.soak --seconds 600 [--kills]`. It starts the service on a copy of the published
release and a second build of the same sources, published in turn. At the end it says what was asked and answered, and
exits with 1 if anything was wrong: a wrong answer, a status that was not earned, a request that got no answer, memory
that grows.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, quantiles
from typing import Any
from urllib.parse import quote

import httpx

from bench.waiting import ready
from loaders.resources import ROOT
from service.catalogue import Catalogue
from tests.bad_requests import BAD, RANGES
from tests.house import ENDLESS, FLOOD, THOUSAND

# What a bomb may take. Its answer is due half a second later.
TIMEOUT, MEMORY, ANSWER, GRACE = 3.0, 256, 32, 0.5
# Memory may grow by so much, as the first third of the soak is compared with the last: caches and arenas fill.
GROWTH, SLACK = 1.15, 64
LIGHT = ("query", "question", "page")
JSON = {"Accept": "application/sparql-results+json"}
PREFIXES = "PREFIX td: <https://w3id.org/thidua/def#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
# Queries and, where it does not depend on the data, their answer; for the others it is what the idle service says.
QUERIES: dict[str, object] = {
    "ASK {}": True,
    "SELECT (STRLEN('Đình Lập') AS ?n) {}": [["8"]],
    PREFIXES + 'SELECT (td:fold("Đình Lập") AS ?x) {}': [["dinh lap"]],
    PREFIXES + "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }": None,
    PREFIXES + "SELECT ?s ?label { ?s a td:EmulationCluster ; rdfs:label ?label } ORDER BY ?s ?label": None,
    PREFIXES + "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY ?p": None,
    PREFIXES + "SELECT ?s { GRAPH ?g { ?s a td:Conference } } ORDER BY ?s ?g": None,
}
PAGES = ("/", "/api?format=html", "/sparql?format=html", "/docs", "/def", "/dumps/", "/doc/cluster/bien-gioi-lang-son")
GREED = (
    f"SELECT (GROUP_CONCAT(STR(?x)) AS ?y) {{ {' '.join(f'VALUES ?{n} {THOUSAND}' for n in 'abc')} BIND(?a AS ?x) }}"
)
BOMBS = {
    "deadline": ENDLESS,
    "flood": FLOOD,
    "memory": FLOOD + " ORDER BY ?c",
    "greed": GREED,
    "update": "INSERT DATA { <urn:s> <urn:p> 1 }",
    "brackets": "ASK { FILTER(" + "(" * 20_000 + "1" + ")" * 20_000 + ") }",
}


@dataclass
class Ledger:
    """What was asked and what came of it; many threads write."""

    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)
    published: int = 0
    killed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, status: int, seconds: float, fault: str | None = None) -> None:
        """A request is on record, and what was wrong with its answer."""
        with self._lock:
            self.counts[kind, status] += 1
            self.seconds[kind].append(seconds)
        if fault:
            self.blame(f"{kind}: {status} after {seconds:.2f} s: {fault}")

    def blame(self, fault: str) -> None:
        """Something was wrong."""
        with self._lock:
            self.faults.append(f"{time.strftime('%H:%M:%S')} {fault}")


@dataclass
class Soak:
    """A running service, those who ask it, and until when."""

    port: int
    server: int
    end: float
    kills: bool
    ledger: Ledger
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def goes_on(self) -> bool:
        """Whether it is not over yet."""
        return time.monotonic() < self.end

    def client(self, place: int) -> httpx.Client:
        """A client with an address of its own, where loopback has many."""
        address = f"127.0.1.{place}" if sys.platform == "linux" else None
        transport = httpx.HTTPTransport(local_address=address)
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, transport=transport)

    # Those who ask rightly.

    def ask(self, place: int) -> None:
        """Queries, curated questions and pages in turn, each answered as when nothing else was asked."""
        with self.client(place) as client:
            for kind, target in _mixed(place):
                if not self.goes_on:
                    return
                began = time.monotonic()
                try:
                    status, found = answer(client, kind, target)
                except httpx.HTTPError as error:
                    self.ledger.note(kind, 0, time.monotonic() - began, f"lost: {error!r} for {target[:200]}")
                    continue
                fault = self._fault(kind, target, status, found)
                self.ledger.note(kind, status, time.monotonic() - began, fault)
                time.sleep(0.01)

    def _fault(self, kind: str, target: str, status: int, found: Any) -> str | None:
        if status == 200:
            return None if found == self.known[target] else f"a wrong answer to {target[:200]}: {str(found)[:200]}"
        # Queries of the public wait for each other; a process that was killed takes its query along.
        earned = (kind == "query" and status == 429) or self._lost(status, found)
        return None if earned else f"not earned by {target[:200]}: {str(found)[:300]}"

    def _lost(self, status: int, told: object) -> bool:
        """Whether the answer says that its process was lost, which is so if we kill some."""
        return self.kills and status == 503 and "urn:thidua:problem:lost" in str(told)

    # Those who do not.

    def misbehave(self, place: int) -> None:
        """Bad requests, each with the class of answer that it must get."""
        chosen = random.Random(place)
        while self.goes_on:
            bad = chosen.choice([bad for bad in BAD if bad not in RANGES])
            began = time.monotonic()
            status, told = exchange(self.port, bad.raw, place)
            right = status in (*bad.statuses, 429) or self._lost(status, told)
            self.ledger.note("bad", status, time.monotonic() - began, None if right else f"{bad.name}: {told[:200]!r}")
            time.sleep(0.02)

    def bomb(self, place: int) -> None:
        """Queries that nobody can answer; they end in time, with the limit that they met."""
        names = list(BOMBS)
        random.Random(place).shuffle(names)
        with self.client(place) as client:
            while self.goes_on:
                names.append(name := names.pop(0))
                began = time.monotonic()
                try:
                    response = client.post("/sparql", data={"query": BOMBS[name]}, headers={"Accept": "text/csv"})
                    status, told = response.status_code, response.text[:200]
                except httpx.HTTPError as error:
                    status, told = 0, repr(error)
                used = time.monotonic() - began
                late = used > TIMEOUT + GRACE + 1.5  # the last are what it may wait for its turn
                right = status in (400, 429, 503, 504) and not late
                self.ledger.note("bomb", status, used, None if right else f"{name}: {told}")

    def leave(self, place: int) -> None:
        """Long queries whose client goes away, and long answers whose client hardly reads."""
        chosen = random.Random(place)
        while self.goes_on:
            query, pause = chosen.choice(
                [(ENDLESS, 0.3), (f"SELECT * {{ VALUES ?a {THOUSAND} VALUES ?b {THOUSAND} }}", 2.0)]
            )
            head = f"GET /sparql?query={quote(query)}&format=csv HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            with contextlib.suppress(OSError), connect(self.port, place) as connection:
                connection.settimeout(5)
                connection.sendall(head)
                for _ in range(10):
                    time.sleep(chosen.random() * pause / 5)
                    if query != ENDLESS:
                        connection.recv(512)
            self.ledger.note("left", 0, 0)

    def kill(self, _: int) -> None:
        """Now and then a query process is gone."""
        while self.goes_on:
            time.sleep(2)
            # The holder and those who serve are nearer to us: only what a holder forked is a query process.
            if deep := [pid for pid, depth in family(self.server) if depth >= 2]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(random.choice(deep), signal.SIGKILL)
                    self.ledger.killed += 1

    # Those who look on.

    def watch(self, _: int) -> None:
        """The memory of all processes, every second."""
        while self.goes_on:
            self.ledger.memory.append((time.monotonic(), sum(proportional(pid) for pid, _ in family(self.server))))
            time.sleep(1)


def _mixed(place: int) -> Iterator[tuple[str, str]]:
    chosen, questions = random.Random(place), [query.example_url for query in Catalogue.read()]
    while True:
        yield "query", chosen.choice(list(QUERIES))
        yield "question", chosen.choice(questions)
        yield "page", chosen.choice(PAGES)


def answer(client: httpx.Client, kind: str, target: str) -> tuple[int, Any]:
    """The status and what was answered, but for what depends on the release."""
    if kind == "query":
        response = client.post("/sparql", data={"query": target}, headers=JSON)
        found = response.json()
        if response.status_code == 200:
            found = found["boolean"] if "boolean" in found else _cells(found)
        return response.status_code, found
    response = client.get(target, headers={"Accept": "text/html" if kind == "page" else "application/json"})
    if kind == "question" and response.status_code == 200:
        return 200, response.json()["rows"]
    return response.status_code, "</html>" in response.text if response.status_code == 200 else response.text


def _cells(found: dict[str, Any]) -> list[list[str]]:
    return [[row[name]["value"] for name in found["head"]["vars"]] for row in found["results"]["bindings"]]


def learn(client: httpx.Client) -> dict[str, Any]:
    """The answers of the idle service, which are those that are known where some are."""
    asked = [("query", query) for query in QUERIES] + [("page", page) for page in PAGES]
    known = {}
    for kind, target in [*asked, *(("question", query.example_url) for query in Catalogue.read())]:
        status, known[target] = answer(client, kind, target)
        expected = QUERIES.get(target) if kind == "query" else None
        if status != 200 or (expected is not None and expected != known[target]):
            raise SystemExit(f"the idle service answers {target} with {status}: {known[target]}")
    return known


def connect(port: int, place: int) -> socket.socket:
    """A connection from an address of its own."""
    source = (f"127.0.1.{place}", 0) if sys.platform == "linux" else None
    return socket.create_connection(("127.0.0.1", port), 20, source_address=source)


def exchange(port: int, raw: bytes, place: int) -> tuple[int, bytes]:
    """The status and the body of the answer to these bytes; 0 when the connection was closed without one."""
    with connect(port, place) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(raw)
        response = http.client.HTTPResponse(connection, method="GET")
        try:
            response.begin()
            return response.status, response.read()
        except (http.client.HTTPException, ConnectionResetError) as error:
            return 0, repr(error).encode()


def family(root: int) -> list[tuple[int, int]]:
    """The process and all that come from it, with their distance from it."""
    children = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            children[int(path.read_text().rpartition(")")[2].split()[1])].append(int(path.parent.name))
    found = [(root, 0)]
    for pid, depth in found:
        found += [(child, depth + 1) for child in children[pid]]
    return found


def proportional(pid: int) -> int:
    """The memory of a process in KiB; what it shares counts by its share."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


@contextlib.contextmanager
def served(releases: Path) -> Iterator[tuple[int, int]]:
    """The service on a free port: the port and the process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    limits = {"QUERY_TIMEOUT": f"{TIMEOUT:g}", "QUERY_MEMORY": str(MEMORY), "ANSWER_SIZE": str(ANSWER)}
    environment = os.environ | {f"THIDUA_{name}": value for name, value in limits.items()}
    environment |= {"THIDUA_RELEASES": str(releases), "THIDUA_PORT": str(port), "THIDUA_HOST": "127.0.0.1"}
    with (releases / "soak.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.cli", "serve"], env=environment, cwd=ROOT, stderr=log
        )
        try:
            ready(port, process)
            yield port, process.pid
            if process.poll() is not None:
                raise SystemExit(f"the service ended with code {process.returncode}")
        finally:
            process.terminate()
            process.wait(30)


def thidua(releases: Path, *arguments: str) -> str:
    """What the command line says on these releases."""
    command = [sys.executable, "-m", "service.cli", *arguments]
    environment = os.environ | {"THIDUA_RELEASES": str(releases)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def two(source: Path, releases: Path) -> list[str]:
    """Two releases of the same sources stand there, the second published."""
    first = (source / "current").resolve()
    shutil.copytree(first, releases / first.name)
    second = thidua(releases, "build", "--force")
    thidua(releases, "publish", second)
    return [first.name, second]


def run(soak: Soak, releases: Path, versions: list[str], every: float) -> None:
    """All have asked until the end, while the releases were published in turn."""
    crowd: list[Callable[[int], None]] = [soak.ask] * 4 + [soak.misbehave] * 2 + [soak.bomb] * 4 + [soak.leave] * 2
    crowd += [soak.watch] + [soak.kill] * soak.kills
    threads = [threading.Thread(target=_told, args=(soak, each, place)) for place, each in enumerate(crowd, 1)]
    for thread in threads:
        thread.start()
    while (rest := soak.end - time.monotonic()) > 0:
        time.sleep(min(every, rest))
        versions.append(version := versions.pop(0))
        thidua(releases, "publish", version)
        soak.ledger.published += 1
    for thread in threads:
        thread.join()


def _told(soak: Soak, each: Callable[[int], None], place: int) -> None:
    """A thread that fails is a fault of the soak, and is told as one."""
    try:
        each(place)
    except Exception as error:
        soak.ledger.blame(f"{each.__name__} ended: {error!r}")


def growth(memory: list[tuple[float, int]]) -> tuple[float, float]:
    """The memory in MiB in the first third, after a tenth to warm up, and in the last."""
    sizes = [size / 1024 for _, size in memory][len(memory) // 10 :]
    third = max(len(sizes) // 3, 1)
    return mean(sizes[:third]), mean(sizes[-third:])


def report(ledger: Ledger) -> bool:
    """Whether all was well; what was asked and answered is told."""
    for kind in sorted(ledger.seconds):
        statuses = {status: count for (each, status), count in sorted(ledger.counts.items()) if each == kind}
        print(f"{kind:9} {sum(statuses.values()):7}  {json.dumps(statuses)}")
    for kind in LIGHT:
        if len(found := ledger.seconds[kind]) > 1:
            cuts = quantiles(found, n=100, method="inclusive")
            print(
                f"{kind:9} p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms, most {max(found) * 1000:.0f} ms"
            )
    first, last = growth(ledger.memory)
    print(f"memory    {first:.0f} MiB in the first third, {last:.0f} MiB in the last")
    print(f"published {ledger.published} times, {ledger.killed} processes killed")
    if last > first * GROWTH + SLACK:
        ledger.blame("memory grows")
    print(f"faults    {len(ledger.faults)}", *ledger.faults[:50], sep="\n  ", flush=True)
    return not ledger.faults


def main() -> None:
    """The soak, as the command line wants it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--releases", type=Path, default=ROOT / "releases", help="where the published release is")
    parser.add_argument("--kills", action="store_true", help="kill a query process every two seconds")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        versions = two(given.releases, Path(scratch))
        with served(Path(scratch)) as (port, pid):
            soak = Soak(port, pid, 0, given.kills, Ledger())
            with soak.client(250) as client:
                soak.known = learn(client)
            soak.end = time.monotonic() + given.seconds
            run(soak, Path(scratch), versions, min(60, given.seconds / 5))
        raise SystemExit(not report(soak.ledger))


if __name__ == "__main__":
    main()
