"""How Chinese characters are read: pinyin without tones, for many texts at once.

The dictionaries are pypinyin's (MIT): readings of 41,923 characters and of 47,111 phrases. Calling
it text by text takes some 11 s for a city's names and addresses, in the interpreter the whole time;
here the same dictionaries are laid over all texts by array operations: each character gets the
reading it has most often among the phrases, then every phrase that reads otherwise (重庆
chongqing, 音乐 yinyue) is looked up in the sorted texts and overrides it, longer ones last.

A character with a second plausible reading (朝阳 chaoyang or zhaoyang, 堡 bao or pu) keeps it as an
alternative, so that either is found.
"""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.places.folding import Codes, fold
from geo.places.suffixes import Suffixes, expand, pack

Syllables = npt.NDArray[np.int16]

LONGEST = 6
"""Letters of a syllable: zhuang."""
LAST_CODE = 0x32400
PLAUSIBLE = 0.04
"""Share of a character's phrases from which on a reading counts."""
OWN_PHRASES = {"朝阳": "chao yang", "朝外": "chao wai", "朝内": "chao nei", "朝天": "chao tian"}
"""Names where the dictionary has the other word (朝阳 zhaoyang: the morning sun)."""
IN_NAMES = {
    "阿": "a e",
    "车": "che ju",
    "乘": "cheng",
    "单": "dan shan",
    "番": "fan pan",
    "华": "hua",
    "会": "hui kuai",
    "浒": "hu xu",
    "解": "jie xie",
    "浚": "jun xun",
    "乐": "le yue lao",
    "六": "liu lu",
    "陂": "bei pi",
    "莞": "guan wan",
    "埔": "pu bu",
    "铅": "qian yan",
    "覃": "tan qin",
    "圩": "wei xu",
    "蔚": "wei yu",
    "荥": "xing ying",
    "叶": "ye xie",
    "涌": "yong chong",
    "查": "cha zha",
    "莘": "shen xin",
    "枞": "cong zong",
}
"""Readings in names of places, rarer in other words; the first unless a phrase says otherwise."""


@dataclass(frozen=True)
class Readings:
    """The dictionaries as arrays. Syllables are numbers into `syllables`; -1 has no reading."""

    syllables: list[str]
    letters: npt.NDArray[np.uint8]  # (S, 6), ASCII, zeros behind
    lengths: npt.NDArray[np.uint8]  # (S,)
    first: Syllables  # by code point
    others: Mapping[int, Sequence[int]]  # code point: further plausible readings
    phrases: Sequence[tuple[Codes, Syllables]]  # (K, L) and (K, L), shorter phrases first
    spoken: Mapping[str, Syllables]
    """The same phrases as a dictionary."""

    def of(self, codes: Codes, places: Suffixes) -> Syllables:
        """The syllable of each code point, -1 where it is not read.

        Args:
            codes: texts as :func:`geo.places.folding.fold` gives them.
            places: all positions in `codes` where a Han character stands, sorted by what follows.
        """
        read = self.first[np.minimum(codes, LAST_CODE - 1)]
        for words, spoken in self.phrases:
            length = words.shape[1]
            word, ranked = expand(*places.ranges(pack(words), min(length, 4)))
            at = places.at[places.rank[ranked]].astype(np.int64)
            same = np.ones(len(at), dtype=bool)
            for step in range(length):
                same &= codes[at + step] == words[word, step]
            word, at = word[same], at[same]
            order = np.argsort(-at, kind="stable")  # the leftmost is written last, and holds
            word, at = word[order], at[order]
            for step in range(length):
                read[at + step] = spoken[word, step]
        return read

    def of_one(self, codes: Codes, plain: str) -> Syllables:
        """The same of one short text, looked up phrase by phrase; `plain` is the text."""
        read = self.first[np.minimum(codes, LAST_CODE - 1)]
        for words, _ in self.phrases:
            length = words.shape[1]
            for at in range(len(plain) - length, -1, -1):
                spoken = self.spoken.get(plain[at : at + length])
                if spoken is not None:
                    read[at : at + length] = spoken
        return read


@functools.cache
def readings() -> Readings:
    """The dictionaries, made once a process: half a second, some 40 MB with pypinyin's own."""
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT  # heavy, and few programs read aloud

    of_character: dict[str, list[str]] = {
        chr(code): list(dict.fromkeys(_plain(text.split(","))))
        for code, text in PINYIN_DICT.items()
        if code < LAST_CODE
    }
    in_phrases: dict[str, Counter[str]] = defaultdict(Counter)
    phrases: dict[str, list[str]] = {}
    for word, spoken in PHRASES_DICT.items():
        if len(word) == len(spoken) and len(word) > 1:
            phrases[word] = list(_plain(one[0] for one in spoken))
            for character, syllable in zip(word, phrases[word], strict=True):
                in_phrases[character][syllable] += 1
    phrases |= {word: text.split() for word, text in OWN_PHRASES.items()}
    first: dict[str, str] = {}
    others: dict[str, list[str]] = {}
    for character, known in of_character.items():
        counted = in_phrases.get(character, Counter[str]())
        total = counted.total()
        if character in IN_NAMES:
            ranked = IN_NAMES[character].split()
        elif total >= 3:
            ranked = [
                syllable
                for syllable, count in counted.most_common()
                if count >= max(2.0, PLAUSIBLE * total)
            ] or known[:1]
        else:
            ranked = known[:1]
        # ü is typed as v, and by many as u.
        ranked += [one.replace("v", "u") for one in ranked if one in ("lv", "nv")]
        first[character] = ranked[0]
        if further := [one for one in dict.fromkeys(ranked[1:]) if one != ranked[0]]:
            others[character] = further
    return _as_arrays(first, others, _folded_phrases(phrases, first))


def _plain(spoken: Iterable[str]) -> Iterable[str]:
    return (_toneless(one) for one in spoken)


@functools.cache
def _toneless(spoken: str) -> str:
    from pypinyin.contrib.tone_convert import to_normal

    plain: str = to_normal(spoken, v_to_u=False)
    return "".join(letter for letter in plain.replace("ê", "e") if "a" <= letter <= "z") or "e"


def _folded_phrases(
    phrases: Mapping[str, list[str]], first: Mapping[str, str]
) -> dict[str, list[str]]:
    """Only the phrases that read otherwise than their characters, in simplified characters."""
    odd = {
        word: spoken
        for word, spoken in phrases.items()
        if any(first.get(one) != said for one, said in zip(word, spoken, strict=True))
    }
    folded = fold(list(odd))
    return {
        folded.text(number): spoken
        for number, (word, spoken) in enumerate(odd.items())
        if folded.start[number + 1] - folded.start[number] - 1 == len(word)
    }


def _as_arrays(
    first: Mapping[str, str], others: Mapping[str, list[str]], phrases: Mapping[str, list[str]]
) -> Readings:
    syllables = sorted(
        {*first.values(), *(s for some in others.values() for s in some)}
        | {s for some in phrases.values() for s in some}
    )
    number = {syllable: at for at, syllable in enumerate(syllables)}
    letters = np.zeros((len(syllables), LONGEST), dtype=np.uint8)
    for at, syllable in enumerate(syllables):
        letters[at, : len(syllable)] = np.frombuffer(syllable.encode(), dtype=np.uint8)
    by_code = np.full(LAST_CODE, -1, dtype=np.int16)
    by_code[[ord(one) for one in first]] = [number[said] for said in first.values()]
    groups: list[tuple[Codes, Syllables]] = []
    for length in sorted({len(word) for word in phrases}):
        some = [word for word in phrases if len(word) == length]
        groups.append(
            (
                np.array([[ord(one) for one in word] for word in some], dtype=np.uint32),
                np.array([[number[s] for s in phrases[word]] for word in some], dtype=np.int16),
            )
        )
    return Readings(
        syllables=syllables,
        letters=letters,
        lengths=(letters > 0).sum(axis=1).astype(np.uint8),
        first=by_code,
        others={ord(one): [number[said] for said in some] for one, some in others.items()},
        phrases=groups,
        spoken={
            word: np.array([number[s] for s in some], dtype=np.int16)
            for word, some in phrases.items()
        },
    )
