"""How well each text fits what was typed, from 0 to 1.

In this order: the same; what begins with it; initials of all syllables; what holds it from a
word's beginning; the same sounds in other characters; and what is a slip of the finger away. Of
two that fit alike the one that it fills more comes first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from geo.places.folding import DIGIT, HAN, Folded, Integers, fold
from geo.places.index import (
    SIX_BITS,
    PlaceIndex,
    Postings,
    Spelled,
    pairs_of,
    spell,
)
from geo.places.readings import readings
from geo.places.suffixes import stands
from geo.places.table import CODE, Numbers

Scores = npt.NDArray[np.float32]

SHORT_LIST = 400
"""Names that are compared letter by letter, of those that share the most pairs of letters."""
STRONG = 0.66
"""From here on a text surely holds what was typed."""
LIKE_LETTERS, LIKE_CHARACTERS = 70.0, 60.0
"""Per cent that must agree in what counts as alike."""
LETTERS_A_CHARACTER = 1.5
OTHER_READING = 0.01
"""What a name is worth less, read in another way than most would."""
VAGUE, VAGUE_FIRST = 10_000, 100
"""So many places in texts are too many, where so many texts begin like that."""
FEWEST_LETTERS, FEWEST_CHARACTERS = 4, 3
"""Below, a slip of the finger turns a word into any other."""


@dataclass(frozen=True)
class Query:
    """What was typed, made comparable: one folded text and its spelling."""

    folded: Folded
    spelled: Spelled
    han: int
    """How many Han characters."""

    @classmethod
    def of(cls, text: str) -> Query:
        """Prepare a text; any will do."""
        folded = fold([text])
        of = readings()
        read = of.of_one(folded.codes, folded.plain)
        origin = np.arange(len(folded.codes))
        spelled = spell(folded.codes, folded.begins, read, of, origin, folded.start)
        return cls(folded, spelled, int((folded.sort == HAN).sum()))

    @property
    def codes(self) -> npt.NDArray[np.uint32]:
        """Its code points."""
        return self.folded.codes[: self.folded.start[1] - 1]

    @property
    def letters(self) -> npt.NDArray[np.uint8]:
        """Its letters, Han as pinyin."""
        return self.spelled.letters[: self.spelled.start[1] - 1]

    @property
    def text(self) -> str:
        """Its characters."""
        return self.folded.text(0)

    @property
    def ends_in_digit(self) -> bool:
        """Whether a longer number could follow."""
        return len(self.codes) > 0 and self.folded.sort[len(self.codes) - 1] == DIGIT

    def cut(self, start: int, stop: int | None = None) -> Query:
        """The same of a part of its characters."""
        return Query.of(self.text[start:stop])


def match(index: PlaceIndex, query: Query) -> Scores:
    """The score of every text, (T,). Cost: below 10 ms at city scale."""
    scores = np.zeros(len(index.folded), dtype=np.float32)
    if len(query.codes) == 0 or len(scores) == 0:
        return scores
    _by_characters(index, query, scores)
    _by_letters(index, query, scores)
    if not query.han:
        _by_initials(index, query, scores)
    return scores


def _by_characters(index: PlaceIndex, query: Query, scores: Scores) -> None:
    """The same characters."""
    folded, wanted = index.folded, query.codes
    rank = _fewer(index.by_text.find(wanted), index.begins_text)
    at = index.by_text.at[rank]
    same = stands(folded.codes, at, wanted)
    rank, at = rank[same], at[same]
    text = index.text_of_rank[rank]
    begin, end = folded.start[text], folded.start[text + 1] - 1
    behind = at + len(wanted)
    filled = len(wanted) / (end - begin)
    whole_start, whole_end = at == begin, behind == end
    value = np.where(folded.begins[at], 0.80, 0.68) + 0.05 * filled
    value = np.where(whole_start, 0.90 + 0.05 * filled, value)
    value = np.where(whole_start & whole_end, 1.0, value)
    if query.ends_in_digit:
        value -= 0.12 * (folded.sort[behind] == DIGIT)
    # A code is meant from its beginning.
    value = np.where((index.field[text] == CODE) & ~whole_start, 0.0, value)
    np.maximum.at(scores, text, value.astype(np.float32))


def _by_letters(index: PlaceIndex, query: Query, scores: Scores) -> None:
    """The same sounds: typed as pinyin, or written with other characters."""
    forms, wanted = index.forms, query.letters
    rank = _fewer(index.by_letters.find(SIX_BITS[wanted]), index.begins_form)
    at = forms.at[rank]
    same = stands(forms.letters, at, wanted)
    rank, at = rank[same], at[same]
    form = index.form_of_rank[rank]
    behind = at + len(wanted)
    full = forms.begins[behind] | (forms.letters[behind] == 0)
    agreeing = np.ones(len(at))
    if query.han:
        typed = query.spelled.begins[: len(wanted)]
        aligned = np.ones(len(at), dtype=bool)
        for step in np.flatnonzero(typed):
            aligned &= forms.begins[at + step]
        # What ends in a character ends a syllable; letters may go on.
        if query.folded.sort[len(query.codes) - 1] == HAN:
            aligned &= full
        rank, at, form, behind, full = (one[aligned] for one in (rank, at, form, behind, full))
        agreeing = _agreeing(index, query, rank)
    begin, end = forms.start[form], forms.start[form + 1] - 1
    filled = len(wanted) / (end - begin)
    whole_start, whole_end = at == begin, behind == end
    value = np.where(full, 0.77, 0.74) + 0.04 * filled
    value = np.where(whole_start, np.where(full, 0.88, 0.86) + 0.05 * filled, value)
    value = np.where(whole_start & whole_end, 0.97, value)
    if query.han:
        # Other characters of the same sound come behind any part of the very same ones.
        value *= np.where(agreeing == 1, 1, 0.80 + 0.05 * agreeing)
    if query.ends_in_digit:
        digit = (forms.letters[behind] >= ord("0")) & (forms.letters[behind] <= ord("9"))
        value -= 0.12 * digit
    value -= OTHER_READING * (form >= len(index.folded))
    text = index.form_text[form]
    value = np.where(index.field[text] == CODE, 0.0, value)
    np.maximum.at(scores, text, value.astype(np.float32))


def _agreeing(index: PlaceIndex, query: Query, rank: Numbers) -> npt.NDArray[np.float64]:
    """The share of the typed Han characters that stand there too, counted from the left up to the
    first that was typed as letters."""
    sort = query.folded.sort[: len(query.codes)]
    ahead = int(np.argmin(sort == HAN)) if (sort != HAN).any() else len(sort)
    if ahead == 0:
        return np.full(len(rank), 0.5)
    origin = index.forms.origin[rank]
    equal = np.zeros(len(rank))
    for step in range(ahead):
        there = np.minimum(origin + step, len(index.folded.codes) - 1)
        equal += index.folded.codes[there] == query.codes[step]
    return equal / ahead


def _fewer(rank: Numbers, begins: npt.NDArray[np.bool_]) -> Numbers:
    """What is so vague that it stands everywhere is looked for at the beginning of texts only."""
    if len(rank) <= VAGUE:
        return rank
    first = rank[begins[rank]]
    return first if len(first) >= VAGUE_FIRST else rank


def _by_initials(index: PlaceIndex, query: Query, scores: Scores) -> None:
    """Beginnings of syllables one after the other: rml, renml, rmlu. Followed through all names at
    once; each letter goes on in its syllable, or begins the next one."""
    wanted, forms = query.letters.tolist(), index.forms
    last = len(forms.at) - 1
    rank = began = np.zeros(0, dtype=np.int64)
    at, steps = rank, np.zeros(0, dtype=np.int32)
    for done, letter in enumerate(wanted[1:], start=1):
        inside = (forms.letters[at + 1] == letter) & ~forms.begins[at + 1]
        following = np.minimum(rank + 1, last)
        there = forms.at[following]
        across = (forms.letters[there] == letter) & (rank < last)
        across &= ~index.begins_form[following]
        # Those that leave their first syllable here.
        leaving = _leaving(index, query, done)
        rank = np.concatenate((rank[inside], following[across], leaving + 1))
        began = np.concatenate((began[inside], began[across], leaving))
        at = np.concatenate((at[inside] + 1, there[across], forms.at[leaving + 1]))
        steps = np.concatenate((steps[inside], steps[across] + 1, np.full(len(leaving), 2, "i4")))
    if len(rank) == 0:
        return
    form = index.form_of_rank[rank]
    pure = steps == len(wanted)
    whole_start = index.begins_form[began]
    whole_end = (rank == last) | index.begins_form[np.minimum(rank + 1, last)]
    text = index.form_text[form]
    filled = steps / np.maximum(index.folded.start[text + 1] - index.folded.start[text] - 1, 1)
    value = np.where(pure, 0.60, 0.62) + 0.05 * filled
    value = np.where(whole_start, np.where(pure, 0.80, 0.79) + 0.04 * filled, value)
    value = np.where(whole_start & whole_end, np.where(pure, 0.87, 0.86), value)
    value -= OTHER_READING * (form >= len(index.folded))
    np.maximum.at(scores, text, value.astype(np.float32))


def _leaving(index: PlaceIndex, query: Query, done: int) -> Integers:
    """Syllables of names that begin with the first `done` letters, where the next letter begins the
    next syllable. Rows of one beginning lie side by side."""
    if done > index.by_letters.alphabet.symbols:
        return np.zeros(0, dtype=np.int64)
    low, high = index.by_letters.slice_of(SIX_BITS[query.letters[:done]])
    fit = index.following.letter[low:high] == query.letters[done]
    fit &= index.following.length[low:high] >= done
    leaving = index.by_letters.rank[low + np.flatnonzero(fit)].astype(np.int64)
    # Six bits tell letters apart, and other signs by chance only.
    return leaving[stands(index.forms.letters, index.forms.at[leaving], query.letters[:done])]


# ---------------------------------------------------------------------- slips of the finger
def match_alike(index: PlaceIndex, query: Query, scores: Scores) -> None:
    """Raise the scores of names that are a slip or two away, by letters or by characters."""
    letters, characters = query.letters, query.codes
    if len(letters) >= FEWEST_LETTERS and index.names:
        asked = np.unique(pairs_of(letters))
        near = _sharing(index.grams, asked[asked >= 0], index.grams_of)
        choices = index.forms.several(near)
        _compare(query.spelled.text(0), choices, near, scores, like=LIKE_LETTERS, worth=1.0)
    if query.han and len(characters) >= FEWEST_CHARACTERS and index.names:
        asked = np.unique(characters).astype(np.int64)
        near = _sharing(index.characters, asked, index.characters_of)
        choices = index.folded.several(near)
        # A wrong character is one or two wrong letters, not three or four.
        worth = LETTERS_A_CHARACTER * len(characters) / len(letters)
        _compare(query.text, choices, near, scores, like=LIKE_CHARACTERS, worth=min(worth, 1.0))


def _sharing(held: Postings, asked: Integers, size: Numbers) -> Integers:
    """The names that share the most with what was typed, rare things counting more, and fewer of
    the long ones that hold much by chance."""
    total = held.weigh(asked, len(size))
    total /= len(asked) + 0.15 * size + 1
    # The greatest sum that is a good deal higher than chance sets the bar; few are above a third.
    shared = np.flatnonzero(total > total.max(initial=0.0) / 3)
    if len(shared) > SHORT_LIST:
        shared = shared[np.argpartition(-total[shared], SHORT_LIST)[:SHORT_LIST]]
    return shared


def _compare(
    typed: str, choices: list[str], texts: Integers, scores: Scores, *, like: float, worth: float
) -> None:
    """Score names by how little of what was typed is wrong: in their best part, and in the whole.

    Args:
        typed: letters or characters.
        choices: the same of the names.
        texts: which names these are.
        scores: raised here.
        like: per cent that must agree.
        worth: what one that is wrong counts.
    """
    if not choices:
        return
    part = process.cdist([typed], choices, scorer=fuzz.partial_ratio, score_cutoff=like)[0]
    whole = np.maximum(
        process.cdist([typed], choices, scorer=fuzz.ratio)[0],
        100 * process.cdist([typed], choices, scorer=OSA.normalized_similarity)[0],
    )
    # A name that is shorter than what was typed has no part to match it, but may be alike whole.
    short = np.array([len(one) for one in choices]) < len(typed)
    whole_alike = np.where(whole >= like, whole, 0)
    part = np.where(short, whole_alike, np.maximum(part, whole_alike))
    alike = 1 - worth * (1 - (0.75 * part + 0.25 * whole) / 100)
    value = np.where(part > 0, 0.28 + 0.36 * alike, 0)
    np.maximum.at(scores, texts, value.astype(np.float32))
