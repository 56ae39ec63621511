"""What the tags of an OpenStreetMap way say to a person on foot.

The rules follow what the foot profiles of the well-known routers agree on, as described in the
OpenStreetMap wiki (*Key:access*, *Key:foot*, *OSM tags for routing/Access restrictions*):

- a way is taken when its `highway` class can be walked, or when it is a platform or a pier;
- the nearer tag wins: `foot` before `access`; `foot=yes` opens a private way or a motorway's
  sidewalk, `foot=no` closes any way;
- `motorroad=yes`, motorways and bus ways need an explicit `foot=yes`;
- `oneway` is for vehicles and ignored. `oneway:foot` is so rare that it is ignored too, and
  counted.

Crossing `access=private` is a question of the city (compounds in China are often unmapped as
private): such ways are left out, or kept and marked when the person importing asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

WALKABLE_HIGHWAYS = frozenset(
    (
        "footway",
        "path",
        "pedestrian",
        "steps",
        "corridor",
        "elevator",
        "platform",
        "living_street",
        "residential",
        "service",
        "unclassified",
        "road",
        "track",
        "cycleway",
        "bridleway",
        "tertiary",
        "tertiary_link",
        "secondary",
        "secondary_link",
        "primary",
        "primary_link",
        "trunk",
        "trunk_link",
    )
)
ONLY_WITH_FOOT_TAG = frozenset(("motorway", "motorway_link", "busway", "bus_guideway"))
OTHER_WALKABLE = (
    ("railway", "platform"),
    ("public_transport", "platform"),
    ("man_made", "pier"),
)
"""Ways without a `highway` that one walks on all the same."""

PLAZA_HIGHWAYS = frozenset(
    ("pedestrian", "footway", "path", "corridor", "living_street", "platform", "service")
)
"""Classes that one crosses freely when they are drawn as an area. Parking lots (`service`) too."""

ACCESS_CLASSES = ("public", "permissive", "destination", "customers", "private")
"""Values of `street.access`, the most open first. Only the first three are read by default."""
DEFAULT_ACCESS = frozenset(("public", "permissive", "destination"))

OPEN_TO_FEET = frozenset(("yes", "designated", "official", "public", "use_sidepath", "limited"))
_CLOSED = frozenset(("no", "military", "restricted", "emergency", "prohibited"))
_PRIVATE = frozenset(("private", "residents", "permit", "employees", "members", "key"))
_CUSTOMERS = frozenset(("customers", "customer", "patrons"))
# Barriers that stand in a person's way when nobody may pass. For the others (bollard, cycle
# barrier, kerb, stile, block …) `access=no` speaks of vehicles.
_CLOSING_BARRIERS = frozenset(
    (
        "gate",
        "lift_gate",
        "swing_gate",
        "sliding_gate",
        "wicket_gate",
        "kissing_gate",
        "hampshire_gate",
        "full-height_turnstile",
        "turnstile",
        "security_gate",
        "door",
        "entrance",
        "border_control",
        "sally_port",
        "wall",
        "fence",
        "hedge",
    )
)


class Tags(Protocol):
    """Tags of an OpenStreetMap object: a mapping, or pyosmium's list of them."""

    def get(self, key: str, default: str | None = None, /) -> str | None:
        """The value of a key."""


@dataclass(frozen=True, slots=True)
class Way:
    """What of a way's tags is kept."""

    highway: str
    access: str
    name: str | None
    layer: int
    is_bridge: bool
    is_tunnel: bool
    is_steps: bool
    is_area: bool
    has_foot_oneway: bool


def walkable(tags: Tags | Mapping[str, str]) -> Way | str:
    """Judge one way.

    Returns:
        What is kept of it, or, for a way one cannot walk, the reason as a word: `class` (its
        highway class), `closed` (foot=no, access=no …), `motor_only` (motorway, motorroad). A
        private way is returned as a :class:`Way`; the reader decides by `access`.
    """
    highway = tags.get("highway")
    if highway is None:
        for key, value in OTHER_WALKABLE:
            if tags.get(key) == value:
                highway = value
                break
        else:
            return "class"
    foot = tags.get("foot")
    if highway in ONLY_WITH_FOOT_TAG or tags.get("motorroad") == "yes":
        if foot not in OPEN_TO_FEET:
            return "motor_only"
    elif highway not in WALKABLE_HIGHWAYS and highway != "pier":
        return "class"
    access = access_class(foot, tags.get("access"))
    if access is None:
        return "closed"
    bridge, tunnel = tags.get("bridge"), tags.get("tunnel")
    is_bridge = bridge not in (None, "no")
    # A passage through a building is at ground level; a culvert is the water's, not ours.
    is_tunnel = tunnel not in (None, "no", "building_passage", "culvert")
    layer = layer_of(tags.get("layer"), 1 if is_bridge else -1 if is_tunnel else 0)
    return Way(
        highway=highway,
        access=access,
        name=tags.get("name") or tags.get("name:zh") or None,
        layer=layer,
        is_bridge=is_bridge,
        is_tunnel=is_tunnel,
        is_steps=highway == "steps",
        is_area=_is_area(highway, tags),
        has_foot_oneway=tags.get("oneway:foot") in ("yes", "1", "-1")
        or (highway == "steps" and tags.get("conveying") in ("forward", "backward")),
    )


def access_class(foot: str | None, access: str | None) -> str | None:
    """One of :data:`ACCESS_CLASSES`, or None where nobody may walk. `foot` wins over `access`;
    values that nobody uses count as open, because most of them describe vehicles."""
    value = foot if foot is not None else access
    if value in _CLOSED:
        return None
    if value in _PRIVATE:
        return "private"
    if value in _CUSTOMERS:
        return "customers"
    if value in ("permissive", "destination"):
        return str(value)
    return "public"


def barrier_closes(tags: Tags | Mapping[str, str], *, keep_private: bool) -> bool:
    """Whether a barrier node cuts the ways that pass through it for a person on foot."""
    barrier = tags.get("barrier")
    foot = tags.get("foot")
    if barrier is None or foot in OPEN_TO_FEET:
        return False
    if foot is None and barrier not in _CLOSING_BARRIERS:
        return False
    access = access_class(foot, tags.get("access"))
    if access is None or tags.get("locked") == "yes":
        return True
    return access not in DEFAULT_ACCESS and not keep_private


def layer_of(value: str | None, otherwise: int) -> int:
    """The first number of a `layer` tag, or another where there is none."""
    if value is None:
        return otherwise
    try:
        number = round(float(value.split(";")[0]))
    except (ValueError, OverflowError):
        return otherwise
    return max(-99, min(99, number))


def _is_area(highway: str, tags: Tags | Mapping[str, str]) -> bool:
    area = tags.get("area")
    if area is not None:
        return area == "yes" and (highway in PLAZA_HIGHWAYS or highway == "pier")
    # A closed platform is an area unless it says otherwise; a closed footway is a ring.
    return highway == "platform"
