"""Street files: refused with a remedy, or read with every metre and connection."""

import contextlib
import gzip
import itertools

import numpy as np
import osmium
import pytest
from numpy.testing import assert_array_equal
from osm_files import write_osm
from pyproj import Geod
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from street_files import CROSS, FOOTWAY, links, read_streets

from geo.errors import InvalidFile
from geo.progress import Progress
from geo.streets import Way, read_osm, walkable

GEOD = Geod(ellps="WGS84")


def test_a_file_that_is_not_openstreetmap_is_refused_with_a_remedy(tmp_path, shared_data):
    whole = (shared_data / "networks" / "heidelberg.osm.pbf").read_bytes()
    xml = (shared_data / "networks" / "tsinghua.osm").read_bytes()
    bad = {
        "text.osm.pbf": b"hello, this is no map at all",
        "empty.osm": b"",
        "page.osm": b'<?xml version="1.0"?><html></html>',
        "cut.osm.pbf": whole[: len(whole) // 2],
        "head.osm.pbf": whole[:60],
        "cut.osm": xml[: len(xml) // 2],
        "bomb.osm": b'<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "b">]>'
        b'<osm version="0.6">&a;</osm>',
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidFile) as caught:
            read_osm(tmp_path / name)
        assert name in caught.value.detail
        assert caught.value.remedy
    with pytest.raises(InvalidFile, match="cannot be read"):
        read_osm(tmp_path / "none.osm")
    with pytest.raises(InvalidFile, match="cannot be read"):
        read_osm(tmp_path)


def test_a_file_without_streets_is_refused(tmp_path):
    with pytest.raises(InvalidFile, match="no street that can be walked"):
        read_streets(tmp_path, CROSS, [((1, 2), {"waterway": "river"})])
    with pytest.raises(InvalidFile, match="no street that can be walked"):
        read_streets(tmp_path, CROSS, [])
    with pytest.raises(InvalidFile, match="no street") as caught:
        read_streets(tmp_path, {1: (0, 0)}, [((5, 6), FOOTWAY)])
    assert "node references point outside the file" in (caught.value.remedy or "")


def test_the_content_tells_the_format_and_not_the_name(tmp_path):
    path = write_osm(tmp_path / "streets.osm", CROSS, [((1, 2, 3), FOOTWAY)])
    (tmp_path / "streets.data").write_bytes(path.read_bytes())
    (tmp_path / "packed").write_bytes(gzip.compress(path.read_bytes()))
    for name in ("streets.data", "packed"):
        assert links(read_osm(tmp_path / name)) == [(1, 3)]


def test_reading_twice_gives_the_same_numbers(shared_data):
    path = shared_data / "networks" / "tsinghua.osm"
    one, two = read_osm(path), read_osm(path)
    assert_array_equal(one.points, two.points)
    assert_array_equal(one.node_osm, two.node_osm)


@pytest.mark.parametrize(
    "file", ["tsinghua.osm", pytest.param("heidelberg.osm.pbf", marks=pytest.mark.slow)]
)
def test_real_streets_keep_every_metre_and_every_connection(shared_data, file):
    """Against a plain loop over the ways: their geodesic length, and the parts of the graph of all
    their nodes. Areas, which get lines across, are left out of the
    sum."""
    path = shared_data / "networks" / file
    network = read_osm(path, keep_private=True)
    metres, pairs, lines = 0.0, [], []
    for thing in osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations():
        way = walkable(thing.tags) if thing.is_way() else None
        if not isinstance(way, Way):
            continue
        refs = [node.ref for node in thing.nodes]
        places = [(node.lon, node.lat) for node in thing.nodes]
        if not way.is_area:
            lines.append(thing.id)
            metres += GEOD.line_length(*zip(*places, strict=True))
        pairs += itertools.pairwise(refs)
    assert len(set(network.way) - set(lines)) > 0
    assert network.length[np.isin(network.way, lines)].sum() == pytest.approx(metres, abs=1e-3)
    refs, ends = np.unique(np.array(pairs), return_inverse=True)
    ends = ends.reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(refs),) * 2)
    count, label = connected_components(graph, directed=False)
    assert network.part_points.sum() >= len(refs)
    if network.report.barriers_cut == 0:
        assert network.parts == count
    else:
        assert network.parts >= count
    # Whatever the network joins is joined in the file, too: it only ever cuts.
    known = network.node_osm > 0
    of = label[np.searchsorted(refs, network.node_osm[known])]
    for part in range(min(network.parts, 50)):
        assert len(set(of[network.node_part[known] == part])) == 1


def test_progress_counts_the_ways(tmp_path):
    class Counting(Progress):
        def __init__(self):
            self.steps = {}

        def step(self, label, total=None):
            @contextlib.contextmanager
            def told():
                self.steps[label] = 0

                def advance(n):
                    self.steps[label] += n

                yield advance

            return told()

    progress = Counting()
    path = write_osm(tmp_path / "a.osm", CROSS, [((1, 2), FOOTWAY), ((2, 3), FOOTWAY)])
    read_osm(path, progress)
    assert 2 in progress.steps.values()
