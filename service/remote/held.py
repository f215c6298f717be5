"""Filters that wait until the rows they judge are there.

A filter on what stands in an `OPTIONAL` within another makes Virtuoso empty the outer one, in place of dropping the
row; and an `EXISTS` in which something may be missing it forgets, or takes for false, beside an `OPTIONAL` that stands
before or behind it. It does not look past a LIMIT.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.remote.tree import Group, Part, Word, after, text, variables

# More rows than any release has.
_ALL = (Word("LIMIT"), Word("1000000000"))


def held(query: Sequence[Part]) -> list[Part]:
    """The query, such filters behind a LIMIT.

    >>> from service.remote.tree import read, written
    >>> written(held(read("SELECT ?s { ?s a ?t OPTIONAL { ?s ?p ?o OPTIONAL { ?o ?q ?r } } FILTER(?r > 1) }")))
    'SELECT ?s { { SELECT * { ?s a ?t OPTIONAL { ?s ?p ?o OPTIONAL { ?o ?q ?r } } } LIMIT 1000000000 } FILTER(?r > 1) }'
    """
    return [Group(_behind(part.parts)) if isinstance(part, Group) else part for part in query]


def _held(group: Group) -> Group:
    return Group(held(group.parts) if text(group.parts, 0) == "SELECT" else _behind(group.parts))


def _behind(parts: Sequence[Part]) -> list[Part]:
    kept: list[Part] = []
    deep: set[str] = set()
    for each in _patterns(parts):
        kind = text(each, 0)
        if kind == "FILTER" and deep & variables(each):
            kept, deep = [_waiting(kept)], set()
        elif kind == "OPTIONAL":
            deep |= _within(each[1:])
        elif kind == "BIND" and deep & variables(each):
            deep.add(text(each, len(each) - 2))
        inner = each[0]
        if kind == "FILTER" and _wished(each):
            kept, deep = [_waiting([_waiting(kept), *each])], set()
            continue
        kept += [_held(inner)] if isinstance(inner, Group) else each
    return kept


def _waiting(parts: Sequence[Part]) -> Group:
    """The patterns in a SELECT whose rows are there before what stands beside it is looked at."""
    return Group([Word("SELECT"), Word("*"), Group(parts), *_ALL])


def _wished(filter_: Sequence[Part]) -> bool:
    """Whether a filter is for an EXISTS in which something may be missing."""
    groups = [part for part in filter_ if isinstance(part, Group)]
    return any(Word("OPTIONAL") in group.parts for group in groups)


def _patterns(parts: Sequence[Part]) -> Iterator[Sequence[Part]]:
    """The parts, those that belong together in one."""
    at = 0
    while at < len(parts):
        start, at = at, at + 1
        if text(parts, start) in ("FILTER", "BIND") and text(parts, at) == "(":
            at = after(parts, at)
        elif text(parts, start) == "OPTIONAL":
            at += 1
        yield parts[start:at]


def _within(optional: Sequence[Part]) -> set[str]:
    """The variables that have a value only in an OPTIONAL within this one."""
    (group,) = optional
    assert isinstance(group, Group), "an OPTIONAL is of a group"
    shallow = variables([part for part in group.parts if isinstance(part, Word)])
    return variables(group.parts) - shallow
