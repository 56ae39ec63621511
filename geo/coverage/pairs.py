"""Pairs of editions of enterprises: which two are meant, and their comparison counted once.

What became of the units of each area is counted over the areas in force, and read from
`area_change` afterwards; see :mod:`geo.coverage.compare`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geo import editions
from geo.coverage.definitions import RATES
from geo.coverage.figures import WHOLE
from geo.coverage.joined import changes
from geo.coverage.past import Ground, ground, lay, past_editions, require_past, side_of, take
from geo.coverage.targets import Targets, read_targets
from geo.database import Actor, Database, Reader, Writer
from geo.editions import EditionFacts
from geo.errors import Invalid, NotFound
from geo.progress import SILENT, Progress
from geo.settings import Settings

VERSION = 1
"""Rises when pairs are counted otherwise than before: those kept are then counted anew."""
COLUMNS = tuple(
    sorted(
        {
            name
            for rate in RATES.values()
            for names in (rate.numerator, rate.denominator, rate.left_out, rate.whole, rate.less)
            for name in names
        }
    )
)
"""The counts that rates are made of."""
MARK = "mark"
"""Stands among the counts of the whole: how the pair was counted."""


@dataclass(frozen=True)
class Pair:
    """Two editions and the areas they are compared over."""

    before: EditionFacts
    after: EditionFacts
    area_edition: EditionFacts

    @property
    def parameters(self) -> dict[str, int]:
        """What :data:`OF_PAIR` asks for."""
        return {
            "before": self.before.id,
            "after": self.after.id,
            "areas": self.area_edition.id,
        }


def find_pair(reader: Reader, before_id: int | None = None, after_id: int | None = None) -> Pair:
    """The two editions that are meant.

    Args:
        reader: the transaction.
        before_id: without it, the last edition that speaks for an earlier day than the other.
        after_id: without it, the edition in force.

    Raises:
        Invalid: one edition twice, or one of another dataset.
        NotFound: there is none of that number, nothing earlier, or no areas are in force.
        Conflict: a draft, or a discarded edition.
    """
    if after_id is None:
        after = editions.require_active(reader, "enterprises")
    else:
        after = require_past(reader, after_id, "to")
    if before_id is None:
        earlier = [one for one in past_editions(reader) if one.as_of < after.as_of]
        if not earlier:
            raise NotFound(
                f"没有早于{after.as_of}的企业名册版本可比。 There is no edition of enterprises of "
                f"before {after.as_of} to compare with.",
                remedy="导入往期名册：`nuanyi import enterprises FILE --as-of DATE --draft`，再 "
                "`nuanyi editions retire N`。 Import an earlier list so.",
                field="from",
            )
        before = earlier[-1]
    else:
        before = require_past(reader, before_id, "from")
    if before.id == after.id:
        raise Invalid(
            f"版本{after.id}不能与自身比较。 Edition {after.id} cannot be compared with itself.",
            remedy="请选择两个不同的版本。 Name two different editions.",
            field="from",
        )
    return Pair(before, after, editions.require_active(reader, "areas"))


def is_counted(reader: Reader, pair: Pair, settings: Settings) -> bool:
    """Whether the change between the two has been counted over the areas in force, as it would be
    now."""
    kept = reader.scalar(
        f"SELECT c.counts -> '{MARK}' {OF_PAIR} AND c.area_id = {WHOLE}", **pair.parameters
    )
    return bool(kept == _mark(read_targets(settings)))


def ensure_counted(
    database: Database,
    actor: Actor,
    pair: Pair,
    settings: Settings,
    progress: Progress = SILENT,
    *,
    wait: bool = True,
) -> bool:
    """Count the change between two editions unless that has been done; whether it was done now.

    Cost: for a million units on each side some 15 s, most of it reading them.

    Raises:
        Busy: another pair is being counted, and `wait` is false.
    """
    with database.read(actor) as reader:
        if is_counted(reader, pair, settings):
            return False
    with database.write(actor) as writer:
        take(writer, progress, wait=wait)
        if is_counted(writer, pair, settings):
            return False
        _count(writer, pair, read_targets(settings), progress)
    return True


def _count(writer: Writer, pair: Pair, targets: Targets, progress: Progress) -> None:
    areas = ground(writer, progress)
    before = side_of(writer, pair.before, areas, targets, progress)
    after = side_of(writer, pair.after, areas, targets, progress)
    with progress.step("比较 / comparing"):
        counts = changes(before, after, len(areas), COLUMNS)
    first = lay(writer, pair.before, areas, before, targets, progress)
    second = lay(writer, pair.after, areas, after, targets, progress)
    with progress.step("写入 / storing"):
        _store(writer, first, second, areas, counts, _mark(targets))


def _store(
    writer: Writer,
    first: int,
    second: int,
    areas: Ground,
    counts: Mapping[str, npt.NDArray[np.int64]],
    mark: int,
) -> None:
    writer.execute(
        "DELETE FROM area_change WHERE from_assignment_id = :first AND to_assignment_id = :second",
        {"first": first, "second": second},
    )
    names = list(counts)
    rows = np.column_stack([counts[name] for name in names]).tolist()
    # Most areas are buildings with little to tell: what is 0 is left out.
    told = [{name: n for name, n in zip(names, row, strict=True) if n} for row in rows]
    told[-1][MARK] = mark
    table = pa.table(
        {
            "from_assignment_id": np.full(len(rows), first, dtype=np.int64),
            "to_assignment_id": np.full(len(rows), second, dtype=np.int64),
            "area_id": np.append(areas.index.ids, WHOLE),
            "counts": [json.dumps(one) for one in told],
        }
    )
    writer.copy_in("area_change", table.column_names, table)


def _mark(targets: Targets) -> int:
    """A number that changes when pairs would be counted otherwise."""
    said = f"{VERSION} {COLUMNS} {targets.mark}"
    return int.from_bytes(hashlib.blake2b(said.encode(), digest_size=6).digest(), "big")


OF_PAIR = (
    "FROM area_change c JOIN assignment f ON f.id = c.from_assignment_id "
    "JOIN assignment t ON t.id = c.to_assignment_id WHERE f.edition_id = :before "
    "AND t.edition_id = :after AND f.area_edition_id = :areas AND t.area_edition_id = :areas"
)
"""SQL of the rows `c` of a pair."""
