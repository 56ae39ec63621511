"""One place in several networks' lists: found and proposed, never merged silently.

Two stations of an edition are proposed as one when they are of one kind and either lie within 60 m
and their names are alike, or within 300 m and their names are the same but for what every station
is called (工会, 户外劳动者, 爱心驿站 …), or bear the same telephone within 300 m. Likeness is the
Sørensen-Dice coefficient of the two names' character pairs: 2·|common| / (|a| + |b|)
(Dice, Ecology 26, 1945).
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from sqlalchemy import text

from geo.coordinates import LocalPlane
from geo.database import Reader, Writer

NEAR_METRES = 60.0
FAR_METRES = 300.0
ALIKE = 0.5
COMMON_WORDS = re.compile(
    r"工会|户外劳动者|户外职工|环卫工人|新就业形态|爱心|暖心|暖新|劳动者|服务站点?|驿站|港湾|站点|之家"
    r"|[（(][^（）()]*演示[^（）()]*[）)]|[\s·•（）()\-—_,，、.。]|warm|space|hub|the\b",
    re.IGNORECASE,
)


def find_duplicates(writer: Writer, edition_id: int) -> int:
    """Write the proposed pairs of an edition; how many. Cost: some 2 s for 25,000 stations."""
    rows = writer.all(
        "SELECT id, name, kind, phone, ST_X(location) AS lon, ST_Y(location) AS lat FROM station "
        "WHERE edition_id = :edition AND location IS NOT NULL ORDER BY id",
        edition=edition_id,
    )
    if len(rows) < 2:
        return 0
    lon = np.array([row.lon for row in rows])
    lat = np.array([row.lat for row in rows])
    plane = LocalPlane.around(lon, lat)
    x, y = plane.forward(lon, lat)
    places: Any = shapely.points(np.column_stack([x, y]))
    first, second = shapely.STRtree(places).query(places, predicate="dwithin", distance=FAR_METRES)
    pairs = np.column_stack([first, second])[first < second]
    found: list[tuple[int, int, float, float, str]] = []
    cores = [core_of(row.name) for row in rows]
    gaps = np.hypot(x[pairs[:, 0]] - x[pairs[:, 1]], y[pairs[:, 0]] - y[pairs[:, 1]])
    for (one, other), gap in zip(pairs.tolist(), gaps.tolist(), strict=True):
        if rows[one].kind != rows[other].kind:
            continue
        alike = likeness(cores[one], cores[other])
        same_phone = bool(rows[one].phone) and rows[one].phone == rows[other].phone
        if cores[one] == cores[other] and cores[one]:
            reason = "同名 / same name"
        elif gap <= NEAR_METRES and alike >= ALIKE:
            reason = "位置相近、名称相似 / close by, alike in name"
        elif same_phone:
            reason = "同一电话 / same telephone"
        else:
            continue
        found.append((rows[one].id, rows[other].id, gap, alike, reason))
    if found:
        ids, others, metres, alike_all, reasons = zip(*found, strict=True)
        table = pa.table(
            {
                "edition_id": [edition_id] * len(found),
                "station_id": ids,
                "other_id": others,
                "metres": np.round(metres, 1),
                "likeness": np.round(alike_all, 3),
                "reason": reasons,
            }
        )
        writer.copy_in("station_duplicate", table.column_names, table)
    return len(found)


def list_duplicates(reader: Reader, edition_id: int) -> list[dict[str, object]]:
    """The proposed pairs of an edition, the likest first."""
    rows = reader.all(
        text(
            "SELECT d.station_id, a.name, a.network_brand AS brand, d.other_id, "
            "b.name AS other_name, b.network_brand AS other_brand, d.metres, d.likeness, d.reason "
            "FROM station_duplicate AS d "
            "JOIN station AS a ON a.edition_id = d.edition_id AND a.id = d.station_id "
            "JOIN station AS b ON b.edition_id = d.edition_id AND b.id = d.other_id "
            "WHERE d.edition_id = :edition ORDER BY d.likeness DESC, d.metres, d.station_id"
        ),
        edition=edition_id,
    )
    return [dict(row._mapping) for row in rows]  # noqa: SLF001  SQLAlchemy's own name


def core_of(name: str) -> str:
    """A name without what every station is called."""
    return COMMON_WORDS.sub("", name).casefold()


def likeness(first: str, second: str) -> float:
    """How alike two names are, 0 to 1."""
    one = {first[at : at + 2] for at in range(len(first) - 1)} or {first}
    other = {second[at : at + 2] for at in range(len(second) - 1)} or {second}
    if not first or not second:
        return 0.0
    return 2 * len(one & other) / (len(one) + len(other))
