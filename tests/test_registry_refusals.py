"""Sources of the registry that are not what they must be stop the build, with the place and the way out."""

import sys

import pytest

from loaders import registry
from loaders.errors import CountError, DataError, SourceError
from loaders.registry import package
from loaders.registry.package import DATASET
from tests.vietnam import SOURCES, tampered, territory


def _refused(directory, kind=DataError):
    with pytest.raises(kind) as caught:
        registry.read(directory)
    return caught.value


@pytest.mark.parametrize(
    ("file", "count", "wrong"),
    [
        ("2004/source.toml", "commune = 10035", "commune = 10036"),
        ("2004/source.toml", "district = 696", "district = 691"),
        ("2025/source.toml", "xa = 2621", "xa = 2622"),
        ("changes/source.toml", "phuong = 709", "phuong = 710"),
        ("changes/source.toml", "divided = 441", "divided = 471"),
    ],
)
def test_a_count_that_is_off_stops_the_load(tmp_path, file, count, wrong):
    error = _refused(tampered(tmp_path, file, count, wrong), CountError)
    assert error.file.endswith(file)
    assert error.value == int(count.split()[-1])
    assert error.hint == "expected " + wrong.split()[-1]


def test_a_misspelt_count_is_not_taken_for_a_met_one(tmp_path):
    error = _refused(tampered(tmp_path, "2025/source.toml", "xa = 2621", "xas = 2621"), CountError)
    assert error.column in ("xa", "xas")


def test_a_province_with_another_number_of_communes_than_its_resolution_says_stops_the_load(tmp_path):
    directory = tampered(tmp_path, "changes/province_merge_2025.csv", ",77,15,0,92,", ",78,14,0,92,")
    error = _refused(directory, CountError)
    assert (error.line, error.column, error.value) == (9, "n_xa", 77)


def test_a_package_file_with_another_checksum_stops_the_load(tmp_path):
    error = _refused(tampered(tmp_path, "2025/source.toml", '.db" = "147c', '.db" = "247c'), SourceError)
    assert error.file.endswith(DATASET)


def test_a_fact_table_with_another_checksum_stops_the_load(tmp_path):
    directory = tampered(tmp_path, "changes/events_2026.csv", "2026-09-20", "2026-09-21", described=False)
    assert _refused(directory, SourceError).file.endswith("events_2026.csv")


def test_another_version_of_the_package_is_refused_with_the_command_that_installs_the_right_one(monkeypatch):
    monkeypatch.setattr(package, "VERSION", "1.0.5")
    error = _refused(SOURCES, SourceError)
    assert error.value == "1.0.4"
    assert "--no-deps" in error.hint


def test_reading_the_package_does_not_import_it():
    territory()
    assert not {"vietnamadminunits", "geopy", "shapely", "unidecode"} & set(sys.modules)


def test_a_correction_that_the_converter_does_not_need_is_refused(tmp_path):
    directory = tampered(tmp_path, "changes/converter_corrections.csv", "06079|06184,06079,whole", "06079,06079,whole")
    error = _refused(directory, SourceError)
    assert (error.line, error.column, error.value) == (2, "converter_targets", "06079")


def test_a_share_that_does_not_fit_the_number_of_targets_is_refused(tmp_path):
    directory = tampered(tmp_path, "changes/converter_corrections.csv", "06079,whole", "06079,part")
    assert _refused(directory, SourceError).column == "official_kinds"


def test_a_target_in_another_province_is_refused(tmp_path):
    directory = tampered(
        tmp_path, "changes/converter_corrections.csv", "06079|06184,06079,whole", "06079|06184,00097,whole"
    )
    assert "province" in str(_refused(directory, SourceError))


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("2026-01,province,75,2025", "2026-01,province,75,2024", "code"),
        ("Tỉnh Đồng Nai,Thành phố", "Tỉnh Đồng Na,Thành phố", "old_name"),
        ("type_change,30/2026", "merger,30/2026", "change"),
        ("2026-04-30,strong", "30/4/2026,strong", "effective_date"),
        ("2026-04-30,strong", "2026-04-30,sure", "attestation"),
    ],
)
def test_an_event_that_fits_no_unit_is_refused_with_its_cell(tmp_path, old, new, column):
    error = _refused(tampered(tmp_path, "changes/events_2026.csv", old, new), SourceError)
    assert (error.line, error.column) == (2, column)


@pytest.mark.parametrize(
    ("table", "old", "new", "line", "column"),
    [
        ("converter_corrections", "06079,Xã Hồng Phong,181", "6079,Xã Hồng Phong,181", 2, "old_code"),
        ("converter_corrections", "06079,Xã Hồng Phong,181", "99999,Xã Hồng Phong,181", 2, "old_code"),
        ("province_merge_2025", "yes,02|08,", "yes,2|08,", 4, "old_codes"),
        ("province_merge_2025", ",53,3,0,56,", ",53.0,3,0,56,", 3, "n_xa"),
        ("province_merge_2025", ",53,3,0,56,", ",53,,0,56,", 3, "n_phuong"),
    ],
)
def test_a_code_or_a_count_that_a_spreadsheet_changed_is_refused_with_its_cell(tmp_path, table, old, new, line, column):
    error = _refused(tampered(tmp_path, f"changes/{table}.csv", old, new), SourceError)
    assert (error.line, error.column) == (line, column)
    assert error.hint


def test_a_table_without_a_column_is_refused(tmp_path):
    error = _refused(tampered(tmp_path, "changes/acts.csv", "in_force_from", "in_force"), SourceError)
    assert (error.line, error.column) == (1, "in_force_from")
    assert "number,issued,in_force_from" in error.hint


def test_a_row_with_a_cell_too_many_is_refused(tmp_path):
    error = _refused(tampered(tmp_path, "changes/acts.csv", '"NSO list of acts"', "NSO list, of acts"), SourceError)
    assert error.line == 6
    assert "quotation marks" in error.hint


@pytest.mark.parametrize(
    ("table", "line", "column"),
    [
        ("acts.csv", 2, "number"),
        ("spellings.csv", 2, "code"),
        ("converter_corrections.csv", 3, "old_code"),
        ("province_merge_2025.csv", 3, "new_code"),
        ("events_2026.csv", 3, "event_id"),
    ],
)
def test_a_row_that_stands_twice_is_refused_as_in_a_spreadsheet(tmp_path, table, line, column):
    row = (SOURCES / "changes" / table).read_text(encoding="utf-8").splitlines(keepends=True)[line - 1]
    error = _refused(tampered(tmp_path, f"changes/{table}", row, row + row.lower()))
    assert (error.message, error.line, error.column) == ("this stands twice", line + 1, column)
    assert error.hint == f"it is also on line {line}: delete one"


def test_a_table_that_is_no_csv_is_refused_with_the_way_out(tmp_path):
    directory = tampered(tmp_path, "changes/events_2026.csv", "2026-02,province", '2026-02,"Quảng" Ninh,province')
    error = _refused(directory, SourceError)
    assert error.line == 3
    assert "every quotation mark closed" in error.hint
