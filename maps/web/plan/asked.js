// What a question asks, in a few words: for lists of plans, and where two plans differ.

import { areaName, listed, number, page, percent, short, t } from "../leader/words.js";
import { reachWords } from "./figures.js";
import { full, known, PLAIN, same, view } from "./store.js";

/** Parts of the day that planners ask about. */
const PROFILES = { day: [6, 22], morning: [6, 9], noon: [10, 13], afternoon: [14, 17], evening: [17, 21], night: [22, 5], whole: [0, 23] };
const between = ([from, to]) => (from <= to ? Array.from({ length: to - from + 1 }, (_, at) => from + at) : [...between([0, to]), ...between([from, 23])]);

/** The hours of a part of the day by its name, and the name of such hours: "own" for any others. */
export const hoursOf = (name) => between(PROFILES[name]);
export const profileOf = (hours) => Object.keys(PROFILES).find((name) => same(hoursOf(name), hours)) ?? "own";

/** Whether figures need the word that stations count also while they are closed: of one hour, and of
 * the night. */
export const countsClosed = ({ hours }) => view.hour !== null || hours.some((hour) => !hoursOf("day").includes(hour));

/** For whom it is asked: where, on which day, at which hours, which groups of workers. */
export function whoWords({ area_id: id, day, hours, groups }) {
  const area = known.areas.find((one) => one.id === id);
  const part = profileOf(hours);
  return [
    id === null || id === undefined ? t("everywhere") : area ? areaName(area) : t("unnamed", { id }),
    t(`day_${day}`),
    part === "own" ? t("hours_listed", { list: listed(hours) }) : t(`profile_${part}`),
    groups?.length ? listed(groups.map((name) => page.texts[`worker_group.${name}`])) : "",
  ].filter(Boolean).join(" · ");
}

/** What is wanted: the aim, how much of it, and how near counts as reached. */
export function aimWords(question) {
  const what = page.texts[`plan.model_${question.model.replace("-", "_")}`];
  const { budget, share, sites } = question;
  const limits = [share ? t("limit_share", { share: percent(share) }) : "", (sites ?? null) === null ? "" : t("sites_n", { n: number(sites) }), (budget ?? null) === null ? "" : t("limit_budget", { n: number(budget) })];
  const least = question.model === "set-cover" ? t(`least_${question.least ?? "sites"}_short`) : "";
  const apart = question.spacing_metres ? t(`spacing_short_${question.spacing_rule ?? "forbid"}`, { n: number(question.spacing_metres) }) : "";
  return [what, ...limits, least, apart, reachWords(question)].filter(Boolean).join(" · ");
}

/** Further conditions with a number, and how it is written; a share of each subdistrict is "30%". */
const CONDITIONS = { capacity_per_place: number, backup: short, area_least_share: short, area_least_sites: number, open_24h_least: number, per_chain_most: number };
/** The conditions that a question has besides, each in a few words; empty where it has none. */
export function conditionWords(question) {
  const asks = full(question);
  const given = Object.keys(CONDITIONS).filter((name) => !same(asks[name], PLAIN[name])).map((name) => t(`given_${name}`, { n: CONDITIONS[name](asks[name]) }));
  const counted = ["closing", "lock", "forbid", "extra"].filter((name) => asks[name].length).map((name) => t(`given_${name}`, { n: number(asks[name].length) }));
  return [asks.agreed_only ? t("given_agreed_only") : "", asks.keep_existing ? "" : t("given_none_kept"), ...given, ...counted].filter(Boolean).join(" · ");
}

/** What decides whose reach is counted, and as what: figures of plans that differ in it are of
 * different people, and do not compare. */
const MEASURES = { area_id: "area", day: "day", hours: "profile", groups: "groups", radius_metres: "radius_metres", steps: "steps", keep_existing: "keep_existing" };
/** By what the figures of two questions are of different things, in words; empty where they compare. */
export function measuredApart(one, other) {
  const [left, right] = [full(one), full(other)];
  // Steps stand instead of a radius.
  const counts = (name) => name !== "radius_metres" || (!left.steps && !right.steps);
  return Object.keys(MEASURES).filter((name) => counts(name) && !same(left[name], right[name])).map((name) => page.texts[`plan.differ_${MEASURES[name]}`]);
}
