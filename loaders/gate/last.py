"""The last judgement: what was found in the build before, and what came and went since, part by part."""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import Quad, RdfFormat, parse

from loaders.candidate import Candidate
from loaders.gate.reach import Change
from loaders.gate.report import Report
from loaders.parts import Kept, note

_NAME, _KIND = "gate", "judged"
# What data are understood with; there is more of it than statements that are judged.
_ONTOLOGY = "ontology"


def keep(kept: Kept, version: str, software: str, report: Report) -> None:
    """What was found in the build that became this release is noted, how much there was, and what software found it."""
    path = kept.room / f"{_NAME}.{_KIND}"
    note(path, (version, software, report.public.findings, report.looked), _NAME)
    kept.keep_note(path, _NAME)


def change(candidate: Candidate, software: str) -> Change | None:
    """What came and went since the last build that became a release.

    None when there is none, when other software judged it, or when its parts are not whole any more: then everything
    has to be judged.
    """
    if candidate.kept is None or not (noted := candidate.kept.recall(_NAME, _KIND)):
        return None
    version, judge, *told = noted
    found = candidate.difference
    if found is None or (version, judge) != (found.version, software) or _ONTOLOGY in found.parts:
        return None
    return Change(_quads(found.came | found.went), *told)


def _quads(lines: Iterable[bytes]) -> frozenset[Quad]:
    return frozenset(parse(b"".join(lines), RdfFormat.N_QUADS))
