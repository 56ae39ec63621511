"""Small lists of stations, enterprises and areas, as offices send them."""

from __future__ import annotations

import json
from pathlib import Path

STATIONS = (
    "编号,名称,类型,地址,区县,经度,纬度,服务设施,开放时间,开放对象\n"
    "1,云杉驿站,暖心驿站,云杉区一路1号,云杉区,101.0,40.2,饮水、热饭,08:00-20:00,所有户外劳动者\n"
    "2,海棠驿站,暖心驿站,二路2号,云杉区,101.01,40.21,饮水,周一至周五 08:30-12:00,所有户外劳动者\n"
    "3,坏的驿站,暖心驿站,三路,云杉区,40.2,101.0,饮水,24小时,所有户外劳动者\n"
)
ENTERPRISES = (
    "单位名称,单位统一社会信用代码,单位地址,职工人数,会员人数,工会名称,基层工会类型,建会状态,经度,纬度\n"
    "甲公司,91110000600037341L,一路1号,30,28,甲公司工会,独立,已建会,101.0,40.2\n"
    "乙公司,,海棠大厦3层,12,,,,未建会,,\n"
    "丙公司,91110000600037341X,二路,5,,,,未建会,101.0,40.2\n"
)


def square(lon: float, lat: float, size: float = 0.01) -> dict:
    east, north = lon + size, lat + size
    ring = [[lon, lat], [east, lat], [east, north], [lon, north], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


def write_areas(path: Path, *features: tuple[dict, dict | None]) -> Path:
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": properties, "geometry": geometry}
            for properties, geometry in features
        ],
    }
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
    return path
