// What the figures mean: definitions, editions, what is set apart, where the numbers can be taken.

import { byId, fact, make } from "./dom.js";
import { apart } from "./figures.js";
import { hear, known, view } from "./store.js";
import { address } from "./ask.js";
import { memberFilters } from "./clusters.js";
import { day, ours, page, short, t, word } from "./words.js";

function show() {
  const rates = known.rates;
  if (view.tab !== "notes" || !rates) return;
  const of = rates.own;
  const sources = { area_id: view.area, ...view.filters };
  byId("panel-notes").replaceChildren(
    make("section", {}, make("h3", {}, t("notes_rates")), make("dl", {}, page.measures.filter((name) => of.rates[name]).map((name) => {
      const rate = of.rates[name];
      return [make("dt", {}, word("measure", name)), make("dd", {}, rate.scope, make("br"), rate.target ? `${t("target_is", { target: short(rate.target) })}${sourceOf(rate)}` : t("no_target"))];
    }))),
    make("section", {}, make("h3", {}, t("notes_apart")), make("p", {}, apart(of) ?? t("apart_none")), make("p", { class: "quiet" }, t("apart_why"))),
    rates.notes.length ? make("section", {}, rates.notes.map((note) => make("p", { class: "note" }, ours(note)))) : "",
    make("section", {}, make("h3", {}, t("notes_reading")), make("ul", {}, ["read_no_data", "read_few", "read_interval", "read_shrunk", "read_missing", "read_cluster", "read_border"].map((key) => make("li", {}, `· ${t(key)}`)))),
    make("section", {}, make("h3", {}, t("notes_editions")), make("dl", { class: "facts" }, rates.editions.map((one) => fact(word("leader", `dataset_${one.dataset}`), t("edition_of", { day: day(one.as_of), n: one.id }))))),
    make("section", {}, make("h3", {}, t("notes_take")), make("ul", {},
      link("/maps/coverage.html", t("portable")),
      link(address("/reports/bulletin.pdf", { area_id: view.area, lang: page.language }), t("take_bulletin")),
      link(address("/reports/bulletin.xlsx", { area_id: view.area, lang: page.language }), t("take_bulletin_sheet")),
      link("/maps/clusters.html", t("take_clusters_map")),
      link(address("/api/clusters.xlsx", { area_id: view.area, ...memberFilters() }), t("take_clusters")),
      link(address("/api/coverage", { kind: view.kind, parent_id: view.area, ...view.filters, limit: 1000 }), t("take_json")),
      link(address("/api/enterprises/figures", sources), t("take_figures")),
      link("/docs", t("take_docs")))));
}

const link = (href, text) => make("li", {}, "· ", make("a", { href }, text));

const sourceOf = (rate) => (rate.source ? (page.language === "en" ? ` (${rate.source})` : `（${rate.source}）`) : "");

/** Prepares the notes. */
export function ready() {
  hear("rates", show);
  hear("view", show);
  show();
}

