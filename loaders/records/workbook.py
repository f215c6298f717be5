"""XLSX workbooks, read sheet by sheet and line by line."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from typing import IO, cast
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

from loaders.errors import SourceError
from loaders.records.cells import Raw, clean
from loaders.records.delimited import Line

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL = re.compile(rb'<c [^>]*r="[A-Z]+(\d+)"[^>]*>')


class Workbook:
    """An open workbook; SourceError when it can not be read, or holds a formula that failed.

    The reader takes a failed formula (#N/A, #REF!) for an empty cell, so these are looked for beforehand.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._book = CalamineWorkbook.from_path(path)
            self._refuse_failed_formulas()
        except PasswordError:
            raise SourceError("the workbook has a password", file=str(path), hint="save it without one") from None
        except (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, KeyError) as error:
            message = f"not a readable XLSX workbook: {error}"
            raise SourceError(message, file=str(path), hint="open it and save it as .xlsx") from None

    @property
    def sheets(self) -> list[str]:
        """The names of its work sheets, in order."""
        return [sheet.name for sheet in self._book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]

    def lines(self, sheet: str) -> Iterator[Line]:
        """The rows of a sheet that hold something, with their numbers in it; an empty cell is None."""
        for number, cells in enumerate(self._book.get_sheet_by_name(sheet).iter_rows(), start=1):
            read = [_raw(cell) for cell in cells]
            if any(cell is not None for cell in read):
                yield number, read

    def _refuse_failed_formulas(self) -> None:
        with zipfile.ZipFile(self.path) as archive:
            for sheet, part in _parts(archive):
                with archive.open(part) as stream:
                    line = _failed_line(stream)
                if line is not None:
                    hint = "replace the formula by its value"
                    raise SourceError("a formula that failed", file=f"{self.path} [{sheet}]", line=line, hint=hint)


def _raw(cell: object) -> Raw | None:
    if isinstance(cell, str):
        return clean(cell) or None
    if isinstance(cell, int) and not isinstance(cell, bool):
        return float(cell)
    return cast(bool | float | date | time | timedelta, cell)


def _failed_line(stream: IO[bytes]) -> int | None:
    text = b""
    # The end of each piece is read again with the next one: a cell's name and its type stand close together.
    while piece := stream.read(1 << 20):
        text = text[-200:] + piece
        if (at := text.find(b' t="e"')) >= 0:
            cell = _CELL.match(text, text.rfind(b"<c ", 0, at))
            return int(cell[1]) if cell else 0
    return None


def _parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """The names of the sheets and of the files in the archive that hold them."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    files = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{_MAIN}sheet"):
        target = files[sheet.get(_RELATION)]
        yield sheet.get("name", ""), target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
