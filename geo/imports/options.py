"""What an import is told, and what it tells back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geo.coordinates import Crs
from geo.editions import EditionFacts
from geo.enterprises.units import Units
from geo.files.problems import Problems

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ImportOptions:
    """How a file is to be read.

    `crs` must be said for tables of coordinates; `as_of` is the date the file speaks for (today
    when not said); `mapping` names columns by hand; `kind` is the kind of area or station of a file
    without such a column; `add` lays the file over the active edition instead of replacing it;
    `commit` stores it and puts it in force, `draft` only stores it.
    """

    crs: Crs | None = None
    as_of: date | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    layer: str | None = None
    add: bool = False
    commit: bool = False
    draft: bool = False
    rejects: Path | None = None
    source: str | None = None
    keep_private: bool = False

    @property
    def stores(self) -> bool:
        """Whether anything is to be written."""
        return self.commit or self.draft


@dataclass
class Prepared:
    """A checked file, ready to load. `rows` has the columns of the dataset's table but the edition,
    one row for each accepted row of the file. `units` are the same enterprises as arrays,
    `places` the names and positions of the same stations."""

    rows: pa.Table
    problems: Problems
    read: int
    unlocated: int = 0
    notes: list[str] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    units: Units | None = None
    personal_columns: list[str] = field(default_factory=list)
    places: tuple[list[str], Floats, Floats] | None = None


@dataclass
class ImportReport:
    """What an import did, or would do: accepted + rejected = read. `problems` are the first of
    `problems_in_all`."""

    dataset: str
    source: str
    read: int
    accepted: int
    rejected: int
    unlocated: int
    stored: bool
    edition: EditionFacts | None = None
    same_as: EditionFacts | None = None
    carried_over: int = 0
    rejects: Path | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)
    problems_in_all: int = 0
    notes: list[str] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
