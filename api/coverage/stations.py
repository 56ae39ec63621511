"""`/api/coverage/stations`: who can walk to a public station, hour by hour."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from api import answers, problems
from api.coverage.walking_ready import Prepared, basics, note, prepare, worked_out
from api.coverage.walking_words import (
    EquityAnswer,
    StationsCoverage,
    WalkShare,
    WalksOfArea,
    WalksOfHour,
    WalksOfWhole,
    WalksQuestion,
)
from api.service import SECURED, Seeing, Service, Serving
from geo.areas.queries import get_area
from geo.coverage import walks
from geo.coverage.walks import Walks
from geo.database import Actor
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from maps.style import percent
from maps.texts import both, text

router = APIRouter(prefix="/api/coverage", tags=["coverage"])


@router.get(
    "/stations",
    response_model=StationsCoverage,
    openapi_extra=SECURED,
    responses={
        304: {"description": "Not modified: your ETag still holds."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def stations_coverage(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[WalksQuestion, Query()]
) -> Response:
    """The share of workers within a walk of an open public station, by area, hour and kind of day.

    驿站覆盖：各区域在工作日、周六、周日每小时步行可达开放驿站的劳动者占比，及均衡程度、重复覆盖。
    """
    after = answers.read_cursor(asked.after, 3)
    made, own = grounds(service, actor, asked)
    tag = answers.etag(
        made.found,
        answers.fingerprint(made.key, asked, service.settings.small_denominator),
    )
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)
    mark = (made.found[0].id, made.found[1].id if len(made.found) > 1 else 0)
    known = made.crowd is not None and after is not None and after[2] in made.names
    if after is not None and (after[:2] != mark or not known):
        raise Invalid(
            "The list has changed since that page: another edition is in force.",
            remedy="数据有了新版本，请从第一页重新开始（不带 after）。 "
            "Begin again without `after`.",
            field="after",
        )
    body = told(service, made, own, asked, after[2] if after else -1)
    if body.next is not None:
        end = answers.cursor(*mark, body.areas[-1].id)
        body = body.model_copy(update={"next": answers.page_after(request, end)})
    return answers.reply(body, tag, public=False, next_page=body.next)


def grounds(service: Service, actor: Actor, asked: WalksQuestion) -> tuple[Prepared, Prepared]:
    """What the kind of area is answered from, and what the area asked for is.

    Raises:
        NotFound: no areas are in force, or no such area.
    """
    made = prepare(service, actor, asked.kind, asked.day)
    if asked.area_id is None:
        return made, made
    with service.database.read(actor) as reader:
        kind = get_area(reader, asked.area_id).area.kind
    return made, made if kind == asked.kind else prepare(service, actor, kind, asked.day)


def told(
    service: Service, made: Prepared, own: Prepared, asked: WalksQuestion, after: int = -1
) -> StationsCoverage:
    """The answer; `own` has the area asked for among its areas."""
    minutes = tuple(sorted(set(asked.minutes)))
    few = service.settings.small_denominator
    found = worked_out(service, made, minutes)
    of_area = found if own is made else worked_out(service, own, minutes)
    scope = both("walks.scope")
    row = walks.ANY_HOUR if asked.hour is None else asked.hour
    column = -1
    if asked.area_id is not None and own.crowd is not None:
        column = int(np.searchsorted(own.crowd.area_ids, asked.area_id))
    plain: dict[str, Any] = {
        "kind": asked.kind,
        "day": asked.day,
        "date": made.stations.on,
        "hour": asked.hour,
        "minutes": list(minutes),
        "stations_off_network": made.stations.sure.off_network,
        "scope": scope.en,
        "scope_zh": scope.zh,
        "notes": [*basics(made, asked.hour), *_notes(of_area, row, column, known=own.known)],
        "editions": answers.briefs(made.found),
    }
    if found is None or of_area is None:
        nobody = [WalkShare(minutes=one, reached=None, share=None, share_at_most=None)
                  for one in minutes]  # fmt: skip
        return StationsCoverage(
            people=None,
            day_class="",
            stations=int(made.stations.sure.passing.sum()),
            stations_open=0,
            stations_unknown=0,
            whole=WalksOfWhole(
                workers=0, small_denominator=False, overlap=None, far=0, shares=nobody
            ),
            areas=[],
            area=None,
            by_hour=[],
            equity=[],
            next=None,
            **plain,
        )
    ids = made.crowd.area_ids if made.crowd else np.empty(0, np.int64)
    first = int(np.searchsorted(ids, after, side="right"))
    last = min(first + asked.limit, len(ids))

    def one_area(of: Prepared, table: Walks, at: int) -> WalksOfArea:
        name = of.names[int(table.area_ids[at])]
        return WalksOfArea(
            id=name.id,
            kind=name.kind,
            code=name.code,
            name=name.name,
            **_facts(table, row, at, few, known=of.known),
        )

    return StationsCoverage(
        people=found.who,
        day_class=found.day_class,
        stations=found.stations,
        stations_open=int(found.stations_open[row]),
        stations_unknown=int(found.stations_unknown[row]),
        whole=WalksOfWhole(**_facts(found, row, -1, few, known=made.known)),
        areas=[one_area(made, found, at) for at in range(first, last)],
        area=one_area(own, of_area, column) if asked.area_id is not None else None,
        by_hour=[
            WalksOfHour(
                hour=hour,
                stations_open=int(of_area.stations_open[hour]),
                stations_unknown=int(of_area.stations_unknown[hour]),
                workers=round(float(of_area.workers[hour, column]), 1),
                shares=_shares(of_area, hour, column, known=own.known),
            )
            for hour in range(walks.HOURS)
        ],
        equity=[_equity(found, asked.hour, one, few) for one in minutes] if made.known else [],
        next="next" if last < len(ids) else None,
        **plain,
    )


def _facts(table: Walks, row: int, at: int, few: int, *, known: bool) -> dict[str, Any]:
    workers = float(table.workers[row, at])
    return {
        "workers": round(workers, 1),
        "small_denominator": 0 < workers < few,
        "overlap": round(float(table.overlap[row, at]), 1) if workers and known else None,
        "far": round(float(table.far[row, at]), 1),
        "shares": _shares(table, row, at, known=known),
    }


def _shares(table: Walks, row: int, at: int, *, known: bool) -> list[WalkShare]:
    workers = float(table.workers[row, at])
    some = known and workers > 0

    def ratio(variant: int, column: int) -> float | None:
        if not some:
            return None
        return round(min(float(table.reached[variant, row, at, column]) / workers, 1.0), 6)

    return [
        WalkShare(
            minutes=one,
            reached=round(float(table.reached[walks.SURE, row, at, column]), 1) if some else None,
            share=ratio(walks.SURE, column),
            share_at_most=ratio(walks.AT_MOST, column),
        )
        for column, one in enumerate(table.minutes)
    ]


def _equity(table: Walks, hour: int | None, minutes: int, few: int) -> EquityAnswer:
    found = walks.equity(table, hour, minutes, least=few)
    return EquityAnswer(
        minutes=minutes,
        areas=found.areas,
        gini=None if found.gini is None else round(found.gini, 6),
        worst=None if found.worst is None else int(table.area_ids[found.worst]),
        best=None if found.best is None else int(table.area_ids[found.best]),
    )


def _notes(found: Walks | None, row: int, at: int, *, known: bool) -> list[str]:
    """What keeps people and stations out of the shares, and how high those could be at most."""
    if found is None:
        return []
    said = []
    if unknown := int(found.stations_unknown[row]):
        shares = _shares(found, row, at, known=known)
        most = [(one.minutes, percent(one.share_at_most)) for one in shares
                if one.share_at_most is not None]  # fmt: skip
        if most:
            told = [both("walks.at_most", minutes=minutes, share=share) for minutes, share in most]
            zh = text(
                "walks.unknown_at_most", "zh", n=unknown, shares="、".join(one.zh for one in told)
            )
            en = text(
                "walks.unknown_at_most", "en", n=unknown, shares=", ".join(one.en for one in told)
            )
            said.append(f"{zh} / {en}")
        else:
            said.append(note("unknown", n=unknown))
    if found.far[row, -1]:
        said.append(note("far", n=f"{found.far[row, -1]:,.0f}"))
    return said
