"""Days and times that a question may name, written out.

A bare number would be taken for seconds since 1970: nobody means that.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?")


def _written_day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("date_parsing", "Input should be a day such as 2026-11-20")


def _written_time(value: object) -> object:
    if isinstance(value, str) and _TIME.fullmatch(value):
        return value
    raise PydanticCustomError("datetime_parsing", "Input should be an ISO 8601 time")


Day = Annotated[date, BeforeValidator(_written_day)]
"""A day, YYYY-MM-DD."""

Moment = Annotated[datetime, BeforeValidator(_written_time)]
"""A time, ISO 8601; the caller decides what one without an offset means."""
