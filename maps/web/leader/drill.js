// Down and up: city, district, subdistrict, then communities, parks and buildings, then enterprises.

import { place } from "./data.js";
import { byId, icon, make } from "./dom.js";
import { fit } from "./map.js";
import { hear, known, look, tell, view } from "./store.js";
import { areaName, shortName, t, word } from "./words.js";

/** What is looked at below a kind, the first that is there. */
const BELOW = {
  province: ["prefecture", "district"],
  prefecture: ["district"],
  district: ["subdistrict"],
  subdistrict: ["community", "industrial_park", "office_building", "commercial_district", "marketplace"],
};
let last = null;
/** Whether somebody goes from an entry of a list, which goes away with the list. */
let leaving = false;
const ENTRIES = "#rank-list, #trail";

/** What had the focus is gone: it goes on from the headline, which says where one is now. */
function catchFocus() {
  if (leaving && document.activeElement === document.body) byId("figures-title").focus({ preventScroll: true });
  leaving = false;
}

/** Goes into an area: its parts are shown where it has some, else its enterprises. */
export async function enter(id) {
  if (id === view.area) return;
  leaving ||= Boolean(document.activeElement?.closest(ENTRIES));
  try {
    const { area, children } = await place(id);
    const there = new Set(children.map((one) => one.kind));
    const below = (BELOW[area.kind] ?? []).find((kind) => there.has(kind)) ?? children[0]?.kind;
    last = id;
    if (below) look({ area: id, kind: below, cluster: null, tab: view.tab === "enterprises" ? "rank" : view.tab }, { push: true });
    else look({ area: id, kind: area.kind, cluster: null, tab: "enterprises" }, { push: true });
    if (area.bbox) fit(area.bbox);
    else tell("said", t("no_border_of", { name: areaName(area) }));
  } catch {
    tell("said", t("not_told"));
  }
}

/** Goes up to an area, or to the whole. */
export async function rise(id) {
  if (id === null) {
    const kind = BELOW.district.includes(view.kind) || view.kind === "district" ? view.kind : "subdistrict";
    leaving ||= Boolean(document.activeElement?.closest(ENTRIES));
    const there = known.setup?.kinds.some((one) => one.kind === kind);
    look({ area: null, kind: there ? kind : known.setup?.kinds[0]?.kind ?? kind, cluster: null, tab: view.tab === "enterprises" ? "rank" : view.tab }, { push: true });
    fit(known.setup?.bounds);
    return;
  }
  await enter(id);
}

/** One step up, as Escape does. */
export function up() {
  if (view.area === null) return false;
  const above = known.trail.at(-2);
  rise(above ? above.id : null);
  return true;
}

/** The way from the whole down to here. */
async function trail() {
  const list = byId("trail");
  const steps = [];
  if (view.area !== null) {
    try {
      const { area, ancestors } = await place(view.area);
      steps.push(...ancestors, area);
      if (last !== view.area && area.bbox && !view.camera) fit(area.bbox, { instant: true });
    } catch {
      look({ area: null });
      tell("said", t("area_unknown"));
      return;
    }
  }
  known.trail = steps;
  const step = (name, kind, here, go) => make("li", {}, here
    ? make("span", { "aria-current": "location" }, name, kind ? make("small", {}, kind) : null)
    : make("button", { type: "button", onclick: go }, name), here ? null : icon("next"));
  const held = list.contains(document.activeElement) ? document.activeElement.textContent : null;
  list.replaceChildren(
    step(t("whole"), "", view.area === null, () => rise(null)),
    ...steps.map((one, at) => step(shortName(one), word("kind", one.kind), at === steps.length - 1, () => rise(one.id))));
  if (held) ([...list.querySelectorAll("button")].find((one) => one.textContent === held) ?? byId("figures-title")).focus({ preventScroll: true });
  kinds();
  document.title = [...steps.map(shortName).slice(-1), t("title")].join(" · ");
}

/** Which kinds of areas can be looked at here. */
async function kinds() {
  const select = byId("kind");
  const all = known.setup?.kinds ?? [];
  let there = all.map((one) => one.kind);
  if (view.area !== null) {
    const { area, children } = await place(view.area);
    const below = new Set(children.map((one) => one.kind));
    there = [...new Set([...there.filter((kind) => below.has(kind)), view.kind, ...(children.length ? [] : [area.kind])])];
  }
  if (view.kind && !there.includes(view.kind)) there.push(view.kind);
  const of = Object.fromEntries(all.map((one) => [one.kind, one.areas]));
  select.replaceChildren(...there.map((kind) => make("option", { value: kind, selected: kind === view.kind }, word("kind", kind) + (view.area === null && of[kind] ? ` (${of[kind]})` : ""))));
  select.value = view.kind ?? "";
}

/** Prepares the controls. */
export function ready() {
  byId("kind").addEventListener("change", (event) => look({ kind: event.target.value, cluster: null }, { push: true }));
  byId("measure").addEventListener("change", (event) => {
    const measure = event.target.value;
    // Of the stations there are no earlier editions to look at.
    look(measure === "stations" ? { measure, compare: null, edition: null } : { measure });
  });
  hear("setup", trail);
  // The ranking hears of it first, and what had the focus there may be in the new one too.
  hear("rates", catchFocus);
  hear("view", (keys) => {
    if (keys.has("area") || keys.has("kind")) trail();
    if (keys.has("measure")) byId("measure").value = view.measure;
  });
  byId("measure").value = view.measure;
  trail();
}
