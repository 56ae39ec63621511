"""The options that the commands on plain files share, and the question they make."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from geo.coordinates import CRS_NAMES
from geo.errors import Invalid

if TYPE_CHECKING:
    from geo.siting.files.asked import Question
    from geo.siting.files.load import Problem

DAYS = ("workday", "weekend")
Demand = Annotated[Path, typer.Option("--demand", help="需求点文件 / demand: id, x, y, weight.")]
Candidates = Annotated[
    Path,
    typer.Option(
        "--candidates",
        help="候选点 / candidates: id, x, y, and more.",
    ),
]
Existing = Annotated[Path | None, typer.Option("--existing", help="现有站点 / stations that stay.")]
Sites = Annotated[
    int | None, typer.Option("--sites", min=0, help="至多几个新站 / at most so many new sites.")
]
Budget = Annotated[
    float | None, typer.Option("--budget", min=0, help="预算 / at most so much cost.")
]
Radius = Annotated[
    float | None,
    typer.Option("--radius", help="服务半径 / how far a site reaches."),
]
Metric = Annotated[
    str | None,
    typer.Option(
        "--metric",
        help="距离 / euclidean, geodesic, walk or file.",
    ),
]
Distances = Annotated[
    Path | None,
    typer.Option("--distances", help="距离文件 / a file of distances."),
]
Streets = Annotated[
    Path | None,
    typer.Option("--streets", help="路网 / streets to walk on, .osm.pbf."),
]
CrsOption = Annotated[str, typer.Option("--crs", help="坐标系 / wgs84, gcj02 or bd09.")]
Steps = Annotated[
    str | None,
    typer.Option("--steps", help="分级覆盖 / steps, such as 500:1, 1000:0.5."),
]
Backup = Annotated[float, typer.Option("--backup", help="二次覆盖 / what a second cover counts.")]
Hours = Annotated[
    str | None, typer.Option("--hours", help="小时 / of columns h0 to h23; else 6-22.")
]
Day = Annotated[
    str | None,
    typer.Option("--day", help="日子 / workday or weekend."),
]
Force = Annotated[list[str] | None, typer.Option("--force", help="必选 / ids that must be chosen.")]
Forbid = Annotated[
    list[str] | None, typer.Option("--forbid", help="禁选 / ids that must not be chosen.")
]
Spacing = Annotated[float, typer.Option("--spacing", help="间距 / least distance apart.")]
SpacingRule = Annotated[
    str, typer.Option("--too-near", help="间距规则 / forbid nearer pairs, or warn of them.")
]
AreaShare = Annotated[
    str | None,
    typer.Option("--area-share", help="街道比例 / lowest share of each subdistrict."),
]
AreaSites = Annotated[
    int | None,
    typer.Option("--area-sites", min=0, help="街道站数 / fewest sites of each subdistrict."),
]
PerArea = Annotated[
    list[str] | None,
    typer.Option(
        "--per-area",
        help="街道 / one of them: NAME=60% , NAME=2 (sites), or a file.",
    ),
]
Open24h = Annotated[
    int, typer.Option("--open-24h", min=0, help="24 小时站点 / least open 24 hours.")
]
PerChain = Annotated[
    int | None,
    typer.Option("--per-chain", min=0, help="品牌 / so many of one chain at most."),
]
Capacity = Annotated[
    str | None,
    typer.Option("--capacity", help="容量 / the word column (of the file) or a number."),
]
Gap = Annotated[float, typer.Option(min=0, help="差距 / a proven gap that is good enough.")]
TimeLimit = Annotated[
    float | None, typer.Option("--time-limit", min=0, help="时限 / at most so many seconds.")
]
Seed = Annotated[int, typer.Option(help="随机数 / seed, for the same plan.")]


def check_out(out: Path, asked: Question, per_area: Iterable[str] | None = None) -> None:
    """Refuse a file that cannot be written, or should not be, before anything is worked out.

    Args:
        asked: its files are read. per_area: as typed; a file among it is read too.

    Raises:
        Invalid: there is no such folder or no right to write there, it is a folder itself, or one
            of the files that are read.
    """
    from geo.siting.files.asked import FILES

    files = [getattr(asked, name) for name in FILES]
    for read in [*files, *(Path(one) for one in per_area or () if "=" not in one)]:
        if read is not None and read.exists() and out.exists() and out.samefile(read):
            raise Invalid(
                f"{out} 是输入文件，不能覆盖。 {out} is a file that is read: it would be lost.",
                remedy="用 --out 另选文件名。 Choose another name with --out.",
                field="out",
            )
    if out.is_dir():
        raise Invalid(
            f"{out} 是文件夹。 {out} is a folder.",
            remedy="给出文件名。 Give the name of a file.",
            field="out",
        )
    if not out.parent.is_dir():
        raise Invalid(
            f"没有文件夹 {out.parent}。 There is no folder {out.parent}.",
            remedy="请先建立该文件夹。 Make the folder first.",
            field="out",
        )
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise Invalid(
            f"{out} 无法写入。 {out} cannot be written.",
            remedy="请检查文件夹与权限。 Check the folder and its permissions.",
            field="out",
        )


def question(**given: Any) -> Question:
    """The question that the options ask.

    Raises:
        Invalid: an option that cannot be understood.
    """
    from geo.siting.files.asked import Question

    crs = given.get("crs", "wgs84")
    if crs not in CRS_NAMES:
        raise Invalid(
            f"没有坐标系“{crs}”。 There is no coordinate system '{crs}'.",
            remedy=f"可选 / Use one of {', '.join(CRS_NAMES)}.",
            field="crs",
        )
    if given.get("day") not in (None, *DAYS):
        raise no_such_day(given["day"], "day")
    capacity = given.pop("capacity", None)
    if capacity is not None and capacity != "column":
        given["capacity"] = number(capacity, "capacity")
    for name in ("share", "area_share"):
        if given.get(name) is not None:
            given[name] = share_of(given[name], name)
    given["with_capacities"] = capacity == "column"
    given["steps"] = tuple(_steps(given.get("steps")))
    given["per_area"] = tuple(_per_area(given.get("per_area") or ()))
    given["force"], given["forbid"] = (
        tuple(dict.fromkeys(split(given.get(name) or ()))) for name in ("force", "forbid")
    )
    return Question(**given)


def no_such_day(text: str, field: str) -> Invalid:
    """What to say of a kind of day that there is not."""
    return Invalid(
        f"没有日类型“{text}”。 There is no kind of day '{text}'.",
        remedy="可选 / Use workday or weekend.",
        field=field,
    )


def load(asked: Question, *, standing: bool = False) -> Problem:
    """Read the files; the streets in force where walking is asked for and no extract is given.
    `standing`: the candidates are stations that exist already."""
    from geo.siting.files.load import load as read

    if asked.metric != "walk" or asked.streets is not None:
        return read(asked, None, console.BarProgress(), standing=standing)
    from geo import editions
    from geo.siting.ground.walked import walking
    from geo.walking.snapshot import load_graph

    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        edition = editions.active(reader, "streets")
        if edition is None:
            raise Invalid(
                "没有启用的路网。 No streets are in force.",
                remedy="加上 --streets 文件（.osm.pbf），或先导入路网。 "
                "Add --streets FILE (.osm.pbf), or import streets first.",
                field="streets",
            )
        graph = load_graph(reader, of, edition.id, console.BarProgress())
    return read(
        asked,
        lambda demand, site, metres: walking(graph, demand, site, metres),
        console.BarProgress(),
        standing=standing,
    )


def split(values: Iterable[str]) -> Iterable[str]:
    """The parts of texts with commas, also Chinese ones."""
    return (part.strip() for value in values for part in re.split("[,，]", value) if part.strip())


def _steps(text: str | None) -> Iterable[tuple[float, float]]:
    for part in split([text] if text else []):
        metres, colon, share = part.replace("：", ":").partition(":")
        if not colon:
            raise Invalid(
                f"分级“{part}”应写作 米:比例。 The step '{part}' should be metres:share.",
                remedy="如 --steps 500:1,1000:0.5 / such as --steps 500:1,1000:0.5",
                field="steps",
            )
        yield number(metres, "steps"), number(share, "steps")


def _per_area(values: Iterable[str]) -> Iterable[tuple[str, float | int]]:
    for value in values:
        name, equals, wanted = value.rpartition("=")
        if not equals:
            yield from _per_area_file(Path(value))
        elif re.fullmatch(r"[1-9]\d*", wanted.strip()):
            yield name.strip(), int(wanted)
        else:
            yield name.strip(), share_of(wanted, "per_area")


def _per_area_file(path: Path) -> Iterable[tuple[str, float | int]]:
    import numpy as np

    from geo.siting.files import tables

    told = tables.read(path, ["sites"], ["district", "share"])
    told.require("district")
    if "sites" in told.numbers:
        many = told.numbers["sites"]
        whole = np.isfinite(many) & (many >= 0) & (np.floor(many) == many)
        none = ~np.isnan(many) & ~whole
        told.refuse(none, "sites", "不是 0 或更大的整数", "is no whole number of 0 or more")
    written = told.texts["share"].to_pylist() if "share" in told.texts else [None] * len(told)
    shares = [_share_or_none(one) for one in written]
    bad = [one is not None and share is None for one, share in zip(written, shares, strict=True)]
    told.refuse(np.array(bad, bool), "share", "不是比例", "is no share")
    for at, name in enumerate(told.texts["district"].to_pylist()):
        share = shares[at]
        sites = float(told.numbers["sites"][at]) if "sites" in told.numbers else np.nan
        if name is not None and share is not None:
            yield name, share
        if name is not None and not np.isnan(sites):
            yield name, int(sites)


def _share_or_none(text: str | None) -> float | None:
    """A share in a file, as it may be typed; None: no number, or nothing."""
    try:
        share = share_of(text or "", "per_area")
    except Invalid:
        return None
    # A cell may say NaN.
    return None if math.isnan(share) else share


def share_of(text: str, field: str) -> float:
    """0.9 or 90%, as a number."""
    bare = text.strip()
    if bare.endswith(("%", "％")):
        return number(bare[:-1], field) / 100
    return number(bare, field)


def number(text: str, field: str) -> float:
    """A number, or a sentence."""
    try:
        return float(text)
    except ValueError as error:
        raise Invalid(
            f"“{text}”不是数。 '{text}' is no number.",
            remedy=f"请改正 --{field.replace('_', '-')}。 Correct it.",
            field=field,
        ) from error
