"""The service beside Oxigraph's own server on the same release: latency and throughput, as ratios of one run.

    python bench/http.py [--release DIR] [--seconds S] [--rounds N] [--only NAME …]

Needs `wrk` (a Debian package) and `oxigraph` (from PyPI) beside the interpreter or on the PATH. Three servers run at
once and are asked in turn: `thidua serve` with its cache off, `oxigraph serve-read-only` on the store of the release
(`disk`), and `oxigraph serve` with the same quads in memory; by itself a fourth, on the store over the union of its
named graphs (`union`). The default graph of a release is the merge of all its graphs already; that spares `disk` the
union, which a store without such a merge has to make for every answer. Answers are compared before they are timed. Then
a curated question beside its bare SPARQL, and kept answers and 304 beside computed ones. Every figure is the median of
the rounds; exit code 1 when a target is missed.
"""

from __future__ import annotations

import sys

# Run as a script, this file would be the standard library's `http` to all that is imported below.
sys.path[:] = [path for path in sys.path if not path.rstrip("/").endswith("bench")]

import argparse
import contextlib
import csv
import gzip
import io
import math
import os
import re
import shutil
import socket
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
JSON = "application/sparql-results+json"
ID, DEF = "https://w3id.org/thidua/id/", "https://w3id.org/thidua/def#"
PREFIXES = f"PREFIX td: <{DEF}> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
MANY = 16
# Seconds from the disk into memory, before anything is timed.
_SETTLING = 8
_UNION = "union"
_GRAPH = re.compile(rb' <[^<>" ]*> \.\n')
_UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6}


@dataclass(frozen=True)
class Question:
    """A query of the domain, and what kind of answer it gives: `kind` says which target it belongs to."""

    name: str
    kind: str
    text: str


@dataclass(frozen=True)
class Server:
    """A server under test, and where it answers SPARQL."""

    name: str
    endpoint: str

    def url(self, query: str) -> str:
        """The address that asks a query."""
        return f"{self.endpoint}?query={quote(query, safe='')}"


@dataclass(frozen=True)
class Figures:
    """Median latency in microseconds, answers per second, and how many answers were none. Where none came: inf, 0.0."""

    median: float
    rate: float
    failed: int


def _curated(group: str, name: str) -> str:
    lines = (ROOT / "queries" / group / f"{name}.rq").read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("#+")).strip()


QUESTIONS = (
    Question("label", "point", f"{PREFIXES}SELECT ?l {{ <{ID}unit/2025/19> rdfs:label ?l }}"),
    Question("unit", "point", f"SELECT ?p ?o {{ <{ID}unit/2004/182> ?p ?o }}"),
    Question("type", "point", f"{PREFIXES}ASK {{ <{ID}unit/2004/06184> a td:AdministrativeUnit }}"),
    Question("leaders", "join", _curated("clusters", "leaders")),
    Question(
        "communes", "rows", f"{PREFIXES}SELECT * {{ ?u td:parent <{ID}unit/2025/20> ; td:code ?c ; rdfs:label ?l }}"
    ),
    Question(
        "mergers",
        "rows",
        f"{PREFIXES}SELECT ?old ?name ?new ?share {{ ?new td:parent <{ID}unit/2025/19> .\n"
        "  ?t td:toUnit ?new ; td:fromUnit ?old ; td:share ?share . ?old rdfs:label ?name }",
    ),
    Question(
        "levels", "scan", f"{PREFIXES}SELECT ?l (COUNT(?u) AS ?n) {{ ?u td:level ?l ; td:codeList ?c }} GROUP BY ?l"
    ),
    Question("named", "scan", PREFIXES + 'SELECT ?u ?l { ?u rdfs:label ?l FILTER(CONTAINS(LCASE(?l), "tràng định")) }'),
)
# A curated question by its address, and the group and name of its file; the example of the file is what is asked.
CURATED = (
    ("/api/clusters/bien-gioi-lang-son/leaders", "clusters", "leaders"),
    ("/api/units/2004/182/successors", "units", "successors"),
    ("/api/clusters/bien-gioi-lang-son/members", "clusters", "members"),
)


@dataclass(frozen=True)
class Target:
    """A ratio that is to be reached: `least` or, of times, `most`."""

    name: str
    found: float
    least: float | None = None
    most: float | None = None

    @property
    def reached(self) -> bool:
        """Whether it is."""
        return (self.least is None or self.found >= self.least) and (self.most is None or self.found <= self.most)

    def __str__(self) -> str:
        wanted = f"at least {self.least}" if self.least is not None else f"at most {self.most}"
        return f"{'reached' if self.reached else 'MISSED ':8} {self.name:70} {self.found:6.2f}  ({wanted})"


def main() -> int:
    """The tables were printed, and which targets were reached; 1 if one was not."""
    options = _options()
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(thidua(options.release, cache=0))
        disk = stack.enter_context(oxigraph_on_disk(options.release))
        memory = stack.enter_context(oxigraph_in_memory(options.release))
        time.sleep(_SETTLING)
        targets = _beside_oxigraph(ours, (disk, memory), options)
        targets += _curated_beside_sparql(ours, options)
    with thidua(options.release, cache=64) as keeping:
        time.sleep(_SETTLING)
        targets += _kept_beside_computed(keeping, options)
    print("\n" + "\n".join(map(str, targets)))
    return 0 if all(target.reached for target in targets) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", type=Path, default=ROOT / "releases" / "current", help="the release to serve")
    parser.add_argument("--seconds", type=int, default=3, help="seconds of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is repeated")
    parser.add_argument("--only", nargs="*", help="names of questions")
    return parser.parse_args()


def _beside_oxigraph(ours: Server, theirs: Sequence[Server], options: argparse.Namespace) -> list[Target]:
    print(f"{'':24}{'median latency, µs':^56}{f'answers a second, {MANY} clients':^60}")
    others = [*(server.name for server in theirs), _UNION]
    head = "".join(f"{name:>8}" for name in (ours.name, *others))
    ratios = "".join(f"{'/' + name:>8}" for name in others)
    print(f"{'question':10}{'kind':8}{'rows':>6}{head}{ratios}  {head}{ratios}")
    latencies, rates = {}, {}
    for question in QUESTIONS:
        if options.only and question.name not in options.only:
            continue
        rows = _compare(question, (ours, *theirs))
        urls = [server.url(question.text) for server in (ours, *theirs)]
        one, many = _measure(urls, 1, options), _measure(urls, MANY, options)
        # It works on at what nobody waits for any more, so it goes before the next question. Its answer is not
        # compared: the engine's union gives a triple once for each graph that has it.
        with oxigraph_on_disk(options.release, union=True) as union:
            one += _measure([union.url(question.text)], 1, options)
            many += _measure([union.url(question.text)], MANY, options)
        latencies[question] = [figures.median for figures in one]
        rates[question] = [figures.rate for figures in many]
        (mine, *times), (rate, *their_rates) = latencies[question], rates[question]
        failed = sum(figures.failed for figures in (*one, *many))
        print(
            f"{question.name:10}{question.kind:8}{rows:6}"
            + "".join(f"{figure:8.0f}" for figure in latencies[question])
            + "".join(f"{mine / figure:8.2f}" for figure in times)
            + "  "
            + "".join(f"{figure:8.0f}" for figure in rates[question])
            + "".join(f"{_times(rate, figure):8.2f}" for figure in their_rates)
            + (f"  {failed} FAILED" if failed else ""),
            flush=True,
        )
    slower = [
        Target(
            f"median latency / {name}, median of the questions",
            statistics.median(figures[0] / figures[place] for figures in latencies.values()),
            most=0.4,
        )
        for place, name in enumerate(others, 1)
        if name != "memory"
    ]
    point, many_rows = dict(zip(others, (1.5, 0.7, 1.5), strict=True)), dict(zip(others, (3.5, 1.2, 3.5), strict=True))
    return [*slower, *_rate_targets(rates, "point", point), *_rate_targets(rates, "rows", many_rows)]


def _rate_targets(rates: dict[Question, list[float]], kind: str, wanted: dict[str, float]) -> list[Target]:
    """What is wanted of the rate beside each other server, in their order."""
    found = [figures for question, figures in rates.items() if question.kind == kind]
    name = f"answers a second with {MANY} clients, questions of the kind {kind!r}"
    return [
        Target(f"{name} / {other}", statistics.median(_times(f[0], f[place]) for f in found), least)
        for place, (other, least) in enumerate(wanted.items(), 1)
        if found
    ]


def _times(rate: float, other: float) -> float:
    return rate / other if other else math.inf


def _curated_beside_sparql(server: Server, options: argparse.Namespace) -> list[Target]:
    print(
        f"\n{'curated question':48}{'µs: REST':>10}{'SPARQL':>8}{'ratio':>8}{'1/s: REST':>12}{'SPARQL':>8}{'ratio':>8}"
    )
    found = []
    for path, group, name in CURATED:
        urls = [server.endpoint.removesuffix("/sparql") + path, server.url(_curated(group, name) + "\nLIMIT 101")]
        one, many = _measure(urls, 1, options), _measure(urls, MANY, options)
        slower, slower_many = one[0].median / one[1].median, many[1].rate / many[0].rate
        found.append(slower)
        print(
            f"{path:48}{one[0].median:10.0f}{one[1].median:8.0f}{slower:8.2f}"
            f"{many[0].rate:12.0f}{many[1].rate:8.0f}{slower_many:8.2f}",
            flush=True,
        )
    return [Target("latency of a curated question / of its bare SPARQL, the worst", max(found), most=1.3)]


def _kept_beside_computed(server: Server, options: argparse.Namespace) -> list[Target]:
    print(f"\n{'question':10}{'1/s: computed':>15}{'kept':>9}{'304':>9}")
    kept, unchanged = [], []
    for question in QUESTIONS:
        if options.only and question.name not in options.only:
            continue
        url = server.url(question.text)
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": JSON})) as answer:
            tag = answer.headers["ETag"]
        ways = (["Cache-Control: no-cache"], [], [f"If-None-Match: {tag}"])
        rates = [
            statistics.median(wrk(url, MANY, options.seconds, headers).rate for _ in range(options.rounds))
            for headers in ways
        ]
        kept.append(rates[1] / rates[0])
        unchanged.append(rates[2] / rates[0])
        print(f"{question.name:10}{rates[0]:15.0f}{rates[1]:9.0f}{rates[2]:9.0f}", flush=True)
    return [
        Target(
            "rate of a kept answer / of the computed one, median of the questions", statistics.median(kept), least=5
        ),
        Target(
            "rate of a 304 / of the computed answer, median of the questions", statistics.median(unchanged), least=5
        ),
    ]


def _compare(question: Question, servers: Sequence[Server]) -> int:
    """The number of rows, which all servers give alike."""
    answers = []
    accept = JSON if "ASK" in question.text else "text/csv"
    for server in servers:
        request = urllib.request.Request(server.url(question.text), headers={"Accept": accept})
        with urllib.request.urlopen(request) as answer:
            answers.append(sorted(csv.reader(io.StringIO(answer.read().decode()))))
    for server, answer in zip(servers, answers, strict=True):
        if answer != answers[0]:
            raise SystemExit(f"{server.name} answers {question.name!r} in another way than {servers[0].name}")
    return len(answers[0]) - (accept != JSON)


def _measure(urls: Sequence[str], clients: int, options: argparse.Namespace) -> list[Figures]:
    """Per address the medians over the rounds; in each round every address is asked once, in turn."""
    rounds = [[wrk(url, clients, options.seconds) for url in urls] for _ in range(options.rounds)]
    return [
        Figures(
            statistics.median(found[place].median for found in rounds),
            statistics.median(found[place].rate for found in rounds),
            sum(found[place].failed for found in rounds),
        )
        for place in range(len(urls))
    ]


def wrk(url: str, clients: int, seconds: int, headers: Sequence[str] = ()) -> Figures:
    """What wrk says of an address that so many clients ask for so many seconds."""
    command = [tool("wrk"), "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
    for header in (f"Accept: {JSON}, application/json;q=0.9", *headers):
        command += ["-H", header]
    text = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    median, rate = re.search(r"50%\s+([\d.]+)(us|ms|s)", text), re.search(r"Requests/sec:\s+([\d.]+)", text)
    if not median or not rate:
        raise SystemExit(f"wrk says something unknown:\n{text}")
    failed = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", text)))
    errors = re.search(r"Socket errors: (.*)", text)
    failed += sum(map(int, re.findall(r"\d+", errors[1]))) if errors else 0
    # Where nothing was answered in time, wrk says 0 of both.
    answered = float(rate[1])
    return Figures(float(median[1]) * _UNITS[median[2]] if answered else math.inf, answered, failed)


def tool(name: str) -> str:
    """Where a program is."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        raise SystemExit(f"{name} is not installed → wrk is a Debian package, oxigraph comes from PyPI")
    return found


@contextlib.contextmanager
def thidua(release: Path, cache: int) -> Iterator[Server]:
    """Our service on a release, keeping so many MiB of answers."""
    port = _port()
    environ = {
        "THIDUA_RELEASES": str(release.absolute().parent),
        "THIDUA_PORT": str(port),
        "THIDUA_CACHE_MEMORY": str(cache),
        "THIDUA_RATE_LIMIT": "0",
    }
    with _running([sys.executable, "-m", "service.cli", "serve"], f"http://127.0.0.1:{port}/readyz", **environ):
        yield Server("thidua", f"http://127.0.0.1:{port}/sparql")


@contextlib.contextmanager
def oxigraph_on_disk(release: Path, *, union: bool = False) -> Iterator[Server]:
    """Oxigraph's own server on the store of a release: over its default graph, or over the union of the others."""
    port = _port()
    command = [tool("oxigraph"), "serve-read-only", "-l", str(release / "store"), "-b", f"127.0.0.1:{port}"]
    with _running(command + ["--union-default-graph"] * union, f"http://127.0.0.1:{port}/"):
        yield Server(_UNION if union else "disk", f"http://127.0.0.1:{port}/query")


@contextlib.contextmanager
def oxigraph_in_memory(release: Path) -> Iterator[Server]:
    """Oxigraph's own server with the quads of a release in memory, and the merge of its graphs as in the store."""
    port = _port()
    with _running([tool("oxigraph"), "serve", "-b", f"127.0.0.1:{port}"], f"http://127.0.0.1:{port}/"):
        quads = gzip.decompress(next((release / "dumps").glob("*.nq.gz")).read_bytes())
        body, headers = quads + _GRAPH.sub(b" .\n", quads), {"Content-Type": "application/n-quads"}
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/store", body, headers)).close()
        yield Server("memory", f"http://127.0.0.1:{port}/query")


@contextlib.contextmanager
def _running(command: list[str], url: str, **environ: str) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=os.environ | environ, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await(url, process)
        yield
    finally:
        process.terminate()
        process.wait()


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"{process.args} ended with {process.returncode}")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


def _port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
