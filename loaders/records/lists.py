"""Lists that cells of a workbook choose from: a column each, on one hidden sheet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from xlsxwriter.utility import xl_col_to_name

NAME = "_Danh mục"


@dataclass
class Lists:
    """The lists of one workbook, by name."""

    _entries: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def range(self, name: str, entries: Iterable[str]) -> str | None:
        """Where the list stands, for a cell's validation; None for an empty one. A list of one name is kept once."""
        if name not in self._entries:
            found = tuple(entries)
            if not found:
                return None
            self._entries[name] = found
        column = xl_col_to_name(list(self._entries).index(name), col_abs=True)
        return f"='{NAME}'!{column}$2:{column}${len(self._entries[name]) + 1}"

    def write(self, book: Any) -> None:
        """The hidden sheet stands in the workbook."""
        sheet = book.add_worksheet(NAME)
        sheet.hide()
        sheet.write_row(0, 0, list(self._entries))
        for number, row in enumerate(zip_longest(*self._entries.values()), start=1):
            for column, entry in enumerate(row):
                if entry is not None:
                    sheet.write_string(number, column, entry)
