// Which map takes somebody there. The address is our own; the service sends them on with the
// station's place in that map's coordinate system, and nothing about the person.

import { icon, make, openSheet } from "./dom.js";
import { keep, kept } from "./store.js";
import { t } from "./words.js";

/** Lets somebody choose a map; the choice is kept. */
export function open(station) {
  const apple = /iPhone|iPad|Macintosh/.test(navigator.userAgent);
  const maps = ["amap", "baidu", "tencent", ...(apple ? ["apple"] : [])];
  const links = maps.map((map) => make("li", {}, make("a", {
    class: map === kept.map ? "act wide main" : "act wide", href: `/go/${map}/${station.id}`, target: "_blank", rel: "noopener",
    onclick: () => {
      keep({ map });
      setTimeout(shut);
    },
  }, icon("go"), make("span", {}, t(`map_${map}`)))));
  const { shut } = openSheet(t("go_by"), t("close"),
    make("p", {}, station.name),
    station.address ? make("p", { class: "quiet" }, station.address) : null,
    navigator.onLine ? null : make("p", { class: "wrong" }, t("go_offline")),
    make("ul", { class: "doors" }, links),
    make("p", { class: "quiet small" }, t("go_private")));
}
