"""What Prometheus is told: counts of what has happened, and how things stand when it asks.

Counting takes a microsecond or two for a request. How things stand is found out when it is asked for, without a query.
Other processes add what they count by a collector of their own: `metrics.registry.register(collector)`.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from loaders.release import CURRENT
from service.cache import Cache
from service.entrance import Entrance
from service.follow import Follower
from service.snapshot import Snapshot
from service.tally import BUCKETS
from service.visit import KILLS, Visit, Visits

_BUCKETS = (0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0)
_LANES = ("user", "curated")
_UNMATCHED = "unmatched"
# Seconds for which memory is not looked at again: the kernel walks all pages for it, which took 0.1 s for ten workers.
_STALE = 10.0


class Metrics:
    """The counters of this process, and the registry that holds them and whatever else is told."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "thidua_requests",
            "Requests answered, by template of the address",
            ["route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "thidua_request_seconds",
            "Seconds to the end of the answer",
            ["route"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.query_seconds = Histogram(
            "thidua_query_seconds",
            "Seconds that workers were at it",
            ["lane"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.queue_seconds = Histogram(
            "thidua_queue_seconds", "Seconds waited for a worker", ["lane"], buckets=_BUCKETS, registry=self.registry
        )
        self.kills = Counter("thidua_kills", "Queries that lost their process", ["reason"], registry=self.registry)
        # Told from the first: Prometheus sees no increase in what begins with 1.
        for reason in KILLS:
            self.kills.labels(reason)
        self.faults = Counter("thidua_faults", "Answers 500 that nobody foresaw", registry=self.registry)
        self.cuts = Counter("thidua_cuts", "Answers that were cut short", registry=self.registry)
        self.connections = Gauge("thidua_connections", "Open connections", registry=self.registry)
        self.older = Gauge("thidua_older_releases", "Older releases that are open", registry=self.registry)
        # Found once, since finding a counter takes longer than counting.
        self._lanes = {lane: (self.query_seconds.labels(lane), self.queue_seconds.labels(lane)) for lane in _LANES}
        self._known: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def count(self, ended: Visit) -> None:
        """The request is counted."""
        key = (ended.route or _UNMATCHED, ended.status)
        if key not in self._known:
            self._known[key] = self.requests.labels(key[0], str(key[1])), self.seconds.labels(key[0])
        requests, seconds = self._known[key]
        requests.inc()
        seconds.observe(ended.seconds)
        if ended.lane:
            query, queue = self._lanes[ended.lane]
            query.observe(ended.spent.get("query", 0.0))
            queue.observe(ended.spent.get("queue", 0.0))
        if ended.killed:
            self.kills.labels(ended.killed).inc()
        if ended.fault:
            self.faults.inc()
        if ended.cut:
            self.cuts.inc()

    def written(self, accept: str) -> tuple[bytes, str]:
        """All of it, and the media type that it is written in: OpenMetrics if that is liked best."""
        encode, media = choose_encoder(accept)
        return encode(self.registry), media


class State(Collector):
    """How the service stands, found out when it is asked for."""

    def __init__(self, follower: Follower, visits: Visits, cache: Cache) -> None:
        self.follower, self.visits, self.cache = follower, visits, cache
        self.began, self._since = time.time(), time.monotonic()
        self._lock = threading.Lock()
        self._memory: Metric | None = None
        self._looked = 0.0

    def collect(self) -> Iterator[Metric]:
        """Queries, answers that are kept, the release, memory and the age of the process."""
        snapshot = self.follower.now()
        yield self._queries()
        yield from self._kept()
        yield from self._release(snapshot)
        yield self._remembered(snapshot)
        yield _gauge("thidua_start_time_seconds", "When the service began, in seconds since 1970", self.began)
        yield _gauge("thidua_uptime_seconds", "Seconds since the service began", time.monotonic() - self._since)

    def describe(self) -> Iterator[Metric]:
        """Nothing: a registry need not ask before there is a release."""
        return iter(())

    def _remembered(self, snapshot: Snapshot) -> Metric:
        with self._lock:
            if self._memory is None or time.monotonic() - self._looked > _STALE:
                self._memory, self._looked = _memory(snapshot, self.follower.entrance), time.monotonic()
            return self._memory

    def _queries(self) -> Metric:
        family = GaugeMetricFamily("thidua_queries", "Queries that wait or are worked on", labels=["lane", "state"])
        there = [(visit.lane, visit.stage) for visit in list(self.visits.under_way)]
        for lane in _LANES:
            family.add_metric([lane, "waiting"], there.count((lane, "queue")))
            family.add_metric([lane, "working"], there.count((lane, "query")))
        return family

    def _kept(self) -> Iterator[Metric]:
        looks = CounterMetricFamily("thidua_cache_requests", "Looks for an answer that is kept", labels=["result"])
        looks.add_metric(["hit"], self.cache.hits)
        looks.add_metric(["miss"], self.cache.misses)
        yield looks
        yield _gauge("thidua_cache_bytes", "Bytes of answers that are kept", self.cache.size)
        yield _gauge("thidua_cache_answers", "Answers that are kept", len(self.cache))

    def _release(self, snapshot: Snapshot) -> Iterator[Metric]:
        release = snapshot.release
        info = GaugeMetricFamily("thidua_release_info", "The release that is served", labels=["version", "held"])
        info.add_metric([release.version, snapshot.engine.held], 1)
        yield info
        yield _gauge("thidua_release_statements", "Statements of the release", release.quads)
        refused = "1 while what is published cannot be seen or served, and the release before it still is"
        yield _gauge("thidua_release_refused", refused, int(self.follower.refused))
        with contextlib.suppress(OSError):
            published = (self.follower.settings.releases / CURRENT).lstat().st_mtime
            yield _gauge("thidua_release_published_seconds", "Seconds since it was published", time.time() - published)


class Tellers(Collector):
    """What tellers answered without the application, and the door that watches them."""

    def __init__(self, entrance: Entrance, now: Callable[[], Snapshot]) -> None:
        self.entrance, self.tally, self.now = entrance, entrance.board.tally, now

    def collect(self) -> Iterator[Metric]:
        """Requests, their seconds, their bytes, what was left to the application, kills and connections."""
        requests = CounterMetricFamily("thidua_teller_requests", "Answered on the spot", labels=["route", "status"])
        kept = CounterMetricFamily("thidua_teller_cache_hits", "Of them, from what was kept", labels=["route"])
        size = CounterMetricFamily("thidua_teller_bytes", "Bytes of these answers", labels=["route"])
        seconds = HistogramMetricFamily("thidua_teller_seconds", "Seconds of these answers", labels=["route"])
        for route in self.tally.routes():
            requests.add_metric([route.name, "200"], route.answered)
            requests.add_metric([route.name, "304"], route.unchanged)
            kept.add_metric([route.name], route.kept)
            size.add_metric([route.name], route.size)
            bounds = [*map(str, BUCKETS), "+Inf"]
            seconds.add_metric(
                [route.name], list(zip(bounds, accumulate(route.buckets), strict=True)), sum_value=route.seconds
            )
        yield from (requests, kept, size, seconds)
        yield _counter("thidua_teller_aside", "Requests left to the application", self.tally.aside)
        yield _counter("thidua_teller_kills", "Tellers killed because a request took too long", self.tally.kills)
        yield _gauge("thidua_teller_connections", "Open connections that are with tellers", self.tally.connections)
        yield _gauge("thidua_tellers", "Tellers at work", len(self.now().engine.processes["tellers"]))
        yield _counter("thidua_door_restarts", "Doors started in place of one that ended", self.entrance.restarts)

    def describe(self) -> Iterator[Metric]:
        """Nothing, as for `State`."""
        return iter(())


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(name, meaning, value=value)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _memory(snapshot: Snapshot, entrance: Entrance | None) -> Metric:
    """Bytes in memory by kind of process; what processes share counts once, in parts."""
    family = GaugeMetricFamily("thidua_memory_bytes", "Memory, what is shared counted in parts", labels=["process"])
    ours = {"web": [os.getpid()], "door": [entrance.process] if entrance else []}
    for kind, processes in {**ours, **snapshot.engine.processes}.items():
        family.add_metric([kind], sum(map(resident, processes)))
    return family


def resident(process: int) -> int:
    """The bytes of a process in memory, its part of what it shares (PSS); 0 where that is not told.

    >>> resident(0)
    0
    """
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended, or this system has no such file
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)
