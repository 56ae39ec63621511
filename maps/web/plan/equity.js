// Before and after, subdistrict by subdistrict; and which sites reach the same people.

import { byId, draw, fill, make, save } from "../leader/dom.js";
import { areaName, number, percent, shortName, t } from "../leader/words.js";
import { groundWords } from "./data.js";
import { people, siteName } from "./figures.js";
import { chosen, figures, hear, known, older, siteOf, view } from "./store.js";

let order = "after";

/** Each subdistrict with its people, before and after; of the set that is on the map now. */
function districts() {
  const { ground } = known;
  const whole = older();
  const of = new Map((ground?.districts ?? []).map((one) => [one.id, one]));
  const now = figures()?.districts ?? [];
  return now.map((one) => {
    const base = (whole ? null : of.get(one.id)) ?? one;
    const all = base.people ?? one.people ?? 0;
    const before = one.before ?? base.covered_today ?? 0;
    return { id: one.id, name: one.name ?? base.name ?? null, people: all, before: all ? before / all : null, after: all ? one.after / all : null, uncovered: Math.max(0, all - one.after) };
  });
}

const ORDERS = {
  after: (one, other) => (one.after ?? 2) - (other.after ?? 2),
  gain: (one, other) => other.after - other.before - (one.after - one.before),
  uncovered: (one, other) => other.uncovered - one.uncovered,
};

function bar(one) {
  const at = (value) => Math.max(0, Math.min(1, value ?? 0)) * 120;
  return draw("svg", { viewBox: "0 0 120 10", preserveAspectRatio: "none", class: "bullet reach", "aria-hidden": "true" },
    draw("rect", { x: 0, y: 1, width: 120, height: 8, class: "bar-back" }), draw("rect", { x: 0, y: 1, width: at(one.after), height: 8, class: "bar-new" }),
    draw("rect", { x: 0, y: 1, width: at(Math.min(one.before ?? 0, one.after ?? 0)), height: 8, class: "bar-today" }));
}

/** How even it is: the lowest, the highest, and Gini's measure weighted by people. */
function even(all) {
  const counted = all.filter((one) => one.after !== null).sort((one, other) => one.after - other.after);
  if (counted.length < 2) return "";
  const gini = (share) => {
    const rows = [...counted].sort((one, other) => one[share] - other[share]);
    const [total, mean] = [rows.reduce((sum, one) => sum + one.people, 0), rows.reduce((sum, one) => sum + one.people * one[share], 0)];
    if (!mean) return null;
    let [below, area] = [0, 0];
    for (const one of rows) {
      const part = (one.people * one[share]) / mean;
      area += (one.people / total) * (below + part / 2);
      below += part;
    }
    return 1 - 2 * area;
  };
  const [before, after] = [gini("before"), gini("after")];
  const [low, high] = [counted[0], counted.at(-1)];
  return [t("equity_range", { low: shortName(low), low_share: percent(low.after), high: shortName(high), high_share: percent(high.after) }), before === null || after === null ? "" : t("equity_gini", { before: before.toFixed(2), after: after.toFixed(2) })].filter(Boolean).join(" ");
}

/** A change in points: "+25.8". */
const signed = (change) => {
  const shown = (Math.abs(change) * 100).toFixed(1);
  return shown === "0.0" ? "0" : `${change > 0 ? "+" : "−"}${shown}`;
};
const column = (word, n = false) => make("th", { scope: "col", class: n ? "n" : null }, word);

function table(all) {
  return make("table", {}, make("caption", {}, t("equity_caption")),
    make("thead", {}, make("tr", {}, column(t("district")), column(t("before_word"), true), column(t("after_word"), true), column(t("change_points"), true), column(t("uncovered_word"), true))),
    make("tbody", {}, all.map((one) => make("tr", { "data-area": one.id }, make("th", { scope: "row", title: areaName(one) }, shortName(one), bar(one)), ...[percent(one.before), percent(one.after), one.after === null ? "–" : signed(one.after - (one.before ?? 0)), number(one.uncovered)].map((text) => make("td", { class: "n" }, text))))));
}

/** Pairs of sites that reach the same people, the most first, and the question they are of. */
function overlaps() {
  const told = !older() && known.told?.sites.some((one) => one.overlap) ? known.told : { sites: known.plan?.facts?.sites ?? [], question: known.plan?.question };
  const set = new Set(chosen());
  const seen = new Map();
  for (const one of told.sites) {
    for (const { id, people: shared } of one.overlap ?? []) {
      if (!set.has(one.id)) continue;
      const key = [one.id, id].map(String).sort().join(" ");
      if (!seen.has(key)) seen.set(key, { one: one.id, other: id, name: siteOf(id)?.name ?? known.ground?.stations.find((station) => station.id === id)?.name, shared });
    }
  }
  return { pairs: [...seen.values()].sort((one, other) => other.shared - one.shared), of: told.question };
}

/** Why there is nothing to list: it is not known yet, or `none`. */
const nothing = (none) => make("p", { class: "empty" }, figures() ? none : known.ground ? t("figures_none_yet") : groundWords());

function show() {
  if (view.tab !== "equity") return;
  const all = districts().sort(ORDERS[order]);
  fill(byId("equity-words"), even(all));
  fill(byId("equity-table"), all.length ? table(all) : nothing(t("equity_none")));
  byId("equity-save").hidden = !all.length;
  const { pairs, of } = overlaps();
  fill(byId("overlap-table"), pairs.length ? make("table", {}, make("caption", {}, t("overlap_caption")), make("thead", {}, make("tr", {}, column(t("site_word")), column(t("site_or_station")), column(t("both_reach"), true))),
    make("tbody", {}, pairs.slice(0, 60).map((pair) => make("tr", {}, make("th", { scope: "row" }, siteName(siteOf(pair.one))), make("td", {}, pair.name ?? siteName(siteOf(pair.other))), make("td", { class: "n" }, people(pair.shared, of)))))) : nothing(t("overlap_none")));
}

/** A cell that no spreadsheet takes for a formula. */
const cell = (value) => {
  const text = String(value ?? "");
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
};

/** Prepares the tables. */
export function ready() {
  for (const press of document.querySelectorAll("[name=equity-order]")) {
    press.addEventListener("change", () => {
      order = press.value;
      show();
    });
  }
  byId("equity-save").addEventListener("click", () => {
    const rows = districts().sort(ORDERS[order]).map((one) => [areaName(one), Math.round(one.people), one.before, one.after, Math.round(one.uncovered)]);
    const head = [t("district"), t("people_word"), t("before_word"), t("after_word"), t("uncovered_word")];
    save("equity.csv", `\ufeff${[head, ...rows].map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`, "text/csv;charset=utf-8");
  });
  for (const news of ["told", "plan", "ground"]) hear(news, (told) => told?.dragging || show());
  hear("view", (keys) => {
    if (keys.has("tab") || keys.has("set")) show();
  });
  show();
}
