// The way to a station as a list of turns, in the card; the map draws its line when it is open.

import { ask, Problem } from "./ask.js";
import { icon, make } from "./dom.js";
import { kept, now, tell } from "./store.js";
import { distance, english, exactly, ours, t, wholeMinutes } from "./words.js";

const PICTURES = {
  depart: "dot", arrive: "flag", stairs: "stairs", cross_bridge: "bridge", underpass: "bridge",
};
const TURNS = {
  straight: "ahead", back: "back", slight_left: "left", left: "left", sharp_left: "left", slight_right: "right", right: "right", sharp_right: "right",
};

/** Asks for the way to a station and shows it in `region`. */
export async function show(station, region) {
  region.replaceChildren(make("p", { class: "quiet" }, t("searching")));
  if (!now.position) {
    region.replaceChildren(make("p", {}, t("route_from_first")));
    return;
  }
  if (kept.coarse) {
    region.replaceChildren(make("p", {}, t("not_when_coarse")));
    return;
  }
  try {
    const way = await ask(`/api/stations/${station.id}/route`, { position: now.position });
    region.replaceChildren(...drawn(way));
    tell("line", way.line);
  } catch (error) {
    const text = error instanceof Problem ? [error.message, ours(error.remedy)].filter(Boolean).join(" ") : t("needs_network");
    region.replaceChildren(make("p", { class: "wrong" }, text));
  }
}

function drawn(way) {
  const facts = [
    distance(way.metres), t("minutes", { n: wholeMinutes(way.minutes) }),
    way.stairs_metres > 0 ? t("stairs", { metres: exactly(way.stairs_metres) }) : null,
    way.off_street_metres >= 30 ? t("off_street", { metres: distance(way.off_street_metres) }) : null,
  ].filter(Boolean);
  const steps = way.steps.map((step) => make("li", {},
    icon(PICTURES[step.kind] ?? TURNS[step.turn] ?? "ahead"),
    make("span", {}, english ? step.text_en : step.text_zh)));
  return [
    make("p", {}, make("strong", {}, facts.join(" · "))),
    way.straight_line ? make("p", { class: "wrong" }, t("straight_line")) : null,
    way.uncertain && !way.straight_line ? make("p", { class: "wrong" }, t("uncertain")) : null,
    make("ol", { class: "steps", "aria-label": t("route") }, steps),
    ...(way.notes ?? []).map((note) => make("p", { class: "quiet small" }, ours(note))),
  ].filter(Boolean);
}
