"""Three copies of the service behind nginx, on one directory of releases: what clients see when one is killed, when it
comes back, and when another release is published.

    python -m bench.copies RELEASES OLD NEW [--endpoint URL]

Two releases of the directory are named; OLD is published at the start, NEW later, OLD again at the end. Every request
is another question, so that no cache answers it. With an endpoint, both are to be in that engine.
"""

from __future__ import annotations

import argparse
import collections
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bench.waiting import ready
from loaders.resources import ROOT
from tests.clients import Clients

COPIES, CLIENTS, SECONDS = 3, 6, 8.0
FIRST_PORT = 21530
QUESTIONS = (
    "/sparql?format=json&query=SELECT%20(COUNT(*)%20AS%20%3Fn)%20%7B%20%3Fs%20a%20%3Ft{n}%20%7D%20%23",
    "/api/clusters?q=bien+gioi&limit={n}",
    "/doc/unit/2004/{code:03}.html",
    "/api/units?q=van+lang&limit={n}",
)
_NGINX = """
daemon off; worker_processes 1; pid {place}/nginx.pid; error_log {place}/error.log crit;
events {{ worker_connections 512; }}
http {{
    access_log off; proxy_temp_path {place}/proxy; client_body_temp_path {place}/body;
    upstream thidua {{ hash $remote_addr consistent; {servers} keepalive 64; }}
    server {{
        listen 127.0.0.1:{port};
        proxy_connect_timeout 1s;
        proxy_next_upstream error timeout http_502 http_503 non_idempotent;
        proxy_next_upstream_tries 3; proxy_next_upstream_timeout 5s;
        proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header Connection ""; proxy_http_version 1.1;
        location / {{ proxy_pass http://thidua; }}
    }}
}}
"""


class Crowd(Clients):
    """Clients at addresses of their own, and what they got, by phase."""

    def __init__(self, port: int) -> None:
        super().__init__(CLIENTS)
        self.port, self.phase = port, ""
        self.got: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)

    def go(self, phase: str) -> None:
        """The phase lasted its time."""
        self.phase = phase
        time.sleep(SECONDS)

    def _ask(self, number: int) -> None:
        transport = httpx.HTTPTransport(local_address=f"127.0.1.{number + 1}")
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", transport=transport, timeout=30) as client:
            n = number
            while not self.stopped:
                n += CLIENTS
                path = QUESTIONS[n // CLIENTS % len(QUESTIONS)].format(n=n % 9000 + 1, code=n % 900)
                phase = self.phase
                try:
                    status = client.get(path).status_code
                    self.got[phase]["failed" if status >= 500 or status == 429 else "answered"] += 1
                    self.got[phase][str(status)] += 1
                except httpx.HTTPError as error:
                    self.got[phase]["failed"] += 1
                    self.got[phase][type(error).__name__] += 1


def thidua(*words: str, **environment: str) -> subprocess.Popen[bytes]:
    """A command of thidua that runs."""
    command = [sys.executable, "-m", "service.cli", *words]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("releases", type=Path)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--endpoint")
    args = parser.parse_args()
    settings = {"THIDUA_RELEASES": str(args.releases.resolve())}
    if args.endpoint:
        settings["THIDUA_SPARQL_ENDPOINT"] = args.endpoint
    ports = [FIRST_PORT + number for number in range(1, COPIES + 1)]
    thidua("publish", args.old, **settings).wait()
    copies = [thidua("serve", THIDUA_PORT=str(port), THIDUA_WORKERS="2", **settings) for port in ports]
    front = None
    try:
        for port in ports:
            ready(port)
        with tempfile.TemporaryDirectory() as place:
            servers = " ".join(f"server 127.0.0.1:{port} max_fails=2 fail_timeout=5s;" for port in ports)
            site = Path(place, "nginx.conf")
            site.write_text(_NGINX.format(place=place, servers=servers, port=FIRST_PORT), encoding="utf-8")
            nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
            front = subprocess.Popen([nginx, "-p", place, "-c", str(site)])
            ready(FIRST_PORT)
            crowd = Crowd(FIRST_PORT)
            with crowd.asking():
                crowd.go("all three")
                copies[0].kill()
                crowd.go("one killed")
                copies[0] = thidua("serve", THIDUA_PORT=str(ports[0]), THIDUA_WORKERS="2", **settings)
                crowd.go("it comes back")
                thidua("publish", args.new, **settings).wait()
                crowd.go("another release")
                copies[1].terminate()
                crowd.go("one stopped")
                thidua("publish", args.old, **settings).wait()
                crowd.go("the first release")
            tags = {
                httpx.get(f"http://127.0.0.1:{port}/api/clusters", headers={"Host": "x"}).headers["etag"]
                for port in (ports[0], ports[2])
            }
    finally:
        for process in [*copies, *([front] if front else [])]:
            process.terminate()
            process.wait()
    for phase, got in crowd.got.items():
        kinds = {name: number for name, number in got.items() if name not in ("failed", "answered")}
        print(f"{phase:18} {got['answered']:6} answered {got['failed']:4} failed  {kinds}")
    print(f"entity tags of one address, from two copies: {len(tags)}")


if __name__ == "__main__":
    main()
