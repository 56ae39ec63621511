"""The index of places in memory: texts, their pinyin, and what finds parts and likenesses fast."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from geo.places.folding import HAN, LETTER, PADDING, Codes, Flags, Folded, Integers, fold
from geo.places.readings import LAST_CODE, LONGEST, Readings, Syllables, readings
from geo.places.suffixes import HAN_FOUR, LETTERS_TEN, Keys, Suffixes
from geo.places.table import ADDRESS, WEIGHT, Numbers, PlaceTable

Letters = npt.NDArray[np.uint8]
SIX = 64
"""Letters are told apart by six bits: a to z, digits, and the rest by remainder."""
BASE = np.uint64(0x9E3779B97F4A7C15)
"""Base of the names' hash: odd, so that it has an inverse modulo 2^64."""
UNBASE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))

LONGEST_HASHED = 128
"""Letters of the longest name that is looked for inside a longer text."""


def six_bits() -> Letters:
    """The six-bit symbol of each byte; 0 is the end of a text."""
    symbols = 37 + np.arange(256) % 27
    symbols[0] = 0
    symbols[ord("a") : ord("z") + 1] = np.arange(1, 27)
    symbols[ord("0") : ord("9") + 1] = np.arange(27, 37)
    return symbols.astype(np.uint8)


SIX_BITS = six_bits()


@dataclass(frozen=True)
class Spelled:
    """Texts spelled in Latin letters, each ended by a zero: Han as pinyin, all else as it is.

    `begins` marks the first letter of each syllable or word, `at` are their positions and `origin`
    the code point that each of them came from. `start` is where each text begins. `plain` is
    `letters` as a string.
    """

    plain: str
    letters: Letters
    begins: Flags
    at: Numbers
    origin: Numbers
    start: Integers

    def text(self, number: int) -> str:
        """The letters of a text; what is no ASCII stands for some other letter, always the same."""
        return self.plain[self.start[number] : self.start[number + 1] - 1]

    def several(self, numbers: Integers) -> list[str]:
        """Some of the texts."""
        plain, begin, end = self.plain, self.start[numbers], self.start[numbers + 1] - 1
        return [plain[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]


def spell(
    codes: Codes, begins: Flags, read: Syllables, of: Readings, origin: Integers, start: Integers
) -> Spelled:
    """Spell code points.

    Args:
        codes: code points, texts ended by zeros.
        begins: where words begin.
        read: the syllable of each, -1 where there is none.
        of: the syllables.
        origin: what to call the place of each code point.
        start: (N + 1,) where each text begins.
    """
    han = read >= 0
    width = np.where(han, of.lengths[np.maximum(read, 0)], 1).astype(np.int64)
    table = np.zeros((len(codes), LONGEST), dtype=np.uint8)
    table[:, 0] = np.where(codes < 128, codes, 128 + codes % 127)
    table[han] = of.letters[read[han]]
    letters = table[np.arange(LONGEST) < width[:, None]]
    offset = np.concatenate(([0], np.cumsum(width)))
    first = np.zeros(len(letters), dtype=bool)
    at = offset[:-1][begins]
    first[at] = True
    return Spelled(
        plain=letters.tobytes().decode("latin-1"),
        letters=letters,
        begins=first,
        at=at.astype(np.int32),
        origin=origin[begins].astype(np.int32),
        start=offset[start],
    )


@njit(cache=True, nogil=True)
def _weigh(start: Any, stop: Any, row: Any, total: Any) -> None:  # pragma: no cover - compiled
    for symbol in range(len(start)):
        weight = np.float32(math.log1p(len(total) / (stop[symbol] - start[symbol])))
        for at in range(start[symbol], stop[symbol]):
            total[row[at]] += weight


@dataclass(frozen=True)
class Postings:
    """Which rows hold a symbol: rows `row[start[s]:start[s + 1]]` for symbol s."""

    symbol: Integers
    start: Integers
    row: Numbers

    @classmethod
    def of(cls, symbols: Integers, rows: Integers) -> Postings:
        """File (symbol, row) pairs; a pair that is there twice counts once."""
        height = int(rows.max()) + 1 if len(rows) else 1
        pairs = np.unique(symbols * height + rows)
        known, start = np.unique(pairs // height, return_index=True)
        return cls(known, np.append(start, len(pairs)), (pairs % height).astype(np.int32))

    def weigh(self, symbols: Integers, rows: int) -> npt.NDArray[np.float32]:
        """What each of so many rows holds of the symbols: the sum of log(1 + rows / holding), so
        that what few hold counts more. Cost: a nanosecond for each row of each symbol."""
        at = np.minimum(np.searchsorted(self.symbol, symbols), max(len(self.symbol) - 1, 0))
        known = at[self.symbol[at] == symbols] if len(self.symbol) else at[:0]
        total = np.zeros(rows, dtype=np.float32)
        _weigh(self.start[known], self.start[known + 1], self.row, total)
        return total


@dataclass(frozen=True)
class Following:
    """In the order of `by_letters.key`: how many letters the syllable or word has, and with which
    the next one begins (0 behind the last of a text, and throughout addresses)."""

    length: Letters
    letter: Letters


@dataclass(frozen=True)
class PlaceIndex:
    """Texts of a table of places, ready to be searched; see :mod:`geo.places.search`.

    `worth` is what each place is worth of itself, `divides` marks the areas that others lie in.
    `folded` are the T different texts, `field` what each is and `weight` what that is worth; the
    first `names` of them are names, the rest addresses and codes. `places[of[t]:of[t + 1]]` are the
    places of text t. `forms` are spellings: the first T of the texts in order, then other readings
    of names; form f is of text `form_text[f]`.
    """

    table: PlaceTable
    worth: npt.NDArray[np.float32]
    divides: Flags
    folded: Folded
    field: npt.NDArray[np.int8]
    weight: npt.NDArray[np.float32]
    names: int
    of: Integers
    places: Numbers
    forms: Spelled
    form_text: Numbers
    by_text: Suffixes
    text_of_rank: Numbers
    begins_text: Flags
    by_letters: Suffixes
    form_of_rank: Numbers
    begins_form: Flags
    following: Following
    grams: Postings
    grams_of: Numbers
    """How many different pairs of letters a name has."""
    characters: Postings
    characters_of: Numbers
    hashes: Keys
    hash_form: Numbers

    @property
    def octets(self) -> int:
        """Bytes of the arrays."""
        total = 0
        stack: list[object] = [self]
        while stack:
            one = stack.pop()
            if isinstance(one, np.ndarray | pa.Array):
                total += one.nbytes
            elif hasattr(one, "__dataclass_fields__"):
                stack.extend(vars(one).values())
        return total


def build(table: PlaceTable) -> PlaceIndex:
    """Index places.

    Cost: some 3 s and 150 MB for a city's 67,000 places; see docs/operators.md.
    """
    texts, field, of, places = _distinct(table)
    folded = fold(texts)
    names = int(np.searchsorted(field, ADDRESS))
    at = np.flatnonzero(folded.begins | (folded.sort == LETTER))
    by_text = Suffixes.of(HAN_FOUR, folded.codes, at)
    read = _read(folded)
    forms, form_text = _forms(folded, read, names)
    by_letters = Suffixes.of(LETTERS_TEN, SIX_BITS[forms.letters], forms.at)
    text_of_rank = _owner(folded.start, by_text.at)
    form_of_rank = _owner(forms.start, forms.at)
    grams, grams_of = _grams(forms, names)
    characters, characters_of = _characters(folded, names)
    hashes, hash_form = _hashes(forms, form_text, names)
    return PlaceIndex(
        table=table,
        worth=table.worth(),
        divides=_divides(table),
        folded=folded,
        field=field,
        weight=WEIGHT[field],
        names=names,
        of=of,
        places=places,
        forms=forms,
        form_text=form_text,
        by_text=by_text,
        text_of_rank=text_of_rank,
        begins_text=_changes(text_of_rank),
        by_letters=by_letters,
        form_of_rank=form_of_rank,
        begins_form=_changes(form_of_rank),
        following=_following(forms, form_of_rank, form_text < names, by_letters.rank),
        grams=grams,
        grams_of=grams_of,
        characters=characters,
        characters_of=characters_of,
        hashes=hashes,
        hash_form=hash_form,
    )


def _divides(table: PlaceTable) -> Flags:
    divides = np.zeros(len(table), dtype=bool)
    for held in (table.district, table.subdistrict):
        divides[held[held >= 0]] = True
    return divides


def _distinct(
    table: PlaceTable,
) -> tuple[list[str], npt.NDArray[np.int8], Integers, Numbers]:
    """The different texts, names first, and the places of each."""
    if len(table.text) == 0:
        nothing = np.zeros(0, dtype=np.int32)
        return [], nothing.astype(np.int8), np.zeros(1, dtype=np.int64), nothing
    # The field goes before the text: a host's name and a street's are two.
    mark = pa.array(np.array(list("01234"))[table.field])
    coded = pc.binary_join_element_wise(mark, table.text, "").dictionary_encode()
    marked: list[str] = coded.dictionary.to_pylist()
    field = np.array([int(text[0]) for text in marked], dtype=np.int8)
    order = np.argsort(field, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    text = rank[coded.indices.to_numpy(zero_copy_only=False)]
    sorted_ = np.lexsort((table.of, text))
    of = np.searchsorted(text[sorted_], np.arange(len(order) + 1))
    return [marked[at][1:] for at in order], field[order], of, table.of[sorted_]


def _read(folded: Folded) -> Syllables:
    han = np.flatnonzero(folded.sort == HAN)
    return readings().of(folded.codes, Suffixes.of(HAN_FOUR, folded.codes, han))


def _forms(folded: Folded, read: Syllables, names: int) -> tuple[Spelled, Numbers]:
    """Every text as it is read, and names once more for each other reading of a character."""
    of = readings()
    origin = np.arange(len(folded.codes))
    count = len(folded)
    plain = spell(folded.codes, folded.begins, read, of, origin, folded.start)
    end = int(folded.start[names])
    at, syllable = _otherwise(folded.codes[:end], read[:end], of)
    row = np.searchsorted(folded.start, at, side="right") - 1
    length = folded.start[row + 1] - folded.start[row]
    begin = np.concatenate(([0], np.cumsum(length)))
    each = np.repeat(np.arange(len(row)), length)
    source = folded.start[row][each] + np.arange(len(each)) - begin[each]
    spoken = read[source].copy()
    spoken[begin[:-1] + at - folded.start[row]] = syllable
    other = spell(folded.codes[source], folded.begins[source], spoken, of, source, begin)
    cut = int(plain.start[-1])
    behind = np.zeros(PADDING, dtype=np.uint8)
    letters = np.concatenate((plain.letters[:cut], other.letters, behind))
    forms = Spelled(
        plain=letters.tobytes().decode("latin-1"),
        letters=letters,
        begins=np.concatenate((plain.begins[:cut], other.begins, behind.astype(bool))),
        at=np.concatenate((plain.at, other.at + np.int32(cut))),
        origin=np.concatenate((plain.origin, other.origin)),
        start=np.concatenate((plain.start, other.start[1:] + cut)),
    )
    return forms, np.concatenate((np.arange(count), row)).astype(np.int32)


def _otherwise(codes: Codes, read: Syllables, of: Readings) -> tuple[Integers, Syllables]:
    """Where a character has another reading, and which."""
    deepest = max((len(some) for some in of.others.values()), default=0)
    found = [(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int16))]
    for depth in range(-1, deepest):
        table = np.full(LAST_CODE, -1, dtype=np.int16)
        for code, some in of.others.items():
            if depth < len(some):
                table[code] = of.first[code] if depth < 0 else some[depth]
        other = table[np.minimum(codes, LAST_CODE - 1)]
        at = np.flatnonzero((other >= 0) & (other != read))
        found.append((at, other[at]))
    return np.concatenate([at for at, _ in found]), np.concatenate([one for _, one in found])


def _following(forms: Spelled, form_of_rank: Numbers, named: Flags, rank: Numbers) -> Following:
    length = np.minimum(np.diff(np.append(forms.at, len(forms.letters))), 255)
    letter = np.zeros(len(forms.at), dtype=np.uint8)
    same = (form_of_rank[1:] == form_of_rank[:-1]) & named[form_of_rank[1:]]
    letter[:-1] = np.where(same, forms.letters[forms.at[1:]], 0)
    return Following(length.astype(np.uint8)[rank], letter[rank])


def _owner(start: Integers, at: Numbers) -> Numbers:
    """The text that each position lies in."""
    return (np.searchsorted(start, at, side="right") - 1).astype(np.int32)


def _changes(owner: Numbers) -> Flags:
    """Where an owner is another than the one before."""
    return np.concatenate((np.ones(min(len(owner), 1), dtype=bool), owner[1:] != owner[:-1]))


def pairs_of(letters: Letters) -> Integers:
    """The symbol of each pair of neighbouring letters; -1 across the end of a text."""
    six = SIX_BITS[letters].astype(np.int64)
    return np.where((six[:-1] > 0) & (six[1:] > 0), six[:-1] * SIX + six[1:], -1)


def _grams(forms: Spelled, names: int) -> tuple[Postings, Numbers]:
    end = int(forms.start[names])
    symbols = pairs_of(forms.letters[: end + 1])[:end] if end else np.zeros(0, dtype=np.int64)
    row = np.repeat(np.arange(names), np.diff(forms.start[: names + 1]))
    there = symbols >= 0
    grams = Postings.of(symbols[there], row[there])
    return grams, np.bincount(grams.row, minlength=names).astype(np.int32)


def _characters(folded: Folded, names: int) -> tuple[Postings, Numbers]:
    end = int(folded.start[names])
    codes = folded.codes[:end].astype(np.int64)
    row = np.repeat(np.arange(names), np.diff(folded.start[: names + 1]))
    han = folded.sort[:end] == HAN
    characters = Postings.of(codes[han], row[han])
    return characters, np.bincount(characters.row, minlength=names).astype(np.int32)


def powers(count: int, base: np.uint64 = BASE) -> Keys:
    """1, base, base², … modulo 2^64."""
    factors = np.full(max(count, 1), base, dtype=np.uint64)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.uint64)


def _hashes(forms: Spelled, form_text: Numbers, names: int) -> tuple[Keys, Numbers]:
    """The hash of every whole spelling of a name, sorted, and whose it is.

    Σ letterₖ baseᵏ modulo 2^64 (Karp & Rabin, IBM J. Res. Dev. 31, 1987).
    """
    form = np.flatnonzero(form_text < names)
    begin, end = forms.start[form], forms.start[form + 1] - 1
    fit = (end > begin) & (end - begin <= LONGEST_HASHED)
    form, begin, end = form[fit], begin[fit], end[fit]
    if len(form) == 0:
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int32)
    longest = int((end - begin).max())
    value = np.zeros(len(form), dtype=np.uint64)
    power = powers(longest)
    for step in range(longest):
        inside = np.flatnonzero(begin + step < end)
        value[inside] += forms.letters[begin[inside] + step].astype(np.uint64) * power[step]
    order = np.argsort(value, kind="stable")
    return value[order], form[order].astype(np.int32)
