// The map: our own tiles, drawn by MapLibre; what is laid over them belongs to other modules.

import { areaLayers, areaSource } from "./areas.js";
import { cellLayers, cellSource } from "./cells.js";
import { clusterLayers, clusterSource } from "./clusters.js";
import { announce, byId, later, settled } from "./dom.js";
import { patterns } from "./patterns.js";
import { known, look, tell, view } from "./store.js";
import { page, t } from "./words.js";

const STATION_LAYERS = ["station-groups", "stations", "station-counts", "station-room", "station-names"];
const LOST_AFTER_MS = 1500;
/** The first picture is shown whole, or as far as it has come by then; until then it is drawn small.
 * Drawing each part of it as it comes is what takes longest on a machine without a graphics card. */
const SHOWN_AFTER_MS = 1500;
const UNSEEN_RATIO = 0.2;
const still = matchMedia("(prefers-reduced-motion: reduce)");
/** Below this zoom coloured areas hide the streets. */
const UNDER_AREAS = 11.5;
let map = null;
let baseRanges = new Map();

/** The map, null before it is made. */
export const theMap = () => map;
export const theme = () => {
  const { theme: chosen, contrast } = document.documentElement.dataset;
  return contrast === "more" && chosen !== "dark" ? "contrast" : chosen === "dark" ? "night" : "day";
};
export const night = () => theme() === "night";
/** How long a movement of the camera takes. */
export const moving = () => (still.matches ? 0 : 450);

/** Whether this browser can draw it at all. */
function canDraw() {
  try {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("webgl2") || canvas.getContext("webgl");
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return Boolean(context);
  } catch {
    return false;
  }
}

/** The style of the base map, asked for early. */
export async function askStyle() {
  const answer = await fetch(`/map/style.json?lang=${page.language}&theme=${theme()}`, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`the style was answered with ${answer.status}`);
  return answer.json();
}

/** The base map with our layers in their places: fills under the names, marks above them. */
export function dressed(style) {
  const base = style.layers.filter((one) => !STATION_LAYERS.includes(one.id));
  const stations = style.layers.filter((one) => STATION_LAYERS.includes(one.id)).map((one) => ({ ...one, layout: { ...one.layout, visibility: view.stations ? "visible" : "none" } }));
  const names = base.findIndex((one) => one.type === "symbol");
  const at = names < 0 ? base.length : names;
  baseRanges = new Map(base.map((one) => [one.id, one.minzoom ?? 0]));
  for (const one of base) if (one.type !== "background") one.minzoom = lowestZoom(one.id);
  const colours = style.metadata?.["nuanyi:colours"] ?? {};
  return {
    ...style,
    sources: { ...style.sources, ...areaSource(), ...cellSource(), ...clusterSource() },
    layers: [...base.slice(0, at), ...areaLayers("fill", colours), ...base.slice(at), ...cellLayers(colours), ...areaLayers("line", colours), ...clusterLayers(), ...stations, ...areaLayers("names", colours)],
  };
}

/** From which zoom on a layer of the base map is drawn: what would lie hidden under coloured areas is
 * neither asked for nor drawn, and names of streets come when streets are what one looks at. */
function lowestZoom(id) {
  const own = baseRanges.get(id);
  const covered = view.show === "areas" ? UNDER_AREAS : 0;
  return Math.max(own, covered, id.endsWith("-names") ? 13.5 : 0);
}

/** Draws the base map as it is needed beneath areas or enterprises. */
export function showBase() {
  for (const id of baseRanges.keys()) {
    const layer = map?.getLayer(id);
    if (layer && layer.type !== "background" && layer.minzoom !== lowestZoom(id)) map.setLayerZoomRange(id, lowestZoom(id), layer.maxzoom ?? 24);
  }
}

function camera(style) {
  if (view.camera) return { center: [view.camera.lon, view.camera.lat], zoom: view.camera.zoom };
  const box = known.setup?.bounds ?? style.metadata?.["nuanyi:bounds"];
  if (!box) return { center: style.center, zoom: style.zoom };
  return { bounds: [box.slice(0, 2), box.slice(2)], fitBoundsOptions: { padding: padding() } };
}

/** Room for what lies over the map. */
export function padding() {
  const { clientWidth: wide, clientHeight: high } = byId("map");
  const side = Math.round(Math.min(44, wide / 10));
  // Half of the legend's width, so that it hides little and the picture stays in the middle.
  const legend = wide > 900 && byId("legend").open ? 150 : 0;
  return { top: Math.round(Math.min(56, high / 8)), bottom: Math.round(Math.min(70, high / 6)), left: side + legend, right: side };
}

/** Starts what the map needs while what it shows is still on its way. */
export function warm() {
  const { maplibregl } = globalThis;
  maplibregl.setWorkerUrl(new URL(page.worker, location.href).href);
  maplibregl.setWorkerCount(Math.min(2, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)));
  maplibregl.prewarm();
}

/** Draws the map. Throws when this browser cannot. */
export async function draw(style) {
  if (!canDraw()) throw new Error(t("map_unsupported"));
  const { maplibregl } = globalThis;
  const frame = byId("map");
  frame.classList.add("coming");
  setTimeout(reveal, SHOWN_AFTER_MS);
  map = new maplibregl.Map({
    container: "map",
    style: dressed(style),
    ...camera(style),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    maxZoom: 19,
    fadeDuration: 0,
    pixelRatio: UNSEEN_RATIO,
    refreshExpiredTiles: false,
    // The tiles' addresses begin at the root of this service; the worker needs them whole.
    transformRequest: (address) => ({ url: new URL(address, location.href).href }),
    locale: { "Map.Title": t("map_label"), "NavigationControl.ZoomIn": t("zoom_in"), "NavigationControl.ZoomOut": t("zoom_out") },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "bottom-right");
  frame.dataset.theme = theme();
  credits(style);
  const ratio = Math.min(2, Math.ceil(devicePixelRatio || 1));
  const give = () => {
    for (const [name, image] of Object.entries(patterns(ratio))) if (!map.hasImage(name)) map.addImage(name, image, { pixelRatio: ratio });
  };
  map.on("styleimagemissing", give);
  map.on("moveend", settled(() => {
    const { lng, lat } = map.getCenter();
    look({ camera: { zoom: Number(map.getZoom().toFixed(2)), lat: Number(lat.toFixed(5)), lon: Number(lng.toFixed(5)) } });
  }, 250));
  watch();
  await new Promise((done) => map.once("style.load", done));
  tell("map", map);
  return map;
}

/** Shows the map, which was drawn small and unseen until there was something to see. */
function reveal() {
  const frame = byId("map");
  if (!frame.classList.contains("coming")) return false;
  map?.setPixelRatio(Math.min(devicePixelRatio || 1, 2));
  frame.classList.remove("coming");
  return true;
}

/** What goes wrong with tiles, and that the map stands still. */
function watch() {
  const said = byId("map-said");
  let lost = 0;
  map.on("error", (event) => {
    if (!(event.sourceId || event.tile || /fetch|AJAX/.test(String(event.error)))) {
      console.error(event.error);
      return;
    }
    // A tile that was overtaken is no news; one that stays away is.
    clearTimeout(lost);
    lost = setTimeout(() => {
      said.textContent = t("tiles_missing");
    }, LOST_AFTER_MS);
  });
  map.on("sourcedata", (event) => {
    if (event.tile?.state !== "loaded") return;
    clearTimeout(lost);
    said.textContent = "";
  });
  map.on("idle", () => {
    if (!map.areTilesLoaded()) return;
    if (reveal()) return; // it stands still, but not yet before anybody's eyes
    const { dataset } = byId("map");
    dataset.ready = "true";
    dataset.idle = String(Math.round(performance.now()));
    // The first time that it stands still with everything on it.
    if (known.rates) dataset.coloured ??= dataset.idle;
    tell("drawn");
  });
}

function credits({ metadata = {} }) {
  byId("credit").textContent = ["attribution", "approval"].map((name) => metadata[`nuanyi:${name}`]).filter(Boolean).join(" · ");
  byId("demo").textContent = metadata["nuanyi:notice"] ?? "";
  byId("demo").hidden = !metadata["nuanyi:notice"];
}

/** Draws the map in another look: day, night, contrast. */
export async function restyle() {
  if (!map) return;
  const style = await askStyle();
  for (const name of ["no-data", "few"]) if (map.hasImage(name)) map.removeImage(name);
  map.setStyle(dressed(style), { diff: false });
  byId("map").dataset.theme = theme();
  map.once("style.load", () => tell("restyled"));
}

/** Shows a box: west, south, east, north. */
export function fit(box, { maxZoom = 16.5, instant = false } = {}) {
  if (!map || !box) return;
  map.fitBounds([box.slice(0, 2), box.slice(2)], { padding: padding(), maxZoom, duration: instant ? 0 : moving() });
}

/** Shows a place. */
export function fly({ zoom, lat, lon }) {
  map?.easeTo({ center: [lon, lat], zoom, duration: moving() });
}

/** Shows or hides layers. */
export function visible(layers, shown) {
  if (!map) return;
  for (const name of layers) {
    if (!map.getLayer(name)) continue;
    const wanted = shown ? "visible" : "none";
    if ((map.getLayoutProperty(name, "visibility") ?? "visible") !== wanted) map.setLayoutProperty(name, "visibility", wanted);
  }
}

/** The layers of the stations, which lie in the base style. */
export const showStations = () => visible(STATION_LAYERS, view.stations);

/** After the map stands still for the first time, or after a while without one. */
export function afterFirstPicture(work) {
  const start = () => later(work);
  if (!map) setTimeout(start, 300);
  else if (byId("map").dataset.ready) start();
  else {
    let begun = false;
    const once = () => {
      if (!begun) start();
      begun = true;
    };
    map.once("idle", once);
    setTimeout(once, 6000);
  }
}

/** Says where the keyboard has taken the map. */
export const tellPlace = settled((text) => announce(text), 400);
