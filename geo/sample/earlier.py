"""Earlier lists of the same city, and the ledger of talks between them.

They are made from the final register by stated rules, each row's days drawn once, so that the lists
of half a year and of a year before agree with each other:

* a union that was founded after the day of a list is not in it: the unit had none, and no members;
* 6 % of the units without an older union were listed within the year; 2 % more were in the list and
  left it; what the register says is closed closed within two years;
* 1.5 % moved within the year: before, they stood where another unit stands;
* 0.6 % of the units without a union had one of their own that ended within the year;
* head counts were others by some 5 % a year, members fewer by up to 8 %, members in new forms of
  employment by a third; a little more was not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.sample.divisions import Places
from geo.sample.enterprises import CLASS_PREFIX, Whereabouts, Workforce
from geo.sample.names import choose, credit_codes, join
from geo.sample.register import Register
from geo.sample.shape import AS_OF, LABEL, Flags, Floats, Ints
from geo.sample.unions import JOINT, NONE, OWN, Unions

_EPOCH = date(1970, 1, 1)
_LAST = (AS_OF - _EPOCH).days
_NEVER = -(10**6)
_YEAR = 365
_UNION = ("工会名称", "工会统一社会信用代码", "上级工会名称", "建会日期", "基层工会类型")
_PLACE = ("单位地址", "单位所在政区", "经度", "纬度")


@dataclass(frozen=True)
class Past:
    """When each of n rows was listed, moved, closed, lost its union (days after 1970-01-01, far in
    the past for never), and the m rows that others once stood beside in the list."""

    listed: Ints
    moved: Ints
    moved_from: Ints
    closed: Ints
    lost: Ints
    unknown_until: Ints
    growth: Floats
    members_lost: Floats
    gone_like: Ints
    gone: Ints


def past_of(where: Whereabouts, unions: Unions, seed: int) -> Past:
    """Draw what became of every row within the last two years."""
    rng = np.random.default_rng([seed, 20])
    n = len(where.block)

    def days(back: int) -> Ints:
        return _LAST - rng.integers(1, back, n)

    def when(happened: Flags, day: Ints) -> Ints:
        return np.where(happened, day, _NEVER)

    real = where.shell < 0
    listed = days(_YEAR)
    new = real & (rng.random(n) < 0.06) & ((unions.founded < 0) | (unions.founded >= listed))
    moved = real & (rng.random(n) < 0.015) & ~new
    others = np.flatnonzero(real)
    lost = real & (unions.state == NONE) & (rng.random(n) < 0.006) & ~new
    count = int(0.02 * n)
    return Past(
        listed=when(new, listed),
        moved=when(moved, days(_YEAR)),
        moved_from=rng.choice(others, n),
        closed=days(2 * _YEAR),
        lost=when(lost, days(_YEAR)),
        unknown_until=when(rng.random(n) < 0.008, days(_YEAR)),
        growth=rng.normal(0, 0.05, n),
        members_lost=rng.uniform(0, 0.08, n),
        gone_like=rng.choice(others, count),
        gone=_LAST - rng.integers(1, _YEAR, count),
    )


def earlier_register(
    final: Register, work: Workforce, unions: Unions, places: Places, past: Past, day: date
) -> dict[str, Any]:
    """The columns of the list of an earlier day."""
    at = (day - _EPOCH).days
    years = (_LAST - at) / _YEAR
    still = np.flatnonzero(past.listed <= at)
    left = np.flatnonzero(past.gone > at)
    rows = np.concatenate([still, past.gone_like[left]])
    gone = np.arange(len(rows)) >= len(still)
    source = {name: _arrow(column) for name, column in final.columns.items()}
    where = np.where((past.moved[rows] > at) & ~gone, past.moved_from[rows], rows)
    columns = {
        name: column.take(pa.array(where if name in _PLACE else rows))
        for name, column in source.items()
    }
    columns["序号"] = pa.array(np.arange(len(rows)) + 1)
    columns["单位名称"] = choose(gone, join("原", columns["单位名称"]), columns["单位名称"])
    district = np.full(len(rows), places.district_code[0]).astype("U6")
    serial = np.concatenate([still * 0, left]) + 60_000_000
    codes = credit_codes(np.array(CLASS_PREFIX)[work.unit_class[rows]], district, serial)
    key = "单位统一社会信用代码"
    columns[key] = choose(gone, codes, columns[key])
    _undo_unions(columns, rows, gone, unions, past, at)
    in_business = choose(past.closed[rows] > at, "在业", columns["登记状态"])
    closed = pc.match_substring_regex(columns["登记状态"], "注销|吊销").fill_null(False)
    columns["登记状态"] = pc.if_else(closed, in_business, columns["登记状态"])
    _scale(columns, "职工人数", 1 + past.growth[rows] * years, least=1)
    _scale(columns, "会员人数", 1 - past.members_lost[rows] * years)
    _scale(columns, "新就业形态会员人数", np.full(len(rows), 1 - years / 3))
    return columns


def _undo_unions(
    columns: dict[str, Any], rows: Ints, gone: Flags, unions: Unions, past: Past, at: int
) -> None:
    """Take out the unions that were founded later, and put those back that have ended since."""
    organised = np.isin(unions.state[rows], (OWN, JOINT))
    # The union of a unit that left the list went with it: it is told without.
    without = organised & ((unions.founded[rows] > at) | gone)
    for name in _UNION:
        columns[name] = choose(without, None, columns[name])
    columns["建会状态"] = choose(without, "未建会", columns["建会状态"])
    columns["会员人数"] = _where(without, 0, columns["会员人数"])
    lost = (past.lost[rows] > at) & ~gone
    bare = pc.replace_substring(columns["单位名称"], LABEL, "")
    columns["工会名称"] = choose(lost, join(bare, "工会委员会", LABEL), columns["工会名称"])
    columns["基层工会类型"] = choose(lost, "独立", columns["基层工会类型"])
    columns["上级工会名称"] = choose(
        lost, join(columns["单位所在政区"], "总工会", LABEL), columns["上级工会名称"]
    )
    state = choose(lost, "已建会", columns["建会状态"])
    columns["建会状态"] = choose(past.unknown_until[rows] > at, None, state)
    for name in _UNION:
        columns[name] = choose(past.unknown_until[rows] > at, None, columns[name])
    staff = columns["职工人数"]
    columns["会员人数"] = pc.if_else(pa.array(lost), staff, columns["会员人数"])


def _arrow(column: Any) -> Any:
    made = pa.array(column) if isinstance(column, np.ndarray) else column
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


def _where(mask: Flags, value: int, column: Any) -> Any:
    """A count where the mask holds; what was not stated stays so."""
    return pc.if_else(
        pc.and_(pa.array(mask), pc.is_valid(column)), pa.scalar(value, column.type), column
    )


def _scale(columns: dict[str, Any], name: str, factor: Floats, least: int = 0) -> None:
    column = columns[name]
    stated = pc.is_valid(column).to_numpy(zero_copy_only=False)
    counts = np.asarray(column.fill_null(0).to_numpy(zero_copy_only=False), dtype=np.float64)
    scaled = np.maximum(np.floor(counts * factor + 0.5), least).astype(np.int64)
    columns[name] = pa.array(scaled, mask=~stated)


def talks(unions: Unions, subdistrict: Ints, places: Places, seed: int) -> dict[str, Any]:
    """The ledger of the last year: a row for each subdistrict and fortnight in which it talked.

    The unions founded are those of the register; the talks and the enterprises before them are as
    many as it takes where a third of the units without a union agree.
    """
    rng = np.random.default_rng([seed, 21])
    fortnights, width = _YEAR // 14, 14
    founded = (unions.founded > _LAST - _YEAR) & (unions.founded <= _LAST)
    turn = np.clip((unions.founded - (_LAST - _YEAR) - 1) // width, 0, fortnights - 1)
    cell = (subdistrict * fortnights + turn)[founded]
    cells = len(places.code) * fortnights
    new = np.bincount(cell, minlength=cells)
    members = np.bincount(cell, weights=unions.members[founded], minlength=cells).astype(np.int64)
    agreed = new + rng.binomial(new + 1, 0.35)
    without = agreed + rng.poisson(1.9 * agreed + 0.4)
    enterprises = without + rng.poisson(0.45 * without)
    sign_ups = (members * rng.uniform(0.5, 0.9, cells)).astype(np.int64) + rng.poisson(2, cells)
    held = np.flatnonzero((enterprises > 0) & (rng.random(cells) < 0.95))
    where, when = held // fortnights, held % fortnights
    # Order of days, then of places, as a ledger is kept.
    weekday = rng.integers(0, 5, len(held)) + 7 * rng.integers(0, 2, len(held))
    day = _LAST - _YEAR + 1 + when * width + weekday
    order = np.lexsort((where, day))
    held, where, day = held[order], where[order], day[order]
    worker = rng.binomial(2, 0.45, len(held))
    unstated = rng.random(len(held)) < 0.03
    # Whoever keeps the ledger of a district writes no subdistrict.
    of_district = rng.random(len(held)) < 0.02
    name = np.array([f"{one}{LABEL}" for one in places.name], dtype=object)[where]
    district = np.array([f"{one}{LABEL}" for one in places.district_name], dtype=object)[where]
    return {
        "日期": pc.strftime(pa.array(day.astype("datetime64[D]")), format="%Y-%m-%d"),
        "街道": pa.array(np.where(of_district, district, name)),
        "企业沟通会场次": np.maximum(1, enterprises[held] // 12),
        "职工沟通会场次": pa.array(worker, mask=unstated),
        "沟通企业数": enterprises[held],
        "未建会企业数": without[held],
        "意向建会数": agreed[held],
        "新建会数": new[held],
        "入会人数": pa.array(sign_ups[held], mask=rng.random(len(held)) < 0.04),
    }
