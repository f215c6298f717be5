"""A small graph as a document: in the format that was agreed on, under the prefixes that it uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyoxigraph import RdfFormat, Triple, serialize

from loaders.release.base import prefixes
from service.negotiation import Choice


def written(triples: Iterable[Triple], choice: Choice, base: str) -> bytes:
    """The triples in a format, in the order given, under those prefixes of the base that they use; gone through twice.

    One by one: where a thread writes, others have their turn between two, and within the engine none.
    """
    body = serialize(
        (triple for triple in triples),
        format=RdfFormat.from_media_type(choice.format.media),
        prefixes=_used(triples, prefixes(base)),
    )
    assert body is not None, "without a file to write to, the engine returns what it wrote"
    return body


def _used(triples: Iterable[Triple], spaces: Mapping[str, str]) -> dict[str, str]:
    left = list(spaces.values())
    for triple in triples:
        text = str(triple)
        left = [space for space in left if space not in text]
    return {name: space for name, space in spaces.items() if space not in left}
