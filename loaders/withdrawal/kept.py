"""A kept release without the person: made anew from its own dump, and put in its place in one step."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Store, parse

from loaders.candidate import Candidate
from loaders.gate.report import Finding, Report, read_report
from loaders.namespaces import BASE, rdfs, skos
from loaders.release import Release, dumps, sound_file, writer
from loaders.release.base import moved
from loaders.release.manifest import Redaction
from loaders.release.share import Tell
from loaders.withdrawal.erasure import Erased, bury, erase
from loaders.withdrawal.ledger import Withdrawal
from loaders.withdrawal.names import Names

WHY = "withdrawal"
_NAMING = frozenset({rdfs.label, skos.altLabel})


def names_in(release: Release, key: str) -> set[str]:
    """What a release calls the person; DamagedRelease when its dump is not whole."""
    about = f"<{release.base}id/person/{key}> ".encode()
    found = set()
    with gzip.open(sound_file(release, f"dumps/{dumps.NQUADS}")) as lines:
        for line in lines:
            if line.startswith(about):
                (quad,) = parse(line, RdfFormat.N_QUADS)
                if quad.predicate in _NAMING and isinstance(quad.object, Literal):
                    found.add(quad.object.value)
    return found


@dataclass(frozen=True)
class Cleaned:
    """A release's statements without the person, and what went; it is `written` or left at that."""

    release: Release
    candidate: Candidate
    erased: Erased
    names: Names
    key: str

    def write(self, room: Path, stamp: str, tell: Tell) -> Release:
        """The release holds no more than these; what it held before is in the room."""
        old, redaction = self.release, Redaction(stamp, WHY, self.release.hash)
        facts = old.base, old.modified, old.manifest.software, old.manifest.inputs
        self.candidate.settle(tell)
        draft = writer.Draft(
            self.candidate.store, self._report(), *facts, lines=self.candidate.lines, prints=self.candidate.prints
        )
        return writer.replace(old, draft, room, redaction, tell)

    def _report(self) -> Report:
        """What the gate found when the release was built, but for what it says of the person."""
        said = sound_file(self.release, "report.json").read_text(encoding="utf-8").replace(self.release.base, BASE)
        found = read_report(said)
        return replace(found, findings=tuple(self._findings(found)))

    def _findings(self, report: Report) -> Iterator[Finding]:
        for finding in report.findings:
            if not any(self._tells(term) for term in (finding.focus, finding.value) if term is not None):
                yield finding

    def _tells(self, term: object) -> bool:
        if isinstance(term, NamedNode):
            return self.key in term.value.split("/") or self.names.stand_in(term.value)
        return isinstance(term, Literal) and self.names.stand_in(term.value)


def clean(release: Release, withdrawal: Withdrawal, names: Names, room: Path) -> Cleaned:
    """The release's statements without the person, and the tombstone; DamagedRelease when its dump is not whole.

    What it held before is in the room, which is empty.
    """
    plain, back = room / "before.nq", moved(BASE, release.base)
    with gzip.open(sound_file(release, f"dumps/{dumps.NQUADS}")) as lines, plain.open("wb") as file:
        file.writelines(map(back, lines) if back else lines)
    candidate, told = Candidate(room, printed=release.base == BASE), []

    def take_out(store: Store) -> None:
        told.append(erased := erase(store, withdrawal, names))
        if erased:
            bury(store, withdrawal)

    candidate.change(take_out)
    plain.unlink()
    return Cleaned(release, candidate, told[0], names, withdrawal.key)
