"""The filters of enterprises as query parameters, the same on every route that has them: a base
class of the route's question, beside `Page` and the like."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from api.answers import Commas
from api.words import Industry, Size, TierOfUnit, UnionState, UnitClass
from geo.enterprises.filter import PARAMETERS, Filter


class Filters(BaseModel):
    """Several names of one kind, repeated or with commas, mean any of them; several kinds all of
    them; none everything."""

    size: Annotated[list[Size], Commas] | None = Field(
        None,
        max_length=5,
        description="规模（职工人数）。 Size by stated employees.",
        examples=[["25_99", "100_plus"]],
    )
    industry: Annotated[list[Industry], Commas] | None = Field(
        None,
        max_length=22,
        description="行业门类。 Section of GB/T 4754-2017.",
        examples=[["C", "I"]],
    )
    unit_class: Annotated[list[UnitClass], Commas] | None = Field(
        None,
        max_length=8,
        description="单位性质。 Nature of the unit.",
        examples=[["non_public_enterprise"]],
    )
    state: Annotated[list[UnionState], Commas] | None = Field(
        None,
        max_length=5,
        description="建会状态，含登记的变更。 Union state, with the changes noted.",
        examples=[["none"]],
    )
    tier: Annotated[list[TierOfUnit], Commas] | None = Field(
        None,
        max_length=3,
        description="所在未建会聚集区的确信度。 How sure the cluster is that the unit lies in; "
        "none: in no cluster.",
        examples=[["confirmed"]],
    )

    def filter(self) -> Filter:
        """What is chosen."""
        return Filter(
            **{
                field: frozenset(getattr(self, parameter) or ())
                for field, parameter in PARAMETERS.items()
            }
        )
