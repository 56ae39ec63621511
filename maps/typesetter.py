"""Typst as our typesetter: fonts that are there, a template, data in, PDF out.

Texts reach Typst as JSON values, never as markup. It reads no file but the template, asks nobody
for anything, and gives up the interpreter while it works, so a server answers on.
"""

from __future__ import annotations

import functools
import json
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import typst

from geo.errors import Unavailable

SANS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
)
SERIF = ("Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", "Source Han Serif CN")
OLDER = ("SimSun", "NSimSun", "FangSong", "Songti SC")


@functools.lru_cache(maxsize=4)
def fonts(folder: Path | None) -> tuple[typst.Fonts, tuple[str, ...], tuple[str, ...]]:
    """The fonts of the system and of `folder`, and which families set the body and the headings.

    Raises:
        Unavailable: none of them has Chinese letters.
    """
    found = typst.Fonts(font_paths=[] if folder is None else [str(folder)])
    return found, *chosen_families(found.families())


def chosen_families(families: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the families there are, those that set the body and those of the headings, the best
    first.

    Raises:
        Unavailable: none of them has Chinese letters.
    """
    known = set(families)
    body = tuple(name for name in (*SANS, *SERIF, *OLDER) if name in known)
    if not body:
        raise Unavailable(
            "没有中文字体，无法排印通报。 No Chinese font was found to print the bulletin with.",
            remedy="apt install fonts-noto-cjk, or set NUANYI_FONTS to a folder with Noto Sans CJK "
            "SC or Source Han Sans SC.",
        )
    head = tuple(name for name in (*SERIF, *SANS, *OLDER) if name in known)
    return body[:2], head[:2]


def typeset(
    data: Mapping[str, Any],
    *,
    printed_on: date,
    folder: Path | None,
    form: Literal["pdf", "png"] = "pdf",
    dots_per_inch: float = 110,
    template: bytes,
) -> list[bytes]:
    """The document of `data` as one PDF (tagged, PDF/UA-1), or a picture of each page.

    Args:
        data: what the template reads; all texts in it are plain.
        printed_on: the date the file carries; the same data and day give the same bytes.
        folder: of further fonts, or None.
        form: what to make.
        dots_per_inch: of pictures.
        template: of Typst; it reads `sys.inputs.data`.

    Raises:
        Unavailable: there is no Chinese font.

    Cost: 0.2 s for a page, some 40 ms for each further one.
    """
    found, body, head = fonts(folder)
    text = json.dumps({**data, "fonts": {"body": body, "head": head}}, ensure_ascii=False)
    compiler = typst.Compiler(
        template,
        font_paths=found,
        ignore_system_fonts=True,
        sys_inputs={"data": text},
    )
    noon = datetime(printed_on.year, printed_on.month, printed_on.day, 12, tzinfo=UTC)
    if form == "pdf":
        made = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=noon)
    else:
        made = compiler.compile(format="png", ppi=dots_per_inch, timestamp=noon)
    if made is None:
        raise Unavailable("The typesetter gave nothing.")
    return [made] if isinstance(made, bytes) else list(made)


def cut(value: str, most: float) -> str:
    """The text on one line, at most so many full-width letters wide; what is cut ends in …."""
    value = one_line(value)
    if width(value) <= most:
        return value
    room = most - 1
    for at, one in enumerate(value):
        room -= width(one)
        if room < 0:
            return value[:at].rstrip() + "…"
    return value


def width(value: str) -> float:
    """Width in letters of full width; a Latin one takes some six tenths."""
    return sum(1.0 if unicodedata.east_asian_width(one) in "WF" else 0.56 for one in value)


def one_line(value: str) -> str:
    """Without line breaks and letters that are none."""
    return " ".join("".join(one if one.isprintable() else " " for one in value).split())
