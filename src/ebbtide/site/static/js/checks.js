/**
 * The sound of the protocol checks at the chair. The server says what is true and what somebody took; this page sounds by
 * its own timer, so that a silence ends on its second and a dead process is not mistaken for a calm one. It never depends
 * on a tab being in front: what it missed while it slept it sounds when it wakes, and the nurse station hears it meanwhile.
 * Every page of a chair asks, not only the one that shows the checks: it beats by asking, and the station misses the beat.
 */

import { burst, canSound, isAwake } from "./sound.js";
import { ageInWords } from "./words.js";

const BY_ITSELF = { "Ebbtide-Background": "1" };
/**
 * A page asks, and so beats, every 2 s. CHK-TABLET (check-limits.yaml) calls a tablet quiet after 6 s without a beat and says
 * so 1 s later: a killed tab is on the wall within 10 s, and two beats may fail before anybody is called. A browser lets a
 * page that is hidden for minutes wake once a minute at most, and a tablet that sleeps not at all: both are quiet, and
 * rightly so, for such a page would sound a minute late. One that is hidden for a moment still beats, and still sounds.
 */
const BEAT_EVERY_S = 2;
const GIVE_UP_S = 4; // an answer that takes longer is no answer; the next beat asks again
const QUIET_AFTER_S = 15;

/** @typedef {{key: string, priority: string, taken: boolean, until_s: number|null, always_heard: boolean}} Check */

/** Bursts by priority: how many tones, how high, and how often (s) [design; the grammar of IEC 60601-1-8, no conformity claimed]. */
export const PATTERNS = {
  high: { hz: 988, pulses: 10, every_s: 5 },
  medium: { hz: 784, pulses: 3, every_s: 15 },
  low: { hz: 659, pulses: 2, every_s: 30 },
};
const HEAVIEST_FIRST = /** @type {(keyof typeof PATTERNS)[]} */ (["high", "medium", "low"]);

/** @param {Check[]} checks @param {number} now_s the server's time @returns {keyof typeof PATTERNS | ""} what sounds at this moment */
export function soundsNow(checks, now_s) {
  const sounding = checks.filter((one) => !one.taken && (one.always_heard || one.until_s === null || now_s >= one.until_s));
  return HEAVIEST_FIRST.find((priority) => sounding.some((one) => one.priority === priority)) ?? "";
}

/**
 * @param {keyof typeof PATTERNS | ""} priority @param {keyof typeof PATTERNS | ""} last what sounded last
 * @param {number} since_s seconds since then @returns {boolean} whether a burst is due now
 */
export function isDue(priority, last, since_s) {
  if (!priority) return false;
  const heavier = !last || HEAVIEST_FIRST.indexOf(priority) < HEAVIEST_FIRST.indexOf(last);
  return heavier || since_s >= PATTERNS[priority].every_s;
}

/**
 * What is wrong with the way here, in one sentence; empty when nothing is.
 * @param {{heard_s: number, running: boolean, sounds: boolean, awake: boolean, able: boolean}} told
 */
export function lineOf({ heard_s, running, sounds, awake, able }) {
  if (heard_s > QUIET_AFTER_S) return `Nothing heard of the protocol checks for ${ageInWords(heard_s)}: read the bedside monitor.`;
  if (!running) return "Protocol checks are not running: read the bedside monitor.";
  if (sounds && !able) return "This screen cannot make a sound: look at it, and stay near.";
  return sounds && !awake ? "No sound yet on this screen: touch the page once." : "";
}

/** What a page of the chair that does not show the checks says of them. @param {keyof typeof PATTERNS | ""} priority what sounds @returns {string} */
export function elsewhereOf(priority) {
  return priority ? `A protocol check sounds, ${priority.toUpperCase()}: read it on the chair's page.` : "";
}

/** @param {string} address where this chair's checks are told */
function start(address) {
  const shown = () => document.querySelector("#checks [data-checks-line]");
  /** @type {Check[]} */
  let checks = [];
  let running = true;
  let serverAt_s = 0;
  let heardAt = performance.now();
  let asking = false;
  /** @type {keyof typeof PATTERNS | ""} */
  let last = "";
  let soundedAt = 0;
  const since = (/** @type {number} */ at) => (performance.now() - at) / 1000;

  const ask = async () => {
    if (asking) return;
    asking = true;
    const sentAt = performance.now();
    try {
      const signal = AbortSignal.timeout(GIVE_UP_S * 1000);
      const answer = await fetch(address, { headers: BY_ITSELF, credentials: "same-origin", signal });
      if (!answer.ok || answer.redirected) return;
      const told = await answer.json();
      ({ checks, running } = told);
      [serverAt_s, heardAt] = [told.at_s, sentAt];
    } finally {
      asking = false;
    }
  };

  const look = () => {
    const priority = serverAt_s ? soundsNow(checks, serverAt_s + since(heardAt)) : "";
    if (isDue(priority, last, since(soundedAt))) {
      soundedAt = performance.now();
      if (priority) void burst(PATTERNS[priority]);
    }
    last = priority;
    show(priority);
  };
  const show = (/** @type {keyof typeof PATTERNS | ""} */ priority) => {
    const line = shown() ?? document.querySelector("[data-checks-elsewhere]");
    const wrong = lineOf({ heard_s: since(heardAt), running, sounds: priority !== "", awake: isAwake(), able: canSound() });
    const words = [shown() ? "" : elsewhereOf(priority), wrong].filter(Boolean).join(" ");
    if (line && words && line.textContent !== words) line.textContent = words;
    if (line && !words && line.classList.contains("checks__line--wrong")) line.textContent = ""; // it was wrong, and is well again
    line?.classList.toggle("checks__line--wrong", words !== "");
  };
  const now_ = () => { void ask().catch(() => {}).finally(look); };

  document.getElementById("checks-now")?.addEventListener("htmx:afterSwap", now_); // something happened: what sounds is asked for at once
  document.addEventListener("visibilitychange", now_); // a page that slept looks before anything else
  document.addEventListener("resume", now_); // one that was frozen too
  document.addEventListener("pointerdown", () => { void burst({ hz: 1, pulses: 0 }); }, { once: true });
  setInterval(now_, BEAT_EVERY_S * 1000);
  setInterval(look, 1000);
  now_();
}

if (typeof document !== "undefined") {
  const told = /** @type {HTMLElement | null} */ (document.querySelector("[data-checks-url]"));
  if (told?.dataset.checksUrl) start(told.dataset.checksUrl);
}
