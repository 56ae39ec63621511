"""Targets of the rates and thresholds of the counts, by region, each with its source.

A region is a prefix of the division code; of the regions an area lies in, the one with the longest
prefix that states a value holds. `targets.toml` beside this file comes with the product;
`NUANYI_TARGETS` names a file of the same form that is read over it, and the settings
`target_establishment`, `target_membership` and `target_new_employment` go over both, everywhere.

A threshold belongs to where a *unit* lies (the innermost division that holds it), so that counts of
districts sum to those of their city though regions differ. Units outside all divisions, and
organising units without a division above them, follow the region "".
"""

from __future__ import annotations

import functools
import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.errors import Invalid
from geo.settings import Settings

PACKAGED = Path(__file__).with_name("targets.toml")
TARGETS = (
    "establishment",
    "establishment_obliged",
    "establishment_eligible",
    "establishment_large",
    "membership_unionised",
    "membership_all",
    "new_employment",
)
"""Names of targets: shares of one."""
STANDS_FOR = dict.fromkeys(TARGETS[1:4], "establishment")
"""Which other target of the same region holds where it states none of that name."""
THRESHOLDS = (
    "obliged_employees",
    "large_employees",
    "full_time_chair_employees",
    "eligible_employees",
    "mass_registration_units",
    "mass_registration_employees",
)
"""Names of thresholds."""
OF_UNITS = (THRESHOLDS[0], THRESHOLDS[1], *THRESHOLDS[3:])
"""Thresholds that decide where a unit is counted, in the order of :class:`UnitRules`."""
SETTINGS = {
    "establishment": "target_establishment",
    "establishment_obliged": "target_establishment",
    "establishment_eligible": "target_establishment",
    "establishment_large": "target_establishment",
    "membership_unionised": "target_membership",
    "new_employment": "target_new_employment",
}

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sourced:
    """A number that somebody set, and who."""

    value: float
    source_zh: str
    source: str
    region: str
    """Code of the region that states it."""


@dataclass(frozen=True)
class Regional:
    """What holds in one region."""

    targets: Mapping[str, Sourced]
    thresholds: Mapping[str, Sourced]

    @property
    def numbers(self) -> dict[str, int]:
        """The thresholds as the texts of :mod:`geo.coverage.definitions` name them."""
        return {
            name: int(self.thresholds[f"{name}_employees"].value)
            for name in ("obliged", "large", "eligible")
        }


@dataclass(frozen=True)
class UnitRules:
    """The thresholds of N units: `table` has a row for each set of them, in the order of
    :data:`OF_UNITS`; `of_unit` (N,) is the row of each unit, None where there is only one."""

    table: npt.NDArray[np.float64]
    of_unit: npt.NDArray[np.intp] | None = None

    def of(self, name: str) -> Any:
        """One threshold: a number, or (N,)."""
        column = self.table[:, OF_UNITS.index(name)]
        return column[0] if self.of_unit is None else column[self.of_unit]


@dataclass(frozen=True)
class Targets:
    """All that is stated, by region. `everywhere` goes over it."""

    stated: Mapping[str, Regional]
    everywhere: Mapping[str, Sourced] = field(default_factory=dict)

    @functools.cached_property
    def mark(self) -> str:
        """A short text that changes when any number or source does."""
        told = repr((sorted(self.stated.items()), sorted(self.everywhere.items())))
        return hashlib.blake2b(told.encode(), digest_size=6).hexdigest()

    @functools.cached_property
    def _kept(self) -> dict[str, Regional]:
        return {}

    def of(self, code: str | None) -> Regional:
        """What holds where a division has this code; without one, everywhere."""
        regions = self.prefixes(code)
        kept = self._kept.get(regions[0])
        if kept is None:
            kept = self._kept[regions[0]] = Regional(
                targets={
                    name: found
                    for name in TARGETS
                    if (found := self._target(name, regions)) is not None
                },
                thresholds={
                    name: next(
                        self.stated[region].thresholds[name]
                        for region in regions
                        if name in self.stated[region].thresholds
                    )
                    for name in THRESHOLDS
                },
            )
        return kept

    def prefixes(self, code: str | None) -> list[str]:
        """The regions that state something and hold a code, the longest first; "" is the last."""
        code = code or ""
        return [code[:n] for n in range(len(code), -1, -1) if code[:n] in self.stated]

    def _target(self, name: str, regions: Sequence[str]) -> Sourced | None:
        if name in self.everywhere:
            return self.everywhere[name]
        for region in regions:
            of_region = self.stated[region].targets
            found = of_region.get(name) or of_region.get(STANDS_FOR.get(name, name))
            if found is not None:
                return found
        return None

    def unit_rules(
        self,
        units: int,
        codes: Sequence[str | None],
        divisions: npt.NDArray[np.bool_],
        unit: npt.NDArray[np.integer[Any]],
        area: npt.NDArray[np.integer[Any]],
    ) -> UnitRules:
        """The thresholds of each unit, by the innermost division that holds it.

        Args:
            units: how many units there are, N.
            codes: codes of A areas.
            divisions: (A,) whether each is a division; codes of other areas say nothing.
            unit, area: the memberships, positions, (M,).

        Cost: nothing where all areas have the same thresholds; else some 30 ms for a million
        memberships.
        """
        rows: dict[tuple[float, ...], int] = {}

        def row_of(code: str | None) -> int:
            found = self.of(code).thresholds
            return rows.setdefault(tuple(found[name].value for name in OF_UNITS), len(rows))

        row_of(None)
        row = np.array(
            [
                row_of(code) if of_division else 0
                for code, of_division in zip(codes, divisions.tolist(), strict=True)
            ],
            dtype=np.intp,
        )
        table = np.array(list(rows), dtype=np.float64)
        if len(rows) == 1:
            return UnitRules(table)
        length = np.array([len(code or "") for code in codes], dtype=np.int64)
        inside = np.flatnonzero(divisions[area])
        # The last that is written to a unit holds: longer codes come later.
        inside = inside[np.argsort(length[area[inside]], kind="stable")]
        of_unit = np.zeros(units, dtype=np.intp)
        of_unit[unit[inside]] = row[area[inside]]
        return UnitRules(table, of_unit)


def read_targets(settings: Settings) -> Targets:
    """The targets and thresholds in force.

    Raises:
        Invalid: the file that the setting `targets` names cannot be read, or states a name that
            there is none of, a number that makes no sense, or no source.
    """
    try:
        changed = settings.targets.stat().st_mtime_ns if settings.targets else 0
    except OSError as error:
        raise _wrong(settings.targets, f"{error.strerror}") from error
    everywhere = tuple(
        (name, float(value))
        for name, setting in SETTINGS.items()
        if (value := getattr(settings, setting)) is not None
    )
    return _read(settings.targets, changed, everywhere)


@functools.lru_cache(maxsize=8)
def _read(own: Path | None, changed: int, everywhere: tuple[tuple[str, float], ...]) -> Targets:
    del changed  # of the file: part of what is remembered
    stated = _regions(PACKAGED)
    if own is not None:
        mine = _regions(own)
        if _parsed(own).get("only"):
            # Thresholds must be somewhere: those of everywhere stay unless the file has its own.
            stated = {"": Regional({}, stated[""].thresholds)}
        for code, regional in mine.items():
            below = stated.get(code, Regional({}, {}))
            stated[code] = Regional(
                {**below.targets, **regional.targets}, {**below.thresholds, **regional.thresholds}
            )
    return Targets(
        stated,
        {
            name: Sourced(
                value,
                f"本系统设置 NUANYI_{SETTINGS[name].upper()}",
                f"setting NUANYI_{SETTINGS[name].upper()} of this service",
                "",
            )
            for name, value in everywhere
        },
    )


def _parsed(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise _wrong(path, f"{error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(path, f"{error}") from error


def _regions(path: Path) -> dict[str, Regional]:
    found: dict[str, Regional] = {}
    parsed = _parsed(path)
    regions = parsed.get("region", [])
    if not isinstance(regions, list) or set(parsed) - {"region", "only"}:
        raise _wrong(path, "it takes [[region]] and `only = true`")
    for stated in regions:
        code = stated.get("code")
        if not isinstance(code, str) or (code and not code.isdigit()):
            raise _wrong(path, "each region has a code of digits, as text")
        found[code] = Regional(
            *(
                {
                    name: _sourced(path, code, name, value, known)
                    for name, value in stated.get(section, {}).items()
                }
                for section, known in (("targets", TARGETS), ("thresholds", THRESHOLDS))
            )
        )
    return found


def _sourced(path: Path, code: str, name: str, stated: Any, known: tuple[str, ...]) -> Sourced:
    where = f"{code or 'everywhere'}: {name}"
    if name not in known:
        raise _wrong(path, f"{where} is none of {', '.join(known)}")
    if not isinstance(stated, dict):
        raise _wrong(path, f"{where} needs {{ value, zh, en }}")
    value, zh, en = stated.get("value"), stated.get("zh"), stated.get("en")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(path, f"{where} has no number as its value")
    if not (0 < value <= 1 if known is TARGETS else 1 <= value <= 1_000_000):
        raise _wrong(path, f"{where} = {value:g} is beyond what it can be")
    if not (zh or en):
        raise _wrong(path, f"{where} names no source (zh or en)")
    return Sourced(float(value), str(zh or en), str(en or zh), code)


def _wrong(path: Path | None, told: str) -> Invalid:
    return Invalid(
        f"目标文件 {path} 不可用。 The file of targets {path} cannot be used: {told}.",
        remedy="请按手册“目标与阈值”一章改正。 Correct it as docs/operators.md shows.",
        field="targets",
    )
