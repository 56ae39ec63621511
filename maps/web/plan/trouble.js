// What went wrong, as sentences, with what to do about it. Each part of the page says its own and takes
// back its own: that the people have come does not bring back a plan that is gone.

import { Problem, Unreachable } from "../leader/ask.js";
import { byId, make } from "../leader/dom.js";
import { english, ours, page, t } from "../leader/words.js";
import { enough, tryAgain } from "./retry.js";

const standing = new Map();
let shown = "";

/** A value that was refused, by the name it has in the form where the service says which it is. */
function fieldWords({ field, reason, reason_zh }) {
  const name = field.split(".").map((part) => page.texts[`plan.q_${part}`] ?? page.texts[`plan.tab_${part}`]).findLast(Boolean) ?? field;
  return english ? `${name}: ${reason}` : `${name}：${reason_zh}`;
}

/** What went wrong, in sentences; `again`: it is asked once more without anybody doing anything. */
export function inWords(error, again = false) {
  if (error instanceof Unreachable || error.name !== "Error") return [again ? t("unreachable") : t("no_answer")];
  if (!(error instanceof Problem)) return [error.message];
  if (error.status === 401 || error.status === 403) return [t("needs_key")];
  if (error.errors.length) return [error.message, ...error.errors.map(fieldWords)];
  return [ours(error.detail || error.message), error.remedy ? ours(error.remedy) : ""].filter(Boolean);
}

/** Says what went wrong with `owner`, or, without an error, that it is well again.
 *
 * @param again asks once more where there was no answer
 */
export function trouble(owner, error = null, again = null) {
  const waits = again !== null && error instanceof Unreachable;
  if (error) standing.set(owner, inWords(error, waits));
  else standing.delete(owner);
  if (waits) tryAgain(owner, again);
  else enough(owner);
  const sentences = new Map([...standing.values()].map((words) => [words.join(), words]));
  // Who has to ask once more is not told beside it that it happens by itself: one service is away.
  if (sentences.has(t("no_answer"))) sentences.delete(t("unreachable"));
  const said = [...sentences.values()];
  // Read aloud once, and not anew whenever anything goes well.
  if (JSON.stringify(said) === shown) return;
  shown = JSON.stringify(said);
  const box = byId("trouble");
  box.replaceChildren(...said.map(([first, ...others]) => make("p", { class: "note strong" }, first, others.map((words) => make("span", {}, words)))));
  if (error instanceof Problem) box.scrollIntoView({ block: "nearest" });
}
