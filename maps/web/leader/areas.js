// Areas: coloured by class, hatched without data, dotted where a rate rests on few.

import { byId } from "./dom.js";
import { night, theMap, visible } from "./map.js";
import { hear, known, view } from "./store.js";
import { page, percent, shortName } from "./words.js";

const MOST_NAMES = 2000;
const OUTSIDE = "rgba(0,0,0,0)";
const BOLD = { "text-font": ["literal", ["nuanyi bold", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC"]] };
const FILLS = ["areas-fill", "areas-few", "areas-no-data"];
let drawnIds = [];

const state = (name, otherwise) => ["coalesce", ["feature-state", name], otherwise];

/** Where the polygons of a kind are. */
export function areaTiles(edition = known.state?.areas ?? "current", kind = view.kind ?? "subdistrict") {
  return new URL(`/tiles/${edition}/areas/{z}/{x}/{y}?kind=${kind}`, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
}

/** The sources of the areas: polygons as tiles, names as points. */
export function areaSource() {
  return {
    areas: { type: "vector", tiles: [areaTiles()], minzoom: 0, maxzoom: 14 },
    "area-names": { type: "geojson", data: firstNames() },
  };
}

/** The layers of the areas: `fill` beneath the names of streets, `line` and `names` above. */
export function areaLayers(part, colours = {}) {
  const dark = night();
  const fill = { source: "areas", "source-layer": "areas", type: "fill" };
  const pale = ["interpolate", ["linear"], ["zoom"], 12.5, 0.86, 14.5, 0.42];
  if (part === "fill") {
    return [
      { ...fill, id: "areas-fill", layout: { visibility: shown("areas") }, paint: {
        "fill-color": ["to-color", state("colour", OUTSIDE)], "fill-opacity": pale, "fill-antialias": false } },
      // Patterns are what costs most to draw: only where there is something to say.
      { ...fill, id: "areas-few", layout: { visibility: hatched("few") }, filter: among("few", values), paint: { "fill-pattern": "few" } },
      { ...fill, id: "areas-no-data", layout: { visibility: hatched("none") }, filter: among("none", values), paint: { "fill-pattern": "no-data" } },
      // Unseen; so that pointing at an area works when no area is coloured.
      { ...fill, id: "areas-touch", paint: { "fill-color": "#000000", "fill-opacity": 0 } },
    ];
  }
  if (part === "line") {
    // One pass over all borders: a machine without a graphics card pays for each of their vertices, and
    // three times that for round joins, which nobody sees in so thin a line.
    const pointed = state("pointed", 0);
    return [
      { source: "areas", "source-layer": "areas", type: "line", id: "areas-edge", layout: { "line-join": "bevel" }, paint: {
        "line-color": ["case", ["==", pointed, 1], colours.ink ?? page.colours.ink, dark ? "#8a7a6f" : "#8f7e71"],
        "line-width": ["interpolate", ["linear"], ["zoom"], 8, ["+", 0.5, ["*", 2.6, pointed]], 13, ["+", 1.2, ["*", 2.4, pointed]]],
        "line-opacity": 0.85 } },
    ];
  }
  return [{ id: "area-names", source: "area-names", type: "symbol", layout: {
    "text-field": ["format", ["get", "name"], BOLD, "\n", {}, ["get", "share"], { ...BOLD, "font-scale": 0.95 }],
    "text-font": ["PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans"],
    "text-size": ["interpolate", ["linear"], ["zoom"], 8, 10.5, 13, 14], "text-max-width": 7, "text-padding": 3,
    "symbol-sort-key": ["get", "order"],
  }, paint: nameInk() }];
}

/** What is dotted (`few`) and what is hatched (`none`). */
const isSo = { few: (one) => classOf(one.value, classes()) >= 0 && one.few, none: (one) => classOf(one.value, classes()) < 0 };
const hatched = (kind) => (view.show === "areas" && shownValues().some(isSo[kind]) ? "visible" : "none");
/** The filter of the areas that are so. */
function among(kind, given) {
  const ids = [...given].filter(([, one]) => isSo[kind](one)).map(([id]) => id);
  return ids.length ? ["match", ["id"], ids, true, false] : false;
}

/** Names are dark on coloured areas, and as the ground asks for where there is none. */
function nameInk() {
  const dark = night() && view.show !== "areas";
  return { "text-color": dark ? "#eadfd6" : page.colours.ink, "text-halo-color": dark ? "rgb(28 23 20 / 90%)" : "rgb(255 252 247 / 85%)", "text-halo-width": 1.6 };
}

const shown = (mode) => (view.show === mode ? "visible" : "none");

/** The class of a share: its place among the colours, -1 without a value. */
export function classOf(value, classes) {
  if (value === null || value === undefined || !Number.isFinite(value)) return -1;
  let at = 0;
  while (at < classes.breaks.length && value >= classes.breaks[at]) at += 1;
  return at;
}

/** The classes of the measure that is looked at, the same for every filter and edition. */
export function classes() {
  if (view.measure === "stations") return { ...page.colours.reached, target: null, method: "given" };
  return known.setup?.classes?.[view.measure] ?? { breaks: [], colours: [page.colours.noData], target: null, method: "given" };
}

/** What the areas show now: by id {value, few}; those of another edition when one is looked at. */
let values = new Map();
export const shownValue = (id) => values.get(id);
export const shownValues = () => [...values.values()];

/** Colours the areas by the shares given: Map id → {value, few}. */
export function colour(given) {
  values = given;
  const map = theMap();
  if (!map?.getSource("areas")) return;
  paint(map, given, drawnIds);
  drawnIds = [...given.keys()];
  visible(["areas-few"], hatched("few") === "visible");
  visible(["areas-no-data"], hatched("none") === "visible");
  writeNames(map);
}

/** Puts shares on one map, and takes those away that are not among them. */
export function paint(map, given, before = []) {
  const of = classes();
  for (const id of before) if (!given.has(id)) map.removeFeatureState({ source: "areas", sourceLayer: "areas", id });
  for (const [id, { value }] of given) {
    const at = classOf(value, of);
    map.setFeatureState({ source: "areas", sourceLayer: "areas", id }, { colour: at < 0 ? page.colours.noData : of.colours[at] });
  }
  for (const [layer, kind] of [["areas-few", "few"], ["areas-no-data", "none"]]) {
    if (!map.getLayer(layer)) continue;
    const wanted = among(kind, given);
    if (JSON.stringify(wanted) !== JSON.stringify(map.getFilter(layer))) map.setFilter(layer, wanted);
  }
}

/** The shares of the rates that are known, of the measure that is looked at. */
export function ratesByArea() {
  const found = new Map();
  for (const area of known.rates?.areas ?? []) {
    const rate = area.rates[view.measure];
    if (rate) found.set(area.id, { value: rate.value, few: rate.small });
  }
  return found;
}

let written = "";
/** The names that a style begins with. */
function firstNames() {
  if (!values.size) values = ratesByArea();
  const points = namePoints();
  written = JSON.stringify(points.features.map(({ id, properties }) => [id, properties.name, properties.share]));
  return points;
}

/** Writes the names anew, when they are others. */
function writeNames(map) {
  const points = namePoints();
  const now = JSON.stringify(points.features.map(({ id, properties }) => [id, properties.name, properties.share]));
  if (now !== written) map.getSource("area-names")?.setData(points);
  written = now;
}

/** Names with their shares, where an area's name is best written. */
function namePoints() {
  const features = [];
  const points = known.setup?.points ?? [];
  if (points.length <= MOST_NAMES && known.rates?.kind === known.setup?.kind) {
    for (const [id, lon, lat] of points) {
      const area = known.rates.byId.get(id);
      if (!area) continue;
      const one = values.get(id);
      features.push({ type: "Feature", id, geometry: { type: "Point", coordinates: [lon, lat] }, properties: {
        name: shortName(area), share: one ? percent(one.value, classes().target) : "", order: -(area.rates[view.measure]?.denominator ?? 0) } });
    }
  }
  return { type: "FeatureCollection", features };
}

/** Points at one area, or at none. */
let pointed = null;
export function point(id) {
  const map = theMap();
  if (pointed === id || !map?.getSource("areas")) return;
  const at = (one) => ({ source: "areas", sourceLayer: "areas", id: one });
  if (pointed !== null) map.setFeatureState(at(pointed), { pointed: 0 });
  pointed = id;
  if (id !== null) map.setFeatureState(at(id), { pointed: 1 });
}

/** Shows the polygons of the kind that is looked at. */
export function showKind() {
  const map = theMap();
  const source = map?.getSource("areas");
  if (!source) return;
  const wanted = areaTiles();
  if (source.tiles?.[0] === wanted) return;
  map.removeFeatureState({ source: "areas", sourceLayer: "areas" });
  drawnIds = [];
  values = new Map();
  source.setTiles([wanted]);
}

/** Shows or hides the colours of the areas, as one looks at areas or at enterprises. */
export function showMode() {
  visible(["areas-fill"], view.show === "areas");
  if (view.show !== "areas") visible(FILLS, false);
  else colour(values);
  byId("map-box").dataset.show = view.show;
  for (const [name, value] of Object.entries(nameInk())) theMap()?.getLayer("area-names") && theMap().setPaintProperty("area-names", name, value);
}

hear("restyled", () => {
  drawnIds = [];
  colour(values);
  showMode();
});
