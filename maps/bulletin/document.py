"""A bulletin as PDF: what the template shows, in one language, all texts made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from maps import style
from maps.bulletin.chart import ACTED_ON, classes_of, map_of
from maps.bulletin.typesetter import typeset
from maps.bulletin.view import Bulletin, ClusterLine, RateLine, Sheet
from maps.bulletin.words import (
    DASH,
    area_name,
    by_rank,
    change_text,
    chosen,
    cut,
    gap_text,
    heading,
    interval_text,
    kind_name,
    plain,
    rate_text,
    signed,
    summary,
    target_text,
)
from maps.style import percent
from maps.texts import Language, text

RANKED = 24
"""Rows of a printed ranking; the spreadsheet has all."""
WORST = 3


def pdf(bulletin: Bulletin, language: Language, *, fonts: Path | None = None) -> bytes:
    """The bulletin as one PDF: tagged, with title and language, its fonts inside.

    Raises:
        Unavailable: there is no Chinese font on this machine nor in `fonts`.

    Cost: 0.3 s for a district, 2 s for a booklet of sixteen.
    """
    [made] = typeset(data_of(bulletin, language), printed_on=bulletin.printed_on, folder=fonts)
    return made


def data_of(bulletin: Bulletin, language: Language) -> dict[str, Any]:
    """What `bulletin.typ` reads."""

    def say(key: str, **values: object) -> str:
        return text(f"bulletin.{key}", language, **values)

    sheets = [*([bulletin.whole] if bulletin.whole else []), *bulletin.sheets]
    booklet = bulletin.whole is not None
    issuer = bulletin.issuer
    names = [heading(sheet, language) for sheet in sheets]
    title = say("title") if booklet else f"{names[0]} · {say('title')}"
    foot = [
        part
        for part in (
            chosen(bulletin.notice, language) if bulletin.notice else None,
            issuer or say("no_issuer"),
            bulletin.attribution,
        )
        if part
    ]
    return {
        "lang": language,
        "title": say("title"),
        "document_title": title,
        "author": issuer or "",
        "keywords": names[:40],
        "date": {
            "year": bulletin.printed_on.year,
            "month": bulletin.printed_on.month,
            "day": bulletin.printed_on.day,
        },
        "issuer": issuer,
        "foot": foot,
        "approval": text("page.approval", language, number=bulletin.approval_number)
        if bulletin.approval_number
        else text("page.no_approval", language),
        "words": _words(language),
        "cover": _cover(bulletin, language) if booklet else None,
        "pages": [_page(sheet, bulletin, language, short=booklet) for sheet in sheets],
        "notes": notes(bulletin, language) if booklet else None,
        "sources": [
            [
                f"{text(f'dataset.{line.dataset}', language)} #{line.number}",
                line.as_of.isoformat(),
                line.source,
            ]
            for line in bulletin.editions
        ],
    }


def notes(bulletin: Bulletin, language: Language) -> list[dict[str, Any]]:
    """Every definition, in groups: `title` and `lines`."""
    sheet = bulletin.whole or bulletin.sheets[0]
    rates = [
        f"{chosen(rate.title, language)}：{chosen(rate.scope, language)}"
        if language == "zh"
        else f"{chosen(rate.title, language)}: {chosen(rate.scope, language)}"
        for rate in sheet.rates
    ]
    methods = ("rates", "interval", "shrunk", "workers", "apart", "change", "cluster", "form")
    return [
        {"title": text("bulletin.group_rates", language), "lines": rates},
        {
            "title": text("bulletin.group_methods", language),
            "lines": [text(f"bulletin.define_{name}", language) for name in methods],
        },
    ]


def _words(language: Language) -> dict[str, Any]:
    def say(key: str) -> str:
        return text(f"bulletin.{key}", language)

    plain = ("contents", "rates", "definitions", "sources", "form", "north", "no_map")
    columns = {
        "rate_columns": ("rate", "value", "parts", "interval", "missing", "target", "gap"),
        "rank_columns": ("place", "name", "bar", "value", "of", "shrunk", "workers"),
    }
    return {
        **{name: say(name) for name in plain},
        **{
            name: [say(f"column_{column}") for column in wanted] for name, wanted in columns.items()
        },
        "source_columns": [
            say("column_edition"),
            text("field.as_of", language),
            say("column_source"),
        ],
    }


def _dates(bulletin: Bulletin, language: Language) -> list[str]:
    enterprises = next((one for one in bulletin.editions if one.dataset == "enterprises"), None)
    lines = [text("bulletin.as_of", language, date=bulletin.as_of.isoformat())]
    if enterprises is not None:
        lines.append(text("bulletin.edition", language, number=enterprises.number))
    lines.append(text("bulletin.printed", language, date=bulletin.printed_on.isoformat()))
    return lines


def _cover(bulletin: Bulletin, language: Language) -> dict[str, Any]:
    whole = bulletin.whole
    if whole is None:
        return {}
    sure = sum(cluster.sure for cluster in whole.clusters)
    sentences = [
        summary(whole, bulletin.measure, bulletin.as_of.isoformat(), language),
        text(
            "bulletin.cover_summary",
            language,
            n=len(bulletin.sheets),
            kind=kind_name(whole.child_kind, language),
            clusters=f"{len(whole.clusters):,}",
            sure=f"{sure:,}",
        ),
        change_text(whole.change, earlier=bulletin.earlier is not None, language=language),
    ]
    foot = [chosen(bulletin.notice, language)] if bulletin.notice else []
    return {
        "dates": _dates(bulletin, language),
        "summary": ("" if language == "zh" else " ").join(sentences),
        "foot": [
            *foot,
            text("page.approval", language, number=bulletin.approval_number)
            if bulletin.approval_number
            else text("page.no_approval", language),
        ],
    }


def _page(sheet: Sheet, bulletin: Bulletin, language: Language, *, short: bool) -> dict[str, Any]:
    """One page. `short`: its definitions stand at the end of the booklet."""
    name = heading(sheet, language)
    kind = kind_name(sheet.kind if sheet.kind != "whole" else None, language)
    brackets = ("（{}）", " ({})")[language == "en"]
    sources = list(
        dict.fromkeys(
            chosen(rate.target_source, language) for rate in sheet.rates if rate.target_source
        )
    )
    return {
        "heading": name + (brackets.format(kind) if kind else ""),
        "dates": _dates(bulletin, language),
        "summary": summary(sheet, bulletin.measure, bulletin.as_of.isoformat(), language),
        "rates": [_rate(rate, sources, language) for rate in sheet.rates],
        "remarks": [*_sources(sources, language), *_apart(sheet, language)],
        "map_title": text("bulletin.map", language),
        "map": map_of(sheet, bulletin, name, language),
        "ranking": _ranking(sheet, bulletin, language),
        "change": {
            "title": text("bulletin.change", language),
            "sentence": change_text(
                sheet.change, earlier=bulletin.earlier is not None, language=language
            ),
            "facts": [
                {
                    "title": chosen(fact.title, language),
                    "value": DASH
                    if fact.value is None
                    else signed(fact.value)
                    if fact.signed
                    else f"{fact.value:,}",
                }
                for fact in (sheet.change.facts if sheet.change else ())
            ],
        },
        "clusters": _clusters(sheet.clusters, language),
        "definitions": []
        if short
        else [line for part in notes(bulletin, language) for line in part["lines"]],
    }


def _rate(rate: RateLine, sources: Sequence[str], language: Language) -> dict[str, Any]:
    return {
        "title": chosen(rate.title, language),
        "value": rate_text(rate, language),
        "parts": f"{rate.numerator:,} / {rate.denominator:,}",
        "interval": interval_text(rate),
        "missing": DASH if rate.missing_share is None else percent(rate.missing_share),
        "target": target_text(rate, sources, language),
        "gap": gap_text(rate, language),
        "short": bool(rate.gap),
    }


def _sources(sources: Sequence[str], language: Language) -> list[str]:
    """Where the targets come from, numbered as the table has them."""
    if not sources:
        return []
    listed = (f"[{number}] {cut(one, 60)}" for number, one in enumerate(sources, 1))
    return [text("bulletin.target_sources", language) + "　".join(listed)]


def _apart(sheet: Sheet, language: Language) -> list[str]:
    counts = {name: sheet.apart.get(name, 0) for name in ("mass_registration", "dormant", "closed")}
    if not any(counts.values()):
        return []
    told = text(
        "bulletin.apart",
        language,
        mass=f"{counts['mass_registration']:,}",
        dormant=f"{counts['dormant']:,}",
        closed=f"{counts['closed']:,}",
        employees=f"{sheet.apart.get('employees', 0):,}",
    )
    return [told]


def _ranking(sheet: Sheet, bulletin: Bulletin, language: Language) -> dict[str, Any]:
    children = list(sheet.children)
    note = text("bulletin.ranking_note", language, n=bulletin.small_denominator)
    if len(children) > RANKED:
        note = (
            text("bulletin.ranking_cut", language, shown=RANKED, total=len(children)) + " " + note
        )
        children = sorted(children, key=lambda one: (-(one.workers or 0), one.rank or 10**6))
        children = children[:RANKED]
    worst = sorted((one.workers or 0 for one in children), reverse=True)[:WORST]
    least = max(worst[-1], 1) if worst else 1
    classes = classes_of(sheet, bulletin.measure)
    rows = []
    for child in by_rank(children):
        rate = child.rates[bulletin.measure]
        at = -1 if rate.value is None else int(classes.index([rate.value])[0])
        rows.append(
            {
                "place": DASH if child.rank is None else str(child.rank),
                "name": cut(plain(area_name(child.name, child.id, language)), 11),
                "value": rate.value,
                "low": rate.low if rate.value is not None else None,
                "high": rate.high if rate.value is not None else None,
                "target": rate.target,
                "colour": classes.colours[at] if at >= 0 else style.NO_DATA,
                "rate": rate_text(rate, language),
                "parts": f"{rate.numerator:,}/{rate.denominator:,}",
                "shrunk": DASH if rate.shrunk is None else percent(rate.shrunk),
                "workers": DASH if child.workers is None else f"{child.workers:,}",
                "worst": (child.workers or 0) >= least,
            }
        )
    kind = kind_name(sheet.child_kind, language)
    return {
        "title": text("bulletin.ranking", language, kind=kind)
        if kind
        else text("bulletin.ranking_none", language),
        "rows": rows,
        "empty": text("bulletin.ranking_empty", language),
        "note": note,
    }


def _clusters(clusters: Sequence[ClusterLine], language: Language) -> dict[str, Any]:
    shown = clusters[:ACTED_ON]
    rows = []
    for at, one in enumerate(shown):
        place = cut(one.place or text("bulletin.cluster_nowhere", language), 24)
        tier = text(f"bulletin.tier_{'sure' if one.sure else 'check'}", language)
        rows.append(
            {
                "number": str(at + 1),
                "place": f"{place}（{tier}）" if language == "zh" else f"{place} ({tier})",
                "sentence": text(
                    "bulletin.cluster_facts",
                    language,
                    units=f"{one.units:,}",
                    units_25=f"{one.units_25:,}",
                    employees=f"{one.employees:,}",
                    sentence=chosen(one.sentence, language).rstrip("。. "),
                ),
                "form": chosen(one.form, language) if one.form else None,
                "duty": cut(chosen(one.duty, language), 84) if one.duty else "",
            }
        )
    sure = sum(one.sure for one in clusters)
    return {
        "title": text("bulletin.clusters", language),
        "rows": rows,
        "empty": text("bulletin.clusters_none", language),
        "note": text(
            "bulletin.clusters_more",
            language,
            shown=len(shown),
            total=f"{len(clusters):,}",
            sure=f"{sure:,}",
            check=f"{len(clusters) - sure:,}",
        )
        if len(clusters) > len(shown)
        else None,
    }
