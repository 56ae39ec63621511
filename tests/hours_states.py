"""States of opening hours, with China's holidays and without, and as the library calls them."""

from opening_hours import State

from geo.hours import CLOSED, OPEN, UNKNOWN, Calendar, HolidayTable, HoursTable

CHINA = Calendar(HolidayTable.read())
PLAIN = Calendar(HolidayTable.empty())
STATE = {State.CLOSED: CLOSED, State.OPEN: OPEN, State.UNKNOWN: UNKNOWN}


def state(text, at, calendar=CHINA, **options):
    return int(HoursTable([text], calendar, **options).states(at)[0])
