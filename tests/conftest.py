"""What many tests share: the committed data as a published release, and a client of the service on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from loaders.resources import ROOT

HISTORY = ROOT.parent / "shared" / "registry" / "history.csv"


def thidua(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line as users run it, on this checkout."""
    command = [sys.executable, "-m", "service.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=given(**environment), capture_output=True, text=True, check=False)


def given(**environment: str) -> dict[str, str]:
    """The environment of a command: of settings, these and no others."""
    return {name: value for name, value in os.environ.items() if not name.startswith("THIDUA_")} | environment


def _publish(releases: Path, **environment: str) -> Path:
    """A release of the committed data is published there; of several processes one builds, the others wait for it."""
    built = thidua("build", THIDUA_RELEASES=str(releases), **environment)
    assert built.returncode == 0, built.stdout + built.stderr
    done = thidua("publish", built.stdout.strip(), THIDUA_RELEASES=str(releases), **environment)
    assert done.returncode == 0, done.stderr
    return releases


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes come first, then those with many tests: at the end nobody is waited for alone."""
    tests, long = Counter(item.path for item in items), {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: (item.path not in long, -tests[item.path]))


def _shared(factory: pytest.TempPathFactory, name: str) -> Path:
    """A directory that all processes of one test run share."""
    base = factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The releases directory in which the committed data are published, without a history of units."""
    return _publish(_shared(tmp_path_factory, "releases"))


@pytest.fixture(scope="session")
def published_with_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the history of units 2004–2025, which is not part of the repository."""
    if not HISTORY.is_file():
        pytest.skip("no history of units at ../shared/registry/history.csv")
    return _publish(_shared(tmp_path_factory, "releases-with-history"), THIDUA_HISTORY=str(HISTORY))


def _client(releases: Path) -> Iterator[object]:
    from fastapi.testclient import TestClient

    from loaders.settings import Settings
    from service.app import create_app

    with TestClient(create_app(Settings(releases=releases, workers=2)), follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="session")
def client(published: Path) -> Iterator[object]:
    """A client of the service on the committed data."""
    yield from _client(published)


@pytest.fixture(scope="session")
def client_with_history(published_with_history: Path) -> Iterator[object]:
    """A client of the service on the committed data and the history of units."""
    yield from _client(published_with_history)


@pytest.fixture(scope="session")
def country_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The releases directory in which the tiny synthetic country is published, whose facts no build changes."""
    from pyoxigraph import BlankNode, Quad, Triple

    from loaders.namespaces import graph, rdfs, text
    from loaders.release import pointer
    from tests import country, tiny

    releases = tmp_path_factory.mktemp("country")
    # The ontology's restrictions are blank nodes, and no release has any.
    named = [quad for quad in country.store() if not isinstance(quad.subject, BlankNode | Triple)]
    # As every release has something to say of each of its graphs.
    named += [
        Quad(graph(name), rdfs.comment, text("giả định"), graph("provenance")) for name in ("ontology", "provenance")
    ]
    made = tiny.release(releases, [quad for quad in named if not isinstance(quad.object, BlankNode | Triple)])
    pointer.publish(releases, made.version, now=tiny.NOW)
    return releases


@pytest.fixture(scope="session")
def country_client(country_releases: Path) -> Iterator[object]:
    """A client of the service on the tiny synthetic country."""
    yield from _client(country_releases)
