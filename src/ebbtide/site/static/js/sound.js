/** The sound of this tablet: a browser makes none until somebody has touched the page, so it is tried before it is needed. */

const TICK_HZ = 880;
const TICK_S = 0.18;

/** @type {AudioContext | null} */
let audio = null;

/** @returns {boolean} */
export function canSound() {
  return typeof globalThis.AudioContext === "function";
}

/** Call it from a touch: afterwards this page may make sounds by itself. @returns {Promise<boolean>} whether the browser played it */
export async function tick() {
  if (!canSound()) return false;
  audio ??= new AudioContext();
  await audio.resume();
  const tone = audio.createOscillator();
  const loudness = audio.createGain();
  tone.frequency.value = TICK_HZ;
  loudness.gain.setValueAtTime(0.5, audio.currentTime);
  loudness.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + TICK_S);
  tone.connect(loudness).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + TICK_S);
  return audio.state === "running";
}
