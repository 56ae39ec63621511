// The map: our own streets, the people as dots, candidates as rings, stations that stand as squares.

import { askStyle, drawBase, moving, night, styled, theme, theMap, visible, warm, whole } from "../leader/basemap.js";
import { byId, settled } from "../leader/dom.js";
import { page } from "../leader/words.js";
import { dots } from "./dots.js";
import { chosen, hear, known, look, siteOf, tell, view } from "./store.js";

export { askStyle, theMap, warm };
const STATION_LAYERS = ["station-groups", "stations", "station-counts", "station-room", "station-names"];
const EMPTY = { type: "FeatureCollection", features: [] };
const CANDIDATE_LAYERS = ["candidates", "candidates-no"];
export const people = dots("people");
/** What candidate has which number on the map: features are counted, ids are longer than that. */
let order = new Map();

/** Colours of the people: not covered, today, newly. */
export const colours = () => page.colours[night() ? "night" : "day"];

/** The streets with our layers in their places. */
export function dressed(style) {
  const base = style.layers.filter((one) => !STATION_LAYERS.includes(one.id));
  const ink = night() ? "#f6ede6" : page.colours.ink;
  const state = (name, otherwise) => ["coalesce", ["feature-state", name], otherwise];
  return {
    ...style,
    sources: {
      ...style.sources,
      districts: { type: "vector", tiles: [new URL("/tiles/current/areas/{z}/{x}/{y}?kind=subdistrict", location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}")], minzoom: 0, maxzoom: 14 },
      candidates: { type: "geojson", data: candidatePoints() },
      stood: { type: "geojson", data: stationPoints() },
      changes: { type: "geojson", data: changePoints() },
    },
    layers: [
      ...base.map((one) => (one.type === "symbol" ? { ...one, minzoom: Math.max(one.minzoom ?? 0, 13) } : one)),
      { id: "districts", source: "districts", "source-layer": "areas", type: "line", paint: { "line-color": night() ? "#8a7a6f" : "#85756a", "line-width": ["interpolate", ["linear"], ["zoom"], 9, 0.5, 13, 1.3], "line-dasharray": [4, 2], "line-opacity": 0.75 } },
      { id: "stood", source: "stood", type: "symbol", layout: { "icon-image": "station", "icon-size": ["interpolate", ["linear"], ["zoom"], 10, 0.5, 14, 1], "icon-allow-overlap": true, "icon-ignore-placement": true } },
      { id: "changes", source: "changes", type: "symbol", layout: { "icon-image": ["get", "mark"], "icon-allow-overlap": true, "icon-ignore-placement": true } },
      { id: "candidates", source: "candidates", type: "circle", filter: ["!", ["get", "barred"]], paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, ["+", 1.6, ["*", 4, state("gain", 0)]], 15, ["+", 4, ["*", 11, state("gain", 0)]]],
        "circle-color": colours().candidate, "circle-opacity": ["case", ["get", "agreed"], 0.55, 0.12],
        "circle-stroke-color": colours().candidate, "circle-stroke-width": ["+", 1.1, ["*", 2, state("pointed", 0)]],
      } },
      { id: "candidates-no", source: "candidates", type: "symbol", filter: ["get", "barred"], layout: { "icon-image": "forbidden", "icon-allow-overlap": true, "icon-ignore-placement": true } },
      { id: "pointed", source: "candidates", type: "circle", paint: { "circle-radius": 16, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": ink, "circle-stroke-width": ["*", 3, state("pointed", 0)], "circle-stroke-opacity": state("pointed", 0) } },
    ],
  };
}

function candidatePoints() {
  const taken = new Set(chosen());
  const forbidden = new Set(view.question.forbid);
  order = new Map();
  const features = [];
  for (const one of known.ground?.candidates ?? []) {
    // Those that opened stand among the stations.
    if (taken.has(one.id) || one.opened) continue;
    order.set(one.id, features.length);
    features.push({ type: "Feature", id: features.length, geometry: { type: "Point", coordinates: [one.lon, one.lat] }, properties: { at: one.id, agreed: Boolean(one.agreed), barred: forbidden.has(one.id) || one.agreed === false } });
  }
  return { type: "FeatureCollection", features };
}

function stationPoints() {
  return known.ground ? { type: "FeatureCollection", features: known.ground.stations.map(({ id, name, lon, lat }) => ({ type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties: { at: id, name } })) } : EMPTY;
}

/** Stations that go and places that come, in an answer about today's stations. */
let change = null;
function changePoints() {
  const marked = [...(change?.close ?? []).map((one) => ["closing", one]), ...(change?.open ?? []).map((one) => ["opening", one])];
  return { type: "FeatureCollection", features: marked.map(([mark, { lon, lat }]) => ({ type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties: { mark } })) };
}

/** Marks them on the map; null: none. */
export function showChanges(told) {
  if (told === change) return;
  change = told;
  theMap()?.getSource("changes")?.setData(changePoints());
}

/** Square and cross, drawn once; shapes, so that no kind of mark depends on its colour alone. */
function images(map) {
  const scale = Math.min(2, Math.ceil(devicePixelRatio || 1));
  const picture = (side, paint) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side * scale;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.scale(scale, scale);
    paint(pen);
    return pen.getImageData(0, 0, canvas.width, canvas.height);
  };
  const made = {
    station: picture(14, (pen) => {
      pen.fillStyle = colours().ground;
      pen.fillRect(0, 0, 14, 14);
      pen.fillStyle = colours().station;
      pen.fillRect(2, 2, 10, 10);
    }),
    forbidden: picture(16, (pen) => {
      pen.lineCap = "round";
      for (const [colour, wide] of [[colours().ground, 5], [colours().forbidden, 2.4]]) {
        pen.strokeStyle = colour;
        pen.lineWidth = wide;
        pen.beginPath();
        pen.moveTo(4, 4);
        pen.lineTo(12, 12);
        pen.moveTo(12, 4);
        pen.lineTo(4, 12);
        pen.stroke();
      }
    }),
  };
  const badge = (colour, sign) => picture(24, (pen) => {
    pen.fillStyle = colours().ground;
    pen.strokeStyle = colour;
    pen.lineWidth = 3;
    pen.lineCap = "round";
    pen.beginPath();
    pen.arc(12, 12, 9.5, 0, 7);
    pen.fill();
    pen.stroke();
    pen.beginPath();
    for (const [x, y, toX, toY] of sign) {
      pen.moveTo(x, y);
      pen.lineTo(toX, toY);
    }
    pen.stroke();
  });
  made.closing = badge(colours().people[0], [[8, 8, 16, 16], [16, 8, 8, 16]]);
  made.opening = badge(colours().people[2], [[12, 7, 12, 17], [7, 12, 17, 12]]);
  for (const [name, image] of Object.entries(made)) {
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, image, { pixelRatio: scale });
  }
}

/** A pin stands over its place, half of it to each side. */
const PIN = { wide: 20, high: 40 };
/** The buttons to come nearer, before they are there, and the line of what is covered. */
const [BUTTONS, LINE] = [55, 40];
/** Two paddings that leave at least a third of a side to what is shown. */
const within = (one, other, side) => [one, other].map((pad) => Math.floor(pad * Math.min(1, (side * 2) / 3 / (one + other))));

/** What lies over the map (tools, buttons, legend, hours) must hide no pin. */
function room() {
  const map = byId("map").getBoundingClientRect();
  const boxOf = (name) => document.querySelector(name).getBoundingClientRect();
  const line = parseFloat(getComputedStyle(byId("live")).top) || 0;
  const tools = boxOf(".map-tools").bottom - map.top;
  const [legend, under] = [boxOf("#legend"), boxOf("#under-map")];
  // On a small map the hours stand below it, and the legend is folded up beside a corner.
  const large = map.width > 900;
  const beside = large && byId("legend").open;
  const [top, bottom] = within(Math.max(tools, line + LINE) + PIN.high, map.bottom - Math.min(map.bottom, under.top, beside ? map.bottom : legend.top) + 12, map.height);
  const [left, right] = within((beside ? legend.right - map.left : 8) + PIN.wide, BUTTONS + PIN.wide, map.width);
  return { top, bottom, left, right };
}

/** The box of the people of the question, without the few that lie far out, and of the sites. */
function box() {
  const { lon, lat } = known.ground?.demand ?? { lon: [] };
  if (!lon.length) return null;
  const edge = (values, share) => Float64Array.from(values).sort()[Math.floor((values.length - 1) * share)];
  const sites = chosen().map(siteOf).filter(Boolean);
  const [x, y] = [sites.map((one) => one.lon), sites.map((one) => one.lat)];
  return [Math.min(edge(lon, 0.01), ...x), Math.min(edge(lat, 0.01), ...y), Math.max(edge(lon, 0.99), ...x), Math.max(edge(lat, 0.99), ...y)];
}

function camera(style) {
  if (view.camera) return { center: [view.camera.lon, view.camera.lat], zoom: view.camera.zoom };
  const found = box() ?? style.metadata?.["nuanyi:bounds"];
  return found ? { bounds: [found.slice(0, 2), found.slice(2)], fitBoundsOptions: { padding: room() } } : { center: style.center, zoom: style.zoom };
}

/** Whether the map was drawn before the people came: it is moved to them then. */
let early = false;

/** Draws the map. Throws when this browser cannot. */
export async function draw(style) {
  early = !view.camera && box() === null;
  const map = drawBase(dressed(style), camera(style), (dataset) => {
    if (known.told) dataset.covered ??= dataset.idle;
    tell("drawn");
  });
  map.on("styleimagemissing", () => images(map));
  map.on("moveend", settled(() => {
    const { lng, lat } = map.getCenter();
    look({ camera: { zoom: Number(map.getZoom().toFixed(2)), lat: Number(lat.toFixed(5)), lon: Number(lng.toFixed(5)) } });
  }, 250));
  await styled();
  putOn(map);
  tell("map", map);
  return map;
}

/** The people lie under the marks and over the streets. */
function putOn(map) {
  images(map);
  people.paint({ states: colours().people, ground: colours().ground });
  if (!map.getLayer("people")) map.addLayer(people.layer, "districts");
  showPeople();
  gains();
}

/** Draws the map in another look: day, night, contrast. */
export async function restyle() {
  const map = theMap();
  if (!map) return;
  map.setStyle(dressed(await askStyle()), { diff: false });
  byId("map").dataset.theme = theme();
  map.once("style.load", () => {
    putOn(map);
    tell("restyled");
  });
}

/** A second map beside the first, drawn like it. */
export function second(container) {
  const main = theMap();
  const style = main.getStyle();
  style.layers = style.layers.filter((one) => !["people", "pointed", "changes", ...CANDIDATE_LAYERS].includes(one.id));
  delete style.sources.candidates;
  delete style.sources.changes;
  const { maplibregl } = globalThis;
  const map = new maplibregl.Map({
    container, style, center: main.getCenter(), zoom: main.getZoom(), interactive: false, attributionControl: false, maxPitch: 0, maxZoom: 19, fadeDuration: 0,
    pixelRatio: Math.min(devicePixelRatio || 1, 2), refreshExpiredTiles: false, transformRequest: whole,
  });
  map.on("styleimagemissing", () => images(map));
  return map;
}

let shownGround = null;
/** People and what is known of them come together: those of whom nothing is known yet are not drawn as
 * if nobody reached them. */
function showPeople() {
  if (!known.ground || !known.state) return;
  if (shownGround !== known.ground) people.put(known.ground.demand);
  shownGround = known.ground;
  people.mark(known.state);
}

/** The size of a ring is what its site would add now; the largest is 1. */
export const gains = settled(() => {
  const map = theMap();
  if (!map?.getSource("candidates") || !known.told) return;
  const most = known.told.gains.reduce((found, one) => Math.max(found, one.gain), 1e-9);
  for (const { id, gain } of known.told.gains) {
    const at = order.get(id);
    if (at !== undefined) map.setFeatureState({ source: "candidates", id: at }, { gain: Math.sqrt(Math.max(0, gain) / most) });
  }
}, 60);

/** Writes the candidates anew: who is in the set, forbidden, or has said no, is no ring. */
function marks() {
  const map = theMap();
  map?.getSource("candidates")?.setData(candidatePoints());
  map?.getSource("stood")?.setData(stationPoints());
  gains();
}

/** Points at a candidate, or at none. */
let pointedAt;
export function point(id) {
  const map = theMap();
  if (!map?.getSource("candidates")) return;
  if (pointedAt !== undefined) map.setFeatureState({ source: "candidates", id: pointedAt }, { pointed: 0 });
  pointedAt = order.get(id);
  if (pointedAt !== undefined) map.setFeatureState({ source: "candidates", id: pointedAt }, { pointed: 1 });
}

/** Shows everything, or the place of a site. */
export function fit({ instant = false } = {}) {
  const found = box();
  if (found) theMap()?.fitBounds([found.slice(0, 2), found.slice(2)], { padding: room(), maxZoom: 16, duration: instant ? 0 : moving() });
}
export function goToPlace(place) {
  const map = theMap();
  if (place && map) map.easeTo({ center: [place.lon, place.lat], zoom: Math.max(map.getZoom(), 14.2), duration: moving() });
}
export function fitPlaces(places) {
  const map = theMap();
  if (!map || !places.length) return;
  const [x, y] = [places.map((one) => one.lon), places.map((one) => one.lat)];
  map.fitBounds([[Math.min(...x), Math.min(...y)], [Math.max(...x), Math.max(...y)]], { padding: room(), maxZoom: 14.2, duration: moving() });
}
export const goTo = (id) => goToPlace(siteOf(id));

/** Whether what the set covers could not be told. */
let unknown = false;
/** Shows or hides what one does not want to see. */
export function showLayers() {
  visible(["people"], byId("layer-people").checked && !unknown);
  visible([...CANDIDATE_LAYERS, "pointed"], byId("layer-candidates").checked);
  visible(["stood"], byId("layer-stations").checked);
}

let shownArea;
hear("ground", () => {
  marks();
  if (early && theMap()) fit({ instant: true });
  else if (shownArea !== undefined && shownArea !== view.question.area_id) fit();
  if (theMap()) early = false;
  shownArea = view.question.area_id;
});
hear("told", ({ dragging }) => {
  showPeople();
  unknown = known.state === null;
  showLayers();
  if (!dragging) gains();
});
hear("view", (keys) => {
  if (keys.has("set") || keys.has("question") || keys.has("plan")) marks();
});
for (const news of ["plan", "best"]) hear(news, marks);
hear("camera", (to) => to && theMap()?.easeTo({ center: [to.lon, to.lat], zoom: to.zoom, duration: moving() }));
