"""An invented bulletin with everything in it, and a second reader of what was printed."""

import io
from dataclasses import replace
from datetime import date

import numpy as np
import pypdf
import shapely
from invented_city import borders, wilson

from maps.bulletin.view import (
    Bulletin,
    Change,
    ChangedRate,
    ChangeFact,
    ChildLine,
    ClusterLine,
    RateLine,
    Sheet,
)
from maps.editions import EditionLine
from maps.texts import Both

TARGETS = {"establishment": 0.95, "membership_unionised": 0.9, "membership_all": None}
AS_OF, PRINTED_ON = date(2026, 6, 30), date(2026, 7, 5)
EDITIONS = [
    EditionLine("enterprises", 12, AS_OF, "某市总工会 2026 年上半年台账"),
    EditionLine("areas", 3, date(2026, 1, 1), "民政部"),
]


def rate(name: str, numerator: int, denominator: int) -> RateLine:
    low, high = wilson(numerator, denominator) if denominator else (None, None)
    target = TARGETS[name]
    gap = None
    if target is not None and denominator:
        gap = max(0, int(np.ceil(target * denominator - 1e-9)) - numerator)
    return RateLine(
        name=name,
        title=Both(f"指标 {name}", f"rate {name}"),
        scope=Both("已建会单位 ÷ 全部单位", "units with a union ÷ all units"),
        value=numerator / denominator if denominator else None,
        numerator=numerator,
        denominator=denominator,
        low=low,
        high=high,
        shrunk=(numerator + 8) / (denominator + 10) if denominator else None,
        missing_share=0.031,
        small=0 < denominator < 30,
        target=target,
        target_source=Both("省总 2025 年要点", "Provincial plan 2025") if target else None,
        gap=gap,
        people=name.startswith("membership"),
    )


def child(number: int, name: str | None, shape, numerator: int, denominator: int) -> ChildLine:
    rates = {one: rate(one, numerator, denominator) for one in TARGETS}
    workers = 7 * denominator if denominator else None
    return ChildLine(
        id=number,
        name=name,
        kind="subdistrict",
        code=f"9901{number:05d}",
        shape=shape,
        rates=rates,
        rank=None,
        without=7 * denominator,
        workers=workers,
    )


def cluster(number: int, place: str, *, sure: bool = True, at=(106.55, 29.56)) -> ClusterLine:
    return ClusterLine(
        id=number,
        place=place,
        sure=sure,
        shape=shapely.Point(*at).buffer(0.01),
        units=40 - number % 30,
        units_25=5,
        employees=900 - number,
        sentence=Both("95% 未建会，这里一般为 32%", "95% without a union where 32% is usual here"),
        form=Both("园区联合工会", "Park joint union"),
        duty=Both("上级工会 高新区总工会", "upper union: High-tech zone"),
    )


def sheet(
    number: int = 1,
    *,
    name: str | None = "高新区",
    kind: str = "district",
    children: int = 12,
    clusters: int = 7,
    names: list[str] | None = None,
) -> Sheet:
    """A page with so many areas below; the second has no data, the third few, the fourth no
    border."""
    random = np.random.default_rng(number)
    shapes = borders(max(children, 3), 60, 7 + number)
    lines = []
    for at in range(children):
        units = int(random.integers(180, 2600))
        share = float(random.uniform(0.35, 0.99))
        units = {1: 0, 2: 12}.get(at, units)
        shape = None if at == 3 else shapes[at]
        called = names[at] if names and at < len(names) else f"云石{at}街道"
        lines.append(child(100 * number + at, called, shape, round(units * share), units))
    order = sorted(
        (line for line in lines if line.rates["establishment"].shrunk is not None),
        key=lambda line: -line.rates["establishment"].shrunk,
    )
    places = {line.id: at for at, line in enumerate(order, 1)}
    lines = [replace(line, rank=places.get(line.id)) for line in lines]
    numerator = sum(line.rates["establishment"].numerator for line in lines)
    denominator = sum(line.rates["establishment"].denominator for line in lines)
    return Sheet(
        id=number,
        name=name,
        kind=kind,
        code="990101",
        shape=shapely.union_all(shapes),
        without=12_345,
        rates=[rate(one, numerator, denominator) for one in TARGETS],
        apart={"mass_registration": 1234, "dormant": 88, "closed": 41, "employees": 2345},
        children=lines,
        child_kind="subdistrict" if children else None,
        clusters=[
            cluster(
                at,
                f"星河园{at}",
                sure=at % 3 != 0,
                at=(106.55 + random.uniform(-0.2, 0.2), 29.56 + random.uniform(-0.2, 0.2)),
            )
            for at in range(clusters)
        ],
        change=Change(
            EditionLine("enterprises", 11, date(2025, 12, 31)),
            [
                ChangeFact("unions_founded", Both("新建工会", "Founded"), 34),
                ChangeFact("members", Both("会员增减", "Members"), -1234, signed=True),
            ],
            [ChangedRate("establishment", Both("建会率", "Rate"), 0.78, 0.803, 0.018)],
        ),
    )


def bulletin(*sheets: Sheet, whole: Sheet | None = None, **more) -> Bulletin:
    values = {
        "measure": "establishment",
        "sheets": list(sheets),
        "whole": whole,
        "editions": EDITIONS,
        "as_of": AS_OF,
        "printed_on": PRINTED_ON,
        "earlier": EditionLine("enterprises", 11, date(2025, 12, 31)),
        "small_denominator": 30,
        "issuer": "演示市总工会",
    }
    return Bulletin(**{**values, **more})


def read(document: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(document))


def texts(document: bytes) -> list[str]:
    """The text of each page, white space left out."""
    return ["".join(page.extract_text().split()) for page in read(document).pages]
