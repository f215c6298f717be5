"""Who holds which of the connections that the door has."""

from __future__ import annotations

import socket

# The part of all connections that one address may have, but for a proxy on this machine, which brings everybody.
SHARE = 0.75
PROXIES = ("127.0.0.1", "::1")


class Guests:
    """Who holds which connections, by their numbers; each address's in the order in which they came."""

    def __init__(self) -> None:
        self._addresses: dict[int, str] = {}
        self._lines: dict[str, dict[int, socket.socket]] = {}

    def enter(self, number: int, address: str, connection: socket.socket) -> None:
        """The address has a connection more."""
        self._addresses[number] = address
        self._lines.setdefault(address, {})[number] = connection

    def leave(self, number: int) -> None:
        """The connection is not here any more."""
        if (address := self._addresses.pop(number, None)) is not None:
            del self._lines[address][number]
            if not self._lines[address]:
                del self._lines[address]

    def of(self, address: str) -> int:
        """How many connections the address has."""
        return len(self._lines.get(address, ()))

    def eldest(self, address: str) -> socket.socket:
        """The connection that the address has had the longest; it counts no more."""
        number, connection = next(iter(self._lines[address].items()))
        self.leave(number)
        return connection
