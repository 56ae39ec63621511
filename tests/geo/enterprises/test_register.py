"""The enterprises in memory: what a filter keeps, and what a change elsewhere makes of them."""

import contextlib
import itertools
import shutil
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import rows
import union_town
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from union_town import AS_OF, TODAY

from geo import editions, partitions
from geo.coverage.targets import read_targets
from geo.database import ANYONE, Database, Writer
from geo.enterprises import changes, queries
from geo.enterprises.classes import INDUSTRIES, SIZES, UNIT_CLASSES, industry_of, unit_class_of
from geo.enterprises.filter import CHOICES, TIER_NAMES, Filter
from geo.enterprises.holder import RegisterHolder
from geo.enterprises.queries import After
from geo.enterprises.register import FIGURES, load_register
from geo.enterprises.units import STATE
from geo.errors import Conflict, Invalid, NotFound, Unavailable
from geo.imports import activation
from geo.postgres import THROWAWAY, Cluster
from geo.schema import UNION_STATES
from geo.settings import Settings

SOON = 5.0


@pytest.fixture
def town(database, actor):
    """A town in a database of its own, with two clusters that share a unit."""
    with database.write(actor) as writer:
        built = union_town.build(writer)
        _clusters(writer, built)
    return built


def _clusters(writer: Writer, built) -> None:
    writer.execute("DELETE FROM cluster WHERE edition_id = :e", {"e": built.enterprises})
    writer.execute(f"DROP TABLE IF EXISTS cluster_member_p{built.enterprises}")
    rows.cluster(writer, built.enterprises, 501, union_town.WEST, union_town.SOUTH)
    rows.cluster(writer, built.enterprises, 502, union_town.WEST, union_town.SOUTH)
    writer.execute("UPDATE cluster SET tier = 'to_check' WHERE id = 501")
    child = partitions.create(writer, "cluster_member", built.enterprises)
    for cluster, unit in ((501, 8), (501, 11), (502, 11), (502, 16)):
        writer.execute(
            f"INSERT INTO {child} (cluster_id, enterprise_id) VALUES (:c, :u)",
            {"c": cluster, "u": unit},
        )
    partitions.attach(writer, "cluster_member", built.enterprises)


def note(database: Database, built, unit, state, **told):
    with database.write(ANYONE) as writer:
        return changes.note_change(
            writer, read_targets(built.settings), unit, state, today=TODAY, **told
        )


def loaded(database):
    with database.read(ANYONE) as reader:
        return load_register(reader)


def until(done, seconds=SOON) -> float:
    """How long it took."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds, "it did not come"
        time.sleep(0.002)
    return time.monotonic() - began


def agrees_with_the_database(database, register):
    fresh = loaded(database)
    for name in FIGURES:
        assert register.figures[name].tolist() == fresh.figures[name].tolist(), name
    for name in ("state", "union_key", "members", "new_employment_members"):
        np.testing.assert_array_equal(getattr(register.units, name), getattr(fresh.units, name))
    assert register.version == fresh.version


# ---------------------------------------------------------------------- what it holds
def test_it_holds_the_areas_and_who_lies_in_them(database, town):
    register = loaded(database)
    with database.read(ANYONE) as reader:
        told = reader.all(
            "SELECT area_id, array_agg(member_id ORDER BY member_id) AS units "
            "FROM area_membership GROUP BY 1"
        )
    by_area = {row.area_id: row.units for row in told}
    for position, area in enumerate(register.area_ids.tolist()):
        units = register.units.ids[register.members_of(position)]
        assert units.tolist() == by_area.get(area, [])
    district = register.area_position(2)
    assert register.area_parents[register.area_position(21)] == district
    assert register.area_parents[register.area_position(1)] == -1
    assert register.area_position(77) is None
    assert register.unit_position(40) is not None
    assert register.unit_position(41) is None


def test_it_holds_the_surer_cluster_of_a_unit(database, town):
    register = loaded(database)
    unit = {number: register.unit_position(number) for number in (8, 11, 16, 1)}
    tiers = [TIER_NAMES[register.tier[unit[number]]] for number in (8, 11, 16, 1)]
    assert tiers == ["to_check", "confirmed", "confirmed", "none"]
    assert register.cluster[unit[11]] == 502
    assert register.cluster[unit[1]] == 0


def test_without_areas_there_is_a_whole_all_the_same(database, actor):
    with database.write(actor) as writer:
        edition = rows.edition(writer, "enterprises", as_of=AS_OF)
        union_town.put_enterprises(writer, edition, [union_town.unit(n) for n in range(1, 9)])
    register = loaded(database)
    assert len(register) == 8
    assert len(register.area_ids) == 0
    assert register.assignment is None


# ---------------------------------------------------------------------- filters
FILTERS = st.builds(
    Filter,
    **{
        field: st.frozensets(st.sampled_from(names), max_size=3) for field, names in CHOICES.items()
    },
)


@pytest.fixture(scope="module")
def town_register(shared_database, actor):
    """The town in a transaction that is rolled back, its register, and a change noted."""
    with shared_database.engine.connect() as connection, connection.begin() as transaction:
        writer = Writer(connection, actor)
        built = union_town.build(writer)
        for unit, state in ((8, "own"), (17, "none"), (16, "joint")):
            changes.note_change(writer, read_targets(built.settings), unit, state, today=TODAY)
        _clusters(writer, built)
        yield writer, load_register(writer)
        transaction.rollback()


def plainly_kept(chosen: Filter, facts) -> bool:
    employees = facts.employees
    size = (
        "unstated"
        if employees is None
        else next(
            name
            for name, most in zip(SIZES[1:], (4, 24, 99, 10**9), strict=True)
            if employees <= most
        )
    )
    told = {
        "sizes": size,
        "industries": INDUSTRIES[industry_of(facts.industry or "")],
        "unit_classes": UNIT_CLASSES[unit_class_of(facts.unit_class or "")],
        "states": facts.union_state,
        "tiers": facts.tier,
    }
    return all(told[field] in getattr(chosen, field) for field in CHOICES if getattr(chosen, field))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=FILTERS,
    area=st.sampled_from([None, 1, 2, 31, 41, 99]),
    limit=st.sampled_from([1, 3, 1000]),
)
def test_memory_and_database_find_the_same_pages(town_register, chosen, area, limit):
    writer, register = town_register
    everything = queries.list_enterprises(writer, area_id=area, limit=1000)
    expected = [one.id for one in everything if plainly_kept(chosen, one)]
    for find in (
        lambda after: queries.page_of(register, chosen, area_id=area, after=after, limit=limit),
        lambda after: [
            one.id
            for one in queries.list_enterprises(
                writer, chosen, area_id=area, after=after, limit=limit
            )
        ],
    ):
        found, after = [], None
        for _ in range(4):
            page = find(after)
            found += page
            if len(page) < limit:
                break
            [last] = queries.get_enterprises(writer, page[-1:])
            after = After(-1 if last.employees is None else last.employees, last.id)
        assert found == expected[: len(found)]
        assert len(found) == min(len(expected), 4 * limit)


@given(chosen=FILTERS)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_filters_that_keep_the_same_have_one_name(town_register, chosen):
    _, register = town_register
    told = dict(part.split("=") for part in chosen.key.split("&") if part)
    parameters = {"sizes": "size", "industries": "industry", "unit_classes": "unit_class",
                  "states": "state", "tiers": "tier"}  # fmt: skip
    again = Filter(
        **{
            field: frozenset(told[name].split(","))
            for field, name in parameters.items()
            if name in told
        }
    )
    assert again == chosen
    assert again.keep(register).tolist() == chosen.keep(register).tolist()
    assert bool(chosen) == bool(chosen.key)


def test_naming_everything_is_no_condition(town_register):
    _, register = town_register
    assert Filter(states=frozenset(UNION_STATES)) == Filter()
    assert Filter().keep(register).all()
    assert Filter(sizes=frozenset({"1_4"})).without("sizes") == Filter()


def test_an_unknown_name_is_refused():
    with pytest.raises(Invalid) as caught:
        Filter(states=frozenset({"founded"}))
    assert caught.value.field == "state"


def test_a_text_is_searched_as_it_is_and_not_as_a_pattern(town_register):
    writer, _ = town_register

    def search(text):
        return [one.id for one in queries.list_enterprises(writer, text=text, limit=1000)]

    assert len(search("云杉单位1")) > 1
    assert search("%") == []
    assert search("_") == []
    assert search("\\") == []
    assert set(search("<script>".replace("<s", "</s"))) == {
        number for number in range(1, 41) if number % 5 == 0
    }, "a hostile name is a name"
    assert search("集群注册地址1号") != []


def test_a_cluster_lists_all_its_units(town_register):
    writer, _ = town_register
    found = queries.list_enterprises(writer, cluster_id=501, limit=10)
    assert sorted(one.id for one in found) == [8, 11]
    with pytest.raises(NotFound):
        queries.list_enterprises(writer, cluster_id=9)
    with pytest.raises(NotFound):
        queries.list_enterprises(writer, area_id=77)
    with pytest.raises(NotFound):
        queries.get_enterprise(writer, 7777)


# ---------------------------------------------------------------------- kept up to date
@pytest.fixture
def holders(database, town):
    """Two processes' holders, each with connections of its own."""
    opened = [Database(database.url, pool_size=2) for _ in range(2)]
    held = [RegisterHolder(one, Settings(database_url=None)) for one in opened]
    yield held
    for one in held:
        one.close()
    for one in opened:
        one.close()


def test_a_change_is_in_the_memory_of_every_process_within_a_second(database, town, holders):
    told = [[], []]
    for holder, heard in zip(holders, told, strict=True):
        holder.current()
        holder.on_change(
            lambda register, changed, before, heard=heard: heard.append(
                (register.units.ids[changed].tolist(), before.tolist())
            )
        )
    before = [holder.current() for holder in holders]
    change = note(database, town, 8, "own", members=3, union_name="新工会")
    took = until(
        lambda: all(
            holder.current().units.state[holder.current().unit_position(8)] == STATE["own"]
            for holder in holders
        ),
        1.0,
    )
    assert took < 1.0
    assert [holder.current() for holder in holders] == before, "in place, not loaded anew"
    until(lambda: all(heard == [([8], [STATE["none"]])] for heard in told))
    for holder in holders:
        agrees_with_the_database(database, holder.current())
        until(lambda holder=holder: holder.state().changed == 1)
    with database.write(ANYONE) as writer:
        changes.revoke_change(writer, read_targets(town.settings), change.id)
    until(lambda: all(holder.current().version == change.id + 1 for holder in holders), 1.0)
    for holder in holders:
        agrees_with_the_database(database, holder.current())


def test_after_many_changes_the_memory_is_what_the_database_says(database, town, holders):
    states = itertools.cycle(UNION_STATES)
    for holder in holders:
        holder.current()
    for number in range(1, 41):
        with contextlib.suppress(Conflict):  # some stand so already
            note(database, town, number, next(states))
    with database.read(ANYONE) as reader:
        version = reader.scalar("SELECT max(revision) FROM union_change")
    assert all(holder.current(at_least=version).version == version for holder in holders)
    for holder in holders:
        agrees_with_the_database(database, holder.current())


def test_who_has_seen_a_version_elsewhere_gets_it_here(database, town):
    with_line_cut = RegisterHolder(database, Settings(database_url=None))
    first = with_line_cut.current()
    with_line_cut._listening.close()
    change = note(database, town, 8, "own")
    assert first.version == 0
    assert with_line_cut.current(at_least=change.id).version == change.id
    with_line_cut.close()


def test_another_edition_is_another_register(database, town, holders, actor):
    old = holders[0].current()
    with database.write(actor) as writer:
        units = [union_town.unit(number) for number in range(1, 21)]
        later = union_town.later_edition(writer, town, AS_OF + timedelta(days=30), units)
    activation.activate(database, actor, town.settings, later)
    until(lambda: holders[0].current().edition.id == later)
    assert len(holders[0].current()) == 20
    assert len(old) == 40 + union_town.SHELLS, "whoever still has the old one may finish with it"
    until(lambda: holders[0].state().enterprises == later)


def test_a_listener_that_fails_keeps_nobody_from_hearing(database, town, holders, caplog):
    heard = []

    def fails(*_):
        raise ZeroDivisionError

    holders[0].current()
    holders[0].on_change(fails)
    holders[0].on_change(lambda *_: heard.append(1))
    note(database, town, 8, "own")
    until(lambda: heard == [1])
    assert "a listener to the register failed" in caplog.text


def test_nothing_is_loaded_before_somebody_asks(database, town, holders):
    state = holders[0].state()
    assert (state.enterprises, state.areas) == (town.enterprises, town.areas)
    assert holders[0].loaded is None
    change = note(database, town, 8, "own")
    until(lambda: holders[0].state().version == change.id)
    assert holders[0].loaded is None


def test_without_a_list_of_enterprises_it_says_so(database):
    holder = RegisterHolder(database, Settings(database_url=None))
    with pytest.raises(NotFound):
        holder.current()
    assert holder.state().enterprises is None
    holder.close()


def test_with_the_database_stopped_it_goes_on_answering(actor):
    folder = Path(tempfile.mkdtemp(prefix="nuanyi-register-"))
    try:
        with Cluster(folder, THROWAWAY).running() as running:
            running.ensure_database("town")
            database = Database(running.url("town"), pool_size=2)
            database.migrate()
            with database.write(actor) as writer:
                built = union_town.build(writer)
            holder = RegisterHolder(database, Settings(database_url=None))
            register = holder.current()
            assert holder.state().unconfirmed_since is None
        until(lambda: holder.state().unconfirmed_since is not None)
        assert holder.current() is register
        assert Filter(states=frozenset({"none"})).keep(register).any()
        never_asked = RegisterHolder(database, Settings(database_url=None))
        with pytest.raises(Unavailable):
            never_asked.current()
        never_asked.close()
        with Cluster(folder, THROWAWAY).running():
            until(lambda: holder.state().unconfirmed_since is None, 20)
            note(database, built, 8, "own")
            until(lambda: register.units.state[register.unit_position(8)] == STATE["own"])
        holder.close()
        database.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_editions_are_told_with_the_day_they_speak_for(database, town, holders):
    assert holders[0].state().as_of == AS_OF
    assert holders[0].current().edition == loaded(database).edition
    with database.read(ANYONE) as reader:
        assert editions.require_active(reader, "enterprises").id == town.enterprises
