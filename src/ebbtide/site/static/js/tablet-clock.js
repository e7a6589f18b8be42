/** The clinic's time on a tablet whose own clock may be wrong. Pure. */

const MINUTE_MS = 60_000;
const DAY_MIN = 24 * 60;

/**
 * @param {number} ms an instant
 * @param {string} zone of the clinic
 * @returns {string} the time on its wall: 14:05
 */
export function wallOf(ms, zone) {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(ms);
}

/** @param {string} wall @returns {number} minutes since midnight, NaN when it is no time */
function minutesOf(wall) {
  const found = /^([01]\d|2[0-3]):([0-5]\d)/.exec(wall.trim());
  return found ? Number(found[1]) * 60 + Number(found[2]) : Number.NaN;
}

/**
 * The newest instant at which that hour and minute stood on the clinic's wall, as the server works it out.
 *
 * @param {string} wall what was typed: 14:05
 * @param {number} nowMs
 * @param {string} zone
 * @returns {number | null} null when it is no time
 */
export function instantOf(wall, nowMs, zone) {
  const asked = minutesOf(wall);
  if (Number.isNaN(asked)) return null;
  const now = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const back = (minutesOf(wallOf(now, zone)) - asked + DAY_MIN) % DAY_MIN;
  const guess = now - back * MINUTE_MS;
  // between now and then the clocks may have been changed
  const off = ((minutesOf(wallOf(guess, zone)) - asked + DAY_MIN + DAY_MIN / 2) % DAY_MIN) - DAY_MIN / 2;
  const found = guess - off * MINUTE_MS;
  return found > nowMs ? found - DAY_MIN * MINUTE_MS : found;
}

/**
 * A clock that was set by the clinic and runs on by itself. While a tablet sleeps, some browsers stop the page's own count:
 * the tablet's clock then knows better. A tablet's clock that is set back changes nothing.
 *
 * @param {{monotonic: () => number, wall: () => number}} [sources]
 */
export function clinicClock({ monotonic, wall } = { monotonic: () => performance.now(), wall: () => Date.now() }) {
  let base = { clinicMs: wall(), pageMs: monotonic(), ownMs: wall() };
  const now = () => base.clinicMs + Math.max(monotonic() - base.pageMs, wall() - base.ownMs);
  const set = (/** @type {number} */ clinicMs) => { base = { clinicMs, pageMs: monotonic(), ownMs: wall() }; };
  return {
    now,
    set,
    /** @param {number} offMs by how much the tablet's own clock was off when the clinic was heard last */
    setByOwn(offMs) { set(wall() + offMs); },
    off: () => now() - wall(),
  };
}
