"""Every row of the five articles points at the words it rests on, checked against the texts where they are at hand."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from loaders.identity import search_key

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT.parent / "shared" / "seeds"
if not SEEDS.is_dir():
    pytest.skip(f"the texts of the articles are not at {SEEDS}", allow_module_level=True)

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


TABLES = {path.stem: read(path) for path in sorted((ROOT / "data" / "records").glob("*.csv"))}
WITNESSED = [(table, row) for table, rows in TABLES.items() if table != "sources" for row in rows]


@cache
def texts() -> dict[str, str]:
    """The texts whose checksums the sources give, by source; the offsets count in exactly these characters."""
    found = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in SEEDS.glob("*.txt")}
    wanted = {row["key"]: row["text_sha256"] for row in TABLES["sources"]}
    return {key: found[sha256].read_bytes().decode("utf-8") for key, sha256 in wanted.items() if sha256 in found}


# ---- what a passage must say ---------------------------------------------------------------------------------------


def of(table: str, key: str) -> list[Row]:
    return [row for row in TABLES[table] if row["key"] == key]


def first_words(text: str) -> list[str]:
    """The text's first three words, four words … all words."""
    words = search_key(text).split()
    return [" ".join(words[:size]) for size in range(3, len(words) + 1)] or [" ".join(words)]


def unit(row: Row) -> list[str]:
    """A unit as it is written, and without its type word."""
    return [row["unit"], row["unit"].partition(" ")[2]]


def named(table: str, key: str) -> list[str]:
    """The names of a thing: whole, without the unit it belongs to, and without that unit's type word."""
    names = []
    for row in of(table, key):
        place = row.get("unit") or row.get("scope") or "-"
        for name in filter(str.strip, (row["label"], *row["alt_labels"].split("|"))):
            bare = search_key(name).removesuffix(search_key(place)).strip()
            bare = bare.removesuffix(search_key(place.partition(" ")[2])).strip()
            names += [name, bare, f"{bare} {place.partition(' ')[0]}"]
    return names


def member(row: Row) -> list[str]:
    return unit(row) + named("organisations", row["organisation"])


def person(key: str) -> list[str]:
    return [row["name"] for row in of("persons", key)]


def post(key: str) -> list[str]:
    return [words for row in of("posts", key) for words in first_words(row["label"])]


def number(row: Row, column: str) -> list[str]:
    return [row[column], row[column].zfill(2)]


def words(key: str) -> list[str]:
    """A concept's key read as words; the roles and steps whose keys are not what a text says have their own."""
    return SAID.get(key, [key.replace("-", " ")])


SAID = {
    "truong": ["trưởng"],
    "chu-tri": ["chủ trì hội nghị"],
    "chi-dao": ["chỉ đạo hội nghị"],
    "du": ["dự hội nghị", "tỉnh dự", "đã tham gia"],
    "phan-tram": [],
}

# The article of 2018 names this movement in short before it names it in full.
SHORT = {"chung-suc-xay-dung-nong-thon-moi": ["xây dựng nông thôn mới"]}

# For every table: groups of phrases. A passage shows its row's fact when it has one of every group that is not empty.
EVIDENCE = {
    "acts": lambda r: [[r["number"]], first_words(r["label"]), named("organisations", r["issuer"])],
    "organisations": lambda r: [named("organisations", r["key"])],
    "persons": lambda r: [[r["name"]]],
    "posts": lambda r: [first_words(r["label"])],
    "holdings": lambda r: [person(r["person"]), post(r["post"])],
    "clusters": lambda r: [named("clusters", r["key"])],
    "cluster_years": lambda r: [[r["year"], f"{r['stated_member_count']} đơn vị"]],
    "members": lambda r: [member(r)],
    "roles": lambda r: [member(r), words(r["role"]), person(r["representative"]), words(r["selection"])],
    "rankings": lambda r: [member(r), [r["rank_text"]]],
    "conferences": lambda r: [[r["date_text"]], [r["place_text"]], named("clusters", r["cluster"])],
    "participations": lambda r: [person(r["person"]) + named("organisations", r["organisation"]), words(r["role"])],
    "movements": lambda r: [
        named("movements", r["key"]), [r["from_year"]], [r["to_year"]], named("organisations", r["launched_by"]),
    ],
    "movement_participations": lambda r: [named("movements", r["movement"]) + SHORT.get(r["movement"], [])],
    "awards": lambda r: [[*member(r), r["recipient_text"]], [r["award_text"]], [r["authority_text"]]],
    "award_steps": lambda r: [
        words(r["step"]), [name for a in of("awards", r["award"]) for name in [*member(a), a["recipient_text"]]],
    ],
    "figures": lambda r: [number(r, "value"), words(r["unit_of_measure"]), unit(r)],
    "citations": lambda r: [[a["number"] for a in of("acts", r["act"])]],
    "pacts": lambda r: [["ký giao ước thi đua"]],
    "links": lambda r: [named("clusters", r["from"]) + named("clusters", r["to"])],
}  # fmt: skip

# Phrases that prove nothing alone, but with which a passage may begin or end.
EDGES = {
    "movements": lambda r: words(r["kind"]),
    "figures": lambda r: first_words(r["measure"]),
    "pacts": lambda r: [r["year"]],
}


def flaw(table: str, row: Row, start: int, end: int) -> str:
    """What is wrong with a place as the witness of a row; empty when nothing is.

    The place holds whole words, the row's evidence, and begins or ends with a part of it: so it can not slip unnoticed.
    """
    text = f" {texts()[row['source']]} "
    if not 0 <= start < end <= len(text) - 2:
        return "it lies outside of the text"
    before, passage, after = text[start], text[start + 1 : end + 1], text[end + 1]
    if (before + passage[0]).isalnum() or (passage[-1] + after).isalnum():
        return "it begins or ends within a word"
    if not (passage[0].isalnum() or passage[0] in '“"') or not (passage[-1].isalnum() or passage[-1] in '”")%'):
        return "it begins or ends beside a word"
    said = search_key(re.sub(r"\bHU\b", "Huyện ủy", re.sub(r"\bPBT\b", "Phó Bí thư", passage)))
    groups = [sorted({search_key(phrase) for phrase in group} - {""}) for group in EVIDENCE[table](row)]
    for group in filter(None, groups):
        if not any(f" {phrase} " in f" {said} " for phrase in group):
            return f"it says none of {group}"
    edges = [phrase for group in groups for phrase in group]
    edges += [search_key(phrase) for phrase in EDGES.get(table, lambda r: [])(row)]
    if not any(f"{said} ".startswith(f"{phrase} ") or f" {said}".endswith(f" {phrase}") for phrase in edges):
        return "it begins and ends with words that prove nothing"
    return ""


def places() -> Iterator[tuple[str, Row, int, int]]:
    for table, row in WITNESSED:
        yield table, row, int(row["start"]), int(row["end"])


# ---- the tests -----------------------------------------------------------------------------------------------------


def test_every_source_is_one_of_the_texts_by_its_checksum() -> None:
    assert set(texts()) == {row["key"] for row in TABLES["sources"]}


def test_every_row_points_at_the_words_it_rests_on() -> None:
    wrong = [(flaw(table, row, start, end), table, row) for table, row, start, end in places()]
    assert [each for each in wrong if each[0]] == []


def test_a_place_that_slipped_would_be_noticed() -> None:
    for table, row, start, end in places():
        for shift in (-2, -1, 1, 2):
            assert flaw(table, row, start + shift, end + shift), (shift, table, row)


# A slip by whole words can leave the evidence in place; these are the passages as they were read.
PASSAGES = {
    "s0": "4c720010183ff751",
    "s1": "44c9fe6982e5297e",
    "s2": "9247441406b0c3bc",
    "s3": "848814583fab4ff8",
    "s4": "c957c90e2ce33e73",
}


@pytest.mark.parametrize("source", sorted(PASSAGES))
def test_no_place_moved_since_the_passages_were_read(source: str) -> None:
    said = sorted(f"{table}: {texts()[source][a:b]}" for table, row, a, b in places() if row["source"] == source)
    found = hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
    assert found == PASSAGES[source], f"if the change is meant and read against the text, write {found!r} for {source}"


def test_the_titles_and_days_of_the_sources_are_those_on_their_pages() -> None:
    for row in TABLES["sources"]:
        said = search_key(texts()[row["key"]])
        assert f" {search_key(row['title'])} " in f" {said} "
        day = "/".join(reversed(row["published"].split("-")))
        assert search_key(day) in said
