"""Today's stations: which to close at the least loss, and which few moves gain most.

Both are maximum coverage with other roles: closing k of E stations is to keep the best E - k; at
most k moves is to choose E sites of which at most k are new.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geo.errors import Invalid
from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.problem import (
    EXISTING,
    FORBIDDEN,
    FREE,
    Answer,
    Bools,
    Covering,
    Demand,
    Floats,
    Longs,
    Rules,
    Sites,
)


def which_to_close(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    count: int,
    control: Control | None = None,
    seed: int = 0,
    may: Bools | None = None,
) -> Answer:
    """Close so many existing stations so that least is lost.

    Args:
        rules: how demand counts, and conditions on what stays; its `p` and `budget` are not looked
            at. Candidates that are not existing stay out.
        count: how many to close.
        may: (m,) which of the existing stations may be closed; all by default. The others stay.

    Returns:
        The answer for what stays: `sites` are the stations **kept** of those that may be closed,
        `objective` is what they
        cover, and no other choice keeps more than `bound`.

    Raises:
        Invalid: fewer stations exist than shall be closed.
    """
    posed, asked = closing(sites, rules, count, may)
    return max_cover(demand, posed, reach, asked, control, seed)


def closing(
    sites: Sites, rules: Rules, count: int, may: Bools | None = None
) -> tuple[Sites, Rules]:
    """What :func:`which_to_close` asks maximum coverage: the same sites in other roles, and rules.

    Raises:
        Invalid: fewer stations exist than shall be closed.
    """
    existing = sites.fixed == EXISTING
    loose = existing if may is None else existing & may
    _check(count, int(loose.sum()))
    kept = np.where(loose, FREE, np.where(existing, EXISTING, FORBIDDEN)).astype(np.int8)
    asked = replace(rules, p=int(loose.sum()) - count, budget=None)
    return replace(sites, fixed=kept), asked


def best_moves(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    count: int,
    control: Control | None = None,
    seed: int = 0,
    may: Bools | None = None,
) -> Answer:
    """Move at most so many existing stations to free candidates so that most is covered.

    Args:
        rules: as for :func:`which_to_close`; without a limit by chain, which is used for this.
        count: at most so many moves.
        may: (m,) which of the existing stations may be moved; all by default. The others stay.

    Returns:
        `sites` are all stations that stand **afterwards**, without those that may not be moved:
        those of today that are not among them
        were moved, those that are no station of today are where they went.

    Raises:
        Invalid: fewer stations exist than may be moved, or a limit by chain.
    """
    existing = sites.fixed == EXISTING
    loose = existing if may is None else existing & may
    posed, asked = moving(sites, rules, count, may)
    warm = np.flatnonzero(loose).astype(np.int64)
    return max_cover(demand, posed, reach, asked, control, seed, warm=warm)


def moving(sites: Sites, rules: Rules, count: int, may: Bools | None = None) -> tuple[Sites, Rules]:
    """What :func:`best_moves` asks maximum coverage: the same sites in other roles, and rules.

    Raises:
        Invalid: fewer stations exist than may be moved, or a limit by chain.
    """
    existing = sites.fixed == EXISTING
    loose = existing if may is None else existing & may
    _check(count, int(loose.sum()))
    if rules.per_chain_most is not None:
        raise Invalid(
            "迁移站点时不能限制品牌数量。 Moves cannot be limited by chain.",
            remedy="去掉品牌限制。 Leave the limit by chain out.",
            field="per_chain_most",
        )
    free = np.where(loose, FREE, sites.fixed).astype(np.int8)
    new = np.where(existing, -1, 0).astype(np.int32)
    asked = replace(rules, p=int(loose.sum()), budget=None, per_chain_most=count)
    return replace(sites, fixed=free, chain=new), asked


def gone_and_come(
    answer: Answer, existing: Bools, may: Bools, loss: Floats, closing: int | None
) -> tuple[Longs, Longs]:
    """Which stations of today go, those missed least first, and which candidates come.

    Args:
        answer: of :func:`which_to_close` or :func:`best_moves`. existing, may: (m,) stations of
            today, and which of them may go. loss: (m,) what is lost when one alone goes.
        closing: so many close; None: as many go as come.
    """
    stays = np.zeros(len(existing), np.bool_)
    stays[answer.sites] = True
    come = np.flatnonzero(stays & ~existing).astype(np.int64)
    # Stations that nobody would miss are in no answer; no more of them go than was asked.
    loose = np.flatnonzero(may & ~stays).astype(np.int64)
    most = len(come) if closing is None else closing
    return loose[np.argsort(loss[loose], kind="stable")][:most], come


def _check(count: int, stations: int) -> None:
    if not 0 <= count <= stations:
        raise Invalid(
            f"现有站点 {stations} 个，不能调整 {count} 个。 "
            f"There are {stations} existing stations, not {count} to close or move.",
            remedy=f"填写 0 到 {stations}。 Give 0 to {stations}.",
            field="count",
        )
