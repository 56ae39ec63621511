"""Why a siting question has no plan, as it is told: reasons, and what would change that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from geo.siting.amounts import need, sites_text
from geo.siting.explain.elastic import Yielded
from geo.siting.names import Names


@dataclass(frozen=True)
class Reason:
    """One condition that cannot be met: `rule` is the field of :class:`Rules`; of a share, `wanted`
    and `reachable` are 0 … 1 of the subdistrict's demand."""

    zh: str
    en: str
    rule: str
    district: int | None = None
    wanted: float | None = None
    reachable: float | None = None


@dataclass(frozen=True)
class Change:
    """What would make it feasible: a new value of a rule, or `parts` that help only together;
    `least`: proved to be the least."""

    zh: str
    en: str
    rule: str
    value: float | None
    district: int | None = None
    least: bool = True
    parts: tuple[Change, ...] = ()


@dataclass
class Explanation:
    """Reasons, and the changes of which **each alone** (where there are several reasons: each for
    its own reason, and one of those that are needed besides) makes a plan possible."""

    reasons: list[Reason] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def zh(self) -> str:
        """In one paragraph."""
        return "".join([*(f"{one.zh}。" for one in self.reasons), *self._ways("zh")])

    @property
    def en(self) -> str:
        """In one paragraph."""
        said = [f"{one.en[:1].upper()}{one.en[1:]}." for one in self.reasons]
        return " ".join([*said, *self._ways("en")])

    def _ways(self, language: str) -> list[str]:
        if not self.changes:
            return []
        told = [getattr(one, language) for one in self.changes]
        return [f"可行的改法：{'；'.join(told)}。"] if language == "zh" else [
            f"What would make it possible: {'; '.join(told)}."
        ]  # fmt: skip


def change_of(one: Yielded, names: Names, *, farther: bool) -> Change:
    """A condition that gave way, as a change of the question.

    Args:
        farther: sites could reach farther.
    """
    zh, en = "改为", "change"
    about = "" if one.least else "（未证明最少）"
    proved = "" if one.least else " (not proved to be the least)"
    value = one.value
    if one.rule == "p":
        zh, en = f"站点数增至 {value:.0f}", f"allow {sites_text(value)}"
    elif one.rule == "budget":
        zh, en = f"预算增至 {need(value)}", f"raise the budget to {need(value)}"
    elif one.rule == "open_24h_least":
        zh, en = f"24 小时站点降为 {value:.0f} 个", f"ask for {sites_text(value)} open 24 hours"
    elif one.rule == "per_chain_most":
        zh, en = f"每品牌放宽到 {value:.0f} 个", f"allow {sites_text(value)} of one chain"
    elif one.rule == "share":
        zh, en = (
            f"总覆盖率降到 {percent(value)}",
            f"ask no more than {percent(value)} of all demand",
        )
    elif one.rule == "spacing_metres":
        zh, en = (
            (f"间距缩小到 {value:.0f} 米", f"ask for {value:.0f} m between sites")
            if value
            else ("不要求间距", "do not ask for spacing")
        )
    elif one.rule == "capacities":
        # Rounded up, lest it should not be enough.
        factor = np.ceil(value * 1000 - 1e-6) / 1000
        zh, en = (
            f"每个站点的容量提高到 {factor:g} 倍",
            f"give each site room for {factor:g} times as many",
        )
    elif one.rule == "everybody":
        zh, en = f"留下 {need(value)} 的需求不服务", f"leave demand of {need(value)} unserved"
        if farther:
            zh, en = f"{zh}（或放宽距离）", f"{en} (or let sites reach farther)"
    elif one.district is not None:
        name = names.district(one.district)
        if one.rule == "district_least_share":
            zh = f"把{name}的要求降到 {percent(value)}"
            en = f"ask no more than {percent(value)} of {name}"
        else:
            zh, en = f"{name}降为 {value:.0f} 个站点", f"ask {sites_text(value)} of {name}"
    return Change(zh + about, en + proved, one.rule, value, one.district, one.least)


def joined(changes: Sequence[Change]) -> list[Change]:
    """Changes that help only together, as one; none where there are none."""
    if len(changes) < 2:
        return list(changes)
    zh, en = "，并".join(one.zh for one in changes), " and ".join(one.en for one in changes)
    least = all(one.least for one in changes)
    return [Change(zh, en, changes[0].rule, None, least=least, parts=tuple(changes))]


def percent(share: float) -> str:
    """A share as a percentage that is not above it: 41 %, or 41.6 % where that tells more."""
    tenths = np.floor(share * 1000 + 1e-9) / 10
    return f"{tenths:.0f} %" if tenths == int(tenths) else f"{tenths:.1f} %"
