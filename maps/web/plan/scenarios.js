// Scenarios: plans that are kept, each with a name and the editions it rests on; copied, compared.

import { button, byId, fill, make, openSheet } from "../leader/dom.js";
import { day, listed, page, percent, t } from "../leader/words.js";
import { aimWords, conditionWords, whoWords } from "./asked.js";
import { asked, askPlans, open } from "./data.js";
import { EXACT, gapText } from "./figures.js";
import { copy, discard, rename, solve } from "./job.js";
import { asksAnew, byHand, chosen, hear, known, look, PLAIN, same, tell, view } from "./store.js";
import { inWords, trouble } from "./trouble.js";

const LOOK_AGAIN_MS = 3000;
let timer = 0;

/** A plan that nobody named is called by its number, in the page's language. */
export const planName = (plan) => (!plan.name || plan.name === `方案 ${plan.id}` ? t("plan_n", { n: plan.id }) : plan.name);

/** Where a plan stands, in a few words. */
function stateWords(plan) {
  if (plan.status === "infeasible") return t("state_infeasible");
  const { gap, share } = plan;
  const near = plan.by_hand ? t("by_hand_short") : gap === null || gap === undefined || !Number.isFinite(gap) ? "" : gap <= EXACT ? t("gap_zero") : t("gap_short", { gap: gapText(gap) });
  return [t(`state_${plan.state}`), share === null || share === undefined ? "" : t("reaches_share", { share: percent(share) }), near].filter(Boolean).join(" · ");
}

/** Asks for a name, after what there is to be known before. */
function named(title, value, then, note = "") {
  const field = make("input", { type: "text", maxlength: 120, value, required: true, id: "name-field", "aria-describedby": "name-wrong" });
  const said = make("p", { class: "said wrong", role: "alert", id: "name-wrong" });
  const form = make("form", { class: "form", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    const name = field.value.trim();
    said.textContent = name ? "" : t("name_needed");
    if (!name) {
      field.focus();
      return;
    }
    try {
      await then(name);
      sheet.close();
    } catch (error) {
      said.textContent = inWords(error).join(" ");
    }
  } }, note ? make("p", { class: "note", id: "name-note" }, note) : null, make("label", { class: "field" }, make("span", {}, t("name_word")), field), said, make("button", { type: "submit", class: "act main" }, t("save")));
  const sheet = openSheet(title, t("close"), form);
  field.focus();
  field.select();
}

/** Brings the list. */
export async function bring() {
  try {
    await askPlans();
    trouble("plans");
  } catch (error) {
    trouble("plans", error, bring);
  }
}

/** Does something to the list. Null: it could not be done. */
async function does(work) {
  try {
    const made = await work();
    trouble("plans");
    bring();
    return made;
  } catch (error) {
    trouble("plans", error);
    return null;
  }
}

function gone(plan) {
  const sheet = openSheet(t("discard_title", { name: planName(plan) }), t("close"), make("p", {}, t("discard_about")), make("div", { class: "acts" },
    button(t("discard"), "close", async () => {
      sheet.close();
      if (!(await does(async () => (await discard(plan.id)) ?? true))) return;
      if (view.plan === plan.id) look({ plan: null, set: null }, { push: true });
      if (view.beside === plan.id) look({ beside: null });
    }, { class: "act main" })));
}

/** Conditions of a plan; that its sites were all set by hand is said elsewhere. */
const conditions = ({ question, by_hand: fixed }) => conditionWords(fixed ? { ...question, lock: [] } : question);

function row(plan) {
  const here = plan.id === view.plan;
  const beside = plan.id === view.beside;
  return make("li", { class: here ? "item open" : "item", "data-plan": plan.id },
    make("h4", {}, make("button", { type: "button", "aria-current": here ? "true" : null, onclick: () => look({ plan: plan.id, set: null, site: null, hour: null, tab: "plan" }, { push: true }) }, planName(plan)), here ? make("span", { class: "badge own" }, t("is_open")) : null),
    make("p", { class: "small" }, aimWords(plan.question)),
    make("p", { class: "small" }, whoWords(plan.question)),
    conditions(plan) ? make("p", { class: "small conditions" }, conditions(plan)) : null,
    make("p", { class: "quiet small" }, [stateWords(plan), day(plan.created ?? plan.created_at ?? "")].filter(Boolean).join(" · ")),
    make("div", { class: "acts" },
      button(beside ? t("compare_off") : t("compare_with"), "compare", () => look({ beside: beside ? null : plan.id }, { push: true }), { "aria-pressed": String(beside), disabled: here || open(plan.state) }),
      button(t("copy"), "copy", async () => {
        const made = await does(() => copy(plan.id));
        if (made) look({ plan: made.id, set: null, site: null }, { push: true });
      }),
      button(t("rename"), "edit", () => named(t("rename"), planName(plan), async (name) => {
        await rename(plan.id, name);
        await askPlans();
        if (known.plan?.id === plan.id) {
          known.plan.name = name;
          tell("plan", known.plan);
        }
      })),
      button(t("discard"), "close", () => gone(plan))));
}

function show() {
  const list = byId("scenario-list");
  const held = document.activeElement?.closest?.("[data-plan]");
  const which = held ? [...held.querySelectorAll("button")].indexOf(document.activeElement) : -1;
  fill(list, known.plans.map(row));
  if (!known.plans.length) fill(list, make("li", { class: "empty" }, t("no_scenarios")));
  if (held) list.querySelector(`[data-plan="${held.dataset.plan}"]`)?.querySelectorAll("button")[which]?.focus({ preventScroll: true });
  const select = byId("scenario");
  fill(select, make("option", { value: "" }, t("new_plan")), known.plans.map((plan) => make("option", { value: plan.id }, planName(plan))));
  const kept = known.plans.some((one) => one.id === view.plan);
  if (known.plan && !kept) select.append(make("option", { value: known.plan.id }, planName(known.plan)));
  select.value = known.plan || kept ? view.plan : "";
  const hand = byHand() || (known.plan === null && chosen().length > 0);
  byId("keep").hidden = !hand && !(known.plan && asksAnew());
  document.title = known.plan ? `${planName(known.plan)} · ${t("title")}` : t("title");
}

/** Conditions on which sites there may be; under them an arrangement may be no plan at all. */
const ON_SITES = ["spacing_metres", "area_least_share", "area_least_sites", "open_24h_least", "per_chain_most", "capacity_per_place"];
/** Keeps the sites on the map as a scenario of its own: all of them are locked, so the plan is they. */
function keep() {
  const set = [...chosen()];
  // A distance that only warns keeps no arrangement from being a plan.
  const binding = ON_SITES.filter((name) => name !== "spacing_metres" || view.question.spacing_rule === "forbid");
  const dropped = binding.filter((name) => !same(view.question[name], PLAIN[name]));
  const without = Object.fromEntries(binding.map((name) => [name, PLAIN[name]]));
  const question = { ...asked(null), ...without, model: "max-cover", sites: set.length, budget: null, share: null, least: PLAIN.least, lock: set, forbid: view.question.forbid.filter((id) => !set.includes(id)), extra: view.question.extra.filter((one) => set.includes(one.key)) };
  named(t("keep_title"), known.plan ? t("keep_name", { name: planName(known.plan) }) : t("keep_new"), (name) => solve({ name, question }),
    dropped.length ? t("keep_drops", { what: listed(dropped.map((name) => page.texts[`plan.q_${name}`])) }) : "");
}

/** While any plan is being worked out the list is looked at again. */
function again() {
  clearTimeout(timer);
  if (known.plans.some((one) => open(one.state))) timer = setTimeout(() => askPlans().catch(() => {}), LOOK_AGAIN_MS);
}

/** Prepares the list and the choice at the top. */
export function ready() {
  byId("scenario").addEventListener("change", (event) => {
    const id = event.target.value ? Number(event.target.value) : null;
    look({ plan: id, set: null, site: null, hour: null, tab: id === null ? "question" : "plan" }, { push: true });
  });
  byId("keep").addEventListener("click", keep);
  hear("plans", () => {
    show();
    again();
  });
  for (const news of ["plan", "areas"]) hear(news, show);
  hear("view", (keys) => {
    if (["plan", "beside", "set", "question"].some((key) => keys.has(key))) show();
  });
  show();
}
