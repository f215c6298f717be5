"""Keys are minted once, never reused, and a person's key says nothing."""

from __future__ import annotations

import random
import threading
from datetime import date
from pathlib import Path

import pytest

from loaders.errors import LedgerError, UsageError
from loaders.records.ledger import KINDS, mint, read_ledger
from loaders.resources import ROOT

TODAY = date(2026, 11, 21)
HEAD = "kind,key,minted,note\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger with nothing in it."""
    (tmp_path / "keys.csv").write_text(HEAD, encoding="utf-8")
    return tmp_path / "keys.csv"


def test_a_key_is_made_of_a_name_and_stands_in_the_ledger(path: Path) -> None:
    assert mint(path, "cluster", "Cụm thi đua, Lạng Sơn", "theo QĐ 1, 2017", TODAY) == "cum-thi-dua-lang-son"
    assert path.read_text(encoding="utf-8") == HEAD + 'cluster,cum-thi-dua-lang-son,2026-11-21,"theo QĐ 1, 2017"\n'
    assert ("cluster", "cum-thi-dua-lang-son") in read_ledger(path)


def test_a_key_is_never_given_twice(path: Path) -> None:
    mint(path, "cluster", "cum-a", "đã rút", TODAY)
    with pytest.raises(LedgerError, match="minted before") as refused:
        mint(path, "cluster", "Cụm A", "", TODAY)
    assert refused.value.line == 2
    assert mint(path, "movement", "cum-a", "", TODAY) == "cum-a"


def test_a_person_s_key_is_drawn_and_can_not_be_given(path: Path) -> None:
    letters = random.Random(7)
    key = mint(path, "person", None, "", TODAY, letters.choice)
    assert len(key) == 8
    assert set(key) <= set("abcdefghijklmnopqrstuvwxyz234567")
    with pytest.raises(UsageError, match="says nothing"):
        mint(path, "person", "Nguyễn Văn A", "", TODAY)


def test_a_drawn_key_that_exists_is_drawn_again(path: Path) -> None:
    first = mint(path, "person", None, "", TODAY, random.Random(7).choice)
    second = mint(path, "person", None, "", TODAY, random.Random(7).choice)
    assert first != second


def test_a_spreadsheet_can_not_take_a_person_s_key_for_a_number(path: Path) -> None:
    for seed in range(200):
        assert mint(path, "person", None, "", TODAY, random.Random(seed).choice)[0].isalpha()


@pytest.mark.parametrize(("kind", "key"), [("cluster", None), ("cluster", "…"), ("district", "a"), ("holding", "a")])
def test_what_can_not_be_minted_changes_nothing(kind: str, key: str | None, path: Path) -> None:
    with pytest.raises(UsageError):
        mint(path, kind, key, "", TODAY)
    assert path.read_text(encoding="utf-8") == HEAD


def test_people_who_mint_at_the_same_time_all_get_their_keys(path: Path) -> None:
    threads = [threading.Thread(target=mint, args=(path, "cluster", f"cum {n}", "", TODAY)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key for _, key in read_ledger(path).lines} == {f"cum-{n}" for n in range(8)}


def test_a_last_line_without_an_end_is_not_run_into(path: Path) -> None:
    path.write_text(HEAD + "cluster,cum-a,2026-11-21,", encoding="utf-8")
    mint(path, "cluster", "cum-b", "", TODAY)
    assert list(read_ledger(path).lines) == [("cluster", "cum-a"), ("cluster", "cum-b")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cluster,cum-a,2026-11-21,\ncluster,cum-a,2026-11-22,", "minted twice"),
        ("cluster,cum-a", "not a line of the ledger"),
        ("district,a,2026-11-21,", "not a line of the ledger"),
        ("cluster,Cụm A,2026-11-21,", "not a line of the ledger"),
        ("person,nguyen-van-a,2026-11-21,", "not a line of the ledger"),
        ("cluster,cum-a,21/11/2026,", "not a line of the ledger"),
    ],
)
def test_a_ledger_that_somebody_wrote_into_is_refused(line: str, message: str, path: Path) -> None:
    path.write_text(HEAD + line + "\n", encoding="utf-8")
    with pytest.raises(LedgerError, match=message) as refused:
        read_ledger(path)
    assert refused.value.file == str(path)
    assert refused.value.line == line.count("\n") + 2


def test_a_missing_ledger_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    for action in (
        lambda: read_ledger(tmp_path / "keys.csv"),
        lambda: mint(tmp_path / "keys.csv", "act", "a", "", TODAY),
    ):
        with pytest.raises(LedgerError, match="missing"):
            action()
    assert list(tmp_path.iterdir()) == []


def test_the_ledger_of_the_data_is_sound() -> None:
    assert {kind for kind, _ in read_ledger(ROOT / "data" / "keys.csv").lines} <= set(KINDS)
