// The ground (people, candidates, stations), what a set of sites covers, plans and their progress.

import { address, ask, Problem } from "../leader/ask.js";
import { listed, page, t } from "../leader/words.js";
import { chosen, full, gone, hear, holding, known, PLAIN, same, siteOf, soFar, tell, view } from "./store.js";
import { trouble } from "./trouble.js";

const KEPT_GROUNDS = 6;
const LONG = 180;
const grounds = new Map();

/** The question as the service takes it; of one hour when one is looked at. */
export function asked(hour = view.hour, question = view.question) {
  const found = full(question);
  return { ...found, hours: hour === null ? found.hours : [hour], groups: found.groups.length ? found.groups : null };
}

/** Conditions that an aim (or `curve`, `robust`) does not take, by the service's own table, which the
 * page brought along: as they are where nobody asks for them. Stated they would be refused. */
export function notTaken(asks) {
  const all = new Set(Object.values(page.takes).flat());
  return Object.fromEntries([...all].filter((name) => !page.takes[asks].includes(name)).map((name) => [name, PLAIN[name]]));
}

/** Who is where, who could host, who stands already: under a question, kept for the last few. */
export function ground(question) {
  const { area_id, day, hours, groups, radius_metres, closing } = question;
  const path = address("/api/siting/ground", { area_id, day, hours, groups, radius_metres, closing });
  if (!grounds.has(path)) {
    const coming = ask(path, { seconds: LONG });
    coming.catch(() => grounds.delete(path));
    grounds.set(path, coming);
    while (grounds.size > KEPT_GROUNDS) grounds.delete(grounds.keys().next().value);
  }
  return grounds.get(path);
}

/** Asks for everything anew: stations, people or candidates have changed. */
export function renew() {
  grounds.clear();
  stand();
}

/** Whom the question is about: where that changes, the ground is another. */
function aboutWhom() {
  const { area_id, day, hours, groups, radius_metres, closing } = asked();
  return JSON.stringify([area_id, day, hours, groups, radius_metres, closing]);
}

let newest = 0;
let standing = false;
/** Whether the ground that was asked for last did not come. */
let failed = false;
export const groundComes = () => known.ground === null && !failed;
/** What to say where there is no ground: that it is on its way is not that nobody is there. */
export const groundWords = () => t(failed ? "ground_missing" : "ground_coming");
/** Whom the ground is about that is wanted, and that is there. */
let [wanted, stood] = [null, null];
/** Brings the ground of the present question; what was there stays until it has come. */
export async function stand() {
  const mine = ++newest;
  wanted = aboutWhom();
  [standing, failed] = [true, false];
  document.body.dataset.busy = "1";
  try {
    const found = await ground(asked());
    if (mine !== newest) return;
    [known.ground, known.state] = [found, null];
    stood = wanted;
    known.candidates = new Map(found.candidates.map((one) => [one.id, one]));
    standing = false;
    tell("ground", found);
    trouble("ground");
    evaluate();
  } catch (error) {
    if (mine !== newest) return;
    failed = true;
    trouble("ground", error, stand);
    if (stood !== wanted) forget();
  } finally {
    if (mine === newest) {
      standing = false;
      delete document.body.dataset.busy;
    }
  }
}

/** What the set does is not known. */
function forget() {
  [known.told, known.state] = [null, null];
  tell("told", { told: null, dragging: false });
}

/** One byte a point: 0 not covered, 1 covered today, 2 newly. */
export function bytes(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
}

/** Asks what a set of sites covers. */
export const evaluation = (question, sites, details = false) => ask("/api/siting/evaluate", { body: { question, sites, details }, seconds: 60 });

/** The search whose best so far is on the map; null: another set. */
const searched = () => (soFar() !== null && chosen() === soFar() ? known.plan.id : null);
/** Of a search the figures of its last best may stand until those of the next have come; those of what
 * was on the map before it are of no plan of its own. */
const ofBefore = (search) => searched() !== null && search !== searched();

let running = false;
let next = null;
/** Asks what the sites on the map cover; while one answer is awaited only the last question waits.
 *
 * @param moved the sites and places of a drag that is going on, not yet in the view
 */
export function evaluate(moved = null) {
  next = { moved, began: performance.now() };
  document.body.dataset.weighing = "1";
  if (!running) go();
}

async function go() {
  running = true;
  while (next) {
    const { moved, began } = next;
    next = null;
    const under = known.ground;
    // Of people who are not there yet nothing is asked: they bring the question with them.
    if (!under || stood !== aboutWhom()) break;
    const question = asked();
    if (moved) question.extra = moved.extra;
    try {
      // While another ground is on its way, its candidates are not known yet.
      const lost = standing || moved ? [] : gone();
      if (lost.length) throw new Error(t("sites_gone", { names: listed(lost.map((id) => siteOf(id)?.name || `#${id}`)) }));
      const sites = moved ? moved.sites : chosen();
      const search = moved ? null : searched();
      const told = await evaluation(question, sites, !moved);
      // People have changed under it, or it is of what was there before the search had found anything.
      if (under !== known.ground || ofBefore(search)) continue;
      known.told = { ...told, question, search, count: sites.length };
      known.state = bytes(told.state);
      document.body.dataset.answered = String(Math.round(performance.now() - began));
      tell("told", { told: known.told, dragging: Boolean(moved) });
      if (!moved) trouble("set");
    } catch (error) {
      if (moved || standing) continue;
      // What the set before it covered says nothing of this one.
      forget();
      trouble("set", error, evaluate);
    }
  }
  running = false;
  delete document.body.dataset.weighing;
}

/** The areas that a question can be about: districts, and subdistricts below them. */
export async function askAreas() {
  const [districts, subdistricts] = await Promise.all(["district", "subdistrict"].map(async (kind) => {
    const found = [];
    let path = address("/api/areas", { kind, limit: 1000 });
    while (path && found.length < 5000) {
      const told = await ask(path);
      found.push(...told.areas);
      path = told.next;
    }
    return found;
  }));
  known.areas = [...districts, ...subdistricts];
  tell("areas");
}

/** The plans that are kept, the newest first. */
export async function askPlans() {
  const found = [];
  let path = address("/api/siting/plans", { limit: 100 });
  while (path && found.length < 500) {
    const told = await ask(path);
    found.push(...told.plans);
    path = told.next;
  }
  known.plans = found;
  tell("plans");
  return found;
}

/** One plan as it stands now, the best of its sites first: in this order they have their numbers. */
export async function askPlan(id) {
  const plan = await ask(`/api/siting/plans/${id}`);
  const { answer, facts } = plan;
  if (answer && facts) {
    const adds = new Map(facts.sites.map((one) => [one.id, one.adds_last]));
    answer.sites = [...answer.sites].sort((one, other) => (adds.get(other) ?? 0) - (adds.get(one) ?? 0));
  }
  return plan;
}

/** Whether a plan is still being worked out. */
export const open = (state) => state === "waiting" || state === "running";

const BUDGETS = 40;
/** The whole way up, site by site, or budget by budget where the question has one: of those who are
 * reached, whatever the aim of the question. */
export async function askCurve(upTo, costOfAll) {
  const { budget } = view.question;
  const question = { ...asked(null), ...notTaken("curve"), model: "max-cover", sites: upTo, budget: null };
  const most = Math.max(Math.min(2.5 * budget, costOfAll), budget);
  const by = budget === null ? {} : { budgets: Array.from({ length: BUDGETS }, (_, at) => Math.round((most * (at + 1)) / BUDGETS)) };
  const told = await ask("/api/siting/curve", { body: { question, up_to: upTo, ...by }, seconds: 300 });
  known.curve = { ...told, question, byBudget: budget !== null };
  tell("curve");
}

/** What a curve is about, apart from how many sites. */
const curveAbout = (question) => JSON.stringify({ ...full(question), sites: null, budget: null, share: null, least: null, model: null, gap: null, seconds: null, capacity_per_place: null });
/** Whether the curve is of the question as it stands. */
export const curveHolds = () => known.curve !== null && curveAbout(known.curve.question) === curveAbout(view.question) && known.curve.byBudget === (view.question.budget !== null);
/** The step of the curve whose sites are on the map, of several the one of the budget; null: none. */
export function curveStep() {
  if (!curveHolds()) return null;
  const set = [...chosen()].sort();
  const steps = known.curve.points.filter((one) => one.value !== null && same([...one.chosen].sort(), set));
  return steps.find((one) => one.budget !== null && one.budget === view.question.budget) ?? steps[0] ?? null;
}

hear("view", (keys) => {
  if ((keys.has("hour") || keys.has("question")) && aboutWhom() !== wanted) stand();
  else if (keys.has("hour") || keys.has("set") || keys.has("plan") || keys.has("question")) evaluate();
});
for (const news of ["plan", "best"]) {
  hear(news, () => {
    if (known.told && ofBefore(known.told.search)) {
      known.told = null;
      tell("told", { told: null, dragging: false });
    }
    // What is found while a pin is on its way does not take it out of the hand.
    if (known.ground && !holding()) evaluate();
  });
}

export { Problem };
