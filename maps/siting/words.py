"""A plan in words: one way of saying it for the map, the sheet and the print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from geo.siting.amounts import whole_text
from geo.siting.fields import TAKES
from maps.siting.view import PlanView
from maps.style import percent
from maps.texts import Both, Language, both, named, text

EXACT: Final = 1e-9
"""What is left of a gap that is closed, reckoned in doubles; the page's `EXACT` is the same."""


def say(key: str, language: Language, **values: object) -> str:
    """A text of the section of plans."""
    return text(f"siting_sheet.{key}", language, **values)


def in_both(key: str, **values: object) -> Both:
    """The same in both languages."""
    return both(f"siting_sheet.{key}", **values)


def people_text(view: PlanView, value: float, language: Language) -> str:
    """A number of people with its unit."""
    key = "unit_hours" if view.facts["hours"] > 1 else "unit_people"
    return say(key, language, n=whole_text(value))


def column(key: str, view: PlanView, language: Language) -> str:
    """The heading of a column; of one of people over several hours with its unit."""
    heading = say(key, language)
    if key not in {"people", "before", "after"} or view.facts["hours"] == 1:
        return heading
    if key == "people":
        return say("person_hours", language)
    return say("in_person_hours", language, what=heading)


def gini_text(view: PlanView) -> str:
    """How uneven it was and will be: 0.168 → 0.107; today's is not told where its stations do not
    count."""
    equity = view.facts["equity"]
    before = equity["before"] if view.question.keep_existing else None
    return " → ".join("–" if one is None else f"{one:.3f}" for one in (before, equity["after"]))


def share_text(share: float | None) -> str:
    """A share; a dash where there is none."""
    return "–" if share is None else percent(share)


def hours_text(hours: Sequence[int]) -> str:
    """6–22, or 11、12 as 11–12, 17."""
    parts: list[list[int]] = []
    for hour in hours:
        if parts and hour == parts[-1][-1] + 1:
            parts[-1].append(hour)
        else:
            parts.append([hour])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in parts)


def summary(view: PlanView, language: Language) -> str:
    """What the plan does, in one paragraph."""
    facts, asked = view.facts, view.question
    groups = say("all_groups", language)
    if asked.groups:
        listed = [_one(named("worker_group", one), language) for one in asked.groups]
        groups = say(
            "some_groups", language, names=("、" if language == "zh" else ", ").join(listed)
        )
    return say(
        "summary" if asked.keep_existing else "summary_anew",
        language,
        where=view.where or say("everywhere", language),
        groups=groups,
        day=say(asked.day, language),
        hours=say("hours", language, list=hours_text(asked.hours)),
        people=people_text(view, facts["people"], language),
        before=share_text(facts["share_today"]),
        after=share_text(facts["share"]),
        n=len(view.sites),
        newly=people_text(view, max(facts["covered"] - facts["covered_today"], 0.0), language),
    )


def gap_of(view: PlanView) -> str:
    """Its gap; a dash where nothing was chosen."""
    return "–" if view.by_hand else gap_text(view.answer["gap"])


def proof(view: PlanView, language: Language) -> str:
    """How good it is, proved."""
    if view.by_hand:
        return say("proof_by_hand", language)
    gap, status = view.answer["gap"], view.answer["status"]
    if gap is None:
        return say("proof_none", language)
    best = status == "optimal" or gap <= EXACT
    told = say("proof_optimal", language) if best else say("proof_gap", language, gap=gap_text(gap))
    alone = view.answer.get("proved_gap")
    if alone is None or gap_text(alone) == gap_text(gap):
        return told
    between = "" if language == "zh" else " "
    return f"{told}{between}{say('proof_alone', language, gap=gap_text(alone))}"


def gap_text(gap: float | None) -> str:
    """A gap as it may be told, as on the page: never smaller than it is. 0.00184 is `0.19%`."""
    if gap is None or not math.isfinite(gap):
        return "–"
    if gap <= EXACT:
        return "0%"
    hundredths = gap * 100
    decimals = 0 if hundredths >= 10 else 1 if hundredths >= 1 else 2 if hundredths >= 0.01 else 4
    shown = math.ceil(hundredths * 10**decimals - 1e-9) / 10**decimals
    return f"{shown:.{decimals}f}%"


def limits(view: PlanView, language: Language) -> list[str]:
    """The conditions of the question."""
    asked = view.question
    takes = TAKES[asked.model]
    told: list[str] = []

    def add(key: str, value: object, field: str | None = None, **more: object) -> None:
        # A plan of an earlier version may state what its model never took.
        if value and (field is None or field in takes):
            told.append(say(f"limit_{key}", language, **more))

    add("sites", asked.sites is not None, "sites", n=asked.sites)
    add("budget", asked.budget is not None, "budget", n=whole_text(asked.budget or 0))
    add("share", asked.share is not None, "share", n=percent(asked.share or 0.0))
    steps = [f"{metres:g} m: {share:.0%}" for metres, share in asked.steps or []]
    add("steps", steps, "steps", list=", ".join(steps))
    add("backup", asked.backup, "backup", n=f"{asked.backup:g}")
    spacing = "spacing_warn" if asked.spacing_rule == "warn" else "spacing"
    add(spacing, asked.spacing_metres, "spacing_metres", n=f"{asked.spacing_metres:g}")
    least_share, least_sites = asked.area_least_share, asked.area_least_sites
    add("area_share", least_share, "area_least_share", n=percent(least_share))
    add("area_sites", least_sites, "area_least_sites", n=least_sites)
    add("24h", asked.open_24h_least, "open_24h_least", n=asked.open_24h_least)
    add("chain", asked.per_chain_most is not None, "per_chain_most", n=asked.per_chain_most)
    places = asked.capacity_per_place
    add("capacity", places, "capacity_per_place", n=f"{places or 0:g}")
    add("agreed", asked.agreed_only)
    add("locked", asked.lock, n=len(asked.lock))
    add("forbidden", asked.forbid, n=len(asked.forbid))
    add("own", asked.extra, n=len(asked.extra))
    add("closing", asked.closing and asked.keep_existing, n=len(asked.closing))
    add("without_stations", not asked.keep_existing)
    return told or [say("no_limits", language)]


def model_text(view: PlanView, language: Language) -> str:
    """The model, in a line."""
    key = view.question.model.replace("-", "_")
    cheapest = view.question.model == "set-cover" and view.question.least == "cost"
    return say(f"model_{key}_cost" if cheapest else f"model_{key}", language)


def objective_word(view: PlanView, language: Language) -> str:
    """The objective, with what it counts."""
    unit = view.answer.get("objective_unit")
    word = say("objective", language)
    if unit is None:  # a plan of an earlier version
        return word
    hours = unit == "people" and view.facts["hours"] > 1
    counted = say("unit_of_person_hours" if hours else f"unit_of_{unit}", language)
    return f"{word}（{counted}）" if language == "zh" else f"{word}, {counted}"


def definitions(view: PlanView, language: Language) -> list[str]:
    """Method, bound, and what each figure means."""
    told = [
        model_text(view, language),
        covered_text(view, language),
        *([say("define_straight", language)] if view.facts["straight_line"] else []),
        *_room(view, language),
        *_steady(view, language),
        say("define_people", language, least=f"{view.facts['least']:g}"),
        say("define_adds", language),
        say("define_bound", language),
        say("define_gini", language),
        say("define_papers", language),
    ]
    # Plans of earlier versions have both languages in one.
    mixed = [_half(one, language) for one in view.answer["relaxed"]]
    return [*told, *(view.answer.get(f"relaxed_{language}") or mixed)]


def covered_text(view: PlanView, language: Language) -> str:
    """What counts as covered: within the radius, or by how much at which step."""
    asked = view.question
    if not asked.steps:
        return say("define_covered", language, metres=f"{asked.radius_metres:g}")
    names = {1.0: "step_full", 0.5: "step_half"}
    steps = [
        text(
            f"plan.{names.get(part, 'step_share')}",
            language,
            n=f"{metres:,.0f}",
            **({} if part in names else {"share": f"{100 * part:g}%"}),
        )
        for metres, part in asked.steps
    ]
    return say("define_steps", language, steps=("、" if language == "zh" else ", ").join(steps))


def _steady(view: PlanView, language: Language) -> list[str]:
    steady = view.facts.get("steady")
    if steady is None:
        return []
    left = steady[f"left_{language}"]
    told = [say("define_often", language, within=percent(steady["within"]), n=steady["plans"])]
    return (told if steady["plans"] else []) + ([left] if left else [])


def _room(view: PlanView, language: Language) -> list[str]:
    if view.question.capacity_per_place is None:
        return []
    # Plans that were kept before room was regarded do not say so.
    regarded = view.facts.get("room_regarded")
    return [say("define_room" if regarded else "define_no_room", language)]


def without_text(site: dict[str, Any], language: Language) -> str:
    """The best plan without a site: who comes and goes, what is lost; empty where not known."""
    told = site.get("without")
    if told is None:
        return ""
    if not told["possible"]:
        return say("without_none", language)
    between = "、" if language == "zh" else ", "
    names = {key: between.join(one["name"] for one in told[key]) for key in ("comes", "goes")}
    loss = whole_text(told["loss"])
    if not names["comes"]:
        return say("without_nobody", language, loss=loss)
    key = "without_both" if names["goes"] else "without_comes"
    return say(key, language, loss=loss, **names)


def agreed_text(value: bool | None, language: Language) -> str:
    """Whether a host agreed."""
    return say("not_asked" if value is None else "yes" if value else "no", language)


def host_type(site: dict[str, Any], language: Language) -> str:
    """The kind of a host."""
    return _one(named("host_type", site["host_type"]), language) if site["host_type"] else ""


def area_name(name: str | None, area_id: int) -> str:
    """The name of an area, or its number."""
    return " ".join((name or "").split()) or f"#{area_id}"


def _one(words: Both, language: Language) -> str:
    return words.zh if language == "zh" else words.en


def _half(told: str, language: Language) -> str:
    """Of a remark in both languages (`中文。 English.`) the one that is wanted."""
    zh, found, en = told.partition("。 ")
    if not found:
        return told
    return f"{zh}。" if language == "zh" else en
