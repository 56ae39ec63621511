"""Which conditions of a question each model takes: one table for whoever asks, refuses, solves or
tells of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, Literal

from geo.errors import Invalid

if TYPE_CHECKING:
    from geo.siting.question import Question

Asks = Literal["max-cover", "set-cover", "p-median", "p-centre", "curve", "robust"]
"""A model; or maximum coverage asked as a curve, or for several days."""
_SHARED: Final = (
    "sites", "budget", "spacing_metres", "spacing_rule", "area_least_sites", "open_24h_least",
    "per_chain_most",
)  # fmt: skip
TAKES: Final[Mapping[Asks, tuple[str, ...]]] = {
    "max-cover": (*_SHARED, "steps", "backup", "area_least_share", "capacity_per_place"),
    "set-cover": (*_SHARED, "share", "least", "steps", "area_least_share"),
    "p-median": (*_SHARED, "capacity_per_place"),
    "p-centre": _SHARED,
    "curve": (*_SHARED, "steps", "backup", "area_least_share"),
    "robust": (*_SHARED, "steps", "area_least_share"),
}
NOT_TOGETHER: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("capacity_per_place", "steps"): ("", ""),
    ("capacity_per_place", "backup"): ("", ""),
    ("capacity_per_place", "area_least_share"): (
        "街道可改用最少站点数。",
        "Of each subdistrict a least number of sites can be asked for instead.",
    ),
}
"""Conditions that are not defined together, whatever the model, and what helps besides leaving one
out."""
LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "sites": ("新建站点", "New sites"),
    "budget": ("预算", "Budget"),
    "share": ("覆盖率至少", "Share to reach"),
    "least": ("最少的是", "The least of"),
    "steps": ("分级覆盖", "By steps"),
    "backup": ("被两站覆盖时多算", "Reached twice counts, besides"),
    "spacing_metres": ("站点间距至少", "Sites apart, at least"),
    "spacing_rule": ("间距不足时", "Sites that are nearer"),
    "area_least_share": ("每个街道覆盖率至少", "At least this share of each subdistrict"),
    "area_least_sites": ("每个街道至少有", "At least so many in each subdistrict"),
    "open_24h_least": ("24 小时开放的至少", "Open 24 hours, at least"),
    "per_chain_most": ("同一品牌至多", "Of one chain, at most"),
    "capacity_per_place": ("每个容纳位每小时服务", "Served an hour for each place of capacity"),
}
"""As the planner's page calls them, in both languages (its own words begin so: a test)."""
_ASKED: Final[Mapping[Asks, tuple[str, str]]] = {
    "max-cover": ("覆盖最多的人", "the most people reached"),
    "set-cover": ("用最少的站点达到覆盖率", "a share reached with the fewest sites"),
    "p-median": ("总步行距离最短", "the least walking in all"),
    "p-centre": ("最远的人走得最近", "the least worst walk"),
    "curve": ("预算曲线", "the curve"),
    "robust": ("兼顾多种日子", "one plan for several days"),
}
CHOICES: Final = ("least", "spacing_rule")
"""They say how another condition is meant, and by themselves ask for nothing."""


def given(asked: Question) -> tuple[str, ...]:
    """The conditions that a question states. A share of 0 is one too: nobody has to be reached,
    where without a share everybody has to be."""
    usual = type(asked).model_fields
    return tuple(
        name
        for name in LABELS
        if name not in CHOICES and getattr(asked, name) != usual[name].default
    )


def taken(asked: Question) -> tuple[str, ...]:
    """Of those the ones that its model takes."""
    takes = TAKES[asked.model]
    return tuple(name for name in given(asked) if name in takes)


def takers(name: str) -> list[Asks]:
    """The models that take a condition."""
    return [one for one in TAKES if name in TAKES[one] and one not in ("curve", "robust")]


def clash(stated: Collection[str]) -> tuple[str, str] | None:
    """Two of some conditions that are not defined together."""
    pairs = (pair for pair in NOT_TOGETHER if set(pair) <= set(stated))
    return next(pairs, None)


def apart(together: tuple[str, str]) -> str:
    """What to do about two conditions that are not defined together."""
    zh, en = NOT_TOGETHER[together]
    return f"去掉其中一项。{zh} Leave one of the two out. {en}".strip()


def check_fields(asked: Question, asks: Asks | None = None) -> None:
    """Refuse conditions that would do nothing or cannot be met together.

    Args:
        asks: what is asked; by default the question's own model.

    Raises:
        Invalid: names the condition as the page calls it.
    """
    asks = asks or asked.model
    stated = given(asked)
    if asks == "set-cover" and asked.least == "sites" and asked.budget is not None:
        raise _refused(
            "budget",
            "求最少的站点数时不看成本，不能再限预算",
            "where the fewest sites are wanted costs do not matter, so a budget cannot limit them",
            "去掉预算，或改为求最低的成本。 Leave the budget out, or ask for the least cost.",
        )
    for name in stated:
        if name not in TAKES[asks]:
            zh, en = _ASKED[asks]
            others = takers(name)
            raise _refused(
                name,
                f"问“{zh}”时不用这一项",
                f"it does nothing for {en}",
                f"去掉它，或改问{'、'.join(f'“{_ASKED[one][0]}”' for one in others)}。 "
                f"Leave it out, or ask for {' or '.join(_ASKED[one][1] for one in others)}.",
            )
    together = clash(stated)
    if together is not None:
        zh, en = LABELS[together[0]]
        raise _refused(
            together[1],
            f"不能与“{zh}”同时使用",
            f"it cannot be asked for together with '{en}'",
            apart(together),
        )


def _refused(name: str, zh: str, en: str, remedy: str) -> Invalid:
    label_zh, label_en = LABELS[name]
    return Invalid(f"“{label_zh}”：{zh}。 '{label_en}': {en}.", remedy=remedy, field=name)
