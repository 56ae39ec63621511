// Live: what changes in a union is on the map within a second. When the service is away the picture
// that is there stays, with the time it speaks for.

import { showKind } from "./areas.js";
import { refresh as refreshCells } from "./cells.js";
import { choose as chooseClusters } from "./clusters.js";
import { askSetup, askState, forget, load } from "./data.js";
import { byId, settled } from "./dom.js";
import { hear, known, tell, view } from "./store.js";
import { day, number, t, time } from "./words.js";

const AGAIN_MS = 5000;
let source = null;
let connected = false;
let changed = null;

/** What is known of how fresh the picture is, in one line. */
function show() {
  const chip = byId("fresh");
  const state = known.state;
  if (!state) {
    chip.textContent = "";
    return;
  }
  const edition = t("edition_of", { day: day(state.as_of), n: state.enterprises ?? "–" });
  const waiting = !connected || document.body.dataset.trouble === "1";
  chip.dataset.live = waiting ? "0" : "1";
  const when = known.rates ? time(new Date(known.rates.told)) : time(new Date());
  chip.replaceChildren(document.createTextNode(edition), Object.assign(document.createElement("b"), { textContent: waiting ? t("picture_of", { time: when }) : changed ? t("live_changed", { n: number(changed.n), time: changed.time }) : t("live") }));
}

const followFigures = settled(() => load(), 40);

/** Takes news of the state; the map and the figures follow. */
export function take(state) {
  const before = known.state;
  known.state = state;
  connected = true;
  if (before) {
    const other = before.enterprises !== state.enterprises || before.areas !== state.areas;
    if (before.clusters !== state.clusters) chooseClusters();
    if (other) {
      forget();
      showKind();
      refreshCells();
      chooseClusters();
      askSetup().then(load, load);
      tell("state", { edition: true });
    } else if (before.version !== state.version) {
      changed = { n: state.changed || 1, time: time(new Date()) };
      refreshCells();
      followFigures();
      tell("state", { edition: false });
    }
  }
  show();
}

function open() {
  source?.close();
  source = new EventSource("/api/live");
  source.addEventListener("state", (event) => take(JSON.parse(event.data)));
  source.addEventListener("open", () => {
    connected = true;
    show();
  });
  source.addEventListener("error", () => {
    connected = false;
    show();
    // The browser asks again by itself unless it was refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(again, AGAIN_MS);
  });
}

async function again() {
  try {
    take(await askState());
  } catch {
    connected = false;
    show();
  }
  open();
}

/** Begins to listen. */
export function ready() {
  open();
  hear("rates", show);
  hear("trouble", show);
  addEventListener("online", again);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) again();
  });
  if (view.large) setInterval(() => load(), 5 * 60 * 1000);
}
