"""What is left of somebody who was withdrawn: 410, the day, the sort of reason, and not a word more.

The tombstone is data of the release that is asked, so every release answers for itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from service.problems import Problem
from service.snapshot import Snapshot

# Documents whose path holds the key of a person.
_KINDS = ("person", "holding", "participation")
_KEY = re.compile(r"[0-9a-z]{8}")
_TOMBSTONES = """
PREFIX td: <{base}def#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?person ?day ?reason ?label WHERE {{
  VALUES ?person {{ {people} }}
  ?person a td:Tombstone ; td:withdrawnOn ?day ; td:withdrawalReason ?reason .
  OPTIONAL {{ ?reason skos:prefLabel ?label }}
}}"""


@dataclass(frozen=True)
class Tombstone:
    """An IRI that names nobody any more; the day, and the reason with its words by language."""

    person: NamedNode
    day: str
    reason: str
    words: Mapping[str, str]

    @property
    def problem(self) -> Problem:
        """What everybody is told who asks for it."""
        detail = f"What was published under this address was withdrawn on {self.day}: {self.words['en']}."
        more = {"withdrawn": self.day, "reason": self.reason}
        return Problem(410, "Withdrawn", detail, {"Cache-Control": "no-cache"}, **more)


def people(path: str, base: str) -> list[NamedNode]:
    """The persons whose keys stand in the path of a document.

    >>> [person.value for person in people("participation/hoi-nghi/k7m2q4xa/du", "https://w3id.org/thidua/")]
    ['https://w3id.org/thidua/id/person/k7m2q4xa']
    """
    kind, *steps = path.split("/")
    keys = [step for step in steps if _KEY.fullmatch(step)] if kind in _KINDS else []
    return [NamedNode(f"{base}id/person/{key}") for key in keys]


async def find(candidates: Sequence[NamedNode], snapshot: Snapshot) -> Tombstone | None:
    """The tombstone of one of these, if it is one."""
    if not candidates:
        return None
    named = " ".join(map(str, candidates))
    rows = await snapshot.engine.rows(_TOMBSTONES.format(base=snapshot.release.base, people=named))
    if not rows:
        return None
    person, day, reason = (rows[0][name]["value"] for name in ("person", "day", "reason"))
    words = {row["label"].get("xml:lang", ""): row["label"]["value"] for row in rows if "label" in row}
    # A release from before there were tombstones may lack the words.
    key = reason.rpartition("/")[2]
    return Tombstone(NamedNode(person), day, reason, {"vi": key, "en": key} | words)
