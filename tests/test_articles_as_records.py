"""The five articles as records: how much was entered, and the traps that their texts hold."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORDS = ROOT / "data" / "records"

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


TABLES = {path.stem: read(path) for path in sorted(RECORDS.glob("*.csv"))}


def rows(table: str, **given: object) -> list[Row]:
    return [row for row in TABLES[table] if all(row[column] == str(value) for column, value in given.items())]


def many(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|") if part.strip()]


def member(row: Row) -> str:
    return row["unit"].replace("oà", "òa") or row["organisation"]


# ---- what was entered ----------------------------------------------------------------------------------------------

ENTERED = {
    "sources": 5, "acts": 1, "organisations": 64, "persons": 11, "posts": 19, "holdings": 19, "clusters": 5,
    "cluster_years": 7, "members": 43, "roles": 10, "rankings": 6, "conferences": 5, "participations": 62,
    "movements": 15, "movement_participations": 17, "awards": 7, "award_steps": 7, "figures": 13, "citations": 1,
    "pacts": 3, "links": 2,
}  # fmt: skip


def test_every_table_holds_what_the_five_articles_state() -> None:
    assert {table: len(entered) for table, entered in TABLES.items()} == ENTERED


def test_every_row_names_a_source_and_a_short_place_in_it() -> None:
    sources = {row["key"] for row in TABLES["sources"]}
    for table, entered in TABLES.items():
        for row in entered if table != "sources" else []:
            assert row["source"] in sources, (table, row)
            assert int(row["start"]) < int(row["end"]) < int(row["start"]) + 500, (table, row)


def test_every_key_was_minted_once_and_no_other_key_is_in_use() -> None:
    minted = Counter((row["kind"], row["key"]) for row in read(ROOT / "data" / "keys.csv"))
    kinds = {table: table.removesuffix("s") for table in TABLES if TABLES[table] and "key" in TABLES[table][0]}
    used = {(kind, row["key"]) for table, kind in kinds.items() for row in TABLES[table]}
    assert max(minted.values()) == 1
    assert used <= set(minted)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) for _, key in minted)
    assert all(re.fullmatch(r"[a-z][a-z2-7]{7}", key) for kind, key in minted if kind == "person")


# ---- the traps -----------------------------------------------------------------------------------------------------


def test_a_proposal_is_never_entered_as_a_decision() -> None:
    steps = Counter(row["step"] for row in TABLES["award_steps"])
    assert steps == {"de-nghi": 6, "trao": 1}
    (presented,) = rows("award_steps", step="trao")
    (award,) = rows("awards", key=presented["award"])
    assert (award["recipient_text"], award["recipient_count"]) == ("24 cá nhân", "24")
    assert not award["unit"] + award["organisation"] + award["person"]


def test_a_lead_or_a_deputy_is_a_member_of_its_year() -> None:
    members = {(row["cluster"], row["year"], member(row)) for row in TABLES["members"]}
    named = [*TABLES["roles"], *TABLES["rankings"]]
    assert {(row["cluster"], row["year"], member(row)) for row in named} <= members


def test_the_chair_is_not_taken_for_the_lead_unit() -> None:
    (chair,) = rows("participations", source="s2", role="chu-tri")
    (deputy,) = rows("roles", source="s2", role="pho")
    (lead,) = rows("roles", source="s2", role="truong")
    assert chair["behalf_unit"] == deputy["unit"] == "huyện Văn Lãng"
    assert (lead["unit"], lead["representative"]) == ("huyện Lộc Bình", "")


def test_the_first_ranked_unit_is_not_taken_for_the_lead_unit() -> None:
    for source, year in (("s1", 2017), ("s4", 2019)):
        (first,) = rows("rankings", source=source, rank=1)
        (lead,) = rows("roles", source=source, year=year, role="truong")
        assert member(first) != member(lead)


def test_a_partial_ranking_is_not_completed() -> None:
    ranked = [(row["source"], row["rank"], member(row)) for row in TABLES["rankings"]]
    assert ranked == [
        ("s1", "1", "tỉnh Phú Thọ"),
        ("s1", "2", "tỉnh Tuyên Quang"),
        ("s4", "1", "so-thong-tin-va-truyen-thong-bac-kan"),
        ("s4", "", "so-y-te-bac-kan"),
        ("s4", "", "so-giao-duc-va-dao-tao-bac-kan"),
        ("s4", "", "truong-cao-dang-nghe-dan-toc-noi-tru-bac-kan"),
    ]


def test_members_are_entered_only_where_they_are_enumerated_or_hold_a_role() -> None:
    counted = Counter((row["source"], row["year"]) for row in TABLES["members"])
    assert counted == {
        ("s0", "2017"): 2, ("s1", "2017"): 7, ("s1", "2018"): 7, ("s2", "2017"): 5,
        ("s4", "2019"): 11, ("s4", "2020"): 11,
    }  # fmt: skip
    assert {row["certainty"] for row in TABLES["members"] if row["source"] != "s2"} == {"inferred"}


def test_what_the_article_of_2020_does_not_say_stays_unknown() -> None:
    (conference,) = rows("conferences", source="s3")
    assert not any(conference[column] for column in ("date", "date_text", "place", "place_text", "venue"))
    assert conference["reviewed"] == "2020-early"
    assert not any(rows(table, source="s3") for table in ("participations", "roles", "members"))
    assert [row["stated_member_count"] for row in rows("cluster_years", source="s3")] == ["8"]


def test_the_way_of_choosing_is_entered_only_where_it_is_stated() -> None:
    chosen = {(row["source"], row["year"], row["selection"]) for row in TABLES["roles"] if row["selection"]}
    assert chosen == {("s1", "2018", "suy-ton"), ("s4", "2020", "ban-giao")}


def test_the_year_held_is_not_taken_for_the_year_reviewed() -> None:
    late = [row["key"] for row in TABLES["conferences"] if row["date"] and row["date"][:4] > row["reviewed"][:4]]
    assert late == ["7-tinh-trung-du-mien-nui-phia-bac-2018-03-22", "van-hoa-xa-hoi-bac-kan-2020-01-08"]


def test_a_day_whose_year_had_to_be_completed_is_inferred() -> None:
    for row in TABLES["conferences"]:
        completed = bool(row["date"]) and row["date"][:4] not in row["date_text"]
        assert (row["certainty"] == "inferred") == completed, row["key"]


def test_two_years_for_one_pact_stand_side_by_side() -> None:
    pacts = [(row["year"], row["certainty"]) for row in rows("pacts", source="s1")]
    assert pacts == [("2017", "ambiguous"), ("2018", "ambiguous")]


def test_two_clusters_that_may_be_one_are_linked_and_not_merged() -> None:
    assert {(row["from"], row["to"], row["status"], row["certainty"]) for row in TABLES["links"]} == {
        ("huyen-thanh-pho-bac-kan", "8-huyen-thanh-pho-bac-kan", "pending", "ambiguous")
    }
    assert len({row["key"] for row in TABLES["clusters"]}) == 5


def test_one_movement_has_one_key_however_it_is_spelt() -> None:
    joined = {
        source: {row["movement"] for row in rows("movement_participations", source=source)} for source in ("s3", "s4")
    }
    assert joined["s3"] & joined["s4"] == {
        "bac-kan-chung-suc-xay-dung-nong-thon-moi", "ca-nuoc-chung-tay-vi-nguoi-ngheo", "van-hoa-cong-so",
    }  # fmt: skip


def test_a_task_for_the_coming_year_is_not_a_movement_already_joined() -> None:
    asked = rows("movement_participations", source="s1", year=2018)
    assert {row["certainty"] for row in asked} == {"ambiguous"}


def test_everyone_entered_holds_a_public_post_and_nobody_else_is_named() -> None:
    people = {row["key"]: row["name"] for row in TABLES["persons"]}
    assert len(people) == len(set(people.values())) == 10
    assert {row["person"] for row in TABLES["holdings"]} == set(people)


def test_one_person_in_two_articles_is_one_person() -> None:
    twice = [key for key, times in Counter(row["key"] for row in TABLES["persons"]).items() if times > 1]
    held = [(row["source"], row["post"]) for row in TABLES["holdings"] if row["person"] in twice]
    assert held == [("s1", "pho-chu-tich-ubnd-tinh-bac-kan"), ("s4", "pho-chu-tich-ubnd-tinh-bac-kan")]


def test_a_holding_is_a_day_and_that_day_is_a_conference() -> None:
    held = {row["date"] for row in TABLES["conferences"]}
    assert {row["as_of"] for row in TABLES["holdings"]} <= held
    taken = {(row["person"], post) for row in TABLES["participations"] for post in many(row["posts"])}
    assert taken == {(row["person"], row["post"]) for row in TABLES["holdings"]}


def test_no_cell_carries_a_telephone_number_or_a_sentence_of_an_article() -> None:
    for table, entered in TABLES.items():
        for row in entered:
            cells = [cell for column, cell in row.items() if column not in ("text_sha256", "note", "rights")]
            assert max(map(len, cells)) <= 200, (table, row)
            assert not any(re.search(r"\d{3}\.\d{3}|@|\(0\d+\)", cell) for cell in cells), (table, row)


def test_a_publisher_that_the_page_does_not_name_is_not_made_up() -> None:
    nameless = [row["key"] for row in TABLES["sources"] if not row["publisher"] + row["publisher_name"]]
    assert nameless == ["s0", "s3"]
