"""The style sheet can be read: contrast in both schemes, nothing from elsewhere, no certainty by colour alone."""

import itertools
import re

import pytest

from loaders.resources import ROOT

SHEET = (ROOT / "service" / "static" / "thidua.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", part)) for part in re.findall(r":root \{.*?\}", SHEET, re.DOTALL)
)
WORDS = ("ink", "quiet", "link", "accent", "stated", "inferred", "ambiguous")


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("word", "ground"), list(itertools.product(WORDS, ("paper", "soft"))))
def test_words_stand_out_from_their_ground(scheme, word, ground):
    lighter, darker = sorted((luminance(scheme[word]), luminance(scheme[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_both_schemes_name_every_colour():
    assert set(LIGHT) - {"sans", "serif", "mono"} == set(DARK)


def test_the_sheet_loads_nothing():
    assert "@import" not in SHEET
    assert not re.findall(r"url\((?!#)", SHEET)


def test_each_certainty_has_a_shape_of_its_own():
    shapes = {
        name: re.findall(rf"\.witness\.{name} > summary::before.*?\{{(.*?)\}}", SHEET)
        for name in ("stated", "inferred", "ambiguous")
    }
    assert all(shapes.values())
    assert len({str(shape) for shape in shapes.values()}) == 3
