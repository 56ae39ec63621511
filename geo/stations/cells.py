"""Cells, by which phones ask for the stations around them, and the tokens of what they were told.

A cell is a web-mercator tile of zoom 12, some 8 km wide in China: who asks for its cells tells
roughly where it is and no more.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from geo.errors import Invalid

ZOOM = 12
CELLS = 1 << ZOOM
MOST_CELLS = 9
_ORDINAL = r"(?:0|[1-9][0-9]{0,2}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-5])"
CELL = rf"{ZOOM}-{_ORDINAL}-{_ORDINAL}"
DIGEST_BYTES = 6

_CELL = re.compile(CELL)
_VERSION = 1
_PLACE = struct.Struct(f">HH{DIGEST_BYTES}s")
LONGEST_TOKEN = 200

Integers = npt.NDArray[np.int64]


def cell_numbers(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> Integers:
    """The cell of each position, as x · 4096 + y (web-mercator tiles; y grows to the south)."""
    x = np.floor((lon + 180.0) / 360.0 * CELLS)
    north = np.arcsinh(np.tan(np.radians(np.clip(lat, -85.0511287, 85.0511287))))
    y = np.floor((1.0 - north / np.pi) / 2.0 * CELLS)
    x, y = (np.clip(part, 0, CELLS - 1).astype(np.int64) for part in (x, y))
    return np.asarray(x * CELLS + y, dtype=np.int64)


def read_cells(names: Iterable[str]) -> list[int]:
    """The numbers of cells by their names, ascending, each once.

    Raises:
        Invalid: a name that is none, no name, or more than nine.
    """
    found = set()
    for name in names:
        if not _CELL.fullmatch(name):
            raise Invalid(
                "这不是网格名称。 This is not the name of a cell.",
                remedy="例如 / for instance 12-3372-1552: web-mercator tiles of zoom 12.",
                field="cells",
            )
        _, x, y = (int(part) for part in name.split("-"))
        found.add(x * CELLS + y)
    if not 1 <= len(found) <= MOST_CELLS:
        raise Invalid(
            f"网格数为 {len(found)}。 There are {len(found)} cells.",
            remedy=f"一次 1 至 {MOST_CELLS} 个。 Ask for 1 to {MOST_CELLS} at once.",
            field="cells",
        )
    return sorted(found)


def cell_name(number: int) -> str:
    """`12-x-y`."""
    return f"{ZOOM}-{number // CELLS}-{number % CELLS}"


def token_of(cells: Iterable[tuple[int, bytes]]) -> str:
    """The token of an answer: its cells, and a digest of what each of them said."""
    packed = b"".join(
        _PLACE.pack(number // CELLS, number % CELLS, digest) for number, digest in cells
    )
    return base64.urlsafe_b64encode(bytes([_VERSION]) + packed).decode().rstrip("=")


def read_token(token: str | None) -> list[tuple[int, bytes]] | None:
    """The cells and digests of a token; None for what is no token of ours."""
    if token is None or len(token) > LONGEST_TOKEN:
        return None
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(raw) < 1 + _PLACE.size or raw[0] != _VERSION or (len(raw) - 1) % _PLACE.size:
        return None
    return [(x * CELLS + y, digest) for x, y, digest in _PLACE.iter_unpack(raw[1:])]
