"""What a route says of the streets it follows: their names, steps, bridges and tunnels.

Kept apart from the walking graph, which no search needs them for: a small file of their own beside
its snapshot, read with the first route of an edition.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geo.database import Reader
from geo.errors import InvalidFile
from geo.settings import Settings
from geo.streets import StreetNetwork
from geo.walking.arrays import Flags, Ints
from geo.walking.snapshot import snapshot_path

STEPS, BRIDGE, TUNNEL = 1, 2, 4
VERSION = 1


class StreetFacts(NamedTuple):
    """Facts of M pieces of street, in the order of `street.id`.

    Attributes:
        name: (M,) int32 into `names`, -1 for none.
        made: (M,) uint8, bits :data:`STEPS`, :data:`BRIDGE`, :data:`TUNNEL`.
        names: the distinct names, as in the data: text, never markup.
    """

    name: Ints
    made: Flags
    names: list[str]


def facts_of(network: StreetNetwork) -> StreetFacts:
    """The facts of a network in memory."""
    return StreetFacts(
        np.ascontiguousarray(network.name, np.int32),
        _made(network.is_steps, network.is_bridge, network.is_tunnel),
        list(network.names),
    )


def no_facts(pieces: int) -> StreetFacts:
    """Streets nothing is known of: a route over them has no names, stairs or bridges."""
    return StreetFacts(np.full(pieces, -1, np.int32), np.zeros(pieces, np.uint8), [])


def _made(steps: np.ndarray, bridge: np.ndarray, tunnel: np.ndarray) -> Flags:
    bits = np.where(steps, STEPS, 0) | np.where(bridge, BRIDGE, 0) | np.where(tunnel, TUNNEL, 0)
    return bits.astype(np.uint8)


def load_facts(reader: Reader, settings: Settings, edition_id: int) -> StreetFacts:
    """The facts of an edition's streets, from their file in the state directory or from PostGIS,
    and then kept there.

    Cost: 1,000,000 pieces a second from PostGIS; some milliseconds from the file.
    """
    path = snapshot_path(settings, reader, edition_id).with_suffix(".facts.npz")
    with contextlib.suppress(InvalidFile):
        return read_facts(path)
    facts = fetch_facts(reader, edition_id)
    if len(facts.name):
        with contextlib.suppress(OSError):
            save_facts(path, facts)
    return facts


def fetch_facts(reader: Reader, edition_id: int) -> StreetFacts:
    """The same from PostGIS."""
    # A first letter, lest a name without text be taken for none, or a column of digits for numbers.
    rows = reader.copy_out(
        "SELECT id, '=' || name AS name, is_steps::int AS steps, is_bridge::int AS bridge, "
        f"is_tunnel::int AS tunnel FROM street WHERE edition_id = {int(edition_id)}"
    )
    if not rows.num_rows:
        return no_facts(0)
    rows = rows.sort_by("id")
    coded = rows["name"].cast("string").combine_chunks().dictionary_encode()
    return StreetFacts(
        coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32),
        _made(*(rows[column].to_numpy() for column in ("steps", "bridge", "tunnel"))),
        [name[1:] for name in coded.dictionary.to_pylist()],
    )


def save_facts(path: Path, facts: StreetFacts) -> None:
    """Write the file; it appears under its name only when it is whole."""
    texts = [name.encode() for name in facts.names]
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                version=np.array(VERSION),
                name=facts.name,
                made=facts.made,
                text=np.frombuffer(b"".join(texts), np.uint8),
                ends=ends,
            )
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def read_facts(path: Path) -> StreetFacts:
    """Read the file.

    Raises:
        InvalidFile: there is none, it is damaged, or of another version of the program.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            if int(file["version"]) != VERSION:
                raise InvalidFile(f"{path.name} is of another version of the program.")
            name, made, ends = file["name"], file["made"], file["ends"].tolist()
            text = file["text"].tobytes()
        names = [
            text[start:end].decode() for start, end in zip([0, *ends[:-1]], ends, strict=False)
        ]
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InvalidFile(f"{path.name} cannot be read: {error}.") from error
    if len(name) != len(made) or (len(name) and int(name.max()) >= len(names)):
        raise InvalidFile(f"{path.name} does not fit together.")
    return StreetFacts(name, made, names)


class FactsKept:
    """The facts of the edition last asked for; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[int, StreetFacts] | None = None

    def of(self, edition_id: int, load: Callable[[], StreetFacts]) -> StreetFacts:
        """The facts of an edition, loaded when it is not the one at hand."""
        kept = self._kept
        if kept is not None and kept[0] == edition_id:
            return kept[1]
        with self._lock:
            kept = self._kept
            if kept is None or kept[0] != edition_id:
                kept = self._kept = (edition_id, load())
            return kept[1]
