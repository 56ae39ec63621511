"""What the addresses of enterprises share: the id, and the mark of what an answer rests on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import Field

from api import answers, problems
from api.answers import Identity
from geo.database import Reader
from geo.enterprises.register import clusters_mark
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable

EXAMPLE = 3120945511220456
EnterpriseId = Annotated[Identity, Path(description="The unit's id.", examples=[EXAMPLE])]
READ: dict[int | str, dict[str, Any]] = {
    304: {"description": "Not modified: the editions and changes are those of your ETag."},
    **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
}
"""The `responses` of whatever is read."""
AREA_ID = Field(None, description="Inside this area, as assigned.", examples=[6102330440716319])


def mark(reader: Reader, version: int) -> str:
    """What an answer depends on beside its editions: changes of unions, and the clusters."""
    return answers.fingerprint(version, clusters_mark(reader))
