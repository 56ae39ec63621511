// The base map of the pages behind the key: drawing it, its look, what goes wrong with its tiles.
// What is laid over it belongs to each page.

import { early } from "./ask.js";
import { byId } from "./dom.js";
import { page, t } from "./words.js";

const LOST_AFTER_MS = 1500;
/** The first picture is shown whole, or as far as it has come by then; until then nothing is drawn.
 * Drawing each part of it as it comes is what takes longest on a machine without a graphics card. */
const SHOWN_AFTER_MS = 1500;
const DRAWING = ["drawElements", "drawArrays"];
const still = matchMedia("(prefers-reduced-motion: reduce)");
let map = null;

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
  const address = `/map/style.json?lang=${page.language}&theme=${theme()}`;
  const answer = await (early(address) ?? fetch(address, { credentials: "same-origin" }));
  if (!answer.ok) throw new Error(`the style was answered with ${answer.status}`);
  return answer.json();
}

/** Starts what the map needs while what it shows is still on its way. */
export function warm() {
  const { maplibregl } = globalThis;
  maplibregl.setWorkerUrl(new URL(page.worker, location.href).href);
  maplibregl.setWorkerCount(Math.min(2, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)));
  maplibregl.prewarm();
}

/** The addresses of tiles begin at the root of this service; the worker needs them whole. */
export const whole = (address) => ({ url: new URL(address, location.href).href });

/** Draws a style into `#map`.
 *
 * @param style what to draw, dressed with the page's layers; `credit` tells whose map it is
 * @param camera options of the map: where it begins
 * @param onIdle called whenever the map stands still with all its tiles, before everybody's eyes
 * @returns the map, its style loaded; throws when this browser cannot draw it
 */
export function drawBase(style, camera, onIdle) {
  if (!canDraw()) throw new Error(t("map_unsupported"));
  const { maplibregl } = globalThis;
  const frame = byId("map");
  frame.classList.add("coming");
  setTimeout(reveal, SHOWN_AFTER_MS);
  map = new maplibregl.Map({
    container: "map",
    style,
    ...camera,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    maxZoom: 19,
    fadeDuration: 0,
    pixelRatio: Math.min(devicePixelRatio || 1, 2),
    refreshExpiredTiles: false,
    transformRequest: whole,
    locale: { "Map.Title": t("map_label"), "NavigationControl.ZoomIn": t("zoom_in"), "NavigationControl.ZoomOut": t("zoom_out") },
  });
  for (const name of DRAWING) canvas()[name] = () => {};
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "bottom-right");
  frame.dataset.theme = theme();
  credits(style);
  watch(onIdle);
  return map;
}

/** The map's style has come. */
export const styled = () => new Promise((done) => map.once("style.load", done));

/** What the map draws with. */
const canvas = () => map.getCanvas().getContext("webgl2") ?? map.getCanvas().getContext("webgl") ?? {};

/** Shows the map, which was not drawn until there was something to see. */
function reveal() {
  const frame = byId("map");
  if (!frame.classList.contains("coming")) return false;
  if (map) {
    for (const name of DRAWING) delete canvas()[name];
    map.triggerRepaint();
  }
  frame.classList.remove("coming");
  return true;
}

/** What goes wrong with tiles, and that the map stands still. */
function watch(onIdle) {
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
    if (said.textContent === t("tiles_missing")) said.textContent = "";
  });
  map.on("idle", () => {
    if (!map.areTilesLoaded()) return;
    if (reveal()) return; // it stands still, but not yet before anybody's eyes
    const { dataset } = byId("map");
    dataset.ready = "true";
    dataset.idle = String(Math.round(performance.now()));
    onIdle(dataset);
  });
}

function credits({ metadata = {} }) {
  byId("credit").textContent = ["attribution", "approval"].map((name) => metadata[`nuanyi:${name}`]).filter(Boolean).join(" · ");
  byId("demo").textContent = metadata["nuanyi:notice"] ?? "";
  byId("demo").hidden = !metadata["nuanyi:notice"];
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
