"""Stations of all six kinds, their dated status, and proposed duplicates."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Float, Index, Integer, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from geo.schema.base import Base, Located, OfEdition, OptionalPoint, OptionalText, StableId

STATION_KINDS = (
    "warm_station",
    "union_service_station",
    "workers_home",
    "mother_baby_room",
    "childcare_class",
    "driver_rest_home",
)
SERVICES = (
    "drinking_water",
    "hot_water",
    "meal_heating",
    "refrigerator",
    "rest",
    "air_conditioning",
    "heating",
    "toilet",
    "phone_charging",
    "battery_swap",
    "wifi",
    "first_aid",
    "defibrillator",
    "sewing_kit",
    "rain_gear",
    "tools",
    "reading",
    "shower",
    "laundry",
    "parking",
    "mother_baby",
    "legal_help",
    "join_union",
)
ACCESS = ("public", "members", "internal", "unknown")
STATION_STATUSES = ("open", "closed", "limited", "moved")
REPORT_KINDS = ("closed", "refused", "wrong_place", "broken_kit", "wrong_facts", "other")
REPORT_STATES = ("open", "confirmed", "dismissed")


class Station(Located, Base):
    """A station as one edition states it. `hours_text` is what was written; `opening_hours` its
    OpenStreetMap form, null when it could not be understood (then the state is *unknown*)."""

    __tablename__ = "station"

    edition_id: Mapped[OfEdition]
    id: Mapped[StableId]
    kind: Mapped[str] = mapped_column(Text, default="warm_station")
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[OptionalText]
    declared_district: Mapped[OptionalText]
    network_brand: Mapped[OptionalText]
    operator: Mapped[OptionalText]
    host: Mapped[OptionalText]
    phone: Mapped[OptionalText]
    hours_text: Mapped[OptionalText]
    opening_hours: Mapped[OptionalText]
    access: Mapped[str] = mapped_column(Text, default="unknown")
    access_method: Mapped[OptionalText]
    services: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    capacity: Mapped[int | None] = mapped_column(Integer)
    floor_square_metres: Mapped[float | None] = mapped_column(Float)
    star_grade: Mapped[int | None] = mapped_column(Integer)
    verified_on: Mapped[date | None]
    entrance: Mapped[OptionalPoint]
    source_key: Mapped[OptionalText]
    source_row: Mapped[int | None]

    __table_args__ = (
        CheckConstraint(
            "kind in ('warm_station','union_service_station','workers_home','mother_baby_room',"
            "'childcare_class','driver_rest_home')",
            name="kind",
        ),
        CheckConstraint("access in ('public','members','internal','unknown')", name="access"),
        Index("ix_station_location", "location", postgresql_using="gist"),
        Index("ix_station_edition_kind", "edition_id", "kind", "id"),
    )


class StationStatus(Base):
    """A dated fact laid over whatever edition is active: closed for repair until Friday."""

    __tablename__ = "station_status"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    station_id: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[OptionalText]
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("status in ('open','closed','limited','moved')", name="status"),
        CheckConstraint("ends_at is null or ends_at > starts_at", name="order"),
        Index("ix_station_status_station", "station_id", "starts_at"),
    )


class StationDuplicate(Base):
    """Two rows of one edition that look like one place; proposed, never merged silently."""

    __tablename__ = "station_duplicate"

    edition_id: Mapped[OfEdition]
    station_id: Mapped[StableId]
    other_id: Mapped[StableId]
    metres: Mapped[float] = mapped_column(Float)
    likeness: Mapped[float] = mapped_column(Float)
    reason: Mapped[str] = mapped_column(Text)

    __table_args__ = (CheckConstraint("station_id < other_id", name="order"),)


class StationReport(Base):
    """What somebody in the street tells of a station: closed in its posted hours, a wrong place,
    broken kit. Nothing about who told it is kept; `receipt` is a random word that only they have,
    and sending the same one twice is one report."""

    __tablename__ = "station_report"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    receipt: Mapped[str] = mapped_column(Text, unique=True)
    station_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(Text)
    service: Mapped[OptionalText]
    note: Mapped[OptionalText]
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    state: Mapped[str] = mapped_column(Text, default="open", server_default="open")
    answer: Mapped[OptionalText]
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[OptionalText]

    __table_args__ = (
        CheckConstraint(
            "kind in ('closed','refused','wrong_place','broken_kit','wrong_facts','other')",
            name="kind",
        ),
        CheckConstraint("state in ('open','confirmed','dismissed')", name="state"),
        Index("ix_station_report_station", "station_id", "received_at"),
        Index("ix_station_report_state", "state", "received_at"),
    )
