// The question: where, when, for whom, what is wanted, and under which conditions.

import { button, byId, fill, icon, make, settled } from "../leader/dom.js";
import { areaName, page, t } from "../leader/words.js";
import { hoursOf, profileOf } from "./asked.js";
import { notTaken } from "./data.js";
import { clock, reachWords, siteName } from "./figures.js";
import { refill } from "./refill.js";
import { hear, known, look, PLAIN, requestion, same, siteOf, view } from "./store.js";

/** Numbers of the form: how they are stored, out of what is typed. */
const FIELDS = {
  sites: {}, budget: {}, share: { percent: true }, radius_metres: {}, backup: { percent: true }, spacing_metres: {}, area_least_share: { percent: true },
  area_least_sites: {}, open_24h_least: {}, per_chain_most: {}, capacity_per_place: {}, gap: { percent: true }, seconds: {}, seed: {},
};
/** What an empty field means: no such condition. */
const EMPTY = { backup: 0, spacing_metres: 0, open_24h_least: 0, area_least_share: 0 };
/** What is so or not. */
const CHECKS = ["agreed_only", "keep_existing"];
const FARTHEST = 5000;
/** Whatever is chosen in the form can be taken back. */
const STEP = { push: true };
/** Within the radius everybody counts, to twice as far half of them. */
const stepsFrom = (near) => (near < FARTHEST ? [[near, 1], [Math.min(FARTHEST, near * 2), 0.5]] : [[near, 1]]);
/** One of two: how another condition is meant. */
const CHOICES = ["least", "spacing_rule"];
/** Further conditions that not every aim takes. */
const SOMETIMES = ["steps", "backup", "area_least_share", "capacity_per_place"];
const given = (name) => !same(view.question[name], PLAIN[name]);
/** Conditions of the question that another does not go with. */
const clashes = (name) => page.apart.filter((pair) => pair.includes(name)).map((pair) => pair.find((one) => one !== name)).filter((one) => given(one) && page.takes[view.question.model].includes(one));

function areas() {
  const select = byId("q-area");
  const districts = known.areas.filter((one) => one.kind === "district");
  const below = (id) => known.areas.filter((one) => one.kind === "subdistrict" && one.parent_id === id);
  const option = (one, indent = "") => make("option", { value: one.id }, indent + areaName(one));
  const loose = known.areas.filter((one) => one.kind === "subdistrict" && !districts.some((district) => district.id === one.parent_id));
  fill(select, make("option", { value: "" }, t("everywhere")),
    districts.map((one) => make("optgroup", { label: areaName(one) }, option(one), below(one.id).map((part) => option(part, "　")))),
    loose.map((one) => option(one)));
  select.value = view.question.area_id ?? "";
}

function hourChips() {
  fill(byId("q-hours"), Array.from({ length: 24 }, (_, hour) => make("label", { class: "chip hour" },
    make("input", { type: "checkbox", value: hour, "aria-label": clock(hour), onchange: () => {
      const hours = [...byId("q-hours").querySelectorAll("input:checked")].map((one) => Number(one.value));
      byId("q-hours-none").hidden = hours.length > 0;
      if (hours.length) requestion({ hours }, STEP);
    } }), make("span", {}, String(hour)))));
}

/** A number of the question as it is written in its field. */
const written = (name) => {
  const value = view.question[name];
  if (value === null || value === undefined || (value === EMPTY[name] && name in EMPTY)) return "";
  return String(FIELDS[name].percent ? Number((value * 100).toFixed(6)) : value);
};

/** Why what somebody wrote into a field is no number for it; nothing where it is one. */
export function wrongNumber(field, needed = field.required) {
  const { badInput, rangeUnderflow, rangeOverflow, stepMismatch } = field.validity;
  if (badInput || (needed && field.value.trim() === "")) return t("number_needed");
  if (rangeUnderflow || rangeOverflow) return t("number_between", { low: field.min, high: field.max || "∞" });
  return stepMismatch ? t("number_whole") : "";
}

/** Says under a field why its number cannot be; without words, that it can. */
export function markWrong(field, words = "") {
  const said = byId(`${field.id}-wrong`);
  field.setAttribute("aria-invalid", String(words !== ""));
  said.hidden = words === "";
  said.textContent = words;
}

const mark = (name, words) => markWrong(byId(`q-${name}`), words);

/** What limits a question: the number of sites, their cost, or both. */
const limitOf = ({ budget, sites }) => (budget === null ? "sites" : sites === null ? "budget" : "both");

/** Every aim but a share ends with so many sites; where people are counted, a budget will do. */
const LIMITS = { sites: "budget", budget: "sites" };
function needed(name) {
  const { model } = view.question;
  if (!(name in LIMITS)) return byId(`q-${name}`).required;
  return model !== "set-cover" && (model === "max-cover" ? limitOf(view.question) === "both" || view.question[LIMITS[name]] === null : name === "sites");
}

/** The field whose edits make one step that can be taken back: until another has the focus. */
let edited = null;
/** A field's number, when it is one that the field allows. */
function take(name) {
  const field = byId(`q-${name}`);
  const text = field.value.trim();
  const value = Number(text);
  const wrong = wrongNumber(field, needed(name));
  mark(name, wrong);
  if (wrong) return;
  const kept = text === "" ? EMPTY[name] ?? null : FIELDS[name].percent ? Number((value / 100).toFixed(8)) : value;
  // Whoever sets another radius has the steps begin there; steps that a question came with stay.
  const steps = name === "radius_metres" && view.question.steps && kept !== view.question.radius_metres ? { steps: stepsFrom(kept) } : {};
  if (same(kept, view.question[name])) return;
  requestion({ [name]: kept, ...steps }, { push: edited !== name });
  edited = name;
}

/** What the model asks for decides which fields there are. */
function fieldsOf() {
  const { model } = view.question;
  const limit = limitOf(view.question);
  byId("q-limit").hidden = model !== "max-cover";
  const cover = model === "set-cover";
  // A share is reached with as many sites as it takes, unless the question came with a limit.
  byId("q-box-sites").hidden = (cover && view.question.sites === null) || (model === "max-cover" && limit === "budget");
  byId("q-box-budget").hidden = model === "max-cover" ? limit === "sites" : view.question.budget === null && !(cover && view.question.least === "cost");
  byId("q-box-share").hidden = !cover;
  byId("q-box-least").hidden = !cover;
  byId("q-box-spacing_rule").hidden = !view.question.spacing_metres;
  byId("q-model-about").textContent = t(`about_${model.replace("-", "_")}`);
  for (const name of SOMETIMES) {
    const taken = page.takes[model].includes(name);
    const clash = clashes(name).length > 0;
    byId(`q-box-${name}`).hidden = !taken && !given(name);
    byId(`q-${name}`).disabled = clash && !given(name);
    const why = byId(`q-${name}-why`);
    why.hidden = taken && !clash;
    why.textContent = !taken ? t("not_taken") : !clash ? "" : name === "capacity_per_place" ? t("not_beside_those") : t("not_with_capacity");
  }
}

/** Shows the question in the form; what somebody is typing is left alone. */
function show() {
  const { question } = view;
  const typing = document.activeElement;
  byId("q-area").value = question.area_id ?? "";
  for (const press of document.querySelectorAll("[name=q-day]")) press.checked = press.value === question.day;
  byId("q-profile").value = profileOf(question.hours);
  byId("q-hours-box").open ||= profileOf(question.hours) === "own";
  for (const chip of byId("q-hours").querySelectorAll("input")) chip.checked = question.hours.includes(Number(chip.value));
  for (const chip of byId("q-groups").querySelectorAll("input")) chip.checked = !question.groups.length || question.groups.includes(chip.value);
  byId("q-model").value = question.model;
  for (const name of Object.keys(FIELDS)) {
    const field = byId(`q-${name}`);
    const wrong = field.getAttribute("aria-invalid") === "true";
    if (field === typing || (field.value === written(name) && !wrong)) continue;
    field.value = written(name);
    mark(name);
  }
  if (question.model === "max-cover") byId(`q-limit-${limitOf(question)}`).checked = true;
  for (const name of CHECKS) byId(`q-${name}`).checked = question[name];
  for (const name of CHOICES) for (const press of document.querySelectorAll(`[name=q-${name}]`)) press.checked = press.value === question[name];
  byId("q-steps").checked = question.steps !== null;
  const held = byId("q-steps-held");
  held.hidden = question.steps === null || same(question.steps, stepsFrom(question.radius_metres));
  held.textContent = held.hidden ? "" : t("steps_held", { steps: reachWords(question) });
  fieldsOf();
  bound();
}

/** Locked and forbidden sites and stations that close, each with a way to let it go. */
function bound() {
  const nameOf = (kind, id) => siteName((kind === "closing" ? known.ground?.closing.find((one) => one.id === id) : siteOf(id)) ?? { id });
  const rows = (kind) => view.question[kind].map((id) => make("button", { type: "button", class: "chosen", "data-bound": id, "aria-label": t(`let_go_${kind}`, { name: nameOf(kind, id) }), onclick: () => requestion({ [kind]: view.question[kind].filter((one) => one !== id) }, STEP) },
    icon("close"), make("span", {}, nameOf(kind, id))));
  const lists = { lock: "locked", forbid: "forbidden", closing: "closing_title" };
  const some = Object.keys(lists).filter((kind) => view.question[kind].length);
  byId("q-bound").hidden = !some.length;
  refill(byId("q-bound-list"), ...some.map((kind) => make("div", { class: "bound", "data-kind": kind }, make("h4", {}, t(lists[kind])), rows(kind))));
}

function listen() {
  byId("q-area").addEventListener("change", (event) => requestion({ area_id: event.target.value ? Number(event.target.value) : null }, STEP));
  for (const press of document.querySelectorAll("[name=q-day]")) press.addEventListener("change", () => requestion({ day: press.value }, STEP));
  byId("q-profile").addEventListener("change", (event) => {
    if (event.target.value === "own") byId("q-hours-box").open = true;
    else requestion({ hours: hoursOf(event.target.value) }, STEP);
  });
  byId("q-groups").addEventListener("change", () => {
    const boxes = [...byId("q-groups").querySelectorAll("input")];
    const groups = boxes.filter((one) => one.checked).map((one) => one.value);
    if (!groups.length) show();
    else requestion({ groups: groups.length === boxes.length ? [] : groups }, STEP);
  });
  byId("q-model").addEventListener("change", (event) => {
    const model = event.target.value;
    const limits = model === "set-cover" ? { sites: null, budget: null, share: view.question.share ?? 0.9 } : { share: null, sites: view.question.sites ?? PLAIN.sites, budget: null };
    requestion({ model, ...notTaken(model), ...limits }, STEP);
  });
  for (const press of document.querySelectorAll("[name=q-limit]")) {
    press.addEventListener("change", () => requestion({
      budget: press.value === "sites" ? null : view.question.budget ?? usualBudget(),
      sites: press.value === "budget" ? null : view.question.sites ?? PLAIN.sites,
    }, STEP));
  }
  for (const press of document.querySelectorAll("[name=q-spacing_rule]")) press.addEventListener("change", () => requestion({ spacing_rule: press.value }, STEP));
  // Where sites are counted their cost does not matter, and no budget limits them.
  for (const press of document.querySelectorAll("[name=q-least]")) press.addEventListener("change", () => requestion(press.value === "cost" ? { least: "cost" } : { least: "sites", budget: null }, STEP));
  for (const name of CHECKS) byId(`q-${name}`).addEventListener("change", (event) => requestion({ [name]: event.target.checked }, STEP));
  byId("q-steps").addEventListener("change", (event) => {
    const near = view.question.radius_metres;
    requestion({ steps: event.target.checked ? stepsFrom(near) : null }, STEP);
  });
  for (const name of Object.keys(FIELDS)) {
    byId(`q-${name}`).addEventListener("input", settled(() => take(name), 350));
    byId(`q-${name}`).addEventListener("change", () => take(name));
  }
  byId("question-form").addEventListener("focusin", () => {
    edited = null;
  });
  byId("question-form").addEventListener("submit", (event) => {
    event.preventDefault();
    byId("solve").click();
  });
}

/** Goes to the first field whose number cannot be; false when all are well. */
export function wrongField() {
  // A link may bring a question without any limit.
  if (view.question.sites === null && needed("sites")) mark("sites", t("number_needed"));
  const field = document.querySelector("#question-form [aria-invalid=true]");
  if (!field || field.closest("label")?.hidden) return false;
  look({ tab: "question" });
  field.closest("details")?.setAttribute("open", "");
  field.focus();
  return true;
}

/** What so many of the usual candidates cost: a budget to begin with. */
function usualBudget() {
  const costs = (known.ground?.candidates ?? []).map((one) => one.cost).filter((one) => one > 0).sort((one, other) => one - other);
  const usual = costs[Math.floor(costs.length / 2)] ?? 10000;
  return Math.round((usual * (view.question.sites ?? PLAIN.sites)) / 1000) * 1000;
}

/** Prepares the form. */
export function ready() {
  fill(byId("q-groups"), page.groups.map((name) => make("label", { class: "chip" }, make("input", { type: "checkbox", value: name }), make("span", {}, page.texts[`worker_group.${name}`]))));
  hourChips();
  listen();
  hear("areas", areas);
  hear("view", (keys) => {
    if (keys.has("question")) show();
  });
  for (const news of ["plan", "ground"]) hear(news, show);
  byId("q-clear").append(button(t("question_clear"), "close", () => requestion({ ...PLAIN, extra: view.question.extra }, STEP), { class: "act quiet" }));
  show();
}
