"""What is asked of plain files: the options of `nuanyi siting`, and what contradicts itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from geo.coordinates import Crs
from geo.errors import Invalid
from geo.siting.fields import apart, clash, takers
from geo.siting.problem import Demand, Rules

Metric = Literal["euclidean", "geodesic", "walk", "file"]
Model = Literal["max-cover", "set-cover", "p-median", "p-centre"]
METRICS: Final[tuple[Metric, ...]] = ("euclidean", "geodesic", "walk", "file")
MODELS: Final[tuple[Model, ...]] = ("max-cover", "set-cover", "p-median", "p-centre")
COVERS: Final = ("max-cover", "set-cover")
FILES: Final = ("demand", "candidates", "existing", "distances", "streets")
"""Which fields of a question are files."""
OF_FILES: Final[Mapping[str, tuple[Model, ...]]] = {
    "then_walk": ("max-cover",),
    "unserved": ("p-median",),
}
"""Which models take the conditions that only plain files state; of the others see
:data:`geo.siting.fields.TAKES`."""

HOURS: Final = "6-22"
"""The hours that count where it is not said."""


@dataclass(frozen=True)
class Question:
    """What is asked of the files; the options of `nuanyi siting solve`, see its help.

    `per_area` are pairs of a subdistrict and what is asked of it: a share, or a number of sites.
    `streets` is an OpenStreetMap extract to walk on. `then_walk`: of the plans that cover most, the
    one that walks least. `unserved`: metres that whoever is beyond reach counts as walking.
    `hours`: of columns h0 to h23; None: :data:`HOURS`.
    """

    model: Model
    demand: Path
    candidates: Path
    existing: Path | None = None
    distances: Path | None = None
    streets: Path | None = None
    metric: Metric | None = None
    crs: Crs = "wgs84"
    radius: float | None = None
    sites: int | None = None
    budget: float | None = None
    share: float | None = None
    area_share: float | None = None
    area_sites: int | None = None
    per_area: tuple[tuple[str, float | int], ...] = ()
    steps: tuple[tuple[float, float], ...] = ()
    backup: float = 0.0
    spacing: float = 0.0
    spacing_rule: Literal["forbid", "warn"] = "forbid"
    capacity: float | None = None
    with_capacities: bool = False
    open_24h: int = 0
    per_chain: int | None = None
    force: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    hours: str | None = None
    day: str | None = None
    then_walk: bool = False
    unserved: float | None = None


def check_question(question: Question) -> None:
    """Refuse what contradicts itself before any file is read.

    Raises:
        Invalid: says what, and what to do.
    """
    if question.model not in MODELS:
        raise Invalid(
            f"没有模型 {question.model}。 There is no model '{question.model}'.",
            remedy=f"可选 / Use one of {', '.join(MODELS)}.",
            field="model",
        )
    if question.metric is not None and question.metric not in METRICS:
        raise Invalid(
            f"没有距离 {question.metric}。 There is no metric '{question.metric}'.",
            remedy=f"可选 / Use one of {', '.join(METRICS)}.",
            field="metric",
        )
    if question.metric == "file" and question.distances is None:
        raise Invalid(
            "距离取自文件，但没有给出文件。 Distances from a file, but no file.",
            remedy="加上 --distances 文件。 Add --distances FILE.",
            field="distances",
        )
    either = question.model in ("max-cover", "p-median")
    if either and question.sites is None and question.budget is None:
        raise missing("站点数或预算", "a number of sites or a budget", "--sites 或 --budget")
    if question.model == "p-centre" and question.sites is None:
        raise missing("站点数", "a number of sites", "--sites")
    _check_taken(question)
    if question.spacing_rule not in ("forbid", "warn"):
        raise Invalid(
            f"没有间距规则 {question.spacing_rule}。 "
            f"There is no spacing rule '{question.spacing_rule}'.",
            remedy="可选 / Use forbid or warn.",
            field="spacing_rule",
        )
    for name, least in (("share", question.share), ("area_share", question.area_share)):
        if least is not None and not 0 <= least <= 1:
            raise Invalid(
                f"比例不能是 {least:g}。 A share cannot be {least:g}.",
                remedy="填写 0 到 1，如 0.9。 Give 0 to 1, such as 0.9.",
                field=name,
            )
    _check_numbers(question)
    both = sorted(set(question.force) & set(question.forbid))
    if both:
        raise Invalid(
            f"候选点 {'、'.join(both)} 既必选又禁选。 "
            f"{', '.join(both)}: forced and forbidden at once.",
            remedy="二者取一。 Decide for one of the two.",
            field="force",
        )
    if question.sites is not None and question.sites < len(set(question.force)):
        raise Invalid(
            f"必选 {len(set(question.force))} 个候选点，但只设 {question.sites} 个站。 "
            f"{len(set(question.force))} candidates are forced, but only {question.sites} sites "
            "may be chosen.",
            remedy="增加站点数，或减少必选点。 Raise the number of sites, or force fewer.",
            field="sites",
        )


def _check_numbers(question: Question) -> None:
    """Refuse amounts that are none; NaN and infinity can be typed too."""
    no_step = next((m for m, _ in question.steps if not (np.isfinite(m) and m >= 0)), None)
    amounts = (
        ("radius", "服务半径", "reach", question.radius, True),
        ("steps", "分级的距离", "distance of a step", no_step, False),
        ("spacing", "间距", "spacing", question.spacing, False),
        ("capacity", "容量", "capacity", question.capacity, False),
    )
    for name, zh, en, amount, above in amounts:
        if amount is None or (np.isfinite(amount) and (amount > 0 or (amount == 0 and not above))):
            continue
        raise Invalid(
            f"{zh}不能是 {amount:g}。 The {en} cannot be {amount:g}.",
            remedy="填写大于 0 的数。 Give a number above 0."
            if above
            else "填写不小于 0 的数。 Give a number of 0 or more.",
            field=name,
        )
    for area, wanted in question.per_area:
        if not isinstance(wanted, int) and not 0 <= wanted <= 1:
            raise Invalid(
                f"街道“{area}”的比例不能是 {wanted:g}。 "
                f"The share of '{area}' cannot be {wanted:g}.",
                remedy="填写 0 到 1，如 0.6 或 60%。 Give 0 to 1, such as 0.6 or 60%.",
                field="per_area",
            )


def missing(zh: str, en: str, option: str) -> Invalid:
    """The error for an option that the model cannot do without."""
    return Invalid(
        f"没有给出{zh}。 It is not said with {en}.",
        remedy=f"加上 {option}。 Add {option.replace(' 或 ', ' or ')}.",
        field=option.split(maxsplit=1)[0].strip("-"),
    )


def unused(option: str, name: str, model: str) -> Invalid:
    """The error for an option that states a condition which the model does not take."""
    others = OF_FILES.get(name) or takers(name)
    return Invalid(
        f"模型 {model} 不用 {option}。 The model {model} does not take {option}.",
        remedy=f"去掉它，或改用 {'、'.join(others)}。 Leave it out, or use {' or '.join(others)}.",
        field=name,
    )


def _check_taken(question: Question) -> None:
    """Refuse conditions that the model does not take, or that are not defined together."""
    stated = _stated(question)
    for name, option in stated.items():
        if question.model not in (OF_FILES.get(name) or takers(name)):
            raise unused(option, name, question.model)
    together = clash(stated)
    if together is not None:
        one, other = (stated[name] for name in together)
        raise Invalid(
            f"{one} 与 {other} 不能同时使用。 {one} and {other} cannot be asked for together.",
            remedy=apart(together),
            field=together[1],
        )


def _stated(question: Question) -> dict[str, str]:
    """The conditions that a question states, by their names in :mod:`geo.siting.fields`, and the
    options that state them."""
    shares = any(not isinstance(wanted, int) for _, wanted in question.per_area)
    numbers = any(isinstance(wanted, int) for _, wanted in question.per_area)
    told = (
        ("sites", "--sites", question.sites is not None),
        ("budget", "--budget", question.budget is not None),
        ("share", "--share", question.share is not None),
        ("steps", "--steps", bool(question.steps)),
        ("backup", "--backup", question.backup != 0),
        ("spacing_metres", "--spacing", question.spacing != 0),
        ("area_least_share", "--per-area", shares),
        ("area_least_share", "--area-share", question.area_share is not None),
        ("area_least_sites", "--per-area", numbers),
        ("area_least_sites", "--area-sites", question.area_sites is not None),
        ("open_24h_least", "--open-24h", question.open_24h > 0),
        ("per_chain_most", "--per-chain", question.per_chain is not None),
        (
            "capacity_per_place",
            "--capacity",
            question.with_capacities or question.capacity is not None,
        ),
        ("then_walk", "--then-walk", question.then_walk),
        ("unserved", "--unserved", question.unserved is not None),
    )
    return {name: option for name, option, given in told if given}


def rules_of(question: Question, demand: Demand, districts: Sequence[str]) -> Rules:
    """The conditions in numbers; `districts` are the names of the positions in the demand.

    Raises:
        Invalid: a subdistrict that is in no file.
    """
    weighty = np.bincount(
        demand.district[demand.district >= 0],
        demand.weight[demand.district >= 0],
        minlength=len(districts),
    )
    shares: dict[int, float] = {}
    least: dict[int, int] = {}
    if question.area_share is not None:
        shares = {int(at): question.area_share for at in np.flatnonzero(weighty > 0)}
    if question.area_sites is not None:
        least = {int(at): question.area_sites for at in range(len(districts))}
    place = {name: at for at, name in enumerate(districts)}
    for name, wanted in question.per_area:
        if name not in place:
            raise Invalid(
                f"没有街道“{name}”。 There is no subdistrict '{name}' in the files.",
                remedy=f"现有 / There are: {'、'.join(districts[:12]) or '无 none (no column)'}.",
                field="per_area",
            )
        if isinstance(wanted, int):
            least[place[name]] = wanted
        else:
            shares[place[name]] = wanted
    more: dict[str, Any] = {}
    if question.share is not None:
        more["share"] = question.share
    if question.unserved is not None:
        more["unserved_metres"] = question.unserved
    return Rules(
        p=question.sites,
        budget=question.budget,
        steps=question.steps,
        backup=question.backup,
        spacing_metres=question.spacing,
        spacing=question.spacing_rule,
        district_least_sites=least,
        district_least_share=shares,
        open_24h_least=question.open_24h,
        per_chain_most=question.per_chain,
        capacities=question.with_capacities or question.capacity is not None,
        **more,
    )
