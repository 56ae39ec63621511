"""The streets of the demo city are a network that one can walk and not walk through walls."""

import numpy as np
import pytest
import shapely
from sample_reading import city_nodes, is_walked, lines_of, part_sizes


def test_walkable_streets_are_one_large_part_and_a_few_small_ones(extract):
    sizes = part_sizes(extract)
    assert sizes[0] > 0.95 * sizes.sum()
    assert len(sizes) > 1


def test_the_river_is_only_crossed_on_bridges(extract):
    water = shapely.union_all(
        [shapely.Polygon(line) for line in lines_of(extract, lambda t: "natural" in t)]
    )
    on_foot = lines_of(extract, lambda t: is_walked(t) and "bridge" not in t)
    assert not shapely.intersects(on_foot, water).any()
    bridges = lines_of(extract, lambda t: is_walked(t) and t.get("bridge") == "yes")
    assert shapely.crosses(bridges, water).sum() >= 2
    # Without its bridges the city falls in two.
    ways = [way for way in extract["ways"] if way[1].get("bridge") != "yes"]
    assert part_sizes({"ways": ways})[1] > 0.2 * part_sizes(extract)[0]


@pytest.mark.parametrize(
    ("barrier", "layers"),
    [({"railway": "rail"}, {"1", "-1"}), ({"highway": "motorway"}, {"1", "-1"})],
)
def test_railway_and_expressway_are_only_crossed_above_or_below(extract, barrier, layers):
    lines = shapely.union_all(lines_of(extract, lambda t: barrier.items() <= t.items()))
    crossing = [
        tags
        for _, tags, refs in extract["ways"]
        if is_walked(tags)
        and shapely.intersects(shapely.LineString([extract["nodes"][r] for r in refs]), lines)
    ]
    assert crossing
    assert {tags["layer"] for tags in crossing} <= layers
    assert any(tags.get("tunnel") == "yes" for tags in crossing)


def test_footbridges_are_reached_by_steps(extract):
    bridges = [refs for _, tags, refs in extract["ways"]
               if tags.get("bridge") == "yes" and tags.get("highway") == "footway"]  # fmt: skip
    steps = [refs for _, tags, refs in extract["ways"] if tags.get("highway") == "steps"]
    ends = {ref for refs in steps for ref in (refs[0], refs[-1])}
    assert bridges
    assert all(refs[0] in ends and refs[-1] in ends for refs in bridges)


def test_compound_walls_are_only_passed_at_gates(extract):
    gates = {ref for ref, tags in extract["node_tags"].items() if tags.get("barrier") == "gate"}
    walls = [refs for _, tags, refs in extract["ways"] if tags.get("barrier") == "wall"]
    assert walls
    assert all(gates & set(refs) for refs in walls)
    assert all(refs[0] == refs[-1] for refs in walls)
    wall_lines = lines_of(extract, lambda t: t.get("barrier") == "wall")
    open_ways = lines_of(extract, is_walked)
    gate_points = shapely.multipoints([extract["nodes"][ref] for ref in gates])
    way, wall = shapely.STRtree(wall_lines).query(open_ways, predicate="intersects")
    assert len(way)
    meeting = shapely.intersection(np.array(open_ways)[way], np.array(wall_lines)[wall])
    assert shapely.distance(meeting, gate_points).max() < 1e-9


def test_streets_meet_only_where_they_share_a_node(extract):
    ways = [
        refs
        for _, tags, refs in extract["ways"]
        if is_walked(tags) and "layer" not in tags and tags.get("area") != "yes"
    ]
    lines = [shapely.LineString([extract["nodes"][ref] for ref in refs]) for refs in ways]
    one, other = shapely.STRtree(lines).query(lines, predicate="intersects")
    for a, b in zip(*(side[one < other] for side in (one, other)), strict=True):
        shared = [extract["nodes"][ref] for ref in set(ways[a]) & set(ways[b])]
        assert shared
        meeting = shapely.intersection(lines[a], lines[b])
        assert shapely.distance(shapely.get_parts(meeting), shapely.MultiPoint(shared)).max() == 0


def test_the_extract_has_what_real_extracts_have(extract):
    tags = [tags for _, tags, _ in extract["ways"]]
    highways = {each.get("highway") for each in tags}
    assert highways >= {"primary", "secondary", "tertiary", "residential", "service", "footway",
                        "steps", "pedestrian", "motorway", "living_street", "path"}  # fmt: skip
    assert any(each.get("access") == "private" for each in tags)
    assert any(each.get("area") == "yes" for each in tags)
    assert any(each.get("leisure") == "park" for each in tags)
    assert sum("building" in each for each in tags) > 100
    assert 1_500 <= city_nodes(extract) <= 3_000
    # Some five points of shape between two junctions.
    uses = np.unique(
        [ref for _, t, refs in extract["ways"] if is_walked(t) for ref in set(refs)],
        return_counts=True,
    )[1]
    assert 2 < (uses == 1).sum() / (uses > 1).sum() < 8
