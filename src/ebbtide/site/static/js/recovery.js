/** The clock of the recovery: when the next observation is due. It runs by the page's own timer and says so when it is late. */

const MINUTE_MS = 60_000;

/**
 * @param {number} dueMs when the observation is due
 * @param {number} nowMs now
 * @returns {number} whole minutes left, below zero when it is late
 */
export function minutesLeft(dueMs, nowMs) {
  return Math.floor((dueMs - nowMs) / MINUTE_MS);
}

/**
 * @param {number} minutes whole minutes left
 * @returns {string} the same words as the server's
 */
export function dueWords(minutes) {
  if (minutes === 0) return "due now";
  return minutes < 0 ? `late by ${-minutes} min` : `next in ${minutes} min`;
}

/**
 * The page was opened at some moment of the server's clock; the tablet's own clock may be wrong, so only its course counts.
 *
 * @param {number} dueMs when the observation is due, by the server
 * @param {number} shownMinutes what the server said when it made the page
 * @param {number} openedMs the tablet's clock when the page was opened
 * @returns {number} when it is due, by the tablet's clock
 */
export function dueHere(dueMs, shownMinutes, openedMs) {
  const off = minutesLeft(dueMs, openedMs) - shownMinutes;
  return Math.abs(off) <= 1 ? dueMs : openedMs + shownMinutes * MINUTE_MS;
}

/**
 * @param {string} words as the server wrote them
 * @returns {number | null} their minutes
 */
export function minutesOf(words) {
  if (words.trim() === "due now") return 0;
  const found = /^(next in|late by) (\d+) min$/.exec(words.trim());
  if (!found) return null;
  return found[1] === "late by" ? -Number(found[2]) : Number(found[2]);
}

/** @param {HTMLElement} box */
function start(box) {
  const told = box.querySelector("[data-due-words]");
  const shown = minutesOf(told?.textContent ?? "");
  if (!told || shown === null) return;
  const due = dueHere(Date.parse(box.dataset.due ?? ""), shown, Date.now());
  setInterval(() => {
    const left = minutesLeft(due, Date.now());
    const words = dueWords(left);
    if (told.textContent !== words) told.textContent = words;
    box.classList.toggle("next-look--late", left < 0);
  }, 5000);
}

if (typeof document !== "undefined") {
  for (const box of document.querySelectorAll("[data-due]")) start(/** @type {HTMLElement} */ (box));
}
