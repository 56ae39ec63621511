"""Clusters of enterprises without a union, found once per edition."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.schema.base import Base, OfEdition, OfPartition, OptionalText, Point, StableId

TIERS = ("confirmed", "to_check")
"""How sure: beyond the 95 % point of the largest score by chance, or worth a look (FDR 5 %)."""
CLUSTER_KINDS = ("whole_unit", "part_of_unit", "street")
"""A whole organising unit, a part of one, or along a street outside any unit."""


class ClusterRun(Base):
    """How the clusters of an edition were found: once per edition, over one edition of areas."""

    __tablename__ = "cluster_run"

    edition_id: Mapped[OfEdition]
    area_edition_id: Mapped[int | None] = mapped_column(
        ForeignKey("edition.id", ondelete="SET NULL")
    )
    method: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    seed: Mapped[int] = mapped_column(BigInteger)
    replicates: Mapped[int] = mapped_column(Integer)
    threshold: Mapped[float | None] = mapped_column(Float)
    """Score from which a cluster is confirmed; null where chance gave nothing to compare with."""
    found_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Cluster(Base):
    """A place where enterprises without a union stand together, more of them than is usual there.

    `id` stays from run to run while at least half of it does (Jaccard of the members ≥ 0.5).
    `units` have no union; `units_all` are all units of the place, `expected` how many of these
    would have none at the share usual in their subdistrict and size.
    """

    __tablename__ = "cluster"

    edition_id: Mapped[OfEdition]
    id: Mapped[StableId]
    tier: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    area_id: Mapped[int | None] = mapped_column(BigInteger)
    """The organising unit that holds it."""
    subdistrict_id: Mapped[int | None] = mapped_column(BigInteger)
    place: Mapped[OptionalText]
    """Name of the unit or of the street."""
    score: Mapped[float] = mapped_column(Float)
    p_value: Mapped[float | None] = mapped_column(Float)
    units: Mapped[int] = mapped_column(Integer)
    units_25: Mapped[int] = mapped_column(Integer)
    units_100: Mapped[int] = mapped_column(Integer)
    units_all: Mapped[int] = mapped_column(Integer)
    expected: Mapped[float] = mapped_column(Float)
    employees: Mapped[int] = mapped_column(BigInteger)
    employees_unstated: Mapped[int] = mapped_column(Integer)
    addresses: Mapped[int] = mapped_column(Integer)
    diameter_metres: Mapped[float] = mapped_column(Float)
    first_seen: Mapped[date]
    centre: Mapped[Point]
    outline: Mapped[WKBElement] = mapped_column(Geometry("POLYGON", srid=4326, spatial_index=False))

    __table_args__ = (
        CheckConstraint("tier in ('confirmed','to_check')", name="tier"),
        CheckConstraint("kind in ('whole_unit','part_of_unit','street')", name="kind"),
        Index("ix_cluster_centre", "centre", postgresql_using="gist"),
    )


class ClusterMember(Base):
    """The enterprises of a cluster, with a union or without. Partitioned by edition."""

    __tablename__ = "cluster_member"

    edition_id: Mapped[OfPartition]
    cluster_id: Mapped[StableId]
    enterprise_id: Mapped[StableId]

    __table_args__ = {"postgresql_partition_by": "LIST (edition_id)"}
