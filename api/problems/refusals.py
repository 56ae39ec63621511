"""Which values of a request were refused, and why, in both languages; never with the value itself:
it may be a worker's position."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, Field

from geo.errors import Invalid


class FieldProblem(BaseModel):
    """What is wrong with one parameter."""

    field: str = Field(description="Name of the parameter.", examples=["lat"])
    reason: str = Field(description="What is wrong, in English.", examples=["must be at most 90"])
    reason_zh: str = Field(description="The same in Chinese.", examples=["不得大于 90"])


_REASONS: Mapping[str, tuple[str, str]] = {
    "missing": ("is required", "为必填项"),
    "extra_forbidden": ("is no parameter of this address", "不是此地址的参数"),
    "greater_than": ("must be more than {gt:g}", "必须大于 {gt:g}"),
    "greater_than_equal": ("must be at least {ge:g}", "不得小于 {ge:g}"),
    "less_than": ("must be less than {lt:g}", "必须小于 {lt:g}"),
    "less_than_equal": ("must be at most {le:g}", "不得大于 {le:g}"),
    "finite_number": ("must be a finite number", "必须是有限数"),
    "float_parsing": ("must be a number", "必须是数字"),
    "float_type": ("must be a number", "必须是数字"),
    "int_parsing": ("must be a whole number", "必须是整数"),
    "int_parsing_size": ("must be a smaller whole number", "整数过大"),
    "int_type": ("must be a whole number", "必须是整数"),
    "int_from_float": ("must be a whole number", "必须是整数"),
    "bool_parsing": ("must be true or false", "必须是 true 或 false"),
    "literal_error": ("must be {expected}", "只能是 {expected}"),
    "string_too_short": ("must have at least {min_length} characters", "至少 {min_length} 个字符"),
    "string_too_long": ("must have at most {max_length} characters", "最多 {max_length} 个字符"),
    "string_pattern_mismatch": ("does not have the form asked for", "格式不正确"),
    "too_short": ("must have at least {min_length} values", "至少 {min_length} 个值"),
    "list_type": ("must be a list", "必须是列表"),
    "too_long": ("must have at most {max_length} values", "最多 {max_length} 个值"),
    "datetime_parsing": ("must be an ISO 8601 time", "必须是 ISO 8601 时间"),
    "datetime_type": ("must be an ISO 8601 time", "必须是 ISO 8601 时间"),
    **dict.fromkeys(
        ("date_parsing", "date_type", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        ("must be a day such as 2026-06-30", "必须是日期，例如 2026-06-30"),
    ),
    "string_type": ("must be a text", "必须是文字"),
    "string_unicode": ("must be Unicode text", "必须是 Unicode 文字"),
    "json_invalid": ("is no JSON", "不是 JSON"),
    "model_attributes_type": ("must be an object", "必须是对象"),
    "datetime_from_date_parsing": ("must be an ISO 8601 time", "必须是 ISO 8601 时间"),
}
_NAME = re.compile(r"[a-zA-Z_]\w{0,40}", re.ASCII)
_FORMS = {"int", "str", "float", "bool", "dict", "list"}
"""What pydantic puts into a place where a value may have several forms."""
SWAPPED = "Longitude comes first: lon=116.4&lat=39.9 (Beijing). They look swapped."


def refused(found: Iterable[Mapping[str, Any]]) -> tuple[Invalid, list[FieldProblem]]:
    """One error for all parameters that are not usable; never with a value that was given."""
    fields: dict[str, FieldProblem] = {}
    kinds = set()
    for error in found:
        place = [str(part) for part in error["loc"][1:]] or [str(error["loc"][0])]
        # A name that is none may be anything that was put in the address, a position too.
        name = place[0] if _NAME.fullmatch(place[0]) else "?"
        # Of a part of the body, such as the question of a plan: which of its values.
        if error["loc"][0] == "body" and place[1:] and _NAME.fullmatch(place[1]):
            name += "" if place[1] in _FORMS else f".{place[1]}"
        english, chinese = _REASONS.get(error["type"], ("is not usable", "无法使用"))
        context = error.get("ctx", {})
        reason, reason_zh = english.format_map(context), chinese.format_map(context)
        kinds.add((name, error["type"]))
        if name not in fields:
            fields[name] = FieldProblem(field=name, reason=reason, reason_zh=reason_zh)
        elif reason not in fields[name].reason:
            # A parameter of several forms: one line that names each.
            fields[name].reason += f", or {reason.removeprefix('must be ')}"
            fields[name].reason_zh += f"，或{reason_zh}"
    swapped = ("lat", "less_than_equal") in kinds or ("lat", "greater_than_equal") in kinds
    names = ", ".join(sorted(fields))
    told = Invalid(
        f"{'One parameter is' if len(fields) == 1 else 'Some parameters are'} not usable: {names}.",
        remedy=SWAPPED
        if swapped
        else "逐项见 errors，示例见 /docs。 "
        "See errors for each; /docs has an example of every one.",
        field=next(iter(fields)) if len(fields) == 1 else None,
    )
    return told, list(fields.values())
