"""Colours: readable in both themes, and never alone in saying something."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualize import DrawingError
from visualize.theme import GLYPHS, THEMES, Theme, contrast, sign_of, theme_named

READABLE = 4.5
VISIBLE = 3.0

themes = pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())


@themes
@given(gradient=st.floats(), largest=st.floats(min_value=0, allow_infinity=False))
def test_text_on_any_gradient_is_readable(theme: Theme, gradient: float, largest: float) -> None:
    ground = theme.shade(gradient, largest)
    assert contrast(theme.text, ground) >= READABLE
    assert contrast(theme.muted, theme.box) >= READABLE


@themes
def test_text_on_every_other_ground_is_readable(theme: Theme) -> None:
    for ground in (theme.background, theme.box, theme.constant, theme.cluster):
        assert contrast(theme.text, ground) >= READABLE
        assert contrast(theme.muted, ground) >= READABLE


@themes
def test_lines_stand_out_from_what_is_behind_them(theme: Theme) -> None:
    for ground in (theme.background, theme.cluster):
        assert contrast(theme.edge, ground) >= VISIBLE
        assert contrast(theme.border, ground) >= VISIBLE


@pytest.mark.parametrize(
    ("gradient", "sign"),
    [(2.0, "positive"), (-1e-300, "negative"), (0.0, "zero"), (-0.0, "zero"), (math.inf, "non-finite"),
     (math.nan, "non-finite")],
)  # fmt: skip
def test_each_kind_of_gradient_has_a_glyph_of_its_own(gradient: float, sign: str) -> None:
    assert sign_of(gradient) == sign
    assert len(set(GLYPHS.values())) == len(GLYPHS)


@themes
def test_a_larger_gradient_has_a_deeper_colour(theme: Theme) -> None:
    shades = [contrast(theme.box, theme.shade(-gradient, 1.0)) for gradient in (0.0, 0.1, 0.5, 1.0)]
    assert shades == sorted(shades)
    assert shades[0] == 1.0 < shades[1] < shades[-1]


def test_an_unknown_theme_is_refused_with_those_there_are() -> None:
    with pytest.raises(DrawingError, match="'sepia'; there are light and dark"):
        theme_named("sepia")
