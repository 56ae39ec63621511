// The page: where somebody is, what they look at, and what happens when something changes.

import { button, byId, make } from "./dom.js";
import * as filters from "./filters.js";
import * as list from "./list.js";
import * as nearby from "./nearby.js";
import { locate, permission, straightMetres } from "./position.js";
import { hear, keep, kept, now, tell } from "./store.js";
import { exactly, t } from "./words.js";

const WALKED_METRES = 25;
const PATIENCE_MS = 8000;
let locating = false;

// ---------------------------------------------------------------------- where somebody is
function showWhere(state) {
  const known = state === "known";
  byId("ask-place").hidden = known;
  byId("known-place").hidden = !known;
  byId("locate").hidden = state === "none";
  byId("locate").disabled = state === "locating";
  byId("locate-word").textContent = state === "locating" ? t("locating") : t("find");
  byId("place-open").hidden = state === "refused" || state === "none";
  if (state === "refused" || state === "none") searchPlace(false);
  if (known) {
    const { label, accuracy } = now.position;
    byId("where").textContent = label ?? (accuracy ? t("you_are_here_within", { metres: exactly(accuracy) }) : t("you_are_here"));
  }
}

/** Takes a position for this page; the same place again asks nothing anew. */
export function stand(position, { again = true } = {}) {
  const before = now.position;
  now.position = position;
  showWhere("known");
  if (again || !before || before.label || straightMetres(before, position) > WALKED_METRES) tell("refresh");
}

function locateNow() {
  if (locating) return;
  locating = true;
  if (!now.position) showWhere("locating");
  let first = true;
  locate((fix) => {
    locating = false;
    // The second, exact fix asks again only when it is somewhere else.
    if (first || !now.position?.label) stand(fix, { again: first });
    first = false;
  }, (why) => {
    locating = false;
    if (now.position) {
      // From where somebody was the list is anew at least, and says so.
      tell("refresh");
      byId("where").textContent = t("position_as_before", { place: now.position.label ?? t("you_are_here") });
      return;
    }
    showWhere("refused");
    list.say(t(why === "denied" ? "position_denied" : "position_unavailable"), { wrong: true });
  });
}

async function searchPlace(focus = true) {
  const { open } = await import("./places.js");
  byId("ask-place").hidden = false;
  open(byId("place-search"), {
    label: t("where_are_you"),
    focus,
    chosen: (place) => {
      byId("place-search").replaceChildren();
      stand({ lon: place.lon, lat: place.lat, label: place.name });
      byId("change-place").focus();
    },
  });
}

// ---------------------------------------------------------------------- what one looks at
function asked() {
  let hash = location.hash.slice(1);
  try {
    hash = decodeURIComponent(hash);
  } catch {
    // No address of this page: what is nearby.
  }
  const [, kind, id] = /^([sa])=(\d{1,16})$/.exec(hash) ?? [];
  if (kind) return { view: "one", kind, id: Number(id) };
  return { view: ["along", "saved"].includes(hash) ? hash : "nearby" };
}

async function showView({ refresh = false } = {}) {
  const { view, kind, id } = asked();
  const other = view !== now.view || (!refresh && view === "one");
  now.view = view;
  for (const link of document.querySelectorAll("#views a")) {
    if (link.hash === (view === "nearby" ? "#nearby" : `#${view}`)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (other) {
    nearby.leave();
    list.clear();
    byId("panel").replaceChildren();
  }
  document.body.dataset.view = view;
  byId("list-title").textContent = t(`title_${view}`);
  if (view === "along") await (await import("./along.js")).show(byId("panel"));
  else if (view === "saved") await (await import("./saved.js")).show();
  else if (view === "one") await (await import("./one.js")).show(kind, id);
  else if (now.position) await nearby.show();
  else list.say(t("not_yet"), { aloud: false });
}

// ---------------------------------------------------------------------- around the list
function ready() {
  filters.ready();
  byId("locate").addEventListener("click", locateNow);
  byId("again").addEventListener("click", () => {
    if (now.position?.label) tell("refresh");
    else locateNow();
  });
  byId("change-place").addEventListener("click", () => searchPlace());
  byId("place-open").addEventListener("click", () => searchPlace());
  byId("open-settings").addEventListener("click", async () => (await import("./settings.js")).open());
  byId("unions-open").addEventListener("click", async () => (await import("./unions.js")).show(byId("unions")));
  byId("map-open").addEventListener("click", async () => (await import("./map.js")).open());
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address tells the view and nothing else
    byId("list-title").focus();
    byId("list-title").scrollIntoView();
  });
  for (const link of document.querySelectorAll("[data-language]")) {
    link.addEventListener("click", () => keep({ language: link.dataset.language }));
  }
  hear("refresh", () => showView({ refresh: true }));
  hear("search-place", () => searchPlace());
  hear("online", (online) => {
    byId("net").hidden = online;
  });
  hear("saved", () => {
    if (now.view === "saved") showView({ refresh: true });
  });
  addEventListener("hashchange", () => showView());
  addEventListener("online", () => {
    sendWaiting();
    tell("refresh");
  });
  addEventListener("offline", () => tell("online", false));
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    const install = button(t("install"), "install", async () => {
      install.remove();
      await event.prompt();
    }, { class: "act wide" });
    byId("install").replaceChildren(install, make("p", { class: "quiet small" }, t("install_why")));
  });
}

async function sendWaiting() {
  const sent = await (await import("./report.js")).sendWaiting();
  if (sent) list.say(t(sent === 1 ? "report_sent_later_one" : "report_sent_later", { n: sent }));
}

/** What may wait until the first answer stands. */
function later() {
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 1000));
  idle(() => {
    navigator.serviceWorker?.register("/sw.js").catch(() => {});
    navigator.serviceWorker?.addEventListener("message", ({ data }) => {
      if (data?.sent) list.say(t(data.sent === 1 ? "report_sent_later_one" : "report_sent_later", { n: data.sent }));
    });
    if (navigator.onLine) sendWaiting();
    import("./map.js").then((room) => room.ready());
  });
}

async function begin() {
  ready();
  byId("net").hidden = navigator.onLine;
  const state = await permission();
  if (state === "granted") {
    showWhere("locating");
    locateNow();
  } else showWhere({ denied: "refused", none: "none" }[state] ?? "prompt");
  if (asked().view !== "nearby") await showView();
  else if (!now.position) await showView();
  // Nothing may stand in the way of the first answer.
  const once = { done: false };
  const start = () => {
    if (once.done) return;
    once.done = true;
    later();
  };
  hear("shown", () => {
    if (now.stations.length) start();
  });
  setTimeout(start, PATIENCE_MS);
}

begin();
