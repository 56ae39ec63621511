// Two scenarios side by side: left of the curtain the other one, right of it the one that is open.
// Two maps that move as one; the curtain is an ordinary slider, so the keyboard moves it too.

import { byId, fill, make } from "../leader/dom.js";
import { listed, number, percent, t } from "../leader/words.js";
import { measuredApart } from "./asked.js";
import { asked, askPlan, bytes, evaluation, ground } from "./data.js";
import { dots } from "./dots.js";
import { more, siteName, spent } from "./figures.js";
import { colours, second, theMap } from "./map.js";
import { planName } from "./scenarios.js";
import { chosen, full, hear, known, look, older, siteOf, view } from "./store.js";
import { trouble } from "./trouble.js";

let other = null;
/** The second map on its way: one, however many ask for it. */
let coming = null;
let shown = null;
let pins = [];

function curtain() {
  byId("before").style.clipPath = `inset(0 ${100 - view.at}% 0 0)`;
  byId("curtain").style.left = `${view.at}%`;
  const slider = byId("swipe-at");
  if (!slider) return;
  slider.value = view.at;
  slider.setAttribute("aria-valuetext", t("swipe_at", { n: view.at }));
}

function follow() {
  const main = theMap();
  other?.jumpTo({ center: main.getCenter(), zoom: main.getZoom() });
}

async function secondMap() {
  byId("map-frame").append(make("div", { id: "before", "aria-hidden": "true" }), make("div", { id: "curtain", "aria-hidden": "true" }),
    make("span", { class: "side-word left", "aria-hidden": "true" }), make("span", { class: "side-word right", "aria-hidden": "true" }));
  curtain();
  other = second("before");
  theMap().on("move", follow);
  await new Promise((done) => other.once("style.load", done));
  shown = dots("people-before");
  shown.paint({ states: colours().people, ground: colours().ground });
  other.addLayer(shown.layer, "districts");
}

/** The sites of the other scenario, as pins that cannot be moved. */
function putPins(sites) {
  for (const pin of pins) pin.remove();
  pins = sites.filter(Boolean).map((site, at) => new globalThis.maplibregl.Marker({ element: make("span", { class: "pin other" }, make("span", {}, String(at + 1))), anchor: "bottom" }).setLngLat([site.lon, site.lat]).addTo(other));
}

/** Both in one table: what they reach, what they cost, which sites they share. */
function table(plan, theirs, demand) {
  const mine = known.told;
  const total = known.ground.demand.total;
  const [their, own] = [new Set(plan.answer.sites), new Set(chosen())];
  const both = [...own].filter((id) => their.has(id)).length;
  const rows = [
    [t("reached_share"), percent(demand.total ? theirs.covered / demand.total : null), percent(total ? mine.covered / total : null)],
    [t("newly_word"), more(Math.round(theirs.covered - theirs.covered_today)), more(Math.round(mine.covered - mine.covered_today))],
    [t("sites_n_word"), number(their.size), number(own.size)],
    ...(spent(mine.cost) ? [[t("cost_word"), spent(theirs.cost), spent(mine.cost)]] : []),
  ];
  const only = (ids, not) => ids.filter((id) => !not.has(id)).map((id) => siteName(siteOf(id) ?? plan.facts?.sites.find((one) => one.id === id)));
  const names = (list) => listed(list.slice(0, 8)) + (list.length > 8 ? t("and_more", { n: list.length - 8 }) : "");
  const [left, right] = [only([...their], own), only([...own], their)];
  const apart = measuredApart(plan.question, view.question);
  fill(byId("swipe-table"), make("table", {}, make("caption", {}, t("swipe_numbers")), make("thead", {}, make("tr", {}, make("td", {}), make("th", { scope: "col", class: "n" }, planName(plan)), make("th", { scope: "col", class: "n" }, known.plan ? planName(known.plan) : t("new_plan")))),
    make("tbody", {}, rows.map(([word, one, two]) => make("tr", {}, make("th", { scope: "row" }, word), make("td", { class: "n" }, one), make("td", { class: "n" }, two))))),
  make("p", { class: "small" }, t("swipe_both", { n: number(both) }), left.length ? ` ${t("swipe_left_only", { names: names(left) })}` : "", right.length ? ` ${t("swipe_right_only", { names: names(right) })}` : ""),
  apart.length ? make("p", { class: "note strong", id: "swipe-apart" }, t("swipe_apart", { what: listed(apart) })) : null,
  plan.editions_in_force === false || older() ? make("p", { class: "note", id: "swipe-newest" }, t("swipe_newest")) : null);
}

function controls(plan) {
  if (!byId("swipe-at")) {
    fill(byId("swipe"), make("div", { class: "slider-head" }, make("strong", { id: "swipe-title" }), make("button", { type: "button", class: "act quiet", onclick: () => look({ beside: null }, { push: true }) }, t("compare_off"))),
      make("input", { type: "range", id: "swipe-at", min: 0, max: 100, value: view.at, "aria-label": t("swipe_slider"), oninput: (event) => look({ at: Number(event.target.value) }) }));
  }
  byId("swipe").hidden = false;
  byId("swipe-title").textContent = t("swipe_title", { left: planName(plan), right: known.plan ? planName(known.plan) : t("new_plan") });
}

/** Shows the other scenario beside the one that is open. */
export async function show() {
  const id = view.beside;
  if (id === null || !theMap() || !known.ground || !known.told) return;
  try {
    const plan = known.beside?.id === id ? known.beside : await askPlan(id);
    if (view.beside !== id) return;
    known.beside = plan;
    if (!plan.answer) throw new Error(t("beside_unfinished"));
    const question = asked(view.hour, full(plan.question));
    const [under, theirs] = await Promise.all([ground(question), evaluation(question, plan.answer.sites)]);
    if (view.beside !== id) return;
    await (coming ??= secondMap());
    if (view.beside !== id) return;
    shown.put(under.demand);
    shown.mark(bytes(theirs.state));
    const of = new Map(under.candidates.map((one) => [one.id, one]));
    putPins(plan.answer.sites.map((one) => of.get(one) ?? plan.question.extra?.find((own) => own.key === one) ?? plan.facts?.sites.find((site) => site.id === one)));
    document.querySelector(".side-word.left").textContent = planName(plan);
    document.querySelector(".side-word.right").textContent = known.plan ? planName(known.plan) : t("new_plan");
    controls(plan);
    curtain();
    table(plan, theirs, under.demand);
    byId("map-frame").dataset.beside = String(id);
    trouble("beside");
  } catch (error) {
    if (view.beside !== id) return;
    look({ beside: null });
    trouble("beside", error);
  }
}

/** Back to one map. */
export function hide() {
  theMap()?.off("move", follow);
  other?.remove();
  [other, coming, shown, pins, known.beside] = [null, null, null, [], null];
  delete byId("map-frame").dataset.beside;
  for (const one of document.querySelectorAll("#before, #curtain, .side-word")) one.remove();
  byId("swipe").replaceChildren();
  byId("swipe").hidden = true;
  byId("swipe-table").replaceChildren();
}

hear("view", (keys) => {
  if (view.beside === null) {
    if (keys.has("beside")) hide();
  } else if (keys.has("beside") || keys.has("hour")) show();
  else if (keys.has("at") && byId("curtain")) curtain();
});
hear("told", ({ dragging }) => {
  if (view.beside !== null && !dragging) show();
});
hear("restyled", () => {
  if (view.beside === null) return;
  hide();
  show();
});
