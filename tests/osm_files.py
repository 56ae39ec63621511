"""Small OpenStreetMap files made by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from street_makers import place

Tags = Mapping[str, str]


def write_osm(
    path: Path,
    nodes: Mapping[int, tuple[float, float]],
    ways: Sequence[tuple[Sequence[int], Tags]],
    *,
    node_tags: Mapping[int, Tags] | None = None,
    relations: Sequence[tuple[Sequence[int], Tags]] = (),
) -> Path:
    """An `.osm` file: nodes in metres from the origin, ways numbered from 100, relations (of ways)
    from 1000."""

    def tagged(tags: Tags) -> str:
        return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())

    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    for number, xy in nodes.items():
        lon, lat = place(*xy)
        tags = tagged((node_tags or {}).get(number, {}))
        lines.append(
            f'<node id="{number}" version="1" lon="{lon:.7f}" lat="{lat:.7f}">{tags}</node>'
        )
    for number, (refs, tags) in enumerate(ways, 100):
        members = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        lines.append(f'<way id="{number}" version="1">{members}{tagged(tags)}</way>')
    for number, (refs, tags) in enumerate(relations, 1000):
        members = "".join(f'<member type="way" ref="{ref}" role="outer"/>' for ref in refs)
        lines.append(f'<relation id="{number}" version="1">{members}{tagged(tags)}</relation>')
    lines.append("</osm>")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
