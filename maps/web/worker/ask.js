// Asking the service. A position and a search text go in headers, never into an address.

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

/** No answer, or none worth the name: no network, no service, too slow. */
export class Unreachable extends Error {}

/** Asks one address of the API.
 *
 * @param path address with its query; nothing in it tells where somebody is
 * @param options.position {lon, lat}: sent as the header Nuanyi-Position
 * @param options.search text that is looked for: sent as the header Nuanyi-Query
 * @param options.body posted as JSON
 * @param options.seconds how long to wait
 * @returns the body; throws Problem or Unreachable
 */
export async function ask(path, { position, search, body, seconds = 12, headers = {} } = {}) {
  const sent = { Accept: "application/json", "Accept-Language": page.language, ...headers };
  if (position) sent["Nuanyi-Position"] = `${position.lon.toFixed(6)},${position.lat.toFixed(6)}`;
  if (search) sent["Nuanyi-Query"] = encodeURIComponent(search);
  if (body) sent["Content-Type"] = "application/json";
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), seconds * 1000);
  try {
    const answer = await fetch(path, {
      method: body ? "POST" : "GET",
      headers: sent,
      body: body ? JSON.stringify(body) : undefined,
      cache: "no-store",
      credentials: "same-origin",
      referrerPolicy: "no-referrer",
      signal: ending.signal,
    });
    const told = await answer.json();
    if (answer.ok) return told;
    if (answer.status >= 502 || (answer.status === 503 && told.type?.endsWith("/unavailable"))) {
      throw new Unreachable(String(answer.status));
    }
    throw new Problem(told, answer.status);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Unreachable(error.message);
  } finally {
    clearTimeout(timer);
  }
}
