"""Every text a person can see, in one catalogue: Chinese first, English second.

The catalogue is `texts.toml`. Texts are plain, never HTML: whoever writes them into a page escapes
them there. Placeholders are `{name}`; `{name|one|more}` is one of two words, the first where the
value is 1.
"""

from __future__ import annotations

import functools
import re
import tomllib
from importlib.resources import files
from typing import Final, Literal, NamedTuple

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
COUNTED: Final = re.compile(r"\{(\w+)\|([^{|}]*)\|([^{|}]*)\}")


class Both(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


@functools.cache
def catalogue() -> dict[str, Both]:
    """All texts by key (`section.name`). Read once; an entry without both languages is refused."""
    tables = tomllib.loads(files("maps").joinpath("texts.toml").read_text("utf-8"))
    entries = {}
    for section, table in tables.items():
        for name, entry in table.items():
            if set(entry) != set(LANGUAGES):
                message = f"texts.toml: {section}.{name} needs zh and en, and nothing else"
                raise ValueError(message)
            entries[f"{section}.{name}"] = Both(entry["zh"], entry["en"])
    return entries


def text(key: str, language: Language, **values: object) -> str:
    """The text of `key`; `values` fill its placeholders. Raises KeyError for a key or a value that
    is missing: a page with a hole is a mistake in the program, not something to show."""
    entry = catalogue()[key]
    pattern = entry.zh if language == "zh" else entry.en
    if not values and "{" not in pattern:
        return pattern
    chosen = COUNTED.sub(lambda found: found[2 if str(values[found[1]]) == "1" else 3], pattern)
    return chosen.format_map(values)


def both(key: str, **values: object) -> Both:
    """The text of `key` in both languages."""
    return Both(text(key, "zh", **values), text(key, "en", **values))


def named(section: str, name: str) -> Both:
    """The text of a coded value such as `kind.warm_station`; a code that is not in the catalogue is
    shown as it is, since data may know more than we do."""
    entry = catalogue().get(f"{section}.{name}")
    return entry if entry is not None else Both(name, name)
