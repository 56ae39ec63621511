// The headline: where one stands against the target, what is missing, what is set apart.

import { byId, draw, fact, fill, make } from "./dom.js";
import { filtered, hear, known, rateOf, view } from "./store.js";
import { listed, number, ours, page, percent, short, shortName, t, word } from "./words.js";

const WIDE = 320;

/** A share against its target as a bar: interval as a thin line, target as a tick. 0 to 100 %. */
export function bullet(rate, { colour = null, wide = WIDE, high = 16 } = {}) {
  const at = (share) => Math.max(0, Math.min(1, share)) * wide;
  const middle = high / 2;
  const parts = [draw("rect", { x: 0, y: 2, width: wide, height: high - 4, class: "bar-back" })];
  if (rate.value !== null && rate.value !== undefined) {
    parts.push(draw("rect", { x: 0, y: 2, width: at(rate.value), height: high - 4, fill: colour ?? "currentColor", class: "bar-value" }));
  }
  if (rate.low !== null && rate.low !== undefined) parts.push(draw("path", { d: `M${at(rate.low)} ${middle}H${at(rate.high)}`, class: "bar-interval" }));
  if (rate.target) parts.push(draw("path", { d: `M${at(rate.target)} 0V${high}`, class: "bar-target" }));
  return draw("svg", { viewBox: `0 0 ${wide} ${high}`, preserveAspectRatio: "none", class: "bullet", "aria-hidden": "true" }, parts);
}

/** What is missing to the target, in words. */
export function shortfall(rate, measure = view.measure) {
  if (!rate.target) return "";
  if (rate.value !== null && rate.value >= rate.target) return t("target_met");
  const pattern = page.texts[`missing.${measure}`];
  return rate.gap === null || !pattern ? "" : pattern.replace("{n}", number(rate.gap));
}

/** The area that is looked at, or the whole. */
const title = () => (known.trail.length ? shortName(known.trail.at(-1)) : t("whole"));

/** What is not counted and why: never left unsaid. */
export function apart(of) {
  const set = of.apart;
  const counts = ["mass_registration", "dormant", "closed"].map((name) => [name, set[name]]).filter(([, n]) => n);
  if (!counts.length) return null;
  return t("apart", { what: listed(counts.map(([name, n]) => t("apart_one", { kind: word("leader_apart", name), n: number(n) }))), n: number(set.employees) });
}

function show() {
  const box = byId("figures");
  const of = known.rates?.own;
  if (!of) return;
  byId("figures-title").textContent = title();
  if (view.measure === "stations") {
    fill(box, make("p", { class: "measure" }, t("measure_stations")));
    return;
  }
  const rate = rateOf(of);
  const none = rate.value === null;
  const facts = make("dl", { class: "facts" },
    rate.low === null ? null : fact(t("interval"), `${percent(rate.low)}–${percent(rate.high)}`),
    rate.missing === null ? null : fact(t("missing_share"), percent(rate.missing)),
    known.past ? null : fact(t("employees"), number(of.figures.employees)));
  fill(box,
    make("p", { class: "measure" }, word("measure", view.measure), known.past ? make("b", {}, ` · ${t("time_then", { day: known.pastDay })}`) : null),
    make("p", { class: none ? "headline none" : "headline" }, percent(rate.value, rate.target),
      rate.target ? make("small", {}, t("target_is", { target: short(rate.target) })) : make("small", {}, t("no_target"))),
    bullet(rate),
    make("p", { class: rate.value !== null && rate.value >= (rate.target ?? 2) ? "short met" : "short" }, shortfall(rate)),
    make("p", { class: "parts" }, word("numerator", view.measure), " ", make("b", {}, number(rate.numerator)), " / ", word("denominator", view.measure), " ", make("b", {}, number(rate.denominator))),
    none ? make("p", { class: "note" }, view.filters.state.length ? ours(known.rates.notes.at(-1)) : filtered() ? t("empty_filter") : t("no_data_why")) : null,
    rate.small && !none ? make("p", { class: "note" }, t("few_note")) : null,
    facts,
    known.past && filtered() ? make("p", { class: "note" }, t("unfiltered")) : null,
    known.past ? null : make("p", { class: "apart" }, apart(of) ?? t("apart_none")),
    make("p", { class: "scope" }, t("scope_is", { scope: rate.scope })));
}

/** Prepares the headline. */
export function ready() {
  for (const news of ["rates", "past"]) hear(news, show);
  hear("view", (keys) => {
    if (keys.has("measure")) show();
  });
}
