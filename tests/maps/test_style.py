"""Classes and colours: targets, quantiles, colour-blind readers, honest rounding."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import Invalid
from geo.schema.stations import STATION_KINDS
from maps import style
from maps.style import classes, gap, percent

# Machado, Oliveira, Fernandes (2009), severity 1.0, on linear sRGB.
SIMULATED = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def lab(colour: str, eyes: str) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour as seen with `eyes`."""
    rgb = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(SIMULATED[eyes] @ linear, 0, 1)
    xyz = (
        np.array(
            [
                [0.4124564, 0.3575761, 0.1804375],
                [0.2126729, 0.7151522, 0.0721750],
                [0.0193339, 0.1191920, 0.9503041],
            ]
        )
        @ linear
        / np.array([0.95047, 1.0, 1.08883])
    )
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eyes", SIMULATED)
@pytest.mark.parametrize(
    "ramp",
    [(*reversed(style.BELOW_TARGET), style.TARGET_MET), *style.SEQUENTIAL.values()],
    ids=lambda ramp: f"{len(ramp)} classes from {ramp[0]}",
)
def test_neighbouring_classes_differ_for_every_reader(ramp: tuple, eyes: str) -> None:
    for one, other in pairwise(ramp):
        assert np.linalg.norm(lab(one, eyes) - lab(other, eyes)) > 12


@pytest.mark.parametrize("eyes", SIMULATED)
def test_a_met_target_looks_like_no_class_below_it(eyes: str) -> None:
    for below in style.BELOW_TARGET:
        assert np.linalg.norm(lab(below, eyes) - lab(style.TARGET_MET, eyes)) > 20


def test_every_kind_of_station_has_its_own_look() -> None:
    looks = [style.STATION_STYLES[kind] for kind in STATION_KINDS]
    assert len(set(looks)) == len(STATION_KINDS)


def test_a_rate_that_just_meets_the_target_meets_it() -> None:
    made = classes([0.5, 0.7, 0.85, 0.93, 0.95], target=0.95, method="target")
    assert made.breaks == (0.65, 0.8, 0.9, 0.95)
    assert list(made.index([57 / 60, 0.9499999, 0.0, 1.2])) == [4, 3, 0, 4]
    assert made.colours[-1] == style.TARGET_MET
    assert [entry.meets_target for entry in made.legend([])] == [False] * 4 + [True]


def test_no_data_belongs_to_no_class() -> None:
    made = classes([0.5, np.nan, 0.99], target=0.95)
    assert list(made.index([np.nan, 0.0])) == [-1, 0]
    assert sum(entry.count for entry in made.legend([0.5, np.nan, 0.99])) == 2


def test_breaks_below_zero_are_not_made_for_a_low_target() -> None:
    assert classes([0.1], target=0.22, method="target").breaks == (0.07, 0.17, 0.22)


def test_fixed_classes_give_way_to_quantiles_when_they_would_paint_all_alike() -> None:
    values = np.random.default_rng(1).uniform(0.2, 0.6, 200)
    made = classes(values, target=0.95)
    assert made.method == "quantile"
    assert made.breaks[-1] == 0.95
    counts = [entry.count for entry in made.legend(values)]
    assert max(counts[:-1]) - min(counts[:-1]) <= 12
    assert counts[-1] == 0


def test_a_map_where_all_reach_the_target_keeps_the_fixed_classes() -> None:
    assert classes([0.96, 0.97, 0.99], target=0.95).method == "target"


@pytest.mark.parametrize(
    "values", [[], [np.nan], [0.5], [0.5] * 9, [0.0] * 5 + [1.0], [0.123456, 0.123457]]
)
@pytest.mark.parametrize("target", [None, 0.95])
def test_odd_values_still_make_classes_that_hold_them(values: list, target: float | None) -> None:
    made = classes(values, target=target)
    assert len(made.colours) == len(made.breaks) + 1
    assert sum(entry.count for entry in made.legend(values)) == np.isfinite(values).sum()


@given(st.lists(st.floats(0, 1.5), max_size=60), st.none() | st.floats(0.05, 1))
def test_every_value_lies_within_the_borders_of_its_class(values, target) -> None:
    made = classes(values, target=target)
    assert list(made.breaks) == sorted(set(made.breaks))
    entries = made.legend(values)
    for value, at in zip(values, made.index(values), strict=True):
        assert entries[at].low is None or entries[at].low <= value
        assert entries[at].high is None or value < entries[at].high
        if target is not None:
            assert entries[at].meets_target == (value >= target)


def test_given_breaks_are_kept_and_the_target_divides() -> None:
    assert classes([0.3], breaks=[0.2, 0.4]).breaks == (0.2, 0.4)
    assert classes([0.3], breaks=[0.2, 0.4, 0.97], target=0.9).breaks == (0.2, 0.4, 0.9)


def test_breaks_that_do_not_ascend_or_are_too_many_are_refused() -> None:
    with pytest.raises(Invalid, match="ascend"):
        classes([0.3], breaks=[0.4, 0.2])
    with pytest.raises(Invalid, match="more classes"):
        classes([0.3], breaks=[0.1, 0.2, 0.3, 0.4, 0.5])
    with pytest.raises(Invalid, match="need a target"):
        classes([0.3], method="target")


def test_labels_name_the_borders() -> None:
    labels = [entry.label for entry in classes([], target=0.95).legend([])]
    assert labels == ["< 65%", "65–80%", "80–90%", "90–95%", "≥ 95%"]


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.624, "62.4%"),
        (0.9496, "94.96%"),
        (0.95, "95.0%"),
        (1 / 5000, "0.02%"),
        (4999 / 5000, "99.98%"),
        (0.0, "0.0%"),
        (1.0, "100.0%"),
        (1.034, "103.4%"),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_a_rounded_share_claims_nothing_that_is_not_so(share: float | None, shown: str) -> None:
    assert percent(share, target=0.95) == shown


@given(st.integers(0, 10**7), st.integers(1, 10**7), st.sampled_from([0.9, 0.95, 0.85]))
def test_a_share_below_the_target_is_never_written_as_the_target(part, whole, target) -> None:
    shown = float(percent(part / whole, target=target)[:-1])
    if part / whole < target:
        assert shown < target * 100
    if 0 < part < whole:
        assert 0 < shown < 100


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 100))
def test_the_gap_is_the_least_number_that_reaches_the_target(part, whole, hundredths) -> None:
    target = hundredths / 100
    missing = gap(part, whole, target)
    exact = Fraction(hundredths, 100)
    assert missing is not None
    assert Fraction(part + missing, whole) >= exact
    assert missing == 0 or Fraction(part + missing - 1, whole) < exact


def test_there_is_no_gap_without_a_target_or_a_denominator() -> None:
    assert gap(3, 5, None) is None
    assert gap(0, 0, 0.95) is None
