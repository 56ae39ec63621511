"""Importing real files into a real, empty PostGIS."""

from collections.abc import Callable
from pathlib import Path

import pytest

from geo.database import Actor, Database
from geo.imports.options import ImportOptions, ImportReport
from geo.imports.run import import_file
from geo.settings import Settings

Import = Callable[..., ImportReport]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state", database_url=None)


@pytest.fixture
def load(database: Database, actor: Actor, settings: Settings) -> Import:
    def run(dataset: str, path: Path, **options: object) -> ImportReport:
        options.setdefault("commit", True)
        return import_file(
            database,
            actor,
            settings,
            dataset,
            path,
            ImportOptions(**options),  # type: ignore[arg-type]
        )

    return run
