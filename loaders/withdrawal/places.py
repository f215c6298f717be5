"""What the sources still say of somebody: which file, line and column, and what to do there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loaders.errors import DataError
from loaders.records.columns import NOTE
from loaders.records.delimited import Line, read_lines
from loaders.records.headings import columns_of
from loaders.records.schema import Column, Kind
from loaders.records.sheets import Sheet, find_sheets
from loaders.withdrawal.names import Names

# Rows that say nothing but of the person.
_WHOLE = ("persons", "holdings")


@dataclass(frozen=True)
class Spot:
    """A cell that names or means the person, and what to do with it.

    >>> print(Spot("persons.csv", 2, "name", "Nguyễn Văn Mẫu", "delete the row"))
    persons.csv:2, column name: 'Nguyễn Văn Mẫu' → delete the row
    """

    file: str
    line: int
    column: str
    value: str
    advice: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}, column {self.column}: {self.value!r} → {self.advice}"


def names_in(data: Path, key: str) -> set[str]:
    """What the records call the person; those that cannot be read are told by `spots`."""
    found = set()
    for sheet in _sheets(data, []):
        if sheet.table.key == "persons":
            for _, row in _rows(sheet, []):
                if _key(row.get("key")) == key and "name" in row:
                    found.add(row["name"])
    return found


def spots(data: Path, key: str, names: Names, faults: list[DataError]) -> list[Spot]:
    """Every cell of the records and of the ledger of keys that is to be changed, in the order of the files.

    What cannot be read, and so was not searched, is among the faults: it is the build's to refuse.
    """
    found = [spot for sheet in _sheets(data, faults) for spot in _in_sheet(sheet, key, names, faults)]
    return found + list(_in_ledger(data / "keys.csv", names, faults))


def _in_sheet(sheet: Sheet, key: str, names: Names, faults: list[DataError]) -> Iterator[Spot]:
    kinds = sheet.table.by_key
    for line, row in _rows(sheet, faults):
        mine = [name for name, cell in row.items() if _refers(kinds[name]) and _key(cell) == key]
        if mine and sheet.table.key in _WHOLE:
            shown = "name" if "name" in row else mine[0]
            yield Spot(sheet.file, line, shown, row[shown], "delete the row")
            continue
        for name, cell in row.items():
            # Another person of the same name is another person.
            if names.stand_in(cell) and name not in mine and (sheet.table.key, name) != ("persons", "name"):
                yield Spot(sheet.file, line, name, cell, _advice(kinds[name]))
        if mine and row.get("posts"):
            yield Spot(sheet.file, line, "posts", row["posts"], "empty the cell: post and day tell who it was")


def _in_ledger(ledger: Path, names: Names, faults: list[DataError]) -> Iterator[Spot]:
    for line, (_, key, _, note) in _lines(ledger, faults):
        if names.stand_in(key):
            instead = "write the key that the releases have now, here and in the records"
            yield Spot(str(ledger), line, "key", key, instead)
        if names.stand_in(note):
            yield Spot(str(ledger), line, "note", note, "empty the cell; the line stays")


def _lines(ledger: Path, faults: list[DataError]) -> Iterator[tuple[int, tuple[str, str, str, str]]]:
    if ledger.is_file():
        for line, cells in _legible(read_lines(ledger), faults):
            kind, key, minted, note = (str(cell or "") for cell in [*cells, *[""] * 4][:4])
            yield line, (kind, key, minted, note)


def _advice(column: Column) -> str:
    if column.key == NOTE.key:
        return "take the name out; notes are not published, but they are committed"
    if column.kind is Kind.KEY or _refers(column):
        return "write the key that the releases have now"
    return "take the name out"


def _refers(column: Column) -> bool:
    return column.kind in (Kind.KEY, Kind.REFERENCE, Kind.TARGET)


def _key(cell: str | None) -> str:
    """The key in a cell, without what the template's lists add in brackets."""
    return (cell or "").partition(" (")[0]


def _sheets(data: Path, faults: list[DataError]) -> list[Sheet]:
    """The sheets of the records; what is none that can be read is among the faults."""
    directory = data / "records"
    return find_sheets(directory, faults) if directory.is_dir() else []


def _rows(sheet: Sheet, faults: list[DataError]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a sheet, by the keys of its columns, without the empty cells."""
    lines = _legible(sheet.lines(), faults)
    if (head := next(lines, None)) is None:
        return
    columns = columns_of(sheet, *head, faults)
    for number, cells in lines if columns else ():
        yield number, _row(columns or [], (number, cells))


def _legible(lines: Iterator[Line], faults: list[DataError]) -> Iterator[Line]:
    """The lines up to the first that cannot be read; why it cannot is among the faults."""
    try:
        yield from lines
    except DataError as error:
        faults.append(error)


def _row(columns: list[Column | None], line: Line) -> dict[str, str]:
    pairs = zip(columns, line[1], strict=False)
    return {column.key: str(cell) for column, cell in pairs if column is not None and cell is not None}
