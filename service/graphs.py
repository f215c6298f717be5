"""A small graph as a document: in the format that was agreed on, under the prefixes that it uses."""

from __future__ import annotations

from collections.abc import Sequence

from pyoxigraph import RdfFormat, Triple, serialize

from loaders.release.base import prefixes
from service.negotiation import Choice


def written(triples: Sequence[Triple], choice: Choice, base: str) -> bytes:
    """The triples in a format, in the order given, under those prefixes of the base that they use."""
    text = "".join(map(str, triples))
    used = {name: space for name, space in prefixes(base).items() if space in text}
    body = serialize(triples, format=RdfFormat.from_media_type(choice.format.media), prefixes=used)
    assert body is not None, "without a file to write to, the engine returns what it wrote"
    return body
