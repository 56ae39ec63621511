// On my way: the stations that cost the least detour between here and where one is going.

import { ask, Problem } from "./ask.js";
import { button, byId, icon, make } from "./dom.js";
import * as list from "./list.js";
import { open as search } from "./places.js";
import { kept, now, tell, welcome } from "./store.js";
import { distance, ours, t } from "./words.js";

let goal = null;
let turn = 0;

/** Shows the question, and the answer once both ends are known. */
export async function show(panel) {
  if (!panel.children.length) {
    panel.append(make("section", { class: "card plain", "aria-labelledby": "along-title" },
      make("h2", { id: "along-title" }, t("along")), make("p", { class: "quiet" }, t("along_about")),
      make("div", { id: "along-goal" })));
  }
  showGoal();
  if (!now.position) {
    list.say(t("along_from_first"), { aloud: false });
    return;
  }
  if (kept.coarse) {
    list.say(t("not_when_coarse"), { wrong: true });
    return;
  }
  if (!goal) {
    list.say("");
    return;
  }
  await answer();
}

function showGoal() {
  const box = byId("along-goal");
  if (!goal) {
    search(box, { label: t("where_to"), chosen: (place) => {
      goal = place;
      tell("refresh");
    } });
    return;
  }
  box.replaceChildren(make("p", { class: "chosen" }, icon("flag"), make("span", {}, t("going_to", { name: goal.name })),
    button(t("change"), "search", () => {
      goal = null;
      box.replaceChildren();
      tell("refresh");
      box.querySelector("input")?.focus();
    }, { class: "act quiet-act" })));
}

async function answer() {
  turn += 1;
  const mine = turn;
  list.busy(true);
  list.say(t("searching"), { aloud: false });
  const body = { from: [now.position.lon, now.position.lat], to: [goal.lon, goal.lat], k: 8, open: kept.open ? "arrival" : "any", access: welcome() };
  if (kept.services.length) body.services = kept.services;
  if (kept.kinds.length) body.kinds = kept.kinds;
  try {
    const told = await ask("/api/stations/along", { body, seconds: 20 });
    if (mine !== turn || now.view !== "along") return;
    list.show(told.stations, { notes: told.notes });
    const way = told.direct_metres === null || told.direct_metres === undefined ? "" : t("along_direct", { metres: distance(told.direct_metres) });
    list.say(`${told.stations.length ? t("along_found", { n: told.stations.length }) : t("along_none")} ${way}`.trim());
  } catch (error) {
    if (mine !== turn || now.view !== "along") return;
    list.clear();
    if (error instanceof Problem) list.say([error.message, ours(error.remedy)].filter(Boolean).join(" "), { wrong: true });
    else {
      tell("online", false);
      list.say(t("needs_network"), { wrong: true });
    }
  }
}
