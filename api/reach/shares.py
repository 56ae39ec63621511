"""`GET /api/stations/reach`: shares of people, by hour of the day and by area."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief
from api.reach.asked import Asked, editions_of, note, question_of, router
from api.service import Asking, Serving
from api.words import AreaKind
from geo.areas.queries import AreaName
from geo.editions import EditionFacts
from geo.errors import Busy, Conflict, Invalid, NotFound, Unavailable
from geo.walking import reach as reaching
from geo.walking.finder import Finder
from maps.texts import both


class ReachQuestion(Asked):
    """The parameters of the shares."""

    by_hour: bool = Field(
        False, description="Also the shares in every hour of that day.", examples=[True]
    )
    by_area: AreaKind | None = Field(
        None,
        description="Also the shares of every area of this kind; with `area_id`, of those directly "
        "below it.",
        examples=["subdistrict"],
    )


class ReachShare(BaseModel):
    """Who is within so many minutes of a station. Null is no data, which is not 0."""

    minutes: int = Field(description="Walking time.", examples=[15])
    metres: float = Field(description="How far one gets in it on the flat.", examples=[1125.0])
    workers: float | None = Field(
        description="Outdoor workers near streets at that hour, by the demand in force; for any: "
        "on average over the day."
    )
    workers_reached: float | None = Field(description="Of them, within the walking time.")
    share: float | None = Field(description="workers_reached / workers.", examples=[0.83])
    share_at_most: float | None = Field(
        description="The share if every station whose hours are not known were open."
    )
    employees: int | None = Field(
        description="Employees of enterprises near streets; null without the key."
    )
    employees_reached: int | None
    employee_share: float | None = Field(description="employees_reached / employees.")
    employee_share_at_most: float | None


class ReachOfHour(BaseModel):
    """The shares in one hour of the day."""

    hour: int = Field(description="It begins then, 0 to 23.", examples=[12])
    stations_open: int = Field(description="Open for the whole hour.")
    stations_unknown: int = Field(description="Perhaps: their hours are not known.")
    shares: list[ReachShare]


class ReachOfArea(BaseModel):
    """The shares of the people in one area."""

    id: int
    kind: AreaKind
    code: str | None
    name: str | None
    shares: list[ReachShare]


class Reach(BaseModel):
    """Shares, each with what it divides, and what they rest on."""

    shares: list[ReachShare] = Field(description="In the hour asked for, by minutes.")
    by_hour: list[ReachOfHour] | None = Field(description="24, when asked for.")
    areas: list[ReachOfArea] | None = Field(description="By code, when asked for.")
    area: int | None = Field(description="The area asked for.")
    scope: str = Field(description="What is divided by what.")
    scope_zh: str
    day: date = Field(description="The day whose hours, holidays and statuses count.")
    hour: int | None = Field(description="Of that day; null: whatever the hours.")
    day_class: str = Field(
        description="workday or weekend: which demand counts. A holiday is like a weekend.",
        examples=["workday"],
    )
    stations: int = Field(description="On the streets, with what was asked for.")
    stations_open: int = Field(description="Of them, open for the whole hour: these count.")
    stations_unknown: int = Field(description="Of them, perhaps: their hours are not known.")
    stations_off_network: int = Field(description="Far from any street; they do not count.")
    workers_unknown: float | None = Field(
        description="Far from any street: how they walk is not known; not in the shares."
    )
    workers_cut_off: float | None = Field(
        description="In the shares, not reached: on streets without a station at all."
    )
    employees_unknown: int | None
    employees_cut_off: int | None
    employees_unplaced: int | None = Field(
        description="Of enterprises without a place, in the whole edition; not in the shares."
    )
    enterprises_unstated: int | None = Field(
        description="Enterprises that do not state their employees, in the whole edition."
    )
    small_denominator: bool = Field(description="Whether the share of workers rests on few.")
    metres_per_second: float = Field(description="Walking speed on the flat.")
    steps_metres_per_second: float = Field(description="Speed along steps, horizontally.")
    notes: list[str] = Field(description="What a reader should know of these shares.")
    editions: list[EditionBrief]


@router.get(
    "/reach",
    response_model=Reach,
    responses={
        304: {"description": "Not modified: your ETag still holds."},
        **problems.told(Invalid, NotFound, Conflict, Busy, Unavailable),
    },
)
def stations_reach(
    request: Request, service: Serving, actor: Asking, asked: Annotated[ReachQuestion, Query()]
) -> Response:
    """The share of people within so many minutes' walk of an open station, by hour of the day.

    服务范围：步行若干分钟内能到开放驿站的人数占比，可按小时、按区域。Outdoor workers are those of
    the demand in force; employees are told to holders of the key only. Every place is asked on its
    own: the quickest way over the streets, off-street metres included.
    """
    finder = service.finder()
    question = question_of(asked, finder.zone, by_hour=asked.by_hour, by_area=asked.by_area)
    private = actor.sees_enterprises
    with service.database.read(actor) as reader:
        found = editions_of(
            reader,
            finder,
            areas=question.area_id is not None or question.by_area is not None,
            people=True,
        )
    counts = reaching.counting(finder, question)
    tag = answers.etag(
        found,
        counts.mark(),
        answers.fingerprint(question, finder.graph.pace, service.settings.small_denominator),
    )
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=not private)

    def work_out() -> bytes:
        with service.database.read(actor) as reader:
            people = reaching.gather(reader, service.reach, finder.graph, question, found)
        body = told(finder, counts, question, people, found, service.settings.small_denominator)
        return body.model_dump_json().encode()

    body = service.reach.answers.get(tag, work_out)
    return answers.reply(body, tag, public=not private)


def told(
    finder: Finder,
    counts: reaching.Counting,
    question: reaching.Question,
    people: reaching.People,
    found: Sequence[EditionFacts],
    small_denominator: int,
) -> Reach:
    """Work the shares out, and say what they rest on."""
    result = reaching.reach(
        finder, counts, question, people.demand, people.employees, people.within
    )
    first = result.shares[0]
    few = first.workers is not None and 0 < first.workers < small_denominator
    scope = both("reach.scope")
    pace = finder.graph.pace
    return Reach(
        shares=[_share(one) for one in result.shares],
        by_hour=None
        if result.by_hour is None
        else [
            ReachOfHour(
                hour=one.hour,
                stations_open=one.stations_open,
                stations_unknown=one.stations_unknown,
                shares=[_share(share) for share in one.shares],
            )
            for one in result.by_hour
        ],
        areas=None if result.areas is None else _areas(people.areas, result.areas),
        area=question.area_id,
        scope=scope.en,
        scope_zh=scope.zh,
        day=question.day,
        hour=question.hour,
        small_denominator=few,
        metres_per_second=pace.on_streets,
        steps_metres_per_second=pace.on_steps,
        notes=_notes(finder, question, result, people),
        editions=answers.briefs(found),
        **{name: getattr(result, name) for name in _PLAIN},
    )


_PLAIN = (
    "day_class",
    "stations",
    "stations_open",
    "stations_unknown",
    "stations_off_network",
    "workers_unknown",
    "workers_cut_off",
    "employees_unknown",
    "employees_cut_off",
    "employees_unplaced",
    "enterprises_unstated",
)


def _share(share: reaching.Share) -> ReachShare:
    return ReachShare.model_validate(share, from_attributes=True)


def _areas(names: Sequence[AreaName], found: Sequence[reaching.OfArea]) -> list[ReachOfArea]:
    return [
        ReachOfArea.model_validate(
            {
                "id": name.id,
                "kind": name.kind,
                "code": name.code,
                "name": name.name,
                "shares": [_share(share) for share in one.shares],
            }
        )
        for name, one in zip(names, found, strict=True)
    ]


def _notes(
    finder: Finder,
    question: reaching.Question,
    result: reaching.ReachAnswer,
    people: reaching.People,
) -> list[str]:
    notes = [note("any_hour" if question.hour is None else "whole_hour")]
    pace = finder.graph.pace
    notes.append(note("pace", flat=f"{pace.on_streets:g}", steps=f"{pace.on_steps:g}"))
    if not finder.graph.chains:
        notes.append(note("no_streets"))
    if not result.stations:
        notes.append(note("no_stations"))
    if result.stations_unknown:
        notes.append(note("unknown_hours", n=result.stations_unknown))
    if people.demand is None:
        notes.append(note("no_demand"))
    elif not result.shares[0].workers:
        notes.append(note("nobody"))
    if result.workers_unknown:
        notes.append(note("off_network", n=f"{result.workers_unknown:g}"))
    if not result.holidays_known:
        notes.append(note("holidays", year=question.day.year))
    return notes
