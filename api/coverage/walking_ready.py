"""What both addresses of the stations' side answer from: stations, streets and people in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.service import Service
from geo import editions
from geo.coverage import walks
from geo.coverage.walks import Crowd, Day, Stations, Walks
from geo.coverage.workers import crowd_of
from geo.database import Actor
from geo.editions import EditionFacts
from geo.walking.finder import Finder
from maps.texts import both


@dataclass(frozen=True)
class Prepared:
    """What both addresses answer from; `known` is whether there are stations to walk to at all."""

    finder: Finder
    stations: Stations
    crowd: Crowd | None
    found: list[EditionFacts]
    names: dict[int, Any]

    @property
    def known(self) -> bool:
        """Whether stations are loaded."""
        return self.finder.station_edition is not None

    @property
    def key(self) -> tuple[Any, ...]:
        """What was worked out from these is the same for."""
        return (
            tuple((one.dataset, one.id) for one in self.found),
            self.stations.day,
            self.stations.mark,
            self.finder.graph.pace,
        )


def prepare(service: Service, actor: Actor, kind: str, day: Day) -> Prepared:
    """Stations, streets and people in memory, and the areas of a kind.

    Raises:
        NotFound: no areas are in force.
    """
    finder = service.finder()
    today = datetime.now(UTC).astimezone(finder.zone).date()
    stations = walks.stations_of(finder, day, today)
    with service.database.read(actor) as reader:
        crowd, found = crowd_of(reader, service.reach, finder.graph, kind, service.register.current)
        numbers = (finder.station_edition, finder.network_edition)
        found = [*found, *(editions.show(reader, one) for one in numbers if one is not None)]
        rows = reader.all(
            "SELECT id, kind, code, name FROM area WHERE edition_id = :edition AND kind = :kind",
            edition=found[0].id,
            kind=kind,
        )
    return Prepared(finder, stations, crowd, found, {row.id: row for row in rows})


def worked_out(service: Service, made: Prepared, minutes: tuple[int, ...]) -> Walks | None:
    """The whole day of these, kept; None where nobody is known."""
    crowd = made.crowd
    if crowd is None:
        return None
    who = (made.key, crowd.who, minutes)
    # Who is near is the same for areas of every kind.
    near = service.walks.get(
        ("near", *who),
        lambda: walks.nearness(made.finder, made.stations, crowd.places, minutes),
    )
    return service.walks.get(
        ("walks", *who, crowd.area_ids.tobytes()),
        lambda: walks.walks(crowd, made.stations, near),
    )


def basics(made: Prepared, hour: int | None) -> list[str]:
    """What a reader should know of stations, streets and people, each in both languages."""
    said = [note("any_hour" if hour is None else "whole_hour")]
    if not made.known:
        said.append(note("no_stations"))
    elif not made.stations.sure.passing.any():
        said.append(note("none_public"))
    if not made.finder.graph.chains:
        said.append(note("no_streets"))
    if made.crowd is None:
        said.append(note("nobody"))
    elif made.crowd.who == "employees":
        said.append(note("employees"))
    if not made.stations.sure.holidays_known:
        said.append(note("holidays", year=made.stations.on.year))
    return said


def note(name: str, **values: object) -> str:
    """A note in both languages."""
    told = both(f"walks.{name}", **values)
    return f"{told.zh} / {told.en}"
