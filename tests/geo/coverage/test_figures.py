"""Counts by area, against pandas over the same rows."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import plain_units

from geo.coverage.figures import figures
from geo.enterprises.units import STATE, Units

COUNT = st.one_of(st.none(), st.integers(0, 300))


@st.composite
def city(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    size = draw(st.integers(0, 25))
    rows = [
        {
            "state": draw(st.sampled_from(list(STATE))),
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
    columns = ["state", "union", "employees", "members", "new", "new_members"]
    return (
        pd.DataFrame(rows, columns=columns),
        pd.DataFrame(pairs, columns=["unit", "area"], dtype=np.int64),
        areas,
    )


def units_of(frame: pd.DataFrame) -> Units:
    unionised = frame["state"].isin(["own", "joint"])
    return plain_units(
        len(frame),
        lon=np.zeros(len(frame)),
        lat=np.zeros(len(frame)),
        state=frame["state"].map(STATE).to_numpy(dtype=np.int8),
        union_key=np.where(unionised, frame["union"], 0).astype(np.int64),
        employees=frame["employees"].to_numpy(dtype=float),
        members=frame["members"].to_numpy(dtype=float),
        new_employment_workers=frame["new"].to_numpy(dtype=float),
        new_employment_members=frame["new_members"].to_numpy(dtype=float),
    )


@settings(max_examples=150, deadline=None)
@given(city())
def test_counts_are_those_of_the_rows(
    drawn: tuple[pd.DataFrame, pd.DataFrame, int],
) -> None:
    frame, pairs, areas = drawn
    counted = figures(units_of(frame), pairs["unit"].to_numpy(), pairs["area"].to_numpy(), areas)
    joined = pairs.merge(frame, left_on="unit", right_index=True)
    for area in range(areas):
        here = joined[joined["area"] == area]
        unionised = here[here["state"].isin(["own", "joint"])]
        got = {name: int(column[area]) for name, column in counted.items()}
        states = here["state"].value_counts()
        for state, name in [
            ("own", "units_own"), ("joint", "units_joint"), ("none", "units_none"),
            ("in_preparation", "units_in_preparation"), ("unknown", "units_unknown"),
        ]:  # fmt: skip
            assert got[name] == states.get(state, 0)
        assert got["units"] == len(here)
        assert got["unions"] == unionised["union"].nunique()
        for size in (25, 100):
            large = here[here["employees"] >= size]
            assert got[f"units_{size}"] == len(large)
            assert got[f"units_{size}_unionised"] == large["state"].isin(["own", "joint"]).sum()
            assert got[f"units_{size}_unknown"] == (large["state"] == "unknown").sum()
        assert got["employees"] == here["employees"].sum()
        assert got["employees_unstated"] == here["employees"].isna().sum()
        assert got["members"] == here["members"].sum()
        without = here["state"] == "none"
        both = here["employees"].notna() & (here["members"].notna() | without)
        assert got["all_employees"] == here.loc[both, "employees"].sum()
        assert got["all_members"] == here.loc[both, "members"].sum()
        assert got["all_left_out"] == (~both).sum()
        stated = unionised.dropna(subset=["employees", "members"])
        assert got["unionised_employees"] == stated["employees"].sum()
        assert got["unionised_members"] == stated["members"].sum()
        assert got["unionised_left_out"] == len(unionised) - len(stated)
        new = here[here["new"].notna()]
        paired = new[new["new_members"].notna() | (new["state"] == "none")]
        assert got["new_employment_units"] == len(new)
        assert got["new_employment_workers"] == paired["new"].sum()
        assert got["new_employment_members"] == paired["new_members"].sum()
        assert got["new_employment_left_out"] == len(new) - len(paired)


def test_a_joint_union_of_forty_units_counts_as_one_union() -> None:
    frame = pd.DataFrame(
        {
            "state": ["joint"] * 40,
            "union": [7] * 40,
            "employees": [5] * 40,
            "members": [5] * 40,
            "new": [None] * 40,
            "new_members": [None] * 40,
        }
    )
    counted = figures(units_of(frame), np.arange(40), np.zeros(40, dtype=np.int64), 1)
    assert counted["unions"].tolist() == [1]
    assert counted["units_joint"].tolist() == [40]
