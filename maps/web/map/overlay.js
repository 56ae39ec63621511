/* What is drawn over our own tiles: the way on foot, the position with its accuracy. */
const NONE = { type: "FeatureCollection", features: [] };
const METRES_A_DEGREE = 111320;

export function overlay(map, state) {
  const colours = map.getStyle().metadata?.["nuanyi:colours"] || {};
  const below = ["water-names", "station-groups"].find((name) => map.getLayer(name));
  map.addSource("nuanyi-line", { type: "geojson", data: NONE, tolerance: 0.2 });
  map.addSource("nuanyi-me", { type: "geojson", data: NONE });
  const way = { source: "nuanyi-line", type: "line", layout: { "line-cap": "round", "line-join": "round" } };
  const width = (more) => ["interpolate", ["linear"], ["zoom"], 11, 3 + more, 15, 5.5 + more, 18, 9 + more];
  const straight = ["boolean", ["get", "straight_line"], false];
  map.addLayer({ ...way, id: "nuanyi-line-edge", filter: ["!", straight], paint: { "line-color": colours.route_edge, "line-width": width(4) } }, below);
  map.addLayer({ ...way, id: "nuanyi-line", filter: ["!", straight], paint: { "line-color": colours.route, "line-width": width(0) } }, below);
  map.addLayer({ ...way, id: "nuanyi-line-straight", filter: straight, layout: { "line-cap": "butt" }, paint: { "line-color": colours.route, "line-width": width(-1.5), "line-dasharray": [2, 1.5] } }, below);
  const surface = ["==", ["geometry-type"], "Polygon"];
  const dot = ["==", ["geometry-type"], "Point"];
  map.addLayer({ id: "nuanyi-accuracy", source: "nuanyi-me", type: "fill", filter: surface, paint: { "fill-color": colours.me, "fill-opacity": 0.14 } }, below);
  map.addLayer({ id: "nuanyi-accuracy-edge", source: "nuanyi-me", type: "line", filter: surface, paint: { "line-color": colours.me, "line-opacity": 0.5, "line-width": 1 } }, below);
  map.addLayer({ id: "nuanyi-me", source: "nuanyi-me", type: "circle", filter: dot, paint: { "circle-color": colours.me, "circle-radius": 8, "circle-stroke-color": colours.me_edge, "circle-stroke-width": 3 } });
  redraw(map, state);
}

export function redraw(map, state) {
  const line = map.getSource("nuanyi-line");
  if (!line) return; // the style is on its way and will draw all this
  line.setData(state.line ? feature(state.line) : NONE);
  map.getSource("nuanyi-me").setData(state.position ? me(state.position) : NONE);
  // A station of the list has its mark; its dot would look out beneath.
  const listed = ["in", ["id"], ["literal", state.stations.map((one) => one.id)]];
  if (map.getLayer("stations")) map.setFilter("stations", ["all", ["!", ["has", "count"]], ["!", listed]]);
}

function feature(geojson) {
  return geojson.type === "Feature" ? geojson : { type: "Feature", properties: {}, geometry: geojson };
}

function me({ lon, lat, accuracy }) {
  const shapes = [{ type: "Point", coordinates: [lon, lat] }];
  if (accuracy > 0) {
    const ring = Array.from({ length: 65 }, (_, at) => {
      const turn = (at / 64) * 2 * Math.PI;
      const north = (accuracy * Math.sin(turn)) / METRES_A_DEGREE;
      const east = (accuracy * Math.cos(turn)) / (METRES_A_DEGREE * Math.cos((lat * Math.PI) / 180));
      return [lon + east, lat + north];
    });
    ring[64] = ring[0];
    shapes.unshift({ type: "Polygon", coordinates: [ring] });
  }
  return { type: "FeatureCollection", features: shapes.map(feature) };
}
