"""Employer units and their unions: counts only, never a person."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from geo.schema.base import Base, Located, OfPartition, OptionalText, StableId

UNION_STATES = ("own", "joint", "none", "in_preparation", "unknown")


class Enterprise(Located, Base):
    """An employer unit as one edition states it. The unit's credit code and its union's are
    different codes. Null counts are *not stated*, never zero. Partitioned by edition."""

    __tablename__ = "enterprise"

    edition_id: Mapped[OfPartition]
    id: Mapped[StableId]
    name: Mapped[str] = mapped_column(Text)
    uscc: Mapped[OptionalText]
    address: Mapped[OptionalText]
    declared_division: Mapped[OptionalText]
    unit_class: Mapped[OptionalText]
    economic_type: Mapped[OptionalText]
    industry: Mapped[OptionalText]
    employees: Mapped[int | None] = mapped_column(Integer)
    members: Mapped[int | None] = mapped_column(Integer)
    new_employment_workers: Mapped[int | None] = mapped_column(Integer)
    new_employment_members: Mapped[int | None] = mapped_column(Integer)
    union_state: Mapped[str] = mapped_column(Text, default="unknown")
    union_name: Mapped[OptionalText]
    union_uscc: Mapped[OptionalText]
    upper_union: Mapped[OptionalText]
    union_founded_on: Mapped[date | None]
    source_row: Mapped[int | None]

    __table_args__ = (
        Index("ix_enterprise_location", "location", postgresql_using="gist"),
        {"postgresql_partition_by": "LIST (edition_id)"},
    )
