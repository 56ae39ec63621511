"""Finding places by what people type: Chinese, pinyin, initials, mixtures, slips and addresses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from geo.coordinates import Crs, geodesic_metres, to_wgs84
from geo.places import addresses, matching
from geo.places.addresses import Inside
from geo.places.holder import Places
from geo.places.index import PlaceIndex
from geo.places.matching import STRONG, Query, Scores
from geo.places.positions import typed_position
from geo.places.table import BUILDING, CODE, KINDS, STATION

MOST = 20
"""Places of one answer at most."""
NEAR_BONUS, NEAR_METRES = 0.06, 3_000.0
LOOKED_AT = 5
"""Times the wanted number that are compared once more before the best are shown."""
SAME_METRES = 150.0
"""A building of the base map that near to an area of the same name is that area."""
AROUND_METRES = 1_000.0
INSIDE_BONUS, OUTSIDE_MALUS = 0.06, 0.10


@dataclass(frozen=True)
class Place:
    """A place that was found. `id` is the station's or area's own; streets and buildings have one
    made of name and place; a point has none. `lon`, `lat` are WGS 84."""

    id: int | None
    kind: str
    type: str | None
    name: str
    detail: str | None
    lon: float
    lat: float
    score: float


def find(
    index: PlaceIndex,
    text: str,
    *,
    limit: int = 8,
    near: tuple[float, float] | None = None,
) -> list[Place]:
    """The places that fit a text best, the best first.

    Args:
        index: of the editions in force.
        text: what was typed; any text, of at most some hundred characters.
        limit: how many at most.
        near: longitude and latitude (WGS 84); of two that fit alike the nearer comes first.

    Cost: at city scale (67,000 places) 2 to 15 ms.
    """
    query = Query.of(text)
    if len(query.codes) == 0 or len(index.table) == 0:
        return []
    scores = matching.match(index, query)
    value = _of_places(index, scores * index.weight)
    _addresses(index, query, value)
    if (value >= STRONG).sum() < limit:
        inside = addresses.names_inside(index, query)
        _inside(index, query, inside, value)
        if (value >= STRONG).sum() < limit:
            alike = np.zeros_like(scores)
            matching.match_alike(index, query, alike)
            np.maximum(value, _of_places(index, alike * index.weight), out=value)
    return _best(index, query, value, limit, near)


def _of_places(index: PlaceIndex, scores: Scores) -> Scores:
    """The best score of each place's texts."""
    value = np.zeros(len(index.table), dtype=np.float32)
    texts = np.flatnonzero(scores)
    begin, count = index.of[texts], index.of[texts + 1] - index.of[texts]
    owner = np.repeat(texts, count)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    np.maximum.at(value, index.places[np.repeat(begin, count) + step], scores[owner])
    return value


def _addresses(index: PlaceIndex, query: Query, value: Scores) -> None:
    """A street with a house number: places of that address, of that street, and the street."""
    house = addresses.house_number(query)
    if house is None:
        return
    start, number = house
    street = query.cut(0, start)
    named = matching.match(index, street)
    # The street itself; what only holds its name says little of the number.
    named = np.where(named >= 0.9, 0.93 * named, 0.75 * named).astype(np.float32)
    np.maximum(value, _of_places(index, named * index.weight), out=value)
    houses = addresses.match_house(index, street, number)
    houses = np.where(index.field == CODE, 0, houses).astype(np.float32)
    np.maximum(value, _of_places(index, houses), out=value)


def _inside(index: PlaceIndex, query: Query, inside: list[Inside], value: Scores) -> None:
    """Names within a longer text: 「中原区人民路12号」 is 人民路 in 中原区."""
    if not inside:
        return
    length = len(query.codes)
    table = index.table
    scores = np.zeros(len(index.folded), dtype=np.float32)
    share = np.zeros(len(table))
    for one in inside:
        part = (one.stop - one.start) / length
        worth = 0.42 + 0.22 * part + 0.03 * one.stop / length - 0.08 * (1 - one.agreeing)
        scores[one.text] = max(scores[one.text], worth)
        places = index.places[index.of[one.text] : index.of[one.text + 1]]
        areas = places[index.divides[places]]
        if len(areas) == 0:
            continue
        # Stands a place in an area that was named too, that is a good part of what was typed.
        held = np.isin(table.district, areas) | np.isin(table.subdistrict, areas)
        share[held] = np.maximum(share[held], part * (0.5 + 0.5 * one.agreeing))
    found = _of_places(index, scores * index.weight)
    found = np.where(found > 0, found + 0.22 * share, 0)
    np.maximum(value, found, out=value)
    _behind_areas(index, query, inside, value)


def _behind_areas(index: PlaceIndex, query: Query, inside: list[Inside], value: Scores) -> None:
    """What follows the districts that it begins with, looked for within them."""
    table = index.table
    end, holding = 0, index.places[:0]
    for _ in range(3):
        ahead = [
            one
            for one in inside
            if one.start == end
            and one.agreeing == 1
            and index.divides[index.places[index.of[one.text] : index.of[one.text + 1]]].any()
        ]
        if not ahead:
            break
        longest = max(ahead, key=lambda one: one.stop)
        end = longest.stop
        holding = index.places[index.of[longest.text] : index.of[longest.text + 1]]
    if end == 0 or end >= len(query.codes):
        return
    rest = query.cut(end)
    behind = _of_places(index, matching.match(index, rest) * index.weight)
    _addresses(index, rest, behind)
    within = np.isin(table.district, holding) | np.isin(table.subdistrict, holding)
    weighed = 0.92 * behind + np.where(within, INSIDE_BONUS, -OUTSIDE_MALUS)
    np.maximum(value, np.where(behind > 0, weighed, 0), out=value)


# ---------------------------------------------------------------------- ranking
def _best(
    index: PlaceIndex,
    query: Query,
    value: Scores,
    limit: int,
    near: tuple[float, float] | None,
) -> list[Place]:
    table = index.table
    found = np.flatnonzero(value > 0)
    if len(found) == 0:
        return []
    rank = value[found].astype(np.float64) + index.worth[found]
    if near is not None:
        rank += NEAR_BONUS * np.exp(-_rough_metres(index, found, near) / NEAR_METRES)
    wanted = min(len(found), limit * LOOKED_AT)
    if len(found) > wanted:
        kept = np.argpartition(-rank, wanted - 1)[:wanted]
        # Of equals at the edge none is preferred by the sorting, but by its number.
        kept = np.flatnonzero(rank >= rank[kept].min())[: 4 * wanted]
        found, rank = found[kept], rank[kept]
    alike = np.array([fuzz.ratio(query.text, table.named(int(one))) for one in found]) / 100
    rank = rank + 0.01 * alike
    order = np.lexsort((found, -rank))
    places: list[Place] = []
    shown: list[int] = []
    for at in order.tolist():
        number = int(found[at])
        if any(_same_place(index, number, other) for other in shown):
            continue
        shown.append(number)
        places.append(_place(index, number, float(rank[at])))
        if len(places) == limit:
            break
    return places


def _rough_metres(
    index: PlaceIndex, found: npt.NDArray[np.int64], near: tuple[float, float]
) -> npt.NDArray[np.float64]:
    """Metres on a sphere laid flat: enough to tell near from far."""
    table = index.table
    scale = 111_320.0
    x = (table.lon[found] - near[0] + 180) % 360 - 180
    east = x * scale * math.cos(math.radians(near[1]))
    north = (table.lat[found] - near[1]) * scale
    return np.hypot(east, north)


def _same_place(index: PlaceIndex, one: int, other: int) -> bool:
    """Whether a building of the base map is an area, or a part of a building, already shown."""
    table = index.table
    if BUILDING not in (table.kind[one], table.kind[other]) or table.kind[one] == STATION:
        return False
    if table.named(one) != table.named(other):
        return False
    a, b = (table.lon[one], table.lat[one]), (table.lon[other], table.lat[other])
    return bool(geodesic_metres(*a, *b) < SAME_METRES)


def _place(index: PlaceIndex, number: int, score: float) -> Place:
    table = index.table
    return Place(
        id=int(table.id[number]),
        kind=KINDS[table.kind[number]],
        type=table.type[number].as_py(),
        name=table.named(number),
        detail=detail(index, number),
        lon=float(table.lon[number]),
        lat=float(table.lat[number]),
        score=round(min(max(score, 0.0), 1.0), 3),
    )


def detail(index: PlaceIndex, number: int) -> str | None:
    """What tells places of one name apart: the district and subdistrict, and the address."""
    table = index.table
    parts = [
        table.named(int(held[number]))
        for held in (table.district, table.subdistrict)
        if held[number] >= 0
    ]
    if not parts and (declared := table.declared[number].as_py()):
        parts = [declared]
    address = table.address[number].as_py()
    if address:
        # An address often begins with its district.
        parts = [part for part in parts if part not in address]
        parts.append(address)
    return " ".join(parts) or None


# ---------------------------------------------------------------------- positions
@dataclass(frozen=True)
class Found:
    """What was found, and what the asker should know of it."""

    places: list[Place]
    notes: list[str]


def find_or_point(
    places: Places,
    text: str,
    *,
    limit: int = 8,
    near: tuple[float, float] | None = None,
    crs: Crs = "wgs84",
) -> Found:
    """Like :func:`find`; a typed position is a place too, of kind `point`.

    Args:
        places: of the editions in force.
        text: what was typed.
        limit: how many at most.
        near: longitude and latitude, WGS 84.
        crs: the coordinate system that a typed position is in.
    """
    bounds = places.bounds
    typed = typed_position(text, bounds)
    if typed is None:
        return Found(find(places.index, text, limit=limit, near=near), [])
    lon, lat = (float(one) for one in to_wgs84(typed.lon, typed.lat, crs))
    notes = []
    if typed.swapped:
        notes.append("经纬度像是写反了，已对调。 Longitude and latitude looked swapped; turned.")
    elif bounds is None or not (bounds[0] <= lon <= bounds[2] and bounds[1] <= lat <= bounds[3]):
        notes.append("该位置附近没有任何已知地点。 There is no known place near this position.")
    point = Place(
        id=None,
        kind="point",
        type=None,
        name=f"{_short(typed.lon)},{_short(typed.lat)}",
        detail=_around(places.index, lon, lat),
        lon=lon,
        lat=lat,
        score=1.0,
    )
    return Found([point], notes)


def _short(degrees: float) -> str:
    return f"{degrees:.6f}".rstrip("0").rstrip(".")


def _around(index: PlaceIndex, lon: float, lat: float) -> str | None:
    """District and subdistrict of the nearest place, if one is near."""
    table = index.table
    if len(table) == 0:
        return None
    metres = _rough_metres(index, np.arange(len(table)), (lon, lat))
    nearest = int(np.argmin(metres))
    if metres[nearest] > AROUND_METRES:
        return None
    held = [table.district[nearest], table.subdistrict[nearest]]
    return " ".join(table.named(int(one)) for one in held if one >= 0) or None
