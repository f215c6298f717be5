"""A build end to end, at several sizes, beside `oxigraph load` of the finished dump alone.

    python -m bench.build [--sizes 0.1,1,10] [--spreadsheets 100] [--seed 1] [--room DIR]

Needs `oxigraph` (from PyPI) beside the interpreter or on the PATH. For each size, in millions of triples, a synthetic
country is written (`bench.country`), `thidua build` makes a release of it in a new directory, and Oxigraph's own
loader loads that release's N-Quads, unpacked. Then one spreadsheet is edited: the rebuild is timed, and its hash
compared with that of a build of the same data in a new directory. Memory is the sum of the PSS of all processes of the
build, sampled: what they share is counted once, pages of mapped files count as well. Processor seconds are those of
all processes too; on a machine with other work they are what to look at. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.country.__main__ import Size, edit, make
from bench.http import Target, tool
from loaders.release import manifest
from loaders.release.manifest import Manifest
from loaders.resources import ROOT

_MILLION = 1_000_000
_STAGE = re.compile(r"^  (\S.*) …$")
# Seconds between two looks at the memory, and how many times as long as a look took nobody looks again.
_PAUSE, _SELDOM = 0.25, 50
# Seconds for a thread that has nothing more to read.
_WAIT = 10


@dataclass(frozen=True)
class Spent:
    """Seconds, on the clock and of processors."""

    clock: float = 0.0
    processor: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.clock + other.clock, self.processor + other.processor)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.clock - other.clock, self.processor - other.processor)

    def __str__(self) -> str:
        return f"{self.clock:9.1f} s{self.processor:9.1f} s of processors"


@dataclass(frozen=True)
class Stage:
    """A stretch of a program's course, with the most memory of all its processes together, in MiB."""

    spent: Spent = Spent()
    memory: float = 0.0

    def __add__(self, other: Stage) -> Stage:
        return Stage(self.spent + other.spent, max(self.memory, other.memory))

    def __str__(self) -> str:
        return f"{self.spent}{self.memory:8.0f} MiB"


@dataclass(frozen=True)
class Course:
    """How a program went, from stage to stage."""

    stages: Mapping[str, Stage]

    @property
    def whole(self) -> Stage:
        """The whole of it."""
        return sum(self.stages.values(), Stage())

    @property
    def seconds(self) -> float:
        """Seconds on the clock."""
        return self.whole.spent.clock


@dataclass(frozen=True)
class Figures:
    """What was measured at one size: the release, its build, the loader beside it, a rebuild after one edit."""

    release: Manifest
    build: Course
    load: Course
    rebuild: Course
    same: bool

    @property
    def pace(self) -> float:
        """Microseconds of the build for each statement of the release."""
        return self.build.seconds / self.release.quads * 1e6


def main() -> int:
    """The tables were printed, and which targets were reached; 1 if one was not."""
    options = _options()
    found: dict[float, Figures] = {}
    for size in map(float, options.sizes.split(",")):
        with tempfile.TemporaryDirectory(dir=options.room) as room:
            found[size] = measured(size, Path(room), options)
    targets = list(_targets(found))
    print("\n" + "\n".join(map(str, targets)))
    return 0 if all(target.reached for target in targets) else 1


def measured(size: float, room: Path, options: argparse.Namespace) -> Figures:
    """The figures of one size, printed as they come."""
    print(f"\n{size:g} million triples in {options.spreadsheets} spreadsheets")
    data, country = room / "data", Size(round(size * _MILLION), options.seed, options.spreadsheets)
    make(data, country, os.cpu_count() or 1)
    first, build = _built(data, room / "first")
    release = manifest.read(first)
    _told(f"build of {release.quads:,} statements", build)
    load = _told("oxigraph load of its dump", _loaded(first, room))
    edit(data, country, (country.spreadsheets + 1) // 2)
    edited, rebuild = _built(data, room / "first")
    hashed = manifest.read(edited).dataset
    _told("rebuild after an edit of one spreadsheet", rebuild)
    shutil.rmtree(room / "first")
    whole, again = _built(data, room / "second")
    _told("build of the edited data in a new directory", again)
    same = manifest.read(whole).dataset == hashed != release.dataset
    figures = Figures(release, build, load, rebuild, same)
    print(f"  {figures.pace:.1f} µs a statement; the hash is {'that' if same else 'NOT THAT'} of a build from nothing")
    return figures


def _built(data: Path, releases: Path) -> tuple[Path, Course]:
    """The release that a build made, and how the build went."""
    environ = {"THIDUA_DATA": str(data), "THIDUA_RELEASES": str(releases)}
    version, course = run([sys.executable, "-m", "service.cli", "build"], environ)
    return releases / version.strip(), course


def _loaded(release: Path, room: Path) -> Course:
    plain, store = room / "plain.nq", room / "store"
    (dump,) = (release / "dumps").glob("*.nq.gz")
    with gzip.open(dump) as packed, plain.open("wb") as stream:
        shutil.copyfileobj(packed, stream, 1 << 20)
    _, course = run([tool("oxigraph"), "load", "--location", str(store), "--file", str(plain)], {})
    plain.unlink()
    shutil.rmtree(store)
    return course


def run(command: Sequence[str], environ: Mapping[str, str]) -> tuple[str, Course]:
    """What a command printed, and how it went; it believes that a terminal listens, and so says its stages."""
    listener, terminal = pty.openpty()
    process = subprocess.Popen(
        command,
        env={**os.environ, **environ},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
        start_new_session=True,
    )
    os.close(terminal)
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    said: list[tuple[Spent, str]] = []
    ears = threading.Thread(target=lambda: said.extend(_lines(listener, process.pid, began)), daemon=True)
    ears.start()
    with _watched(process.pid) as memory:
        try:
            printed, _ = process.communicate()
        except BaseException:
            # It is a session of its own, which no Ctrl-C reaches.
            os.killpg(process.pid, signal.SIGTERM)
            raise
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    spent = Spent(time.perf_counter() - began, worked)
    ears.join(_WAIT)
    if process.returncode:
        raise SystemExit("\n".join([f"{' '.join(command)} ended with {process.returncode}", *(t for _, t in said)]))
    return printed, Course(_stages(said, spent, [(moment - began, size) for moment, size in memory]))


def _lines(listener: int, session: int, began: float) -> Iterator[tuple[Spent, str]]:
    """The lines that come through a terminal, each with what had been spent when it came."""
    worked = 0.0
    with open(listener, encoding="utf-8", errors="replace", newline="\n") as stream, contextlib.suppress(OSError):
        for line in stream:
            ticks = sum(sum(map(int, words[11:15])) for _, words in _processes(session))
            # Processes that have ended without anybody's waiting for them are counted at the end only.
            worked = max(worked, ticks / os.sysconf("SC_CLK_TCK"))
            yield Spent(time.perf_counter() - began, worked), line.rstrip("\r\n").rpartition("\r")[2]


def _stages(
    said: Sequence[tuple[Spent, str]], spent: Spent, memory: Sequence[tuple[float, float]]
) -> Mapping[str, Stage]:
    marks = [(Spent(), "starting"), *((then, m[1]) for then, line in said if (m := _STAGE.match(line)))]
    stages: dict[str, Stage] = {}
    for (then, name), (after, _) in zip(marks, [*marks[1:], (spent, "")], strict=True):
        most = max((size for moment, size in memory if then.clock <= moment <= after.clock), default=0.0)
        stages[name] = stages.get(name, Stage()) + Stage(after - then, most)
    return stages


@contextlib.contextmanager
def _watched(session: int) -> Iterator[list[tuple[float, float]]]:
    """A list that grows while somebody looks at the memory of a session's processes, in MiB, with the moment."""
    seen: list[tuple[float, float]] = []
    over = threading.Event()

    def look() -> None:
        pause = _PAUSE
        while not over.wait(pause):
            began = time.perf_counter()
            size = sum(_proportional(path) for path, _ in _processes(session)) / 1024
            seen.append((time.perf_counter(), size))
            # The system counts pages one by one, and holds up whoever is looked at.
            pause = max(_PAUSE, _SELDOM * (time.perf_counter() - began))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _processes(session: int) -> Iterator[tuple[Path, list[str]]]:
    """The processes of a session, with the words of /proc/PID/stat behind the program's name (proc_pid_stat(5))."""
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            # The name, in brackets, may hold anything.
            words = path.joinpath("stat").read_text().rpartition(")")[2].split()
            if words[3] == str(session):
                yield path, words


def _proportional(process: Path) -> int:
    with contextlib.suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+) kB", process.joinpath("smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) if found else 0
    return 0


def _told(name: str, course: Course) -> Course:
    """The course, which was printed, stages first."""
    for stage, spent in course.stages.items():
        if len(course.stages) > 1:
            print(f"    {stage:44}{spent}")
    print(f"  {name:46}{course.whole}", flush=True)
    return course


def _targets(found: Mapping[float, Figures]) -> Iterator[Target]:
    for size, figures in found.items():
        named, seconds = f"{size:g} million", figures.build.seconds
        if size > 1 and 1 in found:
            yield Target(f"{named}: time per statement / that at 1 million", figures.pace / found[1].pace, most=1.3)
        if size >= 10:
            yield Target(f"{named}: memory of the build, GiB", figures.build.whole.memory / 1024, most=4)
        yield Target(f"{named}: speed of the build / oxigraph load alone", figures.load.seconds / seconds, least=0.5)
        yield Target(f"{named}: rebuild after an edit / build", figures.rebuild.seconds / seconds, most=0.1)
        yield Target(f"{named}: a rebuild has the hash of a full build", float(figures.same), least=1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="0.1,1,10", help="millions of triples, the smallest first")
    parser.add_argument("--spreadsheets", type=int, default=100, help="workbooks that a country has")
    parser.add_argument("--seed", type=int, default=1, help="which country")
    parser.add_argument("--room", type=Path, help="directory for what is made and deleted again (10 million: 12 GB)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
