/** Words that several pages search, count and say. Pure. */

/**
 * Folds case and accents, so that "Núñez" is found by "nunez".
 * @param {string} text
 */
export function fold(text) {
  return text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase().replace(/\s+/g, " ").trim();
}

/**
 * @param {string} text
 * @param {string} asked every word must be somewhere in the text
 */
export function holds(text, asked) {
  const folded = fold(text);
  return fold(asked).split(" ").every((word) => folded.includes(word));
}

/**
 * @param {number} seconds
 * @returns {string} an age as a person says it, with its unit
 */
export function ageInWords(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.floor(whole / 60)} min`;
  return `${Math.floor(whole / 3600)} h`;
}
