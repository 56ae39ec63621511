"""Two editions joined by identity, against pandas over the same rows, one unit after the other."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import plain_units

from geo.coverage.joined import CAME, TRANSITIONS, WENT, Side, changes
from geo.coverage.targets import UnitRules
from geo.enterprises.units import STATE

STATES = list(STATE)
COVERED = ("own", "joint")
AREAS = 3
RULES = UnitRules(np.array([[25.0, 100.0, 1.0, 50.0, 2.0]]))


@st.composite
def edition(draw: st.DrawFn) -> pd.DataFrame:
    """Units of a small town: identity, state, union, members, business, place, areas."""
    ids = sorted(draw(st.sets(st.integers(1, 14), max_size=12)))
    rows = []
    for number in ids:
        state = draw(st.sampled_from(STATES))
        rows.append(
            {
                "id": number,
                "state": state,
                "key": draw(st.integers(1, 5)) if state in COVERED else 0,
                "members": draw(st.one_of(st.none(), st.integers(0, 300))),
                "employees": draw(st.one_of(st.none(), st.integers(0, 300))),
                # 0 counted, 1 mass registration, 2 dormant, 3 closed.
                "apart": draw(st.sampled_from([0, 0, 0, 1, 2, 3])),
                "areas": frozenset(draw(st.sets(st.integers(0, AREAS - 1)))),
            }
        )
    columns = ["id", "state", "key", "members", "employees", "apart", "areas"]
    return pd.DataFrame(rows, columns=columns)


def side_of(frame: pd.DataFrame) -> Side:
    placed = frame["areas"].map(bool).to_numpy(dtype=bool)
    units = plain_units(
        len(frame),
        ids=frame["id"].to_numpy(dtype=np.int64),
        lon=np.where(placed, 101.0, np.nan),
        lat=np.where(placed, 40.0, np.nan),
        state=frame["state"].map(STATE).to_numpy(dtype=np.int8),
        union_key=frame["key"].to_numpy(dtype=np.int64),
        members=frame["members"].to_numpy(dtype=float),
        employees=frame["employees"].to_numpy(dtype=float),
    )
    pairs = sorted((area, row) for row, held in enumerate(frame["areas"]) for area in held)
    area, unit = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Side(units, frame["apart"].to_numpy(dtype=np.int8), RULES, unit, area)


def by_hand(old: pd.DataFrame, new: pd.DataFrame, area: int) -> dict[str, int]:
    """The same counts by a merge and one row after the other."""
    both = old.merge(new, on="id", how="outer", suffixes=("_old", "_new"), indicator=True)
    counts: dict[str, int] = {}

    def add(name: str, amount: float = 1) -> None:
        counts[name] = counts.get(name, 0) + int(amount)

    def here(row: pd.Series, side: str) -> bool:
        return area == AREAS or area in row[f"areas_{side}"]

    def members(row: pd.Series, side: str) -> float:
        stated = row[f"members_{side}"]
        return 0 if pd.isna(stated) else stated

    def flow(name: str, row: pd.Series, side: str) -> None:
        add(name)
        add(f"covered_{name}", row[f"state_{side}"] in COVERED)
        add(f"members_{name}", members(row, side))

    for _, row in both.iterrows():
        was_listed, is_listed = row["_merge"] != "right_only", row["_merge"] != "left_only"
        was = was_listed and row["apart_old"] == 0 and here(row, "old")
        now = is_listed and row["apart_new"] == 0 and here(row, "new")
        for side, held in (("old", was), ("new", now)):
            name = "before" if side == "old" else "after"
            if held:
                add(f"units_{name}")
                add(f"covered_{name}", row[f"state_{side}"] in COVERED)
                add(f"members_{name}", members(row, side))
            listed = was_listed if side == "old" else is_listed
            if listed and row[f"apart_{side}"] != 0 and here(row, side):
                add(f"set_apart_{name}")
        if was and not now:
            if not is_listed:
                flow("unlisted", row, "old")
            elif row["apart_new"] == 3:
                flow("closed", row, "old")
            elif row["apart_new"] != 0:
                flow("now_set_apart", row, "old")
            else:
                flow("moved_out", row, "old")
                add("moved_out_unplaced", not row["areas_new"])
        elif now and not was:
            if not was_listed:
                flow("appeared", row, "new")
            elif row["apart_old"] != 0:
                flow("no_longer_set_apart", row, "new")
            else:
                flow("moved_in", row, "new")
                add("moved_in_unplaced", not row["areas_old"])
        elif was and now:
            add("in_both")
            step = (row["state_old"], row["state_new"])
            had, has = step[0] in COVERED, step[1] in COVERED
            add("newly_own", step[0] in ("none", "in_preparation") and step[1] == "own")
            add("newly_joint", step[0] in ("none", "in_preparation") and step[1] == "joint")
            add("newly_known", step[0] == "unknown" and has)
            add("own_to_joint", step == ("own", "joint"))
            add("joint_to_own", step == ("joint", "own"))
            add("lost_union", had and step[1] in ("none", "in_preparation"))
            add("no_longer_known", had and step[1] == "unknown")
            stated = [not pd.isna(row[f"members_{side}"]) for side in ("old", "new")]
            if all(stated):
                add("members_real", row["members_new"] - row["members_old"])
            elif stated[1]:
                add("members_now_stated", row["members_new"])
            elif stated[0]:
                add("members_no_longer_stated", row["members_old"])
    return counts


@settings(max_examples=150, deadline=None)
@given(edition(), edition())
def test_what_became_of_each_unit_is_what_a_merge_of_the_two_lists_says(
    old: pd.DataFrame, new: pd.DataFrame
) -> None:
    counted = changes(side_of(old), side_of(new), AREAS)
    for area in range(AREAS + 1):
        expected = by_hand(old, new, area)
        for name, column in counted.items():
            if not name.startswith("unions_"):
                assert column[area] == expected.get(name, 0), (name, area)


@settings(max_examples=150, deadline=None)
@given(edition(), edition())
def test_the_parts_add_up_to_the_whole_change(old: pd.DataFrame, new: pd.DataFrame) -> None:
    counts = changes(side_of(old), side_of(new), AREAS)

    def flows(prefix: str) -> np.ndarray:
        came = sum(counts[f"{prefix}{name}"] for name in CAME)
        return came - sum(counts[f"{prefix}{name}"] for name in WENT)

    assert (counts["units_after"] == counts["units_before"] + flows("")).all()
    union_changes = (
        counts["newly_own"] + counts["newly_joint"] + counts["newly_known"]
        - counts["lost_union"] - counts["no_longer_known"]
    )  # fmt: skip
    covered = counts["covered_before"] + union_changes + flows("covered_")
    assert (counts["covered_after"] == covered).all()
    real = (
        counts["members_real"] + counts["members_now_stated"] - counts["members_no_longer_stated"]
    )
    members = counts["members_before"] + real + flows("members_")
    assert (counts["members_after"] == members).all()
    stays = counts["in_both"] + sum(counts[name] for name in WENT)
    assert (counts["units_before"] == stays).all()


@settings(max_examples=100, deadline=None)
@given(edition(), edition())
def test_figures_of_those_in_both_are_those_of_the_units_themselves(
    old: pd.DataFrame, new: pd.DataFrame
) -> None:
    before, after = side_of(old), side_of(new)
    counts = changes(before, after, AREAS, ("units_own", "employees"))
    merged = old.merge(new, on="id", suffixes=("_old", "_new"))
    for area in range(AREAS):
        stayed = merged[
            (merged["apart_old"] == 0)
            & (merged["apart_new"] == 0)
            & merged["areas_old"].map(lambda held, area=area: area in held).astype(bool)
            & merged["areas_new"].map(lambda held, area=area: area in held).astype(bool)
        ]
        for label, side, frame in (("before", "old", old), ("after", "new", new)):
            held = frame["areas"].map(lambda held, area=area: area in held).astype(bool)
            everyone = frame[(frame["apart"] == 0) & held]
            assert counts[f"{label}.units_own"][area] == (everyone["state"] == "own").sum()
            assert counts[f"{label}.employees"][area] == everyone["employees"].sum()
            own = stayed[f"state_{side}"] == "own"
            assert counts[f"stayed_{label}.units_own"][area] == own.sum()
            employees = stayed[f"employees_{side}"].sum()
            assert counts[f"stayed_{label}.employees"][area] == employees


def town(*units: tuple[int, str, int, set[int]]) -> Side:
    rows = [
        {"id": i, "state": s, "key": k, "members": 1, "employees": 9, "apart": 0, "areas": a}
        for i, s, k, a in units
    ]
    return side_of(pd.DataFrame(rows))


def told(before: Side, after: Side, area: int = AREAS) -> dict[str, int]:
    return {name: int(column[area]) for name, column in changes(before, after, AREAS).items()}


def test_a_union_that_nobody_was_in_is_founded_and_one_that_nobody_is_in_has_ended() -> None:
    before = town((1, "own", 11, {0}), (2, "joint", 12, {0}), (3, "none", 0, {0}))
    after = town((1, "own", 11, {0}), (2, "none", 0, {0}), (3, "joint", 13, {0}))
    counts = told(before, after, 0)
    assert (counts["unions_before"], counts["unions_after"]) == (2, 2)
    assert (counts["unions_founded"], counts["unions_ended"], counts["unions_renamed"]) == (1, 1, 0)


def test_a_joint_union_founded_over_many_units_counts_once() -> None:
    before = town(*[(number, "none", 0, {0}) for number in range(1, 6)])
    after = town(*[(number, "joint", 7, {0}) for number in range(1, 6)])
    counts = told(before, after, 0)
    assert counts["unions_founded"] == 1
    assert counts["newly_joint"] == 5


def test_a_union_that_only_got_a_credit_code_is_renamed_not_founded() -> None:
    before = town((1, "joint", 11, {0}), (2, "joint", 11, {0}), (3, "none", 0, {0}))
    after = town((1, "joint", 12, {0}), (2, "joint", 12, {0}), (3, "joint", 12, {0}))
    counts = told(before, after, 0)
    assert (counts["unions_founded"], counts["unions_ended"], counts["unions_renamed"]) == (0, 0, 1)


def test_units_that_leave_an_ended_union_for_a_new_one_of_many_found_it() -> None:
    before = town((1, "joint", 11, {0}), *[(n, "own", 20 + n, {0}) for n in range(2, 5)])
    after = town(*[(n, "joint", 12, {0}) for n in range(1, 5)])
    counts = told(before, after, 0)
    assert (counts["unions_founded"], counts["unions_renamed"]) == (1, 0)
    assert counts["own_to_joint"] == 3


def test_a_union_that_moves_with_its_unit_is_not_founded_where_it_arrives() -> None:
    counts = told(town((1, "own", 11, {0})), town((1, "own", 11, {1})), 1)
    assert (counts["unions_before"], counts["unions_after"]) == (0, 1)
    assert (counts["unions_founded"], counts["moved_in"], counts["appeared"]) == (0, 1, 0)


@pytest.mark.parametrize("empty", ["before", "after", "both"])
def test_an_edition_without_units_compares(empty: str) -> None:
    full, none = town((1, "own", 11, {0})), side_of(edition_of_nothing())
    before = none if empty in ("before", "both") else full
    after = none if empty in ("after", "both") else full
    counts = changes(before, after, AREAS, ("units_own",))
    assert counts["units_after"][0] == (0 if empty in ("after", "both") else 1)
    assert counts["appeared"][0] == (1 if empty == "before" else 0)
    assert counts["unlisted"][0] == (1 if empty == "after" else 0)
    assert set(TRANSITIONS) <= set(counts)


def edition_of_nothing() -> pd.DataFrame:
    columns = ["id", "state", "key", "members", "employees", "apart", "areas"]
    return pd.DataFrame([], columns=columns)
