"""Areas of every kind, who lies in them, and what was counted there."""

from __future__ import annotations

from datetime import date, datetime

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.schema.base import Base, OfEdition, OfPartition, OptionalText, StableId

DIVISION_KINDS = ("province", "prefecture", "district", "subdistrict", "community")
"""Statutory levels, top down. A point lies in at most one area of each. `subdistrict` stands for
乡, 镇 and 街道 alike; the `type_name` keeps the word."""
UNIT_KINDS = (
    "functional_area",
    "industrial_park",
    "commercial_district",
    "office_building",
    "marketplace",
)
"""Areas that may overlap and may cross divisions."""
AREA_KINDS = DIVISION_KINDS + UNIT_KINDS


class Area(Base):
    """A division or an organising unit. A name without a polygon is legal, and so is a polygon
    without a name. `union_…` is the union that takes in who works there: a building's or park's
    joint union, a community's or subdistrict's federation, and how to reach it."""

    __tablename__ = "area"

    edition_id: Mapped[OfEdition]
    id: Mapped[StableId]
    kind: Mapped[str] = mapped_column(Text)
    code: Mapped[OptionalText]
    name: Mapped[OptionalText]
    type_name: Mapped[OptionalText]
    parent_id: Mapped[int | None] = mapped_column(BigInteger)
    predecessor_code: Mapped[OptionalText]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    address: Mapped[OptionalText]
    union_name: Mapped[OptionalText]
    union_address: Mapped[OptionalText]
    union_phone: Mapped[OptionalText]
    union_link: Mapped[OptionalText]
    boundary: Mapped[WKBElement | None] = mapped_column(
        Geometry("MULTIPOLYGON", srid=4326, spatial_index=False)
    )
    square_metres: Mapped[float | None]
    source_row: Mapped[int | None]

    __table_args__ = (
        Index("ix_area_boundary", "boundary", postgresql_using="gist"),
        Index("ix_area_edition_kind", "edition_id", "kind", "id"),
        Index("ix_area_edition_parent", "edition_id", "parent_id"),
    )


class Assignment(Base):
    """One edition of stations or enterprises laid over one edition of areas: what everything
    counted by area hangs on. Rolling either edition back finds its assignment still there."""

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"))
    area_edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    located: Mapped[int] = mapped_column(Integer, default=0)
    outside_all: Mapped[int] = mapped_column(Integer, default=0)
    rules: Mapped[str] = mapped_column(Text, server_default="")
    """Mark of the thresholds it was counted with; see :class:`geo.coverage.targets.Targets`."""

    __table_args__ = (UniqueConstraint("edition_id", "area_edition_id"),)


class AreaMembership(Base):
    """Which stations or enterprises lie in which area. Partitioned by assignment."""

    __tablename__ = "area_membership"

    assignment_id: Mapped[OfPartition]
    area_id: Mapped[StableId]
    member_id: Mapped[StableId]

    __table_args__ = {"postgresql_partition_by": "LIST (assignment_id)"}


class AreaFigures(Base):
    """What was counted of enterprises and unions in one area, once per assignment.

    Units (`units…`), unions, employees and members are counted apart, each with how many units did
    not state it. `all_…`, `unionised_…` and `new_employment_…` are the pairs that the membership
    rates divide: sums over the same units, with `…_left_out` units that stated only half; see
    :mod:`geo.coverage.figures`.
    """

    __tablename__ = "area_figures"

    assignment_id: Mapped[int] = mapped_column(
        ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    area_id: Mapped[StableId]
    units: Mapped[int] = mapped_column(Integer)
    units_own: Mapped[int] = mapped_column(Integer)
    units_joint: Mapped[int] = mapped_column(Integer)
    units_in_preparation: Mapped[int] = mapped_column(Integer)
    units_none: Mapped[int] = mapped_column(Integer)
    units_unknown: Mapped[int] = mapped_column(Integer)
    unions: Mapped[int] = mapped_column(Integer)
    units_25: Mapped[int] = mapped_column(Integer)
    units_25_unionised: Mapped[int] = mapped_column(Integer)
    units_100: Mapped[int] = mapped_column(Integer)
    units_100_unionised: Mapped[int] = mapped_column(Integer)
    units_25_unknown: Mapped[int] = mapped_column(Integer)
    units_100_unknown: Mapped[int] = mapped_column(Integer)
    employees: Mapped[int] = mapped_column(BigInteger)
    employees_unstated: Mapped[int] = mapped_column(Integer)
    employees_without_union: Mapped[int] = mapped_column(BigInteger)
    members: Mapped[int] = mapped_column(BigInteger)
    members_unstated: Mapped[int] = mapped_column(Integer)
    all_employees: Mapped[int] = mapped_column(BigInteger)
    all_members: Mapped[int] = mapped_column(BigInteger)
    all_left_out: Mapped[int] = mapped_column(Integer)
    unionised_employees: Mapped[int] = mapped_column(BigInteger)
    unionised_members: Mapped[int] = mapped_column(BigInteger)
    unionised_left_out: Mapped[int] = mapped_column(Integer)
    new_employment_units: Mapped[int] = mapped_column(Integer)
    new_employment_workers: Mapped[int] = mapped_column(BigInteger)
    new_employment_members: Mapped[int] = mapped_column(BigInteger)
    new_employment_left_out: Mapped[int] = mapped_column(Integer)
    units_mass_registration: Mapped[int] = mapped_column(Integer)
    units_dormant: Mapped[int] = mapped_column(Integer)
    units_closed: Mapped[int] = mapped_column(Integer)
    employees_set_apart: Mapped[int] = mapped_column(BigInteger)
    units_25_none: Mapped[int] = mapped_column(Integer)
    units_100_none: Mapped[int] = mapped_column(Integer)
    employees_25_without_union: Mapped[int] = mapped_column(BigInteger)
    employees_100_without_union: Mapped[int] = mapped_column(BigInteger)
    units_eligible: Mapped[int] = mapped_column(Integer)
    units_eligible_unionised: Mapped[int] = mapped_column(Integer)
    units_eligible_unknown: Mapped[int] = mapped_column(Integer)
    joint_unions: Mapped[int] = mapped_column(Integer)


class SetApart(Base):
    """The units that were set apart when an assignment was counted; `apart` is a position in
    :data:`geo.enterprises.apart.APART`. All others are counted."""

    __tablename__ = "set_apart"

    assignment_id: Mapped[int] = mapped_column(
        ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    enterprise_id: Mapped[StableId]
    apart: Mapped[int] = mapped_column(Integer)


class AreaChange(Base):
    """What became of the units of an area between two editions of enterprises, laid over the same
    areas; see :mod:`geo.coverage.compare`. Counted once for a pair."""

    __tablename__ = "area_change"

    from_assignment_id: Mapped[int] = mapped_column(
        ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    to_assignment_id: Mapped[int] = mapped_column(
        ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    area_id: Mapped[StableId]
    counts: Mapped[dict[str, int]] = mapped_column(JSONB)


class AreaStations(Base):
    """How many stations of each kind lie in an area, once per assignment."""

    __tablename__ = "area_stations"

    assignment_id: Mapped[int] = mapped_column(
        ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    area_id: Mapped[StableId]
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    stations: Mapped[int] = mapped_column(Integer)
