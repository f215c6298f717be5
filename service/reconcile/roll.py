"""The roll: the register of the release that is served, read through its engine when somebody first asks for it.

Each property is read from end to end, graph by graph, and joined here: that takes seconds, the same join in the
engine a minute.
"""

from __future__ import annotations

import asyncio
import csv
import io
import logging
import time
from collections import defaultdict
from contextvars import Context

from service.reconcile.register import Register, Unit, Version, names
from service.snapshot import Snapshot

log = logging.getLogger("thidua")

Pairs = list[tuple[str, str]]

_LABELS = {
    "label": "http://www.w3.org/2000/01/rdf-schema#label",
    "altLabel": "http://www.w3.org/2004/02/skos/core#altLabel",
}
_TERMS = (
    *("code", "codeList", "level", "versionOf", "unitType", "parent", "validFrom", "validTo", "fromUnit", "toUnit"),
    *_LABELS,
)


class Roll:
    """The register of one release at a time; another release gets another."""

    def __init__(self) -> None:
        self._version: str | None = None
        self._work: asyncio.Task[Register] | None = None

    async def register(self, snapshot: Snapshot) -> Register:
        """The register of the release that the request sees; Problem when the engine does not answer."""
        return await asyncio.shield(self.begin(snapshot))

    def begin(self, snapshot: Snapshot) -> asyncio.Task[Register]:
        """The register is there, or is being made; what failed is begun anew."""
        if self._work is None or self._version != snapshot.release.version or _failed(self._work):
            # Not on the account of the request that comes first: it may be over before.
            self._work = asyncio.create_task(read(snapshot), context=Context())
            self._work.add_done_callback(_tell)
            self._version = snapshot.release.version
        return self._work


def _failed(work: asyncio.Task[Register]) -> bool:
    return work.done() and (work.cancelled() or work.exception() is not None)


def _tell(work: asyncio.Task[Register]) -> None:
    if not work.cancelled() and (error := work.exception()):
        log.error("no units can be reconciled: %s", error)


async def read(snapshot: Snapshot) -> Register:
    """The register of a release."""
    began, base = time.monotonic(), snapshot.release.base
    found: dict[str, Pairs] = {}
    with snapshot.engine.lease():
        for name in _TERMS:
            query = f"SELECT ?s ?o {{ GRAPH ?g {{ ?s <{_LABELS.get(name, f'{base}def#{name}')}> ?o }} }}"
            answer = await snapshot.engine.read(query, "text/csv")
            found[name] = await asyncio.to_thread(_pairs, answer, base)
    register = await asyncio.to_thread(compiled, found)
    log.info("%d units can be reconciled after %.1f s", len(register.units), time.monotonic() - began)
    return register


def _pairs(answer: bytes, base: str) -> Pairs:
    """Subject and object of every row, in order, each once; IRIs by what comes behind `id/`, concepts by their key."""
    rows = csv.reader(io.StringIO(answer.decode()))
    next(rows)
    return sorted({(_key(subject, base), _key(value, base)) for subject, value in rows})


def _key(value: str, base: str) -> str:
    if value.startswith(base + "id/"):
        return value.removeprefix(base + "id/").removeprefix("unit/")
    return value.rpartition("/")[2] if value.startswith(base + "concept/") else value


def compiled(found: dict[str, Pairs]) -> Register:
    """The register of what was read."""
    one = {name: dict(pairs) for name, pairs in found.items()}
    label, start, end = one["label"], one["validFrom"], one["validTo"]
    others: dict[str, list[str]] = defaultdict(list)
    for unit, other in found["altLabel"]:
        others[unit].append(other)
    units = {
        key: Unit(key, one["code"][key], edition, one["level"][key], label[key], start.get(key), end.get(key))
        for key, edition in found["codeList"]
        if key in label
    }
    for version, key in sorted(one["versionOf"].items(), key=lambda pair: start.get(pair[0], "")):
        if key in units and version in label:
            # Other names go with the name that it had in the end.
            own, plain = names(label[version], others[key] if label[version] == label[key] else ())
            type, parent = one["unitType"].get(version, ""), one["parent"].get(version)
            units[key].versions.append(
                Version(label[version], type, parent, start.get(version), end.get(version), own, plain)
            )
    for transfer, key in found["fromUnit"]:
        taker = one["toUnit"].get(transfer)
        if key in units and taker and taker not in units[key].becomes:
            units[key].becomes.append(taker)
    return Register(unit for unit in units.values() if unit.versions)
