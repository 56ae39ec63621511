"""Which looks of a page are examined each time, and which only by name."""

from typing import Any

import pytest

LOOKS = {
    "light": {"theme": "light"},
    "dark": {"theme": "dark"},
    "contrast": {"theme": "light", "contrast": True},
    "dark contrast": {"theme": "dark", "contrast": True},
}
USUAL = {("zh", "light"), ("en", "dark contrast")}
"""Between them both languages, both themes, both contrasts."""


def looks_and_languages() -> list[Any]:
    """All pairs of language and look; those that are not usual are slow."""
    return [
        pytest.param(lang, look, marks=() if (lang, look) in USUAL else pytest.mark.slow)
        for look in LOOKS
        for lang in ("zh", "en")
    ]
