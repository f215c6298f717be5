"""Every curated question, asked through the service: its own store in memory and on disk, and engines elsewhere.

    python -m bench.engines RELEASES [--endpoint NAME=URL …] [--rounds N]

The published release is to be in each engine already (`thidua push`). Milliseconds of an answer, its median and its
slowest question, each the best of the rounds, in one run.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from fastapi.testclient import TestClient

from loaders.settings import Settings
from service.app import create_app
from service.catalogue import Catalogue


def measured(settings: Settings, rounds: int) -> dict[str, float]:
    """The milliseconds of every question's example, the best of the rounds."""
    with TestClient(create_app(settings)) as client:
        while settings.sparql_endpoint is None and not client.app.state.follower.settled:  # type: ignore[attr-defined]
            client.get("/healthz")
        found: dict[str, float] = {}
        for query in Catalogue.read():
            taken = []
            for number in range(rounds):
                began = time.perf_counter()
                answer = client.get(query.example_url, headers={"X-Request-Id": f"{query.name}-{number}"})
                taken.append(time.perf_counter() - began)
                assert answer.status_code == 200, f"{query.name}: {answer.status_code} {answer.text[:200]}"
            found[query.name] = min(taken) * 1000
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
    for name, settings in engines.items():
        found = measured(settings, args.rounds)
        slow = max(found, key=lambda query: found[query])
        median = statistics.median(found.values())
        print(f"{name:16} median {median:7.1f} ms   slowest {found[slow]:8.1f} ms ({slow})", flush=True)


if __name__ == "__main__":
    main()
