"""Where the asker stands: read from a header, so that it lands in no log, or from the query."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import Header, Request
from pydantic import Field

from api.answers import InCrs
from geo.errors import Invalid

HEADER = "Nuanyi-Position"
"""`longitude,latitude`. Proxies log addresses, not headers."""

PositionHeader = Annotated[
    str | None,
    Header(
        alias=HEADER,
        description="Longitude,latitude in `crs`, instead of `lon` and `lat`: a header stands in "
        "no log. It wins over them.",
        examples=["113.665,34.757"],
    ),
]
"""The header as a parameter of a route, for OpenAPI; read it with :func:`asked_position`."""


class AtPosition(InCrs):
    """A question from where somebody stands; the header is better, because it stands in no log."""

    lon: float | None = Field(
        None,
        ge=-180,
        le=180,
        allow_inf_nan=False,
        description="Longitude, in `crs`, unless the header tells the position.",
        examples=[101.0],
    )
    lat: float | None = Field(
        None,
        ge=-90,
        le=90,
        allow_inf_nan=False,
        description="Latitude, in `crs`, unless the header tells the position.",
        examples=[40.2],
    )


def asked_position(request: Request, lon: float | None, lat: float | None) -> tuple[float, float]:
    """Longitude and latitude of a request: its header's, else those of the query.

    Raises:
        Invalid: neither is given, or what is given is no position on Earth.
    """
    return position_of(request.headers.get(HEADER), lon, lat)


def position_of(header: str | None, lon: float | None, lat: float | None) -> tuple[float, float]:
    """The same from the header's own text.

    Raises:
        Invalid: as :func:`asked_position`.
    """
    if header is not None:
        first, comma, second = header.partition(",")
        try:
            lon, lat = float(first), float(second)
        except ValueError:
            comma = ""
        if not comma or len(header) > 100:
            raise Invalid(
                f"请求头 {HEADER} 不是位置。 The header {HEADER} holds no position.",
                remedy="写成“经度,纬度”。 Send longitude,latitude, such as 113.665,34.757.",
                field=HEADER,
            )
    for field, value, limit in (("lon", lon, 180.0), ("lat", lat, 90.0)):
        if value is None:
            raise Invalid(
                "没有给出位置。 No position is given.",
                remedy=f"用请求头 {HEADER} 或参数 lon、lat。 Send the header {HEADER}, or lon and "
                "lat.",
                field=field,
            )
        if not math.isfinite(value) or abs(value) > limit:
            raise Invalid(
                f"{field} 不在 -{limit:g} 到 {limit:g} 之间。 {field} is not between -{limit:g} "
                f"and {limit:g}.",
                remedy="经度在前，纬度在后。 Longitude comes first; perhaps the two are swapped.",
                field=field,
            )
    assert lon is not None
    assert lat is not None
    return lon, lat
