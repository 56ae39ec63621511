// The editions of the register: which there are, and what each says of the areas.

import { address, ask, following } from "./ask.js";
import { byId } from "./dom.js";
import { hear, known, view } from "./store.js";

let asked = null;

/** Editions that are or were in force, the oldest first: [{id, as_of}]. */
export function editions() {
  asked ??= ask("/api/editions?dataset=enterprises").then((told) => {
    const found = told.editions.filter((one) => one.state === "active" || one.state === "retired");
    // Of a day that was imported twice the newer edition counts.
    const byDay = new Map(found.sort((one, other) => one.id - other.id).map((one) => [one.as_of, one]));
    return [...byDay.values()].sort((one, other) => one.as_of.localeCompare(other.as_of));
  });
  asked.catch(() => {
    asked = null;
  });
  return asked;
}

const kept = new Map();
/** What two editions say of the areas of a kind; asked once. */
export function comparison(from, to, kind = view.kind, id = null) {
  const path = address("/api/coverage/compare", { from, to, kind, area_id: id, limit: 1000 });
  const key = `${path}@${known.state?.version ?? ""}`;
  if (!kept.has(key)) {
    const answer = whole(path);
    answer.catch(() => kept.delete(key));
    if (kept.size > 8) kept.delete(kept.keys().next().value);
    kept.set(key, answer);
  }
  return kept.get(key);
}

/** All pages of a list as one answer. */
async function whole(path) {
  const first = await ask(path);
  let { next } = first;
  while (next) {
    const more = await ask(following(next));
    first.areas.push(...more.areas);
    next = more.next;
  }
  return first;
}

/** What two editions say of one area. */
export const ofArea = async (from, to, id) => (await comparison(from, to, view.kind, id)).areas.find((one) => one.id === id) ?? null;

/** The shares of one side of a comparison, as the map colours them: Map id → {value, few}. */
export function sideOf(told, side, measure = view.measure) {
  const found = new Map();
  for (const area of told.areas) {
    const rate = rateOf(area, side, measure);
    if (rate && (view.area === null || !known.rates?.byId.size || known.rates.byId.has(area.id))) found.set(area.id, { value: rate.value, few: rate.small_denominator });
  }
  return found;
}

const rateOf = (area, side, measure) => area.rates[measure]?.[side] ?? null;

/** After the first picture: the time bar, where there is more than one edition. */
export async function ready() {
  const show = async () => {
    try {
      const found = await editions();
      byId("compare-open").hidden = found.length < 2;
      if (found.length > 1) (await import("./time.js")).ready(found);
    } catch {
      byId("compare-open").hidden = true;
      // With the next figures there may be an answer.
      hear("rates", show, { once: true });
    }
  };
  hear("state", ({ edition }) => {
    if (!edition) return;
    asked = null;
    kept.clear();
    show();
  });
  await show();
}
