// Two editions beside each other: the left of the curtain is before, the right is after. Two maps
// that move as one; the curtain is an ordinary slider, so the keyboard moves it too.

import { colour, paint, ratesByArea, showKind } from "./areas.js";
import { byId, fill, make, openSheet } from "./dom.js";
import { comparison, editions, ofArea, sideOf } from "./editions.js";
import { theMap } from "./map.js";
import { filtered, hear, known, look, tell, view } from "./store.js";
import { day, listed, number, ours, percent, points, t } from "./words.js";

let before = null;
let listening = false;
let told = null;
let own = null;

/** Asks which two, when none are chosen yet: the last but one and the last.
 *
 * @param asked the measure when it was asked for: whoever chose another one since wants that
 */
export async function open(asked = view.measure) {
  if (view.compare) {
    look({ compare: null }, { push: true });
    return;
  }
  const found = await editions();
  if (view.measure !== asked) return;
  if (found.length < 2) {
    openSheet(t("compare"), t("close"), make("p", {}, t("compare_one_edition")));
    return;
  }
  const measure = view.measure === "stations" ? "establishment" : view.measure;
  look({ compare: { from: found.at(-2).id, to: found.at(-1).id, at: 50 }, edition: null, show: "areas", measure }, { push: true });
}

function curtain() {
  const at = view.compare.at;
  byId("before").style.clipPath = `inset(0 ${100 - at}% 0 0)`;
  byId("curtain").style.left = `${at}%`;
}

/** Before comes before after: editions that are not offered on a side. */
function bounds(found) {
  const at = (id) => found.findIndex((one) => one.id === id);
  const [from, to] = [at(view.compare.from), at(view.compare.to)];
  for (const [name, off] of [["from", (place) => place >= to], ["to", (place) => place <= from]]) {
    const select = byId(`compare-${name}`);
    select.value = view.compare[name];
    [...select.options].forEach((option, place) => {
      option.disabled = off(place);
    });
  }
}

function controls(found) {
  const { from, to, at } = view.compare;
  const select = (name, chosen, word) => make("label", {}, make("span", { class: "quiet" }, `${word} `), make("select", {
    id: `compare-${name}`, onchange: (event) => look({ compare: { ...view.compare, [name]: Number(event.target.value) } }),
  }, found.map((one) => make("option", { value: one.id, selected: one.id === chosen }, day(one.as_of)))));
  byId("compare").replaceChildren(
    make("div", { class: "slider-head" }, select("from", from, t("before")), make("strong", { id: "compare-change" }), select("to", to, t("after"))),
    make("input", { type: "range", id: "compare-at", min: 0, max: 100, value: at, "aria-label": t("compare_slider"), "aria-valuetext": t("compare_at", { n: at }), oninput: (event) => {
      event.target.setAttribute("aria-valuetext", t("compare_at", { n: event.target.value }));
      look({ compare: { ...view.compare, at: Number(event.target.value) } });
    } }),
    make("p", { class: "quiet", id: "compare-words" }));
  byId("compare").hidden = false;
}

async function secondMap() {
  if (before) return;
  const main = theMap();
  const { maplibregl } = globalThis;
  byId("map-frame").append(make("div", { id: "before", "aria-hidden": "true" }), make("div", { id: "curtain", "aria-hidden": "true" }),
    make("span", { class: "side-word left", "aria-hidden": "true" }, t("before")), make("span", { class: "side-word right", "aria-hidden": "true" }, t("after")));
  curtain();
  const style = main.getStyle();
  // Only areas are compared; clusters and enterprises are those of now.
  style.layers = style.layers.filter((one) => !["enterprises", "clusters", "stations", "area-names"].includes(one.source));
  for (const name of ["enterprises", "clusters", "stations", "area-names"]) delete style.sources[name];
  before = new maplibregl.Map({
    container: "before", style, center: main.getCenter(), zoom: main.getZoom(), interactive: false, attributionControl: false, maxPitch: 0, maxZoom: 19, fadeDuration: 0,
    pixelRatio: main.getPixelRatio(), refreshExpiredTiles: false, transformRequest: (address) => ({ url: new URL(address, location.href).href }),
  });
  before.on("styleimagemissing", () => {
    for (const name of ["no-data", "few"]) {
      const image = main.getImage(name);
      if (image && !before.hasImage(name)) before.addImage(name, image.data, { pixelRatio: image.pixelRatio });
    }
  });
  main.on("move", follow);
  await new Promise((done) => before.once("style.load", done));
}

function follow() {
  const main = theMap();
  before?.jumpTo({ center: main.getCenter(), zoom: main.getZoom() });
}

/** The sum of the changes in words. */
function inWords() {
  const { units, covered, unions, members, rates } = own ?? told.whole;
  const rate = rates[view.measure];
  byId("compare-change").textContent = rate ? `${percent(rate.before.value)} → ${percent(rate.after.value)}` : "";
  const counts = {
    founded: unions.founded, newly_covered: covered.newly_own + covered.newly_joint, lost: covered.lost_union, members: members.change,
    appeared: units.appeared, closed: units.closed, unlisted: units.unlisted, moved_in: own ? units.moved_in : 0, moved_out: own ? units.moved_out : 0,
  };
  const said = Object.entries(counts).filter(([, n]) => n).map(([name, n]) => t(`change_${name}`, { n: (name === "members" && n > 0 ? "+" : "") + number(n) }));
  fill(byId("compare-words"),
    rate?.change === null || !rate ? null : make("b", {}, t("change_of", { change: points(rate.change), real: points(rate.real), composition: points(rate.composition) }), " "),
    filtered() ? make("b", {}, t("unfiltered"), " ") : null,
    listed(said), told.notes.length ? ` ${told.notes.map(ours).join(" ")}` : "");
}

/** Shows the two editions that are looked at. */
export async function show() {
  if (!view.compare || !theMap()) return;
  const { from, to } = view.compare;
  try {
    const found = await editions();
    const [first, last] = [from, to].map((id) => found.findIndex((one) => one.id === id));
    if (first < 0 || last <= first) {
      look({ compare: null });
      tell("said", t("edition_missing"));
      return;
    }
    if (!byId("compare").children.length || byId("compare").hidden) controls(found);
    bounds(found);
    byId("time").hidden = true;
    const answer = await comparison(from, to);
    if (view.compare?.from !== from || view.compare?.to !== to) return;
    told = answer;
    own = view.area === null ? null : await ofArea(from, to, view.area).catch(() => null);
    known.compared = new Map(answer.areas.map((area) => [area.id, area.rates[view.measure]]));
    tell("compared");
    await secondMap();
    paint(before, sideOf(told, "before"));
    colour(sideOf(told, "after"));
    curtain();
    inWords();
    byId("compare-open").setAttribute("aria-pressed", "true");
  } catch (error) {
    tell("said", [t("edition_missing"), ours(error.detail ?? "")].filter(Boolean).join(" "));
  }
  if (listening) return;
  listening = true;
  hear("view", (keys) => {
    if (!view.compare) return;
    if (keys.has("compare") && byId("before")) curtain();
    if (keys.has("kind") && before) {
      before.removeFeatureState({ source: "areas", sourceLayer: "areas" });
      before.getSource("areas").setTiles(theMap().getSource("areas").tiles);
    }
    if (keys.has("kind") || keys.has("measure") || (keys.has("compare") && changed())) show();
  });
  hear("rates", show);
  hear("restyled", () => {
    if (!view.compare) return;
    takeAway();
    show();
  });
}

const changed = () => told && (told.before.id !== view.compare.from || told.after.id !== view.compare.to);

function takeAway() {
  theMap()?.off("move", follow);
  before?.remove();
  before = null;
  for (const one of document.querySelectorAll("#before, #curtain, .side-word")) one.remove();
}

/** Back to one map. */
export function hide() {
  takeAway();
  byId("compare").replaceChildren();
  byId("compare").hidden = true;
  byId("compare-open").setAttribute("aria-pressed", "false");
  known.compared = null;
  tell("compared");
  showKind();
  colour(ratesByArea());
  if (known.state) byId("time").hidden = !byId("time").children.length;
}

