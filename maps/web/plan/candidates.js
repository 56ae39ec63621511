// Hosts that could take a station, by what each would add now.

import { button, byId, fill, make } from "../leader/dom.js";
import { number, t } from "../leader/words.js";
import { groundWords } from "./data.js";
import { consent, cost, hostType, people, siteName } from "./figures.js";
import { goTo, point } from "./map.js";
import { add, chosen, forbid, hear, known, view } from "./store.js";

const FEW_ROWS = 40;
let rows = FEW_ROWS;
let wanted = "";

const wouldAdd = (gain) => t("would_add", { people: people(gain, known.told.question) });

function row(one, gain, most) {
  const forbidden = view.question.forbid.includes(one.id);
  return make("li", { class: "item", "data-candidate": one.id },
    make("h4", {}, make("button", { type: "button", onclick: () => goTo(one.id) }, siteName(one)), consent(one) ? make("span", { class: one.agreed || one.opened ? "badge own" : "badge none" }, consent(one)) : null, forbidden ? make("span", { class: "badge none" }, t("forbidden")) : null),
    make("p", { class: "quiet small" }, [hostType(one), one.chain, cost(one.cost), one.address].filter(Boolean).join(" · ")),
    gain === null ? null : make("div", { class: "gain" }, make("meter", { min: 0, max: most, value: gain, "aria-label": wouldAdd(gain) }), make("span", {}, wouldAdd(gain))),
    // What is a station by now stands already.
    one.opened ? null : make("div", { class: "acts" },
      button(t("add"), "plus", () => add(one.id), { "aria-label": t("add_named", { name: siteName(one) }) }),
      button(forbidden ? t("allow") : t("forbid"), "no", () => forbid(one.id), { "aria-label": t(forbidden ? "allow_named" : "forbid_named", { name: siteName(one) }) })));
}

function show() {
  if (view.tab !== "candidates") return;
  const list = byId("candidate-list");
  const gains = new Map(known.told?.gains.map((one) => [one.id, one.gain]) ?? []);
  const taken = new Set(chosen());
  const fits = (one) => [one.name, one.chain, one.address, hostType(one)].some((text) => (text ?? "").toLowerCase().includes(wanted));
  const all = (known.ground?.candidates ?? []).filter((one) => !taken.has(one.id) && (!wanted || fits(one)) && (!view.question.agreed_only || one.agreed));
  // Those that said no or opened come last, whatever they would add: no plan takes them.
  const barred = (one) => one.agreed === false || one.opened === true;
  all.sort((one, other) => barred(one) - barred(other) || (gains.get(other.id) ?? 0) - (gains.get(one.id) ?? 0));
  const most = [...gains.values()].reduce((found, one) => Math.max(found, one), 1);
  const held = document.activeElement?.closest?.("[data-candidate]")?.dataset.candidate;
  const which = [...(document.activeElement?.parentElement?.children ?? [])].indexOf(document.activeElement);
  fill(list, all.slice(0, rows).map((one) => row(one, known.told ? Math.max(0, gains.get(one.id) ?? 0) : null, most)));
  byId("candidates-title").textContent = known.ground ? t("candidates_title", { n: number(all.length) }) : t("tab_candidates");
  if (!all.length) fill(list, make("li", { class: "empty" }, !known.ground ? groundWords() : known.ground.candidates.length ? t("no_such_candidate") : t("no_candidates")));
  if (held) {
    // The row that had the focus, or the first when it has gone into the plan.
    const found = list.querySelector(`[data-candidate="${held}"]`) ?? list.querySelector("[data-candidate]");
    found?.querySelectorAll(".acts button")[Math.max(0, which)]?.focus({ preventScroll: true });
  }
  const left = all.length - rows;
  fill(byId("candidates-more"), left > 0 ? button(t("more_rows", { n: number(Math.min(200, left)), all: number(all.length) }), null, () => {
    rows += 200;
    show();
  }, { class: "act wide" }) : null);
}

/** Prepares the list. */
export function ready() {
  byId("candidate-search").addEventListener("input", (event) => {
    wanted = event.target.value.trim().toLowerCase();
    rows = FEW_ROWS;
    show();
  });
  for (const news of ["told", "ground", "plan"]) hear(news, (told) => told?.dragging || show());
  hear("view", (keys) => {
    // A change of the set is followed by what it covers: then the gains are told anew.
    if (keys.has("tab")) show();
  });
  const pointing = (event) => point(Number(event.target.closest?.("[data-candidate]")?.dataset.candidate) || null);
  for (const kind of ["pointerover", "focusin"]) byId("candidate-list").addEventListener(kind, pointing);
  byId("candidate-list").addEventListener("pointerleave", () => point(null));
  show();
}
