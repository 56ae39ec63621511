"""A small town with everything that demand is estimated from and hosts are generated from, brought
in by the imports themselves, so that every figure can be counted on one's fingers."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from databases import another_database
from hostile import HOSTILE_NAME
from osm_files import write_osm

from geo.database import Actor, Database
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.postgres import Cluster
from geo.settings import Settings

WEST, SOUTH = 101.0, 40.2
QUOTED = HOSTILE_NAME.replace('"', '""')
ENTERPRISES = (
    "单位名称,单位所属行业,职工人数,登记状态,经度,纬度,单位地址\n"
    "顺风快递网点,G,40,存续,101.0010,40.2010,一号\n"
    f'"{QUOTED}",交通运输、仓储和邮政业,20,存续,101.0010,40.2010,二号\n'
    "没有人数的车队,G,,存续,101.0012,40.2010,三号\n"
    "面馆,住宿和餐饮业,5,存续,101.0050,40.2050,四号\n"
    "小吃店,H56,6,存续,101.0051,40.2050,五号\n"
    "地铁项目部,建筑业,150,存续,101.0100,40.2100,六号\n"
    "没有位置的餐馆,H,9,存续,,,七号\n"
    "关门的餐馆,H,9,注销,101.0050,40.2050,八号\n"
    "大厂甲,制造业,320,存续,101.0150,40.2000,九号\n"
    "大厂乙,制造业,200,存续,101.0005,40.2000,十号\n"
    "大厂丙,制造业,180,存续,101.0180,40.2000,十一号\n"
    "停产大厂,制造业,500,停业,101.0170,40.2000,十二号\n"
    "无址大厂,制造业,110,存续,,,十三号\n"
)
STATIONS = (
    "编号,名称,类型,经度,纬度,依托单位\n"
    "1,乙厂门口驿站,暖心驿站,101.0005,40.2001,\n"
    "2,丙厂驿站,暖心驿站,101.0300,40.2300,大厂丙\n"
)
HOSTS = (
    "编号,名称,类型,连锁品牌,经度,纬度,面积,是否同意,是否有水,厕所,现场评估,营业时间\n"
    "1,甲店,便利店,邻里荷,101.0010,40.2010,15,是,是,否,统一标识、布局、设施完善、功能、制度、上图、饮水,24小时\n"
    "2,乙网点,快递网点,,101.0100,40.2100,8,,,,,\n"
    f'3,"{QUOTED}",银行,,101.0400,40.2400,20,否,,,无,\n'
)


def square(size: float) -> dict:
    east, north = WEST + size, SOUTH + size
    ring = [[WEST, SOUTH], [east, SOUTH], [east, north], [WEST, north], [WEST, SOUTH]]
    return {"type": "Polygon", "coordinates": [ring]}


def files(folder: Path) -> dict[str, Path]:
    """The town as files: a main street of 1 km, three streets that meet it, a park."""
    folder.mkdir(exist_ok=True)
    features = [
        ({"kind": "subdistrict", "code": "1", "name": "云杉街道"}, square(0.02)),
        ({"kind": "marketplace", "code": "2", "name": "东市场"}, square(0.003)),
    ]
    (folder / "areas.geojson").write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {"type": "Feature", "properties": p, "geometry": g} for p, g in features
                ],
            }
        ),
        encoding="utf-8",
    )
    # Metres east and north of the origin of the file.
    nodes = {1: (0, 0), 2: (500, 0), 3: (1000, 0), 4: (500, 200), 5: (500, -200), 6: (1000, 300)}
    nodes |= {11: (100, 50), 12: (200, 50), 13: (200, 150), 14: (100, 150)}
    write_osm(
        folder / "streets.osm",
        nodes,
        [
            ((1, 2, 3), {"highway": "primary", "name": "人民路"}),
            ((4, 2, 5), {"highway": "residential", "name": "中山路"}),
            ((3, 6), {"highway": "residential"}),
            ((11, 12, 13, 14, 11), {"leisure": "park", "name": "云杉公园"}),
        ],
    )
    texts = {"enterprises": ENTERPRISES, "stations": STATIONS, "candidate_sites": HOSTS}
    for name, content in texts.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8-sig")
    return {
        "areas": folder / "areas.geojson",
        "streets": folder / "streets.osm",
        **{name: folder / f"{name}.csv" for name in texts},
    }


@contextlib.contextmanager
def host_town(cluster: Cluster, folder: Path) -> Iterator[Database]:
    """The town in force in a database of its own."""
    settings = Settings(state=folder / "state")
    with another_database(cluster) as database:
        for dataset, path in files(folder).items():
            crs = None if dataset == "streets" else "wgs84"
            options = ImportOptions(crs=crs, commit=True)
            report = import_file(database, Actor("test"), settings, dataset, path, options)
            assert report.rejected == 0, report.problems
        yield database
