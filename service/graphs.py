"""A small graph as a document: in the format that was agreed on, under the prefixes that it uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import RdfFormat, Triple, parse, serialize

from loaders.release.base import prefixes
from service.negotiation import Choice


def written(triples: Sequence[Triple], choice: Choice, base: str) -> bytes:
    """The triples in a format, in the order given, under those prefixes of the base that they use."""
    used = _used("".join(map(str, triples)), base)
    return _serialized(triples, RdfFormat.from_media_type(choice.format.media), used)


def turtle(told: Sequence[Sequence[bytes]], base: str) -> bytes:
    """N-Triples, a group of lines after the other, as one document in Turtle, in the order given.

    Between two groups others get their turn, which they do not while the engine writes.
    """
    used: dict[str, str] = {}
    for lines in told:
        used |= _used(b"".join(lines).decode(), base)
    used = dict(sorted(used.items()))
    head = _serialized((), RdfFormat.TURTLE, used)
    found = ((quad.triple for quad in parse(b"".join(lines), RdfFormat.N_TRIPLES)) for lines in told)
    return head + b"".join(_serialized(triples, RdfFormat.TURTLE, used).removeprefix(head) for triples in found)


def _used(text: str, base: str) -> dict[str, str]:
    return {name: space for name, space in prefixes(base).items() if space in text}


def _serialized(triples: Iterable[Triple], form: RdfFormat | None, used: Mapping[str, str]) -> bytes:
    body = serialize(triples, format=form, prefixes=dict(used))
    assert body is not None, "without a file to write to, the engine returns what it wrote"
    return body
