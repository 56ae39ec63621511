"""Opening hours: what people typed, China's holidays, and who is open when.

`normalise` turns texts into OpenStreetMap's `opening_hours` syntax; `HoursTable` answers for many
stations at once, with the holidays and make-up workdays of a `Calendar`.
"""

from geo.hours.calendar import Calendar, DayKind, HolidayTable
from geo.hours.normalise import normalise, normalise_many
from geo.hours.rules import Understood
from geo.hours.table import CLOSED, OPEN, UNKNOWN, Horizon, HoursState, HoursTable, state_at

__all__ = [
    "CLOSED",
    "OPEN",
    "UNKNOWN",
    "Calendar",
    "DayKind",
    "HolidayTable",
    "Horizon",
    "HoursState",
    "HoursTable",
    "Understood",
    "normalise",
    "normalise_many",
    "state_at",
]
