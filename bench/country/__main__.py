"""A synthetic country, written as staff would enter it: spreadsheets of which `thidua build` makes a release.

    python -m bench.country --triples 1000000 --seed 1 --spreadsheets 100 [--faults N] -o DIR
    THIDUA_DATA=DIR THIDUA_RELEASES=RELEASES thidua build

Names of places are those of the registry; all else is made up, and every source says that it is synthetic. The
triples are those of the records: the registry and the ontology, 0.42 million, come on top. The same options give the
same files. `DIR/faults.json` says how often the gate must find each rule broken: never, but for members of unknown age,
where no history is at hand, and for the faults of every kind that `--faults` sows in a spreadsheet of their own.
`--broken` adds one with slips for which the records must be refused, told in `DIR/broken.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from multiprocessing import Pool
from pathlib import Path

from bench.country import book as books
from bench.country import broken
from bench.country import faults as faulty
from bench.country.book import Book
from bench.country.cast import COMMUNES_2025, MINISTRIES, PROVINCES, SECTORS, Setting
from bench.country.chronicle import SHARED, Chronicle, tell_shared
from bench.country.land import Place, read_land
from loaders.identity import fold
from loaders.records.tables import TABLES
from loaders.resources import ROOT

_AGELESS = "member-of-unknown-age"
_SLIPS = "sai-sot.xlsx"
_DESCRIPTION = """\
key = "records"
title = "Dữ liệu tổng hợp: một đất nước không có thật, để thử phần mềm"
publisher = "thidua, bench/country"
license = "https://creativecommons.org/publicdomain/zero/1.0/"
rights = "Dữ liệu tổng hợp. Ngoài tên đơn vị hành chính, không có gì ở đây là thật. Synthetic data."

[expected]
"""


@dataclass(frozen=True)
class Size:
    """Which country: triples of its records, the seed, the spreadsheets among which the rows are divided."""

    triples: int
    seed: int = 1
    spreadsheets: int = 100


@dataclass(frozen=True)
class Written:
    """What stands in a spreadsheet: rows by table, keys to be minted, triples that a release makes of it, faults."""

    rows: Mapping[str, int]
    keys: Sequence[tuple[str, str]]
    triples: int
    faults: Counter[str]

    @classmethod
    def of(cls, book: Book, faults: Mapping[str, int] | None = None) -> Written:
        """What stands in a book."""
        return cls(book.rows, list(book.keys), book.triples, Counter(faults or {}) + Counter({_AGELESS: book.ageless}))


def main() -> int:
    """The country stands in the directory; what is in it was printed."""
    options = _options()
    began = time.perf_counter()
    size = Size(options.triples, options.seed, options.spreadsheets)
    written = make(options.output, size, options.processes, options.faults, options.broken)
    triples, seconds = sum(part.triples for part in written), time.perf_counter() - began
    rows = sum((Counter(part.rows) for part in written), Counter())
    print(f"{triples:,} triples in {rows.total():,} rows of {len(written) - 1} spreadsheets, {seconds:.1f} s")
    return 0


def make(output: Path, size: Size, processes: int = 1, faults: int = 0, slips: int = 0) -> list[Written]:
    """A directory of data with so many triples of records, marked as synthetic; with faults and slips of each kind."""
    records = output / "records"
    records.mkdir(parents=True)
    for name in ("registry", "geography"):
        # A history would be of this machine only.
        shutil.copytree(ROOT / "data" / name, output / name, ignore=shutil.ignore_patterns("history.csv"))
    with books.tables(records) as shared:
        tell_shared(shared)
    written = [Written.of(shared)]
    with Pool(processes) as pool:
        written += pool.imap(_write, _tasks(records, size))
    if faults:
        with books.spreadsheet(records / "loi-gieo.xlsx") as book:
            sown = faulty.sow(book, faults)
        written.append(Written.of(book, sown))
    if slips:
        with books.spreadsheet(records / _SLIPS) as book:
            refusals = [asdict(refusal) for refusal in broken.sow(book, slips)]
        written.append(Written.of(book))
        (output / "broken.json").write_text(json.dumps(refusals, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    found = sum((part.faults for part in written), Counter())
    (output / "faults.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    books.write_ledger(output / "keys.csv", (part.keys for part in written))
    (records / "source.toml").write_text(_DESCRIPTION + _expected(written), encoding="utf-8")
    return written


def edit(output: Path, size: Size, number: int) -> None:
    """One spreadsheet of a country that was made so is as somebody saved it who gave its clusters another name each."""
    task = list(_tasks(output / "records", size))[number - 1]
    _write(replace(task, setting=replace(task.setting, edited=True)))


@dataclass(frozen=True)
class _Task:
    path: Path
    setting: Setting
    seed: int
    triples: int


def _write(task: _Task) -> Written:
    with books.spreadsheet(task.path) as book:
        chance = random.Random(f"{task.seed} {task.setting.number}")
        Chronicle(book, task.setting, chance, task.triples).tell()
    return Written.of(book)


def _tasks(records: Path, size: Size) -> Iterable[_Task]:
    chance, land = random.Random(size.seed), read_land(ROOT / "data" / "registry")
    settings = [_setting(number, chance, land) for number in range(1, size.spreadsheets + 1)]
    weights = [chance.lognormvariate(0, 0.5) for _ in settings]
    left = size.triples - SHARED
    for setting, weight in zip(settings, weights, strict=True):
        path = records / f"{setting.number:03}-{setting.name}.xlsx"
        yield _Task(path, setting, size.seed, round(left * weight / sum(weights)))


def _setting(number: int, chance: random.Random, land: Mapping[str, tuple[Place, ...]]) -> Setting:
    """Of a hundred spreadsheets four are the capital's, some of the new communes', the others a province's each."""
    old, new = land["2004"], land["2025"]
    if number % 25 == 2:
        sector = chance.choice((PROVINCES, MINISTRIES))
        return Setting(number, f"trung-uong-{sector.key}", sector, None, old, last=2024)
    if number % 7 == 3:
        home = new[number // 7 % len(new)]
        name = f"{_slug(home)}-{COMMUNES_2025.key}-2025"
        return Setting(number, name, COMMUNES_2025, home, home.below, first=2025)
    home, sector = old[number % len(old)], SECTORS[number % len(SECTORS)]
    last = 2026 if sector.organisation else 2024
    return Setting(number, f"{_slug(home)}-{sector.key}", sector, home, home.below, last=last)


def _slug(place: Place) -> str:
    return fold(place.name).replace(" ", "-").replace("---", "-")


def _expected(written: Iterable[Written]) -> str:
    rows = sum((Counter(part.rows) for part in written), Counter())
    return "".join(f"{table} = {rows[table]}\n" for table in TABLES if rows[table])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--triples", type=int, default=1_000_000, help="triples of the records, within 5 %%")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives another country of the same size")
    parser.add_argument("--spreadsheets", type=int, default=100, help="workbooks among which the rows are divided")
    parser.add_argument("--faults", type=int, default=0, help="faults of each kind that are sown")
    parser.add_argument("--broken", type=int, default=0, help="slips of each kind, for which the build is refused")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="workbooks that are written at once")
    parser.add_argument("-o", "--output", type=Path, required=True, help="directory to make")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
