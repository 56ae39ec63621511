// Clusters on the map: outlines in the style of their tier, joined to their list.

import { address, ask, following, turns } from "./ask.js";
import { night, theMap, visible } from "./map.js";
import { hear, known, tell, view } from "./store.js";
import { page, t } from "./words.js";

export const CLUSTER_LAYERS = ["clusters-fill", "clusters-halo", "clusters-confirmed", "clusters-to-check"];
/** Clusters on a page of their list. */
const MOST = 1000;
const state = (name) => ["coalesce", ["feature-state", name], 0];

/** Where the outlines are; another address when they have been looked for again. */
function clusterTiles() {
  const run = known.state?.clusters ? `?v=${mark(known.state.clusters)}` : "";
  return `${location.origin}/tiles/${known.state?.enterprises ?? "current"}/clusters/{z}/{x}/{y}${run}`;
}

/** A short mark of a text, in hexadecimal digits. */
const mark = (text) => [...text].reduce((sum, letter) => (Math.imul(sum, 31) + letter.codePointAt(0)) >>> 0, 7).toString(16);

export const clusterSource = () => ({ clusters: { type: "vector", tiles: [clusterTiles()], minzoom: 0, maxzoom: 16 } });

const ink = () => (night() ? "#ffb0d8" : page.colours.cluster);

export function clusterLayers() {
  const line = { source: "clusters", "source-layer": "clusters", type: "line", layout: { "line-join": "bevel", visibility: seen() } };
  const width = (more) => ["interpolate", ["linear"], ["zoom"], 9, ["+", 1.3 + more, ["*", 1.6, state("pointed")]], 15, ["+", 2.2 + more, ["*", 2, state("pointed")]]];
  const tier = (name) => ["==", ["get", "tier"], name];
  return [
    { source: "clusters", "source-layer": "clusters", type: "fill", id: "clusters-fill", layout: { visibility: seen() }, paint: {
      "fill-color": ink(), "fill-opacity": ["+", 0.13, ["*", 0.25, state("pointed")]] }, filter: kept() },
    { ...line, id: "clusters-halo", filter: kept(), paint: { "line-color": night() ? "#1c1714" : "#ffffff", "line-width": width(2), "line-opacity": 0.8 } },
    { ...line, id: "clusters-confirmed", filter: ["all", kept(), tier("confirmed")], paint: { "line-color": ink(), "line-width": width(0) } },
    { ...line, id: "clusters-to-check", filter: ["all", kept(), ["!", tier("confirmed")]], paint: { "line-color": ink(), "line-width": width(-0.3), "line-dasharray": [2, 1.6] } },
  ];
}

const seen = () => (view.clusters && view.edition === null && !view.compare ? "visible" : "none");

/** The numbers of those that the filters keep; null: every filter but the tier is open. */
let chosen = null;

/** Clusters of the tiers that are asked for, with members that the other filters keep. */
function kept() {
  const tiers = view.filters.tier.filter((name) => name !== "none");
  const tier = view.filters.tier.length ? ["in", ["get", "tier"], ["literal", tiers]] : true;
  return chosen ? ["all", tier, ["in", ["id"], ["literal", chosen]]] : tier;
}

/** What the clusters are asked for with, apart from their tier. */
export const memberFilters = () => ({ size: view.filters.size, industry: view.filters.industry, unit_class: view.filters.unit_class });

const latest = turns();
/** Asks which clusters the filters keep: the list and the outlines are the same ones. */
export async function choose() {
  const asked = memberFilters();
  if (!Object.values(asked).some((one) => one.length)) {
    chosen = null;
    refresh();
    return;
  }
  await latest(async (signal) => {
    const found = [];
    let next = address("/api/clusters", { ...asked, limit: MOST });
    while (next) {
      const told = await ask(next, { signal });
      found.push(...told.clusters.map((one) => one.id));
      next = told.next && following(told.next);
    }
    chosen = found;
  }).catch(() => tell("said", t("old_picture")));
  refresh();
}

/** Shows the clusters of the filters and the edition in force. */
export function refresh() {
  const map = theMap();
  const source = map?.getSource("clusters");
  if (!source) return;
  if (source.tiles?.[0] !== clusterTiles()) source.setTiles([clusterTiles()]);
  for (const { id, filter } of clusterLayers()) if (CLUSTER_LAYERS.includes(id)) map.setFilter(id, filter);
  visible(CLUSTER_LAYERS, seen() === "visible");
}

let pointed = null;
/** Points at one cluster, or at none. */
export function point(id) {
  const map = theMap();
  if (pointed === id || !map?.getSource("clusters")) return;
  const at = (one) => ({ source: "clusters", sourceLayer: "clusters", id: one });
  if (pointed !== null) map.setFeatureState(at(pointed), { pointed: 0 });
  pointed = id;
  if (id !== null) map.setFeatureState(at(id), { pointed: 1 });
}

// A link may come with filters.
hear("map", choose);
hear("restyled", () => {
  const before = pointed;
  pointed = null;
  point(before);
  refresh();
});

/** A walk on the map, in the order of its stops; null takes it away. */
export function showWalk(line, stops = []) {
  const map = theMap();
  if (!map || (!line && !map.getSource("walk"))) return;
  const features = line ? [{ type: "Feature", properties: {}, geometry: line }, ...stops.map((stop) => ({ type: "Feature", properties: { n: String(stop.position) }, geometry: { type: "Point", coordinates: [stop.lon, stop.lat] } }))] : [];
  if (!map.getSource("walk")) {
    map.addSource("walk", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    for (const layer of walkLayers()) map.addLayer(layer);
  }
  map.getSource("walk").setData({ type: "FeatureCollection", features });
}

function walkLayers() {
  return [
    { id: "walk", source: "walk", type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": night() ? "#7db8ff" : "#1c62b5", "line-width": 4 } },
    { id: "walk-stops", source: "walk", type: "circle", filter: ["has", "n"], paint: { "circle-radius": 9, "circle-color": night() ? "#7db8ff" : "#1c62b5", "circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5 } },
    { id: "walk-numbers", source: "walk", type: "symbol", filter: ["has", "n"], layout: { "text-field": ["get", "n"], "text-size": 11, "text-font": ["nuanyi bold", "Noto Sans"], "text-allow-overlap": true }, paint: { "text-color": "#ffffff" } },
  ];
}
