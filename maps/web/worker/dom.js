// Small hands for the document. Texts always go in as text, never as HTML.

export const byId = (id) => document.getElementById(id);

/** An element: attributes (`class`, `aria-…`, `data-…`, `onclick`), then texts and elements. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** A picture of our own sprite; words stand beside it, so it is silent. */
export function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const use = document.createElementNS(namespace, "use");
  use.setAttribute("href", `#i-${document.getElementById(`i-${name}`) ? name : "dot"}`);
  svg.append(use);
  return svg;
}

/** A button with a picture and a word. */
export function button(text, picture, onclick, attributes = {}) {
  return make("button", { type: "button", class: "act", onclick, ...attributes }, picture ? icon(picture) : null, make("span", {}, text));
}

/** Remembers what has the focus; the answer gives it back, to its likeness when the card was drawn
 * anew meanwhile. */
export function holdFocus() {
  const before = document.activeElement;
  const card = before?.closest("[data-id]")?.dataset.id;
  const said = before?.textContent;
  return () => {
    if (before?.isConnected) {
      before.focus({ preventScroll: true });
      return;
    }
    const again = card ? [...document.querySelectorAll(`[data-id="${CSS.escape(card)}"] .act`)] : [];
    (again.find((one) => one.textContent === said) ?? again[0] ?? document.getElementById("list-title")).focus();
  };
}

/** Opens a sheet over the page and puts it away again; focus goes back to where it was. */
export function openSheet(title, closeText, ...children) {
  const giveBack = holdFocus();
  const heading = make("h2", { id: "sheet-title", tabindex: "-1" }, title);
  const close = button(closeText, "close", () => shut(), { class: "act close" });
  const sheet = make("dialog", { class: "sheet", "aria-labelledby": "sheet-title" },
    make("div", { class: "sheet-head" }, heading, close), ...children);
  function shut() {
    if (sheet.close) sheet.close();
    else gone();
  }
  function gone() {
    sheet.remove();
    document.body.classList.remove("under-sheet");
    // The browser gives the focus back before it tells of the close; the keyboard may have gone on.
    if (document.activeElement === document.body) giveBack();
  }
  sheet.addEventListener("close", gone);
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet) shut();
  });
  document.body.append(sheet);
  document.body.classList.add("under-sheet");
  if (sheet.showModal) sheet.showModal();
  else sheet.setAttribute("open", "");
  heading.focus();
  return { sheet, shut };
}

/** Says something to a screen reader, and to the eye where it stands. */
export function announce(text) {
  const line = byId("aloud");
  line.textContent = "";
  // A live region speaks when its text changes after a moment of its own.
  setTimeout(() => {
    line.textContent = text;
  }, 50);
}
