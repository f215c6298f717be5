"""The sheets of a directory: each is a part of a table, from a CSV file or from a workbook."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from loaders.errors import DataError, SourceError
from loaders.identity import fold
from loaders.records.copies import copy
from loaders.records.delimited import Line, read_lines
from loaders.records.schema import Table
from loaders.records.tables import TABLES
from loaders.records.workbook import Workbook

# The template's first sheet, and whatever people set aside under a name that starts with an underscore.
START = "Bắt đầu"
ASIDE = "_"
DESCRIPTION = "source.toml"
_NO_FILE = "not a file that can be read"

ORDER = {key: number for number, key in enumerate(TABLES)}
_TABLES_BY_NAME = {fold(name): table for table in TABLES.values() for name in (table.key, table.vi, table.en)}

Lines = Callable[[], Iterator[Line]]


@dataclass(frozen=True)
class Sheet:
    """A part of a table; `lines` reads it from the top, as often as it is called. `file` names it in errors."""

    table: Table
    file: str
    lines: Lines


def find_sheets(directory: Path, errors: list[DataError]) -> list[Sheet]:
    """The sheets of every CSV file and workbook, in the order of the tables.

    Whatever else stands in the directory is among the errors: it might hold data that somebody believes published.
    """
    return in_order(sheet for path in find_files(directory) for sheet in sheets_of(path, errors))


def find_files(directory: Path) -> list[Path]:
    """What stands in a directory, by name."""
    # Excel keeps a lock file ~$name.xlsx beside an open workbook.
    return [path for path in sorted(directory.iterdir()) if not path.name.startswith(("~$", "."))]


def sheets_of(path: Path, errors: list[DataError], copies: Path | None = None) -> list[Sheet]:
    """The sheets of a file, in the order of the tables; what cannot be read is among the errors.

    With `copies`, the file itself is read now, and the sheets' lines from a copy that stands there.
    """
    found: list[Sheet] = []
    try:
        found.extend(_sheets(path, (lambda lines: copy(lines, copies)) if copies else lambda lines: lines))
    except DataError as error:
        errors.append(error)
    return in_order(found)


def in_order(sheets: Iterable[Sheet]) -> list[Sheet]:
    """The sheets in the order of the tables."""
    return sorted(sheets, key=lambda sheet: ORDER[sheet.table.key])


def _sheets(path: Path, held: Callable[[Lines], Lines]) -> Iterator[Sheet]:
    shown = os.fsencode(path).decode(errors="backslashreplace")
    if shown != str(path):
        raise SourceError("the name of a file is not in UTF-8", file=shown, hint="name it anew")
    if path.is_dir():
        raise SourceError("a folder, which is not read", file=str(path), hint="move its files up, or keep it elsewhere")
    if not path.is_file():
        hint = "a link that leads nowhere, or no file at all: delete it"
        raise SourceError(_NO_FILE, file=str(path), hint=hint)
    if path.suffix.lower() == ".csv":
        yield Sheet(_table(path.stem, str(path)), str(path), held(lambda: read_lines(path)))
    elif path.suffix.lower() == ".xlsx":
        yield from _in_workbook(Workbook(path), held)
    elif path.name != DESCRIPTION:
        hint = "save it as .xlsx or CSV UTF-8, or keep it elsewhere"
        raise SourceError(_NO_FILE, file=str(path), hint=hint)


def _in_workbook(book: Workbook, held: Callable[[Lines], Lines]) -> Iterator[Sheet]:
    for name in book.sheets:
        file = f"{book.path} [{name}]"
        if name == START or name.startswith(ASIDE):
            continue
        book.examine(name)
        lines = held(partial(book.lines, name))
        if any(lines()):
            if name in book.hidden:
                # Hidden for order's sake or to be left out: one would be missed, the other published.
                hint = f"show it (Unhide), or start its name with {ASIDE} if it is not to be read"
                raise SourceError("a hidden sheet that holds something", file=file, hint=hint)
            yield Sheet(_table(name, file), file, lines)


def _table(name: str, file: str) -> Table:
    table = _TABLES_BY_NAME.get(fold(name))
    if table is None:
        near = difflib.get_close_matches(fold(name), _TABLES_BY_NAME, n=1)
        named = _TABLES_BY_NAME[near[0]] if near else None
        hint = f"did you mean {named.key} ({named.vi})?" if named else "name it after a table, or start its name with _"
        raise SourceError("no table has this name", file=file, value=name, hint=hint)
    return table
