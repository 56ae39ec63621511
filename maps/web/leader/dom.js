// Small hands for the document. Texts always go in as text, never as HTML.

export const byId = (id) => document.getElementById(id);

function put(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== "" && child !== false));
  return made;
}

/** An element: attributes (`class`, `aria-…`, `data-…`, `onclick`), then texts and elements. */
export const make = (tag, attributes = {}, ...children) => put(document.createElement(tag), attributes, children);

/** The same in SVG. */
export const draw = (tag, attributes = {}, ...children) => put(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

/** Puts children into an element in place of what was there; what is nothing is left out. */
export const fill = (box, ...children) => {
  box.replaceChildren();
  return put(box, {}, children);
};

/** A picture of our own sprite; words stand beside it, so it is silent. */
export const icon = (name) => draw("svg", { class: "icon", "aria-hidden": "true", focusable: "false" }, draw("use", { href: `#i-${name}` }));

/** A button with a picture and a word. */
export const button = (text, picture, onclick, attributes = {}) =>
  make("button", { type: "button", class: "act", onclick, ...attributes }, picture ? icon(picture) : null, make("span", {}, text));

/** A term and what is said of it. */
export const fact = (term, ...said) => make("div", {}, make("dt", {}, term), make("dd", {}, ...said));

/** Opens a sheet over the page and puts it away again; the focus goes back to where it was. */
export function openSheet(title, closeText, ...children) {
  const before = document.activeElement;
  const heading = make("h2", { id: "sheet-title", tabindex: "-1" }, title);
  const close = button(closeText, "close", () => sheet.close(), { class: "act quiet close" });
  const sheet = make("dialog", { class: "sheet", "aria-labelledby": "sheet-title" },
    make("div", { class: "sheet-head" }, heading, close), ...children);
  sheet.addEventListener("close", () => {
    sheet.remove();
    // The browser gives the focus back before it tells of the close; the keyboard may have gone on.
    if (document.activeElement === document.body && before?.isConnected) before.focus({ preventScroll: true });
  });
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet) sheet.close();
  });
  document.body.append(sheet);
  sheet.showModal();
  heading.focus();
  return sheet;
}

let [speaking, pointing, held] = [0, 0, 0];
const HELD_MS = 700;
/** Says something to a screen reader; the last of several in a moment is said. What is only pointed at
 *  (`later`) waits until what was done has been said. */
export function announce(text, { later: waits = false } = {}) {
  const now = performance.now();
  clearTimeout(pointing);
  if (waits && now < held) {
    pointing = setTimeout(announce, held - now + 1, text, { later: true });
    return;
  }
  if (!waits) held = now + HELD_MS;
  clearTimeout(speaking);
  speaking = setTimeout(() => {
    byId("aloud").textContent = text;
  }, 120);
}

/** Runs when nothing else is to be done, at the latest after a while. */
export const later = (work, most = 1500) => (window.requestIdleCallback ? requestIdleCallback(work, { timeout: most }) : setTimeout(work, 200));

/** Of several calls in a short while only the last is made. */
export function settled(work, ms) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), ms);
  };
}

/** Gives a file to the person. */
export function save(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
