"""How the positions of a question are called in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Names:
    """How positions are called in sentences; without a name it is the number."""

    districts: Sequence[str | None] = ()
    chains: Sequence[str | None] = ()
    sites: Sequence[str | None] = ()
    sites_en: Mapping[int, str] = field(default_factory=dict)
    """Of sites that are called otherwise in English."""

    def district(self, at: int) -> str:
        """Of a subdistrict."""
        return _named(self.districts, at)

    def chain(self, at: int) -> str:
        """Of a host chain."""
        return _named(self.chains, at)

    def site(self, at: int) -> str:
        """Of a site."""
        return _named(self.sites, at)

    def site_en(self, at: int) -> str:
        """Of a site, in an English sentence."""
        return self.sites_en.get(at) or self.site(at)

    def label(self, at: int) -> str:
        """Of a site, where there is one text for both languages."""
        return " / ".join(dict.fromkeys((self.site(at), self.site_en(at))))


def _named(names: Sequence[str | None], at: int) -> str:
    told = names[at] if 0 <= at < len(names) else None
    return told or str(at)
