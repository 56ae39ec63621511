"""What the tags of an OpenStreetMap object say about standing in a person's way.

Read after the OpenStreetMap wiki (*Key:barrier*, *Key:layer*, *Key:building*, *Key:waterway*):

- **wall** (also city and retaining walls, jersey barriers), **fence** (also guard rails) and
  **hedge**: lines, and the border where they are drawn around something;
- **water**: rivers, canals and streams as lines, open water as areas; not what runs in a culvert or
  dries up;
- **railway**: tracks one may not cross; not trams, and not what runs in a tunnel;
- **cliff**; **motorway**, motor roads and their ramps, where nobody walks;
- **building**: not roofs and carports, which stand on posts, nor building parts;
- **green**: parks, gardens, grass and woods. They stand in nobody's way and are only drawn.

`layer` is what counts for bridges and tunnels. What lies on a bridge, or on a positive layer, is
above the ground; what is in a tunnel is not read at all, but buildings below the ground keep their
negative layer. A negative layer of open water, tracks or a motorway means no more than that bridges
pass above: it is read as the ground, 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from geo.schema.streets import SURROUNDING_KINDS
from geo.streets.tags import OPEN_TO_FEET, Tags, barrier_closes, layer_of

KIND_NUMBER = {kind: number for number, kind in enumerate(SURROUNDING_KINDS)}

SURROUNDING_KEYS = (
    "building",
    "barrier",
    "natural",
    "waterway",
    "landuse",
    "leisure",
    "railway",
    "highway",
)
"""Without one of these an object is no surrounding."""

_BARRIERS = {
    "wall": "wall",
    "city_wall": "wall",
    "retaining_wall": "wall",
    "jersey_barrier": "wall",
    "fence": "fence",
    "guard_rail": "fence",
    "cable_barrier": "fence",
    "hedge": "hedge",
    "hedge_bank": "hedge",
}
_OPEN_BUILDINGS = frozenset(("no", "roof", "carport", "canopy"))
_WATER_LINES = frozenset(("river", "canal", "stream", "tidal_channel"))
_WATER_AREAS = frozenset(("riverbank", "dock"))
_TRACKS = frozenset(("rail", "light_rail", "subway", "narrow_gauge", "funicular"))
_GREEN = {
    "leisure": frozenset(("park", "garden")),
    "landuse": frozenset(("grass", "forest", "village_green", "recreation_ground")),
    "natural": frozenset(("wood", "grassland")),
}
_NO_PASSAGE = frozenset((*_BARRIERS, "yes", "block", "ditch", "log", "debris"))
_NO_ENTRANCE = frozenset(("no", "emergency", "exit", "garage"))


class Around(NamedTuple):
    """One surrounding: its kind, its level, and whether it is a surface or a line."""

    kind: str
    layer: int
    is_area: bool


def surroundings_of(tags: Tags | Mapping[str, str]) -> list[Around]:
    """All that an object with these tags is: a garden behind a hedge is two things."""
    found: list[Around] = []
    building = tags.get("building")
    if building is not None and building not in _OPEN_BUILDINGS:
        return [Around("building", _building_layer(tags), True)]
    barrier = _BARRIERS.get(tags.get("barrier") or "")
    if barrier is not None:
        found.append(Around(barrier, layer_of(tags.get("layer"), 0), False))
    natural = tags.get("natural")
    open_to_sky = _open_to_sky(tags)
    if natural == "cliff":
        found.append(Around("cliff", _level(tags), False))
    elif natural == "coastline":
        found.append(Around("water", 0, False))
    if open_to_sky and not _dries_up(tags):
        waterway = tags.get("waterway")
        if (
            natural == "water"
            or waterway in _WATER_AREAS
            or tags.get("landuse") in ("reservoir", "basin")
        ):
            found.append(Around("water", _level(tags), True))
        elif waterway in _WATER_LINES:
            found.append(Around("water", _level(tags), False))
    railway = tags.get("railway")
    if railway in _TRACKS and open_to_sky:
        underground = railway == "subway" and layer_of(tags.get("layer"), 0) < 0
        if not underground:
            found.append(Around("railway", _level(tags), False))
    if _is_motorway(tags) and open_to_sky:
        found.append(Around("motorway", _level(tags), False))
    if any(tags.get(key) in values for key, values in _GREEN.items()):
        found.append(Around("green", layer_of(tags.get("layer"), 0), True))
    return found


def lets_through(tags: Tags | Mapping[str, str], *, keep_private: bool) -> bool:
    """Whether a node of a wall, a fence or a track is an opening for people on foot: a gate that
    is not closed to them, an entrance, a level crossing."""
    barrier = tags.get("barrier")
    if barrier is not None and barrier not in _NO_PASSAGE:
        return not barrier_closes(tags, keep_private=keep_private)
    entrance = tags.get("entrance")
    if entrance is not None:
        return entrance not in _NO_ENTRANCE and tags.get("access") not in ("no", "private")
    return tags.get("railway") in ("level_crossing", "crossing") or tags.get("ford") == "yes"


def _level(tags: Tags | Mapping[str, str]) -> int:
    """The layer of what is open to the sky: the ground, or above it."""
    is_bridge = tags.get("bridge") not in (None, "no")
    return max(layer_of(tags.get("layer"), 1 if is_bridge else 0), 0)


def _building_layer(tags: Tags | Mapping[str, str]) -> int:
    if tags.get("location") == "underground":
        return min(layer_of(tags.get("layer"), -1), -1)
    on_posts = tags.get("building:min_level") not in (None, "0") or tags.get("building") == "bridge"
    return layer_of(tags.get("layer"), 1 if on_posts else 0)


def _open_to_sky(tags: Tags | Mapping[str, str]) -> bool:
    return (
        tags.get("tunnel") in (None, "no")
        and tags.get("covered") in (None, "no")
        and tags.get("location") not in ("underground", "underwater")
    )


def _dries_up(tags: Tags | Mapping[str, str]) -> bool:
    return tags.get("intermittent") == "yes" or tags.get("basin") in ("infiltration", "detention")


def _is_motorway(tags: Tags | Mapping[str, str]) -> bool:
    highway = tags.get("highway")
    if highway is None or tags.get("foot") in OPEN_TO_FEET:
        return False
    return highway in ("motorway", "motorway_link") or tags.get("motorroad") == "yes"
