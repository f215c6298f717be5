"""Requests of HTTP/1.1 as they come in: the head of each, whose address is a path, then its body, and nothing else.

Built on uvicorn's protocol over httptools. Whoever inherits hears when a request begins, has its head, and is whole.
"""

from __future__ import annotations

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.target import origin

# What says how long a body is.
_FRAMING = (b"content-length", b"transfer-encoding")


class Reading(HttpToolsProtocol):
    """The requests of one client, read one behind the other."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # Whether the request that is read has its head, and whether the parser reads a head that was told before.
        self._headed = self._again = False

    def begins(self) -> None:
        """Some of a request is there, be it behind another one that is there whole."""

    def has_head(self) -> None:
        """The head is there; the application begins."""

    def is_whole(self) -> None:
        """All of the request is there."""

    def read(self, data: bytes) -> None:
        """The data were parsed as HTTP/1.1, be another protocol offered or not; HttpParserError if they are none.

        A server that takes up no other goes on in this one (RFC 9110, 7.8): Java's client offers HTTP/2 with every
        request. To the parser an offer is taken up, as is CONNECT, and ends the request with its head; a fresh one
        reads on.
        """
        self._unset_keepalive_if_required()
        while data:
            try:
                return self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                data = data[offer.args[0] :]
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            framing = [name + b": " + value for name, value in self.headers if name in _FRAMING]
            self._again = True
            self.parser.feed_data(b"\r\n".join([b"POST / HTTP/1.1", *framing, b"", b""]))
            self._again = False
        return None

    def on_message_begin(self) -> None:
        """Some of a request is there."""
        if not self._again:
            self._headed = False
            self.begins()
            super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Some of its address is there."""
        if not self._again:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers is there; a trailer is passed over, which is no header (RFC 9110, 6.5.1)."""
        if not self._again and not self._headed:
            # The parser leaves the blanks behind a value, which are no part of it (RFC 9112, 5.1).
            super().on_header(name, value.rstrip(b" \t"))

    def on_headers_complete(self) -> None:
        """The head is there, with a path for an address."""
        if self._again:
            return
        self.url = origin(self.url, self.headers)
        if self.parser.get_http_version() == "1.0":
            # It knows no response before the response (RFC 9110, 10.1.1).
            self.expect_100_continue = False
        super().on_headers_complete()
        # Not before: an address that cannot be read is a fault of the head, told behind the answers before it.
        self._headed = True
        self.has_head()

    def on_message_complete(self) -> None:
        """All of the request is there, unless its head alone is read."""
        if not self.parser.should_upgrade():
            self.is_whole()
            super().on_message_complete()
