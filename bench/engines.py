"""Every curated question, asked through the service: its own store in memory and on disk, and engines elsewhere.

    python -m bench.engines RELEASES [--endpoint NAME=URL …] [--rounds N]

The published release is to be in each engine already (`thidua push`). Each question is asked
with a usual value of what it needs (`bench.draws`). Milliseconds of an answer, each the best of the rounds, in one run:
the median of light questions, which take the first engine no longer than `LIGHT`, that of heavy ones, and the slowest;
`inf` if there was no answer in two minutes.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from pathlib import Path

from fastapi.testclient import TestClient
from pyoxigraph import Store

from bench.draws import Draws
from loaders.namespaces import BASE
from loaders.settings import Settings
from service.app import create_app
from service.catalogue import Catalogue

# Milliseconds.
LIGHT = 20.0


def asked(releases: Path) -> dict[str, str]:
    """The address of each question about something that the release has."""
    draws = Draws(Store.read_only(str(releases / "current" / "store")))
    found = {}
    for query in Catalogue.read():
        if case := next(iter(draws.cases(query)), None):
            given = {name: value.removeprefix(f"{BASE}id/unit/") for name, value in case.values.items()}
            found[query.name] = query.url(given)
    return found


def measured(settings: Settings, addresses: dict[str, str], rounds: int) -> dict[str, float]:
    """The milliseconds of every question, the best of the rounds."""
    with TestClient(create_app(settings)) as client:
        while settings.sparql_endpoint is None and not client.app.state.follower.settled:  # type: ignore[attr-defined]
            client.get("/healthz")
        found: dict[str, float] = {}
        for name, address in addresses.items():
            taken = []
            for number in range(rounds):
                began = time.perf_counter()
                answer = client.get(address, headers={"X-Request-Id": f"{name}-{number}"})
                taken.append(time.perf_counter() - began)
                if answer.status_code == 504:
                    taken = [math.inf]
                    break
                assert answer.status_code == 200, f"{name}: {answer.status_code} {answer.text[:200]}"
            found[name] = min(taken) * 1000
        return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("releases", type=Path)
    parser.add_argument("--endpoint", action="append", default=[], metavar="NAME=URL")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    own = {"releases": args.releases, "cache_memory": 0, "rate_limit": (), "query_timeout": 120.0}
    engines = {"in memory": Settings(**own), "on disk": Settings(**own, store_memory=1)}
    for named in args.endpoint:
        name, _, address = named.partition("=")
        engines[name] = Settings(**own, sparql_endpoint=address)
    addresses, light = asked(args.releases), set[str]()
    for name, settings in engines.items():
        found = measured(settings, addresses, args.rounds)
        light = light or {query for query, taken in found.items() if taken <= LIGHT}
        medians = [statistics.median(found[query] for query in some) for some in (light, found.keys() - light)]
        slow = max(found, key=lambda query: found[query])
        told = f"{len(light)} light {medians[0]:7.1f} ms   {len(found) - len(light)} heavy {medians[1]:8.1f} ms"
        print(f"{name:16} {told}   slowest {found[slow]:9.1f} ms ({slow})", flush=True)


if __name__ == "__main__":
    main()
