// The chosen sites on the map: pins that are dragged, or moved with the arrow keys.

import { announce, byId, make } from "../leader/dom.js";
import { number, t } from "../leader/words.js";
import { evaluate } from "./data.js";
import { more, people, siteName } from "./figures.js";
import { gains, theMap } from "./map.js";
import { chosen, freshKey, hear, hold, known, lock, look, older, place, remove, replace, siteOf, tell, view } from "./store.js";

const SNAP_PX = 16;
const STEP_PX = 12;
const pins = new Map();
let dragging = null;
/** What was done by hand, until it is said together with what that covers; null: nothing. */
let done = null;
/** Says what was done by hand; what that covers follows. */
export function did(words) {
  done = words;
  announce(words);
}

/** The candidate near a point of the map that is not in the set, when there is one. */
function near({ lng, lat }) {
  const map = theMap();
  const taken = new Set(chosen());
  const here = map.project([lng, lat]);
  let [best, least] = [null, SNAP_PX];
  const box = [[here.x - SNAP_PX, here.y - SNAP_PX], [here.x + SNAP_PX, here.y + SNAP_PX]];
  for (const feature of map.queryRenderedFeatures(box, { layers: ["candidates"].filter((name) => map.getLayer(name)) })) {
    const id = feature.properties.at;
    if (taken.has(id)) continue;
    const at = map.project(feature.geometry.coordinates);
    const away = Math.hypot(at.x - here.x, at.y - here.y);
    if (away < least) [best, least] = [id, away];
  }
  return best;
}

/** What the set would be with a pin at another place. */
function moved(id, at) {
  const found = near(at);
  if (found !== null) return { onto: found, sites: chosen().map((one) => (one === id ? found : one)), extra: view.question.extra };
  const own = view.question.extra.some((one) => one.key === id);
  const key = own ? id : freshKey();
  const put = { key, lon: Number(at.lng.toFixed(6)), lat: Number(at.lat.toFixed(6)) };
  const extra = own ? view.question.extra.map((one) => (one.key === id ? { ...one, ...put } : one)) : [...view.question.extra, put];
  return { onto: null, sites: chosen().map((one) => (one === id ? key : one)), extra };
}

/** While a pin is on its way its effect is asked for, over and over. */
function underway(id) {
  const pin = pins.get(id);
  dragging = id;
  hold(true);
  byId("tip").hidden = true;
  pin.element.classList.add("moving");
  const told = moved(id, pin.marker.getLngLat());
  pin.element.classList.toggle("onto", told.onto !== null);
  evaluate(told);
}

/** The pin is put down: onto a candidate, or at a place of its own. */
function putDown(id) {
  const pin = pins.get(id);
  if (!pin) return;
  const at = pin.marker.getLngLat();
  const told = moved(id, at);
  dragging = null;
  pin.element.classList.remove("moving", "onto");
  pin.carried = false;
  if (told.onto !== null) {
    replace(id, told.onto);
    did(t("moved_onto", { name: siteName(siteOf(told.onto)) }));
  } else {
    place(id, at.lng, at.lat);
    did(t("moved_to_place"));
  }
}

function back(id) {
  const pin = pins.get(id);
  const site = siteOf(id);
  dragging = null;
  hold(false);
  pin.carried = false;
  pin.element.classList.remove("moving", "onto");
  pin.marker.setLngLat([site.lon, site.lat]);
  // What was found meanwhile comes now.
  tell("best");
  evaluate();
}

function keys(event, id) {
  // What the browser does with a key is the browser's.
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const pin = pins.get(id);
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const map = theMap();
  if (step) {
    event.preventDefault();
    // The map around the pin takes these keys too, and would move away under it.
    event.stopPropagation();
    const far = event.shiftKey ? 5 : 1;
    const at = map.project(pin.marker.getLngLat());
    pin.marker.setLngLat(map.unproject([at.x + step[0] * STEP_PX * far, at.y + step[1] * STEP_PX * far]));
    pin.carried = true;
    underway(id);
  } else if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    if (pin.carried) putDown(id);
    else look({ site: id, tab: "plan" });
  } else if (event.key === "Escape" && pin.carried) {
    event.preventDefault();
    event.stopPropagation();
    back(id);
  } else if (event.key === "Delete" || event.key === "Backspace") {
    event.preventDefault();
    remove(id);
    byId("map").querySelector("canvas")?.focus({ preventScroll: true });
  } else if (event.key === "l" || event.key === "L") {
    lock(id);
  }
}

function newPin(id) {
  const element = make("button", { type: "button", class: "pin", "data-site": id }, make("span", {}));
  const marker = new globalThis.maplibregl.Marker({ element, draggable: true, anchor: "bottom" });
  const pin = { element, marker, carried: false };
  let dragged = false;
  marker.on("dragstart", () => {
    dragged = true;
  });
  marker.on("drag", () => underway(id));
  marker.on("dragend", () => putDown(id));
  element.addEventListener("click", (event) => {
    event.stopPropagation();
    if (!dragged) look({ site: id, tab: "plan" });
    dragged = false;
  });
  element.addEventListener("keydown", (event) => keys(event, id));
  element.addEventListener("blur", () => pin.carried && putDown(id));
  return pin;
}

/** Puts a pin on the map for each site of the set, and takes the others away. */
export function show() {
  const map = theMap();
  if (!map) return;
  const set = chosen();
  const held = document.activeElement?.dataset?.site;
  for (const [id, pin] of pins) {
    if (set.includes(id)) continue;
    if (dragging === id) dragging = null;
    pin.carried = false;
    pin.marker.remove();
    pins.delete(id);
  }
  set.forEach((id, at) => {
    const site = siteOf(id);
    if (!site) return;
    const pin = pins.get(id) ?? newPin(id);
    const locked = view.question.lock.includes(id);
    pin.element.firstChild.textContent = String(at + 1);
    pin.element.classList.toggle("locked", locked);
    pin.element.classList.toggle("own", Boolean(site.own));
    pin.element.classList.toggle("chosen", view.site === id);
    pin.element.setAttribute("aria-label", t("pin", { n: at + 1, name: siteName(site), state: locked ? t("locked") : "" }));
    pin.element.title = siteName(site);
    if (dragging !== id) pin.marker.setLngLat([site.lon, site.lat]);
    if (!pins.has(id)) {
      pins.set(id, pin);
      pin.marker.addTo(map);
    }
  });
  const now = held && view.site !== null ? pins.get(view.site) : null;
  if (now && document.activeElement === document.body) now.element.focus({ preventScroll: true });
}

/** Prepares the pins. */
export function ready() {
  for (const news of ["map", "restyled", "ground", "plan", "best"]) hear(news, show);
  hear("view", (keysOf) => {
    if (keysOf.has("set") && view.set !== null) done ??= "";
    if (["set", "question", "site", "plan"].some((key) => keysOf.has(key))) show();
  });
  hear("told", ({ told, dragging: underHand }) => {
    const live = byId("live");
    live.hidden = !told || older();
    if (!told) return;
    const covered = people(told.covered, told.question);
    live.textContent = t("live_covered", { people: covered, more: more(told.covered - told.covered_today) });
    live.hidden ||= !underHand && !known.plan && !chosen().length;
    if (underHand || done !== null) announce([done, t("live_said", { people: covered, n: number(told.covered - told.covered_today) })].filter(Boolean).join(" "));
    if (underHand) return;
    done = null;
    gains();
  });
  hear("restyled", () => tell("told", { told: known.told, dragging: false }));
}
