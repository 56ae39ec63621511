// The place of the answers: one sentence, notes, cards; the same for every view.

import { card } from "./cards.js";
import { announce, button, byId, holdFocus, make } from "./dom.js";
import { kept, now, tell } from "./store.js";
import { ours, t } from "./words.js";

/** Says how it stands; also aloud. */
export function say(text, { wrong = false, aloud = true } = {}) {
  const line = byId("said");
  line.textContent = text;
  line.classList.toggle("wrong", wrong);
  if (aloud && text) announce(text);
}

/** Takes everything away, for instance before another view. */
export function clear() {
  say("", { aloud: false });
  byId("mark").replaceChildren();
  byId("notes").replaceChildren();
  byId("beyond").replaceChildren();
  byId("more-stations").replaceChildren();
  byId("list").replaceChildren();
  now.stations = [];
  busy(false);
  tell("shown");
}

/** Grey cards while one waits. */
export function busy(on) {
  const list = byId("list");
  list.setAttribute("aria-busy", String(on));
  if (on && !list.children.length) {
    list.replaceChildren(...[0, 1, 2].map(() => make("li", { class: "item ghost", "aria-hidden": "true" }, make("div", { class: "card" }))));
  } else if (!on) {
    for (const ghost of list.querySelectorAll(".ghost")) ghost.remove();
  }
}

/** Shows stations; what had the focus keeps it.
 *
 * @param stations as of the nearest list
 * @param options.estimate whether the phone ordered them
 * @param options.mark a sentence that must not be overlooked, such as "offline estimate"
 * @param options.notes further sentences, bilingual as the service writes them
 */
export function show(stations, { estimate = false, mark = null, notes = [], best = true } = {}) {
  const list = byId("list");
  const giveBack = list.contains(document.activeElement) ? holdFocus() : null;
  now.stations = stations;
  busy(false);
  byId("mark").replaceChildren(...(mark ? [make("p", { class: "mark" }, mark)] : []));
  byId("notes").replaceChildren(...notes.map((note) => make("li", {}, ours(note))));
  byId("beyond").replaceChildren();
  byId("more-stations").replaceChildren();
  const before = new Map([...list.children].map((item) => [item.firstChild.dataset.id, item]));
  const items = stations.map((station, place) => {
    const first = best && place === 0;
    const likeness = JSON.stringify([station, estimate, first, kept.map]);
    const old = before.get(String(station.id));
    if (old && old.likeness === likeness) return old;
    const item = card(station, { estimate, first });
    item.likeness = likeness;
    if (old?.querySelector(".more[open]")) item.querySelector(".more").open = true;
    return { item, reopen: Boolean(old?.querySelector(".route:not([hidden])")) };
  });
  list.replaceChildren(...items.map((one) => one.item ?? one));
  for (const { item, reopen } of items) if (reopen) item.querySelector("[aria-controls^='route-']")?.click();
  giveBack?.();
  tell("shown");
}

/** Why there is nothing, and what can be done about it. */
export function explain(title, lines, actions = []) {
  byId("beyond").replaceChildren(make("div", { class: "card plain" },
    make("h3", {}, title),
    ...lines.filter(Boolean).map((line) => make("p", {}, line)),
    actions.length ? make("div", { class: "acts" }, actions) : null));
}

/** A door to more of the same. */
export function offerMore(text, onclick) {
  byId("more-stations").replaceChildren(button(text, "more", onclick, { class: "act wide" }));
}

/** The sentence over a list of so many. */
export const found = (n) => (n === 1 ? t("found_one") : t("found", { n }));
