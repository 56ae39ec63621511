"""OpenStreetMap's tags: who may walk where, on which level, and which gate is shut."""

import pytest

from geo.streets import Way, walkable
from geo.streets.tags import barrier_closes


@pytest.mark.parametrize(
    ("tags", "answer"),
    [
        ({"highway": "footway"}, "public"),
        ({"highway": "steps"}, "public"),
        ({"highway": "corridor", "indoor": "yes"}, "public"),
        ({"highway": "footway", "footway": "sidewalk"}, "public"),
        ({"highway": "primary", "oneway": "yes"}, "public"),
        ({"railway": "platform"}, "public"),
        ({"man_made": "pier"}, "public"),
        ({"highway": "track", "access": "agricultural"}, "public"),
        ({"highway": "residential", "access": "destination"}, "destination"),
        ({"highway": "path", "foot": "permissive"}, "permissive"),
        ({"highway": "motorway"}, "motor_only"),
        ({"highway": "trunk", "motorroad": "yes"}, "motor_only"),
        ({"highway": "trunk", "motorroad": "yes", "foot": "yes"}, "public"),
        ({"highway": "motorway_link", "foot": "designated"}, "public"),
        ({"highway": "cycleway", "foot": "no"}, "closed"),
        ({"highway": "service", "access": "no"}, "closed"),
        ({"highway": "service", "access": "no", "foot": "yes"}, "public"),
        ({"highway": "service", "access": "private"}, "private"),
        ({"highway": "service", "access": "private", "foot": "designated"}, "public"),
        ({"highway": "service", "access": "yes", "foot": "private"}, "private"),
        ({"highway": "service", "access": "customers"}, "customers"),
        ({"highway": "construction"}, "class"),
        ({"highway": "raceway"}, "class"),
        ({"waterway": "river"}, "class"),
    ],
)
def test_the_tags_say_whether_one_may_walk(tags, answer):
    judged = walkable(tags)
    assert (judged.access if isinstance(judged, Way) else judged) == answer


@pytest.mark.parametrize(
    ("tags", "layer", "bridge", "tunnel", "steps"),
    [
        ({"highway": "footway", "bridge": "yes"}, 1, True, False, False),
        ({"highway": "steps", "bridge": "yes", "layer": "2"}, 2, True, False, True),
        ({"highway": "footway", "tunnel": "yes"}, -1, False, True, False),
        ({"highway": "footway", "tunnel": "building_passage"}, 0, False, False, False),
        ({"highway": "footway", "bridge": "no", "layer": "nonsense"}, 0, False, False, False),
        ({"highway": "footway", "layer": "1e400"}, 0, False, False, False),
        ({"highway": "footway", "layer": "-1;0"}, -1, False, False, False),
    ],
)
def test_bridges_tunnels_and_steps_keep_their_level(tags, layer, bridge, tunnel, steps):
    way = walkable(tags)
    assert (way.layer, way.is_bridge, way.is_tunnel, way.is_steps) == (layer, bridge, tunnel, steps)


@pytest.mark.parametrize(
    ("tags", "private", "closes"),
    [
        ({"barrier": "gate"}, False, False),
        ({"barrier": "gate", "access": "private"}, False, True),
        ({"barrier": "gate", "access": "private"}, True, False),
        ({"barrier": "gate", "access": "no"}, True, True),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, False, False),
        ({"barrier": "gate", "locked": "yes"}, False, True),
        ({"barrier": "bollard", "access": "no"}, False, False),
        ({"barrier": "bollard", "foot": "no"}, False, True),
        ({"highway": "crossing", "access": "no"}, False, False),
    ],
)
def test_a_gate_nobody_may_pass_closes_the_way(tags, private, closes):
    assert barrier_closes(tags, keep_private=private) is closes
