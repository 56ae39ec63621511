// The large mode: large figures, the ranking, the clusters; after a while the next district.

import { ask, address } from "./ask.js";
import { byId, make } from "./dom.js";
import { bullet, shortfall } from "./figures.js";
import { theMap } from "./map.js";
import { ranked } from "./rank.js";
import { hear, known, view } from "./store.js";
import { shortName, half, number, page, percent, short, t, time, word } from "./words.js";

const TILES = ["establishment", "membership_unionised", "new_employment", "establishment_25", "establishment_100"];
const ROWS = 8;
const TURN_MS = 20_000;
const REFRESH_MS = 60_000;
let listening = false;
let clusters = [];
let turning = 0;
let clock = 0;
let pointed = -1;

function tile(name) {
  const rate = known.rates.own.rates[name];
  if (!rate) return null;
  return make("div", { class: "tile" }, make("h3", {}, word("measure", name)),
    make("p", { class: "big" }, percent(rate.value, rate.target)), bullet(rate),
    make("p", { class: rate.value !== null && rate.target && rate.value >= rate.target ? "short met" : "short" }, shortfall(rate, name)),
    rate.target ? make("p", { class: "aim" }, t("target_is", { target: short(rate.target) })) : null);
}

function show() {
  const wall = byId("wall");
  if (!view.large || !known.rates) return;
  const first = page.measures.includes(view.measure) && view.measure !== "stations" ? view.measure : "establishment";
  const tiles = [first, ...TILES.filter((name) => name !== first && known.rates.own.rates[name])].slice(0, 5);
  const name = known.trail.length ? shortName(known.trail.at(-1)) : t("whole");
  wall.replaceChildren(
    make("div", { class: "wall-title" }, make("h2", {}, name), make("span", { id: "wall-clock" })),
    make("div", { class: "tiles" }, tiles.map(tile)),
    make("div", { class: "wall-lists" },
      make("section", {}, make("h3", {}, t("wall_rank", { kind: word("kind", view.kind) })), make("ol", {}, ranked(first, "gap").slice(0, ROWS).map((area) => {
        const rate = area.rates[first];
        return make("li", {}, make("span", {}, shortName(area)), make("small", {}, rate.gap === null ? "" : t("short_by", { n: number(rate.gap) })), make("b", {}, percent(rate.value, rate.target)));
      }))),
      make("section", {}, make("h3", {}, t("wall_clusters")), make("ol", {}, clusters.slice(0, ROWS).map((one) => make("li", {},
        make("span", {}, one.place ? shortName({ name: one.place }) : t("cluster_n", { n: one.id })), make("small", {}, one.form ? half(one.form, "title") ?? "" : t("employees_n", { n: number(one.employees) })), make("b", {}, t("units_short", { n: number(one.units) })))),
      clusters.length ? null : make("li", {}, make("span", {}, t("clusters_none")))))));
  tick();
}

function tick() {
  const place = byId("wall-clock");
  if (place) place.textContent = time(new Date()).slice(0, 5);
}

async function refresh() {
  try {
    clusters = (await ask(address("/api/clusters", { tier: "confirmed", area_id: view.area, limit: ROWS }))).clusters;
  } catch {
    // The list that is there stays.
  }
  show();
}

/** The next area of the ranking is pointed at, so that the wall never stands still. */
function turn() {
  const all = ranked(view.measure === "stations" ? "establishment" : view.measure, "gap").slice(0, ROWS);
  if (!all.length) return;
  pointed = (pointed + 1) % all.length;
  const rows = byId("wall").querySelectorAll("ol:first-of-type li");
  rows.forEach((row, at) => row.classList.toggle("pointed", at === pointed));
  import("./areas.js").then(({ point }) => point(all[pointed].id));
}

/** Begins the large mode. */
export function begin() {
  byId("wall").hidden = false;
  byId("legend").open = true;
  theMap()?.resize();
  refresh();
  clearInterval(turning);
  clearInterval(clock);
  turning = setInterval(turn, TURN_MS);
  clock = setInterval(() => {
    tick();
    refresh();
  }, REFRESH_MS);
  if (listening) return;
  listening = true;
  for (const news of ["rates", "setup"]) hear(news, show);
  hear("state", refresh);
  hear("view", (keys) => {
    if (view.large && (keys.has("area") || keys.has("measure"))) refresh();
  });
}

/** Back to the page. */
export function end() {
  clearInterval(turning);
  clearInterval(clock);
  byId("wall").hidden = true;
  byId("wall").replaceChildren();
  theMap()?.resize();
}
