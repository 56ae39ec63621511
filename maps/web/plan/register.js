// What the plan rests on, told plainly: where demand comes from, and what the register knows of a host.

import { address, ask } from "../leader/ask.js";
import { byId, fact, fill, make } from "../leader/dom.js";
import { half, listed, number, page, t } from "../leader/words.js";
import { hear, known } from "./store.js";

const LONG = 180;
const LONGEST_SEARCH = 64;
const MOST_NAMESAKES = 200;
const hosts = new Map();
let form = [];

/** One host; the register is searched by name, and may have others of the same name. */
function hostOf({ id, name }) {
  if (!hosts.has(id)) {
    const wanted = (name ?? "").trim().slice(0, LONGEST_SEARCH);
    const coming = wanted ? ask(address("/api/siting/hosts", { q: wanted, limit: MOST_NAMESAKES })) : Promise.resolve({ hosts: [], form: [] });
    hosts.set(id, coming.then((told) => {
      if (told.form.length) ({ form } = told);
      return told.hosts.find((one) => one.id === id) ?? null;
    }));
    coming.catch(() => hosts.delete(id));
  }
  return hosts.get(id);
}

const yes = (value) => (value === null ? null : t(value ? "yes_word" : "no_word"));
const points = (names) => listed(names.map((name) => form.find((one) => one.point === name)?.[page.language] ?? name));

/** A photograph's address as a link; its number as it is. */
function photoOf(photo) {
  if (!/^https?:\/\//.test(photo)) return photo;
  return make("a", { href: photo, target: "_blank", rel: "noopener noreferrer" }, t("photo_open"));
}

/** Writes what the register knows of a candidate into a box of its card; what is not known says so. */
export async function show(box, site) {
  let host;
  try {
    host = await hostOf(site);
  } catch {
    return; // The card stands without it.
  }
  if (!host) return;
  const { assessment, missing } = host;
  const asked = [
    [t("floor_word"), host.floor_square_metres === null ? null : t("square_metres", { n: number(host.floor_square_metres) })],
    [t("water_word"), yes(host.water)], [t("toilet_word"), yes(host.toilet)],
    [t("hours_word"), host.hours_text || host.opening_hours || null],
    [t("photo_word"), host.photo ? photoOf(host.photo) : null],
  ];
  const known = asked.filter(([, said]) => said !== null);
  const unknown = asked.filter(([, said]) => said === null).map(([word]) => word);
  if (assessment === null) unknown.push(t("assessment_word"));
  fill(box, known.length ? make("dl", { class: "facts" }, known.map(([word, said]) => fact(word, said))) : null,
    assessment === null ? null : make("p", { class: "small" }, t("assessed_meets", { six: host.six_haves, n: assessment.length, of: form.length }), missing.length ? ` ${t("assessed_lacks", { what: points(missing) })}` : ""),
    unknown.length ? make("p", { class: "quiet small" }, t("not_known", { what: listed(unknown) })) : null);
}

function sourceRow(one) {
  return make("li", {}, make("strong", {}, one[page.language]), " ", t("source_weight", { per: t(`per_${one.per}`), weight: Number(one.weight.toPrecision(3)) }), " ", half(one, "why"));
}

let spoken = null;
/** Says that demand is an estimate, where it is one, and what each part of it rests on. */
async function tellSources() {
  const demand = known.ground?.editions.find((one) => one.dataset === "demand")?.id ?? null;
  if (demand === spoken) return;
  spoken = demand;
  const box = byId("demand-note");
  try {
    const told = await ask("/api/siting/demand/sources", { seconds: LONG });
    if (demand !== spoken) return;
    const used = told.sources.filter((one) => one.on);
    fill(box, told.demand_is_estimate ? make("details", { class: "note" }, make("summary", {}, t("demand_estimated")),
      make("p", { class: "small" }, t("demand_rests_on", { cell: number(told.cell_metres), version: told.version })),
      make("ul", {}, used.map(sourceRow))) : null);
  } catch {
    spoken = null; // Asked once more with the next ground.
  }
}

/** Prepares the note on demand. */
export function ready() {
  hear("ground", tellSources);
  tellSources();
}
