"""The years of a cluster as a drawing: a lane for leads, a lane for deputies, a column a year, gaps left as gaps.

It says where boxes and words stand; the template writes the SVG. How plainly a source speaks is in the outline and in
the words of a box, never in its colour alone.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.pages.cluster import Year
    from service.pages.yearly import Holding

# In units of the drawing, which are pixels where it is not scaled.
_LANE, _YEAR, _HEAD, _LINE, _PAD, _GAP = 64, 156, 30, 17, 9, 6
# How many letters find room in a line of a box.
_LETTERS = 16
_UNKNOWN = {"vi": "chưa biết", "en": "unknown"}
_MARKS = {
    "inferred": {"vi": "≈ suy ra", "en": "≈ inferred"},
    "ambiguous": {"vi": "? hiểu nhiều cách", "en": "? ambiguous"},
}
_DISPUTED = {"vi": "≠ nguồn khác", "en": "≠ disputed"}
_LANES = {"vi": ("Trưởng", "Phó"), "en": ("Lead", "Deputy")}


@dataclass(frozen=True)
class Box:
    """A rectangle with lines of words in it; `kind` is a class of the style sheet."""

    x: int
    y: int
    width: int
    height: int
    kind: str
    lines: list[str]
    marks: Sequence[str] = ()


@dataclass(frozen=True)
class Lane:
    """A row of the drawing and what it is called."""

    y: int
    height: int
    name: str


@dataclass(frozen=True)
class Drawing:
    """All that the drawing shows."""

    width: int
    height: int
    ticks: list[tuple[int, int]]
    lanes: list[Lane]
    boxes: list[Box]


def draw(years: Sequence[Year], lang: str) -> Drawing | None:
    """The drawing of these years, which follow one another; None if nobody is known to have led in any."""
    if all(year.unknown for year in years):
        return None
    boxes, lanes, top = [], [], _HEAD
    for name, rows, disputed in (
        (_LANES[lang][0], [year.leads for year in years], [year.disputed for year in years]),
        (_LANES[lang][1], [year.deputies for year in years], [False] * len(years)),
    ):
        columns = [_column(holdings, other, lang) for holdings, other in zip(rows, disputed, strict=True)]
        height = max(sum(box.height + _GAP for box in column) for column in columns) + _GAP
        lanes.append(Lane(top, height, name))
        boxes += [box for n, column in enumerate(columns) for box in _placed(column, _LANE + n * _YEAR, top, height)]
        top += height
    ticks = [(_LANE + n * _YEAR + _YEAR // 2, year.number) for n, year in enumerate(years)]
    return Drawing(_LANE + len(years) * _YEAR, top, ticks, lanes, boxes)


def _column(holdings: Sequence[Holding], disputed: bool, lang: str) -> list[Box]:
    if not holdings:
        return [Box(0, 0, 0, _height(1), "gap", [_UNKNOWN[lang]])]
    return [_box(holding, disputed, lang) for holding in holdings]


def _box(holding: Holding, disputed: bool, lang: str) -> Box:
    lines = textwrap.wrap(holding.unit.label, _LETTERS, max_lines=4, placeholder="…")
    marks = [_DISPUTED[lang]] if disputed else []
    marks += [_MARKS[holding.certainty][lang]] if holding.certainty in _MARKS else []
    kind = f"{holding.certainty} disputed" if disputed else holding.certainty
    return Box(0, 0, 0, _height(len(lines) + len(marks)), kind, lines, marks)


def _height(lines: int) -> int:
    return lines * _LINE + 2 * _PAD


def _placed(column: Sequence[Box], left: int, top: int, height: int) -> list[Box]:
    """The boxes of one year one under the other; a gap fills the lane."""
    placed, y = [], top + _GAP
    for box in column:
        tall = height - 2 * _GAP if box.kind == "gap" else box.height
        placed.append(Box(left + _GAP // 2, y, _YEAR - _GAP, tall, box.kind, box.lines, box.marks))
        y += box.height + _GAP
    return placed
