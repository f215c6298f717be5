"""What an engine gets right only in a SELECT of its own: an `EXISTS`, and the way from a value along a path.

Beside an `OPTIONAL`, Virtuoso takes an `EXISTS` for a wish that nothing may be missing. It goes steps of several kinds
rightly towards a value, but not from there. And of one thing to look at it loses what may be missing; of two, not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.remote.tree import Group, Part, Word, after, between, split, text, variables

_NOTHING = Word("<urn:thidua:nothing>")
_STEP, _OR = Word("/", apart=False), Word("|", apart=False)


def apart(parts: Sequence[Part]) -> list[Part]:
    """The patterns, such ones in a SELECT of their own.

    >>> from service.remote.tree import read, written
    >>> written(apart(read("{ ?s a ?t FILTER(EXISTS { ?s ?p ?o FILTER(?o > 1) }) OPTIONAL { ?s ?q ?r } }")))
    '{ ?s a ?t { SELECT DISTINCT ?s { ?s ?p ?o FILTER(?o > 1) } } OPTIONAL { ?s ?q ?r } }'
    >>> written(apart(read("{ <urn:v> (^<urn:a>*/<urn:b>)? ?s . ?s a ?t }")))
    '{ { SELECT DISTINCT ?s { ?s ^<urn:b>/<urn:a>* <urn:v> } } . ?s a ?t }'
    """
    kept: list[Part] = []
    at = 0
    while at < len(parts):
        part, start = parts[at], at
        at += 1
        if isinstance(part, Group):
            kept.append(Group(apart(part.parts)))
        elif part.text.startswith("<") and text(parts, at) == "(" and text(parts, after(parts, at)) == "?":
            # What is reached by no step at all is the value itself, of which more is wanted than it has.
            path, at = _turned(parts[at + 1 : after(parts, at) - 1]), after(parts, at) + 2
            kept.append(_select([parts[at - 1]], [parts[at - 1], Word(text(path, 0)), *path[1:], part]))
        elif part.text == "FILTER" and (lifted := _lifted(parts, start)):
            kept.append(lifted)
            at = after(parts, at)
        elif part.text == "VALUES" and (two := _two(parts, start)):
            kept += [part, parts[at], two]
            at += 2
        else:
            kept.append(part)
    return kept


def _lifted(parts: Sequence[Part], at: int) -> Group | None:
    """The SELECT that stands for a filter, when it is one for an EXISTS alone, and everything in it has a value."""
    end = after(parts, at + 1)
    if end - at != 5 or text(parts, at + 2) != "EXISTS" or not isinstance(inside := parts[at + 3], Group):
        return None
    outside = [*parts[:at], *parts[end:]]
    shared = variables(inside.parts) & variables(outside)
    if not shared <= set(_certain(inside.parts)) & set(_certain(outside)):
        return None
    return _select([Word(name) for name in sorted(shared)], inside.parts)


def _two(parts: Sequence[Part], at: int) -> Group | None:
    """Values for these VALUES that have one, of a variable that patterns beside them need: that one, and nothing."""
    data, rest = parts[at + 2], [*parts[:at], *parts[at + 3 :]]
    if isinstance(data, Group) and len(data.parts) == 1 and text(parts, at + 1) in set(_certain(rest)):
        return Group([*data.parts, _NOTHING])
    return None


def _select(variables: Sequence[Part], patterns: Sequence[Part]) -> Group:
    return Group([Word("SELECT"), Word("DISTINCT"), *variables, Group(patterns)])


def _certain(parts: Sequence[Part]) -> Iterator[str]:
    """The variables that have a value in every row of a group: those of its triples."""
    at = 0
    while at < len(parts):
        end = after(parts, at)
        if end == at + 1 and text(parts, at) not in ("", "GRAPH", "VALUES"):
            yield text(parts, at)
        at = end


def _turned(path: Sequence[Part]) -> list[Part]:
    """The path from its end to its beginning."""
    kinds = [between([_back(step) for step in list(split(kind, "/"))[::-1]], _STEP) for kind in split(path, "|")]
    return between(kinds, _OR)


def _back(step: Sequence[Part]) -> list[Part]:
    if text(step, 0) == "^":
        return list(step[1:])
    end = after(step, 0)
    if text(step, 0) == "(":
        return [step[0], *_turned(step[1 : end - 1]), *step[end - 1 :]]
    return [Word("^", apart=False), *step]
