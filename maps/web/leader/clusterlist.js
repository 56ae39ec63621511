// The clusters as a list: where many without a union stand together, and what fits them.

import { address, ask, following, Problem, turns } from "./ask.js";
import { byId, fact, fill, icon, make } from "./dom.js";
import { memberFilters, showWalk } from "./clusters.js";
import { fly } from "./map.js";
import { filtered, hear, known, look, tell, view } from "./store.js";
import { half, number, ours, percent, t, word } from "./words.js";

const FEW = 25;
const latest = turns();
let list = null;
let next = null;
let found = [];

const query = () => ({ tier: view.filters.tier.filter((name) => name !== "none"), area_id: view.area, ...memberFilters(), limit: FEW });
/** Only enterprises outside all clusters are asked for. */
const outside = () => view.filters.tier.length === 1 && view.filters.tier[0] === "none";
/** Why there is none. */
const whyNone = () => {
  if (filtered() || view.area !== null) return t("clusters_none_here");
  const figures = known.rates?.own?.figures;
  return figures?.units > 0 && figures.units_none === figures.units ? t("clusters_none_all") : t("clusters_none");
};

const name = (one) => one.place || t("cluster_n", { n: one.id });

/** The union that fits, in a few lines, with its law. */
function advice(one, { open = false } = {}) {
  const { form } = one;
  if (!form) return null;
  const near = form.nearest_station;
  const there = form.existing_union;
  return make("div", { class: "advice" },
    make("p", {}, make("strong", {}, half(form, "title") ?? form.kind)),
    half(form, "reason") ? make("p", {}, half(form, "reason")) : null,
    there ? make("p", {}, t("existing_union", { name: there.name ?? there.union_name ?? "", metres: number(Math.round(there.metres ?? 0)) })) : null,
    make("dl", { class: "facts" },
      form.own_unions ? fact(t("own_unions"), number(form.own_unions)) : null,
      said(form.seat) ? fact(t("seat"), said(form.seat)) : null,
      said(form.upper_union) ? fact(t("upper_union"), said(form.upper_union)) : null,
      near ? fact(t("nearest_station"), [near.name, near.metres === undefined ? "" : t("metres", { n: number(Math.round(near.metres)) })].filter(Boolean).join(" · ")) : null),
    law(form, open));
}

/** A text, or what has one in both languages, or a name. */
const said = (value) => (value === null || value === undefined ? null : typeof value === "string" ? value : half(value, "title") ?? half(value, "name") ?? value.name ?? null);

/** What the rule rests on: the law with its words. */
function law(form, open) {
  const name = half(form, "law");
  if (!name) return null;
  return make("div", { class: "law" }, make("p", {}, name), open && half(form, "law_text") ? make("p", {}, half(form, "law_text")) : null);
}

function more(one) {
  return [
    make("dl", { class: "facts" },
      fact(t("units_all"), number(one.units_all)),
      fact(t("share_here"), percent(one.share)),
      fact(t("share_usual"), percent(one.expected_share)),
      fact(t("units_25"), number(one.units_25)),
      fact(t("units_100"), number(one.units_100)),
      fact(t("employees"), number(one.employees)),
      fact(t("diameter"), t("metres", { n: number(Math.round(one.diameter_metres)) })),
      fact(t("first_seen"), one.first_seen)),
    advice(one, { open: true }),
    make("div", { class: "acts" },
      make("button", { type: "button", class: "act", onclick: () => look({ tab: "enterprises", cluster: one.id }, { push: true }) }, icon("union"), make("span", {}, t("cluster_members"))),
      make("button", { type: "button", class: "act", onclick: (event) => walk(one, event.currentTarget) }, icon("walk"), make("span", {}, t("cluster_walk")))),
    make("div", { class: "walk" }),
  ];
}

/** The visiting list as a walk. */
async function walk(one, press) {
  const box = press.closest(".item").querySelector(".walk");
  press.disabled = true;
  try {
    const told = await ask(`/api/clusters/${one.id}/visits`);
    fill(box,
      make("p", {}, t("walk_length", { metres: number(Math.round(told.metres)), minutes: number(Math.round(told.minutes)), n: told.stops.length }), told.more ? ` ${t("walk_more", { n: number(told.more) })}` : ""),
      told.start ? make("p", {}, t("walk_start", { name: told.start.name })) : null,
      make("ol", { class: "rows" }, told.stops.map((stop) => make("li", { class: "stop" }, make("b", {}, `${stop.position}`), make("div", {},
        stop.enterprises.map((each) => make("p", {}, each.name, each.employees === null ? "" : make("span", { class: "quiet" }, ` · ${t("employees_n", { n: number(each.employees) })}`))),
        make("p", { class: "quiet" }, stop.enterprises[0]?.address ?? ""))))),
      ...told.notes.map((note) => make("p", { class: "quiet" }, ours(note))));
    showWalk(told.line, told.stops);
  } catch (error) {
    box.replaceChildren(make("p", { class: "note" }, error instanceof Problem ? error.detail || error.message : t("unreachable")));
  } finally {
    press.disabled = false;
  }
}

function item(one) {
  const open = one.id === view.cluster;
  return make("li", { class: open ? "item open" : "item", "data-cluster": one.id },
    make("h4", {}, make("button", { type: "button", "aria-expanded": String(open), onclick: () => look({ cluster: open ? null : one.id }, { push: true }) }, name(one)),
      make("span", { class: `badge ${one.tier}` }, word("leader_tier", one.tier))),
    make("p", {}, half(one, "sentence") ?? t("cluster_sentence", { share: percent(one.share), usual: percent(one.expected_share), units: number(one.units), employees: number(one.employees) })),
    one.form && !open ? make("p", { class: "quiet" }, t("fits", { form: half(one.form, "title") ?? one.form.kind })) : null,
    ...(open ? more(one) : []));
}

function show() {
  const held = document.activeElement?.closest?.("[data-cluster]")?.dataset.cluster;
  byId("cluster-list").replaceChildren(...found.map(item));
  if (!found.length) byId("cluster-list").append(make("li", { class: "empty" }, whyNone()));
  byId("cluster-more").replaceChildren(...(next ? [make("button", { type: "button", class: "act wide", onclick: () => load(true) }, t("more"))] : []));
  if (held) byId("cluster-list").querySelector(`[data-cluster="${held}"] button`)?.focus({ preventScroll: true });
}

/** A link may lead to a cluster that is no more. */
function gone(error) {
  if (error instanceof Problem && error.status === 404) {
    look({ cluster: null });
    tell("said", t("cluster_unknown"));
  }
  return null;
}

async function load(further = false) {
  if (view.tab !== "clusters") return;
  try {
    await latest(async (signal) => {
      if (outside()) {
        [found, next] = [[], null];
        return;
      }
      const told = await ask(further && next ? following(next) : address("/api/clusters", query()), { signal });
      found = further ? [...found, ...told.clusters] : told.clusters;
      next = told.next;
      if (view.cluster !== null && !found.some((one) => one.id === view.cluster)) {
        const one = await ask(`/api/clusters/${view.cluster}`, { signal }).catch(gone);
        if (one) found.unshift(one.cluster ?? one);
      }
    });
    show();
    follow();
  } catch (error) {
    if (!(error instanceof Problem)) tell("said", t("old_picture"));
    else byId("cluster-list").replaceChildren(make("li", { class: "empty" }, error.detail || error.message));
  }
}

/** Brings the chosen one into sight, in the list and on the map. */
function follow({ move = true } = {}) {
  const one = found.find((each) => each.id === view.cluster);
  if (!one) return;
  byId("cluster-list").querySelector(`[data-cluster="${one.id}"]`)?.scrollIntoView({ block: "nearest" });
  const zoom = Math.max(12.5, Math.min(16.5, 23.2 - Math.log2(Math.max(60, one.diameter_metres))));
  if (move) fly({ zoom, lat: one.lat, lon: one.lon });
}

/** Prepares the list; it is joined to the map both ways. */
export function ready() {
  const panel = byId("panel-clusters");
  panel.replaceChildren(
    make("h3", { class: "list-title" }, t("clusters_title")), make("p", { class: "quiet" }, t("clusters_about")),
    make("ul", { id: "cluster-list", class: "rows" }), make("div", { id: "cluster-more" }));
  list = byId("cluster-list");
  const pointAt = (event) => {
    const at = event.target.closest?.("[data-cluster]");
    if (at) tell("pointed", { cluster: Number(at.dataset.cluster), from: "list" });
  };
  for (const kind of ["pointerover", "focusin"]) list.addEventListener(kind, pointAt);
  list.addEventListener("pointerleave", () => tell("pointed", { cluster: null, from: "list" }));
  hear("pointed", ({ cluster, from }) => {
    if (from !== "map") return;
    for (const one of list.querySelectorAll(".pointed")) one.classList.remove("pointed");
    if (cluster !== null && cluster !== undefined) list.querySelector(`[data-cluster="${cluster}"]`)?.classList.add("pointed");
  });
  hear("view", (keys) => {
    if (keys.has("area") || keys.has("filters") || (keys.has("tab") && view.tab === "clusters")) load();
    else if (keys.has("cluster") && view.tab === "clusters") {
      showWalk(null);
      if (found.some((one) => one.id === view.cluster) || view.cluster === null) {
        show();
        follow();
      } else load();
    }
  });
  hear("state", () => load());
  load();
}

/** A cluster by its number, for other lists. */
export const clusterName = (id) => {
  const one = found.find((each) => each.id === id);
  return one ? name(one) : t("cluster_n", { n: id });
};
