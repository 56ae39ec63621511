"""What questions about siting share."""

from __future__ import annotations

import json
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import Commas, Identity
from api.identity import OWN_PAGE
from api.service import SECURED
from geo.errors import Busy, Conflict, Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from geo.siting.ground.city import City
from geo.siting.question import (
    MOST_CLOSING,
    USUAL_HOURS,
    DayClass,
    Group,
    Hour,
    Id,
    Profile,
)

FAILURES: dict[int | str, dict[str, Any]] = problems.told(
    Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable
)
CHANGING: dict[int | str, dict[str, Any]] = problems.told(
    Invalid, Unauthorized, Forbidden, NotFound, Conflict, Busy, Unavailable
)
CHANGE: dict[str, Any] = {
    "openapi_extra": SECURED,
    "dependencies": [OWN_PAGE],
    "responses": CHANGING,
}
"""What every route that changes something has in common."""
DECIMALS = 6


class ProfileQuestion(answers.Question):
    """Where, when and for whom, as parameters of an address."""

    area_id: Identity | None = Field(
        None,
        description="区域。 Only people and candidates in this area; without it everywhere.",
        examples=[110],
    )
    day: DayClass = Field(
        "workday", description="日类型。 Which kind of day.", examples=["weekend"]
    )
    hours: Annotated[list[Hour], Commas] | None = Field(
        None,
        min_length=1,
        max_length=24,
        description="小时，人数按小时相加。 Hours of the day, people are summed over them; 6 to 22 "
        "by default.",
        examples=[["11", "12"]],
    )
    groups: Annotated[list[Group], Commas] | None = Field(
        None,
        min_length=1,
        max_length=5,
        description="人群。 Only these groups of workers; all by default.",
        examples=[["courier", "food_rider"]],
    )
    radius_metres: float = Field(
        500.0,
        ge=50,
        le=5000,
        description="服务半径（米，沿道路步行）。 Service radius, metres on foot.",
        examples=[500],
    )
    closing: Annotated[list[Id], Commas] = Field(
        default_factory=list,
        max_length=MOST_CLOSING,
        description="拟关停的现有站点。 Stations of today that close, as if they were not there.",
        examples=[[]],
    )

    def profile(self) -> Profile:
        """The profile."""
        return Profile(
            area_id=self.area_id,
            day=self.day,
            hours=self.hours or USUAL_HOURS,
            groups=self.groups,
            radius_metres=self.radius_metres,
            closing=self.closing,
        )


class DistrictFacts(BaseModel):
    """People of a subdistrict; 0 also where there are fewer than may be shown."""

    id: int
    name: str | None
    people: float
    before: float = Field(description="Of them covered today.")
    after: float = Field(description="Of them covered with the sites.")


def tag_of(city: City, *more: object) -> str:
    """The ETag of an answer that rests on a city."""
    return answers.etag(city.editions, answers.fingerprint(city.mark, *more))


def people(value: float, least: float) -> float:
    """A number of people as it may be told: 0 for fewer than `least`, one decimal."""
    return 0.0 if value < least else round(float(value), 1)


def many(values: npt.NDArray[Any], least: float) -> list[float]:
    """The same of many."""
    told: list[float] = np.round(np.where(values < least, 0.0, values), 1).tolist()
    return told


def as_json(value: dict[str, Any]) -> bytes:
    """Compact JSON; faster than a model for arrays of many."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
