"""Debian's Chromium, driven by Playwright."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsers import ARGUMENTS, browser_here
from playwright.sync_api import Browser
from portable_files import Open, offline


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    path = browser_here()
    if path is None:
        pytest.skip("needs Debian's Chromium (apt-get install chromium), which is not here")
    return {**browser_type_launch_args, "executable_path": path, "args": [*ARGUMENTS]}


@pytest.fixture
def open_map(browser: Browser, file: Path) -> Iterator[Open]:
    """Opens the `file` of a module as whoever got it does."""
    with offline(browser, file) as opened:
        yield opened
