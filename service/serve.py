"""`thidua serve`: the service at an address, until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable

import uvicorn

from loaders.errors import OutsideError
from loaders.settings import Settings, variable
from service.app import create_app
from service.snapshot import Snapshot

# Bytes of the head of a request; `frame` says in words what is too long before this cuts it off.
_HEAD = 131_072
# Seconds that answers may still take when the service is told to stop.
_GRACE = 10


def serve(settings: Settings, tell: Callable[[str], None] = print) -> None:
    """The published release was served until a signal came; OutsideError if there is none or the port is taken."""
    with listen(settings.host, settings.port) as listener:
        app = create_app(settings)
        config = uvicorn.Config(
            app,
            access_log=False,
            log_level="warning",
            server_header=False,
            h11_max_incomplete_event_size=_HEAD,
            timeout_graceful_shutdown=_GRACE,
        )

        async def run() -> None:
            # Before the server: what is wrong with the release is told by us, not by its log.
            await app.state.follower.start()
            for line in announcement(app.state.follower.now(), listener):
                tell(line)
            _stop_by_signal()
            await uvicorn.Server(config).serve([listener])

        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(run())


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; OutsideError says what else to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        hint = f"{variable('port')}=… chooses another" if error.errno == errno.EADDRINUSE else f"{variable('host')}=…"
        raise OutsideError(f"cannot listen on {host}, port {port}: {error.strerror} → {hint}") from None


def announcement(snapshot: Snapshot, listener: socket.socket) -> list[str]:
    """What is served and where, and three addresses to try."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    home = f"http://{'127.0.0.1' if host == '0.0.0.0' else shown}:{port}"
    release, first = snapshot.release, next(iter(snapshot.catalogue))
    question = next((query for query in snapshot.catalogue if query.name == "leaders"), first)
    return [
        f"thidua {release.version}: {release.quads:,} statements",
        f"ready on {home}",
        f"  {home}/",
        f"  {home}{question.example_url}",
        f"  {home}/sparql",
    ]


def _stop_by_signal() -> None:
    """A signal that stops the server does no more than that: the server gives it back when it has ended."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: None)
