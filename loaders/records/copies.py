"""Copies: the lines of sheets as they were read; a workbook is taken apart once, though its rows are read twice."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from loaders.errors import SourceError
from loaders.records.delimited import Line

_AT_ONCE = 256


@dataclass(frozen=True)
class Copy:
    """The lines of a sheet from a place in a file on, and the fault that they ended with, if they did."""

    path: Path
    place: int

    def __call__(self) -> Iterator[Line]:
        """The lines, as the sheet itself gives them."""
        with self.path.open("rb") as file:
            file.seek(self.place)
            # Only what this build wrote here is unpacked.
            while lines := pickle.load(file):
                if isinstance(lines, SourceError):
                    raise lines
                yield from lines


def copy(lines: Callable[[], Iterator[Line]], path: Path) -> Copy:
    """The lines stand at the end of the file."""
    with path.open("ab") as file:
        place, rest = file.tell(), lines()
        try:
            while some := list(islice(rest, _AT_ONCE)):
                pickle.dump(some, file, protocol=5)
            end: object = None
        except SourceError as error:
            end = error
        pickle.dump(end, file, protocol=5)
    return Copy(path, place)
