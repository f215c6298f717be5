"""Legal acts that made, changed or ended units."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from pyoxigraph import NamedNode

from loaders.identity import fold
from loaders.namespaces import entity
from loaders.registry.rows import Row, read_rows

# Acts of these bodies about units are resolutions, whatever else a number of theirs may mean elsewhere.
_KINDS = (
    (re.compile(r"/(?:NQ-|QH\d|\d{4}/QH\d)"), "Nghị quyết"),
    (re.compile(r"/NĐ-"), "Nghị định"),
    (re.compile(r"/QĐ-"), "Quyết định"),
    (re.compile(r"/TCTK-"), "Công văn"),
)
_YEAR = re.compile(r"\s*\((\d{4})\)$")


@dataclass(frozen=True, slots=True)
class Act:
    """A legal act; a year in brackets tells apart decrees of one number: `01/NQ-CP (2010)`."""

    reference: str
    issued: date | None = None
    in_force: date | None = None
    certainty: str = "stated"

    @property
    def number(self) -> str:
        """The number as the act bears it."""
        return _YEAR.sub("", self.reference)

    @property
    def label(self) -> str:
        """The kind of act and its number.

        >>> Act("01/NQ-CP (2010)").label
        'Nghị quyết số 01/NQ-CP năm 2010'
        """
        kind = next((name for pattern, name in _KINDS if pattern.search(self.number)), "Văn bản")
        year = _YEAR.search(self.reference)
        return f"{kind} số {self.number}" + (f" năm {year[1]}" if year else "")

    @property
    def iri(self) -> NamedNode:
        """Its IRI."""
        return act_iri(self.reference)


@cache
def act_iri(reference: str) -> NamedNode:
    """The IRI of an act, made from its number.

    >>> act_iri("1672/NQ-UBTVQH15").value
    'https://w3id.org/thidua/id/act/1672-nq-ubtvqh15'
    """
    return entity("act", re.sub(r"[^a-z0-9]+", "-", fold(reference)).strip("-"))


def read_acts(path: Path) -> list[Act]:
    """The acts of our own table, with the dates that are not in doubt."""
    columns = ("number", "issued", "in_force_from", "certainty", "evidence")
    return [_act(row) for row in read_rows(path, columns, once="number")]


def _act(row: Row) -> Act:
    if row["certainty"] not in ("stated", "inferred"):
        raise row.error("unknown certainty", "certainty", "stated or inferred")
    return Act(row["number"], row.day_if_any("issued"), row.day_if_any("in_force_from"), row["certainty"])


def commune_resolutions(merges: Iterable[Row]) -> list[Act]:
    """The resolution on the communes of each new province; all were in force on the day of their adoption."""
    column = "commune_effective_date"
    return [Act(row["commune_resolution"], row.day_if_any(column), row.day_if_any(column)) for row in merges]
