"""Waiting for a server that was started."""

from __future__ import annotations

import contextlib
import subprocess
import time

import httpx


def ready(port: int, process: subprocess.Popen[bytes] | None = None) -> None:
    """The server on this port says that it is ready; SystemExit when its process ended, or after a minute."""
    for _ in range(600):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        if process is not None and process.poll() is not None:
            raise SystemExit(f"the server on port {port} did not start: code {process.returncode}")
        time.sleep(0.1)
    raise SystemExit(f"nothing was ready on port {port} within a minute")
