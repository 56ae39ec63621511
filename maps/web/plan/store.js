// The planner's bench: the question, the set of sites on the map, and what is known of them. Every
// part of the page hears of changes here.

const HOURS = Array.from({ length: 17 }, (_, at) => at + 6);

/** A question before anybody has changed it; the names are those of the API. */
export const PLAIN = Object.freeze({
  area_id: null, day: "workday", hours: HOURS, groups: [], model: "max-cover", sites: 12, budget: null, share: null, least: "sites", radius_metres: 500,
  steps: null, backup: 0, spacing_metres: 0, spacing_rule: "forbid", area_least_share: 0, area_least_sites: null, open_24h_least: 0, per_chain_most: null, capacity_per_place: null,
  agreed_only: false, keep_existing: true, closing: [], lock: [], forbid: [], extra: [], gap: 0.001, seconds: 30, seed: 0,
});

/** What somebody looks at: everything that a link to it must hold. `set`: sites moved by hand (ids,
 * or keys of `question.extra`), null for those of the plan. `hour`: only this hour of the question. */
export const view = { question: { ...PLAIN }, set: null, plan: null, tab: "question", site: null, hour: null, beside: null, at: 50, camera: null };

/** What was last told: `ground` under the present question, `plan` that is open, `plans` that are
 * kept, `told` of the set (an evaluation, with the `question` it is of, the `count` of its sites, and
 * the `search` whose best so far it is, or null), `curve`, `areas` to choose from. */
export const known = { ground: null, plan: null, plans: [], told: null, curve: null, areas: [], beside: null, candidates: new Map() };

const bus = new EventTarget();
/** Tells the other parts of the page that something happened. */
export const tell = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));
/** Hears it. `view`: what is looked at changed (a set of keys); `ground`, `plan`, `plans`, `told`,
 * `curve`, `areas`: news; `facts`: more is known of the plan; `best`: a better plan was found while the search goes on; `map`, `restyled`: the map stands, or stands in another look. */
export const hear = (name, listener) => bus.addEventListener(name, (event) => listener(event.detail));

export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Changes what is looked at.
 *
 * @param changes some keys of `view`
 * @param options.push a step that the browser's back button undoes
 * @param options.silent the address is not written: it is where the change came from
 */
export function look(changes, { push = false, silent = false } = {}) {
  if ("set" in changes) held = null;
  const keys = new Set(Object.keys(changes).filter((key) => !same(view[key], changes[key])));
  if (!keys.size) return;
  Object.assign(view, changes);
  if (!silent) tell("address", push);
  tell("view", keys);
}

/** Changes the question. */
export const requestion = (changes, options) => look({ question: { ...view.question, ...changes } }, options);

/** The sites of the best plan so far, while a search is on its way; null else. */
export const soFar = () => (["waiting", "running"].includes(known.plan?.state) ? known.plan.progress?.chosen ?? null : null);

/** The set as it was when a pin was taken up. */
let held = null;
/** Keeps the set as it is while a pin is on its way, whatever is found meanwhile; or lets it go. */
export function hold(on) {
  held = on ? held ?? chosen() : null;
}
export const holding = () => held !== null;

/** The sites on the map: those set by hand, else those of the plan or of the best so far, else those
 * that are locked. */
export const chosen = () => held ?? view.set ?? known.plan?.answer?.sites ?? soFar() ?? view.question.lock;

/** Whether the set on the map was changed by hand: other sites, or a place of one's own put elsewhere. */
export const byHand = () => view.set !== null && (!same([...view.set].sort(), [...(known.plan?.answer?.sites ?? [])].sort()) || placesDiffer());
function placesDiffer() {
  const of = (question) => full(question).extra.filter((one) => view.set.includes(one.key)).sort((one, other) => (one.key < other.key ? -1 : 1));
  return known.plan !== null && !same(of(known.plan.question), of(view.question));
}

/** Whether the question, or a place put on the map by hand, is another than that of the open plan. */
export const differs = () => known.plan !== null && !same(full(known.plan.question), full(view.question));

/** Whether the question is another than the one that the open plan answers. Places of one's own are
 * an arrangement, no other question. */
export function asksAnew() {
  if (!differs()) return false;
  const [was, is] = [full(known.plan.question), full(view.question)];
  // Sites kept as they were drawn are locked for that alone: the lock of one that is taken out goes with it.
  const set = chosen();
  const arranged = known.plan.by_hand && was.lock.every((id) => is.lock.includes(id) || !set.includes(id));
  return !same({ ...was, extra: [], ...(arranged ? { lock: is.lock } : {}) }, { ...is, extra: [] });
}

/** Whether an older plan stands on the map as it was found: then its own figures are told, of the data
 * it rests on, and not what its sites would do with the data in force. */
export const older = () => known.plan?.editions_in_force === false && Boolean(known.plan.facts) && !byHand() && !asksAnew() && view.hour === null;

/** What the set on the map does: people in all, covered, today, cost, each site, each subdistrict;
 * and the `question` they are of; null while that is not known. */
export const figures = () => (older() ? { ...known.plan.facts, total: known.plan.facts.people, question: full(known.plan.question) } : known.told);

/** Whether so many sites, and no more, are asked for only because so many were kept as they were drawn. */
const countedOnly = () => known.plan?.by_hand === true && known.plan.question.sites === known.plan.question.lock.length && view.question.sites === known.plan.question.sites;
/** Conditions of the question that the set on the map does not keep; empty where that is not known. */
export const broken = () => (older() ? [] : (known.told?.broken ?? []).filter((one) => one.code !== "sites" || !countedOnly()));

/** Sites on the map that are no candidates here any more, nor places of one's own. */
export const gone = () => chosen().filter((id) => !known.candidates.has(id) && !view.question.extra.some((one) => one.key === id));

const inOrder = (ids) => [...ids].sort((one, other) => (typeof one === typeof other ? (one < other ? -1 : 1) : typeof one === "number" ? -1 : 1));

/** A question with every name in it, written in one way, as the service writes it. */
export function full(question) {
  const found = {};
  for (const [name, usual] of Object.entries(PLAIN)) found[name] = question[name] === undefined ? usual : question[name];
  for (const name of ["area_least_share", "backup", "spacing_metres", "open_24h_least"]) found[name] ??= 0;
  found.groups = [...(found.groups ?? [])].sort();
  found.hours = [...found.hours].sort((one, other) => one - other);
  found.closing = inOrder(found.closing ?? []);
  found.lock = inOrder(found.lock ?? []);
  found.forbid = inOrder(found.forbid ?? []);
  found.extra = (found.extra ?? []).map(({ key, lon, lat, name, cost }) => ({ key, lon, lat, ...(name ? { name } : {}), ...((cost ?? null) === null ? {} : { cost }) }));
  return found;
}

/** A candidate or a place put on the map by hand: {id, name, lon, lat, …}. */
export function siteOf(id) {
  const found = known.candidates.get(id);
  if (found) return found;
  const own = view.question.extra.find((one) => one.key === id);
  if (own) return { ...own, id, own: true };
  return known.plan?.facts?.sites.find((one) => one.id === id) ?? null;
}

/** What a change of the set by hand is: the browser's back button undoes it. Places put on the map
 * by hand that nobody needs any more go with it. */
export function setSites(set, more = {}) {
  const question = more.question ?? view.question;
  const needed = new Set([...set, ...question.lock]);
  look({ ...more, set, question: { ...question, extra: question.extra.filter((one) => needed.has(one.key)) } }, { push: true });
}

/** Puts a candidate into the set. */
export function add(id) {
  if (!chosen().includes(id)) setSites([...chosen(), id], { site: id, question: { ...view.question, forbid: view.question.forbid.filter((one) => one !== id) } });
}

/** Takes a site out of the set. */
export function remove(id) {
  setSites(chosen().filter((one) => one !== id), { site: null, question: { ...view.question, lock: view.question.lock.filter((one) => one !== id) } });
}

/** Puts one site in the place of another, and locks it where the other was. */
export function replace(id, other) {
  const put = (ids) => [...new Set(ids.map((one) => (one === id ? other : one)))];
  const { question } = view;
  setSites(put(chosen()), { site: other, question: { ...question, lock: put(question.lock), forbid: question.forbid.filter((one) => one !== other) } });
}

/** Goes on without a site whose host says no: it is forbidden, others come in its place and leave
 * with it. A place of one's own is only taken away. */
export function without(id, comes, goes = []) {
  const { question } = view;
  const left = new Set([id, ...goes]);
  const forbid = typeof id === "number" && !question.forbid.includes(id) ? [...question.forbid, id] : question.forbid;
  setSites([...new Set([...chosen().filter((one) => !left.has(one)), ...comes])], {
    site: comes[0] ?? null,
    question: { ...question, forbid: forbid.filter((one) => !comes.includes(one)), lock: question.lock.filter((one) => !left.has(one)) },
  });
}

/** Locks a site, or lets it go: the next plan must have it. */
export function lock(id) {
  const locked = view.question.lock.includes(id);
  const set = chosen();
  look({
    question: { ...view.question, lock: locked ? view.question.lock.filter((one) => one !== id) : [...view.question.lock, id], forbid: view.question.forbid.filter((one) => one !== id) },
    set: set.includes(id) ? [...set] : [...set, id],
  }, { push: true });
}

/** Forbids a site, or allows it again: the next plan must not have it. */
export function forbid(id) {
  const forbidden = view.question.forbid.includes(id);
  const set = chosen();
  look({
    question: { ...view.question, forbid: forbidden ? view.question.forbid.filter((one) => one !== id) : [...view.question.forbid, id], lock: view.question.lock.filter((one) => one !== id) },
    set: set.filter((one) => one !== id),
  }, { push: true });
}

/** A key for a place put on the map by hand that no other has. */
export function freshKey() {
  let at = view.question.extra.length + 1;
  while (view.question.extra.some((one) => one.key === `x${at}`)) at += 1;
  return `x${at}`;
}

/** Says of a place put on the map what it is called, or what it costs; null: nothing. */
export function describe(key, changes) {
  const extra = view.question.extra.map((one) => (one.key === key ? { ...one, ...changes } : one));
  look({ question: { ...view.question, extra: full({ extra }).extra }, set: [...chosen()] }, { push: true });
}

/** Puts a new place on the map, or moves a site to a new place: `id` null for a new one. */
export function place(id, lon, lat) {
  const own = view.question.extra.find((one) => one.key === id);
  const key = own ? own.key : freshKey();
  const put = { key, lon: Number(lon.toFixed(6)), lat: Number(lat.toFixed(6)) };
  const extra = own ? view.question.extra.map((one) => (one.key === key ? { ...one, ...put } : one)) : [...view.question.extra, put];
  const locks = view.question.lock.map((one) => (one === id ? key : one));
  const set = id === null ? [...chosen(), key] : chosen().map((one) => (one === id ? key : one));
  setSites(set, { site: key, question: { ...view.question, extra, lock: locks } });
  return key;
}
