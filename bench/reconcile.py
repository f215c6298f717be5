"""A column of unit names from a spreadsheet, as people write them, reconciled as OpenRefine does it.

    python -m bench.reconcile --url http://127.0.0.1:8000 [--cells N] [--batch N] [--seed N] [--show N]

The units and the names they had are read from the service itself; each cell is one of them, written in one of the ways
below, with the columns that may stand beside it. Then the clusters, bodies and posts of the release by their usual
short names, and bodies that it does not have, under names of the same form. For each way: how many were matched and
rightly, how many have what is meant first or among the equal best, how many were left open or not found, and how many
were matched to something else. Exit code 1 if there is one of these, or if the column takes longer than a minute.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from loaders.identity import UNIT_TYPES, fold, other_tones

_SECONDS = 60.0
_DEF, _ID = "https://w3id.org/thidua/def#", "https://w3id.org/thidua/id/"
_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_SHORT = {
    **{"Thành phố": ("TP. ", "TP ", "Tp.", "T.P "), "Thị xã": ("TX. ", "TX ", "Tx."), "Thị trấn": ("TT. ", "TT ")},
    **{"Huyện": ("H. ", "H.", "h. "), "Quận": ("Q. ", "Q."), "Phường": ("P. ", "P."), "Xã": ("X. ", "X.")},
    "Tỉnh": ("T. ", "tỉnh "),
}
_KEYS = "abcdeghiklmnopqrstuvxy"
_COLUMNS = ("parent", "province", "level", "date", "edition")


@dataclass(frozen=True)
class Unit:
    """A unit of the registry with the names above it, from the parent up."""

    key: str
    level: str
    label: str
    above: tuple[str, ...]

    @property
    def edition(self) -> str:
        """The edition of the code list."""
        return self.key.partition("/")[0]


@dataclass(frozen=True)
class Cell:
    """A cell: the thing that it means, how it is written, what stands in it and beside it, and the type asked for."""

    id: str
    way: str
    text: str
    beside: dict[str, str]
    type: str

    @property
    def query(self) -> dict[str, Any]:
        """The question as OpenRefine puts it."""
        asked: dict[str, Any] = {"query": self.text}
        if self.type:
            asked |= {"type": self.type, "type_strict": "should"}
        if self.beside:
            asked["properties"] = [
                {"pid": "parent" if pid == "province" else pid, "v": value} for pid, value in self.beside.items()
            ]
        return asked


Way = Callable[[str, random.Random], str]


def _shortened(name: str, chance: random.Random) -> str:
    for word, short in _SHORT.items():
        if name.startswith(word + " "):
            return chance.choice(short) + name[len(word) + 1 :]
    return name


def _bare(name: str, _: random.Random) -> str:
    for word in UNIT_TYPES:
        if name.lower().startswith(word + " ") and not name[len(word) + 1 :].isdigit():
            return name[len(word) + 1 :]
    return name


def _slipped(name: str, chance: random.Random) -> str:
    at, key = chance.randrange(1, len(name)), chance.choice(_KEYS)
    return chance.choice(
        (
            name[:at] + key + name[at:],
            name[:at] + key + name[at + 1 :],
            name[: at - 1] + name[at:],
            name[: at - 1] + name[at : at + 1] + name[at - 1] + name[at + 1 :],
        )
    )


def _spaced(name: str, chance: random.Random) -> str:
    gap = chance.choice(("  ", "\u00a0", " \t"))
    return chance.choice(("", " ", "\n")) + name.replace(" ", gap) + chance.choice(("", " ", "."))


def _numbered(name: str, chance: random.Random) -> str:
    return chance.choice(("1. ", "12) ", "- ", "+ ", "3/ ")) + name


_SLIP = "one slip of the keys"
WAYS: dict[str, Way] = {
    "as registered": lambda name, _: name,
    "no marks": lambda name, _: fold(name),
    "no marks, capitals kept": lambda name, _: _plain(name),
    "upper case": lambda name, _: name.upper(),
    "lower case": lambda name, _: name.lower(),
    "combining marks (NFD)": lambda name, _: unicodedata.normalize("NFD", name),
    "type word abbreviated": _shortened,
    "abbreviated, no marks": lambda name, chance: _plain(_shortened(name, chance)),
    "no type word": _bare,
    "other tone placement": lambda name, _: min(other_tones(name), default=name),
    "odd spaces": _spaced,
    "list number before it": _numbered,
    "no dashes": lambda name, _: re.sub(r"\s*-\s*", " ", name),
    _SLIP: _slipped,
}


def _plain(name: str) -> str:
    bare = unicodedata.normalize("NFD", name).replace("đ", "d").replace("Đ", "D")
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def cells(units: list[Unit], number: int, type: str, chance: random.Random) -> list[Cell]:
    """So many cells: each way alike often; a third with units above in the cell, a third with columns, a third bare."""
    found, known = [], {fold(unit.label) for unit in units}
    for at in range(number):
        unit, way = chance.choice(units), list(WAYS)[at % len(WAYS)]
        text, beside, write = WAYS[way](unit.label, chance), {}, WAYS[chance.choice(list(WAYS)[:11])]
        layout = (at // len(WAYS)) % 3
        if layout == 1 and unit.above:
            above = unit.above[: chance.choice((1, 2))]
            text += chance.choice((", ", ",", " - ", " ("))
            text += chance.choice((", ", " - ")).join(write(name, chance) for name in above)
            text += ")" * (text.count("(") - text.count(")"))
        if layout == 2:
            beside = dict(_beside(unit, write, chance))
        # A slip that makes the very name of another unit says that name, unless something else says where it lies.
        while (
            way == _SLIP and text != unit.label and fold(text) in known and not beside.keys() & {"parent", "province"}
        ):
            text = WAYS[way](unit.label, chance)
        found.append(Cell(f"unit/{unit.key}", way, text, beside, type))
    return found


def _beside(unit: Unit, write: Way, chance: random.Random) -> Iterator[tuple[str, str]]:
    told = set(chance.sample(_COLUMNS, 2))
    if "parent" in told and unit.above:
        yield "parent", write(unit.above[0], chance)
    elif "province" in told and unit.above:
        yield "province", write(unit.above[-1], chance)
    if "level" in told:
        yield "level", unit.level
    if "date" in told:
        old = ("2017", "2024-12-31", "14/7/2017", "2020-05")
        yield "date", chance.choice(old if unit.edition == "2004" else ("2026", "2025-07-01", "1/9/2025"))
    if "edition" in told:
        yield "edition", unit.edition


_FULL = {
    **{"UBND": "Ủy ban nhân dân", "Thi đua - Khen thưởng": "TĐKT", "Giáo dục và Đào tạo": "GD&ĐT"},
    **{"Văn hóa - Xã hội": "VH-XH", "Phó Chủ tịch": "PCT", "Chủ tịch": "CT", "Phó Bí thư": "PBT"},
    **{"Mặt trận Tổ quốc": "MTTQ", "Trung ương": "TW", "huyện ": "H. ", "thi đua ": "TĐ "},
}
_FRAMES = re.compile(r"\b(thi đua (?!-)|các |tỉnh |và )")
OFFICES: dict[str, Way] = {
    **{name: WAYS[name] for name in ("as registered", "no marks", "upper case", "combining marks (NFD)", "odd spaces")},
    "other abbreviations": lambda name, _: _replaced(name),
    "others, no marks": lambda name, _: _plain(_replaced(name)),
    "without what frames it": lambda name, _: _FRAMES.sub("", name),
}
_STRANGE = "of another place"


def _replaced(name: str) -> str:
    for full, short in _FULL.items():
        name = name.replace(full, short)
    return name


def offices(client: httpx.Client, units: list[Unit], chance: random.Random) -> list[Cell]:
    """Each cluster, body and post in each way, alone and with its place beside it; and some of other places."""
    labels, scopes = values(client, _LABEL), {**values(client, f"{_DEF}scope"), **values(client, f"{_DEF}jurisdiction")}
    districts = [unit for unit in units if unit.level == "district"]
    found = []
    for id, label in sorted(labels.items()):
        type = id.partition("/")[0]
        if type not in ("cluster", "organisation", "post"):
            continue
        place = labels.get(scopes.get(id, ""), "")
        for way, write in OFFICES.items():
            for beside in ({}, {"place": place, "date": "2018"}) if place else ({},):
                found.append(Cell(id, way, write(label, chance), dict(beside), type))
        if match := re.search(r"(?:huyện|Huyện ủy) (.+)$", label):
            stranger = chance.choice(districts).label.partition(" ")[2]
            if (strange := label.replace(match[1], stranger)) not in labels.values():
                found.append(Cell("", _STRANGE, strange, {}, type))
    return found


def values(client: httpx.Client, term: str) -> dict[str, str]:
    """What things have for a property, both by what IRIs have behind `id/`."""
    query = f'SELECT ?s ?o {{ GRAPH ?g {{ ?s <{term}> ?o }} FILTER(STRSTARTS(STR(?s), "{_ID}")) }}'
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"})
    answer.raise_for_status()
    rows = csv.reader(io.StringIO(answer.text))
    next(rows)
    return {subject.removeprefix(_ID): value.removeprefix(_ID) for subject, value in rows}


def read(client: httpx.Client) -> list[Unit]:
    """The units of the service."""
    labels, levels, parents = values(client, _LABEL), values(client, f"{_DEF}level"), values(client, f"{_DEF}parent")

    def above(key: str) -> Iterator[str]:
        while parent := parents.get(key):
            yield labels[parent]
            key = parent

    return [
        Unit(key.removeprefix("unit/"), level.rpartition("/")[2], labels[key], tuple(above(key)))
        for key, level in sorted(levels.items())
        if key.startswith("unit/")
    ]


def verdict(cell: Cell, result: list[dict[str, Any]]) -> str:
    """What became of a cell."""
    ids = [each["id"] for each in result]
    if result and result[0]["match"]:
        return "matched" if ids[0] == cell.id else "FALSE"
    if not cell.id:
        return "open"
    best = [id for id, each in zip(ids, result, strict=True) if each["score"] == result[0]["score"]]
    if cell.id in best:
        return "first" if len(best) == 1 else "among"
    return "later" if cell.id in ids else "missing"


def ask(client: httpx.Client, column: list[Cell], batch: int, show: int) -> tuple[float, int]:
    """The column was reconciled, and a table of it printed: seconds, and how many cells were matched wrongly."""
    told, seconds, slowest = Counter[tuple[str, str]](), 0.0, 0.0
    shown: list[tuple[str, Cell, list[dict[str, Any]]]] = []
    for at in range(0, len(column), batch):
        part = column[at : at + batch]
        queries = json.dumps({f"q{n}": cell.query for n, cell in enumerate(part)})
        began = time.perf_counter()
        answer = client.post("/reconcile", data={"queries": queries})
        took = time.perf_counter() - began
        answer.raise_for_status()
        seconds, slowest = seconds + took, max(slowest, took)
        for cell, each in zip(part, answer.json().values(), strict=True):
            found = verdict(cell, each["result"])
            told[cell.way, found] += 1
            shown.append((found, cell, each["result"]))
    _print(told, shown, show)
    print(f"{len(column)} cells in {seconds:.1f} s, {batch} at a time; the slowest batch {slowest * 1e3:.0f} ms\n")
    return seconds, sum(number for (_, found), number in told.items() if found == "FALSE")


def main() -> int:
    """The tables were printed; 1 if a cell was matched to something else, or units took longer than a minute."""
    options = _options()
    chance = random.Random(options.seed)
    with httpx.Client(base_url=options.url, timeout=60) as client:
        units = read(client)
        client.post("/reconcile", data={"queries": '{"q0": {"query": "Hà Nội"}}'}).raise_for_status()
        seconds, wrong = ask(client, cells(units, options.cells, options.type, chance), options.batch, options.show)
        _, others = ask(client, offices(client, units, chance), options.batch, options.show)
    return int(seconds > _SECONDS or wrong + others > 0)


_VERDICTS = ("matched", "first", "among", "later", "missing", "open", "FALSE")


def _print(told: Counter[tuple[str, str]], shown: list[tuple[str, Cell, list[dict[str, Any]]]], number: int) -> None:
    print(f"{'':26}" + "".join(f"{name:>9}" for name in _VERDICTS))
    for way in dict.fromkeys(cell.way for _, cell, _ in shown):
        print(f"{way:26}" + "".join(f"{told[way, name]:9}" for name in _VERDICTS))
    print(f"{'all':26}" + "".join(f"{sum(found == name for found, _, _ in shown):9}" for name in _VERDICTS))
    for verdict in ("FALSE", "missing", "later"):
        for found, cell, result in [each for each in shown if each[0] == verdict][:number]:
            best = [(each["id"], each["name"], each["score"]) for each in result[:3]]
            print(f"{found}: {cell.text!r} {cell.beside} is {cell.id or 'not there'}; found {best}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=10, help="cells in a request; OpenRefine sends ten")
    parser.add_argument("--type", default="unit", help="the type that is asked for; none if empty")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", type=int, default=10, help="cells of each sort that went wrong to show")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
