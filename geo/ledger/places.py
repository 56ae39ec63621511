"""Which area an entry of the ledger means: by its code, else by its name as people write it.

A name may stand alone (翠竹街道), behind the areas above it (东区翠竹街道), with a
bracketed addition, or without its last word (翠竹) where that leaves no doubt. Several areas of one
name are told apart by what stands before it; where nothing does, none is chosen: a place is never
guessed. Of areas of different kinds with one name the one that talks are usually held by is meant:
the subdistrict before the district, and these before parks, communities and buildings.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from geo.areas.assign import KIND
from geo.areas.naming import bare_name
from geo.database import Reader

PREFERENCE = (
    "subdistrict",
    "district",
    "functional_area",
    "industrial_park",
    "commercial_district",
    "community",
    "marketplace",
    "office_building",
    "prefecture",
    "province",
)
LAST_WORDS = (
    "街道",
    "地区",
    "镇",
    "乡",
    "区",
    "县",
    "市",
    "社区",
    "村",
    "工业园",
    "产业园",
    "园区",
)
LEVELS = 10
"""A file may name its own descendant as parent; more levels than there are."""

Integers = npt.NDArray[np.int64]


@dataclass
class Places:
    """A areas by id, and the names they are called by."""

    ids: list[int]
    kinds: list[str]
    names: list[str | None]
    codes: list[str | None]
    parents: Integers
    """(A,) positions, -1 for none."""
    _by_code: dict[str, int] = field(init=False, repr=False)
    _by_name: dict[str, list[int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Write down every way to call an area."""
        self._by_code = {code: at for at, code in enumerate(self.codes) if code}
        self._by_name = {}
        for at in range(len(self.ids)):
            for name in self._called(at):
                self._by_name.setdefault(name, []).append(at)

    def find(self, text: str | None, code: str | None = None) -> int | None:
        """The position of the area that is meant, or None: not known, or not to be told."""
        if code is not None and code in self._by_code:
            return self._by_code[code]
        plain = _plain(text)
        if not plain:
            return None
        if plain in self._by_name:
            return self._chosen(self._by_name[plain])
        longer = {at for word in LAST_WORDS for at in self._by_name.get(plain + word, ())}
        return longer.pop() if len(longer) == 1 else None

    def code_of(self, position: int | None) -> str | None:
        """The code of the area at a position."""
        return None if position is None else self.codes[position]

    def chain(self, position: int) -> list[int]:
        """An area and those above it, itself first."""
        found = [position]
        while (above := int(self.parents[found[-1]])) >= 0 and len(found) < LEVELS:
            found.append(above)
        return found

    def position(self, area_id: int) -> int | None:
        """Where an area stands."""
        at = int(np.searchsorted(np.array(self.ids, dtype=np.int64), area_id))
        return at if at < len(self.ids) and self.ids[at] == area_id else None

    def _called(self, at: int) -> Iterable[str]:
        """Its name, alone and behind any of the areas above it, nearer ones left out or not."""
        name = _plain(self.names[at])
        if not name:
            return []
        called = {name}
        behind = [name]
        for above in self.chain(at)[1:]:
            before = _plain(self.names[above])
            if before:
                behind += [before + one for one in behind]
        called.update(behind)
        return called

    def _chosen(self, found: Sequence[int]) -> int | None:
        best = min(PREFERENCE.index(self.kinds[at]) for at in found)
        of_kind = {at for at in found if PREFERENCE.index(self.kinds[at]) == best}
        return of_kind.pop() if len(of_kind) == 1 else None


def _plain(text: str | None) -> str:
    """A name for comparing: half width, without blanks and without a bracket at its end."""
    if text is None:
        return ""
    return bare_name("".join(unicodedata.normalize("NFKC", text).split()))


def load_places(reader: Reader, area_edition: int | None) -> Places:
    """The areas of an edition (none without one). Cost: 20,000 areas 0.3 s."""
    rows = (
        []
        if area_edition is None
        else reader.all(
            "SELECT id, kind, name, code, coalesce(parent_id, -1) AS parent FROM area "
            "WHERE edition_id = :edition ORDER BY id",
            edition=area_edition,
        )
    )
    ids = np.array([row.id for row in rows], dtype=np.int64)
    parent = np.array([row.parent for row in rows], dtype=np.int64)
    at = np.minimum(np.searchsorted(ids, parent), max(len(ids) - 1, 0))
    known = (ids[at] == parent) if len(ids) else np.empty(0, dtype=bool)
    return Places(
        ids=ids.tolist(),
        kinds=[row.kind for row in rows],
        names=[row.name for row in rows],
        codes=[row.code for row in rows],
        parents=np.where(known, at, -1).astype(np.int64),
    )


assert set(PREFERENCE) == set(KIND)
