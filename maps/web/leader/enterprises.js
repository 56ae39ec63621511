// The enterprises of an area or a cluster, one by one; what became of a union is noted here.

import { address, ask, following, Problem, turns } from "./ask.js";
import { byId, fact, icon, make } from "./dom.js";
import { fly } from "./map.js";
import { filtered, hear, known, look, tell, view } from "./store.js";
import { shortName, number, t, word } from "./words.js";

const FEW = 30;
const latest = turns();
let next = null;
let wanted = "";
let timer = 0;

const where = () => ({ area_id: view.cluster === null ? view.area : null, cluster_id: view.cluster, ...view.filters, q: wanted, limit: FEW });

/** One enterprise with what one can do. */
export function card(one) {
  const counted = (value) => (value === null || value === undefined ? t("unstated") : number(value));
  return make("div", { class: "popup", "data-enterprise": one.id },
    make("h4", {}, one.name, " ", make("span", { class: `badge ${one.union_state ?? one.state}` }, word("leader_state", one.union_state ?? one.state))),
    one.address ? make("p", { class: "quiet" }, one.address) : null,
    one.union_name ? make("p", {}, one.union_name) : null,
    make("dl", { class: "facts" }, fact(t("employees"), counted(one.employees)), fact(t("members"), counted(one.members))),
    one.apart && one.apart !== "counted" ? make("p", { class: "note" }, t("apart_this", { kind: word("leader_apart", one.apart) })) : null,
    make("div", { class: "acts" },
      make("button", { type: "button", class: "act", onclick: () => note(one) }, icon("edit"), make("span", {}, t("note_union"))),
      one.lon === null || one.lon === undefined ? null : make("button", { type: "button", class: "act quiet", onclick: () => fly({ zoom: 17.5, lat: one.lat, lon: one.lon }) }, t("show_on_map"))));
}

async function note(one) {
  const { open } = await import("./union.js");
  open(one, () => load());
}

/** The place of the cluster that is looked at, once it is known. */
let place = { cluster: null, name: null };

async function askPlace() {
  const cluster = view.cluster;
  if (cluster === null || place.cluster === cluster) return;
  const told = await ask(`/api/clusters/${cluster}`).catch(() => null);
  if (!told || cluster !== view.cluster) return;
  place = { cluster, name: told.cluster.place };
  byId("enterprises-title").textContent = title();
}

function title() {
  if (view.cluster !== null && place.cluster === view.cluster && place.name) return t("enterprises_of", { name: shortName(place) });
  if (view.cluster !== null) return t("enterprises_of_cluster", { n: view.cluster });
  return t("enterprises_of", { name: known.trail.length ? shortName(known.trail.at(-1)) : t("whole") });
}

async function load(further = false) {
  if (view.tab !== "enterprises") return;
  byId("enterprises-title").textContent = title();
  askPlace();
  byId("enterprises-all").hidden = view.cluster === null;
  const list = byId("enterprise-list");
  try {
    await latest(async (signal) => {
      const told = await ask(further && next ? following(next) : address("/api/enterprises", where()), { signal });
      next = told.next;
      const rows = told.enterprises.map((one) => make("li", { class: "item" }, card(one)));
      const held = document.activeElement?.closest?.("[data-enterprise]")?.dataset.enterprise;
      if (further) list.append(...rows);
      else list.replaceChildren(...rows);
      if (held) list.querySelector(`[data-enterprise="${held}"] button`)?.focus({ preventScroll: true });
      if (!list.children.length) list.append(make("li", { class: "empty" }, filtered() || wanted ? t("enterprises_none_filter") : t("enterprises_none")));
      byId("enterprise-more").replaceChildren(...(next ? [make("button", { type: "button", class: "act wide", onclick: () => load(true) }, t("more"))] : []));
    });
  } catch (error) {
    if (!(error instanceof Problem)) tell("said", t("old_picture"));
    else list.replaceChildren(make("li", { class: "empty" }, error.detail || error.message));
  }
}

/** Prepares the list. */
export function ready() {
  byId("panel-enterprises").replaceChildren(
    make("h3", { class: "list-title", id: "enterprises-title" }),
    make("div", { class: "list-tools" },
      make("label", { class: "search" }, make("span", { class: "hidden" }, t("search_enterprise")), make("input", { type: "search", id: "enterprise-search", placeholder: t("search_enterprise"), autocomplete: "off", oninput: (event) => {
        wanted = event.target.value.trim();
        clearTimeout(timer);
        timer = setTimeout(load, 250);
      } })),
      make("button", { type: "button", class: "act", id: "enterprises-all", onclick: () => look({ cluster: null }) }, t("not_only_cluster"))),
    make("ul", { id: "enterprise-list", class: "rows" }), make("div", { id: "enterprise-more" }));
  hear("view", (keys) => {
    if (["area", "cluster", "filters"].some((key) => keys.has(key)) || (keys.has("tab") && view.tab === "enterprises")) load();
  });
  hear("rates", () => {
    if (view.tab === "enterprises") byId("enterprises-title").textContent = title();
  });
  hear("state", () => load());
  load();
}
