// One chart with what belongs to it: a table of the same numbers, and both as files.

import { make, save } from "../dom.js";
import { filtered, hear, known } from "../store.js";
import { day, page, t, today, word } from "../words.js";

let loading = null;
const drawn = new Set();

/** The library of charts, loaded when the first chart is looked at. */
export function library() {
  loading ??= import(page.charts).then(() => globalThis.echarts);
  loading.catch(() => {
    loading = null;
  });
  return loading;
}

/** Colours and type of the present look. */
export function look() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const size = parseFloat(style.fontSize);
  return {
    ink: colour("ink"), soft: colour("soft"), line: colour("line"), card: colour("card"), warm: colour("warm"), met: colour("met"), bar: colour("bar"), cluster: colour("cluster"), edge: colour("edge"),
    font: style.fontFamily, size: Math.round(size * 0.78),
  };
}

/** Of which day the numbers are, when they are not of today. */
export const asOf = () => (known.past ? [t("time_then", { day: known.pastDay }), filtered() ? t("unfiltered") : ""].filter(Boolean).join(" · ") : "");

/** What every chart begins with. */
export function common(extra = {}) {
  const of = look();
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 350,
    textStyle: { fontFamily: of.font, fontSize: of.size, color: of.ink },
    // As text on the canvas: the page's policy allows no styles in HTML.
    tooltip: { renderMode: "richText", trigger: "item", confine: true, backgroundColor: of.ink, borderWidth: 0, textStyle: { color: of.card, fontSize: of.size }, ...extra.tooltip },
    grid: { left: 4, right: 16, top: 12, bottom: 4, containLabel: true, ...extra.grid },
  };
}

/** Axes that look alike. */
export function axis(of, given) {
  return { axisLine: { lineStyle: { color: of.edge } }, axisTick: { show: false }, axisLabel: { color: of.soft, fontSize: of.size, ...given.axisLabel }, splitLine: { lineStyle: { color: of.line } }, ...Object.fromEntries(Object.entries(given).filter(([name]) => name !== "axisLabel")) };
}

const quoted = (value) => {
  const text = String(value ?? "");
  // A leading sign would be a formula to a spreadsheet.
  const plain = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};

/** A table as a CSV file that spreadsheets open in Chinese. */
export const csv = ({ head, rows }) => `\ufeff${[head, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`;

/** The day that the numbers speak for: of the edition that is looked at. */
const dayOf = () => (known.past ? known.pastDay : day(known.rates?.editions.find((one) => one.dataset === "enterprises")?.as_of)) || today();

/** What a file is called: what it shows, which measure, of which day. */
const fileName = (title, measure, ending) => `${[title, measure && word("measure", measure), dayOf()].filter(Boolean).join("-").replace(/[\\/:*?"<>|\s]+/g, "_")}.${ending}`;

/** A figure: title, chart, table beside it, and both as files.
 *
 * @param options.id, options.title, options.about
 * @param options.data () → null, or {table: {head, rows}, option: (echarts, look) → option, sentence, measure}
 */
export function chart({ id, title, about, data, tall = false }) {
  const canvas = make("div", { class: "canvas", role: "img", "aria-label": title });
  const table = make("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": t("table_of", { title }) });
  const sentence = make("p", { class: "quiet" });
  const none = make("p", { class: "empty", hidden: true });
  const files = make("div", { class: "acts" },
    make("button", { type: "button", class: "act quiet", onclick: () => picture() }, t("save_png")),
    make("button", { type: "button", class: "act quiet", onclick: () => now && save(fileName(title, now.measure, "csv"), csv(now.table), "text/csv;charset=utf-8") }, t("save_csv")));
  const details = make("details", {}, make("summary", {}, t("as_table")), table);
  const box = make("section", { class: tall ? "chart tall" : "chart", id: `chart-${id}` }, make("h3", {}, title), about ? make("p", { class: "quiet" }, about) : null, none, canvas, sentence, details, files);
  let instance = null;
  let now = null;

  function picture() {
    if (!instance) return;
    const address = instance.getDataURL({ pixelRatio: 2, backgroundColor: look().card });
    const bytes = Uint8Array.from(atob(address.split(",")[1]), (one) => one.charCodeAt(0));
    save(fileName(title, now.measure, "png"), new Blob([bytes], { type: "image/png" }));
  }

  function tabulate({ head, rows }) {
    const numeric = head.map((_, at) => rows.some((row) => typeof row[at] === "number" || /^[\d,.+−-]+%?$/.test(String(row[at] ?? ""))));
    const cell = (tag, value, at, more = {}) => make(tag, { class: numeric[at] ? "n" : null, ...more }, String(value ?? "–"));
    table.replaceChildren(make("table", {}, make("caption", {}, title),
      make("thead", {}, make("tr", {}, head.map((value, at) => cell("th", value, at, { scope: "col" })))),
      make("tbody", {}, rows.map((row) => make("tr", {}, row.map((value, at) => cell(at === 0 ? "th" : "td", value, at, at === 0 ? { scope: "row" } : {})))))));
  }

  async function update() {
    now = await data();
    const missing = !now || now.missing;
    for (const part of [canvas, details, files]) part.hidden = Boolean(missing);
    none.hidden = !missing;
    none.textContent = now?.missing ?? "";
    sentence.textContent = now?.sentence ?? "";
    if (missing) return;
    tabulate(now.table);
    canvas.setAttribute("aria-label", [title, now.sentence].filter(Boolean).join("：") + t("table_below"));
    if (now.high) canvas.style.height = `${now.high}rem`;
    try {
      const echarts = await library();
      instance ??= echarts.init(canvas, null, { renderer: "canvas" });
      instance.resize();
      instance.setOption(now.option(look(), echarts), { notMerge: true });
      canvas.dataset.drawn = "1";
    } catch {
      canvas.hidden = true; // the table says the same
    }
  }

  new ResizeObserver(() => instance?.resize()).observe(canvas);
  drawn.add(update);
  return { box, update };
}

hear("look", () => drawn.forEach((update) => update()));
