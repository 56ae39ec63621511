"""Clusters of a town as they are stored and read: what they state, and whose they are."""

from datetime import date

import numpy as np
import pytest
import rows
import scanned_town
import shapely
from hostile import HOSTILE_NAME
from rows import plain_units
from scanned_town import EAST_SIDE, PARK, PLANTED_BUILDING, STREET, TWIN, WEST_SIDE, Town
from sklearn.cluster import DBSCAN

from geo import clusters, editions
from geo.clusters import ScanRules
from geo.coordinates import LocalPlane
from geo.database import Writer
from geo.enterprises.units import STATE, Units
from geo.errors import Invalid, NotFound


@pytest.fixture
def town(writer: Writer) -> Town:
    return scanned_town.build(writer)


def found_in(writer: Writer, town: Town, **more) -> list[clusters.ClusterFacts]:
    clusters.find(
        writer, town.enterprises, town.in_force(writer), area_edition_id=town.areas, **more
    )
    return list(clusters.list_clusters(writer, town.enterprises))


def with_most_of(writer: Writer, town: Town, name: str) -> clusters.ClusterFacts:
    """The cluster that holds most of a planted place, if it is nearly that place."""
    planted = set(town.planted[name])
    best = max(
        clusters.list_clusters(writer, town.enterprises),
        key=lambda one: len(planted & members(writer, town, one.id)),
    )
    held = members(writer, town, best.id)
    assert len(planted & held) / len(planted | held) >= 0.5, name
    return best


def members(writer: Writer, town: Town, cluster_id: int) -> set[int]:
    return set(clusters.member_ids(writer, town.enterprises, cluster_id).tolist())


def test_each_planted_place_is_found_and_named(writer, town):
    found_in(writer, town)
    building = with_most_of(writer, town, "building")
    assert (building.kind, building.area_id) == ("whole_unit", PLANTED_BUILDING)
    assert building.place == "云杉大厦"
    assert building.subdistrict_id == EAST_SIDE
    corner = with_most_of(writer, town, "corner")
    assert (corner.kind, corner.area_id) == ("part_of_unit", PARK)
    assert corner.place == f"云杉工业园{HOSTILE_NAME}"
    assert corner.subdistrict_id == WEST_SIDE
    strip = with_most_of(writer, town, "strip")
    assert (strip.kind, strip.area_id, strip.place) == ("street", None, STREET)
    twin = with_most_of(writer, town, "twin")
    assert (twin.area_id, twin.subdistrict_id) == (TWIN, EAST_SIDE)
    assert {one.tier for one in (building, corner, strip, twin)} == {"confirmed"}


def test_of_two_parks_over_each_other_the_address_decides(writer, town):
    found_in(writer, town)
    twin = members(writer, town, with_most_of(writer, town, "twin").id)
    assert twin <= set(town.planted["twin"])
    assert len(twin) >= 0.95 * len(town.planted["twin"])


def test_a_cluster_states_what_stands_in_it(writer, town):
    found = found_in(writer, town)
    by_id = {unit["id"]: unit for unit in town.units}
    for one in found:
        inside = [by_id[number] for number in members(writer, town, one.id)]
        alone = [unit for unit in inside if unit["union_state"] == "none"]
        assert (one.units_all, one.units) == (len(inside), len(alone))
        assert one.units_25 == sum(unit["employees"] >= 25 for unit in alone)
        assert one.units_100 == sum(unit["employees"] >= 100 for unit in alone)
        assert one.employees == sum(unit["employees"] for unit in alone)
        assert one.addresses == len({(unit["lon"], unit["lat"]) for unit in inside})
        assert one.share >= 0.75
        assert one.share - one.expected_share >= 0.15
        assert 0.3 < one.expected_share < 0.7
        points = shapely.points([(unit["lon"], unit["lat"]) for unit in inside])
        assert shapely.covers(one.outline, points).all()
        assert one.first_seen == date(2026, 6, 30)
        plane = LocalPlane(one.lon, one.lat)
        x, y = plane.forward(*np.array([(unit["lon"], unit["lat"]) for unit in inside]).T)
        apart = np.hypot(x[:, None] - x, y[:, None] - y).max()
        # The circle around is at least as wide as two points are apart, at most 2/√3 of it.
        assert apart - 0.5 <= one.diameter_metres <= 1.16 * apart


def test_mass_registrations_are_in_no_cluster_and_said_so(writer, town):
    found = found_in(writer, town)
    everyone = set().union(*(members(writer, town, one.id) for one in found))
    assert not everyone & set(town.planted["mass"])
    facts = clusters.get_run(writer, town.enterprises).facts
    assert facts["set_apart"]["mass_registration"] == 60
    assert facts["scanned"] == len(town.units) - 60


def test_the_run_states_how_it_was_done(writer, town):
    found = found_in(writer, town, replicates=29, rules=ScanRules(seed=7))
    run = clusters.get_run(writer, town.enterprises)
    assert (run.method, run.seed, run.replicates) == ("unit_scan", 7, 29)
    assert run.area_edition_id == town.areas
    assert run.parameters["least_units"] == 10
    confirmed = [one for one in found if one.tier == "confirmed"]
    assert run.facts["confirmed"] == len(confirmed)
    assert run.threshold == pytest.approx(run.facts["thresholds"][0])
    assert min(one.score for one in confirmed) >= min(run.facts["thresholds"]) - 1e-6
    assert all(one.p_value <= 0.05 for one in confirmed)


def test_where_only_chance_is_at_work_nothing_is_confirmed(writer):
    town = scanned_town.build(writer, seed=4, planted=False)
    assert [one for one in found_in(writer, town) if one.tier == "confirmed"] == []


def test_the_same_clusters_keep_their_names_and_their_first_day(writer, town):
    before = {one.id: one.first_seen for one in found_in(writer, town)}
    later = editions.open_draft(
        writer, "enterprises", as_of=date(2026, 12, 31), source="later", content_hash="later",
        declared_crs="wgs84",
    )  # fmt: skip
    units = town.in_force(writer)
    keep = np.arange(len(units)) % 12 != 0  # some are gone
    moved = Units(**{name: getattr(units, name)[keep] for name in Units.__dataclass_fields__})
    clusters.find(writer, later, moved)
    after = {one.id: one.first_seen for one in clusters.list_clusters(writer, later)}
    same = before.keys() & after.keys()
    assert len(same) >= 3
    assert all(after[one] == date(2026, 6, 30) for one in same)
    assert all(day == date(2026, 12, 31) for one, day in after.items() if one not in same)


def test_a_second_run_gives_the_same_identities(writer, town):
    before = [(one.id, one.score) for one in found_in(writer, town)]
    assert [(one.id, one.score) for one in found_in(writer, town)] == before


def test_a_list_is_asked_by_tier_kind_and_area(writer, town):
    found = found_in(writer, town)

    def ids(**asked):
        return [one.id for one in clusters.list_clusters(writer, town.enterprises, **asked)]

    assert ids(tier="confirmed") == [one.id for one in found if one.tier == "confirmed"]
    assert ids(kind="street") == [one.id for one in found if one.kind == "street"]
    assert ids(area_id=PLANTED_BUILDING) == [with_most_of(writer, town, "building").id]
    assert ids(area_id=EAST_SIDE) == [one.id for one in found if one.subdistrict_id == EAST_SIDE]
    assert ids(area_id=999) == []
    with pytest.raises(Invalid):
        ids(tier="sure")
    with pytest.raises(Invalid):
        ids(kind="park")


def test_an_area_holds_what_its_children_hold(writer, town):
    found = found_in(writer, town)
    rows.area(writer, town.areas, 1, None, kind="district", name="云区")
    writer.execute(
        "UPDATE area SET parent_id = 1 WHERE edition_id = :e AND kind = 'subdistrict'",
        {"e": town.areas},
    )
    held = clusters.list_clusters(writer, town.enterprises, area_id=1)
    assert [one.id for one in held] == [one.id for one in found if one.subdistrict_id]


def test_the_most_employees_come_first_and_pages_follow_each_other(writer, town):
    everything = found_in(writer, town)
    assert [one.employees for one in everything] == sorted(
        (one.employees for one in everything), reverse=True
    )
    paged, after = [], None
    while page := clusters.list_clusters(writer, town.enterprises, after=after, limit=2):
        paged += [one.id for one in page]
        after = page[-1].id
    assert paged == [one.id for one in everything]


def test_one_cluster_is_read_by_its_number(writer, town):
    one = found_in(writer, town)[0]
    again = clusters.get_cluster(writer, town.enterprises, one.id)
    assert (again.id, again.units, again.outline.wkt) == (one.id, one.units, one.outline.wkt)
    with pytest.raises(NotFound):
        clusters.get_cluster(writer, town.enterprises, 1)


def test_what_is_known_is_up_to_date_until_a_union_changes(writer, town):
    assert not clusters.up_to_date(writer, town.enterprises, town.areas)
    found_in(writer, town)
    assert clusters.up_to_date(writer, town.enterprises, town.areas)
    assert not clusters.up_to_date(writer, town.enterprises, None)
    writer.execute(
        "INSERT INTO union_change (enterprise_id, since, union_state, noted_by, noted_at) "
        "VALUES (1, '2026-07-01', 'own', 'test', clock_timestamp() + interval '1 second')"
    )
    assert not clusters.up_to_date(writer, town.enterprises, town.areas)


def test_by_density_every_crowd_is_worth_a_look_and_none_is_sure(writer, town):
    found = found_in(writer, town, method="dbscan")
    assert {one.tier for one in found} == {"to_check"}
    assert {one.p_value for one in found} == {None}
    assert clusters.get_run(writer, town.enterprises).threshold is None
    held = [members(writer, town, one.id) for one in found]
    alone = [unit for unit in town.units[:-60] if unit["union_state"] == "none"]
    lon, lat = np.array([(unit["lon"], unit["lat"]) for unit in alone]).T
    theirs = DBSCAN(eps=50, min_samples=10).fit(
        np.column_stack(LocalPlane.around(lon, lat).forward(lon, lat))
    )
    ids = np.array([unit["id"] for unit in alone])
    for number in range(theirs.labels_.max() + 1):
        core = theirs.core_sample_indices_
        inside = set(ids[core[theirs.labels_[core] == number]].tolist())
        if len(inside) >= 12:
            assert any(inside <= one for one in held)


@pytest.mark.parametrize(
    ("more", "field"), [({"method": "guess"}, "method"), ({"replicates": 3}, "replicates")]
)
def test_what_cannot_be_asked_is_refused(writer, town, more, field):
    with pytest.raises(Invalid) as refused:
        found_in(writer, town, **more)
    assert refused.value.field == field


# ------------------------------------------------------------------------------------- bad input
@pytest.fixture
def edition(writer: Writer) -> int:
    return editions.open_draft(
        writer, "enterprises", as_of=date(2026, 6, 30), source="test", content_hash="c",
        declared_crs="wgs84",
    )  # fmt: skip


def units_at(lon, lat, state="none", employees: float = 5) -> Units:
    count = len(lon)
    states = [state] * count if isinstance(state, str) else state
    return plain_units(
        count,
        lon=np.asarray(lon, float),
        lat=np.asarray(lat, float),
        state=np.array([STATE[str(one)] for one in states], dtype=np.int8),
        employees=np.full(count, float(employees)),
    )


@pytest.mark.parametrize(
    "units",
    [
        units_at([], []),
        units_at([101.0], [40.0]),
        units_at([101.0] * 5000, [40.0] * 5000),
        units_at([101.0] * 5000, [40.0] * 5000, "own"),
        units_at([101.0] * 50, [40.0] * 50, "in_preparation"),
        units_at([np.nan] * 50, [np.nan] * 50),
        units_at([101.0] * 50, [40.0] * 50, "unknown"),
        units_at(101 + np.arange(30) * 1e-4, [40.0] * 30),
        units_at(101 + np.arange(3000) * 1e-5, [40.0] * 3000, employees=np.nan),
    ],
    ids=[
        "nobody", "one", "5,000 at one point", "all with a union", "all in preparation",
        "no places", "all unknown", "a line, no union at all", "no head counts",
    ],
)  # fmt: skip
def test_where_nothing_stands_out_nothing_is_found(writer: Writer, edition: int, units: Units):
    # Without any union in the whole city no place has fewer than is usual.
    assert clusters.find(writer, edition, units) == 0
    assert list(clusters.list_clusters(writer, edition)) == []
    run = clusters.get_run(writer, edition)
    assert run.method == "unit_scan"


def crowd_in_a_city(count: int, lon: float, lat: float) -> Units:
    """So many without a union at one point, in a city where half have one."""
    rng = np.random.default_rng(2)
    others = max(1500, 4 * count)
    return units_at(
        np.append(rng.uniform(101, 101.05, others), np.full(count, lon)),
        np.append(rng.uniform(40, 40.05, others), np.full(count, lat)),
        list(rng.choice(["none", "own"], others)) + ["none"] * count,
    )


@pytest.mark.parametrize("count", [40, 5000])
def test_a_crowd_at_one_address_is_an_outline_not_a_point(writer: Writer, edition: int, count: int):
    clusters.find(writer, edition, crowd_in_a_city(count, 101.02, 40.02))
    crowd = max(clusters.list_clusters(writer, edition), key=lambda one: one.units)
    assert crowd.units >= count
    assert crowd.tier == "confirmed"
    assert crowd.outline.is_valid
    # Eight metres, of which there are 111,000 in a degree.
    assert shapely.distance(crowd.outline.exterior, shapely.Point(101.02, 40.02)) > 6 / 111_000


def test_without_areas_clusters_lie_along_streets(writer: Writer, edition: int):
    clusters.find(writer, edition, crowd_in_a_city(60, 101.02, 40.02))
    found = list(clusters.list_clusters(writer, edition))
    assert found
    assert {(one.kind, one.area_id, one.subdistrict_id) for one in found} == {
        ("street", None, None)
    }


def test_areas_that_cross_themselves_and_each_other_do_no_harm(writer: Writer):
    town = scanned_town.build(writer)
    bow_tie = shapely.Polygon([(101, 40), (101.02, 40.02), (101.02, 40), (101, 40.02)])
    for number in (901, 902, 903):
        rows.area(writer, town.areas, number, bow_tie, kind="functional_area", name=None)
    assert len(found_in(writer, town)) >= 4


def test_many_small_workplaces_are_a_matter_for_an_organiser(writer: Writer, edition: int):
    units = crowd_in_a_city(20, 101.02, 40.02)
    small = Units(**{**units.__dict__, "employees": np.where(units.ids > 1500, 1.0, 5.0)})
    clusters.find(writer, edition, small)
    assert all(
        one.units > 20 for one in clusters.list_clusters(writer, edition) if one.employees < 60
    )
