"""Debian's Chromium, for tests and benchmarks alike; nothing is downloaded."""

from __future__ import annotations

import shutil

# The first of them that is here: the one without windows takes a third of the time to open a page.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-prefers-reduced-motion",
)


def browser_here() -> str | None:
    """The path of the browser there is, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)
