"""Importing real files into a real, empty PostGIS."""

from collections.abc import Callable
from pathlib import Path

import pytest
from import_lists import ENTERPRISES, STATIONS, square, write_areas

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


@pytest.fixture
def stations_file(tmp_path: Path) -> Path:
    path = tmp_path / "stations.csv"
    path.write_text(STATIONS, encoding="utf-8-sig")
    return path


@pytest.fixture
def enterprises_file(tmp_path: Path) -> Path:
    path = tmp_path / "enterprises.csv"
    path.write_text(ENTERPRISES, encoding="gb18030")
    return path


@pytest.fixture
def areas_file(tmp_path: Path) -> Path:
    return write_areas(
        tmp_path / "areas.geojson",
        ({"kind": "subdistrict", "code": "999901001", "name": "石榴街道"}, square(100.995, 40.195)),
        ({"kind": "subdistrict", "code": "999901002", "name": "海棠街道"}, square(101.005, 40.195)),
        (
            {"kind": "office_building", "code": "B1", "name": "海棠大厦（演示）"},
            square(101.006, 40.196, 0.001),
        ),
        ({"kind": "district", "code": "999901", "name": "云杉区"}, None),
    )
