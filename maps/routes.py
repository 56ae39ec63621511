"""The steps of a route in words: what a person hears or reads on the way."""

from __future__ import annotations

from geo.walking.turns import Step
from maps.texts import LANGUAGES, Both, Language, text

HEADINGS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")


def spoken(step: Step, station: str) -> Both:
    """One step in both languages.

    Args:
        step: of :func:`geo.walking.routes.route_to`.
        station: the name of the station one walks to.

    Returns:
        Plain text. Names of streets and stations are in it as they are in the data: whoever writes
        it into a page escapes it there.
    """
    zh, en = (_sentence(step, station, language) for language in LANGUAGES)
    return Both(zh, en)


def told_metres(metres: float) -> int:
    """Metres as one says them: to 1 below 20, to 5 below 100, to 10 beyond. At least 1."""
    grain = 1 if metres < 20 else 5 if metres < 100 else 10
    return max(1, grain * round(metres / grain))


def _sentence(step: Step, station: str, language: Language) -> str:
    turn = step.turn or "straight"
    values = {
        "street": step.street or "",
        "station": station,
        "metres": f"{told_metres(step.metres):,}",
        "turn": text(f"route_turn.{turn}", language),
        "heading": text(f"heading.{HEADINGS[round(step.heading / 45) % 8]}", language),
    }
    return text(f"route.{_key(step)}", language, **values)


def _key(step: Step) -> str:
    """The entry of the catalogue that says this step."""
    straight = step.turn in (None, "straight")
    match step.kind:
        case "arrive":
            return "arrive" if step.turn is None else f"arrive_{step.turn}"
        case "depart" if step.metres < 0.5:
            return "depart_here"
        case "depart" if step.off_street:
            return "depart_to_street"
        case "depart":
            return "depart_along" if step.street else "depart"
        case "turn" if step.off_street:
            return "leave"
        case "turn" if straight:
            return "straight_along" if step.street else "straight"
        case "turn":
            return "turn_into" if step.street else "turn"
        case _:
            return step.kind if straight else f"{step.kind}_turn"
