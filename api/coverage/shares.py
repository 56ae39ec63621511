"""A share with all that it rests on, as comparisons, series and the ledger tell it."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ShareAnswer(BaseModel):
    """Numerator over denominator: never a bare number."""

    numerator: int
    denominator: int
    value: float | None = Field(description="Null means no data, which is not 0.")
    low: float | None = Field(description="Lower end of the 95 % Wilson interval.")
    high: float | None
    missing_share: float | None = Field(
        description="Share of what was left out because it did not state what is needed."
    )
    small_denominator: bool = Field(description="Whether it rests on few.")
