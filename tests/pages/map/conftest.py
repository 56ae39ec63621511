"""The served city behind a real server, and an empty page of it with our policy to draw on."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from map_page import MOUNT, PLACE, near, prepare, spoken
from playwright.sync_api import Page
from served import city, live, open_app


@pytest.fixture
def watched(page: Page, live: str) -> Iterator[SimpleNamespace]:
    """An empty page of ours; what it asked others for and complained of counts."""
    heard = prepare(page, live)
    yield heard
    assert heard.foreign == []
    assert heard.complaints == []


@pytest.fixture
def mount(page: Page, watched: SimpleNamespace) -> Callable[..., Any]:
    """Mount the map on the page and wait until it is drawn."""

    def mounted(lang: str = "zh", theme: str = "day", *, wait: bool = True, **options: Any) -> Any:
        failed = page.evaluate(
            MOUNT,
            {
                "style": f"/map/style.json?lang={lang}&theme={theme}",
                "stations": near(),
                "position": PLACE,
                "language": lang,
                "texts": spoken(lang),
                **options,
            },
        )
        if failed is None and wait:
            page.wait_for_selector("#map[data-ready]", timeout=60_000)
        return failed

    return mounted


__all__ = ["city", "live", "open_app"]
