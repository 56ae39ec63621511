"""The map of a page with its names and legend, in one language."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from maps import style
from maps.bulletin import picture
from maps.bulletin.view import Bulletin, ChildLine, Sheet
from maps.bulletin.words import cut, kind_name, plain, width
from maps.style import Classes, short_percent
from maps.texts import Language, text

MAP_MM = (72.0, 72.0)
BAR_MM = 26.0
MM_A_POINT = 0.3528
ACTED_ON = 5
"""Clusters listed on a page, and numbered on its map."""
RINGS = 60
"""Clusters drawn; more hide the map."""


def classes_of(sheet: Sheet, measure: str) -> Classes:
    """The classes of a page's map: of its firm rates, or of all when none is firm."""
    rates = [child.rates[measure] for child in sheet.children]
    known = [rate for rate in rates if rate.value is not None]
    firm = [rate for rate in known if not rate.small] or known
    target = next((rate.target for rate in rates if rate.target is not None), None)
    return style.classes(
        [rate.value for rate in firm if rate.value is not None], target=target, method="auto"
    )


def map_of(
    sheet: Sheet, bulletin: Bulletin, name: str, language: Language
) -> dict[str, Any] | None:
    """What the template shows of a page's map; None where nothing has a border."""
    classes = classes_of(sheet, bulletin.measure)
    lines = list(sheet.children)
    patches = []
    for child in lines:
        rate = child.rates[bulletin.measure]
        at = -1 if rate.value is None else int(classes.index([rate.value])[0])
        colour = classes.colours[at] if at >= 0 else None
        patches.append(picture.Patch(child.shape, colour, small=rate.small))
    if not lines:
        patches = [picture.Patch(sheet.shape, "#f1f2ee")]
    # They come with the surest and largest first; those are drawn last, on top.
    shown = list(sheet.clusters[:RINGS])[::-1]
    drawn = picture.draw(
        patches,
        [picture.Ring(one.shape, one.sure) for one in shown],
        width=MAP_MM[0],
        height=MAP_MM[1],
        frame=sheet.shape,
        most_bar=BAR_MM,
    )
    if drawn is None:
        return None
    borderless = sum(child.shape is None for child in lines)
    remark = text("bulletin.map_remark", language)
    if borderless:
        remark += " " * (language == "en")
        remark += text("bulletin.map_borderless", language, n=borderless)
    if len(sheet.clusters) > RINGS:
        remark += " " * (language == "en") + text("bulletin.map_cut", language, n=RINGS)
    return {
        "svg": drawn.svg,
        "width": drawn.width,
        "height": drawn.height,
        "high": max(drawn.height, 20.0),
        "alt": text("bulletin.map_alt", language, name=name),
        "marks": _marks(drawn),
        "mark_colour": style.CLUSTER,
        "labels": [] if not lines else _labels(drawn, lines),
        "bar": drawn.bar_mm,
        "bar_text": _metres(drawn.bar_metres, language),
        "remark": remark,
        "legend_title": _legend_title(sheet, classes, language),
        "legend": _legend(sheet, bulletin, classes, language),
    }


def _marks(drawn: picture.Picture) -> list[dict[str, Any]]:
    """The numbers under which clusters are listed on the page; the first is drawn last."""
    listed = drawn.marks[::-1][:ACTED_ON]
    return [
        {"x": x, "y": y, "text": str(number)}
        for number, (x, y) in reversed(list(enumerate(listed, 1)))
        if math.isfinite(x) and 0 <= x <= drawn.width and 0 <= y <= drawn.height
    ]


def _labels(drawn: picture.Picture, lines: Sequence[ChildLine]) -> list[dict[str, Any]]:
    """Rank and, where it has room, name of each area."""
    labels = []
    for place in drawn.places:
        child = lines[place.index]
        number = "" if child.rank is None else str(child.rank)
        name = cut(plain(child.name or ""), 14)
        for size in (6.4, 5.6, 5.0):
            # A letter of full width is as wide as the type is high.
            wide = width(name) * size * MM_A_POINT
            if name and wide <= place.room * 0.98 and place.room >= size * MM_A_POINT * 2.4:
                parts = [name, number] if number else [name]
                labels.append({"x": place.x, "y": place.y, "size": size, "text": parts})
                break
        else:
            if number and place.room >= 1.6:
                labels.append({"x": place.x, "y": place.y, "size": 5.8, "text": [number]})
    return labels


def _legend_title(sheet: Sheet, classes: Classes, language: Language) -> str:
    kind = kind_name(sheet.child_kind or sheet.kind, language)
    if classes.target is None:
        return text("bulletin.legend_no_target", language, kind=kind)
    return text("bulletin.legend", language, kind=kind, target=short_percent(classes.target))


def _legend(
    sheet: Sheet, bulletin: Bulletin, classes: Classes, language: Language
) -> list[dict[str, str]]:
    rates = [child.rates[bulletin.measure] for child in sheet.children]
    rows = []
    if rates:
        for entry in reversed(classes.legend([])):
            label = entry.label
            if entry.meets_target:
                label = text("bulletin.legend_reached", language, label=label)
            rows.append({"svg": picture.swatch(entry.colour), "text": label})
    if any(rate.small and rate.value is not None for rate in rates):
        rows.append(
            {
                "svg": picture.swatch(classes.colours[0], small=True),
                "text": text("bulletin.legend_small", language, n=bulletin.small_denominator),
            }
        )
    if any(rate.value is None for rate in rates):
        rows.append({"svg": picture.swatch(None), "text": text("bulletin.legend_none", language)})
    for sure, key in ((True, "legend_sure"), (False, "legend_check")):
        if any(one.sure is sure and one.shape is not None for one in sheet.clusters):
            rows.append(
                {"svg": picture.ring_swatch(sure=sure), "text": text(f"bulletin.{key}", language)}
            )
    return rows


def _metres(metres: float, language: Language) -> str:
    if metres >= 1000:
        return f"{metres / 1000:g} {'公里' if language == 'zh' else 'km'}"
    return f"{metres:g} {'米' if language == 'zh' else 'm'}"
