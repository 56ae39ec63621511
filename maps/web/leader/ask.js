// Asking the service. What is in force may change any moment: the browser's own store of answers
// asks by ETag each time.

import { page } from "./words.js";

/** The service answered that it will not: an RFC 9457 problem. */
export class Problem extends Error {
  constructor(body, status) {
    super(body.title ?? String(status));
    this.status = status;
    this.kind = (body.type ?? "").split("/").pop();
    this.detail = body.detail ?? "";
    this.remedy = body.remedy ?? "";
    this.errors = body.errors ?? [];
  }
}

/** No answer, or none worth the name: no network, no service, a stopped database. */
export class Unreachable extends Error {}

/** The answer that was asked for before the modules came, once; undefined without one. */
export function early(path) {
  const answer = window.nuanyiEarly?.get(path);
  window.nuanyiEarly?.delete(path);
  return answer;
}

/** Asks one address of the API.
 *
 * @param path address with its query
 * @param options.method, options.body posted as JSON; options.signal ends it; options.seconds
 * @returns the body, null for an empty one; throws Problem, Unreachable, or AbortError by `signal`
 */
export async function ask(path, { method, body, signal, seconds = 25 } = {}) {
  const limit = AbortSignal.timeout(seconds * 1000);
  const headers = { Accept: "application/json", "Accept-Language": page.language };
  if (body) headers["Content-Type"] = "application/json";
  try {
    const begun = body || method ? undefined : early(path);
    const answer = await (begun ?? fetch(path, {
      method: method ?? (body ? "POST" : "GET"),
      headers,
      body: body ? JSON.stringify(body) : undefined,
      cache: "no-cache",
      credentials: "same-origin",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    }));
    const told = answer.status === 204 ? null : await answer.json();
    if (answer.ok) return told;
    if (answer.status >= 502 || answer.status === 503) throw new Unreachable(String(answer.status));
    throw new Problem(told, answer.status);
  } catch (error) {
    if (error instanceof Problem || error instanceof Unreachable) throw error;
    if (signal?.aborted) throw new DOMException("a newer question took its place", "AbortError");
    throw new Unreachable(error.message);
  }
}

/** Several questions of one subject: a new one ends the one before it. */
export function turns() {
  let running = null;
  return async (work) => {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    try {
      return await work(mine.signal);
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      throw error;
    } finally {
      if (running === mine) running = null;
    }
  };
}

/** Where a list goes on, as an address of our own. */
export function following(next) {
  const { pathname, search } = new URL(next, location.href);
  return pathname + search;
}

/** An address with its query; lists are joined by commas, empty values left out. */
export function address(path, query) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value.join(",") : value;
    if (text !== null && text !== undefined && text !== "") found.set(name, text);
  }
  const asked = found.toString().replaceAll("%2C", ",");
  return asked ? `${path}?${asked}` : path;
}
