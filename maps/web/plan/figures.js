// Numbers of a plan in words: how many people, how near to the best, how far one walks.

import { listed, number, page, percent, short, t } from "../leader/words.js";
import { chosen, known, same, siteOf, view } from "./store.js";

/** Several hours added up are people times hours, and are called so. */
const unit = ({ hours }) => (hours?.length === 1 ? "people" : "person_hours");

/** "1,234 人", or "1,234 人·时" of several hours: of the question that the figure answers, which need
 * not be the one that is looked at. */
export const people = (n, question) => t(`${unit(question)}_n`, { n: number(n) });
export const more = (n) => `${n >= 0 ? "+" : "−"}${number(Math.abs(n))}`;
export const unitWord = (question) => t(`${unit(question)}_unit`);
export const peopleWord = (question) => t(`${unit(question)}_word`);

/** What is left of a gap that is closed, reckoned in doubles. */
export const EXACT = 1e-9;
/** A gap as it may be told: never smaller than it is. 0.00184 is "0.19%". */
export function gapText(gap) {
  if (gap <= EXACT) return "0%";
  const hundredths = gap * 100;
  const decimals = hundredths >= 10 ? 0 : hundredths >= 1 ? 1 : hundredths >= 0.01 ? 2 : 4;
  return `${(Math.ceil(hundredths * 10 ** decimals - 1e-9) / 10 ** decimals).toFixed(decimals)}%`;
}

/** How near to the best possible a plan is, in a sentence. */
export function gapWords(plan) {
  const { state, progress, answer } = plan;
  if (state === "waiting") return t("gap_waiting");
  if (state === "running") {
    if (progress?.phase === "ground" || progress?.phase === "facts") return t(`phase_${progress.phase}`);
    const gap = progress?.gap;
    return gap === null || gap === undefined ? t("gap_none_yet") : gap <= EXACT ? t("gap_proved") : t("gap_falling", { gap: gapText(gap) });
  }
  if (state === "interrupted") return t("gap_interrupted");
  if (state === "failed") return t("gap_failed");
  if (!answer) return t("gap_stopped_early");
  if (answer.status === "infeasible") return t("gap_infeasible");
  if (plan.by_hand) return t("gap_by_hand");
  if (answer.gap === null || !Number.isFinite(answer.gap)) return t("gap_unknown");
  if (answer.status === "optimal" || answer.gap <= EXACT) return t("gap_optimal");
  return t({ "time limit": "gap_time", stopped: "gap_stopped" }[answer.status] ?? "gap_reached", { gap: gapText(answer.gap) });
}

/** Whether one hour is looked at while a plan is of others too: how near to the best it is was not
 * reckoned for that hour. */
export const ofOneHour = ({ question }) => view.hour !== null && !same(question.hours, [view.hour]);

/** The same sentence, with the hours it is of where one of them is looked at. */
export function gapHere(plan) {
  const { answer, progress, state, by_hand: byHand } = plan;
  const gap = answer ? answer.gap : progress?.gap;
  const claims = !byHand && (state === "running" ? progress?.phase !== "facts" : ["done", "stopped"].includes(state)) && answer?.status !== "infeasible" && Number.isFinite(gap);
  return claims && ofOneHour(plan) ? t("gap_all_hours", { what: gapWords(plan) }) : gapWords(plan);
}

/** How a plan that has ended came out: "proved" to be as near to the best as was asked; "short", so
 * that something is to be done; "plain", where nothing was compared, or the time was up before. */
export function verdict({ state, answer, by_hand: byHand }) {
  if (["failed", "interrupted"].includes(state) || answer?.status === "infeasible") return "short";
  const near = ["optimal", "gap reached"].includes(answer?.status);
  return near && !byHand ? "proved" : "plain";
}

/** Up to where how much counts as reached: "within 500 m", or "in full within 500 m, half to 1,000 m". */
export function reachWords({ steps, radius_metres: radius }) {
  if (!steps) return t("within_metres", { n: number(radius) });
  return listed(steps.map(([metres, part]) => (part === 1 ? t("step_full", { n: number(metres) }) : part === 0.5 ? t("step_half", { n: number(metres) }) : t("step_share", { n: number(metres), share: short(part) }))));
}

/** What a plan's objective says: people, yuan, sites, or metres of a walk. */
export function objectiveWords({ question, answer, facts }) {
  const { model } = question;
  const value = answer.objective;
  const total = facts?.people;
  if (value === null || value === undefined) return "";
  if (model === "max-cover") return people(value, question);
  if (model === "set-cover") {
    // Plans of earlier versions do not say what they counted: where nobody states a cost each site is
    // one; else the sum is money, though it be whole.
    const unit = answer.objective_unit ?? (facts && Math.abs(value - facts.cost) < 0.01 ? "cost" : "sites");
    return (unit === "cost" && spent(value, answer.sites)) || t("objective_sites", { n: number(value) });
  }
  if (model === "p-median") return total ? t("objective_mean", { n: number(value / total) }) : "";
  return t("objective_worst", { n: number(value) });
}

/** "12 sites", or "120,000 yuan": a step of the curve. */
export const stepWords = ({ budget, sites }) => (budget === null ? t("sites_n", { n: number(sites) }) : t("limit_budget", { n: number(budget) }));
/** How near to the best a step of the curve is; nothing where it has no bound. */
export function stepGap({ bound, value }) {
  if (!bound || !value) return "";
  const gap = Math.max(0, bound / value - 1);
  return gap <= EXACT ? t("more_proved") : t("curve_gap", { gap: gapText(gap) });
}

export const yuan = (n) => t("yuan", { n: number(n) });
/** Whether any host states what it costs. Where none does the service counts each as one, which is no
 * money. */
const priced = () => (known.ground?.candidates ?? known.plan?.facts?.sites ?? []).some((one) => (one.cost ?? null) !== null);
/** What one site costs; nothing where nobody's cost is known. */
export const cost = (n) => ((n ?? null) !== null ? yuan(n) : priced() ? t("cost_unknown") : "");
/** What a set costs: where some host, or each of the set, states a cost; else nothing. */
export function spent(n, set = chosen()) {
  if ((n ?? null) === null) return "";
  return priced() || (set.length && set.every((id) => (siteOf(id)?.cost ?? null) !== null)) ? yuan(n) : "";
}
export const clock = (hour) => `${String(hour).padStart(2, "0")}:00`;
export const share = (part, of) => percent(of ? part / of : null);

/** The name of a site; a place put on the map by hand is called by its number. */
export function siteName(site) {
  if (!site) return t("site_unknown");
  return site.name || (site.own || site.key ? t("own_place", { n: String(site.key ?? site.id).replace(/^x/, "") }) : t("unnamed", { id: site.id }));
}
/** What the host said; nothing where nobody asked. */
export const consent = (site) => (site?.opened ? t("task_opened") : site?.agreed ? t("agreed") : site?.agreed === false ? t("declined") : "");
export const hostType = (site) => (site?.host_type ? page.texts[`host_type.${site.host_type}`] ?? site.host_type : site?.own ? t("host_own") : "");
