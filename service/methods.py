"""The methods that an address answers (RFC 9110, 9.1): what is told to who asks for them, or by another one."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from starlette.routing import Match

# What stands for the whole service (RFC 9110, 9.3.7), and is no address.
_SERVICE = "*"
_ASKED = ("GET", "POST", "QUERY")


# Methods that ask for what is there and change nothing, so that who has it is told so.
SAFE = ("GET", "HEAD", "QUERY")
# What the method QUERY may bring (RFC 10008, 3).
QUERIES = ("application/sparql-query", "application/x-www-form-urlencoded")
ACCEPT_QUERY = {"Accept-Query": ", ".join(QUERIES)}


def told(methods: Sequence[str], *, of: str) -> dict[str, str]:
    """The headers that say which methods there are at an address (its path), and what one of them takes.

    >>> told(["GET", "QUERY"], of="/sparql")
    {'Allow': 'GET, QUERY', 'Accept-Query': 'application/sparql-query, application/x-www-form-urlencoded'}
    >>> told(["GET"], of="/"), told(["QUERY"], of="*")
    ({'Allow': 'GET'}, {'Allow': 'QUERY'})
    """
    return {"Allow": ", ".join(methods)} | (ACCEPT_QUERY if "QUERY" in methods and of != _SERVICE else {})


def allowed(request: Request) -> list[str]:
    """The methods that work at the address of the request, in their order; none where nothing is."""
    service = request.scope["path"] == _SERVICE
    methods = [method for method in _ASKED if service or _answers(request, method)]
    # Whatever answers GET answers HEAD, and whatever answers says how.
    beside = [*(["HEAD"] if "GET" in methods else []), *(["OPTIONS"] if methods else [])]
    return sorted([*methods, *beside])


def _answers(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
