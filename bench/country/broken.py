"""Rows that the loader must refuse, each with the place, the column and the words in which it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.country.book import Book, Cell, heading
from bench.country.faults import YEAR, Plot
from loaders.records.tables import TABLES

_DAY = f"13/07/{YEAR}"


@dataclass(frozen=True)
class Refusal:
    """What must be told of a row: where it stands, its column as the sheet calls it, how the message begins."""

    sheet: str
    line: int
    column: str
    message: str


@dataclass(frozen=True)
class _Slip:
    """One slip of a keyboard: the cells of a row of a table, the column that is wrong in it, what is told."""

    table: str
    column: str
    message: str
    cells: Mapping[str, Cell]


def sow(book: Book, number: int) -> list[Refusal]:
    """So many slips of each kind stand in the book."""
    return [refusal for turn in range(number) for refusal in _sown(Plot(book, f"mau-sai-{turn + 1}", 0))]


def _sown(plot: Plot) -> Iterator[Refusal]:
    report = plot.report()
    cluster = plot.cluster(report, plot.body(report, "a"))
    conference = plot.conference(report, date=_DAY)
    for number, slip in enumerate(_slips(cluster, conference)):
        cells = {"key": f"{plot.key}-{number}", **slip.cells} if TABLES[slip.table].keyed else slip.cells
        line = report.say(slip.table, **cells)
        column = TABLES[slip.table].by_key[slip.column]
        yield Refusal(TABLES[slip.table].vi, line, heading(column), slip.message)


def _slips(cluster: str, conference: str) -> Iterator[_Slip]:
    year: dict[str, Cell] = {"cluster": cluster, "year": YEAR}
    figure: dict[str, Cell] = {"conference": conference, "measure": "Cá nhân", "unit_of_measure": "ca-nhan"}
    held: dict[str, Cell] = {"label": "Hội nghị mẫu", "kinds": "so-ket"}
    yield _Slip("members", "unit", "no unit has this name", {**year, "unit": "huyện Không Có"})
    yield _Slip("members", "unit", "exactly one of these must be filled in", year)
    yield _Slip("members", "organisation", "no row has this key", {**year, "organisation": "mau-khong-co"})
    yield _Slip("roles", "role", "not in the list", {**year, "role": "tổ phó", "unit": "tỉnh Lạng Sơn"})
    yield _Slip("rankings", "year", "no row of cluster_years", {**year, "year": 1999, "unit": "tỉnh Lạng Sơn"})
    yield _Slip("rankings", "rank", "not a whole number", {**year, "rank": "nhất", "unit": "tỉnh Lạng Sơn"})
    yield _Slip("figures", "value", "a number that could be thousands or a fraction", {**figure, "value": "1.234"})
    yield _Slip("figures", "value", "a required cell is empty", figure)
    yield _Slip(
        "figures", "period", "a period that ends before it starts", {**figure, "value": 3, "period": "2020--2016"}
    )
    yield _Slip("conferences", "date", "no such day", {**held, "date": f"31/02/{YEAR}"})
    yield _Slip("conferences", "date", "no such day", {**held, "date": f"07/13/{YEAR}"})
    yield _Slip("awards", "year", "not a year", {"type": "giay-khen", "recipient_text": "9 cá nhân", "year": "2O16"})
