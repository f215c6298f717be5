"""What became of the old units."""

import csv
import json
import sqlite3
from collections import defaultdict
from datetime import date
from functools import cache

import pytest

from loaders.namespaces import concept, dcterms, entity, key_of, rdf, td
from loaders.registry.package import CONVERTER, DATASET, site
from tests.vietnam import SOURCES, about, quads, territory, units


def _table(name):
    with (SOURCES / "changes" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def _all_successors():
    found = defaultdict(dict)
    for change in territory().changes:
        for transfer in change.transfers:
            found[transfer.old][transfer.new] = "whole" if transfer.whole else "part"
    return found


def _successors(code):
    return _all_successors()[code]


@pytest.fixture(scope="module")
def published():
    """Old code, new code and share of every transfer among the quads."""
    facts = defaultdict(dict)
    for quad in quads():
        if "/id/transfer/" in quad.subject.value:
            facts[quad.subject][quad.predicate] = quad.object
    return {
        (key_of(f[td.fromUnit])[1], key_of(f[td.toUnit])[1], f[td.share].value.rpartition("/")[2])
        for f in facts.values()
    }


@pytest.fixture(scope="module")
def official():
    """The same for the communes, worked out anew from the package's files and the corrections."""
    with sqlite3.connect(f"{(site() / DATASET).as_uri()}?mode=ro", uri=True) as database:
        old = {
            "_".join(keys): code
            for *keys, code in database.execute(
                "SELECT provinceKey, districtKey, wardKey, wardCode FROM admin_units_legacy WHERE wardCode NOT NULL"
            )
        }
        new = {(p, w): c for p, w, c in database.execute("SELECT provinceKey, wardKey, wardCode FROM admin_units")}
    tables = json.loads((site() / CONVERTER).read_text(encoding="utf-8"))
    went = defaultdict(set)
    for province, communes in tables["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for commune, keys in communes.items():
            for key in filter(old.get, keys):
                went[old[key]].add(new[province, commune])
    for province, pieces in tables["DICT_PROVINCE_WARD_DIVIDED"].items():
        for key, parts in pieces.items():
            went[old[key]] |= {new[province, part["newWardKey"]] for part in parts}
    for row in _table("converter_corrections.csv"):
        went[row["old_code"]] = set(row["official_targets"].split("|"))
    return {
        (f"2004/{code}", f"2025/{target}", "part" if len(targets) > 1 else "whole")
        for code, targets in went.items()
        for target in targets
    }


def test_every_commune_went_where_the_official_table_says(published, official):
    assert {row for row in published if len(row[0]) == len("2004/00001")} == official
    assert len({old for old, _, _ in official}) == 10035


def test_441_communes_were_divided(published):
    divided = {old for old, _, share in published if share == "part" and len(old) == len("2004/00001")}
    assert len(divided) == 441


def test_what_went_whole_went_to_one_unit_and_what_was_divided_to_several(published):
    shares = defaultdict(list)
    for old, _, share in published:
        shares[old].append(share)
    assert len(shares) == 63 + 696 + 10035
    assert all(found == ["whole"] or (len(found) > 1 and set(found) == {"part"}) for found in shares.values())


@pytest.mark.parametrize("row", _table("converter_corrections.csv"), ids=lambda row: row["old_code"])
def test_a_commune_that_the_converter_has_wrong_is_right_here(row):
    targets, kinds = row["official_targets"].split("|"), row["official_kinds"].split("|")
    assert _successors(row["old_code"]) == dict(zip(targets, kinds, strict=True))


def test_ngan_son_became_five_communes_of_thai_nguyen():
    names = {code: units()["2025", code].name for code in _successors("062")}
    assert names == {
        "01936": "Xã Nà Phặc", "01942": "Xã Bằng Vân", "01954": "Xã Ngân Sơn", "01957": "Xã Thượng Quan",
        "01960": "Xã Hiệp Lực",
    }  # fmt: skip
    assert {units()["2025", code].parent for code in names} == {"19"}
    assert set(_successors("062").values()) == {"part"}


def test_hoang_van_thu_of_van_lang_is_in_the_commune_that_bears_its_name():
    assert _successors("06178") == {"06172": "whole"}


def test_bac_giang_is_in_bac_ninh_and_bac_kan_in_thai_nguyen():
    assert _successors("24") == {"24": "whole"}
    assert _successors("06") == {"19": "whole"}


def test_a_district_went_whole_only_when_all_of_it_went_to_one_commune():
    pieces = defaultdict(set)
    for unit in territory().units:
        if unit.edition == "2004" and unit.level == "commune":
            pieces[unit.parent] |= set(_all_successors()[unit.key])
    for district, communes in pieces.items():
        assert set(_all_successors()[district]) == communes
        assert set(_all_successors()[district].values()) == {"whole" if len(communes) == 1 else "part"}


@pytest.mark.parametrize(
    ("district", "zone", "name"),
    [
        ("318", "11948", "Đặc khu Bạch Long Vĩ"),
        ("471", "19742", "Đặc khu Cồn Cỏ"),
        ("498", "20333", "Đặc khu Hoàng Sa"),
        ("536", "21548", "Đặc khu Lý Sơn"),
        ("755", "26732", "Đặc khu Côn Đảo"),
    ],
)
def test_an_island_district_without_communes_became_a_special_zone(district, zone, name):
    assert _successors(district) == {zone: "whole"}
    assert units()["2025", zone].name == name


def test_every_new_unit_came_from_somewhere(published):
    assert {new for _, new, _ in published} == {
        f"2025/{unit.key}" for unit in territory().units if unit.edition == "2025"
    }


def test_a_change_of_2025_has_its_act_and_both_its_dates():
    changes = {change.key: change for change in territory().changes}
    province, commune, district = changes["2025/19"], changes["2025/01954"], changes["2025/district-062"]
    assert (province.act, province.in_law, province.operation) == ("202/2025/QH15", date(2025, 6, 12), date(2025, 7, 1))
    assert (commune.act, commune.in_law) == ("1683/NQ-UBTVQH15", date(2025, 6, 16))
    assert (district.kind, district.act, district.operation) == ("abolition", "1683/NQ-UBTVQH15", date(2025, 7, 1))
    assert commune.label == "Thành lập xã Ngân Sơn, tỉnh Thái Nguyên (2025)"


def test_23_provinces_were_formed_and_11_continued():
    provinces = {change.resulting: change.kind for change in territory().changes if len(change.resulting or "") == 2}
    merged = {row["new_code"]: row["merged"] for row in _table("province_merge_2025.csv")}
    assert provinces == {code: "formation" if how == "yes" else "continuation" for code, how in merged.items()}


def test_a_commune_made_of_one_that_bore_its_name_continues():
    kinds = {change.resulting: change.kind for change in territory().changes}
    assert [kinds[code] for code in ("04603", "25225", "26119")] == ["continuation"] * 3
    # Krông Na became Buôn Đôn, the township of Mường Lát a commune: those are new units.
    formed = {change.label for change in territory().changes if change.kind == "formation"}
    assert {"Thành lập xã Buôn Đôn, tỉnh Đắk Lắk (2025)", "Thành lập xã Mường Lát, tỉnh Thanh Hóa (2025)"} <= formed


def test_what_did_not_change_was_opened_and_closed_by_no_act():
    assert units()["2004", "20"].versions[0].closed_by == ()
    assert units()["2025", "20"].versions[0].opened_by == ()
    assert units()["2004", "062"].versions[0].closed_by == ("1683/NQ-UBTVQH15",)
    assert units()["2025", "01954"].versions[0].opened_by == ("1683/NQ-UBTVQH15",)


def test_the_changes_of_2026_say_that_nobody_read_the_gazette():
    events = [change for change in territory().changes if change.kind == "type-change"]
    assert len(events) == 25
    assert {change.certainty for change in events if change.attestation == "medium"} == {"inferred"}
    assert {change.certainty for change in events if change.attestation == "strong"} == {"stated"}
    assert len([quad for quad in quads() if "Công báo" in getattr(quad.object, "value", "")]) == 25


def test_every_act_that_is_named_is_described():
    described = {quad.subject for quad in quads() if quad.object == td.LegalAct and quad.predicate == rdf.type}
    named = {quad.object for quad in quads() if quad.predicate in (td.legalBasis, td.openedBy, td.closedBy)}
    assert named == described
    assert len(described) == 40


def test_a_day_of_adoption_that_sources_dispute_is_not_published():
    issued = {quad.subject for quad in quads() if quad.predicate == td.dateIssued}
    assert entity("act", "39-2026-qh16") not in issued
    assert entity("act", "202-2025-qh15") in issued


def test_successors_are_linked_directly():
    said = about(entity("unit", "2004", "06178"))
    assert {quad.object for quad in said if quad.predicate == dcterms.isReplacedBy} == {entity("unit", "2025", "06172")}


def test_every_described_thing_has_a_witness():
    witnessed = {quad.subject for quad in quads() if quad.predicate == td.attestedBy}
    typed = {quad.subject for quad in quads() if quad.predicate == rdf.type and quad.object != td.Witness}
    assert typed == witnessed
    witnesses = {quad.subject for quad in quads() if quad.predicate == rdf.type and quad.object == td.Witness}
    assert {quad.object for quad in quads() if quad.predicate == td.attestedBy} == witnesses
    assert {quad.object for quad in quads() if quad.predicate == td.certainty} == {
        concept("certainty", key) for key in ("stated", "inferred")
    }
