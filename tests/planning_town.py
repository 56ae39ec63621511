"""A town along one street, to plan stations in: every distance on foot is a difference of
longitudes, so that what a plan says can be worked out by hand."""

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import rows
from databases import another_database
from hostile import HOSTILE_NAME
from served import SOUTH, WEST
from sqlalchemy import text

from geo import partitions
from geo.coordinates import geodesic_metres
from geo.database import Actor, Database, Writer
from geo.postgres import Cluster

LAT = SOUTH + 0.05
HOST_TYPES = ("shop", "bank", "courier_outlet")
COUNT = 12
"""Candidates, every 0.01 degrees (some 915 m) from WEST + 0.01 on; number 12 said no."""
PLACES = 60
"""Places with couriers (workdays 10 an hour from 8 to 17) and drivers (any day, 4 an hour)."""
MARKET = slice(45, None)
"""Places where at weekends riders are about, 20 an hour. And two sweepers at weekends at the first
place: too few to be told."""


def candidate(writer: Writer, edition: int, number: int, lon: float, **more: object) -> None:
    values = {"name": f"{HOSTILE_NAME}{number}", "host_type": "shop", "cost": 1000.0} | more
    names = ", ".join(values)
    writer.execute(
        f"INSERT INTO candidate_site (edition_id, id, location, located_by, {names}) VALUES "
        f"(:e, :id, ST_Point(:lon, :lat, 4326), 'coordinates', "
        + ", ".join(f":{name}" for name in values)
        + ")",
        {"e": edition, "id": number, "lon": lon, "lat": LAT, **values},
    )


def people(writer: Writer, edition: int, found: list[tuple[float, str, str, list[float]]]) -> None:
    """Demand: longitude, group, kind of day, people by hour."""
    child = partitions.create(writer, "demand", edition)
    for number, (lon, group, day, hours) in enumerate(found):
        writer.execute(
            text(
                f"INSERT INTO {child} (id, location, worker_group, day_class, people) VALUES "
                "(:id, ST_Point(:lon, :lat, 4326), :group, :day, :hours)"
            ),
            {"id": number, "lon": lon, "lat": LAT, "group": group, "day": day, "hours": hours},
        )
    partitions.attach(writer, "demand", edition)


def fill(database: Database) -> SimpleNamespace:
    """Two subdistricts, two stations of today, twelve candidates, sixty places with people."""
    busy = [10.0 if 8 <= hour < 18 else 0.0 for hour in range(24)]
    always = [4.0] * 24
    lon = WEST + 0.002 + 0.0022 * np.arange(PLACES)
    with database.write(Actor("test")) as writer:
        areas = rows.edition(writer, "areas")
        rows.area(writer, areas, 100, rows.square(WEST, SOUTH, 0.2), kind="district", code="410199")
        rows.area(
            writer, areas, 110, rows.square(WEST, SOUTH, 0.07), code="410199110", parent_id=100
        )
        rows.area(
            writer,
            areas,
            120,
            rows.square(WEST + 0.07, SOUTH, 0.1),
            code="410199120",
            parent_id=100,
        )
        streets = rows.edition(writer, "streets")
        rows.street(writer, streets, WEST - 0.01, WEST + 0.16, LAT)
        stations = rows.edition(writer, "stations")
        for number, at in ((1, 0.0203), (2, 0.0901), (3, 0.1305)):
            access = "internal" if number == 3 else "public"
            rows.station(writer, stations, number, lon=WEST + at, lat=LAT, access=access)
        hosts = rows.edition(writer, "candidate_sites")
        for number in range(1, COUNT + 1):
            candidate(
                writer,
                hosts,
                number,
                WEST + 0.01 * number,
                host_type=HOST_TYPES[number % 3],
                chain="邻里荷" if number % 2 else None,
                cost=None if number == 5 else 1000.0 * (1 + number % 4),
                capacity=number,
                agreed=(True, None)[number % 2] if number < 12 else False,
                open_24h=number % 4 == 0,
                address=f"人民路{number}号",
                water=True,
                toilet=number % 2 == 0,
                assessment=["sign", "meal_heating", "toilet"],
            )
        demand = rows.edition(writer, "demand")
        people(
            writer,
            demand,
            [(float(one), "courier", "workday", busy) for one in lon]
            + [(float(one), "driver", "any", always) for one in lon]
            + [(float(one), "food_rider", "weekend", [20.0] * 24) for one in lon[MARKET]]
            + [(float(lon[0]), "sanitation_worker", "weekend", [2.0] * 24)],
        )
    return SimpleNamespace(
        database=database,
        areas=areas,
        lon=lon,
        hosts=WEST + 0.01 * np.arange(1, COUNT + 1),
        stations=np.array([WEST + 0.0203, WEST + 0.0901]),
    )


def metres(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n, m) metres along the street."""
    a, b = np.meshgrid(some, others, indexing="ij")
    return geodesic_metres(
        a.ravel(), np.full(a.size, LAT), b.ravel(), np.full(a.size, LAT)
    ).reshape(a.shape)


@contextlib.contextmanager
def a_town(cluster: Cluster) -> Iterator[SimpleNamespace]:
    """The town in a database of its own."""
    with another_database(cluster) as database:
        yield fill(database)
