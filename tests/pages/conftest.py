"""Debian's Chromium, driven by Playwright."""

import pytest
from browsers import ARGUMENTS, browser_here


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    path = browser_here()
    if path is None:
        pytest.skip("needs Debian's Chromium (apt-get install chromium), which is not here")
    return {**browser_type_launch_args, "executable_path": path, "args": [*ARGUMENTS]}
