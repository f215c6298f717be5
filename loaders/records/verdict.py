"""The verdict on all files together: their faults, in the order of tables, files and rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from loaders.errors import DataError, SourceError
from loaders.records.repetitions import Mark, Repetitions, repeated
from loaders.records.rows import Row, read_rows
from loaders.records.sheets import ORDER, sheets_of
from loaders.records.telling import MOST, Page, Told
from loaders.records.vocabulary import Vocabulary
from loaders.records.wording import Faults


def judge(told: Sequence[tuple[Path, Told]], vocabulary: Vocabulary, errors: list[DataError]) -> None:
    """The faults of the files are among the errors; Faults, as soon as there are `MOST`."""
    pages = [(path, page) for path, each in told for page in each.pages]
    pages.sort(key=lambda found: ORDER[found[1].table])
    blamed: set[str] = set()
    for _, table in groupby(pages, key=lambda found: found[1].table):
        of_table = list(table)
        repetitions = Repetitions(repeated(bytes(page.marks) for _, page in of_table))
        for path, page in of_table:
            by_row, of_sheet = _own(page, blamed)
            again = repetitions.faults(page.file, bytes(page.marks), list(by_row))
            for row, fault in _placed(again, path, page, vocabulary):
                by_row.setdefault(row, []).append(fault)
            _add(page, by_row, errors)
            errors.extend(of_sheet)


def _own(page: Page, blamed: set[str]) -> tuple[dict[int, list[DataError]], list[DataError]]:
    """The errors of a page by row, and those of the sheet; a conference is blamed once."""
    by_row: dict[int, list[DataError]] = {}
    of_sheet: list[DataError] = []
    before = set(blamed)
    for fault in page.faults:
        conference = getattr(fault.error, "conference", None)
        if fault.row is None:
            of_sheet.append(fault.error)
        elif conference in before or (fault.after is not None and fault.after not in before):
            continue
        else:
            by_row.setdefault(fault.row, []).append(fault.error)
        if conference is not None:
            blamed.add(conference)
    return by_row, of_sheet


def _add(page: Page, by_row: dict[int, list[DataError]], errors: list[DataError]) -> None:
    # A row that is right ends the reading too, when there were enough errors before it.
    for row in sorted({*by_row, *([1] if page.rows else [])}):
        errors.extend(by_row.get(row, ()))
        if len(errors) >= MOST:
            raise Faults(errors)


def _placed(
    found: Iterator[tuple[Mark, SourceError]], path: Path, page: Page, vocabulary: Vocabulary
) -> Iterator[tuple[int, DataError]]:
    """The repetitions with their rows' places: the sheet is read once more to see what stands there."""
    faults = {mark.row: fault for mark, fault in found}
    if not faults:
        return
    (sheet,) = [sheet for sheet in sheets_of(path, []) if sheet.file == page.file]
    row: Row
    for number, row in enumerate(read_rows(sheet, vocabulary, []), start=1):
        if number in faults:
            yield number, row.placed(faults[number], next(iter(row.raw)))
        if number == max(faults):
            return
