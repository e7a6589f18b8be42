/**
 * The sound of the protocol checks at the chair. The server says what is true and what somebody took; this page sounds by
 * its own timer, so that a silence ends on its second and a dead process is not mistaken for a calm one. It never depends
 * on a tab being in front: what it missed while it slept it sounds when it wakes, and the nurse station hears it meanwhile.
 */

import { burst, canSound, isAwake } from "./sound.js";
import { ageInWords } from "./words.js";

const BY_ITSELF = { "Ebbtide-Background": "1" };
const ASK_EVERY_S = 5;
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

/** @param {HTMLElement} now the region that the server renews */
function start(now) {
  const place = () => /** @type {HTMLElement | null} */ (now.querySelector("#checks"));
  /** @type {Check[]} */
  let checks = [];
  let running = true;
  let serverAt_s = 0;
  let askedAt = performance.now();
  let heardAt = performance.now();
  /** @type {keyof typeof PATTERNS | ""} */
  let last = "";
  let soundedAt = 0;
  const since = (/** @type {number} */ at) => (performance.now() - at) / 1000;

  const ask = async () => {
    const address = place()?.dataset.checksUrl;
    if (!address) return;
    const sentAt = performance.now();
    const answer = await fetch(address, { headers: BY_ITSELF, credentials: "same-origin" });
    if (!answer.ok) return;
    const told = await answer.json();
    ({ checks, running } = told);
    [serverAt_s, heardAt] = [told.at_s, sentAt];
  };

  const look = () => {
    const priority = serverAt_s ? soundsNow(checks, serverAt_s + since(heardAt)) : "";
    if (isDue(priority, last, since(soundedAt))) {
      soundedAt = performance.now();
      if (priority) void burst(PATTERNS[priority]);
    }
    last = priority;
    show(priority !== "");
  };
  const show = (/** @type {boolean} */ sounds) => {
    const line = place()?.querySelector("[data-checks-line]");
    const words = lineOf({ heard_s: since(heardAt), running, sounds, awake: isAwake(), able: canSound() });
    if (line && words && line.textContent !== words) line.textContent = words;
    if (line && !words && line.classList.contains("checks__line--wrong")) line.textContent = ""; // it was wrong, and is well again
    line?.classList.toggle("checks__line--wrong", words !== "");
  };
  const now_ = () => { void ask().catch(() => {}).finally(look); };

  now.addEventListener("htmx:afterSwap", now_); // something happened: what sounds is asked for at once
  document.addEventListener("visibilitychange", now_); // a page that slept looks before anything else
  document.addEventListener("pointerdown", () => { void burst({ hz: 1, pulses: 0 }); }, { once: true });
  setInterval(() => {
    if (since(askedAt) >= ASK_EVERY_S) { askedAt = performance.now(); now_(); } else look();
  }, 1000);
  now_();
}

if (typeof document !== "undefined") {
  const now = document.getElementById("checks-now");
  if (now) start(now);
}
