"""Every error that thidua raises on purpose, in one tree.

    ThiduaError
    ├── UsageError             2   the call was wrong
    ├── DataError              1   the data are refused; says file, line, column, value and the way out
    │   ├── SourceError            a file cannot be read, or a row is not what its table promises
    │   ├── ResolutionError        a name is no unit of the registry, or could be several: `candidates`
    │   ├── CountError             a source does not hold as many things as it must
    │   ├── LedgerError            a key was never minted, or is used twice
    │   ├── DataErrors             several of the above, gathered in one reading
    │   ├── GateError              the gate cannot be trusted, so nothing passes it
    │   ├── Blocked                the gate found violations: `report`
    │   └── DamagedRelease         a release is not what its manifest says
    │       └── UnreadableRelease  3   or nobody can tell: rights, too many open files, the disk
    └── OutsideError           3   something outside failed: port, disk, remote engine

The number is the exit code of the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Of a value: somebody's whole article may stand in a cell.
MOST_SHOWN = 200


def printable(name: str) -> str:
    """The name of a file on one line, whatever somebody called it; no terminal obeys it.

    >>> printable("Thành viên\\x1b[31m.csv")
    'Thành viên\\\\x1b[31m.csv'
    """
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in name)


class ThiduaError(Exception):
    """Something that thidua foresaw; `exit_code` is what the command line returns."""

    exit_code = 1


class UsageError(ThiduaError):
    """The call was wrong; the message says which calls are right."""

    exit_code = 2


class OutsideError(ThiduaError):
    """Something outside of thidua failed; the message says what was tried."""

    exit_code = 3


def unwritable(path: Path, error: Exception) -> OutsideError:
    """What to tell when a file cannot be written: by its name, not by that of the draft; xlsxwriter wraps the reason.

    >>> print(unwritable(Path("a.xlsx"), OSError(2, "No such file or directory", "a.xlsx.part")))
    cannot write a.xlsx: No such file or directory
    """
    reason = error if isinstance(error, OSError) else error.args[0]
    return OutsideError(f"cannot write {path}: {getattr(reason, 'strerror', None) or reason}")


class Incomplete(OutsideError):
    """Something outside of thidua failed when most was done; the message says what is there, and what is not."""


class DataError(ThiduaError):
    """The data are refused, with the place and the way out.

    >>> print(DataError("unknown kind", file="clusters.csv", line=3, column="kind", value="cụmm", hint="cum or khoi"))
    clusters.csv:3, column kind: unknown kind: 'cụmm' → cum or khoi
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: str | None = None,
        value: object | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.value = value
        self.hint = hint

    def __str__(self) -> str:
        place = printable(self.file or "")
        if self.line is not None:
            place += f":{self.line}"
        if self.column is not None:
            place += f", column {self.column}" if place else f"column {self.column}"
        text = f"{place}: {self.message}" if place else self.message
        if self.value is not None:
            shown = repr(self.value)
            text += f": {shown if len(shown) <= MOST_SHOWN else shown[:MOST_SHOWN] + '…'}"
        if self.hint:
            text += f" → {self.hint}"
        return text


class SourceError(DataError):
    """A file cannot be read, or a row is not what its table promises."""


class ResolutionError(DataError):
    """A name is no unit of the registry, or could be several; `candidates` are the units it could be."""

    def __init__(self, message: str, candidates: Sequence[str] = (), **place: Any) -> None:
        super().__init__(message, **place)
        self.candidates = tuple(candidates)

    def __str__(self) -> str:
        text = super().__str__()
        return text + "".join(f"\n    could be: {candidate}" for candidate in self.candidates)


class CountError(DataError):
    """A source does not hold as many things as it must."""


class LedgerError(DataError):
    """A key was never minted, or is used twice."""


class DataErrors(DataError):
    """Several errors of one reading, in the order of the files."""

    def __init__(self, errors: Sequence[DataError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class GateError(DataError):
    """The gate cannot be trusted, so nothing passes it."""


class Blocked(DataError):
    """The gate found violations; nothing was written and the current release is untouched."""

    def __init__(self, report: Any) -> None:
        super().__init__("the gate blocks this candidate")
        self.report = report


class DamagedRelease(DataError):
    """A release is not what its manifest says."""


class UnreadableRelease(DamagedRelease):
    """Nobody can tell whether a release is what its manifest says, for want of rights, of open files or of a disk.

    `lines` has one for every file or directory that cannot be read, where all of them were tried.
    """

    exit_code = 3

    def __init__(self, message: str, *, lines: Sequence[str] = (), **place: Any) -> None:
        super().__init__(message, **place)
        self.lines = tuple(lines)
