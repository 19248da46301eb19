"""The palette, measured: contrast with paper, distance in grey and under colour blindness."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from walkstats.figures.palette import ARM_STYLES, INK, MUTED, PAPER, arm_style

# WCAG 2.1: 3 to 1 for graphics (1.4.11), 4.5 to 1 for text (1.4.3).
GRAPHICS, TEXT = 3.0, 4.5
# CIE lightness runs from 0 to 100; 10 is clear side by side, 20 is asked of the first two arms.
APART_IN_GREY, FIRST_TWO = 10.0, 20.0
# CIE76 distance; 2.3 is just noticeable.
APART_IN_COLOUR = 20.0

# Machado GM, Oliveira MM, Fernandes LA. IEEE Trans Vis Comput Graph 2009;15:1291-1298, severity 1.
BLINDNESS = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    value = np.array(to_rgb(colour))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(linear(colour) @ TO_XYZ[1])


def contrast(colour):
    return 1.05 / (luminance(colour) + 0.05)


def lab(rgb):
    xyz = TO_XYZ @ rgb / TO_XYZ.sum(axis=1)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16.0 / 116.0)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


PAIRS = list(combinations(range(len(ARM_STYLES)), 2))


@pytest.mark.parametrize("style", ARM_STYLES)
def test_lines_and_words_stand_out_from_paper(style):
    assert luminance(PAPER) == pytest.approx(1.0)
    assert contrast(style.colour) >= GRAPHICS
    assert contrast(style.text) >= TEXT


def test_notes_are_readable():
    assert contrast(MUTED) >= TEXT
    assert contrast(INK) >= TEXT


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_arms_differ_in_grey(one, other):
    lightness = [lab(linear(ARM_STYLES[k].colour))[0] for k in (one, other)]
    asked = FIRST_TWO if (one, other) == (0, 1) else APART_IN_GREY
    assert abs(lightness[0] - lightness[1]) >= asked


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_arms_differ_for_the_colour_blind(kind, one, other):
    seen = [
        lab(np.clip(np.array(BLINDNESS[kind]) @ linear(ARM_STYLES[k].colour), 0, 1))
        for k in (one, other)
    ]
    assert np.linalg.norm(seen[0] - seen[1]) >= APART_IN_COLOUR


def test_no_two_of_ten_groups_look_the_same():
    styles = [arm_style(k) for k in range(10)]
    assert len({(s.colour, s.dash) for s in styles}) == 10
    assert len({s.dash for s in ARM_STYLES}) == len(ARM_STYLES)
    assert len({s.marker for s in ARM_STYLES}) == len(ARM_STYLES)
