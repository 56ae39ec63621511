"""How much one sender may send: token buckets in memory, by a hash of the address.

The hash is made with a salt that this process drew at random and keeps nowhere else: it tells two
senders apart while the process lives, and says nothing about either afterwards. Nothing of it is
written down.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

_WITH_PORT = re.compile(r"\[(?P<six>[0-9A-Fa-f:.]+)\](?::[0-9]+)?|(?P<four>[0-9.]+)(?::[0-9]+)?")

REMEMBERED = 20_000
"""Senders at most; whoever was silent longest is forgotten first."""


class Rule(NamedTuple):
    """So many within so many seconds: a bucket of `most` that fills up again in `seconds`."""

    most: int
    seconds: float


class Senders:
    """Who has sent how much of late."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = REMEMBERED) -> None:
        """`clock` counts seconds; `most` senders are remembered."""
        self._clock = clock
        self._most = most
        self._salt = secrets.token_bytes(32)
        self._buckets: OrderedDict[bytes, tuple[float, list[float]]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, address: str, *rules: Rule) -> float:
        """Let one pass if every rule has room for it.

        Args:
            address: of the sender; see :func:`address_of`.
            rules: what counts here, always the same ones in the same order.

        Returns:
            0 when it may pass, which is then counted; else in how many seconds the next may.
        """
        who = hashlib.blake2b(address.encode(), key=self._salt, digest_size=16).digest()
        with self._lock:
            now = self._clock()
            before, left = self._buckets.pop(who, (now, [float(rule.most) for rule in rules]))
            left = [
                min(rule.most, tokens + (now - before) * rule.most / rule.seconds)
                for rule, tokens in zip(rules, left, strict=True)
            ]
            wait = max(
                max(0.0, 1 - tokens) * rule.seconds / rule.most
                for rule, tokens in zip(rules, left, strict=True)
            )
            if wait <= 0:
                left = [tokens - 1 for tokens in left]
            self._buckets[who] = (now, left)
            while len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        return wait

    def __len__(self) -> int:
        return len(self._buckets)


def address_of(forwarded: Sequence[str], client: str | None, proxies: int) -> str:
    """Whom a request counts for: an address, of IPv6 the network of one subscriber (/64).

    Anybody can write an `X-Forwarded-For`. Each proxy of ours appends the address that it saw, so
    with `proxies` of them the sender is so many entries from the end; what is before is hearsay.

    Args:
        forwarded: the `X-Forwarded-For` headers of the request, in their order.
        client: the address that the connection came from.
        proxies: how many of our own stand before us; 0: the headers are not looked at.
    """
    chain = [part.strip() for part in ",".join(forwarded).split(",")]
    if proxies and len(chain) >= proxies and chain[-proxies]:
        return _network(chain[-proxies])
    return _network(client or "?")


def _network(address: str) -> str:
    found = _WITH_PORT.fullmatch(address)
    bare = address if found is None else found["six"] or found["four"]
    try:
        parsed = ipaddress.ip_address(bare)
    except ValueError:
        return bare[:100]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(parsed) >> 64 << 64))
