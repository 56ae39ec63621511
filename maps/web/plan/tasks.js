// What becomes of a plan: each site a task, from the first call at the host to the open door.

import { address, ask } from "../leader/ask.js";
import { announce, button, byId, make, openSheet } from "../leader/dom.js";
import { day, listed, number, page, t } from "../leader/words.js";
import { open, renew } from "./data.js";
import { people, siteName } from "./figures.js";
import { openPlan } from "./job.js";
import { refill } from "./refill.js";
import { did } from "./sites.js";
import { chosen, hear, known, siteOf, view, without } from "./store.js";
import { inWords, trouble } from "./trouble.js";

const STATES = ["proposed", "contacted", "agreed", "opened", "declined"];
let tasks = null;
let all = false;

async function bring() {
  const found = [];
  let path = address("/api/siting/tasks", { plan_id: all || view.plan === null ? null : view.plan, limit: 200 });
  while (path && found.length < 2000) {
    const told = await ask(path);
    found.push(...told.tasks);
    path = told.next;
  }
  tasks = found;
}

/** Notes a change; throws when the service will not. */
async function note(task, changes) {
  try {
    const told = await ask(`/api/siting/tasks/${task.id}`, { method: "PATCH", body: changes });
    tasks = tasks.map((one) => (one.id === task.id ? { ...one, ...(told ?? changes) } : one));
    announce(listed([task.name, t(`task_${changes.state ?? task.state}`)]));
    // What a host said counts from now on, for candidates as for plans.
    if (changes.state) renew();
    // A station more is another edition than the open plan rests on, and the plan says so.
    if ((changes.state === "opened" || changes.services) && view.plan !== null) openPlan(view.plan, { keepQuestion: true });
    trouble("tasks");
  } finally {
    list();
  }
}

/** Notes a change of the list. */
const change = (task, changes) => note(task, changes).catch((error) => trouble("tasks", error));

/** When the station is open and what it offers: what is known already, to be set right. */
function furnishing(task) {
  const hours = make("input", { type: "text", id: "open-hours", maxlength: 200, value: task.hours_text ?? task.opening_hours ?? "", placeholder: t("open_hours_like"), "aria-describedby": "open-hours-none" });
  const none = make("p", { class: "note", id: "open-hours-none", hidden: hours.value !== "" }, t("open_hours_none"));
  hours.addEventListener("input", () => {
    none.hidden = hours.value.trim() !== "";
  });
  const offered = [...new Set([...page.offers, ...task.services])];
  const chips = make("div", { class: "chips", id: "open-services" }, offered.map((name) => make("label", { class: "chip" }, make("input", { type: "checkbox", value: name, checked: task.services.includes(name) }), make("span", {}, page.texts[`service.${name}`]))));
  const told = () => ({ hours_text: hours.value.trim(), services: [...chips.querySelectorAll("input:checked")].map((one) => one.value) });
  return [told, make("label", { class: "field" }, make("span", {}, t("open_hours")), hours), none, make("fieldset", {}, make("legend", {}, t("open_services")), chips)];
}

/** An opened task is a station from then on: people will be sent there. Asked before it is done. Of one
 * that is open already hours and services are set right. */
function opening(task) {
  const isOpen = task.state === "opened";
  const [title, about, press] = isOpen ? ["task_mend_title", "task_mend_about", "task_mend_do"] : ["task_open_title", "task_open_about", "task_open_do"];
  let sure = false;
  const [told, ...fields] = furnishing(task);
  const said = make("p", { class: "said wrong", role: "alert" });
  const act = make("button", { type: "submit", class: "act main" }, t(press));
  const form = make("form", { class: "form", onsubmit: async (event) => {
    event.preventDefault();
    if (act.getAttribute("aria-disabled") === "true") return;
    act.setAttribute("aria-disabled", "true");
    said.textContent = "";
    try {
      await note(task, { ...(isOpen ? {} : { state: "opened" }), ...told() });
      sure = true;
      sheet.close();
    } catch (error) {
      said.textContent = inWords(error).join(" ");
    } finally {
      act.setAttribute("aria-disabled", "false");
    }
  } }, make("p", {}, t(about)), ...fields, said, make("div", { class: "acts" }, act));
  const sheet = openSheet(t(title, { name: task.name }), t("close"), form);
  sheet.addEventListener("close", () => {
    if (!sure) list();
    // What the keyboard stood on was drawn anew, or cannot be changed any more.
    (document.querySelector(`[data-mend="${task.id}"]`) ?? document.querySelector(`[data-task="${task.id}"] select`))?.focus();
  });
}

/** Who could stand in for a host that declined; where its plan is open, a click puts it there. */
function instead(task) {
  if (task.state !== "declined") return null;
  if (!task.replacements.length) return make("p", { class: "quiet small" }, t("task_nobody"));
  const here = task.plan_id !== null && task.plan_id === view.plan;
  const put = (one) => {
    without(task.candidate_id ?? task.site, [one.id]);
    did(t("task_replaced", { name: one.name }));
  };
  return make("div", { class: "instead" }, make("p", { class: "small" }, t("task_instead")), make("ul", { class: "swaps" }, task.replacements.slice(0, 5).map((one) => {
    const name = siteName(siteOf(one.id) ?? one);
    return make("li", {}, here ? button(name, "swap", () => put(one), { "data-replace": one.id, disabled: chosen().includes(one.id), "aria-label": t("task_put", { name }) }) : make("span", {}, name),
      make("span", { class: "quiet small" }, one.loss > 0 ? t("replacement_loss", { people: here && known.plan ? people(one.loss, known.plan.question) : number(one.loss) }) : t("replacement_free")));
  })));
}

function row(task) {
  const { name } = task;
  const note = make("input", { type: "text", maxlength: 500, value: task.note ?? "", placeholder: t("task_note"), "aria-label": t("task_note_of", { name }), onchange: (event) => change(task, { note: event.target.value }) });
  return make("li", { class: "item", "data-task": task.id },
    make("h4", {}, make("span", {}, name), make("span", { class: `badge ${task.state === "opened" ? "own" : task.state === "declined" ? "none" : ""}` }, t(`task_${task.state}`))),
    make("p", { class: "quiet small" }, [task.address, day(task.changed_at)].filter(Boolean).join(" · ")),
    make("div", { class: "task-acts" },
      make("select", { "aria-label": t("task_state_of", { name }), disabled: task.state === "opened", onchange: (event) => (event.target.value === "opened" ? opening(task) : change(task, { state: event.target.value })) }, STATES.map((one) => make("option", { value: one, selected: one === task.state }, t(`task_${one}`)))),
      note),
    task.state === "opened" ? make("p", { class: "small furnished" }, [task.hours_text ?? task.opening_hours, listed(task.services.map((one) => page.texts[`service.${one}`]))].filter(Boolean).join(" · ")) : null,
    task.state === "opened" ? make("div", { class: "acts" }, button(t("task_mend"), "edit", () => opening(task), { "data-mend": task.id })) : null,
    instead(task));
}

function list() {
  const counts = STATES.map((state) => [state, tasks.filter((one) => one.state === state).length]).filter(([, n]) => n);
  byId("task-words").textContent = counts.map(([state, n]) => `${t(`task_${state}`)} ${number(n)}`).join(" · ");
  refill(byId("task-list"), tasks.length ? tasks.map(row) : make("li", { class: "empty" }, t("no_tasks")));
}

/** Offers to make tasks of the open plan; where each of its sites has one, says so instead. */
function offer() {
  const { plan } = known;
  const usable = plan?.answer?.sites.length && !open(plan.state) && plan.answer.status !== "infeasible";
  const there = new Set((tasks ?? []).filter((one) => one.plan_id === plan?.id).map((one) => one.site));
  const made = usable && plan.answer.sites.every((id) => there.has(String(id)));
  const act = byId("task-make").querySelector("button");
  const held = document.activeElement === act;
  byId("task-make").hidden = !usable;
  act.hidden = made;
  byId("tasks-there").textContent = made ? t("tasks_there", { n: number(plan.answer.sites.length) }) : "";
  // What one goes on with: the first of them.
  if (held && made) byId("task-list").querySelector("select")?.focus();
}

async function show() {
  if (view.tab !== "tasks") {
    trouble("tasks");
    return;
  }
  offer();
  try {
    await bring();
    list();
    offer();
    trouble("tasks");
  } catch (error) {
    trouble("tasks", error, show);
  }
}

/** Prepares the list. */
export function ready() {
  byId("task-make").append(make("p", { id: "tasks-there", class: "quiet" }), button(t("tasks_make"), "plus", async () => {
    try {
      await ask(`/api/siting/plans/${known.plan.id}/tasks`, { body: {} });
      announce(t("tasks_made"));
    } catch (error) {
      trouble("tasks", error);
      return;
    }
    show();
  }, { class: "act main" }));
  byId("task-all").addEventListener("change", (event) => {
    all = event.target.checked;
    show();
  });
  hear("plan", show);
  hear("view", (keys) => {
    if (keys.has("tab") || keys.has("plan")) show();
    else if (keys.has("set") && tasks !== null && view.tab === "tasks") list();
  });
  show();
}
