"""What a request is sent to (RFC 9112, 3.2): a path, or an address in full, whose host counts before the header's."""

from __future__ import annotations

import re

from service.frame import HOST

_FULL = re.compile(rb"(?i:https?)://([^/?]+)(.*)")
Headers = list[tuple[bytes, bytes]]


def origin(target: bytes, headers: Headers) -> bytes:
    """The target as a path, with the host that it named in the headers; ValueError if it is no target.

    A fragment is never sent: whoever sends one meant its # to be a part of what is asked, which would be cut off.

    >>> headers = [(b"host", b"a.example")]
    >>> origin(b"http://b.example?q=x", headers), headers
    (b'/?q=x', [(b'host', b'b.example')])
    """
    if b"#" in target:
        raise ValueError("a # in the target")
    if target.startswith((b"/", b"*")):
        return target
    if (full := _FULL.fullmatch(target)) is None:
        raise ValueError("neither a path nor an address in full")
    host, rest = full.groups()
    # What is no host, in a header or here, is refused as that.
    headers[:] = [(name, host if name == b"host" and HOST.fullmatch(value) else value) for name, value in headers]
    return rest if rest.startswith(b"/") else b"/" + rest
