// The tabs of the panel; what is behind one is loaded when it is opened.

import { byId, later } from "./dom.js";
import { hear, look, tell, view } from "./store.js";
import { t } from "./words.js";

const BEHIND = {
  clusters: () => import("./clusterlist.js"),
  enterprises: () => import("./enterprises.js"),
  charts: () => import("./charts/charts.js"),
  notes: () => import("./notes.js"),
};
const begun = new Set();

async function open(name) {
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const chosen = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !chosen;
  }
  document.body.dataset.tab = name;
  if (!BEHIND[name]) return;
  try {
    const room = await BEHIND[name]();
    if (!begun.has(name)) {
      begun.add(name);
      room.ready();
    }
  } catch (error) {
    console.error(error);
    tell("said", t("part_missing"));
  }
}

/** Prepares the tabs: arrows move between them, as people who use them expect. */
export function ready() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  for (const tab of tabs) {
    tab.addEventListener("click", () => look({ tab: tab.dataset.tab }));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -tabs.length, End: tabs.length }[event.key];
      if (!step) return;
      event.preventDefault();
      const at = Math.max(0, Math.min(tabs.length - 1, Math.abs(step) === 1 ? (tabs.indexOf(tab) + step + tabs.length) % tabs.length : step < 0 ? 0 : tabs.length - 1));
      tabs[at].focus();
      tabs[at].click();
    });
  }
  hear("view", (keys) => {
    if (keys.has("tab")) open(view.tab);
  });
  if (view.tab === "rank") open("rank");
  else later(() => open(view.tab), 600);
}
