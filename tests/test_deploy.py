"""What is in front of the service and what starts it do what their files promise."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from loaders.release import current, journal, pointer
from loaders.resources import ROOT
from tests import tiny
from tests.house import ENDLESS, House, free_port, house, publish, until

DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
OPENSSL = shutil.which("openssl")
needs_nginx = pytest.mark.skipif(not (NGINX and OPENSSL), reason="needs nginx and openssl")


@dataclass(frozen=True)
class Front:
    """nginx with our site on loopback: where its configuration is and where it listens."""

    configuration: Path
    port: int

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def nginx(self, *words: str) -> list[str]:
        return [str(NGINX), "-e", "stderr", "-p", str(self.configuration.parent), "-c", str(self.configuration), *words]


def fill_in(place: Path, service: int) -> Front:
    """The site with every placeholder filled in, in a configuration that writes nowhere but into the place."""
    key, certificate, port = place / "key.pem", place / "certificate.pem", free_port()
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    written = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([str(OPENSSL), *request, *written], check=True, capture_output=True)
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for pattern, value in (
        (r"\S+/fullchain\.pem", f'"{certificate}"'),
        (r"\S+/privkey\.pem", f'"{key}"'),
        (r"/var/log/nginx/\S+", f'"{place}/site.log"'),
        (r" +listen \[::\].*\n", ""),
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443 ", f"listen 127.0.0.1:{port} "),
        (r"127\.0\.0\.1:8000;", f"127.0.0.1:{service};"),
    ):
        site, found = re.subn(pattern, value, site)
        assert found, f"the site has no {pattern}"
    (place / "site.conf").write_text(site, encoding="utf-8")
    temporary = "".join(f'{kind}_temp_path "{place}/{kind}";' for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    configuration = place / "nginx.conf"
    configuration.write_text(
        f'{user} daemon off; pid "{place}/pid"; events {{}} '
        f'http {{ access_log off; client_body_temp_path "{place}/body"; {temporary} include "{place}/site.conf"; }}',
        encoding="utf-8",
    )
    return Front(configuration, port)


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Front, House]]:
    """nginx, and the service behind it, whose queries may take a second."""
    place = tmp_path_factory.mktemp("front")
    publish(place / "releases", 3)
    with house(place / "releases", query_timeout=1.0) as running:
        front = fill_in(place, running.port)
        process = subprocess.Popen(front.nginx(), stderr=subprocess.DEVNULL)
        try:
            until(lambda: _listens(front.port))
            yield front, running
        finally:
            process.terminate()
            process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@needs_nginx
def test_nginx_takes_the_site(tmp_path):
    done = subprocess.run(fill_in(tmp_path, 8000).nginx("-t"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


@needs_nginx
def test_what_is_refused_is_refused_in_the_words_of_the_service(behind):
    front, _ = behind
    with httpx.Client(base_url=front.url, verify=False) as client:
        assert client.get("/readyz").json()["status"] == "ready"
        for answer, status in (
            (client.get("/sparql", params={"query": "x" * 40_000}), 414),
            (
                client.post("/sparql", content=b"x" * 1_100_000, headers={"Content-Type": "application/sparql-query"}),
                413,
            ),
            (client.request("QUERY", "/sparql", content=b"ASK", headers={"Content-Type": "text/plain"}), 415),
        ):
            assert answer.status_code == status
            assert answer.json()["status"] == status


@needs_nginx
def test_a_query_without_end_is_told_as_one_to_old_and_new_clients(behind):
    front, _ = behind
    answer = httpx.post(f"{front.url}/sparql", data={"query": ENDLESS}, verify=False)
    assert answer.status_code == answer.json()["status"] == 504
    assert b" 504 " in old_client(front, ENDLESS).partition(b"\r\n")[0]


def old_client(front: Front, query: str) -> bytes:
    """All that a client of HTTP/1.0 is sent in answer to the query."""
    head = f"POST /sparql HTTP/1.0\r\nContent-Type: application/sparql-query\r\nContent-Length: {len(query)}\r\n\r\n"
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", front.port), 10) as plain, context.wrap_socket(plain) as connection:
        connection.sendall((head + query).encode())
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@needs_nginx
def test_the_figures_are_for_this_machine_alone(behind):
    front, _ = behind
    site = front.configuration.with_name("site.conf").read_text(encoding="utf-8")
    (block,) = re.findall(r"location = /metrics \{(.*?)\}", site, re.DOTALL)
    assert re.findall(r"(allow|deny) (\S+);", block) == [("allow", "127.0.0.1"), ("allow", "::1"), ("deny", "all")]


@needs_nginx
def test_without_the_service_nginx_says_when_to_come_back(tmp_path):
    front = fill_in(tmp_path, free_port())
    process = subprocess.Popen(front.nginx(), stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listens(front.port))
        answer = httpx.get(f"{front.url}/sparql", verify=False)
    finally:
        process.terminate()
        process.wait(10)
    assert answer.status_code == answer.json()["status"] == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0


def test_the_image_has_every_part_of_the_wheel():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    copied = re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Containerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(copied) == sorted(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


BUILT = """#!/bin/sh
case "$1" in
build) cat "$THIDUA_RELEASES/../built" ;;
*) cd "$ROOT" && exec "$PYTHON" -m service.cli "$@" ;;
esac
"""


@pytest.fixture
def nightly(tmp_path: Path) -> Callable[[str], str | None]:
    """What is published after the nightly build, which made this release or found it there."""
    (tmp_path / "thidua").write_text(BUILT, encoding="utf-8")
    (tmp_path / "thidua").chmod(0o755)
    releases = tmp_path / "releases"
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "ROOT": str(ROOT), "PYTHON": sys.executable}

    def run(version: str) -> str | None:
        (tmp_path / "built").write_text(version, encoding="utf-8")
        facts = {**environment, "THIDUA_RELEASES": str(releases)}
        subprocess.run([str(DEPLOY / "release")], env=facts, check=True, capture_output=True)
        return current(releases)

    return run


def test_the_nightly_build_publishes_what_is_new_and_nothing_that_was_rolled_back(tmp_path, nightly):
    first, second = (tiny.release(tmp_path / "releases", number).version for number in (1, 2))
    assert nightly(first) == first
    assert nightly(second) == second
    pointer.rollback(tmp_path / "releases", now=tiny.NOW)
    assert nightly(second) == first
    assert nightly(second) == first, "every night"


def test_the_nightly_build_publishes_what_one_that_was_killed_had_built(tmp_path, nightly):
    releases = tmp_path / "releases"
    first, second = (tiny.release(releases, number).version for number in (1, 2))
    pointer.publish(releases, first, now=tiny.NOW)
    journal.append(releases, journal.Entry("build", second, "2026-11-21T08:00:00Z"))
    # Killed a little later, it had written that it would publish, and did not.
    journal.append(releases, journal.Entry("publish", second, "2026-11-21T08:00:00Z"))
    assert nightly(second) == second


def test_a_build_that_is_refused_publishes_nothing(tmp_path):
    (tmp_path / "thidua").write_text('#!/bin/sh\ntest "$1" = publish\n', encoding="utf-8")
    (tmp_path / "thidua").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    assert subprocess.run([str(DEPLOY / "release")], env=environment, check=False).returncode == 1


def test_the_alerts_ask_for_figures_that_there_are(tmp_path):
    publish(tmp_path / "releases", 1)
    asked = set(re.findall(r"\bthidua_\w+", (DEPLOY / "alerts.yml").read_text(encoding="utf-8")))
    with house(tmp_path / "releases") as running:
        told = set(re.findall(r"^# HELP (\w+)", running.client.get("/metrics").text, re.MULTILINE))
    assert len(asked) > 5
    assert {name.removesuffix("_bucket") for name in asked} <= told


def test_the_alerts_see_the_first_of_what_they_count(tmp_path):
    """An increase is one from a number that was there: what begins with 1 has none."""
    publish(tmp_path / "releases", 1)
    counted = re.findall(r"\bincrease\((thidua_\w+(?:{[^}]*})?)", (DEPLOY / "alerts.yml").read_text(encoding="utf-8"))
    with house(tmp_path / "releases") as running:
        told = running.client.get("/metrics").text.splitlines()
    assert len(counted) > 2
    assert {f"{name} 0.0" for name in counted} <= set(told)


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool")
def test_prometheus_takes_the_alerts():
    subprocess.run(["promtool", "check", "rules", str(DEPLOY / "alerts.yml")], check=True, capture_output=True)
