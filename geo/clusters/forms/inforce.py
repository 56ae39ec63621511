"""The change of a union that holds for one enterprise, looked up by index for each row.

:func:`geo.enterprises.inforce.changes` is for all at once; joined to a few thousand enterprises it
would be read whole for each of them when the planner thinks it short.
"""

from __future__ import annotations

from geo.editions import EditionFacts


def change_of(edition: EditionFacts) -> str:
    """SQL that joins to `e`, an enterprise of the edition, its change in force as `c`, or nulls."""
    return (
        "LEFT JOIN LATERAL (SELECT u.* FROM union_change AS u WHERE u.enterprise_id = e.id "
        f"AND u.revoked_at IS NULL AND u.since >= DATE '{edition.as_of.isoformat()}' "
        "ORDER BY u.since DESC, u.id DESC LIMIT 1) AS c ON true"
    )


def may_be(*states: str) -> str:
    """SQL that leaves out the enterprises `e` that are of none of these union states, neither by
    their edition nor by any change: quick, and to be followed by the state that is in force."""
    listed = ", ".join(f"'{state}'" for state in states)
    return (
        f"(e.union_state IN ({listed}) OR e.id IN (SELECT enterprise_id FROM union_change "
        f"WHERE union_state IN ({listed}) AND revoked_at IS NULL))"
    )
