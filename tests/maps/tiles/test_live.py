"""The tiles of the register in force: kept while they hold, anew when they do not."""

import gzip
import threading
import time

import pytest
import union_town
from pyramids import features, summed, tile_of
from union_town import SOUTH, TODAY, WEST

from geo.coverage.targets import read_targets
from geo.database import Actor
from geo.enterprises.changes import note_change, revoke_change
from geo.enterprises.filter import Filter
from geo.enterprises.holder import RegisterHolder
from geo.settings import Settings
from maps.tiles.enterprises import Choice, LiveTiles
from maps.tiles.enterprises.live import OVERHEAD

ACTOR = Actor("test")
HERE = (12, *tile_of(WEST + 0.125, SOUTH + 0.02, 12))
ALL = (0, 0, 0)


@pytest.fixture
def town(database):
    """A town, its register and its tiles."""
    town = union_town.in_town(database, ACTOR)
    holder = RegisterHolder(database, Settings(database_url=None))
    yield town, database, holder, LiveTiles(holder)
    holder.close()


def note(town, database, unit: int, state: str):
    with database.write(ACTOR) as writer:
        return note_change(writer, read_targets(town.settings), unit, state, today=TODAY)


def numbers(tile):
    return summed(features(gzip.decompress(tile.body)))


def test_nothing_is_at_hand_before_somebody_asked(town):
    *_, tiles = town
    assert tiles.at_hand(Choice(), *ALL) is None
    first = tiles.tile(Choice(), *ALL)
    assert tiles.at_hand(Choice(), *ALL) is first
    assert tiles.at_hand(Choice(), *HERE) is not None
    assert tiles.at_hand(Choice(Filter(states=frozenset({"none"}))), *ALL) is None


def test_a_tile_is_kept_until_it_changes_and_its_tag_comes_back_with_its_content(town):
    of, database, holder, tiles = town
    first = tiles.tile(Choice(), *ALL)
    assert tiles.tile(Choice(), *ALL) is first
    change = note(of, database, 3, "own")
    holder.refresh()
    second = tiles.at_hand(Choice(), *ALL)
    assert second.tag != first.tag
    assert numbers(second)["own"] == numbers(first)["own"] + 1
    with database.write(ACTOR) as writer:
        revoke_change(writer, read_targets(of.settings), change.id)
    holder.refresh()
    third = tiles.at_hand(Choice(), *ALL)
    assert (third.tag, third.body) == (first.tag, first.body)
    assert third.edition == of.enterprises


def test_a_version_seen_elsewhere_is_waited_for(town):
    of, database, holder, tiles = town
    before = tiles.tile(Choice(), *ALL)
    note(of, database, 3, "own")
    version = holder.current().version
    # This process has not heard of it, unless it listens quicker than this.
    after = tiles.tile(Choice(), *ALL, at_least=version + 1)
    assert numbers(after)["own"] == numbers(before)["own"] + 1
    assert tiles.at_hand(Choice(), *ALL, at_least=10**6) is None


def test_another_edition_is_drawn_before_anybody_asks(town):
    from geo.imports import activation

    of, database, holder, tiles = town
    first = tiles.tile(Choice(), *ALL)
    with database.write(ACTOR) as writer:
        units = [union_town.unit(number) for number in range(1, 4)]
        later = union_town.later_edition(writer, of, TODAY, units)
    with database.write(ACTOR) as writer:
        activation.put_in_force(writer, of.settings, later)
    holder.refresh()
    now = tiles.at_hand(Choice(), *ALL)
    assert now.edition == later
    assert now.tag != first.tag
    assert numbers(now)["n"] == 3


def test_clusters_found_anew_change_what_their_filter_shows(town):
    of, database, holder, tiles = town
    choice = Choice(Filter(tiers=frozenset({"confirmed"})))
    assert tiles.tile(choice, *ALL).body == b""
    with database.write(ACTOR) as writer:
        import rows

        from geo import partitions

        rows.cluster(writer, of.enterprises, 7, WEST + 0.1, SOUTH + 0.02)
        if not writer.scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE tablename = :name)",
            name=partitions.name("cluster_member", of.enterprises),
        ):
            partitions.create(writer, "cluster_member", of.enterprises)
            partitions.attach(writer, "cluster_member", of.enterprises)
        writer.execute(
            "INSERT INTO cluster_member (edition_id, cluster_id, enterprise_id) "
            "VALUES (:edition, 7, 3)",
            {"edition": of.enterprises},
        )
        writer.execute(
            "INSERT INTO cluster_run (edition_id, method, parameters, seed, replicates, facts) "
            "VALUES (:edition, 'test', '{}', 1, 0, '{}') ON CONFLICT (edition_id) DO UPDATE "
            "SET found_at = now() + interval '1 second'",
            {"edition": of.enterprises},
        )
    holder.refresh()
    assert numbers(tiles.tile(choice, *ALL))["n"] == 1


def test_no_more_is_kept_than_may_be(town):
    _, _, holder, _ = town
    tiles = LiveTiles(holder, most_bytes=5 * (OVERHEAD + 400))
    units = [union_town.unit(number) for number in range(1, 41)]
    places = {tile_of(one["lon"], one["lat"], 14) for one in units if one["lon"]}
    for x, y in places:
        tiles.tile(Choice(), 14, x, y)
        assert tiles.held_bytes <= 5 * (OVERHEAD + 400)


def test_people_who_ask_while_unions_change_never_see_half_a_change(town):
    """A unit is of exactly one state at every moment, so `n` never changes."""
    _, _, holder, tiles = town
    wanted = numbers(tiles.tile(Choice(), *ALL))
    pyramid, register = tiles.pyramid(), holder.current()
    seen, near, going = [], [], threading.Event()

    def look():
        while not going.is_set():
            seen.append(numbers(tiles.tile(Choice(), *ALL)))
            near.append(numbers(tiles.tile(Choice(), *HERE)))

    people = [threading.Thread(target=look) for _ in range(3)]
    for one in people:
        one.start()
    until = time.monotonic() + 1.5
    turn = 0
    placed = pyramid.order.point
    while time.monotonic() < until:
        turn += 1
        register.units.state[placed] = (register.units.state[placed] + 1) % 5
        pyramid.change(placed)
    going.set()
    for one in people:
        one.join()
    assert turn > 10
    assert len(seen) > 10
    assert {one["n"] for one in seen} == {wanted["n"]}
    assert {one["workers"] for one in seen} == {wanted["workers"]}
    assert len({one["n"] for one in near}) == 1
