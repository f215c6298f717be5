"""A build end to end, at several sizes, beside `oxigraph load` of the finished dump alone.

    python -m bench.build [--sizes 0.1,1,10] [--spreadsheets 100] [--seed 1] [--room DIR]

Needs `oxigraph` (from PyPI) beside the interpreter or on the PATH. For each size, in millions of triples, a synthetic
country is written (`bench.country`), `thidua build` makes a release of it in a new directory, and Oxigraph's own
loader loads that release's N-Quads, unpacked. Then one spreadsheet is edited: the rebuild is timed, and its hash
compared with that of a build of the same data in a new directory. Memory is the sum of the PSS of all processes of the
build, sampled: what they share is counted once, pages of mapped files count as well. Exit code 1 when a target is
missed.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.country.__main__ import Size, edit, make
from bench.http import Target, tool
from loaders.release import manifest
from loaders.release.manifest import Manifest
from loaders.resources import ROOT

_MILLION = 1_000_000
_STAGE = re.compile(r"^  (\S.*) …$")
# Seconds between two looks at the memory.
_PAUSE = 0.25
# Seconds for a thread that has nothing more to read.
_WAIT = 10


@dataclass(frozen=True)
class Course:
    """How a program went: seconds in all and by stage, and the most memory of all its processes together, in MiB."""

    seconds: float
    memory: float
    stages: Mapping[str, float] = field(default_factory=dict)


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
        print(_table(size, found[size]), flush=True)
    targets = list(_targets(found))
    print("\n" + "\n".join(map(str, targets)))
    return 0 if all(target.reached for target in targets) else 1


def measured(size: float, room: Path, options: argparse.Namespace) -> Figures:
    """The figures of one size."""
    data, country = room / "data", Size(round(size * _MILLION), options.seed, options.spreadsheets)
    make(data, country, os.cpu_count() or 1)
    first, build = _built(data, room / "first")
    load = _loaded(first, room)
    edit(data, country, (country.spreadsheets + 1) // 2)
    edited, rebuild = _built(data, room / "first")
    hashed = manifest.read(edited).dataset
    release = manifest.read(first)
    shutil.rmtree(room / "first")
    whole, _ = _built(data, room / "second")
    return Figures(release, build, load, rebuild, manifest.read(whole).dataset == hashed != release.dataset)


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
    began = time.perf_counter()
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
    said: list[tuple[float, str]] = []
    ears = threading.Thread(target=lambda: said.extend(_lines(listener)), daemon=True)
    ears.start()
    with _watched(process.pid) as memory:
        printed, _ = process.communicate()
    seconds = time.perf_counter() - began
    ears.join(_WAIT)
    if process.returncode:
        raise SystemExit("\n".join([f"{' '.join(command)} ended with {process.returncode}", *(t for _, t in said)]))
    return printed, Course(seconds, max(memory, default=0.0), _stages(said, began, began + seconds))


def _lines(listener: int) -> Iterator[tuple[float, str]]:
    """The lines that come through a terminal, each with the moment when it came."""
    with open(listener, encoding="utf-8", errors="replace", newline="\n") as stream, contextlib.suppress(OSError):
        for line in stream:
            yield time.perf_counter(), line.rstrip("\r\n").rpartition("\r")[2]


def _stages(said: Sequence[tuple[float, str]], began: float, ended: float) -> Mapping[str, float]:
    marks = [(began, "starting"), *((moment, m[1]) for moment, line in said if (m := _STAGE.match(line)))]
    seconds: Counter[str] = Counter()
    for (moment, name), (after, _) in zip(marks, [*marks[1:], (ended, "")], strict=True):
        seconds[name] += after - moment  # type: ignore[assignment]
    return seconds


@contextlib.contextmanager
def _watched(session: int) -> Iterator[list[float]]:
    """A list that grows while somebody looks at the memory of a session's processes, in MiB."""
    seen: list[float] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(_PAUSE):
            seen.append(sum(_proportional(pid) for pid in _processes(session)) / 1024)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _processes(session: int) -> Iterator[Path]:
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            # The name of a program, in brackets, may hold anything; the session is the fourth word behind it.
            if path.joinpath("stat").read_text().rpartition(")")[2].split()[3] == str(session):
                yield path


def _proportional(process: Path) -> int:
    with contextlib.suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+) kB", process.joinpath("smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) if found else 0
    return 0


def _table(size: float, found: Figures) -> str:
    build, load = found.build, found.load
    return "\n".join(
        [
            f"\n{size:g} million: {found.release.quads:,} statements in {len(found.release.graphs):,} graphs",
            *(f"    {name:52}{seconds:9.1f} s" for name, seconds in build.stages.items()),
            f"  {'build':54}{build.seconds:9.1f} s{found.pace:9.1f} µs a statement{build.memory:9.0f} MiB",
            f"  {'oxigraph load of its dump':54}{load.seconds:9.1f} s{load.memory:33.0f} MiB",
            f"  {'rebuild after an edit of one spreadsheet':54}{found.rebuild.seconds:9.1f} s"
            f"{found.rebuild.memory:33.0f} MiB",
            *(f"    {name:52}{seconds:9.1f} s" for name, seconds in found.rebuild.stages.items()),
            f"  the hash is {'that' if found.same else 'NOT THAT'} of a full build",
        ]
    )


def _targets(found: Mapping[float, Figures]) -> Iterator[Target]:
    for size, figures in found.items():
        named, seconds = f"{size:g} million", figures.build.seconds
        if size > 1 and 1 in found:
            yield Target(f"{named}: time per statement / that at 1 million", figures.pace / found[1].pace, most=1.3)
        if size >= 10:
            yield Target(f"{named}: memory of the build, GiB", figures.build.memory / 1024, most=4)
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
