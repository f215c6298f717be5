"""Two buckets per client: they leak, they are shared, and nobody can choose whom he meets in the table."""

from __future__ import annotations

import os
import secrets

import pytest

from service import standing
from service.standing import Limits, Standing, Wait, anonymous

LIMITS = Limits(60.0, 120.0)
FREE = Wait(0.0, 0.0)


def table(entries: int) -> bytearray:
    """A buffer for so many entries."""
    return bytearray(standing._HEAD.size + entries * standing._ENTRY.size)


def made() -> Standing:
    """A standing in which nobody has done anything."""
    return Standing.over(bytearray(standing.SIZE), LIMITS)


def test_who_has_done_nothing_need_not_wait() -> None:
    assert made().wait("192.0.2.1", 1000.0) == FREE


def test_a_minute_of_everything_may_be_spent_at_once_and_leaks_in_a_minute() -> None:
    found = made()
    found.used("192.0.2.1", 60.0, 1000.0)
    assert found.wait("192.0.2.1", 1000.0) == FREE
    found.used("192.0.2.1", 15.0, 1000.0)
    assert found.wait("192.0.2.1", 1000.0) == (15.0, 0.0)
    assert found.wait("192.0.2.1", 1010.0) == (pytest.approx(5.0), 0.0)
    assert found.wait("192.0.2.1", 1015.5) == FREE
    found.used("192.0.2.1", 60.0, 1075.0)
    assert found.wait("192.0.2.1", 1075.0) == FREE
    assert found.wait("192.0.2.2", 1000.0) == FREE


def test_errors_have_a_bucket_of_their_own() -> None:
    found = made()
    for _ in range(122):
        found.erred("192.0.2.1", 1000.0)
    assert found.wait("192.0.2.1", 1000.0) == (0.0, pytest.approx(1.0))
    assert found.wait("192.0.2.1", 1001.5) == FREE


def test_nobody_is_sent_away_for_longer_than_a_minute() -> None:
    found = made()
    found.used("192.0.2.1", 86_400.0, 1000.0)
    assert found.wait("192.0.2.1", 1000.0) == (60.0, 0.0)


def test_a_household_is_one_client_and_a_neighbour_another() -> None:
    found = made()
    found.used("2001:db8:1:2::1", 90.0, 1000.0)
    assert found.wait("2001:db8:1:2:ffff::9", 1000.0).time == 30.0
    assert found.wait("2001:db8:1:3::1", 1000.0) == FREE
    found.used("::ffff:192.0.2.1", 90.0, 1000.0)
    assert found.wait("192.0.2.1", 1000.0).time == 30.0
    assert found.wait("unix", 1000.0) == FREE


def test_processes_share_a_table() -> None:
    buffer = anonymous()
    found = Standing.over(buffer, LIMITS)
    pid = os.fork()
    if not pid:
        try:
            Standing.over(buffer, LIMITS).used("192.0.2.1", 90.0, 1000.0)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert found.wait("192.0.2.1", 1000.0).time == 30.0


def test_a_place_in_the_table_cannot_be_chosen() -> None:
    one, other = made(), made()
    assert one.key("192.0.2.1") == Standing.over(one._buffer, LIMITS).key("192.0.2.1")
    assert one.key("192.0.2.1") != other.key("192.0.2.1")


def test_where_many_meet_the_oldest_is_forgotten() -> None:
    found = Standing.over(table(standing._WINDOW), LIMITS)
    clients = [f"192.0.2.{number}" for number in range(standing._WINDOW + 1)]
    for second, client in enumerate(clients):
        found.used(client, 120.0, 1000.0 + second)
    waits = [found.wait(client, 1010.0).time for client in clients]
    assert waits[0] == 0.0
    assert all(waits[1:])


def test_many_clients_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    # With one key in nine, more of so many meet in one place than a window has entries, and one is forgotten.
    monkeypatch.setattr(secrets, "token_bytes", bytes)
    found = Standing.over(table(8192), LIMITS)
    clients = [f"10.0.{number // 256}.{number % 256}" for number in range(2000)]
    for number, client in enumerate(clients):
        found.used(client, 60.0 + number / 100, 1000.0)
    for number, client in enumerate(clients):
        assert found.wait(client, 1000.0).time == pytest.approx(min(number / 100, 60.0), abs=1e-6)
