/**
 * What the picture at the chair draws, as plain numbers. Pure: no page, no clock. Times are seconds since the picture's
 * beginning, as the server sends them. A line is broken by `null` and never led over a gap.
 */

/** @typedef {{t: number[], v: (number|null)[]}} Line */
/** @typedef {{signal: string, label: string, unit: string, decimals: number, silent_after_s: number, steady: boolean, since: string, sources: number[],
 *   synthetic: Line, gaps: [number, number, string][]} & Line} Trace */
/** @typedef {{device: string, words: string}} Source */
/** @typedef {{signal: string, value: number, above: boolean, own: boolean}} Goal */
/** @typedef {{lane: string, kind: string, t: number, until?: number, short: string, words: string}} Mark */
/** @typedef {{at: string, from: string, until: string, bucket_s: number, ended: boolean, zone: string, prediction: string, phase: string,
 *   goals: Goal[], sources: Source[], traces: Trace[], typed: {signal: string, t: number, v: number, by: string}[], rates: [number, number][], marks: Mark[]}} Told */
/** @typedef {{signal: string, label: string, value: number|null, decimals: number, unit: string, state: string, observed_at: string,
 *   device: string, device_id: string, simulated: boolean, stale_s: number}} Reading */
/** @typedef {{low: number[], mid: number[], high: number[], t: number[]}} Band */

/** The rows of the picture: which signals share one, what stands beside it, and how far its axis goes at least. */
export const ROWS = [
  { name: "hr", title: "Heart rate", unit: "/min", signals: ["hr", "pulse"], low: 40, high: 130, always: true, tall: 46 },
  { name: "bp", title: "Pressure", unit: "mmHg", signals: ["sbp", "dbp", "map"], low: 40, high: 180, always: true, tall: 58 },
  { name: "spo2", title: "SpO₂", unit: "%", signals: ["spo2"], low: 85, high: 100, always: true, tall: 46 },
  { name: "rr", title: "Breathing rate", unit: "/min", signals: ["rr"], low: 0, high: 30, always: true, tall: 42 },
  { name: "etco2", title: "EtCO₂", unit: "mmHg", signals: ["etco2"], low: 0, high: 60, always: false, tall: 42 },
  { name: "o2_flow", title: "Oxygen flow", unit: "L/min", signals: ["o2_flow"], low: 0, high: 6, always: false, tall: 42 },
  { name: "temp", title: "Temperature", unit: "°C", signals: ["temp"], low: 35, high: 38, always: false, tall: 42 },
];
export const LANES = ["drugs", "scales", "events"];
const NO_NUMBER = /** @type {Record<string, string>} */ ({ no_data: "no data", probe_off: "probe off", artefact: "artefact" });
export const NOTHING = "nothing received";

/** @param {Told} told @returns {typeof ROWS} the rows that have something to show, or a place of their own */
export function rowsOf(told) {
  const there = new Set([...told.traces.map((trace) => trace.signal), ...told.typed.map((one) => one.signal)]);
  return ROWS.filter((row) => row.always || row.signals.some((signal) => there.has(signal)));
}

/**
 * Which marks of a lane have room for their words: none runs into the words before it, however many stand at one time.
 * @param {{from: number, width: number}[]} marks from left to right, in pixels
 * @returns {boolean[]}
 */
export function wordsThatFit(marks) {
  let end = -Infinity;
  return marks.map(({ from, width }) => {
    const fits = from >= end;
    if (fits) end = from + width;
    return fits;
  });
}

/** @param {Reading} reading @param {Told} told @returns {Trace} a signal that nobody told of before */
function begun(reading, told) {
  const trace = { signal: reading.signal, label: reading.label, unit: reading.unit, decimals: reading.decimals, silent_after_s: reading.stale_s, steady: reading.stale_s <= 60, since: "", sources: [], t: [], v: [], synthetic: { t: [], v: [] }, gaps: [] };
  told.traces.push(trace);
  return trace;
}

/** @param {Line} line @param {number} t @param {number|null} v */
function push(line, t, v) {
  line.t.push(t);
  line.v.push(v);
}

/** @param {Line} line @returns {number} the time of its last number, NaN when it has none */
export function lastOf(line) {
  for (let at = line.v.length - 1; at >= 0; at -= 1) if (line.v[at] !== null) return line.t[at];
  return Number.NaN;
}

/** @param {Trace} trace @returns {number} when it last had a number of either kind, NaN when never */
export function lastHeard(trace) {
  const [one, other] = [lastOf(trace), lastOf(trace.synthetic)];
  if (Number.isNaN(one)) return other;
  return Number.isNaN(other) ? one : Math.max(one, other);
}

/**
 * Takes a reading in at the end of its trace; what is older than what is there is left to the server.
 * A new number after a silence, after a "no data" or from another monitor begins a new piece of line.
 * @param {Told} told
 * @param {Reading} reading
 * @returns {boolean} whether anything was added
 */
export function appended(told, reading) {
  const trace = told.traces.find((one) => one.signal === reading.signal) ?? begun(reading, told);
  const t = Math.round((Date.parse(reading.observed_at) - Date.parse(told.from)) / 100) / 10;
  const last = lastHeard(trace);
  if (t <= last || t < 0) return false;
  if (reading.value === null) {
    trace.since = NO_NUMBER[reading.state] ?? reading.state;
    return false;
  }
  const why = trace.since;
  const source = sourceOf(told, reading);
  const other = trace.sources.length > 0 && trace.sources.at(-1) !== source;
  const silent = t - last > trace.silent_after_s;
  const line = reading.state === "synthetic" ? trace.synthetic : trace;
  const changed = lastOf(line) !== last && !Number.isNaN(last);
  if (silent || why) trace.gaps.push([last, t, why || NOTHING]);
  if (silent || why || other || changed) for (const one of [trace, trace.synthetic]) if (one.v.length && one.v.at(-1) !== null) push(one, (last + t) / 2, null);
  if (other || !trace.sources.length) trace.sources = [...trace.sources.filter((place) => place !== source), source];
  trace.since = "";
  push(line, t, Number(reading.value.toFixed(reading.decimals)));
  return true;
}

/** @param {Told} told @param {Reading} reading @returns {number} the place of its monitor among the sources */
function sourceOf(told, reading) {
  const found = told.sources.findIndex((one) => one.device === reading.device_id);
  if (found >= 0) return found;
  return told.sources.push({ device: reading.device_id, words: reading.simulated ? `${reading.device} (simulated)` : reading.device }) - 1;
}

/**
 * The stretches without a number, the one that is still open with them: it grows by the page's own clock, so that a dead
 * sensor never leaves a line that looks live.
 * @param {Trace} trace
 * @param {number} now_s
 * @param {boolean} ended nothing is expected any more
 * @returns {[number, number, string][]}
 */
export function gapsOf(trace, now_s, ended) {
  const last = lastHeard(trace);
  if (ended || Number.isNaN(last)) return trace.gaps;
  const open = now_s - last > trace.silent_after_s || trace.since;
  return open ? [...trace.gaps, [last, now_s, trace.since || NOTHING]] : trace.gaps;
}

/**
 * Single measurements so dense that their dots would cover each other: of each stretch those with the lowest and the highest
 * number of any line, at the same moments in all lines, so that a pressure keeps both its numbers. No number is made up.
 * @param {Line[]} lines
 * @param {number} step_s how long a stretch is
 * @returns {Line[]}
 */
export function thinned(lines, step_s) {
  const first = Math.min(...lines.map((line) => line.t[0] ?? Infinity));
  const last = Math.max(...lines.map((line) => line.t.at(-1) ?? -Infinity));
  const most = Math.max(0, ...lines.map((line) => line.t.length));
  if (!(step_s > 0) || most <= (2 * (last - first)) / step_s) return lines;
  /** @type {Set<number>} */
  const kept = new Set();
  for (const { t, v } of lines) {
    let stretch = NaN, low = -1, high = -1;
    const keep = () => { if (low >= 0) kept.add(t[low]).add(t[high]); };
    for (let at = 0; at < t.length; at += 1) {
      const value = v[at], here = Math.floor(t[at] / step_s);
      if (value === null) continue;
      if (here !== stretch) { keep(); [stretch, low, high] = [here, at, at]; continue; }
      if (value < /** @type {number} */ (v[low])) low = at;
      if (value >= /** @type {number} */ (v[high])) high = at; // of two as high the later one: the last stays where it was
    }
    keep();
  }
  return lines.map(({ t, v }) => {
    const line = { t: /** @type {number[]} */ ([]), v: /** @type {(number|null)[]} */ ([]) };
    for (let at = 0; at < t.length; at += 1) if (kept.has(t[at])) push(line, t[at], v[at]);
    return line;
  });
}

/**
 * Lines on one axis: `undefined` where a line has nothing at a moment of another, `null` where it is broken.
 * @param {(Line|null)[]} lines each in the order of time
 * @param {number} begin_s added to every time
 * @returns {(number|null|undefined)[][]} the times, then each line
 */
export function joined(lines, begin_s) {
  /** @type {number[]} */
  const times = [];
  const columns = lines.map(() => /** @type {(number|null|undefined)[]} */ ([]));
  const there = lines.flatMap((line, place) => (line?.t.length ? [{ line, column: columns[place], at: 0 }] : []));
  for (;;) {
    let next = Infinity;
    for (const { line, at } of there) if (at < line.t.length && line.t[at] < next) next = line.t[at];
    if (next === Infinity) break;
    for (const one of there) while (one.line.t[one.at] === next) one.column[times.length] = one.line.v[one.at++];
    times.push(begin_s + next);
  }
  for (const column of columns) column.length = times.length;
  return [times, ...columns];
}

/** @param {Told} told @param {string} signal @returns {Line} what was charted by hand of a signal */
export function typedOf(told, signal) {
  const line = { t: /** @type {number[]} */ ([]), v: /** @type {number[]} */ ([]) };
  for (const one of told.typed) if (one.signal === signal) { line.t.push(one.t); line.v.push(one.v); }
  return line;
}

/**
 * The steps of the rate, the last one led to now.
 * @param {[number, number][]} rates
 * @param {number} now_s
 * @returns {Line}
 */
export function stepsOf(rates, now_s) {
  const line = { t: rates.map(([t]) => t), v: rates.map(([, rate]) => rate) };
  const last = line.t.at(-1);
  if (last !== undefined && now_s > last) push(line, now_s, line.v.at(-1) ?? null);
  return line;
}

/**
 * What is shown of time.
 * @param {{from_s: number, now_s: number, span_min: number, ended: boolean}} asked span_min 0 asks for everything
 * @returns {{min: number, max: number}}
 */
export function windowOf({ from_s, now_s, span_min, ended }) {
  const air = ended ? 0 : 1.02;
  if (span_min) return { min: Math.max(from_s, now_s - span_min * 60), max: Math.max(now_s, from_s + span_min * 60) };
  return { min: from_s, max: Math.max(from_s + 1200, from_s + (now_s - from_s) * Math.max(1, air)) };
}

/**
 * The models of one site together: from the lowest to the highest end of their bands for one way on.
 * @param {{ahead: Record<string, Band>}[]} models
 * @param {string} way
 * @returns {{t: number[], low: number[], high: number[], mids: number[][]}}
 */
export function together(models, way) {
  const bands = models.map((model) => model.ahead[way]);
  const t = bands[0].t.map((at) => (at - bands[0].t[0]) / 60);
  return {
    t,
    low: t.map((_, at) => Math.min(...bands.map((band) => band.low[at]))),
    high: t.map((_, at) => Math.max(...bands.map((band) => band.high[at]))),
    mids: bands.map((band) => band.mid),
  };
}

/**
 * The limits of a row in words, as its lines are drawn: "limits 45 to 130", with whose they are when a prescriber set one.
 * @param {Goal[]} goals of one row
 * @returns {string}
 */
export function goalWords(goals) {
  if (!goals.length) return "";
  const of = (/** @type {boolean} */ above) => goals.filter((goal) => goal.above === above).map((goal) => (goal.signal === "dbp" ? `${goal.value} diastolic` : `${goal.value}`));
  const low = of(false).map((value) => `below ${value}`), high = of(true).map((value) => `above ${value}`);
  return `limits: ${[...low, ...high].join(", ")}${goals.some((goal) => goal.own) ? " (this person's own)" : ""}`;
}

/** @param {Trace[]} traces @param {Told} told @returns {string} which monitors a row shows, in words */
export function sourcesIn(traces, told) {
  const places = [...new Set(traces.flatMap((trace) => trace.sources))];
  return places.map((place) => told.sources[place]?.words ?? "").filter(Boolean).join(", then ");
}
