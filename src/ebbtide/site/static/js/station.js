/**
 * The wall of the nurse station: its spans count on between two readings, it reads itself again every few seconds,
 * and when no reading comes it says so over the whole screen. The server judges; this page only counts.
 */

const BY_ITSELF = { "Ebbtide-Background": "1" };
/** After so many missed readings the screen calls itself broken, and not before so many seconds. */
const MISSED = 3;
const BROKEN_AT_LEAST_S = 10;

/** @param {number} seconds @returns {string} the same words as `span_words` in tiles.py */
export function spanWords(seconds) {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

/**
 * @param {string} kind left and due count down, since, late and age count up
 * @param {number} seconds as the server wrote them
 * @param {number} passed whole seconds since then
 * @returns {string}
 */
export function counted(kind, seconds, passed) {
  const now = kind === "left" || kind === "due" ? seconds - passed : seconds + passed;
  const said = spanWords(Math.abs(now));
  if (kind === "left") return now >= 0 ? `${said} left` : `${said} over`;
  if (kind === "due") return now >= 0 ? `in ${said}` : `overdue ${said}`;
  if (kind === "since") return `for ${said}`;
  return kind === "late" ? `${said} late` : `${said} ago`;
}

/** @param {number} passed seconds since the last reading @param {number} every @returns {boolean} whether the screen is to be trusted no more */
export function isBroken(passed, every) {
  return passed >= Math.max(BROKEN_AT_LEAST_S, MISSED * every);
}

/** @param {HTMLElement} wall */
function start(wall) {
  const every = Number(wall.dataset.readsEvery ?? 5);
  const broken = document.getElementById("wall-broken");
  let readAt = performance.now();
  wall.addEventListener("htmx:afterSwap", () => { readAt = performance.now(); });
  setInterval(() => {
    const passed = Math.floor((performance.now() - readAt) / 1000);
    for (const place of /** @type {NodeListOf<HTMLElement>} */ (wall.querySelectorAll("[data-counts]"))) {
      const words = counted(place.dataset.counts ?? "", Number(place.dataset.seconds), passed);
      place.textContent = `${place.dataset.before ?? ""} ${words}`.trim();
    }
    broken?.toggleAttribute("hidden", !isBroken(passed, every));
    wall.classList.toggle("wall--broken", isBroken(passed, every));
  }, 1000);
  setInterval(() => {
    if ("htmx" in globalThis) void globalThis.htmx.ajax("GET", wall.dataset.liveUrl, { target: "#wall", swap: "innerHTML", headers: BY_ITSELF }).catch(() => {});
  }, every * 1000);
}

if (typeof document !== "undefined") {
  const wall = document.getElementById("wall");
  if (wall) start(wall);
}
