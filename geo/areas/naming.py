"""Finding a known building, park or community by its name in an address.

A row without coordinates is placed at an area only when its address names exactly one that is
known and has a boundary; it is then as exact as that area, and marked so. Anything less is left
unlocated: a place is never guessed.

The name must begin a part of the address: at its start, or after a digit, a Latin letter, a sign,
or a character that ends such a part (省市区县镇乡街道路巷弄号村…). So 「海棠社区」 is not found in
「东海棠社区」. Of several names the most exact kind wins (building, marketplace, park, commercial
district, functional area, community), then the longest.

Method: every window of the address as long as a name is hashed by a polynomial over its characters
(Karp & Rabin, IBM J. Res. Dev. 31, 1987), all rows at once, and looked up among the hashes of the
names; hits are confirmed character by character. Cost: rows × address length × different lengths of
names; some 100,000 addresses a second.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.areas.locate import Locator, locator
from geo.database import Reader

Integers = npt.NDArray[np.int64]

PLACED_BY = {
    "office_building": "building",
    "marketplace": "building",
    "industrial_park": "park",
    "commercial_district": "park",
    "functional_area": "park",
    "community": "community",
}
"""What `located_by` says for a row placed at an area of this kind; in the order of preference."""

PREFERENCE = {kind: rank for rank, kind in enumerate(PLACED_BY)}
SHORTEST = 3
ENDS_A_PART = (
    "省市区县镇乡街道路巷弄号村庄屯组院园楼栋座层厦口旁内外侧东西南北与和近至"
    "、，,。.;；:：()（）[]【】 -—_/|"
)
BRACKETED = re.compile(r"[（(][^（）()]*[）)]\s*$")
BASE = np.uint64(1_000_003)
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class KnownPlaces:
    """Areas that can be named in an address. A known places; names are distinct."""

    names: list[str]
    kinds: list[str]
    area_ids: Integers
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    ambiguous: npt.NDArray[np.bool_]
    """More than one area bears this name (of this kind of preference): it places nothing."""

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Districts:
    """The districts of an edition by name: does a station lie where its list says?"""

    index: Locator
    names: list[str]

    @property
    def known(self) -> frozenset[str]:
        """The names that can be checked at all."""
        return frozenset(self.names)

    def holding(self, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> list[set[str]]:
        """The names of the districts that hold each point; none for NaN and for outside."""
        found: list[set[str]] = [set() for _ in range(len(lon))]
        point, district = self.index.pairs(lon, lat)
        for number, holder in zip(point.tolist(), district.tolist(), strict=True):
            found[number].add(self.names[holder])
        return found


def known_districts(reader: Reader, area_edition_id: int) -> Districts | None:
    """The named districts of an edition that have a boundary, or None."""
    rows = reader.all(
        "SELECT name, ST_AsBinary(boundary) AS boundary FROM area WHERE edition_id = :edition "
        "AND kind = 'district' AND name IS NOT NULL AND boundary IS NOT NULL ORDER BY id",
        edition=area_edition_id,
    )
    if not rows:
        return None
    boundaries: Any = shapely.from_wkb([bytes(row.boundary) for row in rows])
    return Districts(locator(boundaries), [bare_name(row.name) for row in rows])


def bare_name(name: str) -> str:
    """A name as it stands in addresses: without a bracketed addition at its end."""
    return BRACKETED.sub("", name.strip()).strip()


def known_places(reader: Reader, area_edition_id: int) -> KnownPlaces:
    """The named areas of an edition that have a boundary, each with a point inside it."""
    rows = reader.all(
        "SELECT id, kind, name, ST_AsBinary(boundary) AS boundary FROM area "
        "WHERE edition_id = :edition AND name IS NOT NULL AND boundary IS NOT NULL "
        "AND kind = ANY(:kinds) ORDER BY id",
        edition=area_edition_id,
        kinds=list(PLACED_BY),
    )
    boundaries = shapely.from_wkb([bytes(row.boundary) for row in rows])
    return places_from(
        [row.id for row in rows], [row.kind for row in rows], [row.name for row in rows], boundaries
    )


def places_from(
    ids: Sequence[int], kinds: Sequence[str], names: Sequence[str], boundaries: Any
) -> KnownPlaces:
    """Known places from arrays; of equal names the most exact kind stays."""
    best: dict[str, int] = {}
    rivals: dict[str, int] = {}
    bare = [bare_name(name) for name in names]
    for position, name in enumerate(bare):
        if len(name) < SHORTEST:
            continue
        held = best.get(name)
        if held is None or PREFERENCE[kinds[position]] < PREFERENCE[kinds[held]]:
            best[name], rivals[name] = position, 1
        elif PREFERENCE[kinds[position]] == PREFERENCE[kinds[held]]:
            rivals[name] += 1
    kept = list(best.values())
    inside: Any = shapely.point_on_surface(np.asarray(boundaries, dtype=object)[kept])
    return KnownPlaces(
        names=[bare[position] for position in kept],
        kinds=[kinds[position] for position in kept],
        area_ids=np.array([ids[position] for position in kept], dtype=np.int64),
        lon=shapely.get_x(inside),
        lat=shapely.get_y(inside),
        ambiguous=np.array([rivals[bare[position]] > 1 for position in kept], dtype=bool),
    )


def find_named(places: KnownPlaces, addresses: Sequence[str | None]) -> Integers:
    """The known place that each address names.

    Args:
        places: what can be named.
        addresses: N texts; None and empty ones name nothing.

    Returns:
        Shape (N,): position in `places`, -1 where none is named, -2 where the name is ambiguous.
    """
    found = np.full(len(addresses), -1, dtype=np.int64)
    if len(places) == 0 or len(addresses) == 0:
        return found
    texts = np.array(["" if text is None else text for text in addresses], dtype=np.str_)
    for start in range(0, len(texts), ROWS_AT_ONCE):
        found[start : start + ROWS_AT_ONCE] = _find(places, texts[start : start + ROWS_AT_ONCE])
    named = found >= 0
    found[named] = np.where(places.ambiguous[found[named]], -2, found[named])
    return found


def _find(places: KnownPlaces, texts: npt.NDArray[np.str_]) -> Integers:
    width = texts.dtype.itemsize // 4
    best = np.full(len(texts), -1, dtype=np.int64)
    if width == 0:
        return best
    letters = texts.view(np.uint32).reshape(len(texts), width).astype(np.uint64)
    begins = np.ones((len(texts), width), dtype=bool)
    begins[:, 1:] = _ends_a_part(letters[:, :-1])
    best_rank = np.full(len(texts), np.inf)
    lengths = np.array([len(name) for name in places.names])
    ranks = np.array([PREFERENCE[kind] for kind in places.kinds]) * 1000.0 - lengths
    for length in np.unique(lengths):
        if length > width:
            continue
        of_length = np.flatnonzero(lengths == length)
        names = np.array([places.names[number] for number in of_length])
        name_letters = names.view(np.uint32).reshape(len(names), length).astype(np.uint64)
        hashes = _hash(name_letters)
        order = np.argsort(hashes)
        windows = np.lib.stride_tricks.sliding_window_view(letters, int(length), axis=1)
        row, at = np.nonzero(begins[:, : windows.shape[1]] & (windows[:, :, 0] > 0))
        hashed = _hash(windows[row, at])
        place = np.searchsorted(hashes[order], hashed)
        place = np.minimum(place, len(order) - 1)
        candidate = order[place]
        hit = (hashes[candidate] == hashed) & (name_letters[candidate] == windows[row, at]).all(
            axis=1
        )
        row, number = row[hit], of_length[candidate[hit]]
        # Later writes win: sort so that the best rank of each row comes last.
        by_rank = np.argsort(-ranks[number], kind="stable")
        row, number = row[by_rank], number[by_rank]
        better = ranks[number] < best_rank[row]
        best[row[better]], best_rank[row[better]] = number[better], ranks[number[better]]
    return best


def _hash(letters: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    value = np.zeros(letters.shape[:-1], dtype=np.uint64)
    with np.errstate(over="ignore"):
        for position in range(letters.shape[-1]):
            value = value * BASE + letters[..., position]
    return value


def _ends_a_part(letters: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    ends = np.isin(letters, np.array([ord(sign) for sign in ENDS_A_PART], dtype=np.uint64))
    plain: npt.NDArray[np.bool_] = ends | ((letters > 0) & (letters < 128))
    return plain
