"""A failure as the client is to see it: RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus


class Problem(Exception):
    """A failure as the client is to see it; `more` are extension members such as `line`, `limit` or `available`.

    One of them is none: `vi` is what a page says of it in Vietnamese, where that is more than the title.
    """

    def __init__(self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: object):
        super().__init__(detail)
        self.status, self.title, self.detail, self.headers = status, title, detail, dict(headers or {})
        self.vi = more.pop("vi", None)
        self.more = more

    def members(self) -> dict[str, object]:
        """The members of the problem object."""
        kind = self.more.get("type") or "urn:thidua:problem:" + HTTPStatus(self.status).name.lower().replace("_", "-")
        head: dict[str, object] = {"type": kind, "title": self.title, "status": self.status, "detail": self.detail}
        return head | {name: value for name, value in self.more.items() if name != "type"}
