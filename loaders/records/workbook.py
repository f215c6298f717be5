"""XLSX workbooks, read sheet by sheet and line by line."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, time, timedelta
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from loaders.errors import SourceError
from loaders.records.cells import Percentage, Raw, clean
from loaders.records.delimited import Line
from loaders.records.markup import MAIN, Markup, cell_name, percentages, read_markup

_UNREADABLE = (
    CalamineError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ElementTree.ParseError,
    # A part or an encoding that is not there; a packing that is not known, or encrypted.
    LookupError,
    RuntimeError,
    ValueError,
)

_LINE = re.compile(r"\d+")
# Whoever spoilt more cells than these spoilt whole columns.
MOST_SHOWN = 20

# The reader has 32 bytes for each cell from the first to the last, empty ones too: of the longest sheet, 32 columns.
MOST_CELLS = 1 << 25
# What a workbook unpacks to: the longest sheet with twenty columns takes 1.3 GB.
MOST_BYTES = 2 << 30


class Workbook:
    """An open workbook; SourceError when it can not be read.

    The reader of cells takes a formula without result for an empty cell, a merged range for its first cell, 50% for
    0.5: what is behind the cells is looked at in the markup.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._marked: dict[str, Markup] = {}
        with self._readable():
            content = io.BytesIO(path.read_bytes())
            if not zipfile.is_zipfile(content):
                # With a password it is no archive any more; the reader of cells tells it from what never was one.
                CalamineWorkbook.from_path(path)
            self._archive = zipfile.ZipFile(content)
            if (size := sum(part.file_size for part in self._archive.infolist())) > MOST_BYTES:
                hint = "delete its pictures and empty sheets, or divide it"
                raise SourceError("a workbook that unpacks to too much", file=str(path), value=size, hint=hint)
            self._book = CalamineWorkbook.from_path(path)
            if len(set(self.sheets)) < len(self.sheets):
                raise ValueError("two sheets have the same name")
            self._parts = dict(_parts(self._archive))
            self._percent = percentages(self._archive)

    @property
    def sheets(self) -> list[str]:
        """The names of its work sheets, in order."""
        return [sheet.name for sheet in self._book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]

    @property
    def hidden(self) -> set[str]:
        """The names of the sheets that nobody sees who opens it."""
        return {sheet.name for sheet in self._book.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible}

    def examine(self, sheet: str) -> None:
        """Nothing, when what the sheet's cells show is what they hold; SourceError otherwise."""
        file, found = f"{self.path} [{sheet}]", self._markup(sheet)
        if found.failed:
            raise _spoilt("a formula that failed", file, found.failed, "replace the formula by its value")
        if found.unread:
            hint = "open the workbook in Excel and save it, or paste the values over the formulas"
            raise _spoilt("a formula without its result", file, found.unread, hint)
        if found.room > MOST_CELLS:
            column, line = found.widest if found.widest[1] else found.last
            hint = "delete it, if it strayed there, and save; or divide the sheet"
            raise SourceError(
                "a cell far from the table", file=file, line=line, value=cell_name(column, line), hint=hint
            )
        if found.merged:
            raise _spoilt("merged cells", file, found.merged, "unmerge the cells, and fill in every one of them")

    def lines(self, sheet: str) -> Iterator[Line]:
        """The rows of a sheet that hold something, with their numbers in it; an empty cell is None."""
        with self._readable(sheet):
            percent = self._markup(sheet).percent
            for number, cells in enumerate(self._book.get_sheet_by_name(sheet).iter_rows(), start=1):
                read = [(clean(cell) or None) if type(cell) is str else _raw(cell) for cell in cells]
                if percent and number in percent:
                    read = [_shown(cell, at in percent[number]) for at, cell in enumerate(read)]
                if read.count(None) < len(read):
                    yield number, read

    def _markup(self, sheet: str) -> Markup:
        if sheet not in self._marked:
            with self._readable(sheet), self._archive.open(self._parts[sheet]) as stream:
                self._marked[sheet] = read_markup(stream, self._percent)
        return self._marked[sheet]

    @contextmanager
    def _readable(self, sheet: str | None = None) -> Iterator[None]:
        file = f"{self.path} [{sheet}]" if sheet else str(self.path)
        try:
            yield
        except PasswordError:
            raise SourceError("the workbook has a password", file=file, hint="save it without one") from None
        except _UNREADABLE as error:
            message = f"not a readable XLSX workbook: {error}"
            raise SourceError(message, file=file, hint="open it and save it as .xlsx") from None


def _spoilt(message: str, file: str, cells: Sequence[str], hint: str) -> SourceError:
    """The error for cells or ranges, named as spreadsheets do."""
    line = _LINE.search(cells[0])
    shown = ", ".join(cells[:MOST_SHOWN]) + ("" if len(cells) <= MOST_SHOWN else f" … ({len(cells)})")
    return SourceError(message, file=file, line=int(line[0]) if line else None, value=shown, hint=hint)


def _raw(cell: object) -> Raw:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return float(cell)
    return cast(bool | float | date | time | timedelta, cell)


def _shown(cell: Raw | None, percent: bool) -> Raw | None:
    return Percentage(cell) if percent and isinstance(cell, float) else cell


def _parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """The names of the sheets and of the files in the archive that hold them."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    files = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).findall(f".//{MAIN}sheet"):
        target = files[next(value for name, value in sheet.items() if name.endswith("}id"))]
        yield sheet.get("name", ""), target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
