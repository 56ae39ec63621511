// Any view is an address: what is looked at stands behind the #, and comes back from there.

import { DAYS, FILTERS, hear, look, tell, view } from "./store.js";
import { page } from "./words.js";

const PLAIN = { measure: "establishment", area: null, show: "areas", clusters: true, stations: false, order: "gap", tab: "rank", cluster: null, edition: null, compare: null, minutes: 10, day: "workday", hour: 12, large: false };
const NUMBER = /^\d{1,16}$/;
const TABS = ["rank", "clusters", "enterprises", "charts", "notes"];
const ORDERS = ["gap", "rate", "visits"];
const MINUTES = [5, 10, 15];

const oneOf = (value, choices, otherwise) => (choices.includes(value) ? value : otherwise);
const integer = (value) => (NUMBER.test(value ?? "") ? Number(value) : null);
const within = (value, low, high) => (value !== null && value >= low && value <= high ? value : null);

/** The view that a fragment names; whatever is wrong in it is left out. */
export function read(fragment) {
  const asked = new URLSearchParams(fragment.replace(/^#/, ""));
  const found = { ...PLAIN, kind: oneOf(asked.get("kind"), page.kinds, null), filters: {} };
  found.measure = oneOf(asked.get("measure"), page.measures, PLAIN.measure);
  found.area = integer(asked.get("area"));
  found.show = oneOf(asked.get("show"), ["areas", "enterprises"], PLAIN.show);
  found.clusters = asked.get("clusters") !== "0";
  found.stations = asked.get("dots") === "1";
  for (const name of FILTERS) {
    const wanted = (asked.get(name) ?? "").split(",");
    found.filters[name] = page.choices[name].filter((choice) => wanted.includes(choice));
  }
  found.order = oneOf(asked.get("order"), ORDERS, PLAIN.order);
  found.tab = oneOf(asked.get("tab"), TABS, PLAIN.tab);
  found.cluster = integer(asked.get("cluster"));
  found.edition = integer(asked.get("edition"));
  const [from, to] = [integer(asked.get("from")), integer(asked.get("to"))];
  found.compare = from !== null && to !== null ? { from, to, at: within(integer(asked.get("at")), 0, 100) ?? 50 } : null;
  found.minutes = oneOf(integer(asked.get("minutes")), MINUTES, PLAIN.minutes);
  found.day = oneOf(asked.get("day"), DAYS, PLAIN.day);
  found.hour = within(integer(asked.get("hour")), 0, 23) ?? PLAIN.hour;
  found.large = asked.get("large") === "1";
  const [zoom, lat, lon] = (asked.get("map") ?? "").split("/").map(Number);
  found.camera = Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 0 && zoom <= 20 ? { zoom, lat, lon } : null;
  return found;
}

/** The fragment of the present view, the same for the same view. */
export function write(of = view) {
  const told = new URLSearchParams();
  if (of.kind) told.set("kind", of.kind);
  for (const key of ["measure", "area", "show", "order", "tab", "cluster", "edition", "minutes", "day", "hour"]) {
    if (of[key] !== PLAIN[key] && of[key] !== null) told.set(key, of[key]);
  }
  if (!of.clusters) told.set("clusters", "0");
  if (of.stations) told.set("dots", "1");
  for (const name of FILTERS) if (of.filters[name].length) told.set(name, of.filters[name].join(","));
  if (of.compare) for (const [name, value] of Object.entries(of.compare)) told.set(name, value);
  if (of.camera) told.set("map", [of.camera.zoom.toFixed(2), of.camera.lat.toFixed(5), of.camera.lon.toFixed(5)].join("/"));
  if (of.large) told.set("large", "1");
  told.set("lang", page.language);
  return `#${told.toString().replaceAll("%2C", ",").replaceAll("%2F", "/")}`;
}

/** Takes the view from the address, and keeps the two the same from now on. */
export function begin() {
  Object.assign(view, read(location.hash));
  hear("address", (push) => {
    const fragment = write();
    if (fragment === location.hash) return;
    history[push ? "pushState" : "replaceState"](null, "", fragment);
    links();
  });
  addEventListener("popstate", () => {
    const before = JSON.stringify(view.camera);
    const found = read(location.hash);
    // An address without a kind or a camera leaves ours.
    look({ ...found, kind: found.kind ?? view.kind, camera: found.camera ?? view.camera }, { silent: true });
    if (found.camera && JSON.stringify(found.camera) !== before) tell("camera", found.camera);
    links();
  });
  links();
}

/** The link to the other language leads to the same view. */
function links() {
  for (const link of document.querySelectorAll("[data-language]")) {
    link.hash = write().replace(`lang=${page.language}`, `lang=${link.dataset.language}`);
  }
}
