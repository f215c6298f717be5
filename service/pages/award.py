"""An award case: what is at stake and for whom, and each of its steps, told or untold."""

from __future__ import annotations

from pyoxigraph import NamedNode

from loaders.namespaces import td
from service.pages import awards
from service.pages.kind import Drawn, Kind
from service.pages.sketch import Sketch

_ABOUT = """
      {{ ?s td:ofAward {thing} }}
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
    case, form = awards.case(sketch, thing), sketch.node(thing, td.awardType)
    return {
        "facts": sketch.known(thing, *_FACTS),
        "case": case,
        "laws": sketch.known(form, td.underLaw) if form else [],
    }


def title(thing: NamedNode, sketch: Sketch) -> str:
    """What the case is called: a proposal as long as no more is known, so that nobody takes it for the award."""
    case = awards.case(sketch, thing)
    words = [_STATUS[sketch.lang][case.status], case.case.label]
    words += [_FOR[sketch.lang], case.recipient.label] if case.recipient else []
    return " ".join(words) + (f", {case.year}" if case.year else "")


KIND = Kind("award.html", _ABOUT, draw, title=title)
