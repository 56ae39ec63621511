"""Which union fits: the rule table applied to one situation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from geo.clusters.facts import ClusterFacts
from geo.clusters.forms.rules import (
    NOTHING,
    Basis,
    FormKind,
    Rule,
    Rules,
    Thresholds,
    Words,
    percent,
)
from geo.clusters.forms.situation import (
    ExistingUnion,
    MeetingPlace,
    Seat,
    Situation,
    Unit,
    UpperUnion,
)
from geo.enterprises.classes import INDUSTRIES

NO_NAME = Words("名称未登记的联合工会", "a joint union without a name on record")
NO_UNIT_NAME = Words("（未命名）", "(unnamed)")


@dataclass(frozen=True)
class Alternative:
    """Another rule whose conditions hold too."""

    rule: str
    kind: FormKind
    title: Words


@dataclass(frozen=True)
class Form:
    """The union that fits a cluster, and why.

    Attributes:
        rule: id of the rule that decided; `nothing_left` where there is nothing to found.
        kind: one of :data:`geo.clusters.forms.rules.FORM_KINDS`, or `nothing_left`.
        title, reason: in words.
        law: law and article; `law_text` what it says; `basis` whether it is the law's own word or
            practice within it.
        own_unions: enterprises that can have a union of their own (by employees).
        shall: of them and the others, those that shall have one by law (by members).
        full_time_chair: those that may have a full-time chair.
        rest, rest_workers: enterprises for the joint form, and their employees of those stated.
        employees_unstated: of the rest, those that do not state them.
        in_preparation: enterprises that prepare a union.
        unit: the organising unit that holds the cluster.
        unions_in_unit: basic unions there are in it.
        existing_union: the joint union to extend or attach to, or the nearest one.
        alternatives: other rules that hold.
    """

    rule: str
    kind: FormKind
    title: Words
    reason: Words
    law: Words
    law_text: Words
    basis: Basis
    own_unions: int
    shall: int
    full_time_chair: int
    rest: int
    rest_workers: int
    employees_unstated: int
    in_preparation: int
    unit: Unit | None
    unions_in_unit: int
    existing_union: ExistingUnion | None
    seat: Seat | None
    upper_union: UpperUnion
    nearest_station: MeetingPlace | None
    alternatives: tuple[Alternative, ...]


Condition = Callable[[Situation, Thresholds], bool]


def _few_left(at: Situation, numbers: Thresholds) -> bool:
    counts = at.counts
    if counts.rest == 0:
        return False
    if counts.rest < numbers.least_units:
        return True
    # Where some do not say how many they are, nobody can say that they are few.
    return counts.unstated == 0 and counts.rest_workers < numbers.least_workers


def _in(*kinds: str) -> Condition:
    return lambda at, _: at.unit is not None and (not kinds or at.unit.kind in kinds)


CONDITIONS: Mapping[str, Condition] = {
    "some_left": lambda at, _: at.counts.rest > 0,
    "all_own": lambda at, _: at.counts.rest == 0 and at.counts.own > 0,
    "few_left": _few_left,
    "many_left": lambda at, numbers: at.counts.rest >= numbers.federation_units,
    "joint_in_unit": lambda at, _: any(one.in_unit for one in at.existing),
    "joint_near": lambda at, numbers: any(one.metres <= numbers.near_metres for one in at.existing),
    "several_unions": lambda at, numbers: (
        at.own_unions + at.joint_unions >= numbers.federation_unions
    ),
    "in_unit": _in(),
    "in_building": _in("office_building"),
    "in_marketplace": _in("marketplace"),
    "in_park": _in("industrial_park"),
    "in_commercial_district": _in("commercial_district"),
    "in_functional_area": _in("functional_area"),
    "no_unit": lambda at, _: at.unit is None,
    "one_industry": lambda at, numbers: (
        at.counts.rest > 0
        and 0 < at.counts.rest_industry[0] < len(INDUSTRIES) - 1
        and at.counts.rest_industry[1] >= numbers.industry_share * at.counts.rest
    ),
}
"""What each word of `when` asks."""


def choose(at: Situation, table: Rules) -> Form:
    """The form of union for a cluster: the first rule of the table whose conditions all hold."""
    # That of the unit before those near by, and these before those too far to take it in.
    apart = table.values.near_metres
    fitting = sorted(at.existing, key=lambda one: (not one.in_unit, one.metres > apart))
    at = replace(at, existing=tuple(fitting))
    holding = [
        rule
        for rule in table.table
        if all(CONDITIONS[name](at, table.values) for name in rule.when)
    ]
    counts = at.counts
    decided = None if counts.without == 0 else holding[0]
    values = _values(at, table)
    if decided is None:
        title, reason = table.sentences["nothing_title"], table.sentences["nothing_left"]
        law, law_text = table.law, Words("", "")
        basis: Basis = "practice"
    else:
        title = _filled(decided.title, values)
        reason = _reason(at, decided, table, values)
        law = Words(f"{table.law.zh}{decided.article.zh}", f"{table.law.en}, {decided.article.en}")
        law_text, basis = decided.law_text, decided.basis
    return Form(
        rule=NOTHING if decided is None else decided.id,
        kind=NOTHING if decided is None else decided.kind,
        title=title,
        reason=reason,
        law=law,
        law_text=law_text,
        basis=basis,
        own_unions=counts.own,
        shall=counts.shall,
        full_time_chair=counts.chair,
        rest=counts.rest,
        rest_workers=counts.rest_workers,
        employees_unstated=counts.unstated,
        in_preparation=counts.in_preparation,
        unit=at.unit,
        unions_in_unit=at.own_unions + at.joint_unions,
        existing_union=at.existing[0] if at.existing else None,
        seat=_seat(at, decided),
        upper_union=at.upper,
        nearest_station=at.meeting,
        alternatives=_alternatives(at, holding, decided, values),
    )


Values = tuple[dict[str, object], dict[str, object]]
"""What fills placeholders, in Chinese and in English."""


def _filled(text: Words, values: Values) -> Words:
    return Words(text.zh.format_map(values[0]), text.en.format_map(values[1]))


def _alternatives(
    at: Situation, holding: list[Rule], decided: Rule | None, values: Values
) -> tuple[Alternative, ...]:
    told: dict[str, Alternative] = {}
    for rule in holding:
        if decided is None or rule.kind == decided.kind or rule.kind in told:
            continue
        if at.counts.rest == 0 and rule.kind not in ("own_union", "union_federation"):
            continue  # there is nobody left for a joint form
        told[rule.kind] = Alternative(rule.id, rule.kind, _filled(rule.title, values))
    return tuple(told.values())


def _reason(
    at: Situation,
    rule: Rule,
    table: Rules,
    values: Values,
) -> Words:
    """The rule's reason, and what is to be known beside it."""
    counts = at.counts
    parts = [rule.reason]
    if counts.own and rule.kind != "own_union":
        parts.append(table.sentences["own_one" if counts.own == 1 else "own"])
    if counts.rest and rule.kind == "union_federation":
        parts.append(table.sentences["under_federation"])
    for name, many in (
        ("shall", counts.shall),
        ("chair", counts.chair),
        ("unstated", counts.unstated),
        ("in_preparation", counts.in_preparation),
    ):
        if many:
            parts.append(table.sentences[name])
    if at.upper.name is None:
        parts.append(table.sentences["upper_unknown"])
    told = [_filled(part, values) for part in parts]
    return Words("".join(one.zh for one in told), " ".join(one.en for one in told))


def _values(at: Situation, table: Rules) -> Values:
    counts = at.counts
    section, most = counts.rest_industry
    industry = table.industries.get(INDUSTRIES[section], Words("其他", "others"))
    kind = table.unit_kinds.get(at.unit.kind if at.unit else "", Words("", ""))
    existing = at.existing[0] if at.existing else None
    numbers: dict[str, object] = {
        **table.values.words(),
        "own": f"{counts.own:,}",
        "rest": f"{counts.rest:,}",
        "rest_workers": f"{counts.rest_workers:,}",
        "existing": f"{at.own_unions + at.joint_unions:,}",
        "shall": f"{counts.shall:,}",
        "chair": f"{counts.chair:,}",
        "unstated": f"{counts.unstated:,}",
        "in_preparation": f"{counts.in_preparation:,}",
        "metres": f"{existing.metres:,.0f}" if existing else "",
        "industry_percent": percent(most / counts.rest) if counts.rest else "",
    }
    told = []
    for language in (0, 1):
        unit = (at.unit.name if at.unit else None) or NO_UNIT_NAME[language]
        union = (existing.name if existing else None) or NO_NAME[language]
        told.append(
            {
                **numbers,
                "unit": unit,
                "home": (existing.unit if existing else None) or unit,
                "union": union,
                "kind": kind[language],
                "industry": industry[language],
            }
        )
    return told[0], told[1]


def _seat(at: Situation, decided: Rule | None) -> Seat | None:
    """Where it could be: at the office of the union it becomes part of or of the unit, in a hall
    near by, or at the largest enterprise."""
    if decided is None:
        return None
    existing = at.existing[0] if at.existing else None
    if decided.kind in ("extension", "attachment") and existing is not None:
        return Seat("union_office", existing.name, existing.address)
    unit = at.unit
    if decided.kind != "own_union" and unit is not None and unit.union_address:
        return Seat("union_office", unit.union_name or unit.name, unit.union_address)
    if decided.kind != "own_union" and at.hall is not None:
        hall = at.hall
        return Seat(
            "station", hall.name, hall.address, station_id=hall.id, lon=hall.lon, lat=hall.lat
        )
    if at.largest is None:
        return None
    one = at.largest
    return Seat("enterprise", one.name, one.address, enterprise_id=one.id, lon=one.lon, lat=one.lat)


def sentence(cluster: ClusterFacts, table: Rules) -> Words:
    """How it stands out: «95 % without a union where 32 % is usual here»; without a usual share to
    compare with, how many of how many."""
    name = "usual" if 0 < cluster.expected < cluster.units_all else "alone"
    return table.sentences[name].filled(
        {
            "share": percent(cluster.share),
            "expected": percent(cluster.expected_share),
            "units": f"{cluster.units:,}",
            "units_all": f"{max(cluster.units_all, cluster.units):,}",
        }
    )
