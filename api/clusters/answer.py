"""What the answers about clusters look like, and how they are made from what is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from api import answers
from api.words import Crs, Industry, Size, StationKind, UnionState, UnitClass
from geo.clusters import forms
from geo.clusters.forms.rules import Basis, FormKind
from geo.clusters.forms.situation import ExistingUnion, MeetingPlace, Seat, Unit, UpperUnion

Tier = Literal["confirmed", "to_check"]
ClusterKind = Literal["whole_unit", "part_of_unit", "street"]


class UnitAnswer(BaseModel):
    """The organising unit that holds the cluster."""

    id: int
    kind: str = Field(description="Kind of area.", examples=["office_building"])
    name: str | None


class ExistingUnionAnswer(BaseModel):
    """A joint union that could take the cluster in."""

    name: str | None = Field(description="Null where its enterprises do not state it.")
    source: Literal["unit", "register"] = Field(
        description="Stated by the organising unit, or by the enterprises it covers."
    )
    in_unit: bool = Field(
        description="Of the cluster's own organising unit, or of a larger one around it."
    )
    metres: float = Field(description="From the outline to the nearest enterprise it covers.")
    covers: int | None = Field(description="Enterprises of the unit that it covers.")
    unit: str | None = Field(description="Name of the unit it is of, where `in_unit`.")
    address: str | None
    phone: str | None


class UpperUnionAnswer(BaseModel):
    """The union above, which approves what is founded."""

    name: str | None = Field(description="Null: nobody states any.")
    source: Literal["subdistrict", "members", "unit", "neighbours", "unknown"] = Field(
        description="Stated by the subdistrict; or by most of the members, of the unit's "
        "enterprises, of the subdistrict's; or not known."
    )
    address: str | None
    phone: str | None


class MeetingPlaceAnswer(BaseModel):
    """The nearest station to hold the talk in."""

    id: int
    kind: StationKind
    name: str
    address: str | None
    phone: str | None
    access: str
    capacity: int | None
    hall: bool | None = Field(description="Room for a talk; null where not stated.")
    metres: float = Field(description="On foot from the centre of the cluster.")
    minutes: float
    straight_line: bool = Field(description="No way over streets is known: the walk is longer.")
    lon: float = Field(description="In `crs`.")
    lat: float


class SeatAnswer(BaseModel):
    """Where the union could have its seat."""

    source: Literal["union_office", "station", "enterprise"]
    name: str | None
    address: str | None
    station_id: int | None
    enterprise_id: int | None
    lon: float | None = Field(description="In `crs`; null where only the address is known.")
    lat: float | None


class AlternativeAnswer(BaseModel):
    """Another rule that holds too."""

    rule: str
    kind: FormKind
    title_zh: str
    title_en: str


class FormAnswer(BaseModel):
    """The union that fits, and why. The rules are at `/api/clusters/rules`."""

    rule: str = Field(description="The rule that decided.", examples=["building_union"])
    kind: FormKind
    title_zh: str
    title_en: str
    reason_zh: str
    reason_en: str
    law: str = Field(description="Law and article.")
    law_en: str
    law_text_zh: str
    law_text_en: str
    basis: Basis = Field(description="The law's own word, or how unions organise places within it.")
    own_unions: int = Field(description="Enterprises that can have a union of their own.")
    shall: int = Field(description="Enterprises that shall have one, by their members.")
    full_time_chair: int = Field(description="Enterprises that may have a full-time chair.")
    rest: int = Field(description="Enterprises left for the joint form.")
    rest_workers: int = Field(description="Employees of those that state them.")
    employees_unstated: int
    in_preparation: int = Field(description="Enterprises that prepare a union.")
    unit: UnitAnswer | None
    unions_in_unit: int = Field(description="Basic unions there are in the unit.")
    existing_union: ExistingUnionAnswer | None = Field(
        description="The joint union of the unit, else the nearest one."
    )
    seat: SeatAnswer | None
    upper_union: UpperUnionAnswer
    nearest_station: MeetingPlaceAnswer | None
    alternatives: list[AlternativeAnswer]


class MatchingAnswer(BaseModel):
    """The enterprises without a union that the filters keep."""

    units: int
    units_25: int
    units_100: int
    employees: int
    employees_unstated: int


class ClusterAnswer(BaseModel):
    """A cluster; GeoJSON has its outline too."""

    id: int = Field(description="Stays from run to run while at least half of it does.")
    tier: Tier = Field(description="How sure it is.")
    kind: ClusterKind
    area_id: int | None = Field(description="The organising unit that holds it.")
    subdistrict_id: int | None
    place: str | None = Field(description="Name of the unit or of the street.")
    score: float = Field(description="Log-likelihood beyond what is usual there.")
    p_value: float | None
    units: int = Field(description="Enterprises without a union in it.")
    units_25: int = Field(description="Of these, with 25 employees or more.")
    units_100: int = Field(description="Of these, with 100 employees or more.")
    units_all: int = Field(description="All enterprises of the place.")
    share: float = Field(description="units / units_all.")
    expected_share: float = Field(description="The share that is usual there.")
    employees: int = Field(description="Employees of those that state them.")
    employees_unstated: int = Field(description="Enterprises that do not state them.")
    addresses: int = Field(description="Different places in it.")
    first_seen: date = Field(description="Since which edition's day it is known.")
    diameter_metres: float
    lon: float = Field(description="Of its centre, in `crs`.")
    lat: float
    sentence_zh: str = Field(description="How it stands out.")
    sentence_en: str
    form: FormAnswer
    matching: MatchingAnswer | None = Field(
        description="What the filters keep of it; null without a filter. Everything else is of the "
        "whole cluster."
    )


class MemberAnswer(BaseModel):
    """An enterprise of a cluster, as it is today."""

    id: int
    name: str
    address: str | None
    employees: int | None = Field(description="Null: not stated, which is not 0.")
    members: int | None
    state: UnionState
    union_name: str | None
    size: Size
    industry: Industry
    unit_class: UnitClass
    lon: float | None = Field(description="In `crs`; null where it has no place.")
    lat: float | None


def place_in(lon: float | None, lat: float | None, crs: Crs) -> tuple[Any, Any]:
    """One position in the asked system: two numbers, or None twice."""
    x, y = answers.in_crs([lon], [lat], crs)[0]
    return x, y


def cluster_answer(one: forms.Advice, crs: Crs) -> ClusterAnswer:
    """A cluster with its advice, every position in `crs`."""
    facts = one.cluster
    lon, lat = place_in(facts.lon, facts.lat, crs)
    given = {"lon", "lat", "sentence_zh", "sentence_en", "form", "matching"}
    return ClusterAnswer(
        **{name: getattr(facts, name) for name in ClusterAnswer.model_fields if name not in given},
        lon=lon,
        lat=lat,
        sentence_zh=one.sentence.zh,
        sentence_en=one.sentence.en,
        form=form_answer(one.form, crs),
        matching=None if one.matching is None else MatchingAnswer(**vars(one.matching)),
    )


def form_answer(form: forms.Form, crs: Crs) -> FormAnswer:
    """A form of union, every position in `crs`."""
    return FormAnswer(
        rule=form.rule,
        kind=form.kind,
        title_zh=form.title.zh,
        title_en=form.title.en,
        reason_zh=form.reason.zh,
        reason_en=form.reason.en,
        law=form.law.zh,
        law_en=form.law.en,
        law_text_zh=form.law_text.zh,
        law_text_en=form.law_text.en,
        basis=form.basis,
        own_unions=form.own_unions,
        shall=form.shall,
        full_time_chair=form.full_time_chair,
        rest=form.rest,
        rest_workers=form.rest_workers,
        employees_unstated=form.employees_unstated,
        in_preparation=form.in_preparation,
        unit=_unit(form.unit),
        unions_in_unit=form.unions_in_unit,
        existing_union=_existing(form.existing_union),
        seat=_seat(form.seat, crs),
        upper_union=_upper(form.upper_union),
        nearest_station=meeting_answer(form.nearest_station, crs),
        alternatives=[
            AlternativeAnswer(
                rule=other.rule, kind=other.kind, title_zh=other.title.zh, title_en=other.title.en
            )
            for other in form.alternatives
        ],
    )


def _unit(unit: Unit | None) -> UnitAnswer | None:
    return None if unit is None else UnitAnswer(id=unit.id, kind=unit.kind, name=unit.name)


def _existing(union: ExistingUnion | None) -> ExistingUnionAnswer | None:
    if union is None:
        return None
    told = vars(union) | {"metres": round(union.metres, 1)}
    return ExistingUnionAnswer(**told)


def _upper(union: UpperUnion) -> UpperUnionAnswer:
    return UpperUnionAnswer(**vars(union))


def _seat(seat: Seat | None, crs: Crs) -> SeatAnswer | None:
    if seat is None:
        return None
    lon, lat = place_in(seat.lon, seat.lat, crs)
    return SeatAnswer(**vars(seat) | {"lon": lon, "lat": lat})


def meeting_answer(place: MeetingPlace | None, crs: Crs) -> MeetingPlaceAnswer | None:
    """A station to meet in, its position in `crs`."""
    if place is None:
        return None
    lon, lat = place_in(place.lon, place.lat, crs)
    return MeetingPlaceAnswer(**vars(place) | {"lon": lon, "lat": lat})


def member_answers(rows: Sequence[forms.MemberRow], crs: Crs) -> list[MemberAnswer]:
    """Enterprises, their positions in `crs`."""
    places = answers.in_crs([row.lon for row in rows], [row.lat for row in rows], crs)
    return [
        MemberAnswer(**vars(row) | {"lon": lon, "lat": lat})
        for row, (lon, lat) in zip(rows, places, strict=True)
    ]
