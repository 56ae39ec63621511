// The figures: what is in force, which areas there are, and their rates under the filters.

import { address, ask, Problem, turns } from "./ask.js";
import { hear, known, tell, view } from "./store.js";
import { half, page } from "./words.js";

const ASK_AGAIN_MS = 4000;
/** Where a view begins when its address names no kind: the first that there is. */
const BEGINNING = ["subdistrict", "district", "community", "industrial_park", "office_building", ...page.kinds];
const latest = turns();
let again = 0;

/** One area, or the whole, with its rates as the page works with them. */
function one(area) {
  const rates = Object.fromEntries(Object.entries(area.rates).map(([name, rate]) => [name, {
    value: rate.value, numerator: rate.numerator, denominator: rate.denominator, low: rate.low, high: rate.high, target: rate.target, gap: rate.gap,
    shrunk: rate.shrunk, small: rate.small_denominator, missing: rate.missing_share, scope: half(rate, "scope"), source: half(rate, "target_source"),
  }]));
  return { id: area.id ?? 0, name: area.name ?? null, kind: area.kind ?? "whole", figures: area.figures, apart: area.set_apart, rates };
}

/** The areas of an answer in columns. */
function rowsOf(told) {
  const few = told.small_denominator;
  return told.ids.map((id, at) => {
    const rates = {};
    for (const [name, column] of Object.entries(told.rates)) {
      const [numerator, denominator] = [column.numerator[at], column.denominator[at]];
      rates[name] = {
        value: denominator > 0 ? numerator / denominator : null, numerator, denominator, low: column.low[at], high: column.high[at],
        target: column.target[at], gap: column.gap[at], shrunk: column.shrunk[at], small: denominator > 0 && denominator < few, missing: column.missing_share[at],
      };
    }
    return { id, name: told.names[at], kind: told.kind, code: told.codes[at], parent: told.parents[at], boundary: told.has_boundary[at], employees: told.employees[at], rates };
  });
}

/** The state of the service: which editions are in force, which version of the unions. */
export async function askState() {
  const state = await ask("/api/live/state", { seconds: 8 });
  known.state = state;
  return state;
}

/** How many answers are awaited. */
let setups = 0;
/** What the map needs before anything can be drawn: bounds, kinds of areas, classes. Where it stays
 * away it is asked for again with the next figures. */
export async function askSetup() {
  const { kind } = view;
  setups += 1;
  const setup = await ask(address("/api/coverage/map", { kind })).finally(() => {
    setups -= 1;
  });
  if (kind !== view.kind && kind !== null) return setup; // somebody looks at others by now
  known.setup = setup;
  if (!view.kind) {
    const there = new Set(setup.kinds.filter((one) => one.with_boundary || one.areas).map((one) => one.kind));
    // Nobody has chosen it: it is what the view begins with.
    view.kind = setup.kind ?? BEGINNING.find((one) => there.has(one)) ?? "subdistrict";
    tell("address", false);
  }
  tell("setup");
  return setup;
}

/** Asks for the rates of what is looked at; what was there stays until the answer stands. */
export async function load() {
  clearTimeout(again);
  document.body.dataset.busy = "1";
  try {
    const answered = await latest(async (signal) => {
      const told = await ask(address("/api/coverage/columns", { kind: view.kind, parent_id: view.area, ...view.filters }), { signal });
      if (view.kind === null) {
        view.kind = told.kind;
        // What the view begins with is an address too, for the browser's back button.
        tell("address", false);
      }
      const areas = rowsOf(told);
      const whole = one(told.whole);
      known.rates = {
        kind: told.kind, area: view.area, areas, cut: areas.length < told.areas_in_all, whole, own: told.own ? one(told.own) : whole,
        byId: new Map(areas.map((area) => [area.id, area])), editions: told.editions, told: Date.now(), notes: told.notes,
      };
      return true;
    });
    if (!answered) return; // a newer question is on its way
    document.body.dataset.trouble = "0";
    tell("rates");
    if (!setups && known.setup?.kind !== view.kind) askSetup().catch(askLater);
  } catch (error) {
    trouble(error);
  } finally {
    delete document.body.dataset.busy;
  }
}

/** Figures without what the map needs are half of the picture. */
function askLater() {
  clearTimeout(again);
  again = setTimeout(load, ASK_AGAIN_MS);
}

/** What keeps the figures from coming, in words for the page; the picture that is there stays. */
function trouble(error) {
  document.body.dataset.trouble = "1";
  const waiting = !(error instanceof Problem);
  tell("trouble", { error, waiting, kind: waiting ? "unreachable" : error.kind });
  if (waiting) again = setTimeout(load, ASK_AGAIN_MS);
}

const places = new Map();
/** One area with its box, what stands above it and what is below it; kept while the page is open. */
export function place(id) {
  if (!places.has(id)) {
    const asked = ask(`/api/areas/${id}`);
    asked.catch(() => places.delete(id));
    places.set(id, asked);
  }
  return places.get(id);
}

/** Forgets what belonged to the edition before. */
export const forget = () => places.clear();

hear("view", (keys) => {
  if (keys.has("kind")) askSetup().catch(askLater);
  if (keys.has("kind") || keys.has("area") || keys.has("filters")) load();
});
