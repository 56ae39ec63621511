"""Sizes, industries and classes of employer units, from what registers write."""

import numpy as np
import pytest

from geo.enterprises.classes import (
    INDUSTRIES,
    SIZES,
    UNIT_CLASSES,
    industry_of,
    sizes,
    unit_class_of,
)


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("制造业", "C"), ("C", "C"), ("C26", "C"), ("2614", "C"), ("51", "F"), ("I65", "I"),
        ("批发和零售业", "F"), ("交通运输、仓储和邮政业", "G"), ("住宿和餐饮业", "H"),
        ("信息传输、软件和信息技术服务业", "I"), ("租赁和商务服务业", "L"),
        ("科学研究和技术服务业", "M"), ("居民服务、修理和其他服务业", "O"),
        ("文化、体育和娱乐业", "R"), ("卫生和社会工作", "Q"), ("房地产业", "K"), ("建筑业", "E"),
        ("公共管理、社会保障和社会组织", "S"), ("农、林、牧、渔业", "A"), ("采矿业", "B"),
        ("电力、热力、燃气及水生产和供应业", "D"), ("水利、环境和公共设施管理业", "N"),
        ("金融业", "J"), ("教育", "P"), ("国际组织", "T"), ("", "unstated"), ("???", "other"),
    ],
)  # fmt: skip
def test_an_industry_is_known_by_name_letter_or_number(text: str, section: str) -> None:
    assert INDUSTRIES[industry_of(text)] == section


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("非公有制企业", "non_public_enterprise"), ("国有企业", "state_owned_enterprise"),
        ("个体工商户", "individual_business"), ("事业单位", "public_institution"),
        ("机关", "government_organ"), ("社会组织", "social_organisation"),
        ("民办非企业单位", "social_organisation"), ("", "unstated"), ("别的", "other"),
    ],
)  # fmt: skip
def test_a_class_is_known_by_its_usual_names(text: str, meant: str) -> None:
    assert UNIT_CLASSES[unit_class_of(text)] == meant


def test_sizes_begin_at_5_25_and_100() -> None:
    counts = np.array([np.nan, 0, 1, 4, 5, 24, 25, 99, 100, 5000])
    assert [SIZES[code] for code in sizes(counts)] == [
        "unstated", "1_4", "1_4", "1_4", "5_24", "5_24", "25_99", "25_99", "100_plus", "100_plus",
    ]  # fmt: skip
