/** The sound of this tablet: a browser makes none until somebody has touched the page, so it is tried before it is needed. */

const TICK_HZ = 880;
const TICK_S = 0.18;
const PULSE_EVERY_S = 0.25;

/** @type {AudioContext | null} */
let audio = null;

/** @returns {boolean} */
export function canSound() {
  return typeof globalThis.AudioContext === "function";
}

/** @returns {boolean} whether this page may sound by itself now: somebody touched it */
export function isAwake() {
  return audio?.state === "running";
}

/** Call it from a touch: afterwards this page may make sounds by itself. @returns {Promise<boolean>} whether the browser played it */
export async function tick() {
  return burst({ hz: TICK_HZ, pulses: 1 });
}

/**
 * Short tones one after the other.
 * @param {{hz: number, pulses: number}} pattern @returns {Promise<boolean>} whether the browser played it
 */
export async function burst({ hz, pulses }) {
  if (!canSound()) return false;
  audio ??= new AudioContext();
  // a page that nobody touched waits here for ever: it does not keep whoever asked
  await Promise.race([audio.resume(), new Promise((done) => { setTimeout(done, 500); })]);
  if (audio.state !== "running") return false;
  for (let n = 0; n < pulses; n += 1) tone(audio, hz, audio.currentTime + n * PULSE_EVERY_S);
  return true;
}

/** @param {AudioContext} playing @param {number} hz @param {number} at */
function tone(playing, hz, at) {
  const made = playing.createOscillator();
  const loudness = playing.createGain();
  made.frequency.value = hz;
  loudness.gain.setValueAtTime(0.5, at);
  loudness.gain.exponentialRampToValueAtTime(0.001, at + TICK_S);
  made.connect(loudness).connect(playing.destination);
  made.start(at);
  made.stop(at + TICK_S);
}
