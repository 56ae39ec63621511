"""An invented place for the map tests: cells of a Voronoi diagram with crinkled, shared borders."""

from datetime import date

import numpy as np
import shapely
from hostile import HOSTILE_NAME

from maps.coverage import (
    AreaMark,
    ClusterMark,
    CoverageView,
    EditionLine,
    Rate,
    StationMark,
)
from maps.texts import Both

CENTRE = (106.55, 29.56)
AS_OF = date(2026, 6, 30)
FIRST = "云石安和青松白鹤长宁永兴临江望湖"
LAST = ["街道", "镇", "乡", "街道"]
KINDS = [
    "warm_station",
    "union_service_station",
    "workers_home",
    "mother_baby_room",
    "childcare_class",
    "driver_rest_home",
]


def borders(count: int, vertices: int, seed: int = 7, half: float = 0.3) -> np.ndarray:
    """`count` polygons that tile a square, each of about `vertices` vertices."""
    random = np.random.default_rng(seed)
    west, south = CENTRE[0] - half, CENTRE[1] - half
    seeds = np.array([west, south]) + random.uniform(0, 2 * half, (count, 2))
    for _ in range(2):  # relaxed towards even cells
        cells = _cells(seeds, half)
        seeds = shapely.get_coordinates(shapely.centroid(cells))
    cells = _cells(seeds, half)
    length = float(shapely.length(cells).mean())
    # Rounded, so that both neighbours have the very same vertices on their border.
    fine = shapely.transform(
        shapely.segmentize(cells, length / vertices), lambda xy: np.round(xy, 8)
    )

    def crinkle(xy: np.ndarray) -> np.ndarray:
        # The shift depends on the place alone, so both neighbours of a border crinkle alike; its
        # slope stays below one, so no border crosses itself.
        shift = np.zeros_like(xy)
        for wave in range(6):
            k = 40.0 * 2.2**wave
            shift[:, 0] += np.sin(k * xy[:, 1] + wave) * np.cos(0.7 * k * xy[:, 0]) * 0.2 / k
            shift[:, 1] += np.cos(k * xy[:, 0] - wave) * np.sin(0.8 * k * xy[:, 1]) * 0.2 / k
        return xy + shift

    return shapely.transform(fine, crinkle)


def _cells(seeds: np.ndarray, half: float) -> np.ndarray:
    box = shapely.box(CENTRE[0] - half, CENTRE[1] - half, CENTRE[0] + half, CENTRE[1] + half)
    parts = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=box, ordered=True)
    )
    return shapely.intersection(parts, box)


def wilson(numerator: int, denominator: int) -> tuple[float, float]:
    share, z = numerator / denominator, 1.96
    weight = z * z / denominator
    centre = (share + weight / 2) / (1 + weight)
    spread = z * np.sqrt(share * (1 - share) / denominator + weight / (4 * denominator))
    half = spread / (1 + weight)
    return max(0.0, centre - half), min(1.0, centre + half)


def rate(numerator: int, denominator: int, **more) -> Rate:
    low, high = wilson(numerator, denominator) if denominator else (None, None)
    facts = {
        "value": numerator / denominator if denominator else None,
        "scope": "units covered by an own or joint union ÷ all units whose union state is known",
        "scope_zh": "已建会或联合工会覆盖的单位 ÷ 建会状态已知的全部单位",
        "edition_id": 12,
        "as_of": AS_OF,
        "missing_share": 0.031,
        "small_denominator": 0 < denominator < 30,
        "target": 0.95,
        "low": low,
        "high": high,
    }
    return Rate(numerator=numerator, denominator=denominator, **{**facts, **more})


def city(
    areas: int = 46,
    stations: int = 260,
    clusters: int = 24,
    vertices: int = 200,
    seed: int = 7,
    target: float | None = 0.95,
) -> CoverageView:
    """A city with everything in it: a hostile name, no data, a small base, no border, no name."""
    random = np.random.default_rng(seed)
    shapes = borders(areas, vertices, seed)
    marks = []
    for at in range(areas):
        units = int(random.integers(180, 2600))
        share = float(np.clip(random.normal(0.8, 0.14), 0.2, 0.995))
        name = (
            FIRST[2 * (at % 8)] + FIRST[2 * (at // 8 % 8) + 1] + LAST[at % 4]
            if at
            else HOSTILE_NAME
        )
        marks.append(
            AreaMark(
                9_100_000_000_000_000_000 + at,
                name,
                "subdistrict",
                shapes[at],
                rate(round(units * share), units, target=target),
            )
        )
    if areas > 10:
        marks[3] = AreaMark(3, None, "subdistrict", shapes[3], rate(0, 0, target=target))
        marks[7] = AreaMark(7, "高台镇", "subdistrict", shapes[7], rate(0, 0, target=target))
        marks[9] = AreaMark(9, "小河乡", "subdistrict", shapes[9], rate(8, 11, target=target))
        marks.append(AreaMark(99, "未划界街道", "subdistrict", None, rate(410, 800, target=target)))
    places = random.normal(CENTRE, 0.11, (stations, 2))
    dots = [
        StationMark(
            at,
            HOSTILE_NAME if at == 0 else f"演示驿站{at:03d}",
            KINDS[min(int(random.exponential(1.1)), 5)],
            float(places[at, 0]),
            float(places[at, 1]),
            ["周一至周五 08:30-17:30", "24小时", None][at % 3],
            ["open", "closed", "unknown", "open"][at % 4],
        )
        for at in range(stations)
    ]
    centres = random.normal(CENTRE, 0.13, (clusters, 2))
    outlines = shapely.buffer(
        shapely.concave_hull(
            shapely.multipoints(random.normal(centres[:, None], 0.0016, (clusters, 12, 2))),
            ratio=0.4,
        ),
        0.0008,
    )
    found = [
        ClusterMark(
            at,
            outlines[at],
            int(random.integers(12, 160)),
            int(random.integers(90, 4200)),
            int(random.integers(0, 12)),
            Both(
                "92.0% 未建会，同类地区一般为 41.0%", "92.0% without a union, 41.0% is usual here"
            ),
            HOSTILE_NAME if at == 1 else None,
        )
        for at in range(clusters)
    ]
    firm = [mark.rate for mark in marks]
    return CoverageView(
        title=Both("云州市建会覆盖图", "Union coverage of Yunzhou"),
        measure="establishment",
        areas=marks,
        stations=dots,
        clusters=found,
        editions=[
            EditionLine("areas", 3, date(2026, 1, 1), "演示数据"),
            EditionLine("enterprises", 12, AS_OF, f"演示数据 {HOSTILE_NAME}"),
            EditionLine("stations", 8, date(2026, 7, 14), "演示数据"),
        ],
        total=rate(
            sum(one.numerator for one in firm),
            sum(one.denominator for one in firm),
            target=target,
        ),
        notice=Both("演示数据：地名、单位均为虚构", "Demo data: places and units are invented"),
        made_at=date(2026, 11, 21),
    )
