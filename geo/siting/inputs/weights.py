"""The weights of the demand proxy model: a file that people can read, change and trace."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from geo.enterprises.classes import INDUSTRIES
from geo.errors import Invalid
from geo.schema.areas import AREA_KINDS
from geo.schema.siting import HOST_TYPES

Group = Literal["courier", "food_rider", "sanitation_worker", "driver", "outdoor_worker"]
GROUPS: Final[tuple[Group, ...]] = (
    "courier",
    "food_rider",
    "sanitation_worker",
    "driver",
    "outdoor_worker",
)
_NEEDS: Final = {"hosts": "host_types", "areas": "area_kinds", "streets": "highways"}


class Source(BaseModel):
    """One source of the model; see people.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str
    en: str
    from_: Literal["enterprises", "hosts", "areas", "streets"] = Field(alias="from")
    words: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    host_types: tuple[str, ...] = ()
    area_kinds: tuple[str, ...] = ()
    highways: tuple[str, ...] = ()
    per: Literal["employee", "place", "kilometre"]
    weight: float = Field(ge=0, le=10_000, allow_inf_nan=False)
    group: Group
    profile: str
    weekend: float = Field(1.0, ge=0, le=10, allow_inf_nan=False)
    on: bool = True
    why_zh: str = Field(min_length=1)
    why_en: str = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Source:
        """What is counted and by what it is told apart belong together."""
        known = {
            "industries": INDUSTRIES,
            "host_types": HOST_TYPES,
            "area_kinds": AREA_KINDS,
        }
        for name, values in known.items():
            strange = set(getattr(self, name)) - set(values)
            if strange:
                raise ValueError(f"{name}: {', '.join(sorted(strange))} is not known")
        needed = _NEEDS.get(self.from_)
        if needed is not None and not getattr(self, needed):
            raise ValueError(f"a source from {self.from_} needs {needed}")
        if self.from_ == "enterprises" and not (self.words or self.industries):
            raise ValueError("a source from enterprises needs words or industries")
        if (self.per == "kilometre") != (self.from_ == "streets"):
            raise ValueError("kilometres are of streets, and streets are counted by kilometre")
        if self.per == "employee" and self.from_ != "enterprises":
            raise ValueError("employees are of enterprises")
        return self


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: str
    cell_metres: float = Field(ge=20, le=2_000)
    profile: dict[str, list[float]]
    source: dict[str, Source]

    @model_validator(mode="after")
    def _profiles(self) -> _File:
        for name, hours in self.profile.items():
            if len(hours) != 24 or not all(0 <= one <= 1 for one in hours):
                raise ValueError(f"profile {name}: 24 shares of 0 to 1 are needed")
        for name, one in self.source.items():
            if one.profile not in self.profile:
                raise ValueError(f"source {name}: there is no profile {one.profile}")
        return self


@dataclass(frozen=True)
class Weights:
    """The sources in order, and what is common to them. `off`: names of those switched off."""

    version: str
    cell_metres: float
    profiles: dict[str, list[float]]
    sources: dict[str, Source]
    off: frozenset[str]

    def without(self, names: Collection[str]) -> Weights:
        """The same with some sources switched off.

        Raises:
            Invalid: there is no such source.
        """
        strange = sorted(set(names) - set(self.sources))
        if strange:
            raise Invalid(
                f"没有需求来源 {'、'.join(strange)}。 "
                f"There is no source of demand {', '.join(strange)}.",
                remedy=f"可选 / Use some of {', '.join(self.sources)}.",
                field="without",
            )
        return replace(self, off=self.off | set(names))

    def hours(self, name: str, *, weekend: bool) -> list[float]:
        """24 shares of a source's busiest hour."""
        source = self.sources[name]
        factor = source.weekend if weekend else 1.0
        return [share * factor for share in self.profiles[source.profile]]


def read_weights(path: Path | None = None) -> Weights:
    """Read the weights; those that come with Nuanyi without a path.

    Raises:
        Invalid: the file cannot be read, or says something that makes no sense; names it.
    """
    try:
        if path is None:
            text = files("geo.siting.inputs").joinpath("people.toml").read_text("utf-8")
        else:
            text = path.read_text("utf-8-sig")
        told: dict[str, Any] = tomllib.loads(text)
        read = _File.model_validate(told)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(
            f"权重文件 {path} 无法读取。 The file of weights {path} cannot be read: {error}.",
            remedy="请检查路径与 TOML 语法。 Check its path and its TOML.",
            field="weights",
        ) from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise Invalid(
            f"权重文件的 {where} 不可用。 {where} of the weights cannot be used: {fault['msg']}.",
            remedy="对照 people.toml 的说明改正。 Compare with people.toml, which explains it.",
            field="weights",
        ) from error
    off = frozenset(name for name, one in read.source.items() if not one.on)
    return Weights(read.version, read.cell_metres, read.profile, read.source, off)
