// Pointing at a map, with the pointer or, by the keyboard, with the middle of the map: the leader's
// page and the planner's do it alike.

import { byId, make } from "./dom.js";
import { english } from "./words.js";

/** A small sign beside the pointer; null hides it. `words`: title and text. */
export function tip(at, words) {
  const box = byId("tip");
  box.hidden = words === null;
  if (words === null) return;
  box.replaceChildren(make("strong", {}, words[0]), make("span", {}, words[1]));
  const { clientWidth: wide, clientHeight: high } = byId("map");
  const x = Math.min(at.x + 14, wide - box.offsetWidth - 8);
  const y = at.y + 18 + box.offsetHeight > high ? at.y - box.offsetHeight - 12 : at.y + 18;
  box.style.transform = `translate(${Math.max(4, x)}px, ${Math.max(4, y)}px)`;
}

/** Follows the pointer over a map, and what the keyboard does there.
 *
 * @param map whose own doing it is that the arrow keys move it
 * @param room.under what is drawn at a point of the screen, or null
 * @param room.sentence [title, words] of what is there
 * @param room.choose what a click, or Enter, does: (found, place)
 * @param room.say tells what lies in the middle to whoever cannot see it
 * @param room.nothing what is said where nothing is
 * @param room.point hears of what is pointed at (null: of nothing)
 * @param room.enter what Enter finds in the middle, where that is less than a click finds
 * @param room.busy whether the pointer does something else just now
 * @param room.cursor the pointer's shape over what is there
 */
export function follow(map, { under, sentence, choose, say, nothing, point = () => {}, enter = under, busy = () => false, cursor = (found) => (found ? "pointer" : "") }) {
  let asked = 0;
  const show = (at, found) => tip(at, found ? sentence(found) : null);
  const away = () => {
    tip(null, null);
    point(null);
  };
  map.on("mousemove", (event) => {
    if (asked) return;
    asked = requestAnimationFrame(() => {
      asked = 0;
      if (map.isMoving() || busy()) return;
      const found = under(event.point);
      map.getCanvas().style.cursor = cursor(found);
      show(event.point, found);
      point(found);
    });
  });
  map.on("mouseout", away);
  map.on("movestart", () => tip(null, null));
  map.on("click", (event) => choose(under(event.point), event.lngLat));
  const canvas = map.getCanvas();
  const cross = byId("cross");
  const middle = () => ({ x: map.getContainer().clientWidth / 2, y: map.getContainer().clientHeight / 2 });
  const seen = () => canvas.matches(":focus-visible");
  const tellMiddle = () => {
    if (!seen()) return;
    const found = under(middle());
    show(middle(), found);
    point(found);
    say(found ? sentence(found).join(english ? ", " : "，") : nothing());
  };
  canvas.addEventListener("focus", () => {
    cross.hidden = !seen();
    tellMiddle();
  });
  canvas.addEventListener("blur", () => {
    cross.hidden = true;
    away();
  });
  map.on("moveend", tellMiddle);
  canvas.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    choose(enter(middle()), map.getCenter());
  });
}
