"""A table of the spreadsheets: its columns, what their cells hold, what must be true within a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from pyoxigraph import NamedNode


class Kind(StrEnum):
    """What the cells of a column hold."""

    KEY = "key"  # the row's own key, minted in the ledger
    REFERENCE = "reference"  # the key of a row of the table `of`
    CHOICE = "choice"  # a concept of the scheme `of`, by key or label; `classes` may add a class by its key
    SORT = "sort"  # one of `classes`: the class of the row's node
    TARGET_KIND = "target kind"  # one of `classes`: what a column of Kind.TARGET refers to
    TARGET = "target"  # the key of a thing whose kind stands in the column `of`
    TEXT = "text"
    CODE = "code"  # text that must not become a number
    INTEGER = "integer"
    NUMBER = "number"
    YEAR = "year"
    DATE = "date"
    MOMENT = "moment"  # a year or a date
    PERIOD = "period"
    UNIT = "unit"  # an administrative unit as people write it
    AGENT = "agent"  # the same, taken as an emulation unit
    MEMBER = "member"  # the key of an organisation, taken as an emulation unit
    WITHIN = "within"  # the unit that the unit of the column to the left lies in
    CLUSTER_YEAR = "cluster year"  # a year that, with the row's cluster, is a row of cluster_years
    HOLDING = "holding"  # posts that the row's person held on the day of the row's conference
    ADDRESS = "address"  # a web address that is cited
    LICENCE = "licence"  # a web address that is a node of the graph
    CHECKSUM = "checksum"
    NOTE = "note"  # internal, never published


_REFERRING = (Kind.KEY, Kind.REFERENCE, Kind.MEMBER, Kind.TARGET, Kind.HOLDING, Kind.CLUSTER_YEAR)


# Columns and tables are themselves and no others, which is quickly found out.
@dataclass(frozen=True, eq=False)
class Column:
    """One column; `says` is the property that its cells state of the row's node."""

    key: str
    vi: str
    en: str
    kind: Kind
    help: str
    says: NamedNode | None = None
    of: str = ""
    required: bool = False
    many: bool = False
    lang: str = "vi"
    classes: Mapping[str, NamedNode] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """What must hold between the cells of a row.

    >>> Rule("exactly one of", "unit", "organisation").broken({"unit": "huyện Ba Bể"})
    False
    >>> Rule("in order", "start", "end").broken({"start": 9, "end": 9})
    True
    """

    word: str
    columns: tuple[str, ...]

    def __init__(self, word: str, *columns: str) -> None:
        object.__setattr__(self, "word", word)
        object.__setattr__(self, "columns", columns)

    def broken(self, values: Mapping[str, Any]) -> bool:
        """Whether the row breaks the rule."""
        given = [values[column] for column in self.columns if column in values]
        match self.word:
            case "exactly one of":
                return len(given) != 1
            case "at least one of":
                return not given
            case "at most one of":
                return len(given) > 1
            case "all or none of":
                return 0 < len(given) < len(self.columns)
            case "first only with":
                return self.columns[0] in values and len(given) == 1
            case "in order":
                return len(given) == 2 and not given[0] < given[1]
            case "not after":
                return len(given) == 2 and given[0] > given[1]
        raise ValueError(self.word)


@dataclass(frozen=True, eq=False)
class Table:
    """One table; a row of it describes one node, `id/{kind}/{values of the columns `node`}`.

    A part of `node` may name alternatives, "unit|organisation": the first that has a value counts. Without `types`
    a column of Kind.SORT says the class; without a `kind` that class names it (AwardProposal: award-proposal).
    """

    key: str
    vi: str
    en: str
    kind: str
    types: tuple[NamedNode, ...]
    help: str
    node: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]

    @cached_property
    def by_key(self) -> Mapping[str, Column]:
        """The columns by their keys."""
        return {column.key: column for column in self.columns}

    @cached_property
    def named_by(self) -> tuple[tuple[str, ...], ...]:
        """The alternatives for each part of the node's key."""
        return tuple(tuple(part.split("|")) for part in self.node)

    @cached_property
    def referring(self) -> tuple[Column, ...]:
        """The columns whose cells are right only if the ledger or other rows say so."""
        return tuple(column for column in self.columns if column.kind in _REFERRING)

    def of_kind(self, *kinds: Kind) -> tuple[Column, ...]:
        """The columns whose cells hold one of these kinds."""
        if kinds not in self._by_kind:
            self._by_kind[kinds] = tuple(column for column in self.columns if column.kind in kinds)
        return self._by_kind[kinds]

    @cached_property
    def _by_kind(self) -> dict[tuple[Kind, ...], tuple[Column, ...]]:
        return {}

    @property
    def keyed(self) -> bool:
        """Whether its rows have keys of their own, so that other tables can refer to them."""
        return self.node == ("key",)
