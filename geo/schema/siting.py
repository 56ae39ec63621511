"""Hosts as candidate sites, and demand by hour."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Float, Index, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from geo.schema.base import Base, Located, OfEdition, OfPartition, OptionalText, Point, StableId

HOST_TYPES = (
    "shop",
    "bank",
    "courier_outlet",
    "service_centre",
    "pharmacy",
    "restaurant",
    "telecom_shop",
    "petrol_station",
    "public_institution",
    "other",
)


ASSESSED = (
    "sign",
    "layout",
    "facilities",
    "functions",
    "rules",
    "on_map",
    "operator",
    "publicity",
    "drinking_water",
    "meal_heating",
    "rest",
    "climate",
    "first_aid",
    "toilet",
    "usable_area",
)
"""The points of the assessment form: the six haves (六有), the two that make them eight (八有), the
basic kit, and the least usable area of 12 m²."""
CANDIDATE_SOURCES = ("register", "public_place", "street_corner")
"""Where a candidate comes from: a host that was asked, or a place that was only generated."""


class CandidateSite(Located, Base):
    """A host that could take a station. `assessment` are the points of :data:`ASSESSED` that it
    meets; null: nobody went to look. `photo` names a picture, it is not one."""

    __tablename__ = "candidate_site"

    edition_id: Mapped[OfEdition]
    id: Mapped[StableId]
    name: Mapped[str] = mapped_column(Text)
    host_type: Mapped[str] = mapped_column(Text, default="other")
    chain: Mapped[OptionalText]
    address: Mapped[OptionalText]
    cost: Mapped[float | None] = mapped_column(Float)
    capacity: Mapped[int | None] = mapped_column(Integer)
    floor_square_metres: Mapped[float | None] = mapped_column(Float)
    hours_text: Mapped[OptionalText]
    opening_hours: Mapped[OptionalText]
    open_24h: Mapped[bool | None] = mapped_column(Boolean)
    agreed: Mapped[bool | None] = mapped_column(Boolean)
    water: Mapped[bool | None] = mapped_column(Boolean)
    toilet: Mapped[bool | None] = mapped_column(Boolean)
    photo: Mapped[OptionalText]
    assessment: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    source: Mapped[str] = mapped_column(Text, default="register", server_default="register")
    source_row: Mapped[int | None]

    __table_args__ = (
        CheckConstraint("source in ('register','public_place','street_corner')", name="source"),
        Index("ix_candidate_site_location", "location", postgresql_using="gist"),
    )


class Demand(Base):
    """People outdoors around a point, by hour of a kind of day. A file without hours gives the
    same number in each. Partitioned by edition."""

    __tablename__ = "demand"

    edition_id: Mapped[OfPartition]
    id: Mapped[StableId]
    location: Mapped[Point]
    worker_group: Mapped[str] = mapped_column(Text, default="outdoor_worker")
    day_class: Mapped[str] = mapped_column(Text, default="any")
    people: Mapped[list[float]] = mapped_column(ARRAY(Float))
    source_row: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (
        CheckConstraint("cardinality(people) = 24", name="hours"),
        CheckConstraint("day_class in ('any','workday','weekend')", name="day_class"),
        Index("ix_demand_location", "location", postgresql_using="gist"),
        {"postgresql_partition_by": "LIST (edition_id)"},
    )
