// The plan: what it reaches, how near it is to the best possible, and a card for each of its sites.

import { button, byId, draw, fact, make } from "../leader/dom.js";
import { day, half, listed, number, ours, page, percent, short, t } from "../leader/words.js";
import { countsClosed } from "./asked.js";
import { curveStep, open } from "./data.js";
import { again } from "./job.js";
import { consent, cost, gapHere, hostType, more, objectiveWords, ofOneHour, people, peopleWord, reachWords, siteName, spent, stepGap, stepWords, verdict } from "./figures.js";
import { point, goTo } from "./map.js";
import { markWrong, wrongNumber } from "./question.js";
import { refill } from "./refill.js";
import { asksAnew, broken, byHand, chosen, describe, figures, forbid, hear, known, lock, look, older, remove, replace, siteOf, soFar, view, without } from "./store.js";

/** Today's share and the new one in one bar; the tick is what no plan can pass. */
function bar(today, now, bound) {
  const at = (value) => Math.max(0, Math.min(1, value)) * 320;
  return draw("svg", { viewBox: "0 0 320 16", preserveAspectRatio: "none", class: "bullet reach", "aria-hidden": "true" },
    draw("rect", { x: 0, y: 2, width: 320, height: 12, class: "bar-back" }),
    draw("rect", { x: 0, y: 2, width: at(now), height: 12, class: "bar-new" }),
    draw("rect", { x: 0, y: 2, width: at(Math.min(today, now)), height: 12, class: "bar-today" }),
    bound === null ? null : draw("path", { d: `M${at(bound)} 0V16`, class: "bar-target" }));
}

/** Plans whose search can be taken up once more. */
const AGAIN = ["interrupted", "failed", "stopped"];

/** Whether the open plan is on the map as it was found: what is told of it is so. */
const asFound = () => known.plan !== null && !byHand() && !asksAnew();

/** How near to the best the open plan is; not of the figures of another set or another question. */
function nearness() {
  const { plan } = known;
  const running = plan && open(plan.state);
  if (!plan || ((running || plan.answer) && !asFound())) return null;
  const how = running ? "short" : ofOneHour(plan) ? "short plain" : { proved: "short met", short: "short", plain: "short plain" }[verdict(plan)];
  return make("p", { class: how, id: "gap-words" }, gapHere(plan));
}

/** What no plan for this question can pass, as a share of the people; null where that is not said, or
 * was said of other people. */
function boundShare(total) {
  const { plan } = known;
  if (!plan || asksAnew() || (plan.editions_in_force === false && !older()) || view.hour !== null || plan.by_hand || plan.question.model !== "max-cover" || plan.question.steps || plan.question.backup || plan.question.capacity_per_place) return null;
  const bound = plan.answer?.bound ?? plan.progress?.bound;
  return bound && total ? Math.min(1, bound / total) : null;
}

/** How near to the best a step of the curve is: of what the curve counts, at all the hours asked for. */
const curveGap = (step) => (view.hour === null && view.question.model === "max-cover" && !view.question.capacity_per_place ? stepGap(step) : "");

/** How the set made by hand stands beside the plan; a set off the curve is no one's hand. */
function handWords() {
  const { plan, told } = known;
  const step = told && (byHand() || !plan) ? curveStep() : null;
  if (step) return make("p", { class: "note", id: "hand-words" }, t("hand_curve", { n: stepWords(step) }), " ", curveGap(step));
  if (!plan || !told || !byHand()) return null;
  const facts = plan.facts;
  if (!facts || asksAnew() || view.hour !== null || plan.editions_in_force === false) return make("p", { class: "note", id: "hand-words" }, t("hand_made"));
  const difference = Math.round(told.covered - facts.covered);
  // What was kept as it was drawn was never searched for.
  const [same, more, less] = plan.by_hand ? ["kept_same", "kept_more", "kept_less"] : ["hand_same", "hand_more", "hand_less"];
  const words = t(difference === 0 ? same : difference > 0 ? more : less, { people: people(Math.abs(difference), told.question) });
  return make("p", { class: "note", id: "hand-words" }, t("hand_made"), " ", words);
}

/** Sites that a sentence does not name. Long names first: one may be the beginning of another. */
function unnamedIn(said, ids) {
  let left = said;
  const named = new Set();
  for (const [id, name] of ids.map((one) => [one, siteName(siteOf(one))]).sort(([, one], [, other]) => other.length - one.length)) {
    if (!left.includes(name)) continue;
    left = left.replace(name, () => "\n");
    named.add(id);
  }
  return ids.filter((id) => !named.has(id));
}

/** A condition that is not kept: what it is, and those of its sites that the sentence does not name. */
function brokenRow(one) {
  const said = one[page.language];
  const unnamed = unnamedIn(said, one.sites);
  return make("li", { class: one.warns ? "note" : "note strong", "data-broken": one.code }, one.warns ? [t("broken_warns"), " "] : null, said,
    unnamed.length ? make("span", { class: "names" }, unnamed.map((id) => make("button", { type: "button", class: "link", "data-goto": id, onclick: () => {
      look({ site: id });
      goTo(id);
    } }, siteName(siteOf(id))))) : null);
}

/** Conditions of the question that the set on the map breaks. What is odd about a plan as it was found
 * the plan says itself. */
function brokenList() {
  const found = chosen().length && !soFar() && !asFound() ? broken() : [];
  if (!found.length) return null;
  return [make("h3", { class: "list-title" }, t("broken_title")), make("ul", { class: "broken", id: "broken" }, found.map(brokenRow))];
}

/** That capacities are asked for, and were not counted. */
function roomNote() {
  if (!view.question.capacity_per_place) return null;
  const { room } = known.told ?? {};
  const left = older() ? known.plan.facts.room_regarded !== true : room && !room.regarded;
  return left ? make("p", { class: "note", id: "room-note" }, room && !older() ? room[page.language] : t("room_not_counted")) : null;
}

/** That some of today's stations count as closed. */
function closingNote() {
  const { closing, keep_existing } = figures()?.question ?? view.question;
  return keep_existing && closing?.length ? make("p", { class: "note", id: "closing-note" }, t("closing_note", { n: number(closing.length) })) : null;
}

/** Whom the figures are about: "Workers with a station within 500 m on foot". */
function measure(question) {
  const what = peopleWord(question);
  return question.steps ? t("reached_steps", { steps: reachWords(question), what }) : t("reached_measure", { metres: number(question.radius_metres), what });
}

/** Remarks on the plan, in the page's language where the service tells them apart. */
const remarks = ({ answer }) => answer?.[`relaxed_${page.language}`] ?? (answer?.relaxed ?? []).map(ours);

function headline() {
  const box = byId("headline-box");
  const { plan } = known;
  const told = figures();
  const total = told?.total ?? 0;
  const running = plan && open(plan.state);
  const bits = [];
  if (told) {
    const now = total ? told.covered / total : null;
    bits.push(
      make("p", { class: "measure" }, measure(told.question), countsClosed(told.question) ? make("small", { class: "quiet", id: "whatever-open" }, ` · ${t("whatever_open")}`) : null),
      make("p", { class: now === null ? "headline none" : "headline" }, percent(now), make("small", {}, t(told.question.keep_existing ? "reached_today" : "reached_none_kept", { share: percent(total ? told.covered_today / total : null), more: more(told.covered - told.covered_today) }))),
      now === null ? null : bar(told.covered_today / total, now, boundShare(total)));
  }
  bits.push(nearness());
  if (plan?.problem) bits.push(make("p", { class: "note strong", id: "problem" }, half(plan.problem, "detail") ?? ours(plan.problem.detail), plan.problem.remedy ? make("span", {}, ours(plan.problem.remedy)) : null));
  if (asksAnew() && !running) bits.push(make("p", { class: "note" }, t("asks_anew")));
  if (running && soFar() && view.set === null) bits.push(make("p", { class: "quiet small", id: "so-far" }, t("so_far")));
  bits.push(handWords(), brokenList(), roomNote(), closingNote());
  if (told) {
    bits.push(make("dl", { class: "facts" },
      fact(t("sites_n_word"), number(told.count ?? chosen().length)), spent(told.cost) ? fact(t("cost_word"), spent(told.cost)) : null, fact(peopleWord(told.question), number(total)),
      fact(t("uncovered_word"), number(Math.max(0, total - told.covered))),
      plan?.answer && asFound() && (plan.question.model !== "max-cover" || plan.question.steps || plan.question.backup || plan.question.capacity_per_place) ? fact(t("objective_word"), objectiveWords(plan)) : null,
      plan?.answer ? fact(t("seconds_word"), t("seconds_n", { n: plan.answer.seconds < 0.05 ? "< 0.1" : plan.answer.seconds.toFixed(1) })) : null));
  }
  if (plan?.editions_in_force === false && !running) bits.push(make("p", { class: "note", id: "older" }, t(older() ? "older_figures" : "editions_changed", { what: editionsOf(plan) })));
  if (plan && !running && (AGAIN.includes(plan.state) || plan.editions_in_force === false)) bits.push(button(t(plan.state === "done" ? "run_newer" : "run_again"), "play", again, { id: "again" }));
  if (asFound()) bits.push(...remarks(plan).map((one) => make("p", { class: "note" }, one)));
  if (!plan && !chosen().length) bits.push(make("p", { class: "quiet" }, t("no_plan_yet")));
  refill(box, bits);
}

/** Places put on the map by hand cost what candidates usually do. */
const costOf = (site) => cost(site?.cost) && (site?.own && (site.cost ?? null) === null ? t("cost_usual") : cost(site?.cost));

/** Name and cost of a place put on the map by hand. */
function ownFields({ key, name, cost: price }) {
  // After the focus has gone where it goes: what is written makes the card anew.
  const taken = (changes) => setTimeout(() => describe(key, changes));
  const field = (what, attributes, ...said) => make("label", { class: "field" }, make("span", { id: `own-${what}-name` }, t(`own_${what}`)), make("input", { id: `own-${what}`, "aria-labelledby": `own-${what}-name`, ...attributes }), said);
  // A field that is being filled in stays when the card is made anew, and with it what is wrong there.
  const typed = document.activeElement?.id === "own-cost" ? wrongNumber(document.activeElement) : "";
  const priced = ({ target }) => {
    const wrong = wrongNumber(target);
    markWrong(target, wrong);
    if (!wrong) taken({ cost: target.value === "" ? null : Number(target.value) });
  };
  return make("div", { class: "form two" },
    field("name", { type: "text", maxlength: 120, value: name ?? "", onchange: (event) => taken({ name: event.target.value.replace(/[\u0000-\u001f\u007f]+/g, " ").trim() }) }),
    field("cost", { type: "number", min: 0, max: 1e12, step: "any", inputmode: "decimal", value: price ?? "", placeholder: t("cost_usual"), "aria-describedby": "own-cost-wrong", onchange: priced },
      make("span", { id: "own-cost-wrong", class: "said wrong", role: "alert", hidden: !typed }, typed)));
}

/** What the register of hosts says besides: comes when it is there. */
function registered(site) {
  const box = make("div", { class: "register" });
  import("./register.js").then((room) => room.show(box, site), () => {});
  return box;
}

const facts = (id) => known.plan?.facts?.sites.find((one) => one.id === id) ?? null;

/** What a plan rests on: "demand, edition 3 of 2026-06-30, …". */
const editionsOf = (plan) => listed((plan.editions ?? []).map((one) => t("edition_is", { dataset: page.texts[`dataset.${one.dataset}`] ?? one.dataset, n: one.id, day: day(one.as_of) })));

/** What is not known yet, or never will be. */
function leftOut(steady) {
  const words = steady.looking && !steady.plans ? t("looking_around") : half(steady, "left");
  return words ? make("p", { class: "quiet small", id: "left-out" }, words) : null;
}

/** How sure a site is, and the best plan without it; of the plan that is on the map as it was found. */
function withoutIt(id, kept) {
  const steady = known.plan?.facts?.steady;
  if (!kept || !steady || !asFound()) return null;
  const told = kept.without;
  const names = (some) => listed(some.map((one) => siteName(siteOf(one.id) ?? one)));
  const loss = () => (told.loss > 0 ? t("replacement_loss", { people: people(told.loss, known.plan.question) }) : t("replacement_free"));
  const words = !told ? "" : !told.possible ? t("without_none") : told.comes.length
    ? t(told.goes.length ? "without_both" : "without_comes", { comes: names(told.comes), goes: names(told.goes), loss: loss() }) : t("without_nobody", { loss: loss() });
  return make("div", { class: "without" },
    (kept.often ?? null) === null ? null : make("p", { class: "small", id: "often" }, t("often", { n: number(steady.plans), share: short(kept.often), within: short(steady.within) })),
    words ? make("p", { class: "small", id: "without" }, words) : null,
    told?.possible ? button(t(told.comes.length ? "without_take" : "without_leave"), "no", () => without(id, told.comes.map((one) => one.id), told.goes.map((one) => one.id)), { id: "without-take" }) : null,
    told ? null : leftOut(steady));
}

/** Who could stand in for a site, the others staying; what that loses is known of the plan as it was
 * found. */
function replacements(id, kept) {
  const others = (kept?.replacements ?? []).filter((one) => !chosen().includes(one.id)).slice(0, 5);
  const loss = (one) => (one.loss > 0 ? t("replacement_loss", { people: people(one.loss, known.plan.question) }) : t("replacement_free"));
  return others.length ? make("div", {}, make("p", { class: "small" }, t("replacements_are")), make("ul", { class: "swaps" }, others.map((one) => make("li", {},
    button(one.name || siteName(siteOf(one.id)), "swap", () => replace(id, one.id), { class: "act", "data-replace": one.id }),
    asFound() ? make("span", { class: "quiet small" }, loss(one)) : null)))) : null;
}

/** The card of one site: why, what it adds, what it overlaps, who could stand in for it. */
function details(id) {
  const all = figures();
  const told = all?.sites.find((one) => one.id === id);
  const kept = facts(id);
  const site = siteOf(id);
  const locked = view.question.lock.includes(id);
  const kinds = broken().filter((one) => one.sites.includes(id));
  // Why it is in the plan says too what its host had said by then.
  const saidSince = kept && (kept.agreed ?? null) !== (site?.agreed ?? null);
  const [overlap, of] = told?.overlap ? [told.overlap, all.question] : [(asFound() && kept?.overlap) || [], known.plan?.question];
  return make("div", { class: "advice" },
    asFound() && half(kept, "why") ? make("p", { class: "why" }, saidSince ? `${t("when_made")} ` : null, half(kept, "why")) : null,
    make("p", { class: "quiet small" }, [hostType(site), site?.chain, site?.address, site?.open_24h ? t("open_24h") : "", consent(site)].filter(Boolean).join(" · ")),
    make("dl", { class: "facts" },
      told ? fact(t("adds_last"), people(told.adds_last, all.question)) : null, told ? fact(t("adds_alone"), people(told.alone, all.question)) : null, kept && !asksAnew() ? fact(t("overlap_today"), people(kept.overlap_today, known.plan.question)) : null,
      (told?.capacity ?? null) === null ? null : fact(t("room_word"), t("room_served", { room: number(told.capacity), served: number(told.served) })), costOf(site) ? fact(t("cost_word"), costOf(site)) : null),
    site?.own ? ownFields(site) : site ? registered(site) : null,
    overlap.length ? make("p", { class: "small" }, t("overlaps_with"), " ", listed(overlap.slice(0, 4).map((one) => `${siteName(siteOf(one.id) ?? one)} ${people(one.people, of)}`))) : null,
    kinds.map((one) => make("p", { class: one.warns ? "note" : "note strong" }, one.warns ? `${t("broken_warns")} ` : "", one[page.language])),
    withoutIt(id, kept),
    replacements(id, kept),
    make("div", { class: "acts" },
      button(locked ? t("unlock") : t("lock"), "lock", () => lock(id), { "aria-pressed": String(locked), "data-act": "lock" }),
      button(t("remove"), "close", () => remove(id), { "data-act": "remove" }),
      button(t("forbid"), "no", () => forbid(id), { "data-act": "forbid" }),
      button(t("show_on_map"), "all", () => goTo(id), { "data-act": "show" })));
}

function row(id, at) {
  const told = figures()?.sites.find((one) => one.id === id);
  const site = siteOf(id);
  const shown = view.site === id;
  return make("li", { class: shown ? "item open" : "item", "data-site": id },
    make("button", { type: "button", class: "row", "aria-expanded": String(shown), "data-row": id, onclick: () => {
      look({ site: shown ? null : id });
      if (!shown) goTo(id);
    } },
    make("span", { class: "place", "aria-hidden": "true" }, String(at + 1)),
    make("span", { class: "name" }, siteName(site), view.question.lock.includes(id) ? make("small", {}, ` ${t("locked")}`) : null, site?.opened ? make("span", { class: "badge own" }, t("task_opened")) : site?.agreed === false ? make("span", { class: "badge none" }, t("declined")) : null),
    make("span", { class: "value" }, told ? more(Math.round(told.adds_last)) : ""),
    make("span", { class: "words" }, [hostType(site), costOf(site)].filter(Boolean).join(" · "))),
    shown ? details(id) : null);
}

function list() {
  if (view.tab !== "plan") return;
  const set = chosen();
  refill(byId("site-list"), set.map(row));
  byId("sites-title").textContent = t("sites_title", { n: number(set.length) });
  byId("sites-box").hidden = !set.length;
}

/** Where the plan can be taken away. */
function exports() {
  const { plan } = known;
  const done = plan?.answer && !open(plan.state) && plan.answer.status !== "infeasible";
  byId("exports").hidden = !done;
  byId("plan-inputs").textContent = done ? [plan.editions?.length ? t("inputs", { what: editionsOf(plan) }) : "", t(plan.answer.begun_from ? "seed_after" : "seed_is", { n: plan.question.seed ?? 0, plan: plan.answer.begun_from })].filter(Boolean).join(" ") : "";
  if (!done) return;
  const own = `?lang=${page.language}`;
  const files = [[`/map.html${own}`, "map"], [`.xlsx${own}`, "xlsx"], [`/report.pdf${own}`, "pdf"], [".geojson", "geojson"], [".gpkg", "gpkg"], ...(plan.has_proof ? [["/proof.json", "proof"]] : [])];
  refill(byId("export-list"), files.map(([ending, name]) => make("li", {}, make("a", { class: "act", href: `/api/siting/plans/${plan.id}${ending}`, download: "" }, t(`export_${name}`)))));
  byId("export-note").textContent = byHand() || asksAnew() ? t("export_is_plan") : "";
}

function show() {
  headline();
  list();
  exports();
}

/** Prepares the plan's tab. */
export function ready() {
  for (const news of ["plan", "facts", "told", "ground"]) hear(news, (told) => (told?.dragging ? headline() : show()));
  hear("progress", headline);
  hear("view", (keys) => {
    if (["set", "question", "site", "hour", "plan", "tab"].some((key) => keys.has(key))) show();
    if (keys.has("site") && view.site !== null) byId("site-list").querySelector(".item.open")?.scrollIntoView({ block: "nearest" });
  });
  const pointing = (event) => {
    const found = event.target.closest?.("[data-replace]");
    point(found ? Number(found.dataset.replace) : null);
  };
  for (const kind of ["pointerover", "focusin"]) byId("site-list").addEventListener(kind, pointing);
  byId("site-list").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const here = event.target.closest?.("[data-row]");
    if (!step || !here) return;
    const all = [...byId("site-list").querySelectorAll("[data-row]")];
    const to = all[all.indexOf(here) + step];
    if (to) {
      event.preventDefault();
      to.focus();
    }
  });
  show();
}
