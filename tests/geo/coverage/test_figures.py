"""Counts by area, against pandas over the same rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import plain_units

from geo.coverage.counting import Counter
from geo.coverage.figures import FIGURES, USUAL_RULES, figures
from geo.coverage.targets import UnitRules
from geo.enterprises.apart import APART
from geo.enterprises.units import STATE, Units

COUNT = st.one_of(st.none(), st.integers(0, 300), st.sampled_from([0, 1, 24, 25, 99, 100]))
COLUMNS = ["state", "apart", "union", "employees", "members", "new", "new_members"]


@st.composite
def city(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    size = draw(st.integers(0, 25))
    rows = [
        {
            "state": draw(st.sampled_from(list(STATE))),
            "apart": draw(st.sampled_from([*["counted"] * 5, *APART])),
            "union": draw(st.integers(1, 4)),
            "employees": draw(COUNT),
            "members": draw(COUNT),
            "new": draw(COUNT),
            "new_members": draw(COUNT),
        }
        for _ in range(size)
    ]
    areas = draw(st.integers(1, 4))
    pairs = draw(
        st.lists(
            st.tuples(st.integers(0, max(size - 1, 0)), st.integers(0, areas - 1)),
            unique=True,
            max_size=0 if size == 0 else 60,
        )
    )
    return (
        pd.DataFrame(rows, columns=COLUMNS),
        pd.DataFrame(pairs, columns=["unit", "area"], dtype=np.int64),
        areas,
    )


def units_of(frame: pd.DataFrame, seed: int = 0) -> Units:
    unionised = frame["state"].isin(["own", "joint"])
    place = np.random.default_rng(seed).random((len(frame), 2))
    place[::7] = np.nan
    return plain_units(
        len(frame),
        lon=place[:, 0],
        lat=place[:, 1],
        state=frame["state"].map(STATE).to_numpy(dtype=np.int8),
        union_key=np.where(unionised, frame["union"], 0).astype(np.int64),
        employees=frame["employees"].to_numpy(dtype=float),
        members=frame["members"].to_numpy(dtype=float),
        new_employment_workers=frame["new"].to_numpy(dtype=float),
        new_employment_members=frame["new_members"].to_numpy(dtype=float),
    )


def apart_of(frame: pd.DataFrame) -> np.ndarray:
    return frame["apart"].map(APART.index).to_numpy(dtype=np.int8)


def expected(everyone: pd.DataFrame, obliged=25, large=100, eligible=1) -> dict[str, int]:
    """All counts of some rows, said in pandas."""
    here = everyone[everyone["apart"] == "counted"]
    aside = everyone[everyone["apart"] != "counted"]
    unionised = here[here["state"].isin(["own", "joint"])]
    without = here["state"] == "none"
    states = here["state"].value_counts()
    counts = {
        "units": len(here),
        **{f"units_{state}": states.get(state, 0) for state in STATE},
        "unions": unionised["union"].nunique(),
        "joint_unions": here.loc[here["state"] == "joint", "union"].nunique(),
        **{f"units_{why}": (aside["apart"] == why).sum() for why in APART[1:]},
        "employees_set_apart": aside["employees"].sum(),
        "employees": here["employees"].sum(),
        "employees_unstated": here["employees"].isna().sum(),
        "employees_without_union": here.loc[without, "employees"].sum(),
        "members": here["members"].sum(),
        "members_unstated": here["members"].isna().sum(),
    }
    for name, least in (("25", obliged), ("100", large), ("eligible", eligible)):
        some = here[here["employees"] >= least]
        none = some[some["state"] == "none"]
        counts[f"units_{name}"] = len(some)
        counts[f"units_{name}_unionised"] = some["state"].isin(["own", "joint"]).sum()
        counts[f"units_{name}_unknown"] = (some["state"] == "unknown").sum()
        if name != "eligible":
            counts[f"units_{name}_none"] = len(none)
            counts[f"employees_{name}_without_union"] = none["employees"].sum()
    both = here["employees"].notna() & (here["members"].notna() | without)
    counts["all_employees"] = here.loc[both, "employees"].sum()
    counts["all_members"] = here.loc[both, "members"].sum()
    counts["all_left_out"] = (~both).sum()
    stated = unionised.dropna(subset=["employees", "members"])
    counts["unionised_employees"] = stated["employees"].sum()
    counts["unionised_members"] = stated["members"].sum()
    counts["unionised_left_out"] = len(unionised) - len(stated)
    new = here[here["new"].notna()]
    paired = new[new["new_members"].notna() | (new["state"] == "none")]
    counts["new_employment_units"] = len(new)
    counts["new_employment_workers"] = paired["new"].sum()
    counts["new_employment_members"] = paired["new_members"].sum()
    counts["new_employment_left_out"] = len(new) - len(paired)
    return {name: int(count) for name, count in counts.items()}


def of_row(counted: dict[str, np.ndarray], row: int) -> dict[str, int]:
    return {name: int(column[row]) for name, column in counted.items()}


@settings(max_examples=150, deadline=None)
@given(city())
def test_counts_are_those_of_the_rows(
    drawn: tuple[pd.DataFrame, pd.DataFrame, int],
) -> None:
    frame, pairs, areas = drawn
    counted = figures(
        units_of(frame), pairs["unit"].to_numpy(), pairs["area"].to_numpy(), areas,
        apart=apart_of(frame),
    )  # fmt: skip
    assert set(counted) == set(FIGURES)
    joined = pairs.merge(frame, left_on="unit", right_index=True)
    for area in range(areas):
        assert of_row(counted, area) == expected(joined[joined["area"] == area])


@settings(max_examples=100, deadline=None)
@given(city(), st.data())
def test_a_filter_counts_as_if_the_others_were_not_there(drawn, data) -> None:
    frame, pairs, areas = drawn
    mask = np.array([data.draw(st.booleans()) for _ in range(len(frame))], dtype=bool)
    start = np.searchsorted(np.sort(pairs["area"]), np.arange(areas + 1))
    by_area = pairs.sort_values(["area", "unit"])
    counter = Counter(units_of(frame), apart_of(frame), USUAL_RULES, start, by_area["unit"])
    wanted = np.arange(areas)[::-1]
    counted = counter.count(wanted, mask)
    joined = pairs.merge(frame[mask], left_on="unit", right_index=True)
    for row, area in enumerate(wanted.tolist()):
        assert of_row(counted, row) == expected(joined[joined["area"] == area])
    assert of_row(counted, areas) == expected(frame[mask])
    assert of_row(counter.count(whole=False), areas) == dict.fromkeys(counted, 0)


def test_thresholds_are_those_of_where_a_unit_lies() -> None:
    frame = pd.DataFrame(
        [("none", "counted", 1, n, None, None, None) for n in (9, 10, 29, 30, 100, 150)],
        columns=COLUMNS,
    )
    rules = UnitRules(
        np.array([[30, 150, 10, 50, 2], [10, 100, 1, 50, 2]], dtype=float),
        np.array([0, 1, 0, 0, 0, 1]),
    )
    counted = figures(units_of(frame), np.arange(6), np.zeros(6, dtype=int), 1, rules=rules)
    assert counted["units_25"].tolist() == [4]  # 10 in one region; 30, 100, 150
    assert counted["units_100"].tolist() == [1]
    assert counted["units_eligible"].tolist() == [5]
    assert counted["employees_25_without_union"].tolist() == [10 + 30 + 100 + 150]


def test_a_joint_union_of_forty_units_counts_as_one_union() -> None:
    frame = pd.DataFrame([("joint", "counted", 7, 5, 5, None, None)] * 40, columns=COLUMNS)
    counted = figures(units_of(frame), np.arange(40), np.zeros(40, dtype=np.int64), 1)
    assert counted["unions"].tolist() == [1]
    assert counted["joint_unions"].tolist() == [1]
    assert counted["units_joint"].tolist() == [40]


def test_units_set_apart_are_in_no_other_count() -> None:
    frame = pd.DataFrame([("own", why, 1, 300, 200, 50, 40) for why in APART[1:]], columns=COLUMNS)
    counted = figures(
        units_of(frame), np.arange(3), np.zeros(3, dtype=int), 1, apart=apart_of(frame)
    )
    there = {name: int(column[0]) for name, column in counted.items() if column[0]}
    assert there == {
        "units_mass_registration": 1,
        "units_dormant": 1,
        "units_closed": 1,
        "employees_set_apart": 900,
    }


@pytest.mark.parametrize("near", [True, False])
def test_a_change_of_a_union_is_counted_after_a_refresh(near: bool) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "state": rng.choice(list(STATE), 300),
            "apart": "counted",
            "union": rng.integers(1, 60, 300),
            "employees": rng.integers(0, 200, 300),
            "members": rng.integers(0, 200, 300),
            "new": 3.0,
            "new_members": 1.0,
        }
    )
    names = ("state", "union_key", "members", "new_employment_members")
    units = units_of(frame)
    units = replace(units, **{name: np.array(getattr(units, name)) for name in names})
    start, member = np.array([0, 150, 300]), np.arange(300)
    counter = Counter(units, apart_of(frame), USUAL_RULES, start, member, near=near)
    before = counter.count()
    assert counter.refresh() == 0
    frame.loc[:9, ["state", "union", "members", "new_members"]] = ["joint", 99, 7, None]
    fresh = units_of(frame)
    for name in names:
        getattr(units, name)[:] = getattr(fresh, name)
    assert counter.refresh() == 10
    after = counter.count()
    assert of_row(after, 2) == expected(frame)
    assert of_row(after, 1) == of_row(before, 1)
    assert of_row(after, 0) == expected(frame[:150])


def test_more_areas_than_are_summed_at_once_are_counted_alike() -> None:
    rng = np.random.default_rng(5)
    n, areas = 4_000, 2_500
    frame = pd.DataFrame(
        {
            "state": rng.choice(list(STATE), n),
            "apart": "counted",
            "union": rng.integers(1, 500, n),
            "employees": rng.integers(0, 200, n),
            "members": rng.integers(0, 200, n),
            "new": 3.0,
            "new_members": 1.0,
        }
    )
    area = rng.integers(0, areas, n)
    counted = figures(units_of(frame), np.arange(n), area, areas)
    joined = frame.assign(area=area)
    some = rng.choice(areas, 100, replace=False)
    for one in [0, areas - 1, 1_023, 1_024, *some.tolist()]:
        assert of_row(counted, one) == expected(joined[joined["area"] == one])
