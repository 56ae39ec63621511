"""A siting question as a planner asks it: where, when, for whom, under which conditions.

One definition for the API, the command line and what is kept in the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

Model = Literal["max-cover", "set-cover", "p-median", "p-centre"]
DayClass = Literal["workday", "weekend"]
Group = Literal["courier", "food_rider", "sanitation_worker", "driver", "outdoor_worker"]
USUAL_HOURS: Final = list(range(6, 23))
MOST_EXTRA: Final = 200
MOST_CLOSING: Final = 2000
LARGEST_ID: Final = 2**53 - 1
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Hour = Annotated[int, Field(ge=0, le=23)]
Plain = r"^[^\x00-\x1f\x7f]*$"
Key = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
Ref = Id | Key
"""A candidate by its id, or a place put on the map by its key."""


class _Asked(BaseModel):
    """What comes from outside: nothing unknown, and no truth value where a number belongs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        if cls.model_fields[info.field_name or ""].annotation is not bool:
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, bool):
                    raise PydanticCustomError("int_type", "Input should be a number")
        return value


class Extra(_Asked):
    """A place that is no candidate of the register: dragged or put on the map by hand."""

    key: Key = Field(
        description="What it is called in `sites` and in the answer; begins with a letter.",
        examples=["new-1"],
    )
    lon: float = Field(ge=-180, le=180, description="Longitude, WGS 84.", examples=[113.65])
    lat: float = Field(ge=-90, le=90, description="Latitude, WGS 84.", examples=[34.75])
    name: str | None = Field(None, max_length=120, pattern=Plain, examples=["路口岗亭"])
    cost: float | None = Field(
        None, ge=0, le=1e12, description="What it costs; else the middle cost of the candidates."
    )

    @property
    def called(self) -> tuple[str, str]:
        """What it is called in Chinese and in English: its name, or as the page numbers it."""
        number = self.key.removeprefix("x")
        return (self.name, self.name) if self.name else (f"自选点 {number}", f"Place {number}")

    @property
    def label(self) -> str:
        """The same where there is one text for both languages."""
        return self.name or " / ".join(self.called)


class Profile(_Asked):
    """Where, when and for whom people are counted, and which stations of today stay."""

    area_id: Id | None = Field(
        None,
        description="区域。 Only people and candidates in this area; without it everywhere.",
        examples=[6102330440716319],
    )
    day: DayClass = Field(
        "workday", description="日类型。 Which kind of day.", examples=["workday"]
    )
    hours: list[Hour] = Field(
        default_factory=lambda: list(USUAL_HOURS),
        min_length=1,
        max_length=24,
        description="小时，人数按小时相加。 Hours of the day; people are summed over them.",
        examples=[[11, 12, 17, 18]],
    )
    groups: list[Group] | None = Field(
        None,
        min_length=1,
        max_length=5,
        description="人群。 Only these groups of workers; all without it.",
        examples=[["courier", "food_rider"]],
    )
    radius_metres: float = Field(
        500.0,
        ge=50,
        le=5000,
        description="服务半径，沿道路步行。 Service radius, metres on foot along the streets.",
        examples=[500],
    )
    closing: list[Id] = Field(
        default_factory=list,
        max_length=MOST_CLOSING,
        description="拟关停的现有站点。 Stations of today that close: planned as if they were not "
        "there; one that is none of today's changes nothing.",
        examples=[[]],
    )

    @field_validator("hours", "groups", "closing")
    @classmethod
    def _in_order(cls, value: Any) -> Any:
        return None if value is None else sorted(set(value))

    @property
    def ground_key(self) -> tuple[object, ...]:
        """What the people, and who reaches them, depend on."""
        people = self.area_id, self.day, tuple(self.hours), tuple(self.groups or ())
        return *people, tuple(self.closing)


class Question(Profile):
    """What is to be planned."""

    model: Model = Field(
        "max-cover",
        description="模型。 max-cover: reach most people; set-cover: fewest or cheapest sites that "
        "reach `share`; p-median: least total walk; p-centre: least worst walk.",
        examples=["max-cover"],
    )
    sites: int | None = Field(
        None, ge=0, le=100_000, description="At most so many new sites.", examples=[12]
    )
    budget: float | None = Field(
        None, ge=0, le=1e15, description="At most so much cost of new sites.", examples=[120000]
    )
    share: float | None = Field(
        None, ge=0, le=1, description="set-cover: the share of people to reach.", examples=[0.6]
    )
    least: Literal["sites", "cost"] = Field(
        "sites",
        description="set-cover: what there shall be the least of, sites or their cost.",
        examples=["sites"],
    )
    steps: list[tuple[float, float]] | None = Field(
        None,
        min_length=1,
        max_length=6,
        description="[[metres, share], …]: people count with the share of the nearest site's step, "
        "metres rising and shares falling; instead of `radius_metres`.",
        examples=[[[500, 1.0], [1000, 0.5]]],
    )
    backup: float = Field(
        0.0, ge=0, le=1, description="What being covered a second time counts.", examples=[0.2]
    )
    spacing_metres: float = Field(
        0.0, ge=0, le=20_000, description="Least distance between sites, in a line.", examples=[200]
    )
    spacing_rule: Literal["forbid", "warn"] = Field(
        "forbid",
        description="forbid: sites nearer than `spacing_metres` are in no plan; warn: they may be, "
        "and the answer names them in `relaxed`.",
        examples=["warn"],
    )
    area_least_share: float = Field(
        0.0, ge=0, le=1, description="At least so much of each subdistrict.", examples=[0.3]
    )
    area_least_sites: int | None = Field(
        None, ge=0, le=1000, description="At least so many sites a subdistrict.", examples=[1]
    )
    open_24h_least: int = Field(
        0, ge=0, le=100_000, description="At least so many sites open 24 hours.", examples=[2]
    )
    per_chain_most: int | None = Field(
        None, ge=0, le=100_000, description="At most so many new sites of one chain.", examples=[3]
    )
    capacity_per_place: float | None = Field(
        None,
        gt=0,
        le=10_000,
        description="max-cover and p-median: so many people an hour are served for each place of "
        "a host's capacity (容纳人数), and no more; a host that states none is taken at the middle "
        "capacity, today's stations serve whoever comes. Without it capacities are not looked at.",
        examples=[4],
    )
    agreed_only: bool = Field(
        False, description="Only hosts that said yes; without it also those not yet asked."
    )
    keep_existing: bool = Field(
        True, description="Today's stations stay and count; false plans as if there were none."
    )
    lock: list[Ref] = Field(
        default_factory=list,
        max_length=2000,
        description="Candidates, by id, and places of `extra`, by key, that must be in the plan.",
        examples=[[]],
    )
    forbid: list[Ref] = Field(
        default_factory=list,
        max_length=2000,
        description="Candidates that must not.",
        examples=[[]],
    )
    extra: list[Extra] = Field(
        default_factory=list, max_length=MOST_EXTRA, description="Places put on the map by hand."
    )
    gap: float = Field(
        0.001, ge=0, le=1, description="Proven gap that is good enough.", examples=[0.01]
    )
    seconds: float = Field(
        30.0, ge=0.1, le=3600, description="Time limit of the search.", examples=[30]
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, description="The same seed gives the same plan.")

    @field_validator("lock", "forbid")
    @classmethod
    def _each_once(cls, value: list[Ref]) -> list[Ref]:
        return sorted(set(value), key=lambda one: (isinstance(one, str), one))

    @field_validator("extra")
    @classmethod
    def _keys_differ(cls, value: list[Extra]) -> list[Extra]:
        if len({one.key for one in value}) != len(value):
            raise ValueError("two extra places have the same key / 两个自定义点的 key 相同")
        return value

    @field_validator("steps")
    @classmethod
    def _falling(cls, value: list[tuple[float, float]] | None) -> list[tuple[float, float]] | None:
        for step in value or []:
            if not (50 <= step[0] <= 5000 and 0 <= step[1] <= 1):
                raise ValueError("a step is [50 to 5000 metres, share 0 to 1] / 每级为米数与比例")
        for near, far in zip(value or [], (value or [])[1:], strict=False):
            if far[0] <= near[0] or far[1] > near[1]:
                raise ValueError("metres must rise and shares fall / 距离递增、比例递减")
        return value

    @model_validator(mode="after")
    def _lock_or_forbid(self) -> Self:
        both = set(self.lock) & set(self.forbid)
        if both:
            raise ValueError(
                f"candidate {min(both, key=str)} is both locked and forbidden / 候选点既必选又禁选"
            )
        return self

    @property
    def rings(self) -> tuple[tuple[float, float], ...]:
        """(metres, share) of each step; one of the radius where none are given."""
        return tuple(self.steps) if self.steps else ((self.radius_metres, 1.0),)

    def left_no_choice(self, sites: Sequence[Ref]) -> bool:
        """Whether all sites of a plan were fixed by the question, so that none was chosen: its gap
        says nothing of other sites."""
        return bool(sites) and set(sites) <= set(self.lock)

    @property
    def mark(self) -> str:
        """A short mark of the whole question."""
        return hashlib.blake2b(self.model_dump_json().encode(), digest_size=8).hexdigest()
