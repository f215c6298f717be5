"""What may be missing of what may be missing, each beside the other.

Of an `OPTIONAL` within another Virtuoso loses values, which ones depends on what it counted when it was started.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.remote.tree import Group, Part, Word, text

_END = Word(".")
# Ways that may lead to one thing twice: said twice, they would be so many rows.
_WAYS = {"/", "|"}


def flat(parts: Sequence[Part]) -> list[Part]:
    """The patterns, each such OPTIONAL with what it needs, beside the one it stood in.

    >>> from service.remote.tree import read, written
    >>> written(flat(read("{ ?s a ?t OPTIONAL { ?s ?p ?o OPTIONAL { ?o ?q ?r } OPTIONAL { ?o ?x ?y . } } }")))
    '{ ?s a ?t OPTIONAL { ?s ?p ?o } OPTIONAL { ?s ?p ?o . ?o ?q ?r } OPTIONAL { ?s ?p ?o . ?o ?x ?y . } }'
    """
    kept: list[Part] = []
    for at, part in enumerate(parts):
        if not isinstance(part, Group):
            kept.append(part)
        elif text(parts, at - 1) == "OPTIONAL" and (several := list(_several(part.parts))):
            kept += [Group(several[0])]
            for one in several[1:]:
                kept += [Word("OPTIONAL"), Group(one)]
        else:
            kept.append(Group(flat(part.parts)))
    return kept


def _several(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """The patterns of an OPTIONAL of triples, and those of each within it with them; nothing of any other."""
    first = next((at for at in range(len(parts)) if text(parts, at) == "OPTIONAL"), len(parts))
    own, rest = list(parts[:first]), parts[first:]
    within = rest[1::2]
    if not own or not all(isinstance(part, Word) and part.text not in _WAYS for part in own):
        return
    if any(text(rest, at) != "OPTIONAL" for at in range(0, len(rest), 2)):
        return
    needed = own if own[-1] == _END else [*own, _END]
    deeper = [list(_several(group.parts)) for group in within if isinstance(group, Group)]
    if len(deeper) < len(within) or not all(deeper):
        return
    yield own
    for several in deeper:
        yield from ([*needed, *each] for each in several)
