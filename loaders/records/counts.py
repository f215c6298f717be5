"""Expected counts of the records: how many rows each table has at least, so that no file is lost unnoticed.

`[expected]` in `source.toml` names tables: `members = 43`. Rows may be added as one likes; who takes some out lowers
the number. A name with a capital is a class, which the gate counts.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

from loaders.errors import CountError
from loaders.records.tables import TABLES
from loaders.source import Source


def misnamed(source: Source) -> Iterator[CountError]:
    """An error for every expected count of what is neither a table nor, by its capital, a class."""
    for name in source.expected:
        if name not in TABLES and not name[:1].isupper():
            near = difflib.get_close_matches(name, TABLES, n=1) or list(TABLES)
            hint = f"a table ({', '.join(near)}) or a class of the ontology (Conference)"
            yield CountError("no table has this name", file=_file(source), column=name, hint=hint)


def lost(source: Source, there: Collection[str]) -> Iterator[CountError]:
    """An error for every table that must have rows but stands nowhere."""
    for table, number in _tables(source).items():
        if number and table not in there:
            hint = f"expected {number}: restore {table}.csv or the sheet {TABLES[table].vi}; or write {table} = 0"
            message = "a table that must have rows is nowhere"
            yield CountError(message, file=_file(source), column=table, value=0, hint=hint)


def miscounted(source: Source, counts: Mapping[str, int]) -> Iterator[CountError]:
    """An error for every table that has fewer rows than it must."""
    for table, number in _tables(source).items():
        if (found := counts.get(table, 0)) < number:
            hint = f"expected {number}: find the rows; if they were taken out, write {table} = {found} under [expected]"
            message = "a table has fewer rows than it must"
            yield CountError(message, file=_file(source), column=table, value=found, hint=hint)


def _tables(source: Source) -> dict[str, int]:
    return {name: number for name, number in source.expected.items() if name in TABLES}


def _file(source: Source) -> str:
    return str(source.directory / "source.toml")
