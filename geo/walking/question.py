"""A question made ready: streets, stations, filters, hours and room to work in, behind one number.

See :mod:`geo.walking.addresses`. One compiled function snaps, looks around and searches, for one
person or for many; everything it uses is put in place of its call, so that it is compiled once.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geo.walking.addresses import carray, pointer, record_of
from geo.walking.arrays import (
    CHAIN,
    KNOWN,
    LINK,
    PLACE,
    STATE,
    Hours,
    Records,
    Scratch,
)
from geo.walking.search import search
from geo.walking.snapping import along_chain, foot_of, ground_at
from geo.walking.vicinity import UNSURE, look_around

ARRAYS = {
    "chains": CHAIN,
    "link_start": np.int32,
    "links": LINK,
    "places": PLACE,
    "position_of_rank": np.int32,
    "junction_plane": np.float32,
    "place_plane": np.float32,
    "plane": np.float64,
    "vicinity": KNOWN,
    "generation": np.int64,
    "state": STATE,
    "queue": np.int64,
    "best_metres": np.float64,
    "best_item": np.int32,
    "aim": np.int32,
    "aim_plane": np.float32,
    "seen": np.int32,
    "admitted": np.uint8,
    "few": np.int32,
    "open": np.uint8,
    "unknown": np.uint8,
    "row_pattern": np.int32,
    "when": np.float64,
    "found": np.int32,
    "found_metres": np.float64,
    "found_seconds": np.float64,
    "found_state": np.uint8,
    "start": np.float64,
    "lon": np.float64,
    "lat": np.float64,
    "counts": np.int32,
}
"""What a question reads and writes. `found` and its like are (people, k), `start` (people, 2)."""
NUMBERS = {
    "ground": np.intp,
    "pace": np.float64,
    "limit": np.float64,
    "k": np.int64,
    "known": np.int64,
    "patterns": np.int64,
    "bytes": np.int64,
    "people": np.int64,
}
"""`ground` by the number of its handle, `known` stations a junction of `vicinity` (0: none),
`patterns` of hours of so many `bytes`, `people` in `lon` and `lat` (0: the one that is asked for).
"""
QUESTION = record_of(ARRAYS, NUMBERS)
_FLOAT, _SINGLE, _LONG, _INT, _FLAG = np.float64, np.float32, np.int64, np.int32, np.uint8


@njit(cache=True, nogil=True, error_model="numpy")
def ask(number: int, lon: float, lat: float, minute: float) -> int:  # pragma: no cover - compiled
    """Ask a question by the number of its handle; the answer lies in its `found` arrays.

    Returns:
        How many were found; -1 for a point off the network. `start` has the metres off the street,
        and whether the foot is doubtful. Of many people, how many they are; `counts` has the rest.
    """
    q = carray(pointer(number), 1, QUESTION)[0]
    k: int = q.k
    people: int = q.people
    ground = ground_at(q.ground)
    records = Records(
        carray(pointer(q.chains), q.chains_size, CHAIN),
        carray(pointer(q.link_start), q.link_start_size, _INT),
        carray(pointer(q.links), q.links_size, LINK),
        carray(pointer(q.places), q.places_size, PLACE),
        carray(pointer(q.position_of_rank), q.position_of_rank_size, _INT),
        carray(pointer(q.junction_plane), (q.junction_plane_size >> 1, 2), _SINGLE),
        carray(pointer(q.place_plane), (q.place_plane_size >> 1, 2), _SINGLE),
        carray(pointer(q.plane), 4, _FLOAT),
    )
    scratch = Scratch(
        carray(pointer(q.generation), 1, _LONG),
        carray(pointer(q.state), q.state_size, STATE),
        carray(pointer(q.queue), q.queue_size, _LONG),
        carray(pointer(q.best_metres), q.best_metres_size, _FLOAT),
        carray(pointer(q.best_item), q.best_item_size, _INT),
        carray(pointer(q.aim), q.aim_size, _INT),
        carray(pointer(q.aim_plane), (q.aim_size, 2), _SINGLE),
        carray(pointer(q.seen), q.seen_size, _INT),
    )
    hours = Hours(
        carray(pointer(q.open), (q.patterns, q.bytes), _FLAG),
        carray(pointer(q.unknown), (q.patterns, q.bytes), _FLAG),
        carray(pointer(q.row_pattern), q.row_pattern_size, _INT),
    )
    admitted = carray(pointer(q.admitted), q.admitted_size, _FLAG)
    few = carray(pointer(q.few), q.few_size, _INT)
    when = carray(pointer(q.when), 4, _FLOAT)
    vicinity = carray(pointer(q.vicinity), q.vicinity_size, KNOWN)
    pace, limit, known = q.pace, q.limit, q.known
    rows = max(people, 1)
    for row in range(rows):
        if people:
            lon = carray(pointer(q.lon), people, _FLOAT)[row]
            lat = carray(pointer(q.lat), people, _FLOAT)[row]
        found = carray(pointer(q.found), (rows, k), _INT)[row]
        found_metres = carray(pointer(q.found_metres), (rows, k), _FLOAT)[row]
        found_seconds = carray(pointer(q.found_seconds), (rows, k), _FLOAT)[row]
        found_state = carray(pointer(q.found_state), (rows, k), _FLAG)[row]
        start = carray(pointer(q.start), (rows, 2), _FLOAT)[row]
        i, at, off, doubtful = foot_of(q.ground, lon, lat)
        start[0], start[1] = off, doubtful
        count = -1
        if i >= 0:
            chain, metres, seconds = along_chain(ground, i, at)
            count = UNSURE
            if known and k and not len(few):
                count = look_around(
                    vicinity, known, records, scratch, admitted, hours, when, minute, chain,
                    metres, seconds, off, pace, k, limit, found, found_metres, found_seconds,
                    found_state,
                )  # fmt: skip
            if count == UNSURE:
                plane = records.plane
                count = search(
                    records, scratch, admitted, few, hours, when, minute,
                    (lon - plane[0]) * plane[2], (lat - plane[1]) * plane[3], chain, metres,
                    seconds, off, pace, k, limit, found, found_metres, found_seconds, found_state,
                )  # fmt: skip
        if not people:
            return count
        carray(pointer(q.counts), people, _INT)[row] = count
    return people
