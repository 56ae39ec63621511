"""A plan as two printed pages: the plan with its map; areas, method, bound and definitions."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from geo.siting.amounts import whole_text
from maps import style
from maps.siting.picture import picture
from maps.siting.view import PlanView
from maps.siting.words import (
    agreed_text,
    area_name,
    column,
    definitions,
    gap_of,
    gini_text,
    host_type,
    limits,
    objective_word,
    people_text,
    proof,
    say,
    share_text,
    summary,
)
from maps.texts import Language, text
from maps.typesetter import cut, typeset

TEMPLATE: Final = "plan.typ"
MOST_SITES: Final = 24
MOST_NAMED: Final = 90
"""New sites beyond those of the table that are named below it."""
MOST_DISTRICTS: Final = 34
MAP_MM: Final = (178.0, 112.0)


def pdf(view: PlanView, language: Language, *, fonts: Path | None = None) -> bytes:
    """Two A4 pages as one PDF: tagged (PDF/UA-1), with title and language, its fonts inside.

    Raises:
        Unavailable: there is no Chinese font on this machine nor in `fonts`.
    """
    [made] = typeset(
        data_of(view, language),
        printed_on=view.made_on,
        folder=fonts,
        template=files("maps.siting").joinpath(TEMPLATE).read_bytes(),
    )
    return made


def data_of(view: PlanView, language: Language) -> dict[str, Any]:
    """What `plan.typ` reads; all texts in it are plain."""
    facts, made = view.facts, view.made_on
    newly = max(facts["covered"] - facts["covered_today"], 0.0)
    foot = [
        view.notice.zh if language == "zh" else view.notice.en
    ] if view.notice else []  # fmt: skip
    foot += [one for one in (view.issuer, view.attribution) if one]
    foot.append(say("plan_number", language, id=view.id))
    return {
        "lang": language,
        "title": say("title", language),
        "name": cut(view.name, 40),
        "author": view.issuer or "",
        "date": {"year": made.year, "month": made.month, "day": made.day},
        "dates": [
            say("printed", language, date=made.isoformat()),
            *(f"{text(f'dataset.{one.dataset}', language)} {one.as_of.isoformat()}"
              for one in view.editions if one.dataset in ("demand", "candidate_sites")),
        ],
        "foot": foot,
        "approval": text("page.approval", language, number=view.approval_number)
        if view.approval_number
        else text("page.no_approval", language),
        "summary": summary(view, language),
        "proof": proof(view, language),
        "figures": [
            [share_text(facts["share_today"]), say("figure_today", language)]
            if view.question.keep_existing
            else ["–", say("limit_without_stations", language)],
            [share_text(facts["share"]), say("figure_after", language)],
            [people_text(view, newly, language), say("figure_newly", language)],
            [gap_of(view), say("figure_gap", language)],
        ],
        "words": {
            name: say(name, language)
            for name in ("sites", "districts", "method", "sources", "limits", "question")
        },
        "limits": limits(view, language),
        "map": _map(view, language),
        "sites": _sites(view, language),
        "districts": _districts(view, language),
        "definitions": definitions(view, language),
        "facts": _facts(view, language),
        "sources": [
            [
                f"{text(f'dataset.{one.dataset}', language)} #{one.number}",
                one.as_of.isoformat(),
                cut(one.source, 60),
            ]
            for one in view.editions
        ],
    }  # fmt: skip


def _map(view: PlanView, language: Language) -> dict[str, Any] | None:
    drawn = picture(view, *MAP_MM)
    if drawn is None:
        return None
    legend = [
        [style.PLAN_CANDIDATE, "circle", say("sites", language)],
        [style.PLAN_STATION, "square", say("stations", language)],
    ]
    if view.people is not None:
        keys = ("people_uncovered", "people_today", "people_new")
        legend += [
            [colour, "dot", say(key, language)]
            for colour, key in zip(style.PLAN_PEOPLE, keys, strict=True)
        ]
    return {
        "svg": drawn.svg,
        "width": drawn.width,
        "height": drawn.height,
        "marks": [[x, y] for x, y in drawn.marks],
        "bar_mm": drawn.bar_mm,
        "bar": f"{drawn.bar_metres / 1000:g} km"
        if drawn.bar_metres >= 1000
        else f"{drawn.bar_metres:g} m",
        "legend": legend,
        "alt": summary(view, language),
        "note": None if view.people is not None else say("no_people", language),
    }


def _sites(view: PlanView, language: Language) -> dict[str, Any]:
    shown = view.sites[:MOST_SITES]
    columns = ("number", "name", "host_type", "district", "adds_last", "cost", "agreed")
    return {
        "columns": [say(one, language) for one in columns],
        "rows": [
            [
                str(at),
                cut(one["name"], 20),
                host_type(one, language),
                cut(one["district"] or "–", 10),
                whole_text(one["adds_last"]),
                "–" if one["cost"] is None else whole_text(one["cost"]),
                agreed_text(one["agreed"], language),
            ]
            for at, one in enumerate(shown, 1)
        ],
        "note": _others(view, language),
    }


def _others(view: PlanView, language: Language) -> str | None:
    """The sites that the table has no room for, by number and name."""
    others = [f"{at} {cut(one['name'], 20)}" for at, one in enumerate(view.sites, 1)][MOST_SITES:]
    if not others:
        return None
    named = ("；" if language == "zh" else "; ").join(others[:MOST_NAMED])
    told = say("more_sites", language, n=len(others), names=named)
    if len(others) <= MOST_NAMED:
        return told
    return f"{told} {say('more_named', language, n=len(others) - MOST_NAMED)}"


def _districts(view: PlanView, language: Language) -> dict[str, Any]:
    every = view.facts["districts"]
    # Who gains, most first; then where most people are left.
    shown = sorted(
        every,
        key=lambda one: (round(one["before"] - one["after"], 6), one["after"] - one["people"]),
    )[:MOST_DISTRICTS]
    columns = ("district", "people", "before", "after", "share_before", "share_after")
    counted = view.question.keep_existing
    return {
        "columns": [column(one, view, language) for one in columns],
        "rows": [
            {
                "cells": [
                    cut(area_name(one["name"], one["id"]), 14),
                    whole_text(one["people"]),
                    whole_text(one["before"]) if counted else "–",
                    whole_text(one["after"]),
                    share_text(
                        one["before"] / one["people"] if counted and one["people"] else None
                    ),
                    share_text(one["after"] / one["people"] if one["people"] else None),
                ],
                "before": one["before"] / one["people"] if one["people"] else 0.0,
                "after": one["after"] / one["people"] if one["people"] else 0.0,
            }
            for one in shown
        ],
        "note": say("more_districts", language, shown=len(shown), total=len(every))
        if len(every) > len(shown)
        else None,
    }


def _facts(view: PlanView, language: Language) -> list[list[str]]:
    answer = view.answer

    def number(value: float | None) -> str:
        return "–" if value is None else f"{value:,.1f}"

    return [
        [objective_word(view, language), number(answer["objective"])],
        [say("sites", language), str(len(view.sites))],
        [say("bound", language), number(answer["bound"])],
        [say("gap", language), gap_of(view)],
        [say("total_cost", language), whole_text(view.facts["cost"])],
        [say("gini", language), gini_text(view)],
        [say("seconds", language), number(answer["seconds"])],
        [say("seed", language), str(answer["seed"])],
        *(
            [[say("begun_from", language), str(answer["begun_from"])]]
            if answer.get("begun_from")
            else []
        ),
    ]
