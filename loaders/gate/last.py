"""The last judgement: what was found in the build before, and what came and went since, part by part."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import Quad, RdfFormat, parse

from loaders.candidate import Candidate
from loaders.gate.reach import Change
from loaders.gate.report import Report
from loaders.parts import Kept, note

_NAME, _KIND = "gate", "judged"
# What data are understood with; there is more of it than statements that are judged.
_ONTOLOGY = "ontology"
# More than this changes so much that everything is judged.
_MOST = 64 << 20


def keep(kept: Kept, version: str, software: str, report: Report) -> None:
    """What was found in the build that became this release is noted, how much there was, and what software found it."""
    path = kept.room / f"{_NAME}.{_KIND}"
    note(path, (version, software, report.public.findings, report.looked))
    kept.keep_note(path, _NAME)


def change(candidate: Candidate, software: str) -> Change | None:
    """What came and went since the last build that became a release.

    None when there is none, when other software judged it, or when its parts are not whole any more: then everything
    has to be judged.
    """
    kept = candidate.kept
    accepted = kept.accepted() if kept else None
    if kept is None or accepted is None or not (noted := kept.recall(_NAME, _KIND)):
        return None
    version, judge, *told = noted
    changed = {name for name, part in candidate.parts.items() ^ accepted.parts.items()}
    if (version, judge) != (accepted.version, software) or _ONTOLOGY in changed:
        return None
    new = [candidate.directory / f"{name}.nq" for name in changed & candidate.parts.keys()]
    old = [kept.path(accepted.parts[name]) for name in changed & accepted.parts.keys()]
    whole = [path for path in (*new, *old) if path is not None]
    if None in old or sum(path.stat().st_size for path in whole) > _MOST:
        return None
    return Change(_quads(_lines(new) ^ _lines(path for path in old if path)), *told)


def _lines(files: Iterable[Path]) -> set[bytes]:
    return {line for file in files for line in file.read_bytes().splitlines(keepends=True)}


def _quads(lines: Iterable[bytes]) -> frozenset[Quad]:
    return frozenset(parse(b"".join(lines), RdfFormat.N_QUADS))
