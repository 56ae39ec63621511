"""Addresses: house numbers, and names that stand in a longer text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.places.folding import DIGIT, HAN
from geo.places.index import UNBASE, PlaceIndex, powers
from geo.places.matching import Query, Scores
from geo.places.suffixes import stands

LONGEST_NUMBER = 6
"""Digits of a house number."""


def house_number(query: Query) -> tuple[int, int] | None:
    """Where the number of a house begins in what was typed, and the number; None without one.

    It is the first run of digits with at least two characters before it.
    """
    sort = query.folded.sort[: len(query.codes)]
    digits = np.flatnonzero((sort == DIGIT) & (query.codes < 128))
    first = digits[(digits >= 2) & (sort[digits - 1] != DIGIT)]
    if len(first) == 0:
        return None
    start = int(first[0])
    number = ""
    for place in range(start, min(start + LONGEST_NUMBER, len(query.codes))):
        if place not in digits:
            break
        number += chr(int(query.codes[place]))
    return (start, int(number)) if number.isdecimal() else None


def match_house(index: PlaceIndex, street: Query, number: int) -> Scores:
    """Score every text that holds the street followed by a house number: 0.96 for the number
    itself, less the further away it is; by the same characters only."""
    scores = np.zeros(len(index.folded), dtype=np.float32)
    folded, wanted = index.folded, street.codes
    rank = index.by_text.find(wanted)
    same = stands(folded.codes, index.by_text.at[rank], wanted)
    rank = rank[same]
    behind = index.by_text.at[rank].astype(np.int64) + len(wanted)
    value = np.zeros(len(rank), dtype=np.int64)
    going = np.ones(len(rank), dtype=bool)
    for step in range(LONGEST_NUMBER):
        there = np.minimum(behind + step, len(folded.codes) - 1)
        code = folded.codes[there].astype(np.int64) - ord("0")
        going &= (code >= 0) & (code <= 9)
        value = np.where(going, value * 10 + code, value)
    numbered = (folded.sort[np.minimum(behind, len(folded.sort) - 1)] == DIGIT) & (value > 0)
    away = np.abs(value - number)
    score = np.where(away == 0, 0.96, np.maximum(0.76 - 0.02 * np.log2(1 + away), 0.55))
    np.maximum.at(scores, index.text_of_rank[rank][numbered], score[numbered].astype(np.float32))
    return scores


# ---------------------------------------------------------------------- names in what was typed
@dataclass(frozen=True)
class Inside:
    """A name that stands in what was typed: from which character to which."""

    text: int
    start: int
    stop: int
    agreeing: float
    """Share of its characters that are the very same, not only sound alike."""


def names_inside(index: PlaceIndex, query: Query) -> list[Inside]:
    """Every name of two characters or more (four letters) that stands in what was typed, by sound.

    Cost: one look-up for each part of it, at most some 2,000.
    """
    letters = query.letters
    if len(letters) < 3 or len(index.hashes) == 0:
        return []
    begins = query.spelled.begins[: len(letters)]
    origin = np.repeat(query.spelled.origin, np.diff(np.append(query.spelled.at, len(letters))))
    inside_word = np.arange(len(letters)) - query.spelled.at[np.cumsum(begins) - 1]
    latin = query.folded.sort[origin] != HAN
    # Typed letters may hold several words: any letter may begin or end one.
    cuts = np.flatnonzero(begins | latin)
    cuts = np.append(cuts, len(letters))
    character = np.append(origin + np.where(latin, inside_word, 0), len(query.codes))
    i, j = np.triu_indices(len(cuts), 1)
    start, stop = cuts[i], cuts[j]
    long = (stop - start >= 3) & (stop - start <= 128)
    long &= (character[stop] - character[start] >= 2) & ~((start == 0) & (stop == len(letters)))
    start, stop = start[long], stop[long]
    total = np.concatenate(
        (np.zeros(1, np.uint64), np.cumsum(letters.astype(np.uint64) * powers(len(letters))))
    )
    value = (total[stop] - total[start]) * powers(len(letters) + 1, UNBASE)[start]
    low = np.searchsorted(index.hashes, value, side="left")
    high = np.searchsorted(index.hashes, value, side="right")
    found: dict[tuple[int, int, int], Inside] = {}
    for at in np.flatnonzero(high > low).tolist():
        piece = letters[start[at] : stop[at]].tobytes().decode("latin-1")
        first, last = int(character[start[at]]), int(character[stop[at]])
        for form in index.hash_form[low[at] : high[at]][:64].tolist():
            text = int(index.form_text[form])
            if index.forms.text(form) != piece:
                continue
            known = index.folded.text(text)
            typed = query.text[first:last]
            equal = (
                sum(a == b for a, b in zip(known, typed, strict=True)) / len(known)
                if len(known) == len(typed)
                else 0.5
            )
            found[text, first, last] = Inside(text, first, last, equal)
    return list(found.values())
