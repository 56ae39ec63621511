// What stays on the phone (choices and ids, never a place), and what holds while the page is open.

const KEY = "nuanyi";

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

/** Choices: language, theme, contrast, size, coarse, map, open, member, services, kinds, saved, receipts. */
export const kept = { open: true, member: false, services: [], kinds: [], saved: [], receipts: [], ...read() };

/** Changes choices and keeps them. */
export function keep(changes) {
  Object.assign(kept, changes);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Storage is closed to us or full: the choice holds until the page is left.
  }
}

/** The present: `position` {lon, lat, accuracy, label} lives here and nowhere else. */
export const now = { position: null, stations: [], view: "nearby" };

const bus = new EventTarget();
/** Tells the other parts of the page that something happened. */
export const tell = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));
/** Hears it: `refresh` (ask again), `shown` (a list stands), `line` (a way to draw). */
export const hear = (name, listener) => bus.addEventListener(name, (event) => listener(event.detail));

/** Whom a station must let in to be shown: everybody, or a member of the union too; what does not
 * say is shown as such. */
export const welcome = () => (kept.member ? ["public", "unknown", "members"] : ["public", "unknown"]);
