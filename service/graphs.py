"""A small graph as a document: in the format that was agreed on, under the prefixes that it uses.

The engine takes statements one by one: where a thread writes, others have their turn between two, and none within it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import RdfFormat, Triple, parse, serialize

from loaders.release.base import prefixes
from service.negotiation import Choice


def written(triples: Sequence[Triple], choice: Choice, base: str) -> bytes:
    """The triples in a format, in the order given, under those prefixes of the base that they use."""
    used = _used("".join([str(triple) for triple in triples]), base)
    return _serialized(triples, RdfFormat.from_media_type(choice.format.media), used)


def turtle(told: Iterable[Iterable[bytes]], base: str) -> bytes:
    """Groups of lines of N-Triples in Turtle, in the order given, under those prefixes of the base that they use."""
    texts = [b"".join(lines) for lines in told]
    found = (quad.triple for text in texts for quad in parse(text, RdfFormat.N_TRIPLES))
    return _serialized(found, RdfFormat.TURTLE, _used(b"".join(texts).decode(), base))


def _used(text: str, base: str) -> dict[str, str]:
    return {name: space for name, space in prefixes(base).items() if space in text}


def _serialized(triples: Iterable[Triple], form: RdfFormat | None, used: Mapping[str, str]) -> bytes:
    body = serialize((triple for triple in triples), format=form, prefixes=dict(used))
    assert body is not None, "without a file to write to, the engine returns what it wrote"
    return body
