// What is looked at, and what is known of it. Every part of the page hears of changes here.

/** Days whose hours of stations can be looked at. */
export const DAYS = ["workday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
export const FILTERS = ["size", "industry", "unit_class", "state", "tier"];

/** The view somebody has: everything that a link to it must hold. `area`, `cluster` and editions
 * are numbers, `filters` lists of names, `camera` {zoom, lat, lon}. */
export const view = {
  kind: null,
  measure: "establishment",
  area: null,
  show: "areas",
  clusters: true,
  stations: false,
  order: "gap",
  filters: Object.fromEntries(FILTERS.map((name) => [name, []])),
  camera: null,
  tab: "rank",
  cluster: null,
  edition: null,
  compare: null,
  minutes: 10,
  day: "workday",
  hour: 12,
  large: false,
};

/** What was last told: `state` of the service, `setup` of the map, `rates` of the areas. */
export const known = { state: null, setup: null, rates: null, compared: null, past: null, reach: null, trail: [] };

const bus = new EventTarget();
/** Tells the other parts of the page that something happened. */
export const tell = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));
/** Hears it. `view`: what is looked at changed (a set of keys); `rates`, `setup`, `state`: news;
 * `pointed`: an area or a cluster is pointed at; `drawn`: the map stands still. */
export const hear = (name, listener, options) => bus.addEventListener(name, (event) => listener(event.detail), options);

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Changes what is looked at.
 *
 * @param changes some keys of `view`
 * @param options.push a step that the browser's back button undoes
 * @param options.silent the address is not written: it is where the change came from
 */
export function look(changes, { push = false, silent = false } = {}) {
  const keys = new Set(Object.keys(changes).filter((key) => !same(view[key], changes[key])));
  if (!keys.size) return;
  Object.assign(view, changes);
  if (!silent) tell("address", push);
  tell("view", keys);
}

/** One rate of an area, or of the whole: of the edition that is looked at. */
export function rateOf(area, measure = view.measure) {
  const [rate, past] = [area.rates[measure], known.past?.get(area.id)?.[measure]?.before];
  if (!known.past) return rate;
  // Where the older edition says nothing there is no data, not the number of today.
  const { value, numerator, denominator, low, high, missing_share: missing, small_denominator: small } = past ?? { value: null, numerator: 0, denominator: 0, low: null, high: null, missing_share: null, small_denominator: false };
  const gap = rate.target && denominator ? Math.max(0, Math.ceil(Number((rate.target * denominator).toFixed(6))) - numerator) : null;
  return { ...rate, value, numerator, denominator, low, high, missing, small, gap, shrunk: null };
}

/** Whether any filter is set. */
export const filtered = () => FILTERS.some((name) => view.filters[name].length);
