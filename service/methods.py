"""The methods that an address answers (RFC 9110, 9.1): what is told to who asks for them, or by another one."""

from __future__ import annotations

from fastapi import Request
from starlette.routing import Match

# What stands for the whole service (RFC 9110, 9.3.7), and is no address.
_SERVICE = "*"
_ASKED = ("GET", "POST", "QUERY")


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
