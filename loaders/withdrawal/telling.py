"""What a withdrawal did, or would do, as the operator reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loaders.withdrawal.erasure import Erased
from loaders.withdrawal.work import Outcome


def told(outcome: Outcome, dry: bool = False) -> Iterator[str]:
    """The lines: what went from which release, what stands in its place, what the operator still has to do."""
    withdrawal = outcome.withdrawal
    if outcome.before:
        yield f"{withdrawal.key} was withdrawn on {withdrawal.day} ({withdrawal.reason})"
    else:
        yield f"{withdrawal.key} {'would be' if dry else 'is'} withdrawn ({withdrawal.reason})"
    went = "would go or change" if dry else "gone or changed"
    for version, erased in outcome.erased.items():
        things = ", ".join(f"{number} {kind}" for kind, number in erased.things.items())
        yield f"{version}: {erased.statements} statements {went} ({things})"
    if not outcome.erased:
        yield "nothing of it is in any release that is kept"
    yield from _once(outcome.erased.values())
    if outcome.spots:
        yield "the sources still name the person; correct them, lower [expected] in records/source.toml, commit:"
        yield from (f"    {spot}" for spot in outcome.spots)
    if outcome.unread:
        yield "this could not be read and was not searched, or not all of it; correct it and run this again:"
        yield from (f"    {fault}" for fault in outcome.unread)
    if not dry:
        yield "commit data/withdrawals.csv; for copies elsewhere and the history of git see docs/withdrawal.md"


def _once(found: Iterable[Erased]) -> Iterator[str]:
    """What is the same in many releases, said once."""
    each = list(found)
    texts = {text for erased in each for text in erased.texts}
    keys = {key for erased in each for key in erased.keys.items()}
    namesakes = {iri for erased in each for iri in erased.namesakes}
    yield from (f"    text: {before!r} → {after!r}" for before, after in sorted(texts))
    yield from (f"    key: {before} → {after}" for before, after in sorted(keys))
    yield from (f"    another person of this name stays: {iri}" for iri in sorted(namesakes))
