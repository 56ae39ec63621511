// The nearest stations around where somebody is: from the service, or from the phone when there is
// no service to be had.

import { ask, Problem } from "./ask.js";
import { announce, button } from "./dom.js";
import * as filters from "./filters.js";
import * as list from "./list.js";
import { kept, now, tell } from "./store.js";
import { asOf, distance, ours, t, when, wholeMinutes } from "./words.js";

const FEW = 6;
const MANY = 20;
const PATIENCE_MS = 2500;
let turn = 0;

/** Asks for the stations around `now.position` and shows them. */
export async function show(k = FEW) {
  turn += 1;
  const mine = turn;
  const current = () => mine === turn && now.view === "nearby";
  list.busy(true);
  if (!now.stations.length) list.say(t("searching"), { aloud: false });
  if (kept.coarse) {
    await fromPhone(k, current, "coarse");
    return;
  }
  // A bad network: show what the phone knows while the answer is on its way.
  const impatient = setTimeout(() => {
    if (!now.stations.length) fromPhone(k, current, "waiting").catch(() => {});
  }, PATIENCE_MS);
  try {
    const answer = await ask(`/api/stations/nearest?${filters.query(k)}`, { position: now.position });
    clearTimeout(impatient);
    if (current()) online(answer, k);
  } catch (error) {
    clearTimeout(impatient);
    if (!current()) return;
    if (error instanceof Problem) refused(error);
    else await fromPhone(k, current, "offline");
  }
}

/** Whoever left this view does not want its answer any more. */
export function leave() {
  turn += 1;
}

function online({ stations, notes, beyond }, k) {
  tell("online", true);
  list.show(stations, { notes });
  if (stations.length) list.say(list.found(stations.length));
  if (stations.length === k && k < MANY) list.offerMore(t("show_more"), () => show(MANY));
  if (!stations.length) nothing(beyond, notes);
  else if (beyond) also(beyond);
  prepareForOffline();
}

function beyondLines(beyond) {
  const lines = [];
  const facts = (one) => ({ name: one.name, metres: distance(one.metres), n: wholeMinutes(one.minutes) });
  if (beyond?.open) lines.push(t("beyond_open", facts(beyond.open)));
  if (beyond?.any && beyond.any.id !== beyond.open?.id) {
    const opens = beyond.any.opens_at ? t("opens_at", { time: when(beyond.any.opens_at) }) : t("not_open_then");
    lines.push(t("beyond_any", { ...facts(beyond.any), opens }));
  }
  return lines;
}

function doors(beyond) {
  const ids = [...new Set([beyond?.open, beyond?.any].filter(Boolean).map((one) => one.id))];
  const names = Object.fromEntries([beyond?.any, beyond?.open].filter(Boolean).map((one) => [one.id, one.name]));
  return ids.map((id) => button(t("show_one", { name: names[id] }), "pin", () => {
    location.hash = `s=${id}`;
  }));
}

function nothing(beyond, notes) {
  const wished = kept.services.length + kept.kinds.length;
  list.say(t("found_none"));
  const lines = [t("none_within", { wishes: filters.inWords() || t("any_station") }), ...beyondLines(beyond)];
  if (!beyond?.open && !beyond?.any && !notes.length) lines.push(t("none_beyond"));
  list.explain(t("found_none"), lines, [
    ...doors(beyond),
    kept.open ? button(t("also_closed"), "clock", () => filters.change({ open: false })) : null,
    wished ? button(t("clear_wishes"), "close", () => filters.change({ services: [], kinds: [] })) : null,
  ].filter(Boolean));
}

function also(beyond) {
  const lines = beyondLines(beyond);
  if (lines.length) list.explain(t("farther_on"), lines, doors(beyond));
}

function refused(problem) {
  list.clear();
  const text = problem.kind === "outside-service-area" ? t("outside") : problem.message;
  list.say(text, { wrong: true });
  list.explain(text, [problem.kind === "outside-service-area" ? t("outside_do") : ours(problem.remedy)], [
    button(t("try_again"), "again", () => tell("refresh")),
    button(t("other_place"), "search", () => tell("search-place")),
  ]);
}

// ---------------------------------------------------------------------- without the service
async function fromPhone(k, current, why) {
  const { load, covers, cellsAround, sync } = await import("./area.js");
  const { nearestHere } = await import("./device.js");
  let area = await load();
  let reached = why !== "offline";
  if (why === "coarse") {
    try {
      area = await sync(cellsAround(now.position.lon, now.position.lat));
      tell("online", true);
    } catch {
      reached = false;
    }
  }
  if (!current()) return;
  if (why === "waiting" && !covers(area, now.position)) return;
  if (!reached) tell("online", false);
  if (!covers(area, now.position)) {
    list.clear();
    list.say(t("offline_nothing"), { wrong: true });
    list.explain(t("offline_nothing"), [t("offline_nothing_do")], [button(t("try_again"), "again", () => tell("refresh"))]);
    return;
  }
  const stations = nearestHere(area, now.position, kept, k, Date.now());
  const time = asOf(area.as_of);
  const mark = t({ coarse: reached ? "mark_coarse" : "mark_offline", waiting: "mark_waiting", offline: "mark_offline" }[why], { time });
  list.show(stations, { estimate: true, mark });
  list.busy(why === "waiting");
  if (stations.length) {
    list.say(list.found(stations.length), { aloud: false });
    announce(`${list.found(stations.length)} ${mark}`);
  } else {
    list.say(t("found_none"));
    list.explain(t("found_none"), [t("none_within", { wishes: filters.inWords() || t("any_station") })], [
      kept.open ? button(t("also_closed"), "clock", () => filters.change({ open: false })) : null,
    ].filter(Boolean));
  }
  if (stations.length === k && k < MANY) list.offerMore(t("show_more"), () => show(MANY));
}

/** After the answer, when nothing else is going on: the stations of this area, for later. */
function prepareForOffline() {
  const { lon, lat } = now.position;
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 1500));
  idle(async () => {
    try {
      const { sync, cellsAround, cellOf } = await import("./area.js");
      await sync(navigator.connection?.saveData ? [cellOf(lon, lat)] : cellsAround(lon, lat));
      tell("area");
    } catch {
      // The next answer tries again.
    }
  }, { timeout: 5000 });
}
