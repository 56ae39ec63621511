"""A plan as a spreadsheet: a sheet for each theme, numbers as numbers, texts as texts.

No text can become a formula, a link or a number: each is written as a string cell.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from maps.siting.view import PlanView
from maps.siting.words import (
    agreed_text,
    area_name,
    column,
    definitions,
    gini_text,
    host_type,
    limits,
    model_text,
    objective_word,
    proof,
    say,
    summary,
    without_text,
)
from maps.texts import Language, text

Cell = str | int | float | None
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_LIMIT = 32_767
WIDEST = 60
SITES = (
    "number", "name", "id", "host_type", "chain", "address", "district", "lon", "lat", "cost",
    "agreed", "open_24h", "adds_last", "alone", "overlap_today", "capacity", "served",
    "share_often", "without", "why",
)  # fmt: skip
DISTRICTS = ("district", "id", "people", "before", "after", "share_before", "share_after")


def xlsx(view: PlanView, language: Language) -> bytes:
    """The plan as XLSX: about, sites, areas, overlaps, replacements, definitions. The same plan on
    the same day gives the same bytes."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(buffer, options)
    made = datetime(view.made_on.year, view.made_on.month, view.made_on.day)  # noqa: DTZ001
    book.set_properties({"title": view.name, "author": view.issuer or "", "created": made})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#f3f5f6"})
    percents = book.add_format({"num_format": "0.00%"})
    tables: list[tuple[str, Sequence[str], list[list[Cell]]]] = [
        ("question", ("term", "meaning"), _about(view, language)),
        ("sites", SITES, _sites(view, language)),
        ("districts", DISTRICTS, _districts(view)),
        ("overlaps", ("site", "other_site", "both_reach"), _overlaps(view)),
        ("candidates", ("site", "replacement", "id", "loss"), _replacements(view)),
        ("method", ("term",), [[one] for one in definitions(view, language)]),
    ]
    for name, columns, rows in tables:
        sheet = book.add_worksheet(say(name, language)[:31])
        sheet.freeze_panes(1, 0)
        for at, key in enumerate(columns):
            title = column(key, view, language)
            sheet.write_string(0, at, title, head)
            widest = max((_width(row[at]) for row in rows), default=0)
            sheet.set_column(at, at, min(WIDEST, max(_width(title), widest) + 2))
        for number, row in enumerate(rows, 1):
            for at, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, at, cell[:CELL_LIMIT])
                elif cell is not None:
                    share = columns[at].startswith("share_")
                    sheet.write_number(number, at, cell, percents if share else None)
    book.close()
    return buffer.getvalue()


def _about(view: PlanView, language: Language) -> list[list[Cell]]:
    answer, facts = view.answer, view.facts
    notice: list[list[Cell]] = []
    if view.notice is not None:
        notice = [["", view.notice.zh if language == "zh" else view.notice.en]]
    editions: list[list[Cell]] = [
        [
            f"{text(f'dataset.{one.dataset}', language)} #{one.number}",
            f"{one.as_of.isoformat()} {one.source}",
        ]
        for one in view.editions
    ]
    counted = view.question.keep_existing
    return [
        [say("title", language), view.name],
        [say("plan_number", language, id=view.id), summary(view, language)],
        *notice,
        [say("model", language), model_text(view, language)],
        [say("limits", language), "；".join(limits(view, language))],
        [say("gap", language), proof(view, language)],
        [objective_word(view, language), answer["objective"]],
        [say("sites", language), len(view.sites)],
        [say("bound", language), answer["bound"]],
        [column("people", view, language), facts["people"]],
        [column("before", view, language), facts["covered_today"] if counted else None],
        [column("after", view, language), facts["covered"]],
        [say("total_cost", language), facts["cost"]],
        [say("gini", language), gini_text(view)],
        [say("seconds", language), answer["seconds"]],
        [say("seed", language), answer["seed"]],
        *(
            [[say("begun_from", language), answer["begun_from"]]]
            if answer.get("begun_from")
            else []
        ),
        *editions,
    ]


def _sites(view: PlanView, language: Language) -> list[list[Cell]]:
    def yes(value: bool | None) -> str:
        return agreed_text(value, language)

    return [
        [
            at,
            one["name"],
            str(one["id"]),
            host_type(one, language),
            one["chain"],
            one["address"],
            one["district"],
            one["lon"],
            one["lat"],
            one["cost"],
            yes(one["agreed"]),
            yes(one["open_24h"]),
            one["adds_last"],
            one["alone"],
            one["overlap_today"],
            one.get("capacity"),
            one.get("served"),
            one.get("often"),
            without_text(one, language),
            one[f"why_{language}"],
        ]
        for at, one in enumerate(view.sites, 1)
    ]


def _districts(view: PlanView) -> list[list[Cell]]:
    counted = view.question.keep_existing
    return [
        [
            area_name(one["name"], one["id"]),
            str(one["id"]),
            one["people"],
            one["before"] if counted else None,
            one["after"],
            one["before"] / one["people"] if counted and one["people"] else None,
            one["after"] / one["people"] if one["people"] else None,
        ]
        for one in view.facts["districts"]
    ]


def _overlaps(view: PlanView) -> list[list[Cell]]:
    name = {one["id"]: one["name"] for one in view.sites}
    return [
        [one["name"], name.get(other["id"], str(other["id"])), other["people"]]
        for one in view.sites
        for other in one["overlap"]
    ]


def _replacements(view: PlanView) -> list[list[Cell]]:
    return [
        [one["name"], other["name"], str(other["id"]), other["loss"]]
        for one in view.sites
        for other in one["replacements"]
    ]


def _width(cell: Any) -> int:
    shown = "" if cell is None else str(cell)
    return sum(2 if ord(letter) > 255 else 1 for letter in shown[:WIDEST])
