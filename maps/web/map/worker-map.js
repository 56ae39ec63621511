/* The map beside the worker's list. Nothing of it is loaded before somebody asks for it.
 *
 *   const map = await mount(element, {style, stations, position, language, texts, onSelect});
 *   map.update(stations, position)   another list, another position
 *   map.showLine(geojson)            the way on foot, or null to take it away
 *   map.select(id)                   mark one station of the list, or null
 *   map.restyle(style)               day, night, contrast
 *   map.destroy()
 *
 * stations: those of the list in its order, {id, name, lon, lat, minutes?, hours_state?}, WGS 84;
 *   the marks bear their numbers, and are buttons in the same order for the keyboard.
 * position: {lon, lat, accuracy?} in degrees and metres, or null. It stays in this page.
 * style: an address of /map/style.json, or such a style. texts: the catalogue's section `map`.
 * onSelect(id): a mark, or a dot of another station, was chosen.
 *
 * Throws MapUnavailable: `reason` is "unsupported" (no WebGL: an old phone) or "failed" (the
 * network), its message the sentence to show; the list goes on without a map.
 */
import { overlay, redraw } from "./overlay.js";

const here = (name) => new URL(name, import.meta.url).href;
const LIBRARY = "../vendor/maplibre-gl/maplibre-gl-csp";
const NEAREST = 16.5;
let library;

export class MapUnavailable extends Error {
  constructor(reason, message, cause) {
    super(message, { cause });
    this.name = "MapUnavailable";
    this.reason = reason;
  }
}

export async function mount(element, { style, stations = [], position = null, language = "zh", texts = {}, onSelect = () => {} }) {
  const t = speaker(texts);
  if (!canDraw()) throw new MapUnavailable("unsupported", t("unsupported"));
  let maplibre, first;
  try {
    [maplibre, first] = await Promise.all([load(), read(style), loadStyles()]);
  } catch (error) {
    throw new MapUnavailable("failed", t("failed"), error);
  }
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.classList.add("nuanyi-map");
  element.lang = language === "en" ? "en" : "zh-CN";
  const frame = make("div", "nuanyi-map-frame");
  element.replaceChildren(frame);
  let map;
  try {
    map = new maplibre.Map({
      container: frame,
      style: first,
      ...camera(stations, position, first),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: 0,
      maxZoom: 19,
      fadeDuration: still ? 0 : 200,
      pixelRatio: Math.min(devicePixelRatio || 1, 2),
      refreshExpiredTiles: false,
      // The tiles' addresses begin at the root of this service; the worker needs them whole.
      transformRequest: (address) => ({ url: new URL(address, location.href).href }),
      locale: {
        "Map.Title": t("label"),
        "NavigationControl.ZoomIn": t("zoom_in"),
        "NavigationControl.ZoomOut": t("zoom_out"),
      },
    });
  } catch (error) {
    clear(element);
    throw new MapUnavailable("unsupported", t("unsupported"), error);
  }
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();

  const state = { stations, position, line: null, selected: null, marks: new Map() };
  const move = { duration: still ? 0 : 500, padding: padding(frame) };
  const said = make("p", "nuanyi-map-said");
  said.setAttribute("role", "status");
  const credit = make("p", "nuanyi-map-credit");
  element.append(said, credit);

  const toMe = button("nuanyi-map-me", t("to_me"), () => {
    const { lon, lat } = state.position;
    map.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 15.5), duration: move.duration });
  });
  const toAll = button("nuanyi-map-all", t("to_all"), showAll);
  map.addControl(new maplibre.NavigationControl({ showCompass: false, showZoom: true }), "bottom-right");
  map.addControl({ onAdd: () => group(toAll, toMe), onRemove() {} }, "bottom-right");

  function showAll() {
    const box = bounds(state.stations, state.position);
    if (box) map.fitBounds(box, { ...move, padding: padding(frame), maxZoom: NEAREST });
  }
  function credits() {
    const { metadata = {} } = map.getStyle();
    const lines = ["attribution", "approval", "notice"].map((name) => metadata[`nuanyi:${name}`]);
    credit.textContent = lines.filter(Boolean).join(" · ");
    element.dataset.theme = metadata["nuanyi:theme"] || "day";
  }
  function drawMarks() {
    const wanted = new Map(state.stations.map((one, at) => [one.id, { ...one, n: at + 1 }]));
    for (const [id, mark] of state.marks) {
      if (!wanted.has(id)) {
        mark.remove();
        state.marks.delete(id);
      }
    }
    for (const [id, one] of wanted) {
      if (!Number.isFinite(one.lon) || !Number.isFinite(one.lat)) continue;
      let mark = state.marks.get(id);
      if (!mark) {
        const face = button("nuanyi-mark", "", () => {
          select(id);
          onSelect(id);
        });
        mark = new maplibre.Marker({ element: face, anchor: "bottom" });
        state.marks.set(id, mark);
      }
      const face = mark.getElement();
      face.replaceChildren(Object.assign(make("span"), { textContent: String(one.n) }));
      face.dataset.state = one.hours_state || "unknown";
      const minutes = Number.isFinite(one.minutes) ? wholeMinutes(one.minutes) : null;
      const name = minutes === null
        ? t("station", { n: one.n, name: one.name })
        : t("station_away", { n: one.n, name: one.name, minutes });
      face.setAttribute("aria-label", name);
      face.title = name;
      face.style.zIndex = String(state.stations.length - one.n);
      // Added again in the list's order, which is the keyboard's.
      mark.setLngLat([one.lon, one.lat]).remove();
      mark.addTo(map);
    }
    select(state.selected);
    toMe.hidden = !state.position;
    toAll.hidden = !state.stations.length;
  }
  function select(id) {
    state.selected = state.marks.has(id) ? id : null;
    for (const [other, mark] of state.marks) {
      const chosen = other === state.selected;
      mark.getElement().classList.toggle("chosen", chosen);
      mark.getElement().setAttribute("aria-pressed", String(chosen));
    }
  }
  function see(place) {
    const view = map.getBounds();
    if (!view.contains(place)) map.easeTo({ center: place, duration: move.duration });
  }

  map.on("style.load", () => {
    credits();
    overlay(map, state, t);
  });
  map.on("error", (event) => {
    // A tile that did not come; the library goes on, and so do we.
    if (event.sourceId || event.tile || /fetch|AJAX/.test(String(event.error))) said.textContent = t("parts_missing");
    else console.error(event.error);
  });
  map.on("idle", () => {
    if (map.areTilesLoaded()) element.dataset.ready = "true";
  });
  map.on("sourcedata", (event) => {
    if (event.tile && event.tile.state === "loaded") said.textContent = "";
  });
  for (const layer of ["stations", "station-groups"]) {
    map.on("click", layer, (event) => {
      const [dot] = event.features;
      if (layer === "stations") onSelect(dot.id);
      else map.easeTo({ center: dot.geometry.coordinates, zoom: map.getZoom() + 2, duration: move.duration });
    });
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
  drawMarks();
  await new Promise((done) => {
    if (map.isStyleLoaded()) done();
    else map.once("style.load", done);
  });

  return {
    update(newStations, newPosition = state.position) {
      const others = newStations.map((one) => one.id).join() !== state.stations.map((one) => one.id).join();
      Object.assign(state, { stations: newStations, position: newPosition });
      drawMarks();
      redraw(map, state, t);
      if (others) showAll();
    },
    showLine(geojson) {
      state.line = geojson || null;
      redraw(map, state, t);
      const box = state.line && bounds(points(state.line), null);
      if (box) map.fitBounds(box, { ...move, padding: padding(frame), maxZoom: NEAREST });
    },
    select(id) {
      select(id);
      const mark = state.marks.get(id);
      if (mark) see(mark.getLngLat());
    },
    async restyle(other) {
      map.setStyle(await read(other), { diff: false });
    },
    destroy() {
      state.marks.forEach((mark) => mark.remove());
      state.marks.clear();
      map.remove();
      clear(element);
    },
  };
}

/* ------------------------------------------------------------------ loading */
function canDraw() {
  try {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("webgl2") || canvas.getContext("webgl");
    if (!context) return false;
    const ending = context.getExtension("WEBGL_lose_context");
    if (ending) ending.loseContext();
    return true;
  } catch {
    return false;
  }
}

function load() {
  library ||= import(`${LIBRARY}.js`).then(() => {
    const { maplibregl } = globalThis;
    maplibregl.setWorkerUrl(here(`${LIBRARY}-worker.js`));
    // One is enough for one city, and an old phone has little memory.
    maplibregl.setWorkerCount(1);
    return maplibregl;
  });
  library.catch(() => { library = undefined; });
  return library;
}

function loadStyles() {
  return Promise.all(["../vendor/maplibre-gl/maplibre-gl.css", "worker-map.css"].map((name) => {
    const address = here(name);
    if (document.querySelector(`link[href="${address}"]`)) return undefined;
    return new Promise((done, failed) => {
      const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
      link.addEventListener("load", done);
      link.addEventListener("error", () => {
        link.remove();
        failed(new Error("a style sheet did not come"));
      });
      document.head.append(link);
    });
  }));
}

async function read(style) {
  if (typeof style !== "string") return style;
  const answer = await fetch(style, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`the style was answered with ${answer.status}`);
  return answer.json();
}

/* ------------------------------------------------------------------ the view */
function points(geojson) {
  const geometry = geojson.type === "Feature" ? geojson.geometry : geojson;
  return geometry.coordinates.map(([lon, lat]) => ({ lon, lat }));
}

function bounds(stations, position) {
  const placed = [...stations, position].filter((one) => one && Number.isFinite(one.lon) && Number.isFinite(one.lat));
  if (!placed.length) return null;
  const [lon, lat] = [placed.map((one) => one.lon), placed.map((one) => one.lat)];
  return [[Math.min(...lon), Math.min(...lat)], [Math.max(...lon), Math.max(...lat)]];
}

function camera(stations, position, style) {
  const whole = style.metadata?.["nuanyi:bounds"];
  const box = bounds(stations, position) || (whole && [whole.slice(0, 2), whole.slice(2)]);
  if (!box) return { center: style.center, zoom: style.zoom };
  return { bounds: box, fitBoundsOptions: { padding: 56, maxZoom: NEAREST } };
}

function padding(frame) {
  const side = Math.min(56, frame.clientWidth / 6);
  return { top: Math.min(64, frame.clientHeight / 4), bottom: Math.min(40, frame.clientHeight / 6), left: side, right: side };
}

/* ------------------------------------------------------------------ small things */
function speaker(texts) {
  return (key, values = {}) => {
    const pattern = texts[`map.${key}`] ?? texts[key] ?? "";
    return pattern.replace(/\{(\w+)(?:\|([^{|}]*)\|([^{|}]*))?\}/g, (_, name, one, more) => (one === undefined ? values[name] ?? "" : String(values[name]) === "1" ? one : more));
  };
}

/* Never less than one, and rounded up, as the list beside the map has them. */
const wholeMinutes = (minutes) => Math.max(1, Math.ceil(minutes - 0.05));

function make(tag, name) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  return made;
}

function button(name, label, pressed) {
  const made = make("button", name);
  made.type = "button";
  if (label) {
    made.title = label;
    made.setAttribute("aria-label", label);
  }
  made.addEventListener("click", (event) => {
    event.stopPropagation();
    pressed();
  });
  return made;
}

function group(...buttons) {
  const made = make("div", "maplibregl-ctrl maplibregl-ctrl-group");
  made.append(...buttons);
  return made;
}

function clear(element) {
  element.replaceChildren();
  element.classList.remove("nuanyi-map");
  delete element.dataset.theme;
  delete element.dataset.ready;
}
