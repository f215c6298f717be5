"""What a unit was and what it is today, drawn from left to right: stages of units, and the changes between them.

A *stage* is a unit while it bore one name; a *change* is the legal event that leads from some stages to others. Between
the two run *passages*, which say whether all of a unit passed or a part of it. This module knows neither the graph nor
the page: it takes these three and says where each is to be drawn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

# So many stages stand one below the other; no unit of the registry has more than 14 predecessors or successors.
MOST = 16
STAGE, CHANGE = (174, 62), (142, 62)
# From more than so many on, a column is too tall for a screen: then all columns begin at the top, boxes are flatter
# and lines run along a trunk.
_TALL, _FLAT = 6, 46
_BELOW, _RIM = 12, 8
# The way between two columns, and where a share is written beside it; the line is straight for as long as the word.
_WAY, _NAMED_WAY, _STRAIGHT = 30, 96, 62
# How often the nodes are moved to the middle of their neighbours, to and fro.
_SWEEPS = 8
_WIDE = 23


@dataclass(frozen=True)
class Act:
    """A legal act, as it is cited."""

    number: str
    iri: str


@dataclass(frozen=True)
class Stage:
    """A unit while it bore one name; `own` if the page is about it, `today` if it is so now."""

    key: str
    unit: str
    label: str
    since: str | None = None
    until: str | None = None
    own: bool = False
    today: bool = False


@dataclass(frozen=True)
class Change:
    """A legal event; one without an IRI is only known by its day or its act."""

    key: str
    label: str
    iri: str | None = None
    date: str | None = None
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True)
class Passage:
    """From a stage to a change, or from a change to a stage; `share` is whole, part, or not said."""

    start: str
    end: str
    share: str | None = None


@dataclass(frozen=True)
class Flow:
    """The stages and changes by key, in the order in which they are to stand, and what leads from one to another."""

    stages: Mapping[str, Stage]
    changes: Mapping[str, Change]
    passages: Sequence[Passage]
    undrawn: int = 0


@dataclass(frozen=True)
class Box:
    """Where a stage or a change stands: its upper left corner and its size; `lines` is its name as it is broken."""

    node: Stage | Change
    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]

    @property
    def middle(self) -> int:
        """How far down its middle is."""
        return self.y + self.height // 2

    @property
    def is_stage(self) -> bool:
        """Whether it is a unit, not a change."""
        return isinstance(self.node, Stage)


@dataclass(frozen=True)
class Line:
    """Where a passage runs, as an SVG path, and where its share is written: at the end where lines lie apart."""

    share: str | None
    path: str
    x: int
    y: int
    anchor: str


@dataclass(frozen=True)
class Drawing:
    """The flow as it is drawn."""

    width: int
    height: int
    boxes: Sequence[Box]
    lines: Sequence[Line]
    undrawn: int = 0


def bounded(flow: Flow, most: int = MOST) -> Flow:
    """The flow with at most so many stages beside each change and each stage; how many were left out is counted.

    The unit of the page is never among those.
    """
    kept = {key for key, stage in flow.stages.items() if stage.own}
    for at_start in (True, False):
        beside: dict[str, int] = defaultdict(int)
        for passage in flow.passages:
            stage, change = (passage.start, passage.end) if at_start else (passage.end, passage.start)
            if stage in flow.stages and stage not in kept and beside[change] < most:
                beside[change] += 1
                kept.add(stage)
    kept |= {key for key in flow.stages if not any(key in (each.start, each.end) for each in flow.passages)}
    passages = [each for each in flow.passages if {each.start, each.end} & flow.stages.keys() <= kept]
    led = {key for each in passages for key in (each.start, each.end)}
    return Flow(
        {key: stage for key, stage in flow.stages.items() if key in kept},
        {key: change for key, change in flow.changes.items() if key in led},
        passages,
        flow.undrawn + len(flow.stages) - len(kept),
    )


def drawing(flow: Flow) -> Drawing:
    """Where everything stands: time runs to the right, and what belongs together is at one height."""
    flow = bounded(flow)
    ranks = _ranks(flow)
    columns: dict[int, list[str]] = defaultdict(list)
    for key in [*flow.stages, *flow.changes]:
        columns[ranks[key]].append(key)
    tall = max(map(len, columns.values()), default=0) > _TALL
    sizes = {key: _size(flow, key, tall) for key in ranks}
    heights = _heights(flow, [columns[rank] for rank in sorted(columns)], sizes, tall)
    boxes: dict[str, Box] = {}
    x, way = _RIM, 0
    for rank in sorted(columns):
        x += way
        for key in columns[rank]:
            boxes[key] = _box(flow, key, x, heights[key], sizes[key])
        x += max(boxes[key].width for key in columns[rank])
        way = _NAMED_WAY if any(each.share and ranks[each.start] == rank for each in flow.passages) else _WAY
    height = max((box.y + box.height for box in boxes.values()), default=0) + _RIM
    lines = [
        _line(
            each, flow, boxes, tall and len(columns[ranks[each.end if each.start in flow.stages else each.start]]) == 1
        )
        for each in flow.passages
    ]
    return Drawing(x + _RIM, height, list(boxes.values()), lines, flow.undrawn)


def broken(name: str, wide: int = _WIDE) -> tuple[str, ...]:
    """A name in one line or two, each of about as many characters as fit; what is longer still is cut.

    >>> broken("Xã Hoàng Văn Thụ"), broken("Thành phố Phan Rang - Tháp Chàm")
    (('Xã Hoàng Văn Thụ',), ('Thành phố Phan Rang -', 'Tháp Chàm'))
    """
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + len(word) >= wide:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return tuple(lines) if len(lines) <= 2 else (lines[0], lines[1][: wide - 1] + "…")


def _ranks(flow: Flow) -> dict[str, int]:
    """How many steps lie before each node: the longest way to it; what nothing leads to is just before its change."""
    ranks = dict.fromkeys([*flow.stages, *flow.changes], 0)
    # Each round settles at least one node of a longest way, so there are no more rounds than nodes; a circle, which
    # time forbids but a faulty source might give, ends as well.
    for _ in ranks:
        before = dict(ranks)
        for passage in flow.passages:
            ranks[passage.end] = max(ranks[passage.end], ranks[passage.start] + 1)
        if ranks == before or max(ranks.values()) >= len(ranks):
            break
    led_to = {passage.end for passage in flow.passages}
    for first in ranks.keys() - led_to:
        beyond = [ranks[passage.end] for passage in flow.passages if passage.start == first]
        ranks[first] = min(beyond, default=1) - 1
    return ranks


def _heights(
    flow: Flow, columns: Sequence[list[str]], sizes: Mapping[str, tuple[int, int]], tall: bool
) -> dict[str, float]:
    """How far down the middle of each node is: beside the middle of its neighbours, or the first if all is tall."""
    beside: dict[str, list[str]] = defaultdict(list)
    for passage in flow.passages:
        beside[passage.start].append(passage.end)
        beside[passage.end].append(passage.start)
    size = {key: height + _BELOW for key, (_, height) in sizes.items()}
    heights: dict[str, float] = {}
    for column in columns:
        _stack(column, size, heights, {}, tall)
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 else columns[::-1]:
            near = {key: [heights[other] for other in beside[key]] for key in column if beside[key]}
            wanted = {key: min(found) if tall else sum(found) / len(found) for key, found in near.items()}
            column.sort(key=lambda key: wanted.get(key, heights[key]))
            _stack(column, size, heights, wanted, tall)
    top = min((heights[key] - size[key] / 2 for key in heights), default=0)
    return {key: middle - top + _RIM for key, middle in heights.items()}


def _stack(
    column: Sequence[str], size: Mapping[str, int], heights: dict[str, float], wanted: Mapping[str, float], tall: bool
) -> None:
    """Each node of a column is as near as can be to where it is wanted, and none lies over another."""
    for key in column:
        heights[key] = wanted.get(key, heights.get(key, 0))
    for above, below in pairwise(column):
        heights[below] = max(heights[below], heights[above] + (size[above] + size[below]) / 2)
    if column and wanted and not tall:
        # What was pushed down is moved up again by the same on average, so that the column stays around its middle.
        pushed = [heights[key] - wanted[key] for key in column if key in wanted]
        shift = sum(pushed) / len(pushed)
        for key in column:
            heights[key] -= shift


def _size(flow: Flow, key: str, tall: bool) -> tuple[int, int]:
    """The size of a box: flatter where many stand one below the other, if its name stands in one line."""
    if key not in flow.stages:
        return CHANGE
    width, height = STAGE
    return width, _FLAT if tall and len(broken(flow.stages[key].label)) == 1 else height


def _box(flow: Flow, key: str, x: int, middle: float, size: tuple[int, int]) -> Box:
    node: Stage | Change = flow.stages[key] if key in flow.stages else flow.changes[key]
    return Box(node, x, round(middle - size[1] / 2), *size, broken(node.label))


def _line(passage: Passage, flow: Flow, boxes: Mapping[str, Box], trunk: bool) -> Line:
    """The line of a passage; along a trunk only if all that run there lead to one change."""
    start, end = boxes[passage.start], boxes[passage.end]
    x1, x2 = start.x + start.width, end.x
    at_start = passage.start in flow.stages
    straight = _STRAIGHT if passage.share else 0
    bent_from, bent_to = (x1 + straight, x2) if at_start else (x1, x2 - straight)
    bend = (bent_from + bent_to) // 2
    turn = f"H{bend}V{end.middle}"
    curve = f"H{bent_from}C{bend} {start.middle} {bend} {end.middle} {bent_to} {end.middle}"
    path = f"M{x1} {start.middle}{turn if trunk else curve}H{x2}"
    x, y = (x1 + 4, start.middle - 5) if at_start else (x2 - 4, end.middle - 5)
    return Line(passage.share, path, x, y, "start" if at_start else "end")
