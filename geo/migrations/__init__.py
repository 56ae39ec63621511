"""Alembic's migrations of the schema."""

from __future__ import annotations

import re
from typing import Any

from geoalchemy2 import alembic_helpers

PARTITION = re.compile(r"_p\d+$")


def include_object(item: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
    """Leave PostGIS's own tables and our partitions out of comparisons with the models."""
    if kind == "table" and name and PARTITION.search(name):
        return False
    if kind == "index" and PARTITION.search(str(item.table.name)):
        return False
    inherited: Any = alembic_helpers.include_object
    return bool(inherited(item, name, kind, reflected, other))


def env_options() -> dict[str, Any]:
    """How a comparison of models and database is set up, for migrations and the drift test."""
    return {
        "include_object": include_object,
        "process_revision_directives": alembic_helpers.writer,
        "render_item": alembic_helpers.render_item,
        "compare_type": True,
    }
