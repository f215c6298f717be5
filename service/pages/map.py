"""`/map`: the provinces of one edition of the list, each with its page, shaded by a number of the release if asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pyoxigraph import NamedNode

from service import render
from service.functions import sort_key
from service.links import path_of
from service.negotiation import HTML, unchanged, validators
from service.pages.land import HEIGHT, WIDTH, Archipelago, Outline, Place, archipelagos, land
from service.problems import Problem
from service.query import Words
from service.snapshot import Now, Snapshot

# How wide a letter of a name is, and how high it stands, in the units of the drawing. A name may be this much longer
# than what it stands in; one that would lie over another is left to the list.
_LETTER, _LINE, _BEYOND = 13, 24, 3.2
_SHADES = 5

_PROVINCES = """
PREFIX td: <{base}def#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?unit ?label ?code ?old WHERE {{
  ?unit td:level <{base}concept/unit-level/province> ; td:codeList <{base}concept/code-list/{edition}> ;
    td:code ?code ; rdfs:label ?label .
  OPTIONAL {{
    ?transfer td:toUnit ?unit ; td:fromUnit ?from .
    ?from td:level <{base}concept/unit-level/province> ; td:code ?old .
  }}
}}
ORDER BY ?code ?unit ?old"""

_NAMED = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?unit ?label WHERE {{ VALUES ?unit {{ {units} }} ?unit rdfs:label ?label }} ORDER BY ?unit ?label"""

_WITH_MEMBER = """
  {{ SELECT DISTINCT ?thing ?province WHERE {{
    ?member td:territory ?place . ?statement td:member ?member ; td:inClusterYear ?year . ?year td:ofCluster ?thing .
    OPTIONAL {{ ?place td:parent ?parent OPTIONAL {{ ?parent td:parent ?grandparent }} }}
    BIND(COALESCE(?grandparent, ?parent, ?place) AS ?province)
  }} }}"""
# Each binds ?thing, which is counted, and ?unit, a province; measured, so ordered that the few come first. No
# province of 2004 was made of others that the list knows.
_COUNTS = {
    ("communes", "2025"): """
  ?thing td:codeList <{base}concept/code-list/2025> ; td:level <{base}concept/unit-level/commune> .
  ?thing td:parent ?unit .""",
    ("communes", "2004"): """
  ?thing td:codeList <{base}concept/code-list/2004> ; td:level <{base}concept/unit-level/commune> .
  ?thing td:parent/td:parent ?unit .""",
    ("former", "2025"): """
  ?unit td:codeList <{base}concept/code-list/2025> ; td:level <{base}concept/unit-level/province> .
  ?transfer td:toUnit ?unit ; td:fromUnit ?thing . ?thing td:level <{base}concept/unit-level/province> .""",
    ("clusters", "2025"): _WITH_MEMBER
    + """
  OPTIONAL {{ ?province dcterms:isReplacedBy ?later }} BIND(COALESCE(?later, ?province) AS ?unit)""",
    ("clusters", "2004"): _WITH_MEMBER + " BIND(?province AS ?unit)",
}
_COUNT = """
PREFIX td: <{base}def#>
PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?unit (COUNT(DISTINCT ?thing) AS ?count) WHERE {{{what}
}} GROUP BY ?unit"""

EDITIONS: Mapping[str, Words] = {
    "2025": Words("Từ 1/7/2025", "Since 1 July 2025"),
    "2004": Words("Đến 30/6/2025", "Until 30 June 2025"),
}
MEASURES: Mapping[str, Words] = {
    "": Words("Không tô theo số liệu", "No shading"),
    "communes": Words("Số đơn vị cấp xã", "Number of communes"),
    "former": Words("Số tỉnh, thành phố hợp thành", "Number of former provinces"),
    "clusters": Words("Số cụm, khối thi đua có thành viên ở đây", "Number of clusters with a member here"),
}

Edition = Annotated[str, Query(json_schema_extra={"enum": list(EDITIONS)})]
Shade = Annotated[str, Query(json_schema_extra={"enum": list(MEASURES)})]


@dataclass(frozen=True)
class Province:
    """A province on the map: its outline, if one is known, and its number, with the shade that stands for it."""

    unit: str
    label: str
    outline: Outline | None
    codes: tuple[str, ...]
    count: int | None = None
    shade: int | None = None

    @property
    def name(self) -> str:
        """The name without its type, as a map has it."""
        kind, _, name = self.label.partition(" ")
        return name if kind == "Tỉnh" else name.partition(" ")[2] if kind == "Thành" else self.label


@dataclass(frozen=True)
class Isles:
    """An archipelago on the map: the page of its unit, if the release has one, and the province that it belongs to."""

    shape: Archipelago
    unit: str | None
    label: str
    province: Province | None


def routes() -> APIRouter:
    """`/map`."""
    router = APIRouter(tags=["pages"])
    router.add_api_route("/map", show, response_class=Response, summary="A map of the provinces")
    return router


async def show(request: Request, snapshot: Now, edition: Edition = "2025", shade: Shade = "") -> Response:
    """The map of an edition, shaded as asked; Problem 422 for an edition or a number that there is not."""
    for name, value, known in (("edition", edition, EDITIONS), ("shade", shade, MEASURES)):
        if value not in known:
            raise Problem(422, "A value of the wrong type", f"there is no {name} {value[:60]!r}", available=list(known))
    if shade and (shade, edition) not in _COUNTS:
        shade = ""
    lang = render.language(request)
    headers = validators(snapshot.release, request, HTML.media, lang)
    if same := unchanged(request, headers):
        return same
    counts = await _counted(shade, edition, snapshot) if shade else None
    steps = legend(counts.values()) if counts else []
    provinces = await _provinces(edition, counts, snapshot)
    base = snapshot.release.base
    answer = render.page(
        request,
        "map.html",
        "Bản đồ" if lang == "vi" else "Map",
        width=WIDTH,
        height=HEIGHT,
        provinces=provinces,
        names=list(lettering(provinces)),
        isles=await _isles(edition, provinces, snapshot),
        legend=[(*step, shade_of(index, len(steps))) for index, step in enumerate(steps)],
        edition=edition,
        shade=shade,
        editions={key: words.get(lang) for key, words in EDITIONS.items()},
        measures={key: words.get(lang) for key, words in MEASURES.items()},
        path=lambda iri: render.kept(path_of(iri, base), request),
        release=snapshot.release,
    )
    answer.headers.update(headers)
    return answer


def lettering(provinces: Sequence[Province]) -> Iterator[tuple[str, Place]]:
    """The names that can stand in the map, and where: none over another, those with least choice first."""
    taken: list[tuple[float, float, float]] = []
    for province in sorted((each for each in provinces if each.outline), key=lambda each: each.outline.places[0].room):  # type: ignore[union-attr]
        half = len(province.name) * _LETTER / 2
        for place in province.outline.places:  # type: ignore[union-attr]
            free = all(abs(place.y - y) >= _LINE or abs(place.x - x) >= half + other for x, y, other in taken)
            if free and place.room * _BEYOND >= half * 2:
                taken.append((place.x, place.y, half))
                yield province.name, place
                break


def legend(counts: Iterable[int]) -> list[tuple[int, int]]:
    """At most five stretches of numbers, one a shade, each from the least to the greatest that is in it.

    >>> legend([1, 1, 2, 3]), legend(range(1, 11))
    ([(1, 1), (2, 2), (3, 3)], [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10)])
    """
    values = sorted(set(counts))
    parts = min(_SHADES, len(values))
    cuts = [round(index * len(values) / parts) for index in range(parts + 1)] if parts else []
    return [(values[start], values[end - 1]) for start, end in pairwise(cuts)]


async def _counted(measure: str, edition: str, snapshot: Snapshot) -> dict[str, int]:
    base = snapshot.release.base
    what = _COUNTS[measure, edition].format(base=base)
    found = await snapshot.engine.rows(_COUNT.format(base=base, what=what))
    return {row["unit"]["value"]: int(row["count"]["value"]) for row in found if "unit" in row}


async def _provinces(edition: str, counts: Mapping[str, int] | None, snapshot: Snapshot) -> list[Province]:
    """The provinces of an edition, in Vietnamese order; one that had ended before the other began is not on the map."""
    found = await snapshot.engine.rows(_PROVINCES.format(base=snapshot.release.base, edition=edition))
    codes: dict[tuple[str, str], list[str]] = {}
    for row in found:
        unit = (row["unit"]["value"], row["label"]["value"])
        # A code of today names another province than it did: only the old ones are those of the outlines.
        shape = row["old"]["value"] if "old" in row else row["code"]["value"] if edition == "2004" else ""
        codes.setdefault(unit, []).append(shape)
    steps = legend(counts.values()) if counts else []
    provinces = [
        Province(unit, label, land().outline(old), tuple(old), *_number(unit, counts, steps))
        for (unit, label), old in codes.items()
    ]
    shown = (province for province in provinces if province.outline or edition != "2004")
    return sorted(shown, key=lambda province: sort_key(province.name))


def _number(
    unit: str, counts: Mapping[str, int] | None, steps: Sequence[tuple[int, int]]
) -> tuple[int | None, int | None]:
    """How many a province has, and which shade that is; neither when nothing is counted."""
    if counts is None:
        return None, None
    count = counts.get(unit, 0)
    step = next((index for index, (low, high) in enumerate(steps) if low <= count <= high), None)
    return count, None if step is None else shade_of(step, len(steps))


def shade_of(step: int, steps: int) -> int:
    """The shade of one of so many stretches, the lightest and the darkest as far apart as can be.

    >>> [shade_of(step, 3) for step in range(3)], shade_of(0, 1)
    ([0, 2, 4], 2)
    """
    return round(step * (_SHADES - 1) / (steps - 1)) if steps > 1 else _SHADES // 2


async def _isles(edition: str, provinces: Sequence[Province], snapshot: Snapshot) -> list[Isles]:
    iris = {each.key: f"{snapshot.release.base}id/unit/{edition}/{each.units[edition]}" for each in archipelagos()}
    text = _NAMED.format(units=" ".join(str(NamedNode(iri)) for iri in iris.values()))
    labels = {row["unit"]["value"]: row["label"]["value"] for row in await snapshot.engine.rows(text)}
    return [
        Isles(
            each,
            iris[each.key] if iris[each.key] in labels else None,
            labels.get(iris[each.key], f"Quần đảo {each.name}"),
            next((province for province in provinces if each.province in province.codes), None),
        )
        for each in archipelagos()
    ]
