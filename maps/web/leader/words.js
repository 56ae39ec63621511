// What the page says: texts of the catalogue, shares, counts, days.

/** What the server told this page: language, texts, colours, choices, addresses of libraries. */
export const page = JSON.parse(document.getElementById("page").textContent);
export const english = page.language === "en";
const tag = english ? "en" : "zh-CN";
const whole = new Intl.NumberFormat(tag, { maximumFractionDigits: 0 });

/** A text of the page; `values` fill its placeholders. The planner's page uses this module too and
 * has a section of its own; what both say stands in the leader's. */
export function t(key, values = {}) {
  const pattern = page.texts[`${page.section ?? "leader"}.${key}`] ?? page.texts[`leader.${key}`];
  if (pattern === undefined) throw new Error(`no text ${key}`);
  return pattern.replace(/\{(\w+)(?:\|([^{|}]*)\|([^{|}]*))?\}/g, (_, name, one, more) => (one === undefined ? values[name] : String(values[name]) === "1" ? one : more));
}

/** A coded word in the page's language; one we do not know is shown as it is. */
export const word = (section, code) => page.texts[`${section}.${code}`] ?? code;

/** Texts as a list in one line. */
export const listed = (texts) => texts.join(english ? ", " : "、");

/** Addresses of the API stand in brackets, for programs: nobody reads them on a page. */
const ADDRESS = /\s*[（(]\/api\/[^）)]*[）)]/g;

/** What the service says in both languages, "中文。 English." or "中文 / English": our half. */
export function ours(note) {
  if (typeof note !== "string") return note[page.language];
  const slash = note.split(" / ");
  if (slash.length === 2) return slash[english ? 1 : 0];
  const end = note.search(/[。！？]\s+[A-Z0-9"“‘('`]/);
  const mine = end < 0 ? note : english ? note.slice(end + 1).trim() : note.slice(0, end + 1);
  return mine.replace(ADDRESS, "");
}

/** The half of a pair `…_zh`, `…_en` of an answer that this page speaks. */
export const half = (answer, name) => answer?.[`${name}_${page.language}`] ?? answer?.[name] ?? null;

/** 12,345 */
export const number = (value) => whole.format(value);

/** A share as text with one decimal: "62.4%". Rounding never claims what is not so: 94.96 % under a
 * target of 95 % is written "94.96%", as maps/style.py does. */
export function percent(share, target = null) {
  if (share === null || share === undefined || !Number.isFinite(share)) return t("no_data");
  const exact = Number((share * 100).toFixed(9));
  const borders = target === null || target === undefined ? [0, 100] : [0, 100, Number((target * 100).toFixed(9))];
  for (let decimals = 1; decimals < 5; decimals += 1) {
    const shown = exact.toFixed(decimals);
    if (borders.every((border) => Math.sign(Number(shown) - border) === Math.sign(exact - border))) return `${shown}%`;
  }
  return `${exact}%`;
}

/** A break or a target, which are round numbers: "95%", "47.5%". */
export const short = (share) => `${Number((share * 100).toFixed(2))}%`;

/** "62.4 %" and the sign of a change in points: "+1.3". */
export function points(change) {
  const shown = (Math.abs(change) * 100).toFixed(1);
  return t("points", { n: `${change > 0 && shown !== "0.0" ? "+" : change < 0 && shown !== "0.0" ? "−" : ""}${shown}` });
}

const days = new Intl.DateTimeFormat("en-CA", { timeZone: page.timeZone });
/** A day of the data, "2026-06-30", as it is; of a moment, the day that it was where the data are. */
export const day = (iso) => ((iso ?? "").includes("T") ? days.format(new Date(iso)) : iso ?? "");

const clock = new Intl.DateTimeFormat("en-GB", { timeZone: page.timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
/** The time of day where the data are: "14:20:05". */
export const time = (date) => clock.format(date);

/** Today where the data are, "2026-11-21". */
export const today = () => days.format(new Date());

/** The name of an area; one without a name says so. */
export const areaName = (area) => area.name || t("unnamed", { id: area.id });

/** A name without the remark in brackets behind it, which is for lists. */
export const shortName = (area) => areaName(area).replace(/(.)[（(][^（）()]*[）)]$/u, "$1");
