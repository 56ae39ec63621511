"""Areas that state their union: name, address, telephone, link."""

import json

from hostile import HOSTILE_NAME

from geo.areas.unions import unions_here


def square(lon: float, lat: float) -> dict:
    ring = [[lon, lat], [lon + 1, lat], [lon + 1, lat + 1], [lon, lat + 1], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


def test_the_unions_of_a_file_are_stored_and_a_bad_link_costs_no_area(
    load, database, actor, tmp_path
) -> None:
    facts = [
        {"名称": "云栖街道", "工会名称": HOSTILE_NAME, "工会地址": "人民路1号",
         "工会电话": "000-12345678", "工会网址": "https://union.example/云栖"},
        {"名称": "海棠街道", "工会名称": "无", "工会网址": "javascript:alert(1)"},
        {"名称": "石榴街道", "工会名称": "石榴街道总工会", "生效日期": "不是日期"},
    ]  # fmt: skip
    path = tmp_path / "areas.geojson"
    features = [
        {"type": "Feature", "properties": one, "geometry": square(101 + number, 40)}
        for number, one in enumerate(facts)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    report = load("areas", path, crs="wgs84", kind="subdistrict")
    # A day that is none costs its row; a link that is none only itself.
    assert (report.read, report.accepted, report.rejected) == (3, 2, 1)
    assert {problem["column"] for problem in report.problems} == {"工会网址", "生效日期"}
    with database.read(actor) as reader:
        stored = reader.all(
            "SELECT name, union_name, union_address, union_phone, union_link FROM area ORDER BY 1"
        )
        here = unions_here(reader, 101.5, 40.5)
    assert [tuple(row) for row in stored] == [
        ("云栖街道", HOSTILE_NAME, "人民路1号", "000-12345678", "https://union.example/云栖"),
        ("海棠街道", None, None, None, None),
    ]
    assert [(one.area_name, one.union_name) for one in here] == [("云栖街道", HOSTILE_NAME)]
