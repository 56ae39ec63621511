// The budget curve: what so many sites reach at best, the proven bound beside it, and a slider that
// puts the sites of any number on the map.

import { button, byId, draw, fill, make } from "../leader/dom.js";
import { english, half, number, percent, short, t } from "../leader/words.js";
import { askCurve, curveHolds, curveStep, groundWords } from "./data.js";
import { people, stepGap, stepWords, yuan } from "./figures.js";
import { chosen, hear, known, look, same, view } from "./store.js";
import { trouble } from "./trouble.js";

const [WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM] = [440, 220, 44, 10, 12, 30];
let counting = false;

const BEYOND = 3;
/** Steps that a plan was found for, and a few of those that reach nobody more. */
function stepsOf() {
  const found = known.curve.points.filter((one) => one.value !== null);
  const last = found.findIndex((one) => one.value >= found.at(-1).value * (1 - 1e-9));
  return found.slice(0, last + 1 + BEYOND);
}
/** Numbers of sites, or budgets, along the curve. */
const countOf = (point) => point.budget ?? point.sites;
const thousands = (n) => (n >= 10000 ? t("ten_thousands", { n: Number((n / (english ? 1000 : 10000)).toFixed(1)) }) : number(n));

/** Round numbers from one to another, three to six as a rule: 70, 75, 80, 85. */
function roundOnes(from, to, least) {
  if (!(to > from)) return [];
  const rough = Math.max((to - from) / 6, least);
  const power = 10 ** Math.floor(Math.log10(rough) + 1e-9);
  const step = power * [1, 2, 5, 10].find((one) => one * power >= rough * (1 - 1e-9));
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(to / step + 1e-9) - first + 1) }, (_, at) => (first + at) * step);
}

function picture(points, total, at) {
  const most = Math.max(...points.map(countOf), 1);
  const top = Math.min(total, Math.max(...points.map((one) => one.bound ?? one.value)) * 1.03) || 1;
  const low = Math.min(known.curve.covered_today, points[0].value);
  const floor = Math.max(0, low - (top - low) * 0.06);
  const x = (n) => LEFT + (n / most) * (WIDE - LEFT - RIGHT);
  const y = (value) => HIGH - BOTTOM - ((Math.min(value, top) - floor) / (top - floor || 1)) * (HIGH - TOP - BOTTOM);
  const line = (of) => points.map((one, step) => `${step ? "L" : "M"}${x(countOf(one)).toFixed(1)} ${y(of(one)).toFixed(1)}`).join("");
  const marks = total ? roundOnes(floor / total, top / total, 0.0001) : [];
  const steps = roundOnes(0, most, 1);
  const here = points[at];
  return draw("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "curve", "aria-hidden": "true" },
    draw("path", { d: `M${LEFT} ${y(floor)}H${WIDE - RIGHT}`, class: "grid" }),
    marks.map((share) => [draw("path", { d: `M${LEFT} ${y(share * total)}H${WIDE - RIGHT}`, class: "grid" }), draw("text", { x: LEFT - 6, y: y(share * total) + 4, class: "tick end" }, short(share))]),
    steps.map((n) => draw("text", { x: x(n), y: HIGH - 12, class: "tick middle" }, thousands(n))),
    draw("path", { d: `${line((one) => one.bound ?? one.value)}L${x(most)} ${y(points.at(-1).value)}${[...points].reverse().map((one) => `L${x(countOf(one)).toFixed(1)} ${y(one.value).toFixed(1)}`).join("")}Z`, class: "room" }),
    draw("path", { d: line((one) => one.bound ?? one.value), class: "bound" }),
    draw("path", { d: line((one) => one.value), class: "value" }),
    here ? [draw("path", { d: `M${x(countOf(here))} ${TOP}V${HIGH - BOTTOM}`, class: "now" }), draw("circle", { cx: x(countOf(here)), cy: y(here.value), r: 5, class: "dot" })] : null);
}

/** Words for one step: how many it reaches, what the last site adds, how near the best it is. */
function inWords(points, at, total) {
  const [here, before] = [points[at], points[at - 1]];
  const last = before ? here.value - before.value : here.value - known.curve.covered_today;
  return [here.budget === null ? "" : t("curve_budget", { budget: yuan(here.budget) }), t(known.curve.question.backup ? "curve_here_backup" : "curve_here", { n: number(here.sites), people: people(here.value, known.curve.question), share: percent(total ? here.value / total : null) }), last >= 0 && here.budget === null ? t("curve_last", { people: people(last, known.curve.question) }) : "", stepGap(here)].filter(Boolean).join(english ? " " : "");
}

/** The step of the curve whose sites are on the map, else the one with as many. */
function stepNow(points) {
  const exact = points.indexOf(curveStep());
  if (exact >= 0) return exact;
  const wanted = view.question.budget ?? (chosen().length || view.question.sites || 1);
  const found = points.findIndex((one) => countOf(one) >= wanted);
  return found < 0 ? points.length - 1 : found;
}

/** The sites that the slider put on the map last. */
let slid = null;
function slide(to) {
  const point = stepsOf()[to];
  const most = point.chosen;
  // One step, however far the slider goes, leads back to the set that was there before.
  look({ set: most, site: null, question: view.question.model !== "max-cover" ? view.question : { ...view.question, ...(point.budget === null ? { sites: point.sites } : { budget: point.budget }) } }, { push: slid === null || !same(view.set, slid) });
  slid = most;
}

function table(points, total) {
  const rows = points.filter((_, at) => points.length <= 40 || at % Math.ceil(points.length / 40) === 0 || at === points.length - 1);
  return make("details", {}, make("summary", {}, t("as_table")), make("div", { class: "table-box", tabindex: "0", role: "group", "aria-label": t("curve_title") }, make("table", {},
    make("thead", {}, make("tr", {}, [...(known.curve.byBudget ? [t("limit_by_budget")] : []), t("sites_n_word"), t("reached_word"), t("share_word"), t("bound_word")].map((word) => make("th", { scope: "col", class: "n" }, word)))),
    make("tbody", {}, rows.map((one) => make("tr", {}, [...(one.budget === null ? [] : [yuan(one.budget)]), number(one.sites), number(one.value), percent(total ? one.value / total : null), one.bound ? number(one.bound) : "–"].map((text) => make("td", { class: "n" }, text))))))));
}

/** Why no step of the curve has a plan. */
function none() {
  const { ground, curve } = known;
  if (!ground.candidates.length && !view.question.extra.length) return t("no_candidates");
  const words = t("curve_none", { n: stepWords(curve.points.at(-1) ?? { budget: null, sites: curve.question.sites }) });
  return [words, half(curve.problem, "detail") ?? t("curve_loosen")].join(english ? " " : "");
}

let kept = null;
function show() {
  if (view.tab !== "curve") return;
  const box = byId("curve-box");
  if (!known.ground) {
    fill(box, make("p", { class: "quiet" }, groundWords()));
    return;
  }
  if (counting) {
    fill(box, make("p", { class: "quiet" }, t("curve_counting")));
    return;
  }
  if (!curveHolds()) {
    kept = null;
    fill(box, make("p", { class: "quiet" }, known.curve ? t("curve_old") : t("curve_about")), button(t("curve_ask"), "play", count, { class: "act main", id: "curve-ask" }));
    return;
  }
  const points = stepsOf();
  if (!points.length) {
    fill(box, make("p", { class: "note", id: "curve-none" }, none()));
    return;
  }
  // Of all that could count: twice reached counts besides, where the question says so.
  const { total } = known.curve;
  const at = stepNow(points);
  if (kept !== known.curve) {
    kept = known.curve;
    fill(box, make("div", { id: "curve-picture" }),
      make("label", { class: "field" }, make("span", {}, known.curve.byBudget ? t("limit_by_budget") : t("curve_slider")), make("input", { type: "range", id: "curve-at", min: 0, max: points.length - 1, value: at, oninput: (event) => slide(Number(event.target.value)) })),
      make("p", { id: "curve-words", role: "status" }),
      make("p", { class: "note", id: "curve-room" }, t("room_not_counted")),
      make("p", { class: "quiet small" }, t("curve_legend")),
      table(points, total),
      button(known.curve.byBudget ? t("curve_solve_budget") : t("curve_solve"), "play", () => byId("solve").click(), { class: "act" }));
  }
  byId("curve-room").hidden = !view.question.capacity_per_place;
  byId("curve-at").value = at;
  byId("curve-at").setAttribute("aria-valuetext", stepWords(points[at]));
  fill(byId("curve-picture"), picture(points, total, at));
  byId("curve-words").textContent = inWords(points, at, total);
}

async function count() {
  counting = true;
  trouble("curve");
  show();
  try {
    const { candidates } = known.ground;
    const all = candidates.reduce((sum, one) => sum + (one.cost ?? 0), 0);
    await askCurve(Math.max(1, Math.min(200, candidates.length || 200)), all);
  } catch (error) {
    trouble("curve", error);
  } finally {
    counting = false;
    show();
  }
}

/** Prepares the curve. */
export function ready() {
  for (const news of ["curve", "plan", "ground"]) hear(news, show);
  // That the ground did not come.
  hear("told", () => known.ground || show());
  hear("view", (keys) => {
    if (["tab", "set", "question"].some((key) => keys.has(key))) show();
  });
  show();
}
