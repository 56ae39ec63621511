"""Opening hours: the state of 25,000 stations at one instant, and real texts understood.

The peer is opening-hours-py, asked for each station; every state must be the same for texts
without holidays. Texts are those of Zhengzhou's stations and of British warm spaces; the latter's
own `opening_hours` are laid beside ours, minute by minute of a week, by class of difference.
"""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from opening_hours import OpeningHours, State

from geo.hours import Calendar, HolidayTable, HoursTable
from geo.hours.normalise import normalise_many

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "stations"
STATIONS = 25_000
BAR_MILLISECONDS = 0.1
INSTANTS = [datetime(2026, 3, 4, 12, 40) + timedelta(hours=37 * n, minutes=n) for n in range(60)]
CODE = {State.CLOSED: 0, State.OPEN: 1, State.UNKNOWN: 2}
MADE = ["24/7", "Mo-Fr 08:30-17:30", "09:00-18:00", "Mo-Su 00:00-24:00", "08:00-02:00", None]


def run() -> Iterator[dict[str, Any]]:
    """Measure; some twenty seconds."""
    chinese, british = _texts()
    pairs = [*zip(chinese, normalise_many(chinese), strict=True)]
    pairs += zip(british, normalise_many(british), strict=True)
    known = sorted({said.opening_hours for _, said in pairs if said.opening_hours})
    yield _cost(known or [text for text in MADE if text])
    yield _same([text for text in known if "PH" not in text] or [text for text in MADE if text])
    for name, texts, bar in (("Zhengzhou", chinese, 95), ("British", list(british), 83)):
        yield _understood(name, texts, bar)
    if british:
        yield _beside(british)


def _texts() -> tuple[list[str], dict[str, str | None]]:
    """Distinct texts of both files, the British with the file's own reading; empty without them."""
    if not DATA.is_dir():
        return [], {}
    with (DATA / "zhengzhou_gcj02.csv").open(encoding="utf-8-sig") as file:
        chinese = sorted({row["开放时间"] for row in csv.DictReader(file)})
    with (DATA / "uk_warm_spaces_west.geojson").open(encoding="utf-8") as file:
        rows = [feature["properties"] for feature in json.load(file)["features"]]
    return chinese, {row["hours_text"]: row["opening_hours"] for row in rows if row["hours_text"]}


def _cost(texts: list[str]) -> dict[str, Any]:
    random = np.random.default_rng(1)
    # As many different texts as a city has, not as many as stations.
    chosen = [texts[i] for i in random.integers(0, min(len(texts), 200), STATIONS)]
    table = HoursTable(chosen, Calendar(HolidayTable({}, {})))
    parsed = {text: OpeningHours(text) for text in set(chosen)}
    each = [parsed[text] for text in chosen]
    at = INSTANTS[0]
    table.states(at)
    ours, peer = [], []
    for _ in range(5):
        begin = time.process_time()
        for _ in range(20):
            table.states(at)
        ours.append((time.process_time() - begin) / 20 * 1000)
        begin = time.process_time()
        for hours in each:
            hours.state(at)
        peer.append((time.process_time() - begin) * 1000)
    mine, theirs = min(ours), min(peer)
    return {
        "name": "hours: state of 25,000 stations at one instant",
        "ours": mine,
        "peer": theirs,
        "ratio": theirs / mine,
        "unit": "ms CPU",
        "bar": f"<= {BAR_MILLISECONDS:g} ms",
        "holds": mine <= BAR_MILLISECONDS,
        "note": f"{len(parsed)} different texts; peer: opening-hours-py, parsed beforehand",
    }


def _same(texts: list[str]) -> dict[str, Any]:
    table = HoursTable(texts, Calendar(HolidayTable({}, {})))
    parsed = [OpeningHours(text) for text in texts]
    differ: set[str] = set()
    for at in INSTANTS:
        states = table.states(at)
        for text, state, hours in zip(texts, states.tolist(), parsed, strict=True):
            if CODE[hours.state(at)[0]] != state:
                differ.add(text)
    shown = f"; differing: {sorted(differ)[:3]}" if differ else ""
    return {
        "name": "hours: the library's state on every text without holidays",
        "ours": 100.0 * (1 - len(differ) / len(texts)),
        "peer": 100.0,
        "ratio": None,
        "unit": "%",
        "bar": "100 %",
        "holds": not differ,
        "note": f"{len(texts):,} texts × {len(INSTANTS)} instants{shown}",
    }


def _understood(name: str, texts: list[str], bar: int) -> dict[str, Any]:
    found = normalise_many(texts)
    known = sum(one.opening_hours is not None for one in found)
    partly = sum(one.opening_hours is not None and one.doubt is not None for one in found)
    share = 100.0 * known / len(texts) if texts else None
    return {
        "name": f"hours: {name} texts understood",
        "ours": share,
        "peer": None,
        "ratio": None,
        "unit": "%",
        "bar": f">= {bar} %",
        "holds": None if share is None else share >= bar,
        "note": f"{known:,} of {len(texts):,}; {partly:,} leave something open, which stays unknown"
        if texts
        else "needs ../shared/data/stations",
    }


def _beside(british: dict[str, str | None]) -> dict[str, Any]:
    """Each text's week beside the file's own reading of it."""
    classes: Counter[str] = Counter()
    for text, said in zip(british, normalise_many(british), strict=True):
        theirs = british[text]
        if said.opening_hours is None or not theirs:
            classes["one of the two has none"] += 1
            continue
        try:
            # The file's rules are additions: "Mo 9-10; Mo 14-15" means both.
            reference = _week(theirs.replace("; ", ", "))
        except Exception:  # noqa: BLE001  some of the file's own values are no valid syntax
            classes["the file's value is no valid syntax"] += 1
            continue
        ours = _week(said.opening_hours)
        more = bool(((ours == 1) & (reference != 1)).any())
        doubt = bool(((ours == 2) & (reference == 1)).any())
        less = bool(((ours == 0) & (reference == 1)).any())
        if not (more or doubt or less):
            classes["equal"] += 1
        elif more and not (doubt or less):
            classes["ours has hours that the file lost"] += 1
        elif doubt and not (more or less):
            classes["ours keeps a condition of the text as unknown"] += 1
        else:
            classes["the file reads afternoons as nights, or mixes times up"] += 1
    compared = sum(count for name, count in classes.items() if "none" not in name)
    return {
        "name": "hours: British texts beside the file's own opening_hours",
        "ours": 100.0 * classes["equal"] / max(1, compared),
        "peer": None,
        "ratio": None,
        "unit": "% equal",
        "bar": None,
        "holds": None,
        "note": "; ".join(f"{name}: {count:,}" for name, count in classes.most_common()),
    }


def _week(expression: str) -> np.ndarray:
    """(10080,) the states of one ordinary week."""
    monday = datetime(2026, 11, 16)
    out = np.zeros(7 * 1440, np.uint8)
    for start, end, said, _ in OpeningHours(expression).intervals(
        monday, monday + timedelta(days=7)
    ):
        first = max(0, int((start - monday).total_seconds() // 60))
        last = 10080 if end is None else int((end - monday).total_seconds() // 60)
        out[first:last] = CODE[said]
    return out


if __name__ == "__main__":
    for record in run():
        print(record)
