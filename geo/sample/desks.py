"""Where the unions of areas are to be found: what an area states of its union.

Every district and subdistrict has a federation. A building, park, commercial district or
marketplace states the joint union that covers units there, and nothing where there is none, so that
the areas and the register of enterprises tell the same. Some telephones and links are missing, as
in real lists. Links end in `.example`, a name nobody can have (RFC 2606).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from geo.sample.divisions import Divisions
from geo.sample.shape import CITY_NAME, LABEL, Flags
from geo.sample.unions import Unions
from geo.sample.units import Units

Texts = np.ndarray[Any, Any]


class Desks(NamedTuple):
    """(n,) texts each; None where nothing is stated."""

    name: Texts
    address: Texts
    phone: Texts
    link: Texts


def no_desks(count: int) -> Desks:
    """Areas that state no union."""
    return Desks(*(np.full(count, None, dtype=object) for _ in Desks._fields))


def division_desks(divisions: Divisions, seed: int) -> Desks:
    """The federations of districts and subdistricts."""
    kinds = np.array(divisions.kind)
    rural = np.isin(divisions.type_name, ("镇", "乡"))
    full = CITY_NAME + divisions.name
    sub = kinds == "subdistrict"
    full[sub] = CITY_NAME + divisions.name[divisions.parent[sub]] + divisions.name[sub]
    has = np.isin(kinds, ("district", "subdistrict"))
    address = full + np.where(
        sub, np.where(rural, "便民服务中心", "党群服务中心"), "职工服务中心"
    ).astype(object)
    rng = np.random.default_rng([seed, 16])
    return _desks(has, full + "总工会" + LABEL, address + "工会窗口", divisions.code, rng)


def unit_desks(units: Units, addresses: Texts, unions: Unions, seed: int) -> Desks:
    """The joint unions of buildings, parks, commercial districts and marketplaces."""
    has = np.isin(np.arange(len(units.kind)), unions.joint[unions.joint >= 0])
    bare = np.array([name.removesuffix(LABEL) for name in units.name], dtype=object)
    rng = np.random.default_rng([seed, 17])
    return _desks(has, bare + "联合工会" + LABEL, addresses + bare + "一层", units.code, rng)


def _desks(has: Flags, name: Texts, address: Texts, code: Texts, rng: np.random.Generator) -> Desks:
    n = len(has)
    numbers = rng.integers(10_000_000, 99_999_999, n).astype(str).astype(object)
    dice = rng.random((2, n))
    desks = no_desks(n)
    for column, values, stated in (
        (desks.name, name, has),
        (desks.address, address, has),
        (desks.phone, "000-" + numbers, has & (dice[0] < 0.85)),
        (desks.link, "https://union.example/join/" + code, has & (dice[1] < 0.6)),
    ):
        column[stated] = values[stated]
    return desks
