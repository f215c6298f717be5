"""Another base IRI: how a line of N-Quads, and the prefix table, are moved from the canonical base to the one set.

Text in the repository always uses the canonical base; a release is written with `THIDUA_BASE_IRI`.
"""

from __future__ import annotations

from collections.abc import Callable

from loaders.namespaces import BASE, PREFIXES

_ADDRESS = b'"^^<http://www.w3.org/2001/XMLSchema#anyURI>'


def moved(base: str, before: str = BASE) -> Callable[[bytes], bytes] | None:
    """What moves a line to the base from the one `before`, the canonical one; None when nothing moves.

    IRIs move, and the values of xsd:anyURI; other literals stay as they were written, whatever they mention.

    >>> move = moved("https://example.org/")
    >>> move(b'<https://w3id.org/thidua/id/a> <http://p> "see <https://w3id.org/thidua/id/a>" <http://g> .')
    b'<https://example.org/id/a> <http://p> "see <https://w3id.org/thidua/id/a>" <http://g> .'
    """
    if base == before:
        return None
    old, new = before.encode(), base.encode()

    def move(line: bytes) -> bytes:
        head, quote, rest = line.partition(b'"')
        if not quote:
            return line.replace(b"<" + old, b"<" + new)
        value, _, tail = rest.rpartition(b'"')
        if value.startswith(old) and (quote + tail).startswith(_ADDRESS):
            value = new + value.removeprefix(old)
        return head.replace(b"<" + old, b"<" + new) + quote + value + quote + tail.replace(b"<" + old, b"<" + new)

    return move


def prefixes(base: str) -> dict[str, str]:
    """The prefix table under a base."""
    return {name: base + iri.removeprefix(BASE) if iri.startswith(BASE) else iri for name, iri in PREFIXES.items()}
