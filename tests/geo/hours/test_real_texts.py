"""The hours of real stations, understood and none wrongly."""

import csv
import json
from datetime import datetime, timedelta

import numpy as np
from hours_states import STATE
from opening_hours import OpeningHours

from geo.hours import (
    OPEN,
    normalise_many,
)


def test_the_hours_of_zhengzhous_stations_are_understood(shared_data):
    with (shared_data / "stations/zhengzhou_gcj02.csv").open(encoding="utf-8-sig") as file:
        texts = sorted({row["开放时间"] for row in csv.DictReader(file)})
    understood = dict(zip(texts, normalise_many(texts), strict=True))
    known = [text for text in texts if understood[text].opening_hours]
    assert len(known) / len(texts) >= 0.95
    # One text states no hours: it is understood as that, and never open.
    assert [text for text in texts if understood[text].doubt] == ["工作日开放"]
    # All others say what they say already, but for the days' names.
    for text in set(texts) - {"工作日开放"}:
        assert understood[text].opening_hours == text.replace("周一至周五", "Mo-Fr")


def _week(expression):
    hours = OpeningHours(expression)
    monday = datetime(2026, 11, 16)
    out = np.zeros(7 * 1440, np.uint8)
    for start, end, said, _ in hours.intervals(monday, monday + timedelta(days=7)):
        first = max(0, int((start - monday).total_seconds() // 60))
        last = 10080 if end is None else int((end - monday).total_seconds() // 60)
        out[first:last] = STATE[said]
    return out


def test_the_hours_of_british_warm_spaces_are_understood_and_none_wrongly(shared_data):
    """Against the file's own `opening_hours`, whose rules are read as additions.

    Where ours is open and theirs is not, theirs has lost hours of the text: a second span of a day
    after "&" or "then", a day in a list, a line with a name between day and hours. That is told
    from the text: each such opening must have its times in it.
    """
    with (shared_data / "stations/uk_warm_spaces_west.geojson").open(encoding="utf-8") as file:
        rows = [feature["properties"] for feature in json.load(file)["features"]]
    theirs = {row["hours_text"]: row["opening_hours"] for row in rows if row["hours_text"]}
    texts = list(theirs)
    understood = dict(zip(texts, normalise_many(texts), strict=True))
    known = [text for text in texts if understood[text].opening_hours]
    assert len(known) / len(texts) >= 0.83
    certain = [text for text in known if not understood[text].doubt]
    assert len(certain) / len(texts) >= 0.7
    compared = more = 0
    for text in known:
        if not theirs[text]:
            continue
        try:
            reference = _week(theirs[text].replace("; ", ", "))
        except Exception:  # noqa: BLE001 - some of the file's own values are no valid syntax
            continue
        compared += 1
        ours = _week(understood[text].opening_hours)
        more += bool(((ours == OPEN) & (reference != OPEN)).any())
    assert compared > 3000
    # 60 texts looked through one by one: each is hours that the reference has lost.
    assert more <= 60
