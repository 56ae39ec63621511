"""Debian's Chromium, driven by Playwright; nothing is downloaded."""

import shutil

import pytest

# The first of them that is here: the one without windows takes a third of the time to open a page.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("needs Debian's Chromium (apt-get install chromium), which is not here")
    return {**browser_type_launch_args, "executable_path": path, "args": ARGUMENTS}
