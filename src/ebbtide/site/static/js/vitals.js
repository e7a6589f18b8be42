/**
 * Live vital signs at the chair. The stream brings values; the page judges them by its own timer, so that a dead sensor, a
 * dead gateway and a dead stream each look dead. The same rules as infusion/freshness.py, and the same table of cases.
 */

import { ageInWords } from "./words.js";

const BY_ITSELF = { "Ebbtide-Background": "1" };
const GATEWAY_SILENT_AFTER_S = 10; // it beats every 2 s
const PAGE_SILENT_AFTER_S = 12; // the stream beats every 5 s

/** @typedef {{signal: string, label: string, value: number|null, decimals: number, unit: string, state: string,
 *   observed_at: string, bound_at: string, device: string, device_id: string, simulated: boolean,
 *   stale_s: number, lost_s: number}} Reading */
/** @typedef {{signal: string, label: string, freshness: string, number: string, unit: string, words: string}} Place */

export const BEST_FIRST = ["live", "synthetic", "probe_off", "no_data", "artefact", "stale", "lost"];
const WORDS = { synthetic: "synthetic, not a measurement", probe_off: "probe off", no_data: "no data", artefact: "artefact", stale: "stale", lost: "lost" };
const NUMBERS = ["live", "synthetic", "stale"];
/** Their order on the screen; those of the first list have a place even when nothing has come. */
const ALWAYS = { hr: "Heart rate", spo2: "SpO₂", rr: "Breathing rate", sbp: "Pressure" };
const ORDER = ["hr", "spo2", "pulse", "rr", "etco2", "sbp", "o2_flow", "temp"];

/** @param {Reading} reading @param {number} nowMs the server's time @returns {number} seconds since it was taken */
export function ageOf(reading, nowMs) {
  return (nowMs - Date.parse(reading.observed_at)) / 1000;
}

/** Age decides first: an old "probe off" is lost. @param {Reading} reading @param {number} age_s @returns {string} */
export function judge(reading, age_s) {
  if (age_s > reading.lost_s) return "lost";
  if (age_s > reading.stale_s && reading.value !== null) return "stale";
  return reading.state === "value" ? "live" : reading.state;
}

/**
 * One source for each signal: the better state, then the device that was bound first.
 * @param {Reading[]} readings @param {number} nowMs @returns {Record<string, Reading>}
 */
export function chosen(readings, nowMs) {
  /** @param {Reading} r @returns {[number, number, string]} */
  const rank = (r) => [BEST_FIRST.indexOf(judge(r, ageOf(r, nowMs))), Date.parse(r.bound_at), r.device_id];
  /** @type {Record<string, Reading>} */
  const best = {};
  for (const reading of readings) {
    const other = best[reading.signal];
    if (!other || isBefore(rank(reading), rank(other))) best[reading.signal] = reading;
  }
  return best;
}

/** @param {(number|string)[]} one @param {(number|string)[]} other */
function isBefore(one, other) {
  const place = one.findIndex((part, n) => part !== other[n]);
  return place >= 0 && one[place] < other[place];
}

/**
 * The live readings of a signal that are not shown in its place: two monitors that disagree are seen at once.
 * @param {Reading[]} readings @param {Reading} shown @param {number} nowMs @returns {string}
 */
export function besideOf(readings, shown, nowMs) {
  const text = (/** @type {Reading} */ r) => (r.value ?? 0).toFixed(r.decimals);
  const live = readings.filter((r) => r.signal === shown.signal && r !== shown && ["live", "synthetic"].includes(judge(r, ageOf(r, nowMs))));
  live.sort((one, other) => Date.parse(one.bound_at) - Date.parse(other.bound_at));
  return live.map((r) => ` · ${r.device} ${text(r) === text(shown) ? "the same" : text(r)}`).join("");
}

/** Newer readings take the place of older ones, and never the reverse. @param {Record<string, Reading>} kept @param {Record<string, Reading>} news */
export function merged(kept, news) {
  const all = { ...kept };
  for (const [name, reading] of Object.entries(news)) {
    if (!all[name] || Date.parse(reading.observed_at) >= Date.parse(all[name].observed_at)) all[name] = reading;
  }
  return all;
}

/** @param {Record<string, Reading>} values @param {number} nowMs @returns {Place[]} what stands on the screen now */
export function placesOf(values, nowMs) {
  const best = chosen(Object.values(values), nowMs);
  const all = Object.values(values);
  return ORDER.filter((name) => name in best || name in ALWAYS).map((name) => {
    const place = placeOf(name, best, nowMs);
    return best[name] ? { ...place, words: place.words + besideOf(all, best[name], nowMs) } : place;
  });
}

/** @param {string} name @param {Record<string, Reading>} best @param {number} nowMs @returns {Place} */
function placeOf(name, best, nowMs) {
  const reading = best[name];
  const label = ALWAYS[/** @type {keyof ALWAYS} */ (name)] ?? reading.label;
  if (!reading) return { signal: name, label, freshness: "never", number: "–", unit: "", words: "not received" };
  const age_s = ageOf(reading, nowMs);
  const freshness = judge(reading, age_s);
  const shows = NUMBERS.includes(freshness) && reading.value !== null;
  const source = reading.simulated ? `${reading.device} (simulated)` : reading.device;
  const age = freshness === "lost" ? `nothing for ${ageInWords(age_s)}` : `${ageInWords(age_s)} ago`;
  const state = freshness === "live" ? "" : `${WORDS[/** @type {keyof WORDS} */ (freshness)]} · `;
  return {
    signal: name, label, freshness,
    number: shows ? numberOf(name, reading, best) : "–",
    unit: shows ? reading.unit : "",
    words: `${state}${source} · ${age}`,
  };
}

/** @param {string} name @param {Reading} reading @param {Record<string, Reading>} best @returns {string} */
function numberOf(name, reading, best) {
  const number = (reading.value ?? 0).toFixed(reading.decimals);
  if (name !== "sbp") return number;
  // systolic over diastolic of one and the same measurement, or the systolic one alone
  const dbp = best.dbp;
  const same = dbp && dbp.value !== null && dbp.observed_at === reading.observed_at && dbp.device_id === reading.device_id;
  return same ? `${number}/${(dbp.value ?? 0).toFixed(0)}` : `${number}/–`;
}

/**
 * What is wrong with the way here, in one sentence; empty when nothing is.
 * @param {{heard_s: number, gateway_s: number, ended: boolean}} silence seconds since the stream and the gateway were heard
 */
export function lineOf({ heard_s, gateway_s, ended }) {
  if (ended) return "You may no longer see these values: open the page again.";
  if (heard_s > PAGE_SILENT_AFTER_S) return `This page has heard nothing for ${ageInWords(heard_s)}: read the bedside monitor.`;
  if (Number.isNaN(gateway_s)) return "The monitor gateway has not been heard: read the bedside monitor.";
  return gateway_s > GATEWAY_SILENT_AFTER_S ? `The monitor gateway is silent for ${ageInWords(gateway_s)}: read the bedside monitor.` : "";
}

/** @param {Place} place */
function drawn(place) {
  const made = document.createElement("div");
  made.dataset.signal = place.signal;
  made.innerHTML = '<dt class="vital__label"></dt><dd class="vital__value"><span class="vital__figure"><span class="vital__number"></span> <span class="vital__unit"></span></span><span class="vital__words"></span></dd>';
  return made;
}

/** @param {Element} parent @param {string} name @param {string} text */
function write(parent, name, text) {
  const place = parent.querySelector(`.vital__${name}`);
  if (place && place.textContent !== text) place.textContent = text;
}

/** @param {Element} list @param {Place[]} places */
function draw(list, places) {
  const there = new Map([...list.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.signal, child]));
  for (const place of places) {
    const cell = there.get(place.signal) ?? drawn(place);
    there.delete(place.signal);
    cell.className = `vital vital--${place.freshness}`;
    for (const name of /** @type {const} */ (["label", "number", "unit", "words"])) write(cell, name, place[name]);
    list.append(cell);
  }
  for (const gone of there.values()) gone.remove();
}

/** @param {HTMLElement} strip */
function start(strip) {
  const list = strip.querySelector("[data-vitals-places]");
  const line = strip.querySelector("[data-vitals-line]");
  const told = JSON.parse(document.getElementById("vitals-data")?.textContent ?? "null");
  if (!list || !told) return;

  /** @type {Record<string, Reading>} */
  let values = {};
  let base = { serverMs: 0, pageMs: 0 };
  let gatewayAt = Number.NaN;
  let heardAt = performance.now();
  let ended = false;
  const nowMs = () => base.serverMs + performance.now() - base.pageMs;
  const heard = () => { heardAt = performance.now(); };
  const takeTime = (/** @type {string} */ at) => { base = { serverMs: Date.parse(at), pageMs: performance.now() }; };

  const take = (/** @type {any} */ page) => {
    takeTime(page.at);
    values = page.values;
    gatewayAt = page.gateway_beat_at ? Date.parse(page.gateway_beat_at) : Number.NaN;
  };
  const show = () => {
    draw(list, placesOf(values, nowMs()));
    const words = lineOf({ heard_s: (performance.now() - heardAt) / 1000, gateway_s: (nowMs() - gatewayAt) / 1000, ended });
    if (line && line.textContent !== words) line.textContent = words;
  };
  const again = async () => {
    const answer = await fetch(strip.dataset.vitalsUrl ?? "", { headers: BY_ITSELF, credentials: "same-origin" });
    if (!answer.ok) return;
    take(await answer.json());
    show();
  };

  const stream = new EventSource(`/live/stream?${new URLSearchParams({ topics: told.topics.join(",") })}`);
  // the picture below listens here: one stream for the page
  const tell = (/** @type {string} */ name, /** @type {any} */ detail) => strip.dispatchEvent(new CustomEvent(`vitals:${name}`, { detail }));
  stream.addEventListener("open", () => { heard(); tell("again", null); });
  stream.addEventListener("beat", heard);
  stream.addEventListener("message", () => { heard(); tell("message", null); void again().catch(() => {}); });
  stream.addEventListener("values", (event) => {
    heard();
    const news = JSON.parse(event.data);
    takeTime(news.at);
    for (const [topic, brought] of Object.entries(news.topics)) {
      if (topic.startsWith("gateway:")) gatewayAt = Date.parse(/** @type {any} */ (brought).beat.beat_at);
      else values = merged(values, /** @type {Record<string, Reading>} */ (brought));
    }
    show();
    tell("values", { at: news.at, readings: Object.values(chosen(Object.values(values), nowMs())) });
  });
  stream.addEventListener("refused", () => { ended = true; values = {}; stream.close(); show(); });

  take(told);
  show();
  setInterval(show, 1000);
}

if (typeof document !== "undefined") {
  const strip = document.getElementById("vitals");
  if (strip) start(strip);
}
