"""An invented list of clusters for the map tests: both tiers, hostile names, things missing."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import shapely
from hostile import HOSTILE_NAME
from invented_city import borders

from geo.clusters.facts import ClusterFacts
from geo.clusters.forms import Advice, rules
from geo.clusters.forms.choose import choose, sentence
from geo.clusters.forms.situation import (
    Counts,
    ExistingUnion,
    Largest,
    MeetingPlace,
    Situation,
    Unit,
    UpperUnion,
)
from geo.editions import EditionFacts
from maps.clusters import ClustersView, ContextMark
from maps.texts import Both

CENTRE = (106.55, 29.56)
AS_OF = date(2026, 6, 30)


def edition(dataset: str, number: int, source: str = "演示数据") -> EditionFacts:
    return EditionFacts(
        id=number, dataset=dataset, state="active", as_of=AS_OF, source=source,
        declared_crs="wgs84", rows_read=1, rows_accepted=1, rows_rejected=0, rows_unlocated=0,
        created_at=datetime(2026, 7, 1, tzinfo=UTC), created_by="test",
        activated_at=datetime(2026, 7, 2, tzinfo=UTC), report={},
    )  # fmt: skip


def station(number: int, lon: float, lat: float, *, straight: bool = False) -> MeetingPlace:
    name = HOSTILE_NAME if number == 0 else f"演示驿站{number}"
    return MeetingPlace(
        number, "warm_station", name, f"演示路{number}号", None, "public", 30, True,
        120.0 + number, 1.6, straight, lon, lat,
    )  # fmt: skip


def cluster(at: int, lon: float, lat: float, outline) -> ClusterFacts:
    return ClusterFacts(
        id=5_000_000_000_000_000 + at,
        tier="confirmed" if at % 3 else "to_check",
        kind=("whole_unit", "part_of_unit", "street")[at % 3],
        area_id=None,
        subdistrict_id=None,
        place=(HOSTILE_NAME if at == 0 else f"演示大厦{at:02d}") if at != 2 else None,
        score=40.0 - at if at % 2 else 10.0 + at,
        p_value=None,
        units=60 - at % 40,
        units_25=at % 5,
        units_100=0,
        units_all=64,
        expected=20.5 if at != 4 else 0.0,
        employees=3000 - 20 * at if at != 5 else 0,
        employees_unstated=0 if at != 5 else 55,
        addresses=7,
        diameter_metres=120.0 + at,
        first_seen=AS_OF,
        lon=lon,
        lat=lat,
        outline=outline,
    )


def advice(facts: ClusterFacts, at: int) -> Advice:
    table = rules()
    unit = Unit(7, "office_building", facts.place, None, None, None, None)
    joint = ExistingUnion("长桥联合工会", "register", in_unit=False, metres=212.0, covers=None)
    situation = Situation(
        cluster=facts,
        counts=Counts(facts.units, facts.employees, facts.employees_unstated, facts.units_25, 1, 0,
                      30 * facts.units_25, 0, (6, 3)),
        unit=unit if at % 3 else None,
        subdistrict=None,
        own_unions=1,
        joint_unions=0,
        existing=(joint,) if at % 4 == 0 else (),
        upper=UpperUnion("演示街道总工会", "subdistrict") if at else UpperUnion(None, "unknown"),
        largest=Largest(9, f"{HOSTILE_NAME}公司", "演示路9号", 90, facts.lon, facts.lat),
        meeting=station(at, facts.lon + 0.001, facts.lat, straight=at == 1) if at != 3 else None,
        hall=None,
    )  # fmt: skip
    return Advice(facts, sentence(facts, table), choose(situation, table))


def town(count: int = 24, areas: int = 9, seed: int = 5) -> ClustersView:
    """Clusters, the most employees first; one without an outline, one that states no employees."""
    random = np.random.default_rng(seed)
    centres = np.array(CENTRE) + random.uniform(-0.12, 0.12, (count, 2))
    outlines = shapely.buffer(
        shapely.concave_hull(
            shapely.multipoints(random.normal(centres[:, None], 0.0012, (count, 12, 2))), ratio=0.4
        ),
        0.0004,
    )
    found = [
        advice(cluster(at, *centres[at], None if at == 6 else outlines[at]), at)
        for at in range(count)
    ]
    found.sort(key=lambda one: (-one.cluster.employees, one.cluster.id))
    return ClustersView(
        clusters=found,
        areas=[
            ContextMark(HOSTILE_NAME if at == 0 else f"演示{at}街道", shape)
            for at, shape in enumerate(borders(areas, 80, half=0.15))
        ],
        editions=[edition("enterprises", 12, f"演示数据 {HOSTILE_NAME}"), edition("areas", 3)],
        title=Both("云州市未建会企业聚集区", "Clusters of Yunzhou"),
        notice=Both("演示数据：均为虚构", "Demo data: all invented"),
        made_at=date(2026, 7, 2),
    )


def bare(view: ClustersView) -> ClustersView:
    """The same without borders and stations."""
    found = [replace(one, form=replace(one.form, nearest_station=None)) for one in view.clusters]
    return replace(view, clusters=found, areas=())
