"""Estimated demand, the register of hosts, generated candidates, units without a station: in a
town that can be counted on one's fingers."""

from __future__ import annotations

import numpy as np
import pytest
from host_town import host_town
from hostile import HOSTILE_NAME
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from sqlalchemy import text

from geo.errors import Invalid, NotFound
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.settings import Settings
from geo.siting.inputs.generated import generate, thinned, write_candidates
from geo.siting.inputs.hosts import HostFilter, count_hosts, list_hosts, units_without_station
from geo.siting.inputs.people import estimate, write_demand
from geo.siting.inputs.weights import read_weights

GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def town(cluster, tmp_path_factory):
    with host_town(cluster, tmp_path_factory.mktemp("town")) as database:
        yield database


@pytest.fixture
def reader(town, actor):
    with town.read(actor) as opened:
        yield opened


# ---------------------------------------------------------------------- demand
def test_every_source_counts_what_it_says_and_nobody_twice(reader) -> None:
    found = estimate(reader, read_weights())
    assert {name: round(found.people(name), 6) for name in found.places} == {
        # One outlet by its name, though its industry is transport.
        "courier_outlets": 6.0,
        "construction_sites": 30.0,
        # Two of the four: one is closed, one has no place.
        "restaurants": 1.6,
        # 20 employees; the fleet does not state them, the outlet is counted above.
        "transport_employees": 6.0,
        "environment_employees": 0.0,
        "construction_employees": 0.0,
        "service_employees": 0.0,
        "trade_employees": 0.0,
        "markets": 12.0,
        "main_streets": pytest.approx(1.2, rel=1e-3),
    }
    assert found.places["restaurants"].missing == 1
    assert found.places["transport_employees"].missing == 1
    assert found.without == []


def test_people_are_told_by_cell_group_and_hour(reader) -> None:
    weights = read_weights()
    found = estimate(reader, weights)
    cells = found.cells()
    for name_of, days in (("workday", cells.workday), ("weekend", cells.weekend)):
        by_hour = sum(
            found.people(name) * np.array(weights.hours(name, weekend=name_of == "weekend"))
            for name in found.places
        )
        assert days.sum(axis=0) == pytest.approx(by_hour)
    # The two restaurants and nobody else are riders, in one cell within 100 m of both.
    riders = np.flatnonzero(cells.group == 1)
    assert len(riders) == 1
    metres = GEOD.inv(cells.lon[riders[0]], cells.lat[riders[0]], 101.005, 40.205)[2]
    assert metres < 100 * np.sqrt(2)
    assert cells.workday[riders[0]].max() == pytest.approx(1.6)


def test_a_source_can_be_switched_off_and_its_people_stand_nowhere_else(reader) -> None:
    every = estimate(reader, read_weights())
    some = estimate(reader, read_weights().without(["courier_outlets", "main_streets"]))
    assert set(every.places) - set(some.places) == {"courier_outlets", "main_streets"}
    # The outlet's forty employees do not become drivers.
    assert some.people("transport_employees") == every.people("transport_employees")
    with pytest.raises(Invalid, match="no source of demand couriers"):
        read_weights().without(["couriers"])


def test_the_model_becomes_an_edition_of_demand(town, actor, tmp_path) -> None:
    with town.read(actor) as reader:
        cells = estimate(reader, read_weights()).cells()
    count = write_demand(cells, tmp_path / "demand.csv")
    options = ImportOptions(crs="wgs84", draft=True)
    report = import_file(
        town, actor, Settings(state=tmp_path), "demand", tmp_path / "demand.csv", options
    )
    assert (report.read, report.accepted, report.rejected) == (count, count, 0)
    with town.read(actor) as reader:
        stored = reader.first(
            text(
                "SELECT sum(people[9]) FILTER (WHERE day_class = 'workday') AS at_eight, "
                "count(DISTINCT worker_group) AS groups FROM demand WHERE edition_id = :e"
            ),
            e=report.edition.id,
        )
    assert stored.at_eight == pytest.approx(cells.workday[:, 8].sum(), abs=0.01)
    assert stored.groups == len(np.unique(cells.group))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('weight = 6.0\ngroup = "courier"', 'weight = -6.0\ngroup = "courier"'),
        ('industries = ["H"]', 'industries = ["餐饮"]'),
        ('profile = "market"', 'profile = "night"'),
        ("[source.markets]", "[source.markets"),
    ],
)
def test_weights_that_make_no_sense_are_refused_with_their_place(tmp_path, change, says) -> None:
    from importlib.resources import files

    own = files("geo.siting.inputs").joinpath("people.toml").read_text("utf-8")
    (tmp_path / "weights.toml").write_text(own.replace(change, says, 1), encoding="utf-8")
    with pytest.raises(Invalid, match="权重文件") as told:
        read_weights(tmp_path / "weights.toml")
    assert told.value.remedy


def test_every_weight_says_what_it_rests_on() -> None:
    weights = read_weights()
    for name, source in weights.sources.items():
        assert source.why_zh.startswith(("假设", "同上")), name
        assert source.why_en
        assert max(weights.hours(name, weekend=False)) == 1.0


def test_nothing_in_force_is_a_sentence(database, actor) -> None:
    with database.read(actor) as reader, pytest.raises(NotFound, match="Nothing is in force"):
        estimate(reader, read_weights())


# ---------------------------------------------------------------------- the register
def test_hosts_tell_what_is_known_and_what_is_missing(reader) -> None:
    hosts = {one.name: one for one in list_hosts(reader, HostFilter())}
    first = hosts["甲店"]
    assert (first.open_24h, first.water, first.toilet, first.agreed) == (True, True, False, True)
    assert first.six_haves == 6
    assert first.large_enough
    assert "drinking_water" not in first.missing
    assert "toilet" in first.missing
    second = hosts["乙网点"]
    assert (second.assessment, second.six_haves, second.missing) == (None, None, None)
    assert second.large_enough is False
    assert hosts[HOSTILE_NAME].six_haves == 0
    assert count_hosts(reader, HostFilter()) == {
        "hosts": 3, "agreed": 1, "refused": 1, "not_asked": 1, "assessed": 2, "unlocated": 0,
        "generated": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (HostFilter(agreed="unknown"), {"乙网点"}),
        (HostFilter(agreed="no"), {HOSTILE_NAME}),
        (HostFilter(water=True), {"甲店"}),
        (HostFilter(assessed=False), {"乙网点"}),
        (HostFilter(least_square_metres=12), {"甲店", HOSTILE_NAME}),
        (HostFilter(host_types=("bank", "courier_outlet")), {"乙网点", HOSTILE_NAME}),
        (HostFilter(text="荷"), {"甲店"}),
        (HostFilter(text="%"), set()),
        (HostFilter(source="street_corner"), set()),
    ],
)
def test_hosts_are_filtered(reader, chosen, names) -> None:
    assert {one.name for one in list_hosts(reader, chosen)} == names
    assert count_hosts(reader, chosen)["hosts"] == len(names)


def test_hosts_of_an_area_and_page_by_page(reader) -> None:
    area = reader.scalar(text("SELECT id FROM area WHERE name = '云杉街道'"))
    inside = list_hosts(reader, HostFilter(area_id=area))
    assert {one.name for one in inside} == {"甲店", "乙网点"}
    first = list_hosts(reader, HostFilter(), limit=2)
    rest = list_hosts(reader, HostFilter(), after=first[-1].id, limit=2)
    assert len({one.id for one in [*first, *rest]}) == 3


# ---------------------------------------------------------------------- generated candidates
def test_parks_markets_and_corners_become_marked_candidates(town, actor, tmp_path) -> None:
    with town.read(actor) as reader:
        found = generate(reader, spacing_metres=50)
    assert [(one.kind, one.name) for one in found] == [
        ("public_place", "云杉公园"),
        ("public_place", "东市场"),
        ("street_corner", "中山路与人民路路口"),
    ]
    write_candidates(found, tmp_path / "candidates.csv")
    options = ImportOptions(crs="wgs84", add=True, draft=True)
    report = import_file(
        town,
        actor,
        Settings(state=tmp_path),
        "candidate_sites",
        tmp_path / "candidates.csv",
        options,
    )
    assert (report.accepted, report.rejected, report.carried_over) == (3, 0, 3)
    with town.read(actor) as reader:
        sources = reader.all(
            text(
                "SELECT source, count(*) AS n FROM candidate_site WHERE edition_id = :e GROUP BY 1"
            ),
            e=report.edition.id,
        )
    assert {row.source: row.n for row in sources} == {
        "register": 3, "public_place": 2, "street_corner": 1,
    }  # fmt: skip


def test_nothing_is_generated_beside_a_station_or_host(reader) -> None:
    # The market's middle is some 70 m from the first host.
    assert "东市场" in {one.name for one in generate(reader, spacing_metres=50)}
    assert "东市场" not in {one.name for one in generate(reader, spacing_metres=90)}
    with pytest.raises(Invalid, match="间距不能是"):
        generate(reader, spacing_metres=0)


@given(st.integers(0, 10**6), st.floats(20, 400))
@settings(max_examples=40, deadline=None)
def test_thinned_places_are_apart_and_none_is_left_out_for_nothing(seed, metres) -> None:
    rng = np.random.default_rng(seed)
    spots = np.array([101.0, 40.2]) + rng.random((60, 2)) * 0.01
    before = np.array([101.0, 40.2]) + rng.random((3, 2)) * 0.01
    kept = thinned(spots, before, metres)
    standing = [*before]
    for at, spot in enumerate(spots):
        far = [GEOD.inv(*spot, *one)[2] for one in standing]
        near = min(far) < metres * (1 - 1e-6)
        clear = min(far) > metres * (1 + 1e-6)
        assert not (kept[at] and near)
        assert not (not kept[at] and clear)
        if kept[at]:
            standing.append(spot)


# ---------------------------------------------------------------------- 同步建站
def test_large_units_without_a_station_are_listed(reader) -> None:
    found = units_without_station(reader)
    # Works B has one 11 m away, works C hosts one, one stands still, one has no place.
    assert [(one.name, one.employees) for one in found.units] == [
        ("大厂甲", 320),
        ("地铁项目部", 150),
    ]
    assert (found.total, found.of_units, found.unlocated, found.employees) == (2, 5, 1, 470)
    first = found.units[0]
    assert first.nearest_station == "乙厂门口驿站"
    exact = GEOD.inv(101.0150, 40.2, 101.0005, 40.2001)[2]
    assert first.nearest_metres == pytest.approx(exact, abs=0.01)
    more = units_without_station(reader, metres=5)
    assert "大厂乙" in [one.name for one in more.units]
    assert [one.name for one in units_without_station(reader, least_employees=300).units] == [
        "大厂甲"
    ]
    assert units_without_station(reader, limit=1).total == 2


def test_without_enterprises_nobody_is_listed(database, actor) -> None:
    with database.read(actor) as reader:
        assert units_without_station(reader).units == []
        assert list_hosts(reader, HostFilter()) == []
