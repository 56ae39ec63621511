// What the page says: texts of the catalogue, distances, clock times.

/** What the server told this page: language, walking speed, time zone, texts. */
export const page = JSON.parse(document.getElementById("page").textContent);
export const english = page.language === "en";
const numbers = english ? "en" : "zh-CN";

/** A text of the page; `values` fill its placeholders. */
export function t(key, values = {}) {
  return page.texts[`worker.${key}`].replace(/\{(\w+)(?:\|([^{|}]*)\|([^{|}]*))?\}/g, (_, name, one, more) => (one === undefined ? values[name] : String(values[name]) === "1" ? one : more));
}

/** Whether the page has such a text. */
export const has = (key) => `worker.${key}` in page.texts;

/** A coded word in the page's language; one we do not know is shown as it is. */
export function word(section, code) {
  return page.texts[`${section}.${code}`] ?? code;
}

/** Texts as a list in one line. */
export const listed = (texts) => texts.join(english ? ", " : "、");

/** Addresses of the API stand in brackets, for programs: nobody reads them on a page. */
const ADDRESS = /\s*[（(]\/api\/[^）)]*[）)]/g;

/** Notes of the service come as "中文 / English" or as "中文。 English."; this is our half. */
export function ours(note) {
  const slash = note.split(" / ");
  if (slash.length === 2) return slash[english ? 1 : 0];
  const end = note.search(/[。！？]\s+[A-Z0-9"“‘('`]/);
  const mine = end < 0 ? note : english ? note.slice(end + 1).trim() : note.slice(0, end + 1);
  return mine.replace(ADDRESS, "");
}

/** 380 m, 4.2 km. */
export function distance(metres) {
  if (metres < 1000) return t("metres", { n: Math.max(10, Math.round(metres / 10) * 10) });
  return t("kilometres", { n: (metres / 1000).toLocaleString(numbers, { maximumFractionDigits: 1 }) });
}

/** Whole minutes, never less than one. */
export const wholeMinutes = (minutes) => Math.max(1, Math.ceil(minutes - 0.05));

/** How near a distance is when it matters: 12 m, 380 m. */
export const exactly = (metres) => t("metres", { n: Math.round(metres).toLocaleString(numbers) });

const calendar = new Intl.DateTimeFormat("en-GB", {
  timeZone: page.timeZone, year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

/** Day and time of a moment where the stations are: ["2026-11-21", "14:20"]. */
export function there(date) {
  const part = Object.fromEntries(calendar.formatToParts(date).map((one) => [one.type, one.value]));
  return [`${part.year}-${part.month}-${part.day}`, `${part.hour}:${part.minute}`];
}

/** "20:00", "tomorrow 06:00", "Monday 06:00": a time of the service's clock, from ISO. */
export function when(iso, now = new Date()) {
  const [day, clock] = there(new Date(iso));
  const ahead = Math.round((Date.parse(day) - Date.parse(there(now)[0])) / 86400000);
  if (ahead === 0) return clock;
  if (ahead === 1) return t("tomorrow", { time: clock });
  if (ahead > 1 && ahead < 7) {
    const name = new Date(`${day}T12:00:00Z`).toLocaleDateString(numbers, { weekday: "long", timeZone: "UTC" });
    return `${name} ${clock}`;
  }
  return `${day.slice(5)} ${clock}`;
}

/** "14:20", or with its day when that is another. */
export function asOf(iso, now = new Date()) {
  const [day, clock] = there(new Date(iso));
  return day === there(now)[0] ? clock : `${day} ${clock}`;
}
