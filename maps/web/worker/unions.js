// Which union can one join here: from the building to the district, with whom to call.

import { ask, Problem } from "./ask.js";
import { icon, make } from "./dom.js";
import { kept, now } from "./store.js";
import { distance, english, ours, t, word } from "./words.js";

/** Asks and shows it. */
export async function show(into) {
  if (!now.position) {
    into.replaceChildren(make("p", {}, t("unions_from_first")));
    return;
  }
  if (kept.coarse) {
    into.replaceChildren(make("p", {}, t("not_when_coarse")));
    return;
  }
  into.replaceChildren(make("p", { class: "quiet" }, t("searching")));
  try {
    const { unions, join_stations: stations, rules, notes } = await ask("/api/unions/here", { position: now.position });
    const named = unions.filter((one) => one.union_name || one.phone || one.link);
    into.replaceChildren(...[
      named.length ? make("ul", { class: "unions" }, named.map(union)) : make("p", {}, t("unions_none")),
      stations?.length ? make("h3", {}, t("join_stations")) : null,
      stations?.length ? make("ul", { class: "unions" }, stations.map(joining)) : null,
      rules?.length ? make("details", { class: "rules" }, make("summary", { class: "act" }, icon("more"), make("span", {}, t("union_rules"))),
        make("ul", {}, rules.map((rule) => make("li", {}, english ? rule.en : rule.zh)))) : null,
      ...(notes ?? []).map((note) => make("p", { class: "quiet small" }, ours(note))),
    ].filter(Boolean));
  } catch (error) {
    into.replaceChildren(make("p", { class: "wrong" }, error instanceof Problem ? error.message : t("needs_network")));
  }
}

function union(one) {
  const phone = (one.phone ?? "").replace(/[^\d+]/g, "");
  const link = /^https?:\/\//i.test(one.link ?? "") ? one.link : null;
  return make("li", { class: "card plain" },
    make("p", { class: "quiet small" }, [word("kind", one.level), one.area_name].filter(Boolean).join(" · ")),
    make("h3", {}, one.union_name ?? one.area_name),
    one.address ? make("p", { class: "fact quiet" }, icon("pin"), make("span", {}, one.address)) : null,
    phone || link ? make("div", { class: "acts" },
      phone ? make("a", { class: "act", href: `tel:${phone}` }, icon("phone"), make("span", {}, one.phone)) : null,
      link ? make("a", { class: "act", href: link, target: "_blank", rel: "noopener noreferrer" }, icon("go"), make("span", {}, t("union_site"))) : null) : null);
}

function joining(station) {
  const way = station.metres === undefined ? null : distance(station.metres);
  return make("li", { class: "card plain" }, make("h3", {}, make("a", { href: `#s=${station.id}` }, station.name)),
    make("p", { class: "quiet small" }, [way, station.address].filter(Boolean).join(" · ")));
}
