"""The walkable street network: pieces of street between junctions."""

from __future__ import annotations

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    Index,
    Integer,
    SmallInteger,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from geo.schema.base import Base, OfPartition, OptionalText, Point


class StreetNode(Base):
    """Where streets meet or end. `part` numbers the connected parts, the largest is 0.
    Partitioned by edition."""

    __tablename__ = "street_node"

    edition_id: Mapped[OfPartition]
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    osm_id: Mapped[int | None] = mapped_column(BigInteger)
    part: Mapped[int] = mapped_column(Integer)
    location: Mapped[Point]

    __table_args__ = {"postgresql_partition_by": "LIST (edition_id)"}


class Street(Base):
    """A piece of street that one can walk, between two nodes. `length` in metres on the ellipsoid.
    Partitioned by edition."""

    __tablename__ = "street"

    edition_id: Mapped[OfPartition]
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    osm_way_id: Mapped[int | None] = mapped_column(BigInteger)
    from_node: Mapped[int] = mapped_column(Integer)
    to_node: Mapped[int] = mapped_column(Integer)
    part: Mapped[int] = mapped_column(Integer)
    name: Mapped[OptionalText]
    highway: Mapped[str] = mapped_column(Text)
    access: Mapped[str] = mapped_column(Text)
    layer: Mapped[int] = mapped_column(SmallInteger)
    is_bridge: Mapped[bool] = mapped_column(Boolean)
    is_tunnel: Mapped[bool] = mapped_column(Boolean)
    is_steps: Mapped[bool] = mapped_column(Boolean)
    length: Mapped[float] = mapped_column(Float)
    path: Mapped[WKBElement] = mapped_column(Geometry("LINESTRING", srid=4326, spatial_index=False))

    __table_args__ = (
        Index("ix_street_path", "path", postgresql_using="gist"),
        {"postgresql_partition_by": "LIST (edition_id)"},
    )


SURROUNDING_KINDS = (
    "wall",
    "fence",
    "hedge",
    "water",
    "railway",
    "cliff",
    "motorway",
    "building",
    "green",
)
"""All but `green` stand in the way of somebody on foot."""


class Surrounding(Base):
    """What lies around the streets of an edition: walls, water, buildings, green. Some stand in a
    person's way to the street, all are drawn on the base map. `layer` is OpenStreetMap's, 0 on the
    ground. Partitioned by edition, that of the streets."""

    __tablename__ = "surrounding"

    edition_id: Mapped[OfPartition]
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[OptionalText]
    layer: Mapped[int] = mapped_column(SmallInteger)
    shape: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", srid=4326, spatial_index=False))

    __table_args__ = (
        CheckConstraint(
            "kind in ('wall','fence','hedge','water','railway','cliff','motorway','building',"
            "'green')",
            name="kind",
        ),
        Index("ix_surrounding_shape", "shape", postgresql_using="gist"),
        {"postgresql_partition_by": "LIST (edition_id)"},
    )
