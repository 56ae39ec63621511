"""The OpenAPI document: FastAPI's, with our one error shape and how the key is sent."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.problems import Problem

DESCRIPTION = """\
暖驿：户外劳动者找驿站，领导看工会覆盖，规划者选新址。

Warm stations for outdoor workers, union coverage for leaders, siting for planners.

- **Open to anyone**: stations, walking, areas, the dates of the editions. Everything about
  enterprises, rates and clusters asks for the key: `Authorization: Bearer KEY`, or HTTP Basic with
  any name and the key as password. A service without a key answers on its own machine only.
- **Positions** are degrees, longitude first, in `crs`: `wgs84` unless you say `gcj02` or `bd09`. A
  position is neither stored nor logged. GeoJSON in another system than WGS 84 says so in
  `crs_used`.
- **Editions**: every answer names the numbered, dated editions it speaks from. They are its `ETag`;
  ask with `If-None-Match` and get 304 until something changes.
- **Lists** are paged: follow `next` in the body, or the `Link` header.
- **Errors** are RFC 9457 problems; `type` is the address of a page that explains it.
- A parameter that an address does not know is refused, not ignored.
"""
TAGS = [
    {"name": "stations", "description": "驿站 / stations and the way to them"},
    {"name": "reports", "description": "反馈 / what people in the street tell of a station"},
    {"name": "unions", "description": "加入工会 / which union one can join here"},
    {"name": "places", "description": "地点查找 / places and addresses by name"},
    {"name": "map", "description": "地图 / tiles and style of our own map, cards to print"},
    {"name": "areas", "description": "区域 / divisions and organising units"},
    {"name": "coverage", "description": "工会覆盖 / union coverage as rates"},
    {"name": "clusters", "description": "未建会聚集区 / clusters without a union"},
    {"name": "enterprises", "description": "企业与建会变更 / enterprises, and their unions noted"},
    {"name": "siting", "description": "选址 / where the next stations go"},
    {"name": "editions", "description": "数据版本 / what the answers speak from"},
    {"name": "health", "description": "运行状态 / is it alive, is it ready"},
]
FEATURE_COLLECTION: dict[str, Any] = {
    "type": "object",
    "title": "FeatureCollection",
    "description": "RFC 7946.",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "bbox": {"type": "array", "items": {"type": "number"}},
        "features": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "geometry", "properties"],
                "properties": {
                    "type": {"const": "Feature"},
                    "id": {"type": "integer"},
                    "geometry": {"type": ["object", "null"]},
                    "properties": {"type": "object"},
                },
            },
        },
        "next": {"type": ["string", "null"]},
        "crs_used": {"enum": ["wgs84", "gcj02", "bd09"]},
    },
}
SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "The operator's key."},
    "password": {
        "type": "http",
        "scheme": "basic",
        "description": "Any name, and the key as password: for browsers.",
    },
}


def operation_id(route: APIRoute) -> str:
    """The name of the function is the name of the operation."""
    return route.name


def describe(app: FastAPI) -> None:
    """Make the application tell our document at /openapi.json."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            told = get_openapi(
                title=app.title,
                version=app.version,
                description=DESCRIPTION,
                routes=app.routes,
                tags=TAGS,
            )
            parts = told.setdefault("components", {})
            schemas = parts.setdefault("schemas", {})
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs"))
            schemas["Problem"] = problem
            schemas["FeatureCollection"] = FEATURE_COLLECTION
            parts["securitySchemes"] = SCHEMES
            _fill_in(told)
            app.openapi_schema = told
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way


def _fill_in(told: dict[str, Any]) -> None:
    """Put what must be given first, with its example filled in where one tries an operation."""
    for methods in told["paths"].values():
        for operation in methods.values():
            parameters = operation.get("parameters", [])
            parameters.sort(key=lambda one: not one["required"])
            for one in parameters:
                if one["required"]:
                    one["example"] = one["schema"]["examples"][0]
