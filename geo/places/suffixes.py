"""Texts sorted by everything that follows each position: any part of any text in two look-ups.

A suffix array cut short: a position's key is the next few symbols packed into 64 bits, so that
sorting and searching are numpy's own. What a key cannot tell is compared afterwards, in the few
that are left. (Manber & Myers, "Suffix arrays: a new method for on-line string searches", SIAM J.
Comput. 22, 1993.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Alphabet:
    """How symbols are packed: so many of so many bits."""

    symbols: int
    bits: int

    def keys(self, symbols: npt.NDArray[Any], at: npt.NDArray[np.integer]) -> Keys:
        """The keys of positions: what stands there and after it."""
        keys = np.zeros(len(at), dtype=np.uint64)
        mask = np.uint64((1 << self.bits) - 1)
        for step in range(self.symbols):
            shift = np.uint64(self.bits * (self.symbols - 1 - step))
            keys |= (symbols[at + step].astype(np.uint64) & mask) << shift
        return keys


HAN_FOUR = Alphabet(4, 16)
LETTERS_TEN = Alphabet(10, 6)


@dataclass(frozen=True)
class Suffixes:
    """Positions in the order of what follows them. `at` are the positions as they were given; `key`
    is sorted, and `rank` the number in `at` that each key belongs to."""

    alphabet: Alphabet
    key: Keys
    rank: Positions
    at: Positions

    @classmethod
    def of(
        cls, alphabet: Alphabet, symbols: npt.NDArray[Any], at: npt.NDArray[np.integer]
    ) -> Suffixes:
        """Sort positions. `symbols` reaches a key's length beyond the last of them."""
        keys = alphabet.keys(symbols, at)
        order = np.argsort(keys, kind="stable")
        return cls(alphabet, keys[order], order.astype(np.int32), at.astype(np.int32))

    def ranges(self, keys: Keys, known: int) -> tuple[Integers, Integers]:
        """Where each key stands: first and one behind the last, by its first `known` symbols."""
        free = self.alphabet.bits * (self.alphabet.symbols - known)
        width = np.uint64((1 << free) - 1)
        low = np.searchsorted(self.key, keys & ~width, side="left")
        high = np.searchsorted(self.key, keys | width, side="right")
        return low, high

    def find(self, symbols: npt.NDArray[Any]) -> Positions:
        """Numbers into `at` where these symbols stand, by as many as a key holds."""
        low, high = self.slice_of(symbols)
        return self.rank[low:high]

    def slice_of(self, symbols: npt.NDArray[Any]) -> tuple[int, int]:
        """Where in `key` and `rank` these symbols stand."""
        known = min(len(symbols), self.alphabet.symbols)
        padded = np.zeros(self.alphabet.symbols, dtype=np.uint64)
        padded[:known] = symbols[:known]
        low, high = self.ranges(self.alphabet.keys(padded, np.zeros(1, dtype=np.int64)), known)
        return int(low[0]), int(high[0])


def pack(words: npt.NDArray[np.uint32]) -> Keys:
    """Keys of words of equal length (K, L), by their first four characters."""
    padded = np.zeros((len(words), HAN_FOUR.symbols), dtype=np.uint32)
    padded[:, : words.shape[1]] = words[:, : HAN_FOUR.symbols]
    return HAN_FOUR.keys(padded.ravel(), np.arange(len(words)) * HAN_FOUR.symbols)


def expand(low: Integers, high: Integers) -> tuple[Integers, Integers]:
    """All (owner, place) of the half-open ranges."""
    counts = high - low
    owner = np.repeat(np.arange(len(low)), counts)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    return owner, low[owner] + step


def stands(
    symbols: npt.NDArray[Any],
    at: npt.NDArray[Any],
    wanted: npt.NDArray[Any],
) -> npt.NDArray[np.bool_]:
    """Whether all that is wanted stands at each position: a key holds its beginning only, and some
    of the bits."""
    same = np.ones(len(at), dtype=bool)
    for step, symbol in enumerate(wanted.tolist()):
        if step > 0 and not same.any():
            break
        there = np.minimum(at + step, len(symbols) - 1)
        same &= symbols[there] == symbol
    return same
