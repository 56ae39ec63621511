// Writes a part of the page anew under somebody's hands: the focus stays where it was, and a field that
// is being filled in stays as it is.

import { fill } from "../leader/dom.js";

const FOCUSABLE = "button:not(:disabled), input:not(:disabled), select:not(:disabled), a[href], summary";
/** What an element is known by when it has been made anew: id, row, and what it does there. */
const nameOf = (one) => JSON.stringify([one.id, { ...one.closest("li")?.dataset }, { ...one.dataset }, one.getAttribute("href")]);
const written = (one) => one.matches("input:not([type=checkbox], [type=radio])");

/** Puts what was made in place of what was there, all but the field `kept` and what it stands in. */
function around(old, made, kept, twin) {
  const parts = [...made.childNodes];
  const here = [...old.childNodes].find((one) => one.contains(kept));
  const at = parts.findIndex((one) => one.contains(twin));
  for (const one of [...old.childNodes]) if (one !== here) one.remove();
  here.before(...parts.slice(0, at));
  here.after(...parts.slice(at + 1));
  if (here !== kept) around(here, parts[at], kept, twin);
}

/** Fills a box like `fill`. Where what had the focus is not there any more, the row in its place has
 * it, else the tab. */
export function refill(box, ...children) {
  const held = document.activeElement;
  if (held === box || !box.contains(held)) return fill(box, ...children);
  const made = fill(box.cloneNode(false), ...children);
  const twin = [...made.querySelectorAll(FOCUSABLE)].find((one) => nameOf(one) === nameOf(held));
  if (twin && written(held)) {
    // What nobody has changed is what the page knows now.
    if (held.value === held.defaultValue) held.value = twin.value;
    held.defaultValue = twin.defaultValue;
    around(box, made, held, twin);
    return box;
  }
  const at = [...box.children].findIndex((one) => one.contains(held));
  box.replaceChildren(...made.childNodes);
  const instead = box.children[Math.min(at, box.children.length - 1)]?.querySelector(FOCUSABLE) ?? box.querySelector(FOCUSABLE);
  (twin ?? instead ?? document.querySelector("[role=tab][aria-selected=true]")).focus({ preventScroll: true });
  return box;
}
