"""The 34 provinces of 2025-07-01: what each was made of, by which acts, and how many communes it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from loaders.errors import CountError
from loaders.registry.editions import Units
from loaders.registry.rows import Row, read_rows

COLUMNS = (
    "new_code", "new_name", "merged", "old_codes", "old_names", "legal_act", "unit_since", "commune_resolution",
    "commune_effective_date", "commune_operation_date", "n_xa", "n_phuong", "n_dac_khu", "n_total",
)  # fmt: skip


def read_merges(path: Path) -> list[Row]:
    """A row for each new province; SourceError when codes and names do not pair."""
    rows = list(read_rows(path, COLUMNS, once="new_code"))
    for row in rows:
        if len(row.parts("old_codes")) != len(row.parts("old_names")):
            raise row.error("as many names as codes are needed", "old_names")
        if row["merged"] not in ("yes", "no"):
            raise row.error("unknown value", "merged", "yes or no")
    return rows


def check_communes(merges: Iterable[Row], units: Units) -> None:
    """Nothing, when each province has as many communes of each type as its resolution says; CountError otherwise."""
    found = Counter((unit.parent, unit.type) for unit in units.values() if unit.level == "commune")
    for row in merges:
        for column, kind in (("n_xa", "xa"), ("n_phuong", "phuong"), ("n_dac_khu", "dac-khu")):
            if (count := found[row["new_code"], kind]) != row.number(column):
                raise CountError(
                    f"{row['new_name']} has another number of communes",
                    file=row.file, line=row.line, column=column, value=count, hint=f"expected {row[column]}",
                )  # fmt: skip
