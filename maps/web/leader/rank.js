// The ranking: where the most is missing comes first. Joined to the map both ways.

import { classes, classOf } from "./areas.js";
import { address, ask } from "./ask.js";
import { byId, fill, make } from "./dom.js";
import { enter } from "./drill.js";
import { bullet } from "./figures.js";
import { filtered, hear, known, look, rateOf, tell, view } from "./store.js";
import { areaName, half, number, page, percent, points, shortName, t, word } from "./words.js";

const FEW_ROWS = 60;
let rows = FEW_ROWS;
let wanted = "";

/** The areas in the order that is looked at; those without data or with few stand last. */
export function ranked(measure = view.measure, by = view.order) {
  const rate = (area) => rateOf(area, measure);
  const value = (area) => {
    const one = rate(area);
    if (one.value === null) return Infinity;
    if (by === "gap" && one.gap !== null) return -one.gap;
    return one.shrunk ?? one.value;
  };
  const last = (area) => (rate(area).value === null ? 2 : rate(area).small && by === "rate" ? 1 : 0);
  return [...(known.rates?.areas ?? [])].filter((area) => area.rates[measure]).sort((one, other) => last(one) - last(other) || value(one) - value(other) || (one.code ?? "").localeCompare(other.code ?? ""));
}

/** A name, and the remark in brackets behind it in small. */
function nameParts(area) {
  const [whole, first] = [areaName(area), shortName(area)];
  return whole === first ? [whole] : [first, make("small", {}, whole.slice(first.length))];
}

function side(rate, area) {
  const change = known.compared?.get(area.id)?.change;
  if (known.compared) return change === null || change === undefined ? "" : points(change);
  if (rate.value === null) return "";
  if (rate.target && rate.value >= rate.target) return t("target_met");
  return rate.gap === null ? "" : t("short_by", { n: number(rate.gap) });
}

function row(area, at) {
  const rate = rateOf(area);
  const of = classes();
  const klass = classOf(rate.value, of);
  const words = [t("of_base", { n: number(rate.numerator), of: number(rate.denominator) }), rate.small && rate.value !== null ? t("few") : "", area.boundary ? "" : t("no_border")].filter(Boolean).join(" · ");
  return make("li", {}, make("button", { type: "button", class: "row", "data-area": area.id, onclick: () => enter(area.id) },
    make("span", { class: "place", "aria-hidden": "true" }, rate.value === null ? "–" : String(at + 1)),
    make("span", { class: "name" }, ...nameParts(area)),
    make("span", { class: rate.value === null ? "value none" : "value" }, percent(rate.value, rate.target)),
    make("span", { class: "bar-box" }, bullet(rate, { colour: klass < 0 ? page.colours.noData : of.colours[klass], wide: 200, high: 10 })),
    make("span", { class: "side" }, side(rate, area)),
    make("span", { class: "words" }, rate.value === null ? t("no_data_not_zero") : words)));
}

/** Remembers the row that has the focus; the answer gives it back, to its likeness in the new list. */
function holdRow(list) {
  const held = list.contains(document.activeElement) ? document.activeElement.dataset.area : null;
  return () => {
    if (held) list.querySelector(`[data-area="${held}"]`)?.focus({ preventScroll: true });
  };
}

/** Where to send people, each with its reason. */
async function visits(list) {
  try {
    const told = await ask(address("/api/coverage/visits", { kind: view.kind, parent_id: view.area, limit: FEW_ROWS }));
    if (view.order !== "visits") return;
    const named = told.visits.filter((one) => areaName(one).toLowerCase().includes(wanted));
    const giveBack = holdRow(list);
    fill(list, named.map((one) => make("li", {}, make("button", { type: "button", class: "row", "data-area": one.id, onclick: () => enter(one.id) },
      make("span", { class: "place", "aria-hidden": "true" }, String(one.rank)),
      make("span", { class: "name" }, ...nameParts(one)),
      make("span", { class: "value" }, t("people_n", { n: number(one.gap_workers) })),
      make("span", { class: "words reason" }, half(one, "reason"))))));
    giveBack();
    byId("rank-title").textContent = t("visits_title");
    byId("rank-about").textContent = [half(told, "measure"), known.past ? t("only_now") : "", filtered() ? t("not_filtered") : ""].filter(Boolean).join(" · ");
    if (!named.length) fill(list, make("li", { class: "empty" }, t("nothing_found")));
  } catch {
    fill(list, make("li", { class: "empty" }, t("not_told")));
  }
}

/** The areas by the share of workers who reach a station at this hour, the fewest first. */
function reached(list) {
  const of = classes();
  const all = (known.reach ?? []).filter((area) => areaName(area).toLowerCase().includes(wanted)).sort((one, other) => (one.share ?? 2) - (other.share ?? 2));
  const giveBack = holdRow(list);
  fill(list, all.slice(0, rows).map((area, at) => make("li", {}, make("button", { type: "button", class: "row", "data-area": area.id, onclick: () => enter(area.id) },
    make("span", { class: "place", "aria-hidden": "true" }, String(at + 1)),
    make("span", { class: "name" }, ...nameParts(area)),
    make("span", { class: area.share === null ? "value none" : "value" }, percent(area.share)),
    make("span", { class: "bar-box" }, bullet({ value: area.share }, { colour: of.colours[Math.max(0, classOf(area.share, of))], wide: 200, high: 10 })),
    make("span", { class: "side" }, t("people_n", { n: number(Math.round(area.workers)) })),
    area.small_denominator ? make("span", { class: "words" }, t("few")) : null))));
  giveBack();
  if (!all.length) fill(list, make("li", { class: "empty" }, t("rank_not_stations")));
}

function show() {
  const list = byId("rank-list");
  if (view.tab !== "rank" && !view.large) return;
  byId("rank-about").textContent = "";
  if (view.order === "visits") {
    byId("rank-more").replaceChildren();
    visits(list);
    return;
  }
  if (view.measure === "stations") {
    byId("rank-more").replaceChildren();
    reached(list);
    return;
  }
  const all = ranked().filter((area) => areaName(area).toLowerCase().includes(wanted));
  const giveBack = holdRow(list);
  list.replaceChildren(...all.slice(0, rows).map(row));
  if (!all.length) {
    const why = filtered() ? t("empty_filter") : view.area === null ? t("no_areas", { kind: word("kind", view.kind) }) : t("no_children");
    list.replaceChildren(make("li", { class: "empty" }, known.rates?.areas.length ? t("nothing_found") : why));
  }
  giveBack();
  const left = all.length - rows;
  byId("rank-more").replaceChildren(...(left > 0 ? [make("button", { type: "button", class: "act wide", onclick: () => {
    rows += 200;
    show();
  } }, t("more_rows", { n: number(Math.min(200, left)), all: number(all.length) }))] : []));
  if (known.rates?.cut) byId("rank-more").append(make("p", { class: "note" }, t("areas_cut", { n: number(known.rates.areas.length) })));
  byId("rank-title").textContent = t("rank_title", { kind: word("kind", view.kind), n: number(known.rates?.areas.length ?? 0) });
}

/** Points at what has the pointer or the focus; the map shows it too. */
function follow(list) {
  const pointAt = (event) => {
    const found = event.target.closest?.("[data-area]");
    tell("pointed", { area: found ? Number(found.dataset.area) : null, from: "list" });
  };
  for (const kind of ["pointerover", "focusin"]) list.addEventListener(kind, pointAt);
  for (const kind of ["pointerleave", "focusout"]) list.addEventListener(kind, () => tell("pointed", { area: null, from: "list" }));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const all = [...list.querySelectorAll(".row")];
    const next = all[all.indexOf(event.target.closest(".row")) + step];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });
}

/** The order that is chosen, in its buttons. */
function mirror() {
  for (const press of document.querySelectorAll("[name=order]")) press.checked = press.value === view.order;
}

/** Prepares the ranking. */
export function ready() {
  follow(byId("rank-list"));
  mirror();
  for (const press of document.querySelectorAll("[name=order]")) {
    press.addEventListener("change", () => look({ order: press.value }));
  }
  byId("rank-search").addEventListener("input", (event) => {
    wanted = event.target.value.trim().toLowerCase();
    rows = FEW_ROWS;
    show();
  });
  hear("rates", show);
  hear("setup", show);
  hear("compared", show);
  hear("past", show);
  hear("reach", show);
  hear("pointed", ({ area, from }) => {
    if (from !== "map") return;
    for (const one of byId("rank-list").querySelectorAll(".pointed")) one.classList.remove("pointed");
    if (area !== null) byId("rank-list").querySelector(`[data-area="${area}"]`)?.classList.add("pointed");
  });
  hear("view", (keys) => {
    if (keys.has("area") || keys.has("kind")) rows = FEW_ROWS;
    if (keys.has("order")) mirror();
    if (["measure", "tab", "order", "filters"].some((key) => keys.has(key))) show();
  });
}
