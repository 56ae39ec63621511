// The legend: classes with the target's line, hatching, dots, enterprises, clusters, stations.

import { classes, classOf, shownValues } from "./areas.js";
import { marks, ramp } from "./cells.js";
import { byId, draw, make } from "./dom.js";
import { theMap } from "./map.js";
import { patterns } from "./patterns.js";
import { hear, look, view } from "./store.js";
import { number, page, short, t, word } from "./words.js";

const WIDE = 264;

/** The ramp with its breaks; the target's as a flag. */
function rampOf({ breaks, colours, target = null }, counts = null) {
  const step = WIDE / colours.length;
  const top = target === null ? 1 : 17;
  const parts = colours.map((colour, at) => draw("rect", { x: at * step, y: top, width: step, height: 12, fill: colour, stroke: "var(--card)" },
    draw("title", {}, counts ? t("areas_n", { n: number(counts[at]) }) : "")));
  breaks.forEach((value, at) => {
    const x = (at + 1) * step;
    if (target !== null && Math.abs(value - target) < 1e-9) {
      parts.push(draw("path", { d: `M${x} ${top + 15}V6`, class: "legend-target" }), draw("path", { d: `M${x} 5l-4.5 -5h9z`, class: "legend-flag" }),
        draw("text", { x: x - 8, y: 9, "text-anchor": "end", class: "legend-strong" }, t("target_is", { target: short(target) })));
    }
    parts.push(draw("text", { x, y: top + 25, "text-anchor": "middle" }, short(value)));
  });
  return draw("svg", { viewBox: `-2 0 ${WIDE + 4} ${top + 28}`, class: "ramp", role: "img", "aria-label": inWords(breaks, target) }, parts);
}

const inWords = (breaks, target) => t("legend_words", { breaks: breaks.map(short).join(" / ") }) + (target === null ? "" : ` ${t("target_is", { target: short(target) })}`);

/** A hatched or dotted swatch, as the map draws it. */
function swatch(name, under) {
  const canvas = make("canvas", { width: 26, height: 14, class: "swatch", "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  pen.fillStyle = under;
  pen.fillRect(0, 0, 26, 14);
  const image = patterns(1)[name];
  const tile = make("canvas", { width: image.width, height: image.height });
  tile.getContext("2d").putImageData(image, 0, 0);
  pen.fillStyle = pen.createPattern(tile, "repeat");
  pen.fillRect(0, 0, 26, 14);
  return canvas;
}

const row = (picture, text, count = "") => make("li", {}, picture, make("span", {}, text), count === "" ? null : make("span", { class: "count" }, number(count)));
const dot = ({ fill, edge }) => draw("svg", { viewBox: "0 0 26 14", class: "swatch", "aria-hidden": "true" }, draw("circle", { cx: 13, cy: 7, r: 4.6, fill, stroke: edge, "stroke-width": 2 }));

function clusterLine(tier) {
  const dashes = tier === "confirmed" ? {} : { "stroke-dasharray": "4 3" };
  return draw("svg", { viewBox: "0 0 26 14", class: "swatch", "aria-hidden": "true" }, draw("rect", { x: 2, y: 2, width: 22, height: 10, rx: 4, fill: "var(--cluster)", "fill-opacity": 0.15, stroke: "var(--cluster)", "stroke-width": 2, ...dashes }));
}

function areasPart() {
  const of = classes();
  const shares = shownValues();
  const counts = of.colours.map((_, at) => shares.filter(({ value }) => classOf(value, of) === at).length);
  const none = shares.filter(({ value }) => value === null).length;
  const few = shares.filter(({ value, few: small }) => value !== null && small).length;
  return [
    make("p", { class: "legend-title" }, view.measure === "stations" ? t("measure_stations") : word("measure", view.measure)),
    rampOf(of, counts),
    make("ul", {},
      row(swatch("no-data", page.colours.noData), t("no_data_not_zero"), none),
      row(swatch("few", of.colours[Math.min(1, of.colours.length - 1)]), t("few"), few),
      view.measure === "stations" ? row(pocketLine(), t("legend_pocket")) : null),
    of.method === "quantile" ? make("p", { class: "legend-note" }, t("classes_quantile")) : null,
  ];
}

function cellsPart(near) {
  const look_ = marks();
  return [
    make("p", { class: "legend-title" }, t("legend_cells")),
    rampOf(ramp()),
    near ? make("ul", { class: "pair" }, ...["none", "own", "joint", "in_preparation", "unknown"].map((name) => row(dot(look_[name]), word("leader_state", name)))) : null,
  ];
}

const pocketLine = () => draw("svg", { viewBox: "0 0 26 14", class: "swatch", "aria-hidden": "true" }, draw("rect", { x: 2, y: 2, width: 22, height: 10, rx: 4, fill: "var(--pocket)", "fill-opacity": 0.25, stroke: "var(--pocket)", "stroke-width": 2 }));

function clustersPart() {
  return [make("ul", {}, ...["confirmed", "to_check"].map((tier) => row(clusterLine(tier), t("legend_cluster", { tier: word("leader_tier", tier) }))))];
}

/** Draws the legend of what is seen now. */
export function show() {
  const near = (theMap()?.getZoom() ?? 0) >= 13;
  const cells = view.show === "enterprises" || (near && !view.compare && view.edition === null);
  byId("legend-body").replaceChildren(
    ...(view.show === "areas" ? areasPart() : []).filter(Boolean),
    ...(cells ? cellsPart(near) : []).filter(Boolean),
    ...(view.clusters ? clustersPart() : []),
  );
}

/** Prepares the legend and the switches of the layers. */
export function ready() {
  for (const press of document.querySelectorAll("[name=show]")) press.addEventListener("change", () => look({ show: press.value }));
  byId("layer-clusters").addEventListener("change", (event) => look({ clusters: event.target.checked }));
  byId("layer-stations").addEventListener("change", (event) => look({ stations: event.target.checked }));
  const mirror = () => {
    for (const press of document.querySelectorAll("[name=show]")) press.checked = press.value === view.show;
    byId("layer-clusters").checked = view.clusters;
    byId("layer-stations").checked = view.stations;
  };
  mirror();
  let near = null;
  hear("map", (map) => map.on("zoomend", () => {
    const now = map.getZoom() >= 13;
    if (now !== near) show();
    near = now;
  }));
  for (const news of ["rates", "setup", "restyled", "reach"]) hear(news, show);
  hear("view", (keys) => {
    if (["measure", "show", "clusters", "stations", "edition", "compare"].some((key) => keys.has(key))) {
      mirror();
      show();
    }
  });
  if (matchMedia("(max-width: 77.99rem)").matches) byId("legend").open = false;
}
