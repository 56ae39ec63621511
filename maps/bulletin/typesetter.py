"""The bulletin's template, typeset."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from maps import typesetter
from maps.typesetter import chosen_families, fonts

TEMPLATE = "bulletin.typ"

__all__ = ["TEMPLATE", "chosen_families", "fonts", "typeset"]


def typeset(
    data: Mapping[str, Any],
    *,
    printed_on: date,
    folder: Path | None,
    form: Literal["pdf", "png"] = "pdf",
    dots_per_inch: float = 110,
) -> list[bytes]:
    """The document of `data`, what `bulletin.typ` reads, as one PDF, or a picture of each page; see
    :func:`maps.typesetter.typeset`."""
    return typesetter.typeset(
        data,
        printed_on=printed_on,
        folder=folder,
        form=form,
        dots_per_inch=dots_per_inch,
        template=files("maps.bulletin").joinpath(TEMPLATE).read_bytes(),
    )
