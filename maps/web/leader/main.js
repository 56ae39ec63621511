// The page: first the map with its areas and rates, then what hangs on it, then what may wait.

import { colour, ratesByArea, showKind, showMode as showAreas } from "./areas.js";
import { refresh as refreshCells, showMode as showCells } from "./cells.js";
import { choose as chooseClusters, point as pointCluster, refresh as refreshClusters } from "./clusters.js";
import { askSetup, askState, load } from "./data.js";
import { announce, byId, make } from "./dom.js";
import * as drill from "./drill.js";
import * as figures from "./figures.js";
import * as filters from "./filters.js";
import * as legend from "./legend.js";
import * as live from "./live.js";
import { afterFirstPicture, askStyle, draw, fit, fly, restyle, showBase, showStations, warm } from "./map.js";
import * as permalink from "./permalink.js";
import "./pointer.js";
import * as rank from "./rank.js";
import { hear, known, look, tell, view } from "./store.js";
import * as tabs from "./tabs.js";
import { ours, shortName, page, percent, t, word } from "./words.js";

const SHORT_MS = 250;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Colours by what is looked at now, unless an older edition or the stations have their own. */
function recolour() {
  if (view.measure === "stations" || view.edition !== null || view.compare) return;
  colour(ratesByArea());
}

function follow() {
  hear("setup", showKind);
  for (const news of ["rates", "setup"]) hear(news, recolour);
  hear("rates", () => {
    const own = known.rates.own.rates[view.measure];
    const name = known.trail.length ? shortName(known.trail.at(-1)) : t("whole");
    if (own) announce(t("told", { name, measure: word("measure", view.measure), share: percent(own.value, own.target), n: known.rates.areas.length }));
  });
  hear("view", (keys) => {
    const any = (...names) => names.some((name) => keys.has(name));
    // What was said of the view before is over.
    if (any("area", "kind", "tab", "compare", "edition", "cluster", "measure", "filters")) byId("map-said").textContent = "";
    document.body.dataset.measure = view.measure;
    if (any("kind")) showKind();
    if (any("filters")) refreshCells();
    if (any("filters")) chooseClusters();
    if (any("clusters", "edition", "compare")) refreshClusters();
    if (any("show")) {
      showAreas();
      showBase();
    }
    if (any("show", "edition", "compare")) showCells();
    if (any("stations")) showStations();
    if (any("measure", "edition", "compare")) recolour();
    if (any("cluster")) pointCluster(view.cluster);
    if (any("large")) enlarge();
    if (any("edition", "compare", "measure")) more();
  });
  hear("camera", fly);
  hear("said", (text) => {
    byId("map-said").textContent = text;
    announce(text);
  });
  hear("trouble", trouble);
  hear("rates", () => {
    byId("trouble").replaceChildren();
    if (byId("map-said").textContent === t("old_picture")) byId("map-said").textContent = "";
  });
}

/** What keeps the figures away, and what to do. */
function trouble({ error, waiting }) {
  if (waiting && known.rates) {
    byId("trouble").replaceChildren(make("p", { class: "note" }, t("old_picture")));
    return;
  }
  const said = waiting ? [t("unreachable")]
    : error.status === 404 ? [t("no_editions"), make("code", {}, "nuanyi import areas …"), make("code", {}, "nuanyi import enterprises …")]
      : error.status === 401 || error.status === 403 ? [t("needs_key")]
        : [error.message, " ", ours(error.remedy)];
  byId("trouble").replaceChildren(make("p", { class: "note strong" }, ...said));
}

/** What comes with an older edition, with two beside each other, or with the stations. */
async function more() {
  if (view.compare) (await import("./compare.js")).show();
  else if (byId("before")) (await import("./compare.js")).hide();
  if (view.edition !== null) (await import("./time.js")).show();
  if (view.measure === "stations") (await import("./hours.js")).show();
  else byId("hours").hidden = true;
}

async function enlarge() {
  document.documentElement.dataset.large = view.large ? "1" : "0";
  window.nuanyiLook();
  await restyle();
  const room = await import("./large.js");
  if (view.large) room.begin();
  else room.end();
}

function tools() {
  byId("large-on").addEventListener("click", () => look({ large: true }, { push: true }));
  byId("large-off").addEventListener("click", () => look({ large: false }, { push: true }));
  const looked = async () => {
    await restyle();
    tell("look");
  };
  byId("look").addEventListener("click", () => {
    const { theme } = document.documentElement.dataset;
    window.nuanyiLook({ theme: theme === "dark" ? "light" : "dark" });
    looked();
  });
  addEventListener("nuanyi-look", looked);
  byId("share").addEventListener("click", async () => {
    const address = `${location.origin}/coverage${permalink.write()}`;
    try {
      await navigator.clipboard.writeText(address);
      announce(t("link_copied"));
      byId("share-word").textContent = t("link_copied");
    } catch {
      prompt(t("link_here"), address);
    }
    setTimeout(() => {
      byId("share-word").textContent = t("share");
    }, 2500);
  });
  byId("compare-open").addEventListener("click", async () => {
    const asked = view.measure;
    (await import("./compare.js")).open(asked);
  });
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("figures-title").focus();
    byId("figures-title").scrollIntoView();
  });
  byId("all").addEventListener("click", () => fit(known.trail.length ? null : known.setup?.bounds) ?? showHere());
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.target.matches?.("input[type=search], input[type=text]")) return; // it empties the field
    if (view.large) look({ large: false }, { push: true });
    else if (view.compare) look({ compare: null }, { push: true });
    else if (view.cluster !== null) look({ cluster: null }, { push: true });
    else drill.up();
  });
}

async function showHere() {
  if (view.area === null) return;
  const { place } = await import("./data.js");
  fit((await place(view.area)).area.bbox);
}

async function begin() {
  permalink.begin();
  warm();
  document.body.dataset.measure = view.measure;
  const asked = { style: askStyle(), state: askState(), setup: askSetup() };
  for (const one of Object.values(asked)) one.catch(() => {});
  follow();
  for (const room of [filters, legend, figures, rank, drill, tabs]) room.ready();
  tools();
  const rates = load();
  try {
    // The state names the editions in the tiles' addresses; without it the map still comes. Rates
    // that are there at once are drawn at once, and not after a picture without them.
    const [style] = await Promise.all([asked.style, asked.state.catch(() => {}), asked.setup.catch(() => {}), Promise.race([rates, pause(SHORT_MS)])]);
    await draw(style);
    recolour();
    pointCluster(view.cluster);
  } catch (error) {
    byId("map-said").textContent = error.message === t("map_unsupported") ? error.message : t("map_failed");
    byId("map-box").dataset.failed = "1";
  }
  afterFirstPicture(async () => {
    live.ready();
    if (view.large) enlarge();
    more();
    (await import("./editions.js")).ready();
    document.body.dataset.complete = "1";
  });
}

begin();
export { page };
