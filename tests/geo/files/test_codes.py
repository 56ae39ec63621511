"""Credit codes against python-stdnum."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc

from geo.files.codes import credit_codes, union_codes

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CHARACTERS = ALPHABET + "IOZSVabc ０Ａ-"


def column(cells):
    return pd.Series(list(cells), dtype=pd.StringDtype("pyarrow"))


@st.composite
def good_codes(draw):
    digits = draw(st.text("0123456789", min_size=8, max_size=8))
    code = digits + draw(st.text(ALPHABET, min_size=9, max_size=9))
    return code + uscc.calc_check_digit(code)


@settings(deadline=None)
@given(st.lists(good_codes(), min_size=1))
def test_every_good_code_is_taken(codes):
    read = credit_codes(column(codes))
    assert read.values.to_pylist() == codes
    assert read.faults == ()


@settings(deadline=None)
@given(st.lists(good_codes(), min_size=1), st.data())
def test_one_wrong_character_is_seen(codes, data):
    place = data.draw(st.integers(0, 17))
    wrong = []
    for code in codes:
        other = data.draw(st.sampled_from(ALPHABET).filter(lambda c, old=code[place]: c != old))
        wrong.append(code[:place] + other + code[place + 1 :])
    read = credit_codes(column(wrong))
    assert read.bad.all()
    assert read.values.null_count == len(wrong)


@settings(deadline=None)
@given(
    st.lists(
        st.text("0123456789", min_size=8, max_size=8).flatmap(
            lambda head: st.text(CHARACTERS, min_size=0, max_size=11).map(lambda rest: head + rest)
        ),
        min_size=1,
    )
)
def test_the_verdict_is_that_of_stdnum(codes):
    read = credit_codes(column(codes))
    for code, value in zip(codes, read.values.to_pylist(), strict=True):
        half_width = code.replace("０", "0").replace("Ａ", "A")
        assert (value is not None) == uscc.is_valid(half_width)
        if value is not None:
            assert value == uscc.compact(half_width)


def test_each_fault_has_its_reason():
    cells = {
        "91110000600037341X": "校验位",
        "9111000060003734": "18位",
        "9111000060003734IO": "I、O",
        "911100ABCD00037341": "格式",
        "110000001234567": "15位",
        "60003734L": "9位",
        "9.1110000600037E+17": "文本",
        "911100006000373000": "",
    }
    read = credit_codes(column(cells))
    found = {}
    for fault in read.faults:
        for at in fault.mask.nonzero()[0]:
            found[list(cells)[at]] = fault
    for cell, word in cells.items():
        assert word in found[cell].reason_zh + found[cell].remedy_zh
        assert found[cell].remedy


def test_blanks_case_and_width_do_not_matter_and_nothing_is_missing():
    read = credit_codes(column(["９１１１ 0000-600037341l", "无", None, ""]))
    assert read.values.to_pylist() == ["91110000600037341L", None, None, None]
    assert read.faults == ()


def test_a_village_collective_may_begin_with_a_letter():
    # GB 32100 lets the registrar be a letter; python-stdnum wants a digit there.
    body = "N2330182" + "MF1234567"
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    total = sum(ALPHABET.index(c) * w for c, w in zip(body, weights, strict=True))
    code = body + ALPHABET[(31 - total) % 31]
    assert not uscc.is_valid(code)
    assert credit_codes(column([code])).values.to_pylist() == [code]
    wrong = body + ALPHABET[(32 - total) % 31]
    assert "校验位" in credit_codes(column([wrong])).faults[0].reason_zh


@settings(deadline=None)
@given(good_codes())
def test_a_unions_code_begins_with_eight(code):
    assert union_codes(credit_codes(column([code])).values).tolist() == [code[0] == "8"]
