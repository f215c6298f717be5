"""Every failure leaves as RFC 9457 problem details: JSON for programs, the same facts in HTML for a browser."""

from __future__ import annotations

from collections.abc import Mapping


class Problem(Exception):
    """A failure as the client is to see it; `more` are extension members such as `line`, `limit` or `available`."""

    def __init__(self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: object):
        super().__init__(detail)
        self.status, self.title, self.detail, self.headers, self.more = status, title, detail, dict(headers or {}), more
