// The planner's page: the question and the ground first, then what hangs on them.

import { announce, byId, later, make } from "../leader/dom.js";
import { day, listed, t } from "../leader/words.js";
import * as candidates from "./candidates.js";
import { askAreas, groundComes, stand } from "./data.js";
import * as hours from "./hours.js";
import * as job from "./job.js";
import * as map from "./map.js";
import * as permalink from "./permalink.js";
import * as plan from "./plan.js";
import * as pointer from "./pointer.js";
import * as question from "./question.js";
import { enough, tryAgain } from "./retry.js";
import * as scenarios from "./scenarios.js";
import * as sites from "./sites.js";
import { hear, known, look, view } from "./store.js";
import { trouble } from "./trouble.js";

/** Tabs of which the module is loaded when they are opened. */
const BEHIND = ["curve", "equity", "more", "tasks"];
const begun = new Set();
/** How often a module did not come. A browser may keep that an address failed: each time it is another. */
const failed = new Map();

/** Says in a tab that it did not load; without words, that it did. */
function missing(name, words = "") {
  const panel = byId(`panel-${name}`);
  panel.querySelector(".missing")?.remove();
  if (words) panel.prepend(make("p", { class: "note strong missing", role: "alert" }, words));
}

/** Loads what is behind a tab, once. */
async function load(name) {
  begun.add(name);
  const times = failed.get(name) ?? 0;
  let room;
  try {
    room = await import(`./${name}.js${times ? `?again=${times}` : ""}`);
  } catch {
    begun.delete(name);
    failed.set(name, times + 1);
    missing(name, t("tab_missing"));
    tryAgain("tab", openTab);
    return;
  }
  enough("tab");
  missing(name);
  try {
    room.ready();
  } catch (error) {
    console.error(error);
    missing(name, t("part_missing"));
  }
}

function openTab() {
  const name = view.tab;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const chosen = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !chosen;
    if (chosen && document.body.dataset.complete) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  if (BEHIND.includes(name) && !begun.has(name)) load(name);
}

function tabs() {
  const all = [...document.querySelectorAll("[role=tab]")];
  for (const tab of all) {
    // Once more on the one that is open: what did not load is asked for again.
    tab.addEventListener("click", () => (view.tab === tab.dataset.tab ? openTab() : look({ tab: tab.dataset.tab })));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : step ? (all.indexOf(tab) + step + all.length) % all.length : null;
      if (to === null) return;
      event.preventDefault();
      all[to].focus();
      all[to].click();
    });
  }
}

let compared = false;
/** Two scenarios beside each other: from then on what shows them hears by itself. */
async function compare() {
  if (compared) return;
  compared = true;
  try {
    await (await import("./swipe.js")).show();
  } catch {
    compared = false;
    trouble("beside", new Error(t("part_missing")));
  }
}

function fresh() {
  const list = known.ground?.editions ?? [];
  byId("fresh").textContent = list.length ? t("editions_of", { what: listed(list.filter((one) => ["demand", "candidate_sites"].includes(one.dataset)).map((one) => `${t(`dataset_${one.dataset}`)} ${day(one.as_of)}`)) }) : "";
  const notes = [];
  if (known.ground && !known.ground.candidates.length) notes.push(t("no_candidates"));
  if (known.ground && !known.ground.demand.points) notes.push(t("no_people"));
  if (known.ground?.straight_line) notes.push(t("straight_line"));
  byId("ground-notes").replaceChildren(...notes.map((text) => make("p", { class: "note" }, text)));
}

/** The map stands before its people do: until they come, or do not, it says so. */
function coming() {
  byId("ground-coming").hidden = !groundComes();
}

function tools() {
  const looked = () => map.restyle();
  byId("look").addEventListener("click", () => {
    window.nuanyiLook({ theme: document.documentElement.dataset.theme === "dark" ? "light" : "dark" });
    looked();
  });
  addEventListener("nuanyi-look", looked);
  byId("share").addEventListener("click", async () => {
    const link = `${location.origin}/plan${permalink.write()}`;
    try {
      await navigator.clipboard.writeText(link);
      announce(t("link_copied"));
      byId("share-word").textContent = t("link_copied");
    } catch {
      prompt(t("link_here"), link);
    }
    setTimeout(() => {
      byId("share-word").textContent = t("share");
    }, 2500);
  });
  byId("undo").addEventListener("click", () => permalink.canUndo() && history.back());
  byId("all").addEventListener("click", () => map.fit());
  for (const name of ["people", "candidates", "stations"]) byId(`layer-${name}`).addEventListener("change", map.showLayers);
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector("[role=tab][aria-selected=true]").focus();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (view.beside !== null) look({ beside: null }, { push: true });
    else if (view.site !== null) look({ site: null });
  });
}

const undoable = () => {
  byId("undo").hidden = !permalink.canUndo();
};

function follow() {
  hear("ground", fresh);
  for (const news of ["ground", "told"]) hear(news, coming);
  hear("view", (keys) => {
    if (keys.has("tab")) openTab();
    undoable();
    if (keys.has("beside") && view.beside !== null) compare();
  });
  hear("restyled", map.showLayers);
}

async function begin() {
  const own = permalink.begin();
  map.warm();
  const style = map.askStyle();
  style.catch(() => {});
  follow();
  for (const room of [question, plan, candidates, scenarios, sites, pointer, hours, job]) room.ready();
  tools();
  // On a phone the legend would hide what it explains.
  if (matchMedia("(max-width: 47.99rem)").matches) byId("legend").open = false;
  tabs();
  openTab();
  askAreas().catch(() => {});
  scenarios.bring();
  // A plan's question says which people are looked at: it comes before them.
  if (view.plan !== null) await job.openPlan(view.plan, { keepQuestion: own });
  const stood = stand();
  coming();
  try {
    await Promise.race([stood, new Promise((done) => setTimeout(done, 400))]);
    await map.draw(await style);
  } catch (error) {
    byId("map-said").textContent = error.message === t("map_unsupported") ? error.message : t("map_failed");
    byId("map-box").dataset.failed = "1";
  }
  await stood;
  if (view.beside !== null) compare();
  undoable();
  later(() => {
    document.body.dataset.complete = "1";
    import("./register.js").then((room) => room.ready(), () => {});
  });
}

begin();
