// The stations' side: the share of workers who reach an open station on foot, hour by hour.

import { colour } from "./areas.js";
import { address, ask, Problem, turns } from "./ask.js";
import { byId, draw, fact, fill, make, settled } from "./dom.js";
import { bullet } from "./figures.js";
import { LEAST_WORKERS, showPockets } from "./pockets.js";
import { DAYS, hear, known, look, tell, view } from "./store.js";
import { areaName, half, number, ours, percent, t } from "./words.js";

const latest = turns();
let byHour = null;
let playing = 0;
let reaching = false;
let again = 0;

const RETRY_MS = 4000;

const clock = (hour) => `${String(hour).padStart(2, "0")}:00`;

/** The share by hour as a line of bars under the slider. */
function bars() {
  if (!byHour) return null;
  return draw("svg", { viewBox: "0 0 240 30", preserveAspectRatio: "none", class: "bullet", "aria-hidden": "true", height: 30 },
    byHour.map((share, hour) => draw("rect", { x: hour * 10 + 1, width: 8, y: 30 - 28 * (share ?? 0), height: 28 * (share ?? 0) + 1, fill: hour === view.hour ? "var(--warm)" : "var(--edge)" })));
}

function controls() {
  const box = byId("hours");
  if (box.children.length) return;
  const choice = (name, values, words) => make("select", { "aria-label": t(`hours_${name}`), onchange: (event) => look({ [name]: name === "minutes" ? Number(event.target.value) : event.target.value }) },
    values.map((value, at) => make("option", { value, selected: value === view[name] }, words[at])));
  box.append(
    make("div", { class: "slider-head" }, make("strong", { id: "hours-now" }),
      choice("minutes", [5, 10, 15], [5, 10, 15].map((n) => t("within_minutes", { n }))),
      choice("day", DAYS, DAYS.map((name) => t(`day_${name}`))),
      make("button", { type: "button", class: "act quiet", id: "hours-play", "aria-pressed": "false", onclick: play }, t("play"))),
    make("div", { id: "hours-bars" }),
    make("input", { type: "range", id: "hours-at", min: 0, max: 23, value: view.hour, "aria-label": t("hours_slider"), oninput: (event) => look({ hour: Number(event.target.value) }) }),
    make("p", { class: "quiet", id: "hours-said", role: "status" }));
}

function play() {
  clearInterval(playing);
  const on = byId("hours-play").getAttribute("aria-pressed") !== "true";
  byId("hours-play").setAttribute("aria-pressed", String(on));
  if (on) playing = setInterval(() => look({ hour: (view.hour + 1) % 24 }), 1200);
}

function mirror() {
  byId("hours-at").value = view.hour;
  byId("hours-at").setAttribute("aria-valuetext", clock(view.hour));
  byId("hours-now").textContent = t("hours_now", { time: clock(view.hour) });
  byId("hours-bars").replaceChildren(...[bars()].filter(Boolean));
}

const share = (of) => of?.shares.find((one) => one.minutes === view.minutes)?.share ?? null;

async function fetchHour() {
  await latest(async (signal) => {
    const told = await ask(address("/api/coverage/stations", { kind: view.kind, area_id: view.area, minutes: view.minutes, day: view.day, hour: view.hour, limit: 1000 }), { signal });
    if (view.measure !== "stations") return;
    const own = told.area ?? told.whole;
    const inside = (area) => view.area === null || known.rates?.byId.has(area.id);
    colour(new Map(told.areas.filter(inside).map((area) => [area.id, { value: share(area), few: Boolean(area.small_denominator) }])));
    byHour = told.by_hour.map(share);
    const now = told.people === null ? t("reach_none") : t("reached_now", { share: percent(share(own)), n: view.minutes, time: clock(view.hour), workers: number(own.workers), people: t(`people_${told.people}`), open: number(told.stations_open) });
    say(now);
    figure(told, own);
    reaching = true;
    known.reach = told.areas.filter(inside).map((area) => ({ ...area, share: share(area) }));
    tell("reach");
    mirror();
    // Without them the shares are as good.
    const pockets = await showPockets(signal).catch(() => null);
    if (view.measure === "stations" && pockets?.total) say(`${now} ${t("pockets_told", { n: number(pockets.total), least: LEAST_WORKERS, workers: number(Math.round(pockets.workers)) })}`);
  });
}

const say = (text) => {
  byId("hours-said").textContent = text;
};

/** The headline of the stations' side: the share, how even it is, what it divides. */
function figure(told, own) {
  const box = byId("figures");
  const even = told.equity.find((one) => one.minutes === view.minutes);
  const at = (id) => areaName(told.areas.find((one) => one.id === id) ?? { id });
  fill(box,
    make("p", { class: "measure" }, `${t("measure_stations")} · ${t("within_minutes", { n: view.minutes })} · ${clock(view.hour)}`),
    make("p", { class: share(own) === null ? "headline none" : "headline" }, percent(share(own))),
    bullet({ value: share(own), target: null }),
    own.small_denominator ? make("p", { class: "note" }, t("few_note")) : null,
    make("dl", { class: "facts" },
      fact(t("workers"), number(Math.round(own.workers))), fact(t("stations_open"), number(told.stations_open)),
      own.overlap === null ? null : fact(t("overlap"), percent(own.workers ? own.overlap / own.workers : null)),
      fact(t("far"), number(Math.round(own.far))),
      even?.gini === null || even === undefined ? null : fact(t("gini"), even.gini.toFixed(2)),
      even?.worst ? fact(t("worst"), at(even.worst)) : null),
    make("p", { class: "scope" }, t("scope_is", { scope: half(told, "scope") })),
    ...told.notes.map((note) => make("p", { class: "apart" }, ours(note))));
}

/** Shows the stations' side, or says plainly why not. */
export const show = settled(async () => {
  clearTimeout(again);
  if (view.measure !== "stations") return;
  controls();
  byId("hours").hidden = false;
  byId("time").hidden = true;
  mirror();
  if (!reaching) {
    // The colours of another measure would lie under this one's legend.
    colour(new Map());
    say(t("reach_counting"));
  }
  try {
    await fetchHour();
  } catch (error) {
    // Whoever asks first after a start may be told to come again; the network may be back.
    if (!(error instanceof Problem)) again = setTimeout(show, RETRY_MS);
    colour(new Map());
    say(!(error instanceof Problem) ? t("unreachable") : error.status === 404 ? t("reach_none") : ours(error.detail || error.message));
    byId("figures").replaceChildren(make("p", { class: "measure" }, t("measure_stations")), make("p", { class: "note" }, byId("hours-said").textContent));
  }
}, 60);

hear("view", (keys) => {
  if (view.measure !== "stations") {
    reaching = false;
    clearInterval(playing);
    byId("hours-play")?.setAttribute("aria-pressed", "false");
    return;
  }
  if (["hour", "day", "minutes", "kind"].some((key) => keys.has(key))) {
    if (byId("hours-at")) mirror();
    show();
  }
});
hear("rates", () => {
  if (view.measure === "stations") show();
});
