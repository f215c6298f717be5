"""An award case: what is at stake and for whom, and each of its steps, told or untold."""

from __future__ import annotations

from pyoxigraph import NamedNode

from loaders.namespaces import td
from service.pages import awards
from service.pages.kind import Drawn, Kind
from service.pages.said import Value
from service.pages.sketch import Sketch

_ABOUT = """
      {{ ?s td:ofAward {thing} }}
      UNION {{ {thing} td:awardType ?type . ?type td:underLaw ?s }}
      UNION {{ {thing} td:awardType ?s }}
"""
_FACTS = (
    td.awardType, td.awardText, td.recipient, td.recipientText, td.recipientCount, td.recipientKind, td.authority,
    td.authorityText, td.forYear,
)  # fmt: skip
_STATUS = {
    "vi": {None: "Trường hợp", "de-nghi": "Đề nghị", "quyet-dinh": "Quyết định", "trao": "Trao"},
    "en": {None: "Case of", "de-nghi": "Proposal of", "quyet-dinh": "Decision of", "trao": "Presentation of"},
}
_FOR = {"vi": "cho", "en": "for"}


def draw(thing: NamedNode, sketch: Sketch) -> Drawn:
    """What the page of an award case shows."""
    return {
        "facts": sketch.known(thing, *_FACTS),
        "case": awards.case(sketch, thing),
        "laws": _laws(thing, sketch),
    }


def _laws(thing: NamedNode, sketch: Sketch) -> list[Value]:
    """The laws on this form of award that were in force at some time of the year; none if the year is not known."""
    year, form = sketch.text(thing, td.forYear), sketch.node(thing, td.awardType)
    if year is None or form is None:
        return []
    acts = [act for act in sketch.all(form, td.underLaw) if _in_force(sketch, act, year)]
    return [sketch.value(act) for act in acts]


def _in_force(sketch: Sketch, act: NamedNode, year: str) -> bool:
    since, until = sketch.text(act, td.inForceFrom), sketch.text(act, td.inForceTo)
    return since is not None and since[:4] <= year <= (until or "9999")[:4]


def title(thing: NamedNode, sketch: Sketch) -> str:
    """What the case is called: a proposal as long as no more is known, so that nobody takes it for the award."""
    case = awards.case(sketch, thing)
    words = [_STATUS[sketch.lang][case.status], case.case.label]
    words += [_FOR[sketch.lang], case.recipient.label] if case.recipient else []
    return " ".join(words) + (f", {case.year}" if case.year else "")


KIND = Kind("award.html", _ABOUT, draw, title=title)
