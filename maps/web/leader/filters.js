// Filters: size, industry, class, state, tier. They act on the map, the lists and the figures.

import { button, byId, make } from "./dom.js";
import { FILTERS, filtered, hear, look, view } from "./store.js";
import { page, t, word } from "./words.js";

/** The section of the catalogue that names the values of a filter. */
const SECTION = { size: "leader_size", industry: "leader_industry", unit_class: "leader_unit_class", state: "leader_state", tier: "leader_tier" };

function toggle(name, value) {
  const before = view.filters[name];
  const wanted = before.includes(value) ? before.filter((one) => one !== value) : [...before, value];
  look({ filters: { ...view.filters, [name]: page.choices[name].filter((one) => wanted.includes(one)) } });
}

/** Takes every filter away. */
export const clear = () => look({ filters: Object.fromEntries(FILTERS.map((name) => [name, []])) });

function group(name) {
  const title = `filter-${name}`;
  const chips = page.choices[name].map((value) => make("label", { class: "chip" },
    make("input", { type: "checkbox", name: `filter-${name}`, value, checked: view.filters[name].includes(value), onchange: () => toggle(name, value) }),
    make("span", {}, word(SECTION[name], value))));
  return make("fieldset", { class: name === "industry" ? "wide" : "", "aria-labelledby": title }, make("legend", { id: title }, t(`filter_${name}`)), make("div", { class: "chips" }, chips));
}

function mirror() {
  for (const press of document.querySelectorAll("#filters input[type=checkbox]")) {
    press.checked = view.filters[press.name.slice("filter-".length)].includes(press.value);
  }
  const count = FILTERS.reduce((sum, name) => sum + view.filters[name].length, 0);
  byId("filter-count").textContent = count ? `(${count})` : "";
  const chosen = byId("chosen");
  const before = chosen.contains(document.activeElement);
  chosen.replaceChildren(...(filtered() ? [
    ...FILTERS.flatMap((name) => view.filters[name].map((value) => button(word(SECTION[name], value), "close", () => toggle(name, value), { class: "chosen", "aria-label": t("filter_off", { name: word(SECTION[name], value) }) }))),
    button(t("filters_clear"), null, clear, { class: "chosen all" }),
  ] : []));
  chosen.hidden = !filtered();
  if (before) (chosen.querySelector("button") ?? byId("filters-open")).focus();
}

function open(shown) {
  byId("filters").hidden = !shown;
  byId("filters-open").setAttribute("aria-expanded", String(shown));
  if (shown) {
    if (!byId("filter-groups").children.length) byId("filter-groups").append(...FILTERS.map(group));
    byId("filters-title").focus({ preventScroll: matchMedia("(min-width: 64rem)").matches });
  } else byId("filters-open").focus();
}

/** Prepares the filters. */
export function ready() {
  byId("filters-open").addEventListener("click", () => open(byId("filters").hidden));
  byId("filters-close").addEventListener("click", () => open(false));
  byId("filters-clear").addEventListener("click", clear);
  byId("filters").addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    open(false);
  });
  hear("view", (keys) => {
    if (keys.has("filters")) mirror();
  });
  mirror();
}
