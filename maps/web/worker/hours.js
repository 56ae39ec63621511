// Whether a station is open at a moment, from the spans that are on the phone. No network, no guess:
// what the spans do not reach is unknown.

const SHUT = ["closed", "moved"];

/** Spans of a pattern as the service sends them: [start, end, "open" | "unknown"] in ISO, sorted. */
function covering(spans, time) {
  return spans.find(([start, end]) => Date.parse(start) <= time && time < Date.parse(end));
}

/** The dated status that holds: of several the one that began last. */
function statusAt(station, time) {
  const holding = (station.status ?? []).filter(({ starts_at, ends_at }) =>
    Date.parse(starts_at) <= time && (ends_at === null || time < Date.parse(ends_at)));
  return holding.sort((one, other) => Date.parse(other.starts_at) - Date.parse(one.starts_at))[0] ?? null;
}

/** The state of a station at a moment.
 *
 * @param station {hours: number of its pattern or null, status: dated statuses}
 * @param patterns spans by number of the pattern, for the days that were sent
 * @param time milliseconds since 1970, of the arrival
 * @param reach until when the spans speak, in milliseconds
 * @returns hours_state, open_until, opens_at, suspended, status_note as the API names them
 */
export function stateAt(station, patterns, time, reach) {
  const status = statusAt(station, time);
  const spans = station.hours === null || station.hours === undefined ? null : patterns[station.hours] ?? null;
  const note = status && status.status !== "open" ? status.reason : null;
  const answer = { hours_state: "unknown", open_until: null, opens_at: null, suspended: false, status_note: note };
  if (status && SHUT.includes(status.status)) {
    return { ...answer, hours_state: "closed", suspended: true, opens_at: status.ends_at && spans ? nextOpening(spans, Date.parse(status.ends_at)) : null };
  }
  if (!spans || time >= reach) return answer;
  const span = covering(spans, time);
  if (!span) return { ...answer, hours_state: "closed", opens_at: nextOpening(spans, time) };
  if (span[2] !== "open") return answer;
  const until = endOf(spans, span);
  const shuts = (station.status ?? []).find(({ status: kind, starts_at }) =>
    SHUT.includes(kind) && Date.parse(starts_at) > time && Date.parse(starts_at) < Date.parse(until));
  const closes = shuts ? shuts.starts_at : until;
  return { ...answer, hours_state: "open", open_until: Date.parse(closes) >= reach ? null : closes };
}

/** Where one open span runs into the next, it goes on. */
function endOf(spans, span) {
  let end = span[1];
  for (const [start, next, kind] of spans) {
    if (kind === "open" && Date.parse(start) <= Date.parse(end) && Date.parse(next) > Date.parse(end)) end = next;
  }
  return end;
}

function nextOpening(spans, time) {
  const next = spans.find(([, end, kind]) => kind === "open" && Date.parse(end) > time);
  if (!next) return null;
  return Date.parse(next[0]) > time ? next[0] : new Date(time).toISOString();
}
