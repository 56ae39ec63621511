// One station as a card: minutes first, then whether the door is open, then everything else.

import { button, icon, make } from "./dom.js";
import { keep, kept, tell } from "./store.js";
import { distance, english, has, t, there, when, wholeMinutes, word } from "./words.js";

const STALE_DAYS = 365;
const SOON_MINUTES = 20;
const FEW_SERVICES = 5;
const IMPORTANT = ["hot_water", "meal_heating", "toilet", "phone_charging", "rest", "drinking_water", "mother_baby"];

/** The card of a station.
 *
 * @param station as the API's nearest list has it; `metres` is null where no way is known
 * @param options.estimate whether metres are the phone's own estimate
 * @param options.first whether it is the best one: drawn larger
 */
export function card(station, { estimate = false, first = false } = {}) {
  const name = `name-${station.id}`;
  const body = make("article", { class: first ? "card first" : "card", "aria-labelledby": name, "data-id": station.id },
    way(station, estimate),
    state(station),
    make("div", { class: "what" },
      make("h3", { id: name }, station.name),
      make("p", { class: "fact" }, icon("door"), make("span", {}, access(station))),
      services(station.services ?? [], first ? Infinity : FEW_SERVICES),
      station.address ? make("p", { class: "fact quiet" }, icon("pin"), make("span", {}, station.address)) : null,
      doubts(station, estimate),
      verified(station)),
    actions(station, estimate, first));
  return make("li", { class: "item" }, body);
}

function way(station, estimate) {
  if (station.metres === null || station.metres === undefined) {
    return make("div", { class: "way none" }, make("span", { class: "metres" }, word("kind", station.kind)));
  }
  const about = estimate || station.straight_line;
  const minutes = make("strong", {}, about ? make("span", { class: "unit" }, t("about")) : null,
    make("span", { class: "number" }, String(wholeMinutes(station.minutes))), make("span", { class: "unit" }, t("minutes_unit")));
  const detour = station.detour_metres === undefined ? null
    : make("span", { class: "metres detour" }, t("detour", { metres: distance(station.detour_metres) }));
  return make("div", { class: "way" }, minutes, make("span", { class: "metres" }, distance(station.metres)), detour);
}

/** Whether it is open when one gets there, in words. */
export function hoursInWords(station) {
  if (station.hours_state === "open") {
    if (station.open_until) return t("open_until", { time: when(station.open_until) });
    return station.opening_hours === "24/7" || station.hours_text === "24小时" ? t("open_always") : t("open_now");
  }
  if (station.suspended) return station.opens_at ? t("suspended_until", { time: when(station.opens_at) }) : t("suspended");
  if (station.hours_state === "closed") {
    return station.opens_at ? t("opens_at", { time: when(station.opens_at) }) : t("closed");
  }
  return station.hours_text ? t("hours_unsure", { text: station.hours_text }) : t("hours_unknown");
}

function state(station) {
  if (!station.hours_state) {
    return station.hours_text ? make("p", { class: "state unknown" }, t("hours_as_written", { text: station.hours_text })) : null;
  }
  const words = make("span", {}, hoursInWords(station));
  const line = make("p", { class: `state ${station.hours_state}` }, icon(station.hours_state === "open" ? "open" : "clock"), words);
  if (station.hours_state === "open" && station.open_until) {
    const left = (new Date(station.open_until) - Date.now()) / 60000 - (station.minutes ?? 0);
    if (left > 0 && left < SOON_MINUTES) {
      words.append(" ", make("span", { class: "soon" }, t("closes_soon", { n: Math.floor(left) })));
    }
  }
  return line;
}

/** When it is open on the other days too, as it is written; null where its state has said so. */
function writtenHours(station) {
  const { opening_hours: parsed, hours_text: written, hours_state: told } = station;
  if (!told || told === "unknown" || parsed === "24/7" || written === "24小时") return null;
  const text = english ? (parsed ?? written)?.replaceAll(/,(?=\d)/g, ", ") : written ?? parsed;
  return text ? make("p", { class: "fact quiet" }, icon("clock"), make("span", {}, t("hours_as_written", { text }))) : null;
}

function access(station) {
  const who = has(`access_${station.access}`) ? t(`access_${station.access}`) : station.access;
  return [who, station.access_method].filter(Boolean).join(" · ");
}

/** What it offers, what was wished for and what most ask for first; `most` of them. */
function services(codes, most) {
  if (!codes.length) return null;
  const rank = (code) => (kept.services.includes(code) ? -1 : (IMPORTANT.indexOf(code) + IMPORTANT.length + 1) % (IMPORTANT.length + 1));
  const sorted = [...codes].sort((one, other) => rank(one) - rank(other));
  const shown = sorted.length <= most + 1 ? sorted : sorted.slice(0, most);
  return make("ul", { class: "services", "aria-label": t("services") },
    shown.map((code) => make("li", {}, icon(code), make("span", {}, word("service", code)))),
    shown.length < sorted.length ? make("li", { class: "quiet" }, t("and_more", { n: sorted.length - shown.length })) : null);
}

/** What one had better know before walking there. */
function doubts(station, estimate) {
  const lines = [];
  if (station.status_note) lines.push(t("status_note", { text: station.status_note }));
  for (const [kind, n] of Object.entries(station.doubts ?? {})) {
    lines.push(has(`doubt_${kind}`) ? t(n === 1 ? `doubt_${kind}_one` : `doubt_${kind}`, { n }) : t("doubt_other", { n }));
  }
  if (station.straight_line) lines.push(t("straight_line"));
  else if (!estimate && station.uncertain) lines.push(t("uncertain"));
  if (!estimate && !station.straight_line && station.off_street_metres >= 60) {
    lines.push(t("off_street", { metres: distance(station.off_street_metres) }));
  }
  if (!lines.length) return null;
  return make("ul", { class: "doubts" }, lines.map((line) => make("li", {}, icon("doubt"), make("span", {}, line))));
}

function verified(station) {
  if (!station.verified_on) return make("p", { class: "quiet small" }, t("verified_never"));
  const days = (Date.parse(there(new Date())[0]) - Date.parse(station.verified_on)) / 86400000;
  const key = days > STALE_DAYS ? "verified_long_ago" : "verified";
  return make("p", { class: "quiet small" }, t(key, { date: station.verified_on }));
}

// ---------------------------------------------------------------------- what one can do
function actions(station, estimate, first) {
  const region = make("div", { class: "route", id: `route-${station.id}`, hidden: true });
  const about = { "aria-describedby": `name-${station.id}` };
  const go = kept.map
    ? make("a", { class: "act main", href: `/go/${kept.map}/${station.id}`, target: "_blank", rel: "noopener", ...about },
      icon("go"), make("span", {}, t("go_with", { map: t(`map_${kept.map}`) })))
    : button(t("go"), "go", () => import("./handover.js").then((room) => room.open(station)), { class: "act main", ...about });
  const route = estimate || station.metres === null || station.metres === undefined ? null
    : button(t("route"), "route", (event) => showRoute(event.currentTarget, station, region),
      { "aria-expanded": "false", "aria-controls": region.id, ...about });
  const phone = (station.phone ?? "").replace(/[^\d+]/g, "");
  const shared = make("p", { class: "quiet small", hidden: true });
  const more = make("details", { class: "more" },
    make("summary", { class: "act" }, icon("more"), make("span", {}, t("more")), make("span", { class: "hidden" }, station.name)),
    first ? null : services(station.services ?? [], Infinity),
    writtenHours(station),
    make("div", { class: "acts" },
      phone ? make("a", { class: "act", href: `tel:${phone}`, ...about }, icon("phone"), make("span", {}, t("call"))) : null,
      button(t("share"), "share", () => share(station, shared), about),
      button(t("report"), "report", () => import("./report.js").then((room) => room.open(station)), about),
      kept.map ? button(t("other_maps"), "go", () => import("./handover.js").then((room) => room.open(station)), about) : null),
    shared);
  return make("div", { class: "acts" }, go, route, star(station), more, region);
}

function star(station) {
  const mine = () => kept.saved.includes(station.id);
  const made = button(t("save"), "star", () => {
    keep({ saved: mine() ? kept.saved.filter((id) => id !== station.id) : [...kept.saved, station.id] });
    made.setAttribute("aria-pressed", String(mine()));
    tell("saved");
  }, { class: "act star", "aria-pressed": String(mine()), "aria-describedby": `name-${station.id}` });
  return made;
}

async function showRoute(pressed, station, region) {
  const open = pressed.getAttribute("aria-expanded") === "true";
  pressed.setAttribute("aria-expanded", String(!open));
  region.hidden = open;
  if (open) tell("line", null);
  else await (await import("./route.js")).show(station, region);
}

/** Shares a link; where the phone has no sheet for that it is copied, and `shared` says so. */
async function share(station, shared) {
  const url = `${location.origin}/#s=${station.id}`;
  const text = [station.name, station.address].filter(Boolean).join("\n");
  const { announce } = await import("./dom.js");
  try {
    if (navigator.share) {
      await navigator.share({ title: station.name, text, url });
      return;
    }
    await navigator.clipboard.writeText(`${text}\n${url}`);
    announce(t("copied"));
    shared.textContent = t("copied");
    shared.hidden = false;
  } catch (error) {
    if (error.name === "AbortError") return;
    // Neither sharing nor the clipboard is there: show the address, so that it can be copied.
    const { openSheet } = await import("./dom.js");
    openSheet(t("share"), t("close"), make("p", { class: "copy" }, url));
  }
}
