// Any view is an address: the plan, or the question as it stands, and the sites moved by hand.

import { english } from "../leader/words.js";
import { differs, full, hear, known, look, PLAIN, same, tell, view } from "./store.js";

export const TABS = ["question", "plan", "candidates", "curve", "equity", "more", "scenarios", "tasks"];
export const MODELS = ["max-cover", "set-cover", "p-median", "p-centre"];
export const GROUPS = ["courier", "food_rider", "sanitation_worker", "driver", "outdoor_worker"];
const KEY = /^[A-Za-z_][A-Za-z0-9_.-]{0,39}$/;
const MOST_PLACES = 200;
const DEAREST = 1e12;
const ID = /^\d{1,16}$/;
/** Numbers of a question: their name in the address, their bounds. */
const NUMBERS = {
  area_id: ["area", 1, 1e16], sites: ["sites", 0, 100000], budget: ["budget", 0, 1e15], share: ["share", 0, 1], radius_metres: ["radius", 50, 5000], backup: ["backup", 0, 1],
  spacing_metres: ["spacing", 0, 20000], area_least_share: ["floor", 0, 1], area_least_sites: ["least", 0, 1000], open_24h_least: ["day24", 0, 100000],
  per_chain_most: ["chain", 0, 100000], capacity_per_place: ["seats", 0.01, 10000], gap: ["gap", 0, 1], seconds: ["seconds", 0.1, 3600], seed: ["seed", 0, 2 ** 31 - 1],
};

const number = (text, low, high) => {
  const value = Number(text);
  return text !== null && text !== "" && Number.isFinite(value) && value >= low && value <= high ? value : null;
};
const oneOf = (value, choices, otherwise) => (choices.includes(value) ? value : otherwise);
const siteIds = (text) => [...new Set((text ?? "").split(",").filter((one) => KEY.test(one) || ID.test(one)).map((one) => (KEY.test(one) ? one : Number(one))))];

/** Hours as runs: [6,7,8,12] is "6-8,12". */
export function runs(hours) {
  const found = [];
  for (const hour of [...hours].sort((one, other) => one - other)) {
    if (found.length && found.at(-1)[1] === hour - 1) found.at(-1)[1] = hour;
    else found.push([hour, hour]);
  }
  return found.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

function hoursOf(text) {
  const found = new Set();
  for (const part of (text ?? "").split(",")) {
    const run = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(part);
    if (!run) continue;
    for (let hour = Number(run[1]); hour <= Number(run[2] ?? run[1]) && hour < 24; hour += 1) found.add(hour);
  }
  return found.size ? [...found].sort((one, other) => one - other) : null;
}

/** Sites without the keys of places that are not there. */
const placed = (ids, question) => ids.filter((one) => typeof one === "number" || question.extra.some(({ key }) => key === one));

/** A place put on the map: key~lon~lat, then what it costs and its name where they are known. Names are
 * written twice over, so that no comma of theirs ends the place. */
const placeText = ({ key, lon, lat, cost, name }) => [key, lon, lat, ...(name ? [cost ?? "", encodeURIComponent(name).replaceAll("~", "%7E")] : cost === undefined ? [] : [cost])].join("~");
function placeOf(text) {
  const [key, east, north, price = "", called = ""] = text.split("~");
  const [lon, lat] = [number(east ?? "", -180, 180), number(north ?? "", -90, 90)];
  if (!KEY.test(key) || lon === null || lat === null) return null;
  const cost = number(price, 0, DEAREST);
  let name = "";
  try {
    // Nothing that the service takes for no name.
    name = decodeURIComponent(called).replace(/[\u0000-\u001f\u007f]/g, "").slice(0, 120);
  } catch {
    // Not what this page writes: the place goes without a name.
  }
  return { key, lon, lat, ...(name ? { name } : {}), ...(cost === null ? {} : { cost }) };
}

function questionOf(asked) {
  const found = { ...PLAIN };
  for (const [name, [short, low, high]] of Object.entries(NUMBERS)) {
    if (asked.has(short)) found[name] = asked.get(short) === "" ? null : number(asked.get(short), low, high) ?? PLAIN[name];
  }
  found.day = oneOf(asked.get("day"), ["workday", "weekend"], PLAIN.day);
  found.model = oneOf(asked.get("model"), MODELS, PLAIN.model);
  found.hours = hoursOf(asked.get("hours")) ?? PLAIN.hours;
  found.groups = GROUPS.filter((one) => (asked.get("groups") ?? "").split(",").includes(one));
  found.agreed_only = asked.get("agreed") === "1";
  found.least = asked.get("cheapest") === "1" ? "cost" : "sites";
  found.spacing_rule = asked.get("near") === "warn" ? "warn" : "forbid";
  const steps = (asked.get("steps") ?? "").split(",").map((one) => one.split(":").map(Number)).filter(([metres, share]) => metres > 0 && share >= 0 && share <= 1);
  found.steps = steps.length ? steps : null;
  found.lock = siteIds(asked.get("lock"));
  found.forbid = siteIds(asked.get("forbid"));
  found.keep_existing = asked.get("existing") !== "0";
  found.closing = siteIds(asked.get("closing")).filter((one) => typeof one === "number");
  const places = (asked.get("extra") ?? "").split(",").map(placeOf).filter(Boolean);
  found.extra = places.filter((one, at) => places.findIndex(({ key }) => key === one.key) === at).slice(0, MOST_PLACES);
  for (const name of ["lock", "forbid"]) found[name] = placed(found[name], found);
  return found;
}

/** The view that a fragment names; whatever is wrong in it is left out. */
export function read(fragment) {
  const asked = new URLSearchParams(fragment.replace(/^#/, ""));
  const [zoom, lat, lon] = (asked.get("map") ?? "").split("/").map(Number);
  const site = siteIds(asked.get("site"));
  const question = questionOf(asked);
  return {
    question,
    // Beside a plan, places may be those of the plan's question.
    set: !asked.has("set") ? null : asked.has("plan") ? siteIds(asked.get("set")) : placed(siteIds(asked.get("set")), question),
    plan: number(asked.get("plan"), 1, 1e15),
    tab: oneOf(asked.get("tab"), TABS, asked.has("plan") ? "plan" : "question"),
    site: site[0] ?? null,
    hour: asked.has("hour") && Number.isInteger(Number(asked.get("hour"))) ? number(asked.get("hour"), 0, 23) : null,
    beside: number(asked.get("beside"), 1, 1e15),
    at: number(asked.get("at"), 0, 100) ?? 50,
    camera: Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 0 && zoom <= 20 ? { zoom, lat, lon } : null,
  };
}

/** Whether a fragment asks a question of its own, and not only for a plan. */
const OWN = [...Object.values(NUMBERS).map(([short]) => short), "day", "model", "hours", "groups", "agreed", "cheapest", "near", "existing", "closing", "steps", "lock", "forbid", "extra"];
export const asksItself = (fragment) => OWN.some((name) => new URLSearchParams(fragment.replace(/^#/, "")).has(name));

function writeQuestion(told, question) {
  for (const [name, [short]] of Object.entries(NUMBERS)) if (question[name] !== PLAIN[name]) told.set(short, question[name] ?? "");
  if (question.day !== PLAIN.day) told.set("day", question.day);
  if (question.model !== PLAIN.model) told.set("model", question.model);
  if (!same(question.hours, PLAIN.hours)) told.set("hours", runs(question.hours));
  if (question.groups.length) told.set("groups", question.groups.join(","));
  if (question.agreed_only) told.set("agreed", "1");
  if (question.least === "cost") told.set("cheapest", "1");
  if (question.spacing_rule === "warn") told.set("near", "warn");
  if (!question.keep_existing) told.set("existing", "0");
  if (question.steps) told.set("steps", question.steps.map((one) => one.join(":")).join(","));
  for (const name of ["closing", "lock", "forbid"]) if (question[name].length) told.set(name, question[name].join(","));
  if (question.extra.length) told.set("extra", question.extra.map(placeText).join(","));
}

/** The fragment of the present view, the same for the same view. */
export function write() {
  const told = new URLSearchParams();
  if (view.plan !== null) told.set("plan", view.plan);
  if (view.plan === null || differs()) {
    writeQuestion(told, full(view.question));
    // A question that is like any other, beside a plan that asks something else.
    if (view.plan !== null && !asksItself(`#${told}`)) told.set("day", view.question.day);
  }
  if (view.set !== null) told.set("set", view.set.join(","));
  if (view.tab !== (view.plan === null ? "question" : "plan")) told.set("tab", view.tab);
  for (const name of ["site", "hour", "beside"]) if (view[name] !== null) told.set(name, view[name]);
  if (view.beside !== null && view.at !== 50) told.set("at", view.at);
  if (view.camera) told.set("map", [view.camera.zoom.toFixed(2), view.camera.lat.toFixed(5), view.camera.lon.toFixed(5)].join("/"));
  told.set("lang", english ? "en" : "zh");
  return `#${told.toString().replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%7E", "~")}`;
}

let taking = false;
/** Whether what is looked at comes from the address just now, and that asks a question of its own. */
export const bringsQuestion = () => taking && asksItself(location.hash);

/** Takes the view from the address, and keeps the two the same from now on. */
export function begin() {
  // A plan's own address is /plan?plan=3; the rest of a view stands behind the #.
  const wanted = new URLSearchParams(location.search).get("plan");
  const fragment = ID.test(wanted ?? "") && !new URLSearchParams(location.hash.slice(1)).has("plan") ? `#plan=${wanted}&${location.hash.slice(1)}` : location.hash;
  const own = asksItself(fragment);
  Object.assign(view, read(fragment));
  hear("address", (push) => {
    const fragment = write();
    if (fragment === location.hash) return;
    // How many steps of this page lie before this one: so many can be taken back.
    const steps = history.state?.steps ?? 0;
    history[push ? "pushState" : "replaceState"]({ steps: push ? steps + 1 : steps }, "", fragment);
    links();
  });
  addEventListener("popstate", () => {
    const found = read(location.hash);
    // An address with a plan and no question asks what the plan asks.
    if (found.plan !== null && !asksItself(location.hash) && known.plan?.id === found.plan) found.question = full(known.plan.question);
    const camera = found.camera ?? view.camera;
    const moved = !same(camera, view.camera);
    taking = true;
    look({ ...found, camera }, { silent: true });
    taking = false;
    if (moved) tell("camera", camera);
    links();
  });
  links();
  return own;
}

/** Whether the step before this one is the page's own, so that going back does not leave it. */
export const canUndo = () => (history.state?.steps ?? 0) > 0;

/** The link to the other language leads to the same view. */
function links() {
  for (const link of document.querySelectorAll("[data-language]")) {
    link.hash = write().replace(`lang=${english ? "en" : "zh"}`, `lang=${link.dataset.language}`);
  }
}
