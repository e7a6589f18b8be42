/**
 * The card at the chair: reads itself again every few seconds and says when it hears nothing. It works without this
 * module too: the button is a plain form, and a link reads the card again.
 */

/** After so many missed readings the card calls itself deaf. */
const MISSED = 3;

/**
 * @param {number} passed_s seconds since the last reading
 * @param {number} every_s
 * @returns {boolean} whether the person should rather call out
 */
export function isDeaf(passed_s, every_s) {
  return passed_s >= MISSED * every_s;
}

/** @param {HTMLElement} place */
function start(place) {
  const every = Number(place.dataset.readsEvery ?? 5);
  const broken = document.getElementById("card-broken");
  let readAt = performance.now();
  const read = async () => {
    const answer = await fetch(place.dataset.url ?? "", { credentials: "same-origin", cache: "no-store" });
    if (answer.status === 404) location.reload(); // the visit is over: the page says so itself
    if (!answer.ok) return;
    const text = await answer.text();
    readAt = performance.now();
    const button = place.querySelector("button");
    const focused = button !== null && document.activeElement === button;
    if (button?.matches(":active")) return; // never under a finger
    place.innerHTML = text;
    if (focused) place.querySelector("button")?.focus();
  };
  setInterval(() => { void read().catch(() => {}); }, every * 1000);
  setInterval(() => broken?.toggleAttribute("hidden", !isDeaf((performance.now() - readAt) / 1000, every)), 1000);
}

if (typeof document !== "undefined") {
  const place = document.getElementById("card-now");
  if (place) start(place);
}
