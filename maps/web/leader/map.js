// The map: our own tiles, drawn by MapLibre; what is laid over them belongs to other modules.

import { areaLayers, areaSource } from "./areas.js";
import { askStyle, drawBase, moving, night, styled, theme, theMap, visible, warm } from "./basemap.js";
import { cellLayers, cellSource } from "./cells.js";
import { clusterLayers, clusterSource } from "./clusters.js";
import { announce, byId, later, make, settled } from "./dom.js";
import { patterns } from "./patterns.js";
import { known, look, tell, view } from "./store.js";
import { t } from "./words.js";

const STATION_LAYERS = ["station-groups", "stations", "station-counts", "station-room", "station-names"];
/** Below this zoom coloured areas hide the streets. */
const UNDER_AREAS = 11.5;
let baseRanges = new Map();

export { askStyle, moving, night, theme, theMap, visible, warm };

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
 * neither asked for nor drawn, and names and edges of streets come when streets are what one looks at. */
function lowestZoom(id) {
  const own = baseRanges.get(id);
  const covered = view.show === "areas" ? UNDER_AREAS : 0;
  return Math.max(own, covered, id.endsWith("-names") ? 13.5 : id.endsWith("-edge") ? 12 : 0);
}

/** Draws the base map as it is needed beneath areas or enterprises. */
export function showBase() {
  const map = theMap();
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
  // The bar of dates lies over the lower edge; below each other on a narrow screen.
  const bottom = matchMedia("(min-width: 64rem)").matches ? Math.max(112, high / 8) : Math.min(70, high / 6);
  return { top: Math.round(Math.min(56, high / 8)), bottom: Math.round(bottom), left: side + legend, right: side };
}

/** Draws the map. Throws when this browser cannot. */
export async function draw(style) {
  const map = drawBase(dressed(style), camera(style), (dataset) => {
    // The first time that it stands still with everything on it.
    if (known.rates) dataset.coloured ??= dataset.idle;
    tell("drawn");
  });
  const ratio = Math.min(2, Math.ceil(devicePixelRatio || 1));
  const give = () => {
    for (const [name, image] of Object.entries(patterns(ratio))) if (!map.hasImage(name)) map.addImage(name, image, { pixelRatio: ratio });
  };
  map.on("styleimagemissing", give);
  map.on("moveend", settled(() => {
    const { lng, lat } = map.getCenter();
    look({ camera: { zoom: Number(map.getZoom().toFixed(2)), lat: Number(lat.toFixed(5)), lon: Number(lng.toFixed(5)) } });
  }, 250));
  await styled();
  tell("map", map);
  return map;
}

/** A picture of the map for paper: what WebGL has drawn is gone as soon as it was shown. */
function standIn() {
  const map = theMap();
  if (!map) return;
  map.redraw();
  const drawn = map.getCanvas();
  const copy = make("canvas", { id: "map-on-paper", width: drawn.width, height: drawn.height });
  copy.getContext("2d").drawImage(drawn, 0, 0);
  byId("map-on-paper")?.remove();
  byId("map-frame").append(copy);
}
addEventListener("beforeprint", standIn);
addEventListener("afterprint", () => byId("map-on-paper")?.remove());

/** Draws the map in another look: day, night, contrast. */
export async function restyle() {
  const map = theMap();
  if (!map) return;
  const style = await askStyle();
  for (const name of ["no-data", "few"]) if (map.hasImage(name)) map.removeImage(name);
  map.setStyle(dressed(style), { diff: false });
  byId("map").dataset.theme = theme();
  map.once("style.load", () => tell("restyled"));
}

/** Shows a box: west, south, east, north. */
export function fit(box, { maxZoom = 16.5, instant = false } = {}) {
  const map = theMap();
  if (!map || !box) return;
  map.fitBounds([box.slice(0, 2), box.slice(2)], { padding: padding(), maxZoom, duration: instant ? 0 : moving() });
}

/** Shows a place. */
export function fly({ zoom, lat, lon }) {
  theMap()?.easeTo({ center: [lon, lat], zoom, duration: moving() });
}

/** The layers of the stations, which lie in the base style. */
export const showStations = () => visible(STATION_LAYERS, view.stations);

/** After the map stands still for the first time, or after a while without one. */
export function afterFirstPicture(work) {
  const map = theMap();
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
