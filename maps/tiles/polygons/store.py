"""Layers of polygons and their finished tiles, the last ones asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from maps.tiles.packing import mark, packed
from maps.tiles.polygons.layer import PolygonLayer

MOST_LAYERS = 16
MOST_BYTES = 16 * 2**20
OVERHEAD = 250
"""Bytes that keeping a tile takes beside its own."""


@dataclass
class _Held:
    """A layer, once it is made; whoever wants it meanwhile waits for the one making."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    layer: PolygonLayer | None = None


class PolygonTiles:
    """The layers of one process, by what they show and of which edition. Safe for threads.

    Args:
        most_layers: how many layers are kept; one of a city takes 1 to 12 MB.
        most_bytes: what finished tiles may take.
    """

    def __init__(self, most_layers: int = MOST_LAYERS, most_bytes: int = MOST_BYTES) -> None:
        self._most_layers, self._most_bytes = most_layers, most_bytes
        self._layers: OrderedDict[str, _Held] = OrderedDict()
        self._tiles: OrderedDict[tuple[str, int, int, int], tuple[bytes, str]] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def layer(self, key: str, make: Callable[[], PolygonLayer]) -> PolygonLayer:
        """The layer of this key, made if it is not there. What the making raises is raised, and
        the next asker tries again."""
        with self._lock:
            held = self._layers.setdefault(key, _Held())
            self._layers.move_to_end(key)
            while len(self._layers) > self._most_layers:
                self._layers.popitem(last=False)
        with held.lock:
            if held.layer is None:
                held.layer = make()
            return held.layer

    def begin(self, key: str, make: Callable[[], PolygonLayer]) -> None:
        """Make a layer beside whatever goes on, unless it is there or being made."""
        with self._lock:
            if key in self._layers:
                return
        threading.Thread(
            target=self._quietly, args=(key, make), name=f"layer {key}", daemon=True
        ).start()

    def _quietly(self, key: str, make: Callable[[], PolygonLayer]) -> None:
        try:
            self.layer(key, make)
        except Exception:  # noqa: BLE001  who asks for it is told
            return

    def kept(self, key: str, z: int, x: int, y: int) -> tuple[bytes, str] | None:
        """A finished tile as gzip, and the mark of what is in it; None when it is not here."""
        with self._lock:
            found = self._tiles.get((key, z, x, y))
            if found is not None:
                self._tiles.move_to_end((key, z, x, y))
            return found

    def tile(
        self, key: str, make: Callable[[], PolygonLayer], z: int, x: int, y: int
    ) -> tuple[bytes, str]:
        """The same, drawn if it is not here."""
        found = self.kept(key, z, x, y)
        if found is not None:
            return found
        body = self.layer(key, make).tile(z, x, y)
        found = packed(body), mark(body)
        with self._lock:
            if (key, z, x, y) not in self._tiles:
                self._tiles[key, z, x, y] = found
                self._held += len(found[0]) + OVERHEAD
            while self._held > self._most_bytes and len(self._tiles) > 1:
                _, (dropped, _) = self._tiles.popitem(last=False)
                self._held -= len(dropped) + OVERHEAD
        return found

    @property
    def held_bytes(self) -> int:
        """What the finished tiles take."""
        return self._held
