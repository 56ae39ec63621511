"""The rule table as it is read from `rules.toml`: thresholds, conditions in words, rules, law."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from importlib.resources import files
from typing import Any, Literal, NamedTuple, get_args

from geo.errors import Invalid

FormKind = Literal[
    "own_union",
    "building_union",
    "marketplace_union",
    "park_union",
    "commercial_district_union",
    "functional_area_union",
    "street_union",
    "industry_union",
    "union_federation",
    "extension",
    "attachment",
    "union_organiser",
    "nothing_left",
]
"""What can be advised; `nothing_left` where the enterprises all have a union by now."""
FORM_KINDS: tuple[FormKind, ...] = get_args(FormKind)
NOTHING: FormKind = "nothing_left"
Basis = Literal["law", "practice"]


class Words(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str

    def filled(self, values: Mapping[str, object]) -> Words:
        """With its placeholders filled. What is filled in is never read as a pattern."""
        return Words(self.zh.format_map(values), self.en.format_map(values))


@dataclass(frozen=True)
class Thresholds:
    """The numbers of the rules. Regions differ: a region's own may replace them."""

    own_workers: int
    chair_workers: int
    least_units: int
    least_workers: int
    near_metres: int
    federation_unions: int
    federation_units: int
    industry_share: float
    meeting_metres: int
    hall_seats: int
    hall_metres: int
    held_share: float

    def words(self) -> dict[str, str]:
        """By name, as they are written into sentences."""
        return {
            one.name: percent(getattr(self, one.name))
            if one.name.endswith("_share")
            else f"{getattr(self, one.name):,}"
            for one in fields(self)
        }


@dataclass(frozen=True)
class Threshold:
    """A number of the rules as it is told: what it means, and where it comes from."""

    name: str
    value: float
    meaning: Words
    source: str


@dataclass(frozen=True)
class Rule:
    """One row of the table. `when` are the conditions, all of which must hold; `condition` is the
    same in words; `law_text` is what `article` says. `title` and `reason` have placeholders."""

    id: str
    kind: FormKind
    when: tuple[str, ...]
    condition: Words
    title: Words
    reason: Words
    article: Words
    law_text: Words
    basis: Basis


@dataclass(frozen=True)
class Duty:
    """What the law says of every form."""

    article: Words
    text: Words


@dataclass(frozen=True)
class Rules:
    """The whole table, for one set of thresholds."""

    law: Words
    values: Thresholds
    thresholds: tuple[Threshold, ...]
    table: tuple[Rule, ...]
    duties: tuple[Duty, ...]
    sentences: Mapping[str, Words]
    unit_kinds: Mapping[str, Words]
    industries: Mapping[str, Words]


def rules(**region: float) -> Rules:
    """The rule table.

    Args:
        region: thresholds of the region that replace those of the table, by name.

    Raises:
        Invalid: there is no such threshold, or its value is not positive.
    """
    return _rules(tuple(sorted(region.items())))


@functools.lru_cache(maxsize=16)
def _rules(region: tuple[tuple[str, float], ...]) -> Rules:
    table = _read()
    known = {one.name: one for one in fields(Thresholds)}
    given: dict[str, Any] = {name: entry["value"] for name, entry in table["threshold"].items()}
    values = Thresholds(**given)
    for name, value in region:
        if name not in known or not value > 0:
            raise Invalid(
                f"规则表没有阈值“{name}”，或其值不是正数。 '{name}' is no threshold of the rules, "
                "or not positive.",
                remedy=f"Use one of {', '.join(known)}.",
                field=name,
            )
        values = replace(values, **{name: type(given[name])(value)})
    words = values.words()
    return Rules(
        law=Words(table["law"], table["law_en"]),
        values=values,
        thresholds=tuple(
            Threshold(
                name,
                getattr(values, name),
                _words(entry).filled({"n": words[name], "percent": words[name]}),
                entry["source"],
            )
            for name, entry in table["threshold"].items()
        ),
        table=tuple(_rule(entry, table["condition"], words) for entry in table["rule"]),
        duties=tuple(Duty(_words(one["article"]), _words(one["text"])) for one in table["duty"]),
        sentences=_named(table["sentence"]),
        unit_kinds=_named(table["unit_kind"]),
        industries=_named(table["industry"]),
    )


def _rule(entry: Mapping[str, Any], conditions: Mapping[str, Any], words: dict[str, str]) -> Rule:
    parts = [_words(conditions[name]).filled(words) for name in entry["when"]]
    condition = Words(
        "，且".join(part.zh for part in parts), ", and ".join(part.en for part in parts)
    )
    return Rule(
        id=entry["id"],
        kind=entry["kind"],
        when=tuple(entry["when"]),
        condition=condition,
        title=_words(entry["title"]),
        reason=_words(entry["reason"]),
        article=_words(entry["article"]),
        law_text=_words(entry["text"]),
        basis=entry["basis"],
    )


@functools.cache
def _read() -> dict[str, Any]:
    path = files("geo.clusters.forms").joinpath("rules.toml")
    return tomllib.loads(path.read_text("utf-8"))


def _named(entries: Mapping[str, Mapping[str, str]]) -> dict[str, Words]:
    return {name: _words(entry) for name, entry in entries.items()}


def _words(entry: Mapping[str, str]) -> Words:
    return Words(entry["zh"], entry["en"])


def percent(share: float) -> str:
    """A share as people say it: `95%`. Rounding never claims all or nothing: 99.7 % is `99.7%`."""
    for decimals in range(5):
        shown = round(share * 100, decimals)
        if (shown > 0 or share <= 0) and (shown < 100 or share >= 1):
            return f"{shown:.{decimals}f}%"
    return f"{share * 100:g}%"
