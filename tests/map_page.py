"""An empty page of ours to draw the map on, and a list to draw."""

from types import SimpleNamespace
from typing import Any

from playwright.sync_api import Page
from served import SOUTH, WEST

from api.door import POLICY
from maps.texts import catalogue

EMPTY = "<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>map</title><body></body>"
MOUNT = """async (options) => {
    const element = document.createElement("div");
    element.id = "map";
    element.style.cssText = "position: absolute; inset: 0";
    document.body.style.margin = 0;
    document.body.replaceChildren(element);
    window.chosen = [];
    const { mount } = await import("/web/map/worker-map.js");
    const onSelect = (id) => chosen.push(id);
    try {
        window.map = await mount(element, { ...options, onSelect });
    } catch (error) {
        return { name: error.name, reason: error.reason, message: error.message };
    }
    return null;
}"""
PLACE = {"lon": WEST + 0.0501, "lat": SOUTH + 0.053, "accuracy": 80}


def spoken(language: str) -> dict[str, str]:
    return {
        key: getattr(both, language) for key, both in catalogue().items() if key.startswith("map.")
    }


def near() -> list[dict]:
    """Stations of the served city as the list has them."""
    return [
        {
            "id": number,
            "name": f"驿站{number}",
            "lon": WEST + 0.005 * number,
            "lat": SOUTH + 0.05,
            "minutes": number - 8.7,
            "hours_state": state,
        }
        for number, state in ((10, "open"), (11, "unknown"), (9, "closed"))
    ]


def prepare(page: Page, live: str) -> SimpleNamespace:
    """Keep a page from asking anybody else, and listen to its complaints."""
    heard = SimpleNamespace(foreign=[], complaints=[], asked=[])

    def said(message: Any) -> None:
        if message.type in ("error", "assert"):
            heard.complaints.append(message.text)

    def own_only(route: Any) -> None:
        address = route.request.url
        heard.asked.append(address.removeprefix(live))
        if address == f"{live}/__map":
            route.fulfill(
                body=EMPTY,
                content_type="text/html",
                headers={"Content-Security-Policy": POLICY},
            )
        elif address.startswith((live, "data:")):
            route.continue_()
        else:
            heard.foreign.append(address)
            route.abort()

    page.on("console", said)
    page.on("pageerror", lambda error: heard.complaints.append(str(error)))
    page.context.route("**/*", own_only)
    page.goto(f"{live}/__map")
    return heard
