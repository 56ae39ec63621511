"""The settings of Nuanyi: the only place that reads the environment.

`Settings()` is built by :func:`api.app.create_app` and :mod:`api.cli` and handed down as an
argument. Each field's description is its documentation: docs/operators.md must name it (a test
checks that).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def default_state() -> Path:
    """Where state lives unless told otherwise: a private folder of the person who runs it.

    Root's home is closed to the unprivileged user that must own a PostgreSQL cluster, so root uses
    `/var/lib/nuanyi`.
    """
    if os.name == "posix" and os.geteuid() == 0:
        return Path("/var/lib/nuanyi")
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "nuanyi"


class Settings(BaseSettings):
    """Everything an operator can set, as `NUANYI_…` environment variables."""

    model_config = SettingsConfigDict(env_prefix="NUANYI_", extra="ignore", frozen=True)

    state: Path = Field(
        default_factory=default_state,
        description="Folder of the embedded PostGIS, the demo files and the caches.",
    )
    database_url: str | None = Field(
        None,
        description="An external PostGIS (postgresql://user:password@host/database). "
        "Set, the embedded one is not started.",
    )
    key: SecretStr | None = Field(
        None,
        description="The key that opens enterprises, rates and clusters over HTTP. Without it the "
        "server listens on loopback only.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Server processes. Each holds the stations and streets in memory, some hundred "
        "MB for a city, and its own `pool_size` connections.",
    )
    pool_size: int = Field(
        8, ge=1, le=200, description="Database connections, and the threads that may use them."
    )
    statement_seconds: float = Field(
        30.0, gt=0, description="A read that takes the database longer than this is ended."
    )
    time_zone: str = Field("Asia/Shanghai", description="Time zone of opening hours.")
    walking_metres_per_second: float = Field(
        1.25, gt=0.2, lt=3, description="Walking speed on the flat; 15 minutes are 1,125 m."
    )
    steps_metres_per_second: float = Field(
        0.6, gt=0.1, lt=3, description="Speed along steps, horizontally."
    )
    service_area: tuple[float, float, float, float] | None = Field(
        None,
        description="West, south, east and north in degrees, as [w,s,e,n]: positions outside are "
        "named as mistakes, on import and when asked.",
    )
    headers: Path | None = Field(
        None, description="A TOML file of further column headers that imports recognise."
    )
    holidays: Path | None = Field(
        None, description="A CSV file of holidays and make-up working days that replaces ours."
    )
    map_approval_number: str | None = Field(
        None, description="The map approval number (审图号) shown on every map."
    )
    map_attribution: str | None = Field(
        None, description="Whose boundaries and streets the maps show."
    )
    public_url: str | None = Field(
        None,
        description="The address people open this service by, such as https://nuanyi.example: what "
        "the QR codes on printed cards lead to. Without it, the address a card was asked under.",
    )
    union_sign: Path | None = Field(
        None,
        description="A PNG, SVG or JPEG file with the union's own sign, printed on every card.",
    )
    bulletin_issuer: str | None = Field(
        None,
        max_length=60,
        description="The issuing body printed on every bulletin (通报), such as 某市总工会.",
    )
    fonts: Path | None = Field(
        None,
        description="A folder of fonts to print with, where the system has no Chinese one.",
    )
    targets: Path | None = Field(
        None,
        description="A TOML file of targets and thresholds by region, each with its source, read "
        "over ours.",
    )
    target_establishment: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Target of the union establishment rates (建会率) everywhere, over what the "
        "regions state.",
    )
    target_membership: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Target of the membership rate in unionised units (入会率) everywhere.",
    )
    target_new_employment: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Target of the new-employment membership rate everywhere.",
    )
    small_denominator: int = Field(
        30, ge=1, description="A rate over fewer than this is marked as resting on few."
    )

    privacy_people: float = Field(
        5.0,
        ge=0,
        description="Fewer people than this, on average over the hours asked for, are never shown "
        "of one place: they are merged with their neighbours.",
    )
    reports_per_ten_minutes: int = Field(
        6,
        ge=1,
        description="Reports on stations that one sender may send at once; the allowance fills up "
        "again in ten minutes.",
    )
    reports_per_day: int = Field(
        30,
        ge=1,
        description="The same over a longer time: an allowance that fills up again in a day.",
    )
    reports_per_station_a_day: int = Field(
        20, ge=1, description="Open reports that one station takes within 24 hours."
    )
    proxies: int = Field(
        0,
        ge=0,
        le=9,
        description="How many proxies of your own stand before the service. The address of a "
        "sender, for the limits alone, is then read from X-Forwarded-For, counted from its end.",
    )

    @field_validator("state")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not re.fullmatch(r"https?://[^\s/?#@\"'<>\\]+(/[^\s?#\"'<>\\]*)?", value):
            raise ValueError("must be an address such as https://nuanyi.example")
        return value.rstrip("/")

    @property
    def loopback_only(self) -> bool:
        """Whether `host` can be reached from this machine alone."""
        return self.host in LOOPBACK
