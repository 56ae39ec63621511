"""Which column of a file is which field, by a table of synonyms that people can read and extend."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from geo.errors import Invalid, InvalidFile

DATASETS = ("stations", "enterprises", "candidate_sites", "demand", "areas", "ledger")
_HOURS = range(24)
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|【[^【】]*】|〔[^〔〕]*〕|<[^<>]*>")
_NOISE = re.compile(r"[\s*※★☆_\-'\"“”‘’:;。、/\\|`~]+")
_UNIT_FACTORS = (("亿", 100_000_000.0), ("万", 10_000.0), ("千", 1_000.0), ("百", 100.0))
_UNITS = ("人", "名", "元", "个", "户", "家", "平方米", "㎡", "m2", "人次", "人民币")


@dataclass(frozen=True)
class Synonyms:
    """The table of headers: dataset -> normalised header -> field, and the lists beside it."""

    fields: Mapping[str, Mapping[str, str]]
    required: Mapping[str, tuple[str, ...]]
    ignored: frozenset[str]
    personal: frozenset[str]
    member_list: Mapping[str, str]
    shown: Mapping[str, Mapping[str, tuple[str, ...]]]

    def known(self, dataset: str | None = None) -> frozenset[str]:
        """Every normalised header of one dataset, or of all, with the ignored and personal ones."""
        names = [dataset] if dataset and dataset in self.fields else list(self.fields)
        heads = {head for name in names for head in self.fields[name]}
        return frozenset(heads | self.ignored | self.personal | set(self.member_list))


@dataclass(frozen=True)
class Matched:
    """Which columns of a file were understood, and how.

    Attributes:
        fields: field -> column of the file.
        unmatched_columns: columns nothing is known about; they are not read.
        missing_required: fields that the dataset cannot do without.
        personal_columns: columns about a person: never read, to be left out of all that is written.
        ignored_columns: columns known to be of no use (序号, what our reject files add).
        scales: field -> factor, for headers that state one: 建设成本（万元） gives 10,000.
        notes: what a person should know of it, Chinese / English.
    """

    dataset: str
    fields: dict[str, str]
    unmatched_columns: list[str] = field(default_factory=list)
    missing_required: list[str] = field(default_factory=list)
    personal_columns: list[str] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)
    scales: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __contains__(self, name: object) -> bool:
        return name in self.fields

    def column(self, frame: pd.DataFrame, name: str) -> pd.Series[Any]:
        """The cells of a field; all missing when the file has no such column."""
        if name in self.fields:
            return frame[self.fields[name]]
        return pd.Series(pd.NA, index=frame.index, dtype="string[pyarrow]")

    def header(self, name: str) -> str:
        """The file's own header of a field, to name it in a problem; else the field itself."""
        return self.fields.get(name, name)

    def scale(self, name: str) -> float:
        """What the numbers of a field are to be multiplied by."""
        return self.scales.get(name, 1.0)

    def require(self) -> None:
        """Raise :class:`geo.errors.InvalidFile` when a required column is missing."""
        if not self.missing_required:
            return
        table = load_synonyms().shown[self.dataset]
        wanted = "；".join(
            f"{name}（{'、'.join(table[name][:3])}）" for name in self.missing_required
        )
        seen = "、".join([*self.fields.values(), *self.unmatched_columns][:30])
        raise InvalidFile(
            f"缺少必需的列：{wanted}。文件中的列：{seen}。 "
            f"The file lacks the columns {', '.join(self.missing_required)}.",
            remedy="请补上该列，或用 --map 字段=列名 指定。 "
            "Add the column, or name it with --map FIELD=COLUMN.",
            field=self.missing_required[0],
        )


def normalise(header: str) -> str:
    """A header for comparing: half width, small letters, no blanks, marks or bracketed remarks."""
    folded = unicodedata.normalize("NFKC", header).casefold()
    bare, before = folded, ""
    while bare != before:
        bare, before = _BRACKETS.sub("", bare), bare
    key = _NOISE.sub("", bare).strip(".")
    return key or _NOISE.sub("", re.sub(r"[()\[\]{}【】〔〕<>]", "", folded)) or folded.strip()


def load_synonyms(extra_path: Path | None = None) -> Synonyms:
    """The table of headers that comes with Nuanyi, with a user's own file laid over it.

    The user's file has the same shape; its headers are added, and where one stood for another
    field before it now stands for the user's. Raises :class:`geo.errors.Invalid` for a file that
    cannot be read or names an unknown dataset or field.
    """
    if extra_path is None:
        return _own()
    try:
        extra = tomllib.loads(extra_path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(
            f"列名表 {extra_path} 无法读取。 The table of headers {extra_path} cannot be read: "
            f"{error}.",
            remedy="请检查路径与 TOML 语法。 Check its path and its TOML.",
            field="headers",
        ) from error
    return _build(_read_own(), extra)


@cache
def _own() -> Synonyms:
    return _build(_read_own(), {})


def _read_own() -> dict[str, Any]:
    return tomllib.loads(files("geo.files").joinpath("headers.toml").read_text("utf-8"))


def _build(own: Mapping[str, Any], extra: Mapping[str, Any]) -> Synonyms:
    for section, content in extra.items():
        if section not in own or not isinstance(content, dict):
            raise _bad_extra(f"[{section}]", ", ".join(own))
        unknown = [name for name in content if section in DATASETS and name not in own[section]]
        if unknown:
            raise _bad_extra(f"{section}.{unknown[0]}", ", ".join(own[section]))
        for name, heads in content.items():
            if not isinstance(heads, list) or not all(isinstance(head, str) for head in heads):
                raise _bad_extra(f"{section}.{name}", 'name = ["…", "…"]')
    table: dict[str, dict[str, str]] = {}
    shown: dict[str, dict[str, tuple[str, ...]]] = {}
    for dataset in DATASETS:
        table[dataset], shown[dataset] = {}, {}
        for source, may_replace in ((own, False), (extra, True)):
            _lay(dataset, source.get(dataset, {}), table[dataset], shown[dataset], may_replace)
    both = [own, extra]
    return Synonyms(
        fields=table,
        required={
            name: tuple(
                dict.fromkeys(
                    head for source in both for head in source.get("required", {}).get(name, ())
                )
            )
            for name in DATASETS
        },
        ignored=_heads(both, "ignored"),
        personal=_heads(both, "personal"),
        member_list={
            normalise(head): kind
            for source in both
            for kind, heads in source.get("member_list", {}).items()
            for head in heads
        },
        shown=shown,
    )


def _lay(
    dataset: str,
    section: Mapping[str, Sequence[str]],
    table: dict[str, str],
    shown: dict[str, tuple[str, ...]],
    may_replace: bool,
) -> None:
    for template, heads in section.items():
        for name, head in _hours(template, heads):
            key = normalise(head)
            before = table.get(key)
            if before not in (None, name) and not may_replace:
                message = f"headers.toml: '{head}' of {dataset} is both {before} and {name}"
                raise ValueError(message)
            table[key] = name
            shown[name] = (*shown.get(name, ()), head)


def _hours(template: str, heads: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Field and header pairs; a `{}` is filled with each hour, plain and with two digits."""
    if "{}" not in template:
        yield from ((template, head) for head in (*heads, template))
        return
    for hour in _HOURS:
        for head in heads:
            for digits in dict.fromkeys((str(hour), f"{hour:02d}")):
                yield template.replace("{}", str(hour)), head.replace("{}", digits)


def _heads(sources: Sequence[Mapping[str, Any]], section: str) -> frozenset[str]:
    return frozenset(
        normalise(head) for source in sources for head in source.get(section, {}).get("headers", [])
    )


def _bad_extra(what: str, allowed: str) -> Invalid:
    return Invalid(
        f"列名表中的 {what} 无法识别。 '{what}' in the table of headers is not known.",
        remedy=f"可用：{allowed}。 Use one of these.",
        field="headers",
    )


def match_headers(
    dataset: str,
    headers: Sequence[str],
    mapping: Mapping[str, str] | None = None,
    synonyms: Synonyms | None = None,
) -> Matched:
    """Find the field of each column. `mapping` (field -> column) is what a person said: it wins.

    Raises:
        Invalid: two columns mean one field, or `mapping` names what is not there.
        InvalidFile: the columns are those of a list of people.
    """
    synonyms = synonyms or load_synonyms()
    if dataset not in synonyms.fields:
        raise Invalid(
            f"没有数据集 {dataset}。 There is no dataset '{dataset}'.",
            remedy=f"可用：{', '.join(DATASETS)}。 Use one of these.",
        )
    keys = {column: normalise(column) for column in headers}
    _refuse_people(keys, synonyms)
    table = synonyms.fields[dataset]
    fields = _mapped(dataset, mapping or {}, keys, synonyms)
    said, used = set(fields), set(fields.values())
    claims: dict[str, list[str]] = {}
    for column, key in keys.items():
        name = table.get(_unnumbered(key, table))
        if name is not None and name not in said and column not in used:
            claims.setdefault(name, []).append(column)
    for name, columns in claims.items():
        if len(columns) > 1:
            raise _ambiguous(name, columns)
        fields[name] = columns[0]
    _refuse_lone_code(dataset, fields, keys, said)
    rest = [column for column in headers if column not in set(fields.values())]
    personal = [column for column in rest if keys[column] in synonyms.personal]
    ignored = [column for column in rest if keys[column] in synonyms.ignored]
    unmatched = [column for column in rest if column not in {*personal, *ignored}]
    return Matched(
        dataset,
        fields,
        unmatched,
        [name for name in synonyms.required[dataset] if name not in fields],
        personal,
        ignored,
        {name: factor for name, column in fields.items() if (factor := unit_factor(column)) != 1},
        _notes(personal, unmatched),
    )


def unit_factor(header: str) -> float:
    """What a bracketed unit multiplies by: （万元） 10,000, （人） 1; 1 when there is none."""
    folded = unicodedata.normalize("NFKC", header)
    for bracket in re.findall(r"[(\[【〔]([^)\]】〕]*)[)\]】〕]", folded):
        unit = bracket.removeprefix("单位").lstrip(":： ").strip()
        for sign, factor in _UNIT_FACTORS:
            if unit == sign or (unit.startswith(sign) and unit[len(sign) :] in _UNITS):
                return factor
    return 1.0


def latitude_first(header: str) -> bool:
    """Whether a header of one column for both coordinates names the latitude first."""
    folded = unicodedata.normalize("NFKC", header).casefold()
    folded = re.sub(r"经纬度|纬经度", lambda m: "经,纬" if m[0] == "经纬度" else "纬,经", folded)
    lat = re.search(r"纬|lat|\by\b", folded)
    lon = re.search(r"经|lon|lng|\bx\b", folded)
    return lat is not None and lon is not None and lat.start() < lon.start()


def _unnumbered(key: str, table: Mapping[str, str]) -> str:
    """`unique_headers` numbers repeated headers in brackets, which normalising takes off again."""
    return key if key in table else re.sub(r"^\d{1,2}[.、]", "", key)


def _mapped(
    dataset: str, mapping: Mapping[str, str], keys: Mapping[str, str], synonyms: Synonyms
) -> dict[str, str]:
    fields: dict[str, str] = {}
    known = synonyms.shown[dataset]
    for name, wanted in mapping.items():
        if name not in known:
            raise Invalid(
                f"数据集 {dataset} 没有字段 {name}。 '{name}' is not a field of {dataset}.",
                remedy=f"可用：{', '.join(known)}。 Use one of these.",
                field="map",
            )
        exact = [column for column in keys if column == wanted]
        alike = exact or [column for column, key in keys.items() if key == normalise(wanted)]
        if len(alike) != 1:
            raise Invalid(
                f"文件中没有（唯一的）列“{wanted}”。 The file has no single column '{wanted}'.",
                remedy=f"可用：{'、'.join(keys)}。 Use one of these.",
                field="map",
            )
        fields[name] = alike[0]
    return fields


def _ambiguous(name: str, columns: Sequence[str]) -> Invalid:
    both = "、".join(f"“{column}”" for column in columns)
    return Invalid(
        f"{both} 都可能是字段 {name}，无法判断。 "
        f"The columns {both} may all be '{name}'; which one is meant cannot be told.",
        remedy=f"请用 --map {name}=列名 指定，例如 --map {name}={columns[0]}。 "
        f"Say which with --map, for instance --map '{name}={columns[0]}'.",
        field="map",
    )


def _refuse_lone_code(
    dataset: str, fields: Mapping[str, str], keys: Mapping[str, str], said: set[str]
) -> None:
    """A bare 统一社会信用代码 right behind the union's name: the unit's code, or the union's?"""
    if dataset != "enterprises" or "uscc" not in fields or "uscc" in said or "union_uscc" in fields:
        return
    order = list(keys)
    column = fields["uscc"]
    before = order[order.index(column) - 1] if order.index(column) else ""
    bare = keys[column] in ("统一社会信用代码", "社会信用代码", "信用代码")
    if bare and before and before == fields.get("union_name"):
        raise Invalid(
            f"“{column}”紧跟在“{before}”之后，可能是单位的代码，也可能是工会的代码。 "
            f"The column '{column}' behind '{before}' may hold the code of the unit or of its "
            "union.",
            remedy=f"请用 --map uscc={column} 或 --map union_uscc={column} 指定。 Say which "
            f"with --map 'uscc={column}' or --map 'union_uscc={column}'.",
            field="map",
        )


def _refuse_people(keys: Mapping[str, str], synonyms: Synonyms) -> None:
    found: dict[str, list[str]] = {}
    for column, key in keys.items():
        if key in synonyms.member_list:
            found.setdefault(synonyms.member_list[key], []).append(column)
    if len(found) < 2:
        return
    columns = "、".join(column for group in found.values() for column in group)
    raise InvalidFile(
        f"这是人员名册（含 {columns}），不予导入：本系统只保存人数，不保存个人信息。 "
        f"This is a list of people (it has the columns {columns}) and is not imported: only counts "
        "are kept, never persons.",
        remedy="请按单位汇总为“职工人数”“会员人数”后再导入，并删除个人信息列。 "
        "Sum it up to counts per unit (职工人数, 会员人数) and leave the personal columns out.",
    )


def _notes(personal: Sequence[str], unmatched: Sequence[str]) -> list[str]:
    notes = []
    if personal:
        names = "、".join(personal)
        notes.append(
            f"个人信息列未读取，不保存：{names} / personal columns, dropped and not stored: {names}"
        )
    if unmatched:
        names = "、".join(unmatched[:40]) + ("…" if len(unmatched) > 40 else "")
        notes.append(f"未识别的列，未读取：{names} / columns not recognised, not read: {names}")
    return notes
