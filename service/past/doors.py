"""The doors of a kept release: which addresses lead to them, and how what they answer stays among them.

`/releases/{version}` is to the routes what ASGI calls a root path: they match what comes behind it, and do not know
that it is there. What they write as an address of this host (`/doc/…`) is moved behind it here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request

# What a release answers. All else is of the service: its styles, its reference, its health, its reconciliation.
DOORS = (
    ".well-known/void", "api", "browse", "catalog", "concept", "doc", "dumps", "graph", "id", "map", "release",
    "search", "sparql", "suggest",
)  # fmt: skip
# What is in the state of a request that asks the published release under its lasting address.
CURRENT = "current"
_NAMES = "|".join(map(re.escape, DOORS))
_INSIDE = re.compile(rf"(/releases/[^/]+)(?:/(?:(?:{_NAMES})(?:/.*)?)?)?", re.DOTALL)
_DOOR = re.compile(rf"/(?:(?:{_NAMES})(?:/.*)?)?", re.DOTALL)
# Such an address as the value of an attribute, and as a header has it, alone or between angle brackets.
_IN_PAGES = re.compile(rf'(="|=\')(?=/(?:{_NAMES})(?:[/?#"\']))')
_IN_HEADERS = re.compile(rf"(^|<)(?=/(?:{_NAMES})(?:[/?#>]|$))")


@dataclass(frozen=True)
class Inside:
    """Where a page of a kept release is: behind which `root`, and the address of the same page as it is `now`.

    `current` when that release is the one that is published.
    """

    root: str
    now: str
    current: bool

    @property
    def version(self) -> str:
        """The version of the release."""
        return version(self.root)


def root(path: str) -> str:
    """What precedes the door of a kept release in a path; nothing when the path leads to none.

    >>> root("/releases/2026-11-21-0f3a9c1d/doc/unit/2004/182"), root("/releases/2026-11-21-0f3a9c1d/report")
    ('/releases/2026-11-21-0f3a9c1d', '')
    """
    match = _INSIDE.fullmatch(path)
    return match[1] if match else ""


def is_door(path: str) -> bool:
    """Whether a path is one that every release answers by itself.

    >>> is_door("/doc/unit/2004/182"), is_door("/"), is_door("/docs")
    (True, True, False)
    """
    return _DOOR.fullmatch(path) is not None


def version(root: str) -> str:
    """The version in the root of a kept release."""
    return root.rpartition("/")[2]


def inside(request: Request) -> Inside | None:
    """Where in a kept release the request is; None when it asks what is published."""
    before: str = request.scope.get("root_path", "")
    snapshot = request.scope["state"].get("snapshot")
    # Not on the page that says that there is no such release.
    if not before or snapshot is None or snapshot.release.version != version(before):
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    now = quote(request.scope["path"].removeprefix(before) or "/", safe="/~:@!$&'()*+,;=-._")
    return Inside(before, f"{request.url.scheme}://{request.url.netloc}{now}{query}", CURRENT in request.scope["state"])


def within_page(html: str, root: str) -> str:
    """The page, in which what leads to a door leads to that of the same release.

    >>> within_page('<a href="/doc/x"><a href="/docs"><form action="/sparql">', "/releases/v")
    '<a href="/releases/v/doc/x"><a href="/docs"><form action="/releases/v/sparql">'
    """
    return _IN_PAGES.sub(rf"\1{root}", html)


def within_header(value: str, root: str) -> str:
    """The same for the value of a header that names addresses.

    >>> within_header('</doc/x.ttl>; rel="alternate", <https://w3id.org/doc/x>; rel="about"', "/releases/v")
    '</releases/v/doc/x.ttl>; rel="alternate", <https://w3id.org/doc/x>; rel="about"'
    >>> within_header("/doc/x?lang=en", "/releases/v")
    '/releases/v/doc/x?lang=en'
    """
    return _IN_HEADERS.sub(rf"\1{root}", value)
