// A plan is worked out by the service, whether or not somebody looks. The page hears how near to the
// best it is, may end it, and finds it again after a reload.

import { ask, Unreachable } from "../leader/ask.js";
import { announce, byId } from "../leader/dom.js";
import { t } from "../leader/words.js";
import { asked, askPlan, askPlans, open } from "./data.js";
import { gapHere, gapWords, ofOneHour, verdict } from "./figures.js";
import { bringsQuestion } from "./permalink.js";
import { wrongField } from "./question.js";
import { asksAnew, byHand, full, hear, known, look, same, tell, view } from "./store.js";
import { trouble } from "./trouble.js";

const AGAIN_MS = 3000;
const SPEAK_MS = 6000;
/** As long as it usually takes the browser to be heard once more nobody need know. */
const LOST_MS = 3000;
/** After so long each time the service is asked what else it has found out about a plan. */
const MORE_MS = [400, 800, 1500, 3000, 6000, 12000, ...Array(12).fill(20000)];
let source = null;
let lost = 0;
let later = 0;
let spoken = 0;
/** A plan that was asked for here and whose end was not told yet. */
let awaited = null;

/** Opens a plan that is kept; its question becomes the page's unless the address had one of its own. */
export async function openPlan(id, { keepQuestion = false } = {}) {
  try {
    const plan = await askPlan(id);
    if (view.plan !== id) return;
    known.plan = plan;
    if (!keepQuestion) look({ question: full(plan.question) }, { silent: true });
    tell("address", false);
    tell("plan", plan);
    trouble("plan");
    if (open(plan.state)) listen(id);
    else deaf();
    furtherOn(plan);
    ended(plan);
  } catch (error) {
    if (view.plan !== id) return;
    trouble("plan", error, () => openPlan(id, { keepQuestion }));
    // What was known of it before stays while there is only no answer.
    if (known.plan?.id === id && error instanceof Unreachable) return;
    known.plan = null;
    tell("plan", null);
  }
}

/** Tells the end of a plan that somebody waits for, however soon it came. */
function ended(plan) {
  if (awaited !== plan.id || open(plan.state)) return;
  awaited = null;
  announce(gapWords(plan));
}

/** How sure each site is the service finds out after it told the plan: it is asked again, and again. */
function furtherOn(plan, times = 0) {
  clearTimeout(later);
  if (!plan.facts?.steady?.looking) return;
  const mine = later = setTimeout(async () => {
    const still = () => later === mine && known.plan?.id === plan.id && known.plan.facts !== null;
    const newer = still() ? await askPlan(plan.id).catch(() => null) : null;
    if (!still()) return;
    // Worked out anew meanwhile: another answer.
    if (newer && newer.finished_at !== plan.finished_at) return openPlan(plan.id, { keepQuestion: true });
    const told = newer ?? plan;
    const { steady } = told.facts;
    // Whoever looked may have ended: then there will be no more.
    if (steady && times + 1 === MORE_MS.length) Object.assign(steady, { looking: false }, steady.plans ? { left_zh: null, left_en: null } : {});
    known.plan.facts = told.facts;
    tell("facts");
    furtherOn(told, times + 1);
  }, MORE_MS[times]);
}

/** The search is heard, or nobody listens to it any more. */
function heard() {
  clearTimeout(lost);
  lost = 0;
  trouble("search");
}

/** Ends the listening. */
function deaf() {
  source?.close();
  source = null;
  heard();
}

/** Listens to a plan that is being worked out. */
function listen(id) {
  source?.close();
  const mine = new EventSource(`/api/siting/plans/${id}/events`);
  source = mine;
  mine.addEventListener("progress", (event) => {
    if (known.plan?.id !== id || source !== mine) return;
    const { state, progress } = JSON.parse(event.data);
    // The sites of the best so far are told when they change.
    const before = known.plan.progress?.chosen ?? null;
    Object.assign(known.plan, { state, progress: { ...progress, chosen: progress.chosen ?? before } });
    tell("progress", known.plan);
    if (view.set === null && !same(known.plan.progress.chosen, before)) tell("best");
  });
  mine.addEventListener("done", () => finish(id, mine));
  mine.addEventListener("open", () => source === mine && heard());
  mine.addEventListener("error", () => {
    if (source !== mine) return;
    lost ||= setTimeout(() => trouble("search", new Error(t("search_lost"))), LOST_MS);
    // The browser asks again by itself unless it was refused. What was asked meanwhile stays.
    if (mine.readyState === EventSource.CLOSED) setTimeout(() => source === mine && openPlan(id, { keepQuestion: true }), AGAIN_MS);
  });
}

async function finish(id, mine) {
  mine.close();
  if (source !== mine) return;
  deaf();
  try {
    const plan = await askPlan(id);
    if (view.plan !== id) return;
    known.plan = plan;
    // What was changed by hand meanwhile stays on the map.
    look({ tab: view.tab === "question" ? "plan" : view.tab });
    tell("plan", plan);
    furtherOn(plan);
    awaited = id;
    ended(plan);
  } catch (error) {
    if (view.plan === id) trouble("plan", error, () => openPlan(id, { keepQuestion: true }));
  }
  askPlans().catch(() => {});
}

/** A button whose answer is awaited does nothing, and keeps the focus of the keyboard. */
const waits = (name, on) => byId(name).setAttribute("aria-disabled", String(on));
const waiting = (name) => byId(name).getAttribute("aria-disabled") === "true";

/** Has a plan made for the question as it stands; throws when the service will not. */
export async function solve({ name = null, question = asked(null) } = {}) {
  trouble("ask");
  waits("solve", true);
  try {
    // An edit of the open plan goes on from what it left behind; the same again, or with another seed,
    // begins from nothing.
    const edited = known.plan !== null && !same({ ...full(known.plan.question), seed: 0 }, { ...full(question), seed: 0 });
    const earlier = edited && known.plan.answer?.sites.length ? { begin_from: known.plan.id } : {};
    const { id } = await ask("/api/siting/plans", { body: { ...(name ? { name } : {}), question, ...earlier } });
    known.plan = null;
    awaited = id;
    announce(t("gap_waiting"));
    look({ plan: id, set: null, hour: null, site: null, question: full(question), tab: "plan" }, { push: true });
    askPlans().catch(() => {});
  } finally {
    waits("solve", false);
  }
}

/** Ends the work on the open plan; the best so far is its answer. */
export async function stop() {
  if (!known.plan) return;
  waits("stop", true);
  try {
    await ask(`/api/siting/plans/${known.plan.id}/stop`, { method: "POST" });
    if (!source) listen(known.plan.id);
  } catch (error) {
    trouble("plan", error);
  } finally {
    waits("stop", false);
  }
}

/** Takes up a search that was cut short; a plan that is done stays, and is asked for once more with the
 * data of now. */
export async function again() {
  const { id, state } = known.plan;
  try {
    if (state === "done") {
      const made = await copy(id);
      look({ plan: made.id, set: null, hour: null, site: null, tab: "plan" }, { push: true });
      askPlans().catch(() => {});
      return;
    }
    await ask(`/api/siting/plans/${id}/run`, { method: "POST" });
    await openPlan(id, { keepQuestion: true });
  } catch (error) {
    trouble("plan", error);
  }
}

/** What one does with a plan that is kept: name, copy, discard. */
export const rename = (id, name) => ask(`/api/siting/plans/${id}`, { method: "PATCH", body: { name } });
export const copy = (id) => ask(`/api/siting/plans/${id}/copy`, { method: "POST" });
export const discard = (id) => ask(`/api/siting/plans/${id}`, { method: "DELETE" });

/** One line about the work, for the eye always, for the ear now and then. */
function show() {
  const { plan } = known;
  const running = plan !== null && open(plan.state);
  const line = byId("gap");
  const held = document.activeElement;
  byId("stop").hidden = !running;
  byId("solve").hidden = running;
  // One stands where the other stood, and the keyboard with it.
  if (held === byId("solve") && running) byId("stop").focus();
  if (held === byId("stop") && !running) byId("solve").focus();
  line.hidden = plan === null;
  if (!plan) return;
  const words = gapHere(plan);
  line.textContent = running && plan.progress?.seconds !== undefined ? `${words} · ${t("seconds_n", { n: Math.round(plan.progress.seconds) })}` : words;
  line.dataset.state = plan.state;
  line.dataset.verdict = running || ofOneHour(plan) ? "" : verdict(plan);
  line.dataset.stale = asksAnew() || byHand() || ofOneHour(plan) ? "1" : "0";
  if (running && performance.now() - spoken > SPEAK_MS) {
    spoken = performance.now();
    announce(words);
  }
}

/** Prepares the buttons. */
export function ready() {
  byId("solve").addEventListener("click", () => waiting("solve") || wrongField() || solve().catch((error) => trouble("ask", error)));
  byId("stop").addEventListener("click", () => waiting("stop") || stop());
  for (const news of ["plan", "progress"]) hear(news, show);
  hear("view", (keys) => {
    if (keys.has("plan")) {
      deaf();
      trouble("plan");
      if (view.plan === null) {
        known.plan = null;
        tell("plan", null);
      } else if (known.plan?.id !== view.plan) openPlan(view.plan, { keepQuestion: bringsQuestion() });
    }
    // What was refused was another question.
    if (keys.has("question")) trouble("ask");
    if (keys.has("question") || keys.has("set") || keys.has("hour")) show();
  });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted && known.plan && open(known.plan.state)) openPlan(known.plan.id, { keepQuestion: true });
  });
}
