// Noting what became of a union: founded, joined, being prepared, ended. The map follows by itself.

import { ask, Problem } from "./ask.js";
import { announce, button, make, openSheet } from "./dom.js";
import { ours, page, t, today, word } from "./words.js";

/** Opens the form for one enterprise; `done` is called when something was noted or taken back. */
export function open(one, done) {
  const state = one.union_state ?? one.state;
  const said = make("p", { class: "said", role: "alert" });
  const choices = make("fieldset", {}, make("legend", {}, t("union_is_now")), make("div", { class: "chips" },
    page.choices.state.filter((name) => name !== "unknown").map((name) => make("label", { class: "chip" },
      make("input", { type: "radio", name: "union_state", value: name, required: true, checked: name === state }), make("span", {}, word("leader_state", name))))));
  const field = (name, text, attributes) => make("label", { class: "field" }, text, make("input", { name, ...attributes }));
  const form = make("form", { class: "form", onsubmit: (event) => {
    event.preventDefault();
    send(one, form, said, done);
  } },
  choices,
  make("div", { class: "two" }, field("since", t("since"), { type: "date", value: today(), max: today(), required: true }), field("members", t("members"), { type: "number", min: 0, step: 1, inputmode: "numeric" })),
  field("union_name", t("union_name"), { type: "text", maxlength: 100, autocomplete: "off" }),
  field("note", t("note"), { type: "text", maxlength: 200, autocomplete: "off" }),
  make("p", { class: "quiet" }, t("counts_only")),
  said,
  make("button", { type: "submit", class: "act main" }, t("note_it")));
  openSheet(t("note_union_of", { name: one.name }), t("close"), form);
}

async function send(one, form, said, done) {
  const given = new FormData(form);
  const body = { union_state: given.get("union_state"), since: given.get("since") };
  if (given.get("union_name").trim()) body.union_name = given.get("union_name").trim();
  if (given.get("members") !== "") body.members = Number(given.get("members"));
  if (given.get("note").trim()) body.note = given.get("note").trim();
  const press = form.querySelector("[type=submit]");
  press.disabled = true;
  said.className = "said";
  said.textContent = t("sending");
  try {
    const change = await ask(`/api/enterprises/${one.id}/union`, { body });
    press.hidden = true;
    said.textContent = t("noted");
    announce(t("noted"));
    if (change?.id !== undefined) said.after(button(t("take_back"), "close", (event) => takeBack(one, change.id, event.currentTarget, said, done)));
    done();
  } catch (error) {
    press.disabled = false;
    said.className = "said wrong";
    said.textContent = error instanceof Problem ? [error.detail || error.message, error.remedy].filter(Boolean).map(ours).join(" ") : t("not_sent");
  }
}

async function takeBack(one, change, press, said, done) {
  press.disabled = true;
  try {
    await ask(`/api/enterprises/${one.id}/union/${change}`, { method: "DELETE" });
    said.textContent = t("taken_back");
    press.remove();
    done();
  } catch (error) {
    press.disabled = false;
    said.className = "said wrong";
    said.textContent = error instanceof Problem ? error.detail || error.message : t("not_sent");
  }
}
