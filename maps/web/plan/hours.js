// One hour of the question: who is about then, and who of them is reached.

import { byId, draw, fill, settled } from "../leader/dom.js";
import { english, percent, t } from "../leader/words.js";
import { countsClosed } from "./asked.js";
import { clock } from "./figures.js";
import { chosen, hear, known, look, older, view } from "./store.js";

const between = english ? ", " : "，";
/** The share at each hour that was looked at, of the set and question that are there. */
let seen = new Map();
let about = "";

function forget() {
  const now = JSON.stringify([chosen(), { ...view.question, hours: null }]);
  if (now !== about) seen = new Map();
  about = now;
}

function bars() {
  const of = view.question.hours;
  fill(byId("hour-bars"), draw("svg", { viewBox: "0 0 240 24", preserveAspectRatio: "none", class: "bullet hours", "aria-hidden": "true" },
    Array.from({ length: 24 }, (_, hour) => {
      const value = seen.get(hour);
      const high = value === undefined ? 3 : 3 + 20 * value;
      return draw("rect", { x: hour * 10 + 1, width: 8, y: 24 - high, height: high, class: hour === view.hour ? "hour-now" : of.includes(hour) ? "hour-in" : "hour-out" });
    })));
}

function show() {
  const slider = byId("hour-at");
  const all = view.hour === null;
  slider.value = view.hour ?? (Number(slider.value) || 12);
  slider.setAttribute("aria-valuetext", all ? t("hours_all") : clock(view.hour));
  byId("hours-bar").dataset.all = all ? "1" : "0";
  byId("hour-all").setAttribute("aria-pressed", String(all));
  byId("hour-now").textContent = all ? t("hours_all") : t("hour_is", { time: clock(view.hour) });
  bars();
}

/** Prepares the slider. */
export function ready() {
  // A slide passes over many hours; only the one it rests on is asked for.
  const rest = settled((hour) => look({ hour }), 160);
  byId("hour-at").addEventListener("input", (event) => {
    byId("hour-now").textContent = t("hour_is", { time: clock(Number(event.target.value)) });
    rest(Number(event.target.value));
  });
  byId("hour-all").addEventListener("click", () => look({ hour: null }));
  hear("told", ({ told, dragging }) => {
    if (dragging) return;
    forget();
    if (!told) {
      byId("hour-said").textContent = "";
      bars();
      return;
    }
    const total = known.ground?.demand.total;
    if (view.hour !== null && total) seen.set(view.hour, told.covered / total);
    for (const one of told.by_hour ?? []) if (one.share !== null && one.hour !== view.hour) seen.set(one.hour, one.share);
    // An older plan is told by its own data, which are not those of one hour now.
    byId("hour-said").textContent = total && !older() ? [t("hour_said", { share: percent(told.covered / total) }), countsClosed(told.question) ? t("whatever_open") : ""].filter(Boolean).join(between) : "";
    bars();
  });
  hear("view", (keys) => {
    // The share of another hour does not stay beside this one.
    if (keys.has("hour")) byId("hour-said").textContent = "";
    if (keys.has("hour") || keys.has("question")) show();
  });
  show();
}
