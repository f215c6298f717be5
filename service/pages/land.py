"""The land: outlines of the provinces of edition 2004 and the extent of the two archipelagos, in one drawing.

Today's provinces are unions of the old ones; whoever asks for an outline says of which. `data/geography/README.md` says
whence the lines come and what they are good for.
"""

from __future__ import annotations

import csv
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

from loaders.resources import ROOT, read_text

# The frame of the drawing: degrees of its edges, units to a degree of latitude. A unit is about a kilometre.
_WEST, _EAST, _SOUTH, _NORTH, _SCALE = 101.9, 117.6, 6.5, 23.6, 100
# A degree of longitude is shorter than one of latitude; at the country's middle latitude by this much.
_NARROWER = math.cos(math.radians(16))
WIDTH, HEIGHT = round((_EAST - _WEST) * _NARROWER * _SCALE), round((_NORTH - _SOUTH) * _SCALE)

Point = tuple[int, int]
Ring = list[int]


@dataclass(frozen=True)
class Archipelago:
    """An archipelago as the ellipse of its extent, in the drawing's units; `units` are its IRI's ends by edition."""

    key: str
    name: str
    province: str
    units: Mapping[str, str]
    center: Point
    radii: Point


@dataclass(frozen=True)
class Place:
    """The middle of a stretch that lies inside an outline, and how long that is."""

    x: int
    y: int
    room: int


@dataclass(frozen=True)
class Outline:
    """The outline of one or more provinces: an SVG path, and where its name can stand, most room first."""

    path: str
    places: tuple[Place, ...]


class Land:
    """What the files say: `shapes` are the rings of each province, by its code of edition 2004, as numbers of arcs."""

    def __init__(self, arcs: Sequence[Sequence[Point]], shapes: Mapping[str, Sequence[Ring]]) -> None:
        self._arcs, self.shapes = arcs, shapes
        self._drawn: dict[frozenset[str], Outline] = {}

    def outline(self, codes: Iterable[str]) -> Outline | None:
        """The provinces of these codes in one outline, without the borders between them; none if none is known."""
        wanted = frozenset(code for code in codes if code in self.shapes)
        if wanted and wanted not in self._drawn:
            # In one order: where a drawing begins follows from it, and its page has a strong tag.
            rings = list(self._dissolved(sorted(wanted)))
            places = sorted(_places(max(rings, key=_area)), key=lambda place: -place.room)
            self._drawn[wanted] = Outline("".join(map(_path, rings)), tuple(places))
        return self._drawn.get(wanted)

    @cached_property
    def whole(self) -> Outline:
        """The country's mainland and islands as far as the files have outlines of them."""
        found = self.outline(self.shapes)
        assert found is not None
        return found

    def neighbours(self, code: str) -> set[str]:
        """The codes of the provinces that share a border with this one."""
        own = set(_arcs_of(self.shapes[code]))
        return {other for other, rings in self.shapes.items() if other != code and own & set(_arcs_of(rings))}

    def _dissolved(self, codes: Iterable[str]) -> Iterator[list[Point]]:
        """The rings around all of these provinces together."""
        rings = [ring for code in codes for ring in self.shapes[code]]
        shared = Counter(_arcs_of(rings))
        # An arc that two of them have is a border between them; the others lead from end to end around them.
        ways: dict[Point, list[list[Point]]] = defaultdict(list)
        for ring in rings:
            for arc in ring:
                if shared[_number(arc)] == 1:
                    points = self._points(arc)
                    ways[points[0]].append(points)
        while ways:
            start = next(iter(ways))
            around = [start]
            while around[-1] != start or len(around) == 1:
                here = around[-1]
                around += ways[here].pop()[1:]
                if not ways[here]:
                    del ways[here]
            yield around

    def _points(self, arc: int) -> list[Point]:
        points = self._arcs[_number(arc)]
        return list(points) if arc >= 0 else list(reversed(points))


@cache
def land() -> Land:
    """The land as `data/geography/` has it."""
    topology = json.loads(read_text(_file("provinces-2004.topojson")))
    shapes = {shape["properties"]["name"]: list(_rings(shape)) for shape in topology["objects"]["units"]["geometries"]}
    named = csv.DictReader(read_text(_file("provinces.csv")).splitlines())
    return Land(_decoded(topology), {row["code"]: shapes[row["shape"]] for row in named})


@cache
def archipelagos() -> tuple[Archipelago, ...]:
    """Hoàng Sa and Trường Sa."""
    return tuple(map(_archipelago, csv.DictReader(read_text(_file("archipelagos.csv")).splitlines())))


def _file(name: str) -> Any:
    return ROOT / "data" / "geography" / name


def _archipelago(row: Mapping[str, str]) -> Archipelago:
    left, top = _place(float(row["west"]), float(row["north"]))
    right, bottom = _place(float(row["east"]), float(row["south"]))
    return Archipelago(
        row["key"],
        row["name"],
        row["province"],
        {"2004": row["unit_2004"], "2025": row["unit_2025"]},
        ((left + right) // 2, (top + bottom) // 2),
        ((right - left) // 2, (bottom - top) // 2),
    )


def _place(longitude: float, latitude: float) -> Point:
    return round((longitude - _WEST) * _NARROWER * _SCALE), round((_NORTH - latitude) * _SCALE)


def _decoded(topology: Mapping[str, Any]) -> list[list[Point]]:
    """The arcs in the drawing's units: in TopoJSON each point is given by its distance from the one before."""
    (scale_x, scale_y), (x0, y0) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append(_place(x0 + x * scale_x, y0 + y * scale_y))
        arcs.append(points)
    return arcs


def _rings(shape: Mapping[str, Any]) -> Iterator[Ring]:
    polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
    return (ring for polygon in polygons for ring in polygon)


def _arcs_of(rings: Iterable[Ring]) -> list[int]:
    return [_number(arc) for ring in rings for arc in ring]


def _number(arc: int) -> int:
    """The number of an arc; in TopoJSON a negative one is the complement of an arc that is walked backwards."""
    return arc if arc >= 0 else ~arc


def _area(ring: Sequence[Point]) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))) / 2


def _places(ring: Sequence[Point]) -> Iterator[Place]:
    """The longest stretch inside the ring in each of some rows, none of them at its rim."""
    top, bottom = min(y for _, y in ring), max(y for _, y in ring)
    for share in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8):
        y = round(top + (bottom - top) * share)
        crossed = sorted(_crossings(ring, y + 0.5))
        stretches = zip(crossed[::2], crossed[1::2], strict=False)
        left, right = max(stretches, key=lambda stretch: stretch[1] - stretch[0], default=(0, 0))
        yield Place(round((left + right) / 2), y, round(right - left))


def _crossings(ring: Sequence[Point], y: float) -> Iterator[float]:
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 < y) != (y2 < y):
            yield x1 + (x2 - x1) * (y - y1) / (y2 - y1)


def _path(ring: Sequence[Point]) -> str:
    """The ring as SVG, each point by its distance from the one before.

    >>> _path([(10, 10), (30, 10), (30, 10), (30, 40), (10, 10)])
    'M10 10l20 0 0 30z'
    """
    steps = [(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairwise(ring[:-1])]
    drawn = " ".join(f"{dx} {dy}" for dx, dy in steps if dx or dy)
    return f"M{ring[0][0]} {ring[0][1]}l{drawn}z" if drawn else ""
