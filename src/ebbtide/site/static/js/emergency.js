/** The page of an emergency script: its clock counts on by itself. The server wrote how long it had run; the page only adds. */

/**
 * @param {number} seconds
 * @returns {string} a stretch of time as a stop watch shows it: 0:07, 12:30, 1:02:03
 */
export function elapsed(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function start() {
  /** @type {WeakMap<Element, number>} when this page first saw each clock */
  const seenAt = new WeakMap();
  const draw = () => {
    for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-elapsed-s]"))) {
      if (!seenAt.has(place)) seenAt.set(place, performance.now());
      const passed = "stands" in place.dataset ? 0 : (performance.now() - (seenAt.get(place) ?? 0)) / 1000;
      place.textContent = elapsed(Number(place.dataset.elapsedS) + passed);
    }
  };
  draw();
  setInterval(draw, 1000);
}

if (typeof document !== "undefined") start();
