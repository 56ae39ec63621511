"""Two editions of 1,000,000 enterprises compared over 350 areas, beside pandas on the same rows.

Both know the units of either side by identity, where they lie (subdistrict, district, and a park
or building for some), their union state and members, and count by area: in both, appeared, no
longer listed, moved in and out, newly covered, lost, members of each. Ours counts closures,
set-apart units, different unions and every rate besides. They take turns; the counts must agree.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from geo.coverage.joined import Side, changes
from geo.coverage.pairs import COLUMNS
from geo.coverage.targets import UnitRules
from geo.enterprises.units import STATE, Units

UNITS, SUBDISTRICTS, DISTRICTS, PARKS = 1_000_000, 350, 16, 20_000
TURNS = 3
BAR_SECONDS = 5.0
RULES = UnitRules(np.array([[25.0, 100.0, 1.0, 50.0, 2.0]]))
COVERED = (STATE["own"], STATE["joint"])


def run() -> Iterator[dict[str, Any]]:
    """Measure; about two minutes."""
    before, after = _editions()
    areas = SUBDISTRICTS + DISTRICTS + PARKS
    changes(_first(before, 1000), _first(after, 1000), areas, COLUMNS)  # compiles what is compiled
    ours, peer = [], []
    for _ in range(TURNS):
        began = time.perf_counter()
        counted = changes(before, after, areas, COLUMNS)
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        merged = _by_pandas(before, after, areas)
        peer.append(time.perf_counter() - began)
    for name, column in merged.items():
        if not np.array_equal(column, counted[name][:-1]):
            raise AssertionError(f"pandas counts {name} otherwise")
    ours_, peer_ = float(np.median(ours)), float(np.median(peer))
    yield {
        "name": f"change of {UNITS:,} enterprises, {areas:,} areas",
        "ours": ours_,
        "peer": peer_,
        "ratio": peer_ / ours_,
        "unit": "s",
        "bar": f"<= {BAR_SECONDS:g} s",
        "holds": ours_ <= BAR_SECONDS,
        "note": f"{len(counted)} counts an area; the peer {len(merged)} (pandas merge, group by)",
    }


def _editions() -> tuple[Side, Side]:
    """A year apart: 3 % gone, 3 % new, 1.5 % moved, 6 % newly covered."""
    rng = np.random.default_rng(5)
    everyone = np.sort(rng.choice(2**52, int(UNITS * 1.03), replace=False))
    n = len(everyone)
    at = rng.integers(0, SUBDISTRICTS, n)
    state = rng.choice(5, n, p=[0.2, 0.1, 0.66, 0.02, 0.02])
    members = rng.integers(1, 80, n).astype(float)
    key = rng.integers(1, UNITS // 4, n)
    first = _side(everyone, at, state, key, members, np.sort(rng.permutation(n)[:UNITS]), rng)
    moved = np.where(rng.random(n) < 0.015, rng.integers(0, SUBDISTRICTS, n), at)
    won = np.where((state == STATE["none"]) & (rng.random(n) < 0.06), STATE["own"], state)
    more = members + rng.integers(0, 4, n)
    second = _side(everyone, moved, won, key, more, np.sort(rng.permutation(n)[:UNITS]), rng)
    return first, second


def _side(
    ids: Any, at: Any, state: Any, key: Any, members: Any, rows: Any, rng: np.random.Generator
) -> Side:
    n = len(rows)
    blank = np.full(n, np.nan)
    codes = np.zeros(n, dtype=np.int8)
    units = Units(
        ids=ids[rows],
        lon=np.zeros(n),
        lat=np.zeros(n),
        state=state[rows].astype(np.int8),
        union_key=np.where(np.isin(state[rows], COVERED), key[rows], 0),
        employees=rng.integers(1, 120, n).astype(float),
        members=np.where(rng.random(n) < 0.04, np.nan, members[rows]),
        new_employment_workers=blank,
        new_employment_members=blank,
        industry=codes,
        unit_class=codes,
        business=codes,
        address_key=np.zeros(n, dtype=np.int64),
    )
    here = at[rows]
    district = SUBDISTRICTS + here % DISTRICTS
    park = SUBDISTRICTS + DISTRICTS + (ids[rows] * 7 + here) % (PARKS * 3)
    inside = np.flatnonzero(park < SUBDISTRICTS + DISTRICTS + PARKS)
    unit = np.concatenate([np.arange(n), np.arange(n), inside])
    area = np.concatenate([here, district, park[inside]])
    order = np.lexsort((unit, area))
    return Side(units, np.zeros(n, dtype=np.int8), RULES, unit[order], area[order])


def _first(side: Side, count: int) -> Side:
    """The same, of the first units only."""
    units = Units(
        **{name: getattr(side.units, name)[:count] for name in Units.__dataclass_fields__}
    )
    kept = side.unit < count
    return Side(units, side.apart[:count], side.rules, side.unit[kept], side.area[kept])


def _by_pandas(before: Side, after: Side, areas: int) -> dict[str, Any]:
    sides = []
    for side in (before, after):
        units = pd.DataFrame(
            {
                "id": side.units.ids,
                "state": side.units.state,
                "members": side.units.members,
                "listed": True,
            }
        )
        lying = pd.DataFrame({"area": side.area, "id": side.units.ids[side.unit]})
        sides.append((units, lying.merge(units, on="id")))
    (old, here_old), (new, here_new) = sides
    both = here_old.merge(here_new, on=["area", "id"], how="outer", suffixes=("_old", "_new"))
    both = both.merge(old[["id", "listed"]].rename(columns={"listed": "was"}), on="id", how="left")
    both = both.merge(new[["id", "listed"]].rename(columns={"listed": "is"}), on="id", how="left")
    left, right = both["state_old"].notna(), both["state_new"].notna()
    was, now = both["was"].notna(), both["is"].notna()
    had, has = both["state_old"].isin(COVERED), both["state_new"].isin(COVERED)
    without = left & ~had & (both["state_old"] != STATE["unknown"])
    stated = both["members_old"].notna() & both["members_new"].notna()
    flags = pd.DataFrame(
        {
            "units_before": left,
            "units_after": right,
            "in_both": left & right,
            "appeared": right & ~was,
            "unlisted": left & ~now,
            "moved_in": right & ~left & was,
            "moved_out": left & ~right & now,
            "newly_own": right & without & (both["state_new"] == STATE["own"]),
            "lost_union": right & had & ~has & (both["state_new"] != STATE["unknown"]),
        }
    ).astype(np.int64)
    flags["members_before"] = both["members_old"].fillna(0).astype(np.int64)
    flags["members_after"] = both["members_new"].fillna(0).astype(np.int64)
    won = (both["members_new"] - both["members_old"]).where(stated, 0)
    flags["members_real"] = won.astype(np.int64)
    counted = flags.groupby(both["area"]).sum().reindex(range(areas), fill_value=0)
    return {name: counted[name].to_numpy() for name in counted.columns}
