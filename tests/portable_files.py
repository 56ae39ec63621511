"""A page in one file as a person gets it: opened from disk, with the cable pulled."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
Open = Callable[..., Page]


@contextmanager
def offline(browser: Browser, file: Path) -> Iterator[Open]:
    """Opens a file offline, another one as it is told; at the end nothing may have been asked for,
    said, or fired, except by pages that are not `strict`."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(
        path: Path = file, size: dict = DESK, hash_: str = "", *, strict: bool = True, **more
    ) -> Page:
        context = browser.new_context(viewport=size, locale="zh-CN", **more)
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        if strict:
            _watch(page, path.as_uri(), wrong)
        page.goto(path.as_uri() + hash_)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def _watch(page: Page, own: str, wrong: list[str]) -> None:
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))

    def dialog(shown) -> None:
        wrong.append(f"dialog: {shown.message}")
        shown.dismiss()

    def asked(request) -> None:
        if not request.url.startswith(own):
            wrong.append(f"request: {request.url}")

    page.on("dialog", dialog)
    page.on("request", asked)
