"""What employer units are told apart by: size, industry, class, business state.

Sizes are bands of the stated head count. Industries are the sections A … T of GB/T 4754-2017, from
the section's or a division's name, a section letter or a division number (`C`, `C26`, `26`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import numpy as np
import numpy.typing as npt

from geo.schema.enterprises import BUSINESS_STATES

SIZES = ("unstated", "1_4", "5_24", "25_99", "100_plus")
SIZE_EDGES = np.array([5, 25, 100])
UNIT_CLASSES = (
    "unstated",
    "non_public_enterprise",
    "state_owned_enterprise",
    "individual_business",
    "public_institution",
    "government_organ",
    "social_organisation",
    "other",
)
INDUSTRIES = ("unstated", *"ABCDEFGHIJKLMNOPQRST", "other")
"""Sections of GB/T 4754-2017; `other` is a text that names none of them."""
BUSINESS = {name: code for code, name in enumerate((*BUSINESS_STATES, "unstated"))}

_LAST_DIVISION = (
    ("A", 5), ("B", 12), ("C", 43), ("D", 46), ("E", 50), ("F", 52), ("G", 60), ("H", 62),
    ("I", 65), ("J", 69), ("K", 70), ("L", 72), ("M", 75), ("N", 79), ("O", 82), ("P", 83),
    ("Q", 85), ("R", 90), ("S", 96), ("T", 97),
)  # fmt: skip
"""The last two-digit division of each section."""
# The more telling word first: 商务服务业 before 服务业, 软件 before 技术服务.
_WORDS = (
    ("G", ("快递", "外卖配送", "仓储", "邮政", "运输", "物流")),
    ("F", ("批发", "零售", "商贸")),
    ("H", ("住宿", "餐饮", "酒店")),
    ("I", ("信息传输", "软件", "信息技术", "互联网", "电信")),
    ("J", ("金融", "保险", "银行", "证券")),
    ("K", ("房地产", "物业")),
    ("L", ("租赁", "商务服务", "人力资源")),
    ("M", ("科学研究", "技术服务", "研究和试验", "科技推广")),
    ("N", ("水利", "环境", "公共设施", "环卫")),
    ("O", ("居民服务", "修理", "家政")),
    ("P", ("教育", "培训")),
    ("Q", ("卫生", "社会工作", "医疗")),
    ("R", ("文化", "体育", "娱乐", "新闻")),
    ("S", ("公共管理", "社会保障", "社会组织", "机关")),
    ("T", ("国际组织",)),
    ("E", ("建筑", "装饰", "安装业")),
    ("D", ("电力", "热力", "燃气", "水的生产")),
    ("B", ("采矿", "开采", "采选")),
    ("A", ("农、林", "农林牧渔", "农业", "林业", "畜牧", "渔业")),
    ("C", ("制造", "加工", "制品", "印刷", "纺织")),
)
_CLASS_WORDS = (
    ("individual_business", ("个体",)),
    ("non_public_enterprise", ("非公", "民营", "私营", "外商", "外资", "港澳台")),
    ("public_institution", ("事业",)),
    ("government_organ", ("机关", "政府")),
    ("social_organisation", ("社会组织", "社会团体", "民办非企业", "社会服务机构", "基金会")),
    ("state_owned_enterprise", ("国有", "国企", "央企", "集体", "公有制企业")),
)


def sizes(employees: npt.NDArray[np.float64]) -> npt.NDArray[np.int8]:
    """(N,) positions in :data:`SIZES` of head counts; NaN is unstated."""
    band = np.searchsorted(SIZE_EDGES, employees, side="right") + 1
    return np.where(np.isnan(employees), 0, band).astype(np.int8)


@cache
def industry_of(text: str) -> int:
    """The position in :data:`INDUSTRIES` of what a register calls an industry."""
    said = text.strip()
    if not said:
        return 0
    coded = re.match(r"^([A-Ta-t])(?:\d{0,4})(?![A-Za-z])|^(\d{2})\d{0,2}(?!\d)", said)
    if coded:
        if coded.group(1):
            return INDUSTRIES.index(coded.group(1).upper())
        division = int(coded.group(2))
        for letter, last in _LAST_DIVISION:
            if 0 < division <= last:
                return INDUSTRIES.index(letter)
    for letter, words in _WORDS:
        if any(word in said for word in words):
            return INDUSTRIES.index(letter)
    return INDUSTRIES.index("other")


@cache
def unit_class_of(text: str) -> int:
    """The position in :data:`UNIT_CLASSES` of what a register calls the nature of a unit."""
    said = text.strip()
    if not said:
        return 0
    for name, words in _CLASS_WORDS:
        if said == name or any(word in said for word in words):
            return UNIT_CLASSES.index(name)
    return UNIT_CLASSES.index("other")


def industries(words: Iterable[str]) -> npt.NDArray[np.int8]:
    """The same for several texts."""
    return np.array([industry_of(word) for word in words], dtype=np.int8)


def unit_classes(words: Iterable[str]) -> npt.NDArray[np.int8]:
    """The same for several texts."""
    return np.array([unit_class_of(word) for word in words], dtype=np.int8)
