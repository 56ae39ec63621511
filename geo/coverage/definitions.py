"""What each rate divides: the words and the counts, in one place.

No official formula was published; these are read off published figures, and each says its scope
(口径). Two traps: the same name stands for different bases (建会率 over all units, over obliged
ones, over those that meet the conditions), and one joint union covers many units, so unions and
covered units are counted apart. The law's 25 are *members*; practice screens by *employees*, which
a register states of units without a union too.

Mass registrations, dormant and closed units (:mod:`geo.enterprises.apart`) are in no rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

UNIONISED = ("units_own", "units_joint")
STATED = (*UNIONISED, "units_in_preparation", "units_none")

SET_APART = "mass registrations, dormant and closed units are counted apart"
SET_APART_ZH = "集群注册、歇业停业、注销吊销单位另计"

USUAL_NUMBERS = {"obliged": 25, "large": 100, "eligible": 1}
"""What the texts say where a region has no thresholds of its own."""


class Parts(NamedTuple):
    """What a rate is made of; numbers, or arrays of them."""

    numerator: Any
    denominator: Any
    left_out: Any
    """Units that belong to the scope, but did not state what the rate needs."""
    whole: Any
    """All units of the scope, stated or not."""

    @property
    def draws(self) -> Any:
        """Units that the rate rests on: they decide as units, so of a rate over people, too, this
        is how much evidence there is."""
        return self.whole - self.left_out


@dataclass(frozen=True)
class RateDefinition:
    """How one rate is made from the counts of `area_figures`.

    `scope…` and `title…` are texts with the thresholds filled in as they usually are;
    :meth:`told` fills in others.
    """

    name: str
    title_text: str
    title_zh_text: str
    scope_text: str
    scope_zh_text: str
    counts: Literal["units", "people"]
    """Whether it is a share of units, or of people, who come and go by units."""
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    left_out: tuple[str, ...]
    whole: tuple[str, ...]
    less: tuple[str, ...] = ()
    """Counts taken off the denominator again."""
    target: str | None = None
    """Name of its target in :mod:`geo.coverage.targets`."""

    def parts(self, counts: Mapping[str, Any]) -> Parts:
        """What it is made of, from the counts of one area or from arrays of them."""
        return Parts(
            _sum(counts, self.numerator),
            _sum(counts, self.denominator) - _sum(counts, self.less),
            _sum(counts, self.left_out),
            _sum(counts, self.whole),
        )

    def told(self, numbers: Mapping[str, int] = USUAL_NUMBERS) -> dict[str, str]:
        """`title`, `title_zh`, `scope`, `scope_zh` with these thresholds: obliged, large,
        eligible."""
        return {
            "title": self.title_text.format(**numbers),
            "title_zh": self.title_zh_text.format(**numbers),
            "scope": f"{self.scope_text.format(**numbers)}; {SET_APART}",
            "scope_zh": f"{self.scope_zh_text.format(**numbers)}；{SET_APART_ZH}",
        }

    @property
    def title(self) -> str:
        """What it is called, in English."""
        return self.told()["title"]

    @property
    def title_zh(self) -> str:
        """What it is called, in Chinese."""
        return self.told()["title_zh"]

    @property
    def scope(self) -> str:
        """What is divided by what, in English."""
        return self.told()["scope"]

    @property
    def scope_zh(self) -> str:
        """What is divided by what, in Chinese."""
        return self.told()["scope_zh"]


def _sum(counts: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return sum((counts[name] for name in names), start=0)


RATES: Mapping[str, RateDefinition] = {
    definition.name: definition
    for definition in (
        RateDefinition(
            "establishment",
            "Union establishment rate, all units",
            "建会率（全部单位）",
            "units covered by an own or joint union ÷ all units whose union state is known",
            "已建会或联合工会覆盖的单位 ÷ 建会状态已知的全部单位",
            "units",
            UNIONISED,
            STATED,
            ("units_unknown",),
            ("units",),
            target="establishment",
        ),
        RateDefinition(
            "establishment_25",
            "Union establishment rate, obliged units ({obliged} employees or more)",
            "建会率（应建会单位，职工{obliged}人及以上）",
            "units covered by a union ÷ units that state {obliged} employees or more and whose "
            "union state is known (the law counts members; the register is screened by employees)",
            "已建会单位 ÷ 职工{obliged}人及以上且建会状态已知的单位"
            "（法律按会员数，名册按职工数筛查）",
            "units",
            ("units_25_unionised",),
            ("units_25",),
            ("units_25_unknown",),
            ("units_25",),
            less=("units_25_unknown",),
            target="establishment_obliged",
        ),
        RateDefinition(
            "establishment_eligible",
            "Union establishment rate, eligible units",
            "建会率（具备建会条件单位）",
            "units covered by a union ÷ units in operation that state {eligible} or more employees "
            "and whose union state is known (fewer than 25 members may found one jointly)",
            "已建会单位 ÷ 在营、职工{eligible}人及以上且建会状态已知的单位"
            "（会员不足25人的可联合建会）",
            "units",
            ("units_eligible_unionised",),
            ("units_eligible",),
            ("units_eligible_unknown",),
            ("units_eligible",),
            less=("units_eligible_unknown",),
            target="establishment_eligible",
        ),
        RateDefinition(
            "establishment_100",
            "Union establishment rate, units with {large} employees or more",
            "建会率（职工{large}人及以上单位）",
            "units covered by a union ÷ units that state {large} employees or more and whose union "
            "state is known",
            "已建会单位 ÷ 职工{large}人及以上且建会状态已知的单位",
            "units",
            ("units_100_unionised",),
            ("units_100",),
            ("units_100_unknown",),
            ("units_100",),
            less=("units_100_unknown",),
            target="establishment_large",
        ),
        RateDefinition(
            "joint_coverage",
            "Share of units covered by a joint union",
            "联合工会覆盖率",
            "units covered by a joint union ÷ all units whose union state is known; one joint "
            "union covers many units, unions are counted apart",
            "联合工会覆盖的单位 ÷ 建会状态已知的全部单位；一家联合工会覆盖多家单位，工会数另计",
            "units",
            ("units_joint",),
            STATED,
            ("units_unknown",),
            ("units",),
        ),
        RateDefinition(
            "membership_unionised",
            "Membership rate in unionised units",
            "入会率（已建会单位）",
            "members ÷ employees of units with a union that state both",
            "会员 ÷ 职工（已建会且两数齐全的单位）",
            "people",
            ("unionised_members",),
            ("unionised_employees",),
            ("unionised_left_out",),
            UNIONISED,
            target="membership_unionised",
        ),
        RateDefinition(
            "membership_all",
            "Membership rate, all employees",
            "入会率（全部职工）",
            "members ÷ employees of units that state both; a unit without a union counts 0 members",
            "会员 ÷ 职工（两数齐全的单位；未建会单位会员计0）",
            "people",
            ("all_members",),
            ("all_employees",),
            ("all_left_out",),
            ("units",),
            target="membership_all",
        ),
        RateDefinition(
            "new_employment",
            "Membership rate of new-employment workers",
            "新就业形态劳动者入会率",
            "members ÷ known new-employment workers of units that state both",
            "会员 ÷ 已知新就业形态劳动者（两数齐全的单位）",
            "people",
            ("new_employment_members",),
            ("new_employment_workers",),
            ("new_employment_left_out",),
            ("new_employment_units",),
            target="new_employment",
        ),
    )
}
