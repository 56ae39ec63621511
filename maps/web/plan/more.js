// Other questions than where the next sites go: which of today's stations to close, which to move,
// and one plan that does for working days and weekends.

import { address, ask, turns } from "../leader/ask.js";
import { button, byId, fill, make } from "../leader/dom.js";
import { day, english, half, listed, number, page, percent, t } from "../leader/words.js";
import { asked, notTaken } from "./data.js";
import { cost, gapText, hostType, people, siteName, spent, unitWord } from "./figures.js";
import { fitPlaces, goTo, goToPlace, showChanges } from "./map.js";
import { chosen, full, hear, setSites, siteOf, view } from "./store.js";
import { trouble } from "./trouble.js";

/** The last answers, each with the question it is about. */
const found = { changes: null, robust: null };
/** What ends the waiting for each, while there is any. */
const working = { changes: null, robust: null };
const LONGEST_SECONDS = 120;
const MOST_UNITS = 200;

/** That it is being worked out, for how long at most, and a way out. */
const waiting = (name) => make("div", { class: "waiting" },
  make("p", { class: "quiet", role: "status" }, t("more_working"), " ", t("more_meanwhile", { n: number(Math.min(LONGEST_SECONDS, view.question.seconds)) })),
  button(t("stop_waiting"), "stop", () => working[name]?.abort(), { id: `${name}-stop` }));

/** The question as it matters here: of all its hours, maximum coverage. */
const question = () => ({ ...asked(null), model: "max-cover", share: null, capacity_per_place: null, sites: view.question.sites ?? null });
const about = () => JSON.stringify({ ...full(view.question), model: null, share: null, least: null, gap: null, seconds: null, seed: null });
const between = english ? " " : "";
const column = (word, n = false) => make("th", { scope: "col", class: n ? "n" : null }, word);
const cell = (text) => make("td", { class: "n" }, text);
/** That capacities are asked for, which no answer here regards. */
const roomNote = (of) => (of.room ? make("p", { class: "note" }, t("room_not_counted")) : null);
/** A name that shows its place on the map. */
const placed = (name, then) => make("button", { type: "button", class: "link", onclick: then }, name);

function proved({ status, gap }) {
  return status === "optimal" || gap === 0 ? t("more_proved") : gap === null ? "" : t("more_within", { gap: gapText(gap) });
}

function stationRows(stations, of) {
  return make("table", {}, make("thead", {}, make("tr", {}, column(t("station")), column(t("district")), column(t("in_unit", { what: t("serves_word"), unit: unitWord(of) }), true), column(t("loss_word"), true))),
    make("tbody", {}, stations.map((one) => make("tr", { "data-station": one.id }, make("th", { scope: "row" }, placed(one.name || t("unnamed", { id: one.id }), () => goToPlace(one))), make("td", {}, one.district ?? "–"), cell(number(one.serves)), cell(number(one.loss))))));
}

function openRows(sites) {
  return make("table", {}, make("thead", {}, make("tr", {}, column(t("new_place")), column(t("host_kind")), column(t("cost_word"), true))),
    make("tbody", {}, sites.map((one) => make("tr", {}, make("th", { scope: "row" }, placed(siteName(one), () => goToPlace(one))), make("td", {}, hostType(one) || "–"), cell(cost(one.cost) || "–")))));
}

/** Stations that go count as closed from now on; where they go is put into the set. */
function take({ close, open }) {
  const closing = [...new Set([...view.question.closing, ...close.map((one) => one.id)])];
  setSites([...new Set([...chosen(), ...open.map((one) => one.id)])], { question: { ...view.question, keep_existing: true, closing } });
}

function changes() {
  const box = byId("changes-box");
  const { told, question: of } = found.changes ?? {};
  const old = found.changes && found.changes.about !== about();
  showChanges(view.tab === "more" && told && !old ? told : null);
  if (working.changes) return fill(box, waiting("changes"));
  if (!told) return fill(box);
  const change = told.covered_after - told.covered_before;
  const words = [
    t(told.kind === "close" ? "closed_n" : "moved_n", { n: number(told.close.length) }),
    Math.abs(change) < 0.5 ? t("changed_nothing", { people: people(told.covered_before, of) }) : t("changed_from_to", { before: people(told.covered_before, of), after: people(told.covered_after, of), change: `${change < 0 ? "−" : "+"}${number(Math.abs(change))}` }),
    proved(told),
  ];
  return fill(box, old ? make("p", { class: "note" }, t("more_old")) : null,
    make("p", { class: "why", id: "changes-words" }, words.filter(Boolean).join(between)),
    roomNote(found.changes),
    told.close.length ? make("div", { class: "table-box", id: "closing" }, make("h4", {}, t(told.kind === "close" ? "to_close" : "to_leave")), stationRows(told.close, of)) : null,
    told.open.length ? make("div", { class: "table-box", id: "opening" }, make("h4", {}, t("to_open")), openRows(told.open)) : null,
    told.close.length ? make("p", { class: "quiet small" }, t("changes_on_map")) : null,
    told.close.length && !old ? [button(t(`changes_take_${told.kind}`), "plus", () => take(told), { class: "act", id: "changes-take" }), make("p", { class: "quiet small" }, t("changes_take_about"))] : null,
    make("details", {}, make("summary", {}, t("least_missed", { n: number(told.least_missed.length), all: number(told.stations) })), make("div", { class: "table-box" }, stationRows(told.least_missed, of))));
}

const caseName = (one, several) => (several ? t("case_of", { day: t(`day_${one.day}`), n: one.edition }) : t(`day_${one.day}`));

function robust() {
  const box = byId("robust-box");
  if (working.robust) return fill(box, waiting("robust"));
  const { told } = found.robust ?? {};
  if (!told) return fill(box);
  if (!told.sites.length || told.status === "infeasible") return fill(box, make("p", { class: "note", id: "robust-none" }, [t("robust_none"), half(told.problem, "detail")].filter(Boolean).join(between)));
  const old = found.robust.about !== about();
  const several = new Set(told.cases.map((one) => one.edition)).size > 1;
  const part = (value, of) => percent(of ? value / of : null);
  return fill(box, old ? make("p", { class: "note" }, t("more_old")) : null,
    make("p", { class: "why", id: "robust-words" }, [t("robust_said", { n: listed([t("sites_n", { n: number(told.sites.length) }), spent(told.cost, told.sites)].filter(Boolean)), share: percent(Math.min(...told.cases.map((one) => one.share ?? 1))) }), proved(told)].join(between)),
    roomNote(found.robust),
    make("div", { class: "table-box" }, make("table", { id: "robust-table" },
      make("thead", {}, make("tr", {}, column(t("case_word")), column(t("before_word"), true), column(t("robust_word"), true), column(t("alone_word"), true))),
      make("tbody", {}, told.cases.map((one) => make("tr", {}, make("th", { scope: "row" }, caseName(one, several)), cell(part(one.covered_today, one.total)), cell(part(one.covered, one.total)), cell(part(one.alone, one.total))))))),
    make("ol", { class: "rows names" }, told.sites.map((id) => make("li", {}, placed(siteName(siteOf(id) ?? { id }), () => goTo(id))))),
    old ? null : button(t("robust_put"), "plus", () => setSites([...told.sites]), { class: "act main" }));
}

async function put(name, path, body, show) {
  // A newer question takes the place of one that is still waited for.
  working[name]?.abort();
  const waits = new AbortController();
  working[name] = waits;
  const mine = about();
  const room = Boolean(view.question.capacity_per_place);
  trouble(name);
  show();
  try {
    found[name] = { told: await ask(path, { body, signal: waits.signal, seconds: 300 }), question: body.question, about: mine, room };
    // Whoever has gone elsewhere meanwhile keeps the map as it is.
    if (name === "changes" && view.tab === "more") fitPlaces([...found.changes.told.close, ...found.changes.told.open]);
  } catch (error) {
    if (error.name !== "AbortError") trouble(name, error);
  } finally {
    if (working[name] === waits) {
      working[name] = null;
      show();
    }
  }
}

/** Of which area the list of units is; undefined where there is none. */
let unitsOf;
const unitsAsked = turns();
/** Units with many workers and no station on their premises: worth a station of their own. */
async function units(employees) {
  const box = byId("units-box");
  const { area_id } = view.question;
  fill(box, make("p", { class: "quiet", role: "status" }, t("more_working")));
  trouble("units");
  unitsOf = undefined;
  try {
    const told = await unitsAsked((signal) => ask(address("/api/siting/units_without_station", { employees, area_id, limit: MOST_UNITS }), { signal, seconds: 60 }));
    if (!told) return; // A newer question took its place.
    unitsOf = area_id;
    fill(box, make("p", { class: "note", id: "units-old", hidden: true }, t("units_old")), make("p", { class: "why", id: "units-words" }, [t("units_said", { n: number(told.total), of: number(told.of_units), least: number(employees), employees: number(told.employees) }), told.units.length < told.total ? t("units_shown", { n: number(told.units.length) }) : "", told.unlocated ? t("units_unlocated", { n: number(told.unlocated) }) : ""].filter(Boolean).join(between)),
      told.units.length ? make("div", { class: "table-box" }, make("table", { id: "units-table" },
        make("thead", {}, make("tr", {}, column(t("unit_word")), column(t("employees_word"), true), column(t("nearest_word")))),
        make("tbody", {}, told.units.map((one) => make("tr", { "data-unit": one.id }, make("th", { scope: "row" }, placed(one.name, () => goToPlace(one)), one.address ? make("small", { class: "quiet" }, one.address) : null), cell(number(one.employees)),
          make("td", {}, one.nearest_metres === null ? "–" : t("nearest_at", { name: one.nearest_station || t("station"), n: number(one.nearest_metres) }))))))) : null);
    unitsAge();
  } catch (error) {
    fill(box);
    trouble("units", error);
  }
}

/** The list of units stays when another area is chosen, and says so. */
function unitsAge() {
  if (byId("units-old")) byId("units-old").hidden = unitsOf === view.question.area_id;
}

/** Earlier editions of demand, where there are any: a plan can be asked to do for them too. */
async function editions() {
  try {
    const told = await ask(address("/api/editions", { dataset: "demand" }));
    const usable = told.editions.filter((one) => ["active", "retired"].includes(one.state)).slice(0, 4);
    byId("robust-editions").hidden = usable.length < 2;
    fill(byId("robust-edition-list"), usable.map((one) => make("label", { class: "chip" }, make("input", { type: "checkbox", value: one.id, checked: one.state === "active" }), make("span", {}, t("edition_is", { dataset: page.texts["dataset.demand"], n: one.id, day: day(one.as_of) })))));
  } catch {
    byId("robust-editions").hidden = true;
  }
}

/** Prepares the forms. */
export function ready() {
  byId("changes-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const count = Math.max(1, Math.round(Number(byId("changes-count").value)) || 1);
    byId("changes-count").value = count;
    put("changes", "/api/siting/changes", { question: question(), kind: document.querySelector("[name=changes-kind]:checked").value, count }, changes);
  });
  byId("robust-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const chosenEditions = [...byId("robust-edition-list").querySelectorAll("input:checked")].map((one) => Number(one.value));
    const body = { question: { ...question(), ...notTaken("robust") }, aim: byId("robust-aim").value };
    put("robust", "/api/siting/robust", chosenEditions.length ? { ...body, editions: chosenEditions } : body, robust);
  });
  byId("units-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const employees = Math.max(1, Math.round(Number(byId("units-employees").value)) || 100);
    byId("units-employees").value = employees;
    units(employees);
  });
  for (const news of ["ground", "plan", "restyled"]) hear(news, () => view.tab === "more" && (changes(), robust()));
  hear("view", (keys) => {
    if (keys.has("question")) unitsAge();
    if (keys.has("tab") || (keys.has("question") && view.tab === "more")) {
      changes();
      robust();
    }
  });
  editions();
  changes();
}
