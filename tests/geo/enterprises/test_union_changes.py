"""What becomes of a union is noted once and holds everywhere, and the counts stay exact."""

import contextlib
import dataclasses
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import numpy as np
import pytest
import union_town
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from union_town import AS_OF, TODAY

from geo import editions
from geo.areas.assign import find_assignment
from geo.coverage import keeping
from geo.coverage.figures import FIGURES
from geo.coverage.targets import read_targets
from geo.database import Writer
from geo.enterprises import changes
from geo.enterprises.apart import set_apart
from geo.enterprises.changes import list_changes, note_change, revoke_change
from geo.enterprises.inforce import units_in_force
from geo.enterprises.units import STATE, fetch_units
from geo.errors import Busy, Conflict, Invalid, NotFound
from geo.imports import activation
from geo.imports.turns import take_turn
from geo.schema import UNION_STATES
from geo.settings import Settings

STATES = st.sampled_from(UNION_STATES)
UNITS = st.one_of(st.integers(1, 40), st.sampled_from([1000, 1001]))


@pytest.fixture(scope="module")
def town_writer(shared_database, actor):
    """The town in a transaction that is rolled back."""
    with shared_database.engine.connect() as connection, connection.begin() as transaction:
        writer = Writer(connection, actor)
        yield writer, union_town.build(writer)
        transaction.rollback()


@pytest.fixture
def town(town_writer):
    """The town as it was built: whatever a test does is rolled back."""
    writer, built = town_writer
    with writer.connection.begin_nested() as nested:
        yield writer, built
        nested.rollback()


def note(writer, built, unit, state, **told):
    told.setdefault("today", TODAY)
    return note_change(writer, read_targets(built.settings), unit, state, **told)


def revoke(writer, built, change, unit=None):
    return revoke_change(writer, read_targets(built.settings), change, unit)


def stored(writer, built, areas=None, enterprises=None):
    number = find_assignment(writer, enterprises or built.enterprises, areas or built.areas)
    found = writer.all(
        f"SELECT area_id, {', '.join(FIGURES)} FROM area_figures WHERE assignment_id = :a",
        a=number,
    )
    return {row.area_id: dict(zip(FIGURES, row[1:], strict=True)) for row in found}


def counted_anew(writer, built):
    """Everything counted from the tables, as activation would."""
    edition = editions.show(writer, built.enterprises)
    units = units_in_force(writer, edition)
    number = find_assignment(writer, built.enterprises, built.areas)
    lying = keeping.all_lying(writer, number, built.areas, units.ids)
    counted, _ = keeping.count(units, lying, read_targets(built.settings))
    ids = [*lying.ids.tolist(), 0]
    return {
        area: {name: int(counted[name][row]) for name in FIGURES} for row, area in enumerate(ids)
    }


def figures_of(writer, built, area):
    return stored(writer, built)[area]


# ---------------------------------------------------------------------- exactness
@st.composite
def steps(draw):
    told = []
    for _ in range(draw(st.integers(1, 10))):
        if told and draw(st.integers(0, 3)) == 0:
            told.append(("revoke", draw(st.integers(0, len(told) - 1))))
            continue
        state = draw(STATES)
        more = {"since": AS_OF + timedelta(days=draw(st.integers(0, 5)))}
        if state in ("own", "joint", "in_preparation"):
            more["members"] = draw(st.none() | st.integers(0, 3))
            more["union_name"] = draw(
                st.sampled_from([None, "第0联合工会", "第1联合工会", "新的联合工会", "单位1工会"])
            )
            more["union_uscc"] = draw(st.sampled_from([None, None, "81150100MC0000001X"]))
        told.append(("note", draw(UNITS), state, more))
    return told


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(told=steps())
def test_after_any_changes_the_counts_are_those_of_counting_everything_anew(town_writer, told):
    writer, built = town_writer
    with writer.connection.begin_nested() as nested:
        noted = []
        for step in told:
            try:
                if step[0] == "note":
                    noted.append(note(writer, built, step[1], step[2], **step[3]).id)
                elif noted:
                    revoke(writer, built, noted[step[1] % len(noted)])
            except (Conflict, Invalid):
                pass
        assert stored(writer, built) == counted_anew(writer, built)
        assert told_by_hand(writer, built) == {
            area: {name: figures[name] for name in ("units_own", "units_none", "members", "unions")}
            for area, figures in stored(writer, built).items()
        }
        nested.rollback()


def told_by_hand(writer, built):
    """The rule of what is in force and four counts, in plain Python."""
    units = {row["id"]: row for row in [union_town.unit(n) for n in range(1, 41)]}
    units |= {row["id"]: row for row in union_town.shells()}
    last = {}
    for one in sorted(list_changes(writer, limit=1000), key=lambda one: (one.since, one.id)):
        if one.revoked_at is None:
            last[one.enterprise_id] = one
    edition = editions.show(writer, built.enterprises)
    plain = fetch_units(writer, edition.id)
    apart = dict(zip(plain.ids.tolist(), set_apart(plain).tolist(), strict=True))
    held = {}
    for number, row in units.items():
        state, members = row["union_state"], row["members"]
        name, code = row["union_name"], row["union_uscc"]
        change = last.get(number)
        if change is not None:
            ended = change.union_state == "none" and state in ("own", "joint")
            members = change.members if ended or change.members is not None else members
            given = (change.union_name, change.union_uscc)
            same = (change.union_name == name and name) or (change.union_uscc == code and code)
            if any(given) and not same:
                name, code = given
            else:
                name, code = given[0] or name, given[1] or code
            state = change.union_state
        held[number] = (state, members, code or name or number)
    lying = {row.area_id: [] for row in writer.all("SELECT id AS area_id FROM area")}
    for row in writer.all("SELECT area_id, member_id FROM area_membership"):
        lying[row.area_id].append(row.member_id)
    lying[0] = list(units)
    answer = {}
    for area, inside in lying.items():
        rows = [held[number] for number in inside if not apart[number]]
        states = Counter(state for state, _, _ in rows)
        answer[area] = {
            "units_own": states["own"],
            "units_none": states["none"],
            "members": sum(members or 0 for _, members, _ in rows),
            "unions": len({key for state, _, key in rows if state in ("own", "joint")}),
        }
    return answer


def test_a_joint_union_counts_once_until_its_last_unit_has_left(town):
    writer, built = town
    joint = [n for n in range(1, 41) if union_town.unit(n)["union_name"] == "第1联合工会"]
    counted = [n for n in joint if n % 9]
    before = figures_of(writer, built, 0)
    for number in counted[:-1]:
        note(writer, built, number, "none")
    assert figures_of(writer, built, 0)["joint_unions"] == before["joint_unions"]
    note(writer, built, counted[-1], "none")
    assert figures_of(writer, built, 0)["joint_unions"] == before["joint_unions"] - 1
    assert stored(writer, built) == counted_anew(writer, built)


def test_a_unit_of_a_mass_registration_changes_no_rate(town):
    writer, built = town
    before = figures_of(writer, built, 0)
    note(writer, built, 1001, "own", union_name="壳工会")
    assert figures_of(writer, built, 0) == before
    assert stored(writer, built) == counted_anew(writer, built)


def test_a_unit_without_a_place_counts_in_the_whole(town):
    writer, built = town
    unplaced = 26
    assert union_town.unit(unplaced)["lon"] is None
    note(writer, built, unplaced, "own")
    assert stored(writer, built) == counted_anew(writer, built)


def test_the_areas_found_by_place_are_all_areas_that_hold_a_unit(town):
    writer, built = town
    number = find_assignment(writer, built.enterprises, built.areas)
    area, unit = keeping.lying_of(
        writer, built.enterprises, number, built.areas, list(range(1, 41))
    )
    told = writer.all(
        "SELECT area_id, member_id FROM area_membership WHERE assignment_id = :a "
        "AND member_id <= 40 ORDER BY 1, 2",
        a=number,
    )
    assert list(zip(area.tolist(), unit.tolist(), strict=True)) == [tuple(row) for row in told]
    assert 1 in area, "the city has no boundary, and holds what its districts hold"


# ---------------------------------------------------------------------- what holds
def test_the_last_change_by_its_day_holds(town):
    writer, built = town
    later = note(writer, built, 8, "own", since=AS_OF + timedelta(days=3))
    earlier = note(writer, built, 8, "in_preparation", since=AS_OF + timedelta(days=1))
    assert later.holds
    assert not earlier.holds
    edition = editions.show(writer, built.enterprises)
    assert units_in_force(writer, edition, [8]).state.tolist() == [STATE["own"]]
    revoke(writer, built, later.id)
    assert units_in_force(writer, edition, [8]).state.tolist() == [STATE["in_preparation"]]
    assert [one.holds for one in list_changes(writer, enterprise_id=8)] == [True, False]


def test_a_union_that_ended_leaves_no_members_behind(town):
    writer, built = town
    edition = editions.show(writer, built.enterprises)
    [members] = units_in_force(writer, edition, [17]).members
    assert members > 0
    note(writer, built, 17, "none")
    gone = units_in_force(writer, edition, [17])
    assert np.isnan(gone.members).all()
    assert gone.union_key.tolist() == [0]


def test_what_a_change_does_not_state_stays_as_the_list_has_it(town):
    writer, built = town
    edition = editions.show(writer, built.enterprises)
    before = units_in_force(writer, edition, [17])
    note(writer, built, 17, "joint")
    after = units_in_force(writer, edition, [17])
    assert after.members.tolist() == before.members.tolist()
    assert after.union_key.tolist() == before.union_key.tolist()


def test_changes_hold_over_a_list_that_is_not_later(town):
    writer, built = town
    note(writer, built, 8, "own", since=AS_OF + timedelta(days=10))
    units = [union_town.unit(number) for number in range(1, 41)]
    older = union_town.later_edition(writer, built, AS_OF - timedelta(days=90), units)
    newer = union_town.later_edition(writer, built, AS_OF + timedelta(days=20), units)
    for edition, state in ((older, "own"), (newer, "none")):
        facts = activation.put_in_force(writer, built.settings, edition)
        assert units_in_force(writer, facts, [8]).state.tolist() == [STATE[state]]
        told = stored(writer, built, enterprises=edition)
        assert told[0]["units_own"] == sum(one["union_state"] == "own" for one in units) - 1 + (
            state == "own"
        ), "one of those with a union is dormant"


def test_rolling_back_counts_what_was_noted_in_between(town):
    writer, built = town
    units = [union_town.unit(number) for number in range(1, 41)]
    newer = union_town.later_edition(writer, built, AS_OF + timedelta(days=20), units)
    activation.put_in_force(writer, built.settings, newer)
    note(writer, built, 8, "own", since=TODAY)
    activation.put_in_force(writer, built.settings, built.enterprises)
    assert stored(writer, built) == counted_anew(writer, built)
    assert figures_of(writer, built, 0)["units_own"] == 5


# ---------------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("unit", "told", "error", "field"),
    [
        (8, {"union_state": "founded"}, Invalid, "union_state"),
        (8, {"union_state": "own", "since": TODAY + timedelta(days=1)}, Invalid, "since"),
        (8, {"union_state": "own", "since": date(2020, 1, 1)}, Invalid, "since"),
        (8, {"union_state": "own", "members": -1}, Invalid, "members"),
        (8, {"union_state": "own", "members": 57}, Invalid, "members"),
        (8, {"union_state": "none", "members": 3}, Invalid, "members"),
        (8, {"union_state": "none", "union_name": "工会"}, Invalid, "union_name"),
        (8, {"union_state": "own", "union_name": "工" * 201}, Invalid, "union_name"),
        (8, {"union_state": "own", "note": "a\0b"}, Invalid, "note"),
        (8, {"union_state": "own", "union_uscc": "81150100MC00000010"}, Invalid, "union_uscc"),
        (7777, {"union_state": "own"}, NotFound, None),
        (8, {"union_state": "none"}, Conflict, None),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(town, unit, told, error, field):
    writer, built = town
    before = stored(writer, built)
    with pytest.raises(error) as caught:
        note(writer, built, unit, told.pop("union_state"), **told)
    assert caught.value.field == field
    assert caught.value.remedy
    assert list_changes(writer) == []
    assert stored(writer, built) == before


def test_a_change_is_taken_back_once_and_only_where_it_belongs(town):
    writer, built = town
    change = note(writer, built, 8, "own")
    with pytest.raises(NotFound):
        revoke(writer, built, change.id, 9)
    with pytest.raises(NotFound):
        revoke(writer, built, change.id + 1)
    assert revoke(writer, built, change.id, 8).revoked_at is not None
    with pytest.raises(Conflict):
        revoke(writer, built, change.id)
    assert stored(writer, built) == counted_anew(writer, built)


# ---------------------------------------------------------------------- several at a time
def test_writers_at_the_same_time_go_one_after_the_other(database, actor):
    built = union_town.in_town(database, actor)
    targets = read_targets(built.settings)

    def noting(first: int) -> int:
        done = 0
        for unit in range(first, 41, 4):
            state = UNION_STATES[(unit + first) % len(UNION_STATES)]
            with contextlib.suppress(Conflict), database.write(actor) as writer:
                # Units of different writers join and leave the same unions.
                name = f"第{unit % 3}联合工会" if state in ("own", "joint") else None
                note_change(writer, targets, unit, state, today=TODAY, union_name=name)
                done += 1
        return done

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(noting, range(1, 5))) > 25
    with database.write(actor) as writer:
        assert stored(writer, built) == counted_anew(writer, built)
        told = [one.id for one in list_changes(writer, limit=1000)]
        assert told == sorted(told, reverse=True)


def test_nothing_is_noted_while_an_edition_is_being_put_in_force(database, actor, monkeypatch):
    built = union_town.in_town(database, actor)
    monkeypatch.setattr(changes, "WAIT_SECONDS", 1)
    with database.write(actor) as activating:
        take_turn(activating, "put in force")
        with pytest.raises(Busy), database.write(actor) as writer:
            note(writer, built, 8, "own")
    with database.write(actor) as writer:
        assert note(writer, built, 8, "own").holds


def test_other_thresholds_count_everything_anew(database, actor, tmp_path):
    built = union_town.in_town(database, actor)
    file = tmp_path / "targets.toml"
    file.write_text(
        '[[region]]\ncode = ""\n[region.thresholds]\n'
        'obliged_employees = { value = 50, zh = "试点", en = "a trial" }\n',
        encoding="utf-8",
    )
    other = dataclasses.replace(built, settings=Settings(database_url=None, targets=file))
    with database.write(actor) as writer:
        before = stored(writer, built)[0]["units_25"]
        note(writer, other, 8, "own")
        assert stored(writer, other) == counted_anew(writer, other)
        assert stored(writer, other)[0]["units_25"] < before
    activation.complete(database, actor, built.settings)
    with database.write(actor) as writer:
        assert stored(writer, built) == counted_anew(writer, built)
        assert stored(writer, built)[0]["units_25"] == before
