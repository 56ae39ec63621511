// What got no answer is asked for again: soon, then more and more rarely, and at once when the
// browser has its network back.

const FIRST_MS = 4000;
const LAST_MS = 60000;
/** What each part of the page waits to do again: `work`, its `timer`, and the `pause` after this one. */
const waiting = new Map();

function now(one) {
  clearTimeout(one.timer);
  one.timer = 0;
  one.work();
}

/** Does `work` again for `owner`, after a pause that grows until `enough`. */
export function tryAgain(owner, work) {
  const one = waiting.get(owner) ?? { pause: FIRST_MS };
  clearTimeout(one.timer);
  one.work = work;
  one.timer = setTimeout(now, one.pause, one);
  one.pause = Math.min(LAST_MS, one.pause * 1.5);
  waiting.set(owner, one);
}

/** It went well, or nobody wants it any more. */
export function enough(owner) {
  clearTimeout(waiting.get(owner)?.timer);
  waiting.delete(owner);
}

addEventListener("online", () => {
  // What is being asked already is left to its answer.
  for (const one of [...waiting.values()]) if (one.timer) now(one);
});
