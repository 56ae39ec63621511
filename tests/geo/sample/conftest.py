"""One small and one ordinary demo city a run."""

import json

import pandas as pd
import pytest
import shapely
from sample_reading import read_extract

from geo.sample import City, write_city


@pytest.fixture(scope="session")
def city(tmp_path_factory) -> City:
    return write_city(tmp_path_factory.mktemp("city"), "small")


@pytest.fixture(scope="session")
def enterprises(city) -> pd.DataFrame:
    return pd.read_csv(city.enterprises, dtype={"建会日期": str}, keep_default_na=True)


@pytest.fixture(scope="session")
def stations(city) -> pd.DataFrame:
    return pd.read_csv(city.stations, encoding="utf-8-sig")


@pytest.fixture(scope="session")
def truth(city) -> dict:
    return json.loads(city.truth.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def areas(city) -> list[dict]:
    """Properties of every area, with its shape under `shape`."""
    features = json.loads(city.areas.read_text(encoding="utf-8"))["features"]
    return [
        feature["properties"]
        | {"shape": shapely.from_geojson(json.dumps(feature["geometry"]))
           if feature["geometry"] else None}
        for feature in features
    ]  # fmt: skip


@pytest.fixture(scope="session")
def extract(city) -> dict:
    return read_extract(city.streets)


@pytest.fixture(scope="session")
def default_city(tmp_path_factory) -> City:
    return write_city(tmp_path_factory.mktemp("default"), "city")
