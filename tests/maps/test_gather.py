"""What the coverage map is given, against SQL over a small demo city that came through the import
as anybody's files do."""

from datetime import date
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import rows
import shapely
from databases import another_database
from hostile import HOSTILE_NAME

from geo import editions
from geo.coverage.rates import RATES, wilson
from geo.database import Actor
from geo.demo import LABEL
from geo.errors import Invalid, NotFound
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.sample import write_city
from geo.sample.register import HOSTILE
from geo.settings import Settings
from maps.coverage.gather import page, usual_kind, view

AS_OF = date(2026, 6, 30)
ACTOR = Actor("test", sees_enterprises=True)


@pytest.fixture(scope="module")
def city(cluster, tmp_path_factory):
    """The small demo city in a database of its own. Read it, never write it."""
    folder = tmp_path_factory.mktemp("city")
    write_city(folder, "small")
    settings = Settings(state=folder / "state", database_url=None)
    with another_database(cluster) as database:
        for dataset, name in (
            ("areas", "areas.geojson"),
            ("stations", "stations.csv"),
            ("enterprises", "enterprises.csv"),
        ):
            options = ImportOptions(crs="wgs84", as_of=AS_OF, commit=True, source=f"{LABEL} small")
            import_file(database, ACTOR, settings, dataset, folder / name, options)
        yield SimpleNamespace(database=database, settings=settings)


@pytest.fixture
def reader(city):
    with city.database.read(ACTOR) as reader:
        yield reader


@pytest.fixture
def seen(reader, city):
    return view(reader, city.settings, kind="subdistrict", measure="establishment")


def counted(reader, state: str, kind: str = "subdistrict") -> dict[int, int]:
    """Enterprises of a state by area, by geometry; those set apart are left out, which is all that
    the product computed of it."""
    found = reader.all(
        "SELECT area.id, count(unit.id) AS units FROM area "
        "JOIN edition AS a ON a.id = area.edition_id AND a.state = 'active' "
        "LEFT JOIN (SELECT enterprise.* FROM enterprise JOIN edition AS e "
        "ON e.id = enterprise.edition_id AND e.state = 'active' "
        f"WHERE {state} AND NOT EXISTS (SELECT FROM set_apart AS s "
        "WHERE s.enterprise_id = enterprise.id)) AS unit "
        "ON ST_Covers(area.boundary, unit.location) "
        "WHERE area.kind = :kind GROUP BY area.id",
        kind=kind,
    )
    return {row.id: row.units for row in found}


def test_every_subdistrict_has_the_rate_that_sql_counts(reader, seen):
    numerator = counted(reader, "union_state IN ('own', 'joint')")
    denominator = counted(reader, "union_state <> 'unknown'")
    assert len(seen.areas) == len(numerator) > 5
    for area in seen.areas:
        assert (area.rate.numerator, area.rate.denominator) == (
            numerator[area.id],
            denominator[area.id],
        )
        assert (area.rate.low, area.rate.high) == wilson(numerator[area.id], denominator[area.id])
        assert area.rate.as_of == AS_OF
        assert area.rate.target_source_zh
    assert sum(denominator.values()) > 500


@pytest.mark.parametrize("kind", ["district", "community", "office_building", "industrial_park"])
def test_areas_of_every_kind_keep_name_and_boundary(reader, city, kind):
    stored = {
        row.id: (row.name, None if row.boundary is None else shapely.from_wkb(bytes(row.boundary)))
        for row in reader.all(
            "SELECT area.id, name, ST_AsBinary(boundary) AS boundary FROM area JOIN edition "
            "ON edition.id = edition_id AND state = 'active' WHERE kind = :kind",
            kind=kind,
        )
    }
    areas = view(reader, city.settings, kind=kind, measure="establishment").areas
    assert {area.id: (area.name, area.geometry) for area in areas} == stored
    assert stored


def test_the_clusters_are_those_of_the_table_all_of_them(reader, seen):
    stored = reader.all("SELECT id, units, employees, units_25 FROM cluster ORDER BY id")
    found = sorted((one.id, one.units, one.employees, one.units_25) for one in seen.clusters)
    assert found == [tuple(row) for row in stored]
    assert stored
    for one in seen.clusters:
        assert one.outline.is_valid
        assert "%" in one.share_text.zh
        assert "without a union" in one.share_text.en
    assert {one.tier for one in seen.clusters} <= {"confirmed", "to_check"}


def test_a_cluster_names_the_subdistrict_it_lies_in(reader, seen):
    expected = {
        row.id: row.name
        for row in reader.all(
            "SELECT cluster.id, area.name FROM cluster JOIN area "
            "ON ST_Covers(area.boundary, cluster.centre) AND area.kind = 'subdistrict'"
        )
    }
    assert len(expected) > 3
    assert {one.id: one.place for one in seen.clusters if one.id in expected} == expected


def test_every_station_is_there_with_its_state(reader, seen):
    stored = reader.all("SELECT id, name, kind, location IS NULL AS lost FROM station ORDER BY id")
    assert [(one.id, one.name, one.kind, one.lon is None) for one in seen.stations] == [
        tuple(row) for row in stored
    ]
    assert {one.state for one in seen.stations} == {"unknown"}, "nobody has given a dated status"


def test_the_demo_city_says_that_it_is_invented_and_of_what_date_it_is(reader, city, seen):
    assert seen.notice.zh == "演示数据，全部为虚构"
    assert seen.notice.en == "Demo data, all invented"
    html = page(reader, city.settings)
    assert html.count("演示数据，全部为虚构") == 1
    assert {line.dataset for line in seen.editions} == {"areas", "stations", "enterprises"}
    activated = max(editions.active(reader, name).activated_at for name in ("areas", "enterprises"))
    assert seen.made_at == activated.astimezone(ZoneInfo("Asia/Shanghai")).date()


def test_the_same_editions_give_the_same_bytes_within_three_megabytes(reader, city):
    html = page(reader, city.settings, kind="community", measure="membership_all")
    assert page(reader, city.settings, kind="community", measure="membership_all") == html
    assert len(html.encode()) <= 3_000_000


def test_hostile_names_stay_text(reader, city, seen):
    assert any(HOSTILE in one.name for one in seen.stations), "the demo city has one"
    html = page(reader, city.settings)
    assert "<img src=x" not in html
    assert HOSTILE not in html


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_opens_in_the_language_asked_for(reader, city, language):
    assert f'data-language="{language}"' in page(reader, city.settings, language=language)[:500]


@pytest.mark.parametrize("measure", RATES)
def test_every_rate_can_be_drawn(reader, city, measure):
    seen = view(reader, city.settings, kind="district", measure=measure)
    assert [area.rate.name for area in seen.areas] == [measure] * len(seen.areas)
    assert seen.total.name == measure
    assert seen.total.denominator > 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"measure": "happiness"}, "measure"),
        ({"kind": "kingdom"}, "kind"),
        ({"language": "fr"}, "language"),
    ],
    ids=str,
)
def test_what_is_not_known_is_refused_with_what_is(reader, city, asked, field):
    with pytest.raises(Invalid) as told:
        page(reader, city.settings, **asked)
    assert told.value.field == field
    assert told.value.remedy


# ---------------------------------------------------------------------- rows put in by hand
@pytest.fixture
def settings(tmp_path):
    return Settings(state=tmp_path, database_url=None)


@pytest.fixture
def town(writer):
    """Two districts without subdistricts, a cluster in one of them, a station; real data."""
    areas, enterprises = rows.edition(writer, "areas"), rows.edition(writer, "enterprises")
    for number, west in ((1, 113.0), (2, 113.1)):
        rows.area(writer, areas, number, rows.square(west, 34.0), kind="district")
    rows.assignment(writer, enterprises, areas, [])
    rows.cluster(writer, enterprises, 1, 113.15, 34.05)
    rows.cluster(writer, enterprises, 2, 120.0, 34.05)
    stations = rows.edition(writer, "stations")
    rows.station(writer, stations, 1, lon=113.05, lat=34.05)
    return SimpleNamespace(areas=areas, enterprises=enterprises, stations=stations)


def test_nothing_imported_says_what_to_import(writer, settings):
    with pytest.raises(NotFound) as told:
        page(writer, settings)
    assert "nuanyi import areas" in told.value.remedy
    rows.edition(writer, "areas")
    with pytest.raises(NotFound) as told:
        page(writer, settings)
    assert "nuanyi import enterprises" in told.value.remedy


def test_without_subdistricts_districts_are_drawn(writer, settings, town):
    assert usual_kind(writer) == "district"
    assert "建会率 · 区县" in page(writer, settings)
    rows.area(writer, town.areas, 3, rows.square(113.0, 34.0, 0.05))
    assert usual_kind(writer) == "subdistrict"


def test_real_data_carries_no_notice_and_mixed_data_names_what_is_invented(writer, settings, town):
    def notice():
        return view(writer, settings, kind="district", measure="establishment").notice

    assert notice() is None
    writer.execute(
        "UPDATE edition SET source = '演示数据 city' WHERE id = :id", {"id": town.stations}
    )
    assert notice().zh == "含演示数据（站点），为虚构"
    assert "Stations" in notice().en


def test_a_cluster_outside_every_area_is_nowhere(writer, settings, town):
    seen = view(writer, settings, kind="district", measure="establishment")
    assert {one.id: one.place for one in seen.clusters} == {1: f"{HOSTILE_NAME}2", 2: None}
    assert HOSTILE_NAME not in page(writer, settings)


def test_a_dated_status_is_shown_while_it_holds(writer, settings, town):
    def state():
        [station] = view(writer, settings, kind="district", measure="establishment").stations
        return station.state

    rows.status(writer, 1, "closed", "-1 day", "1 day")
    assert state() == "closed"
    rows.status(writer, 1, "limited", "-1 hour", "1 hour")
    assert state() == "limited", "the one that began last"
    rows.status(writer, 1, "moved", "1 hour", None)
    assert state() == "limited", "not yet"


def test_without_stations_the_map_has_none(writer, settings, town):
    writer.execute("UPDATE edition SET state = 'retired' WHERE id = :id", {"id": town.stations})
    seen = view(writer, settings, kind="district", measure="establishment")
    assert seen.stations == []
    assert len(seen.editions) == 2


def test_more_clusters_than_can_be_drawn_are_all_counted(writer, settings, town):
    for number in range(3, 1204):
        rows.cluster(writer, town.enterprises, number, 113 + number / 10_000, 34.05)
    assert "显示前 1,000 个，共 1,203 个" in page(writer, settings)
